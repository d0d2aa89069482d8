"""A model of many nights: whatever fails and whatever users do, the target ends as the plan wishes, and nobody's work
is lost.

The model knows what is published and which records users deleted; the target remembers what they typed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from delivery.mapping import GUARDS
from tests.delivery.memory_target import Killed
from tests.delivery.publications import account, lead
from tests.delivery.syncing import Syncing

KEYS = [f"L{n}" for n in range(6)]
ACCOUNTS = [f"A{n}" for n in range(3)]
VERBS = ("create", "update", "bind", "merge", "archive", "delete", "suppress")
FIELDS = ("owner", "note", "stage", "tags", "function")
WORDS = st.sampled_from(["red", "green", "blue", None])


class Nights(RuleBasedStateMachine):
    """Publishes, syncs with faults, lets users work; holds the target against the model after each quiet sync."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.it = Syncing(Path(self.folder.name))
        self.leads: dict[str, dict[str, Any]] = {}
        self.accounts: set[str] = set()
        self.became: dict[str, str] = {}
        self.gone: set[str] = set()
        self.erased: set[str] = set()
        self.deleted: set[str] = set()  # records, by users
        self.away: set[str | None] = set()  # keys they bore
        self.seen: dict[str, str | None] = {}  # every record there ever was, with the key it bore last
        self.nights = 0
        for key in KEYS[:4]:
            self.publish(key, "red", "blue", None, ACCOUNTS[0])
        self.quiet_sync()

    # What is published

    @rule(key=st.sampled_from(KEYS), job=WORDS, phone=WORDS, wish=WORDS, firm=st.sampled_from([*ACCOUNTS, None]))
    def changed(self, key: str, job: str | None, phone: str | None, wish: str | None, firm: str | None) -> None:
        self.publish(key, job, phone, wish, firm)

    def publish(self, key: str, job: str | None, phone: str | None, wish: str | None, firm: str | None) -> None:
        if key in self.became or key in self.gone or key in self.erased:
            return
        self.leads[key] = {"job_title": job, "phone": phone, "interest": wish, "account_id": firm}
        self.leads[key]["buying_role"] = "buyer" if job == "red" else "decider"
        self.accounts |= {firm} - {None}
        self._night()

    @precondition(lambda self: len(self.leads) > 1)
    @rule(data=st.data())
    def ours_become_one(self, data: st.DataObject) -> None:
        old, new = data.draw(st.permutations(sorted(self.leads)))[:2]
        del self.leads[old]
        self.away.discard(new)
        self.became = {key: new if it == old else it for key, it in self.became.items()} | {old: new}
        self._night()

    @precondition(lambda self: self.became)
    @rule(data=st.data())
    def ours_is_split(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.became)))
        del self.became[key]
        self.away.discard(key)
        self.publish(key, "green", None, None, None)

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), erased=st.booleans())
    def ours_ends(self, data: st.DataObject, erased: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.leads)))
        del self.leads[key]
        ends = {key, *(old for old, new in self.became.items() if new == key)}
        (self.erased if erased else self.gone).update(ends)
        self.became = {old: new for old, new in self.became.items() if new != key}
        self._night()

    # What users do

    @precondition(lambda self: self.it.target.records["person"])
    @rule(data=st.data(), name=st.sampled_from(FIELDS))
    def user_types(self, data: st.DataObject, name: str) -> None:
        id_ = self._somebody(data)
        tags = self.it.target.records["person"][id_].values.get("tags") or []
        assert isinstance(tags, list)
        words = {"stage": "won", "tags": sorted({*tags, "vip"})}.get(name, f"typed {self.nights}")
        self.it.target.user_edits("person", id_, **{name: words})

    @precondition(lambda self: self.it.target.records["person"])
    @rule(data=st.data())
    def user_deletes(self, data: st.DataObject) -> None:
        id_ = self._somebody(data)
        self.deleted.add(id_)
        # Where two became one, the other's record may go on as the one's.
        self.away |= {self.it.target.records["person"][id_].key} - set(self.became.values())
        self.it.target.user_deletes("person", id_)

    @precondition(lambda self: self.it.target.records["person"])
    @rule(data=st.data())
    def user_archives(self, data: st.DataObject) -> None:
        self.it.target.user_archives("person", self._somebody(data))

    @precondition(lambda self: len(self.it.target.records["person"]) > 1)
    @rule(data=st.data())
    def user_merges(self, data: st.DataObject) -> None:
        winner, loser = data.draw(st.permutations(sorted(self.it.target.records["person"])))[:2]
        self.it.target.user_merges("person", winner, loser)
        self.quiet = False

    @rule()
    def user_creates(self) -> None:
        self.it.target.user_creates("person", name="Somebody", owner="theirs")
        self.quiet = False

    @rule(data=st.data(), job=WORDS, phone=WORDS, wish=WORDS)
    def a_day(self, data: st.DataObject, job: str | None, phone: str | None, wish: str | None) -> None:
        """Users work, everybody changes, and nothing goes wrong."""
        for name in data.draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
            if self.it.target.records["person"]:
                self.user_types(data, name)
        for key, said in sorted(self.leads.items()):
            self.publish(key, job, phone, wish, said["account_id"])
        self.quiet_sync()

    # Syncs

    @rule(verb=st.sampled_from(VERBS), fault=st.sampled_from(["later", "lost", "down", "killed"]), at=st.integers(1, 3))
    def sync_with_a_fault(self, verb: str, fault: str, at: int) -> None:
        calls = 0

        def happens(called: str, keys: object) -> str | None:
            nonlocal calls
            calls += called == verb
            return fault if called == verb and calls == at else None

        self.it.target.fault = happens
        self.it.plan(allowed=GUARDS)
        try:
            self.it.apply()
        except Killed:
            pass
        finally:
            self.it.target.fault = lambda verb, keys: None
        self.quiet = False

    @rule()
    def quiet_sync(self) -> None:
        everything = [*KEYS, *ACCOUNTS]  # with rows that failed and would wait
        applied = self.it.sync(only=everything, allowed=GUARDS)
        assert applied.failed == 0, self.it.state.letters().to_dicts()
        self.quiet = True

    # What holds

    @invariant()
    def nothing_is_doubled(self) -> None:
        keys = [it.key for kind in self.it.target.kinds for it in self.it.target.records[kind].values() if it.key]
        assert len(keys) == len(set(keys))

    @invariant()
    def what_users_deleted_stays_away(self) -> None:
        keys = {it.key for it in self.it.target.records["person"].values() if it.key}
        assert not keys & self.away

    @invariant()
    def what_users_typed_stands(self) -> None:
        held = self.it.target.records["person"]
        for id_, typed in self.it.target.typed.items():
            for name, words in typed.items() if id_ in held else ():
                now = held[id_].values.get(name)
                if name in ("owner", "note", "stage"):
                    assert now == words
                elif name == "tags":
                    assert "vip" in now

    @invariant()
    def nobody_vanishes_but_by_a_user_an_erasure_or_a_merge(self) -> None:
        target = self.it.target
        erased = {id_ for id_, key in self.seen.items() if key in self.erased}
        while into := {target.merged[id_] for id_ in erased if id_ in target.merged} - erased:
            erased |= into  # who is erased leaves with the record a user made of theirs and another
        assert self.seen.keys() <= {*target.records["person"], *target.merged, *self.deleted, *erased}
        self.seen |= {it.id: it.key for it in target.records["person"].values()}

    @precondition(lambda self: self.quiet)
    @invariant()
    def the_target_says_what_is_published(self) -> None:
        bindings, target = self.it.state.bindings(), self.it.target
        for key, said in self.leads.items():
            it = bindings[key]
            if it.standing != "ours":
                continue
            held = target.records["person"][it.id].values
            assert held["name"] == f"Name {key}"
            for name, column in (("function", "job_title"), ("phone", "phone")):
                assert said[column] is None or held.get(name) == target.written("person", name, said[column])
            firm = bindings.get(said["account_id"] or "")
            assert firm is None or held["company"] == firm.id
        assert not {key for key in self.erased if key in bindings}
        owners = [(it.kind, it.id) for it in bindings.values() if it.standing in ("ours", "archived", "retired")]
        assert len(owners) == len(set(owners))

    @precondition(lambda self: self.quiet)
    @invariant()
    def another_sync_does_nothing(self) -> None:
        assert self.it.actions() == []

    def teardown(self) -> None:
        if hasattr(self, "it"):
            self.it.state.close()
            self.folder.cleanup()

    # Inside

    def _night(self) -> None:
        self.nights += 1
        self.quiet = False
        self.it.night(
            leads=[lead(key, **said) for key, said in sorted(self.leads.items())],
            accounts=[account(key) for key in sorted(self.accounts)],
            became=self.became,
            gone=self.gone,
            erased=self.erased,
            run_id=f"night {self.nights}",
        )

    def _somebody(self, data: st.DataObject) -> str:
        self.quiet = False
        return data.draw(st.sampled_from(sorted(self.it.target.records["person"])))


class ManyNights(Nights):
    """The same for longer."""


Nights.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
ManyNights.TestCase.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
TestNights = Nights.TestCase
TestManyNights = pytest.mark.slow(ManyNights.TestCase)
