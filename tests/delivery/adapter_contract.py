"""What every adapter keeps to, whatever system it speaks with: the protocol of `delivery.target` as behaviours.

A test file of an adapter makes a `Bench` and runs all of `CONTRACT` on it, each on a new one:

    @pytest.mark.parametrize("holds", CONTRACT, ids=lambda it: it.__name__)
    def test_contract(holds, bench): holds(bench)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.record import Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, Target, TargetError, UnauthorisedError
from tests.delivery.servers.serving import Fault, Faults


class User(Protocol):
    """Somebody who works in the system by hand, past the adapter."""

    def add(self, kind: str, values: Mapping[str, str]) -> str: ...
    def archive(self, kind: str, record_id: str) -> None: ...
    def drop(self, kind: str, record_id: str) -> None: ...
    def merge(self, kind: str, winner: str, loser: str) -> str: ...


@dataclass
class Bench:
    """A target with somebody at it. Fields are named as the target names them."""

    target: Target
    user: User
    kind: str
    values: Callable[[int], Mapping[str, Value]]  # those of the nth record, all that the target demands
    text: str  # a field of plain text, not among the demanded
    other: str  # another one
    bad: Mapping[str, Value]  # what one row is refused for
    reference: tuple[str, str, Mapping[str, Value]] | None = None  # field, kind it points to, values of one of those
    texts: Sequence[tuple[str, Value]] = ()  # field and value, to be read back as `written` says
    without: frozenset[str] = frozenset()  # what users of this system cannot do: methods of `User`
    faults: Faults | None = None
    creates: str = "POST"  # how the request begins that creates
    wrong_key: Callable[[], Target] | None = None
    bin: bool = False  # what is deleted lies in a bin, to be had back
    addresses: Sequence[tuple[str, str]] = field(default_factory=lambda: [("email", "anna.klein@example.org")])

    def write(self, number: int, **more: Value) -> Write:
        return Write(f"LKEY{number:04}", None, {**self.values(number), **more})

    def create(self, many: int, **more: Value) -> list[Outcome]:
        """So many records, all of them made."""
        outcomes = [
            outcome
            for begin in range(0, many, self.target.batch)
            for outcome in self.target.create(
                self.kind, [self.write(it, **more) for it in range(begin, min(many, begin + self.target.batch))]
            )
        ]
        assert {outcome.status for outcome in outcomes} == {Status.WRITTEN}
        assert all(outcome.id for outcome in outcomes)
        return outcomes

    def held(self, *keys: str) -> list[Held]:
        return list(self.target.find(self.kind, [self.text, self.other], keys))

    def can(self, *doings: str) -> None:
        for doing in doings:
            if doing in self.without or (doing in set(Ability) and doing not in self.target.abilities):
                pytest.skip(f"nobody can {doing} in {self.target.name}")


def carried(send: Callable[[list[Write]], list[Outcome]], writes: list[Write]) -> list[Outcome]:
    """What the engine does with a request that is refused whole: halve it."""
    try:
        return send(writes)
    except RefusedError:
        assert len(writes) > 1, "a single row is refused as an outcome"
        half = len(writes) // 2
        return carried(send, writes[:half]) + carried(send, writes[half:])


# Creating


def what_is_created_is_found_by_its_key(bench: Bench) -> None:
    (outcome,) = bench.create(1, **{bench.text: "Leiterin"})
    (held,) = bench.held("LKEY0000", "LNOBODY")
    assert (held.id, held.key, held.values[bench.text], held.archived) == (outcome.id, "LKEY0000", "Leiterin", False)
    assert held.values[bench.other] is None


def outcomes_come_in_the_order_of_the_writes(bench: Bench) -> None:
    writes = [bench.write(number) for number in (7, 3, 5, 1)]
    assert [outcome.key for outcome in bench.target.create(bench.kind, writes)] == [write.key for write in writes]


def a_key_that_is_there_is_refused_and_changes_nothing(bench: Bench) -> None:
    (outcome,) = bench.create(1, **{bench.text: "before"})
    writes = [bench.write(0, **{bench.text: "after"}), bench.write(1)]
    again, new = carried(lambda part: bench.target.create(bench.kind, part), writes)
    assert (again.status, again.id, new.status) == (Status.REFUSED, outcome.id, Status.WRITTEN)
    assert again.reason
    assert [held.values[bench.text] for held in bench.held("LKEY0000")] == ["before"]


def a_key_twice_in_one_call_is_never_doubled(bench: Bench) -> None:
    writes = [bench.write(0), bench.write(1), Write("LKEY0000", None, bench.values(2))]
    outcomes = carried(lambda part: bench.target.create(bench.kind, part), writes)
    assert outcomes[1].status is Status.WRITTEN
    assert [outcome.status for outcome in (outcomes[0], outcomes[2])].count(Status.WRITTEN) <= 1
    assert len(bench.held("LKEY0000")) <= 1


def one_bad_row_stops_one_row_and_says_why(bench: Bench) -> None:
    writes = [bench.write(0), bench.write(1, **bench.bad), bench.write(2)]
    outcomes = carried(lambda part: bench.target.create(bench.kind, part), writes)
    assert [outcome.status for outcome in outcomes] == [Status.WRITTEN, Status.REFUSED, Status.WRITTEN]
    assert outcomes[1].reason
    assert {held.key for held in bench.held("LKEY0000", "LKEY0001", "LKEY0002")} == {"LKEY0000", "LKEY0002"}


def a_field_that_is_not_there_is_refused_not_dropped(bench: Bench) -> None:
    (outcome,) = carried(lambda part: bench.target.create(bench.kind, part), [bench.write(0, no_such_field="x")])
    assert (outcome.status, bool(outcome.reason), bench.held("LKEY0000")) == (Status.REFUSED, True, [])


# Updating


def an_update_leaves_other_fields_as_they_are(bench: Bench) -> None:
    (outcome,) = bench.create(1, **{bench.text: "old", bench.other: "kept"})
    (done,) = bench.target.update(bench.kind, [Write("LKEY0000", outcome.id, {bench.text: "new"})])
    assert (done.status, done.id) == (Status.WRITTEN, outcome.id)
    (held,) = bench.held("LKEY0000")
    assert (held.values[bench.text], held.values[bench.other]) == ("new", "kept")


def none_clears(bench: Bench) -> None:
    (outcome,) = bench.create(1, **{bench.text: "old", bench.other: "kept"})
    bench.target.update(bench.kind, [Write("LKEY0000", outcome.id, {bench.text: None})])
    (held,) = bench.held("LKEY0000")
    assert (held.values[bench.text], held.values[bench.other]) == (None, "kept")


def rows_of_one_update_may_have_different_fields(bench: Bench) -> None:
    first, second = bench.create(2, **{bench.text: "old", bench.other: "old"})
    writes = [Write(first.key, first.id, {bench.text: "new"}), Write(second.key, second.id, {bench.other: "new"})]
    assert {outcome.status for outcome in bench.target.update(bench.kind, writes)} == {Status.WRITTEN}
    found = {
        held.key: (held.values[bench.text], held.values[bench.other]) for held in bench.held(first.key, second.key)
    }
    assert found == {first.key: ("new", "old"), second.key: ("old", "new")}


def a_record_that_is_gone_is_gone_and_not_made_anew(bench: Bench) -> None:
    bench.can("drop")
    first, second = bench.create(2)
    bench.user.drop(bench.kind, str(first.id))
    writes = [Write(one.key, one.id, {bench.text: "new"}) for one in (first, second)]
    outcomes = carried(lambda part: bench.target.update(bench.kind, part), writes)
    assert [outcome.status for outcome in outcomes] == [Status.GONE, Status.WRITTEN]
    assert bench.held(first.key) == []


def a_key_is_bound_to_a_record_that_is_there_and_takes_the_place_of_another(bench: Bench) -> None:
    bench.can("add")
    record_id = bench.user.add(bench.kind, {name: str(value) for name, value in bench.values(0).items()})
    for key in ("LKEY0008", "LKEY0009"):
        (outcome,) = bench.target.bind(bench.kind, [Write(key, record_id, {})])
        assert (outcome.status, outcome.id) == (Status.WRITTEN, record_id)
    assert [held.id for held in bench.held("LKEY0008", "LKEY0009")] == [record_id]
    assert bench.held("LKEY0008") == []


# Reading


def everything_of_a_kind_is_found_page_by_page(bench: Bench) -> None:
    many = 210
    ids = {outcome.id for outcome in bench.create(many)}
    if "add" not in bench.without:
        ids.add(bench.user.add(bench.kind, {name: str(value) for name, value in bench.values(many).items()}))
    found = list(bench.target.find(bench.kind, [bench.text]))
    assert ids <= {held.id for held in found}
    assert len({held.id for held in found}) == len(found)
    assert len([held for held in found if held.key]) == many


def many_keys_and_many_ids_are_found_at_once(bench: Bench) -> None:
    outcomes = bench.create(210)
    assert len(bench.held(*(outcome.key for outcome in outcomes))) == 210
    assert len(bench.target.read(bench.kind, [str(outcome.id) for outcome in outcomes], [])) == 210


def ids_that_are_not_there_are_missing(bench: Bench) -> None:
    bench.can("drop")
    first, second = bench.create(2)
    bench.user.drop(bench.kind, str(first.id))
    assert [held.id for held in bench.target.read(bench.kind, [str(first.id), str(second.id)], [])] == [second.id]
    assert bench.target.read(bench.kind, [], []) == []


def what_users_archive_is_found_all_the_same(bench: Bench) -> None:
    bench.can("archive")
    first, _ = bench.create(2)
    bench.user.archive(bench.kind, str(first.id))
    for found in (bench.held(first.key), bench.target.read(bench.kind, [str(first.id)], [bench.text])):
        assert [(held.id, held.key, held.archived) for held in found] == [(first.id, first.key, True)]
    assert first.id in {held.id for held in bench.target.find(bench.kind, []) if held.archived}


def an_id_that_users_merged_away_tells_into_which(bench: Bench) -> None:
    bench.can("merge")
    first, second = bench.create(2)
    survivor = bench.user.merge(bench.kind, str(first.id), str(second.id))
    read = {held.id: held for held in bench.target.read(bench.kind, [str(second.id), survivor], [])}
    assert (read[str(second.id)].merged_into, read[survivor].merged_into) == (survivor, None)


def values_are_read_back_as_written_says(bench: Bench) -> None:
    plain: list[tuple[str, Value]] = [(bench.text, it) for it in TEXTS]
    for number, (name, value) in enumerate([*plain, *bench.texts]):
        (outcome,) = bench.target.create(bench.kind, [bench.write(number, **{name: value})])
        assert outcome.status is Status.WRITTEN, (name, value, outcome.reason)
        (held,) = bench.target.find(bench.kind, [name], [outcome.key])
        assert held.values[name] == bench.target.written(bench.kind, name, value), (name, value)


TEXTS = [
    "Größe & Söhne",
    "  spaced  ",
    'O\'Brien \\ "Bob"',
    "=1+1",
    "a;b,c",
    "<b>no markup</b> {0} %s",
    "#N/A",
    "0049",
    "true",
    "🙂",
]


def any_text_is_read_back_as_written_says_or_refused(bench: Bench) -> None:
    numbers = count()

    @settings(max_examples=15, deadline=None, database=None)
    @given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
    def holds(texts: list[str]) -> None:
        writes = [bench.write(next(numbers), **{bench.text: it}) for it in texts]
        outcomes = carried(lambda part: bench.target.create(bench.kind, part), writes)
        assert {it.status for it in outcomes} <= {Status.WRITTEN, Status.REFUSED}
        found = {it.key: it.values[bench.text] for it in bench.held(*(it.key for it in writes))}
        said = {it.key: bench.target.written(bench.kind, bench.text, it.values[bench.text]) for it in writes}
        assert found == {it.key: said[it.key] for it in outcomes if it.status is Status.WRITTEN}

    holds()


def a_reference_is_an_id_and_can_be_changed(bench: Bench) -> None:
    if bench.reference is None:
        pytest.skip("this kind refers to none")
    name, kind, values = bench.reference
    one, two = bench.target.create(kind, [Write("AKEY0001", None, values), Write("AKEY0002", None, values)])
    bench.create(1, **{name: one.id})
    (held,) = bench.target.find(bench.kind, [name], ["LKEY0000"])
    assert held.values[name] == one.id
    for value in (two.id, None):
        (outcome,) = bench.target.update(bench.kind, [Write("LKEY0000", held.id, {name: value})])
        assert outcome.status is Status.WRITTEN
        assert [it.values[name] for it in bench.target.read(bench.kind, [held.id], [name])] == [value]


# Taking away


def what_is_archived_is_out_of_sight_and_there(bench: Bench) -> None:
    bench.can("archive")
    first, second = bench.create(2)
    (outcome,) = bench.target.archive(bench.kind, [str(first.id)])
    assert (outcome.key, outcome.status) == (first.id, Status.WRITTEN)
    read = {held.id: held.archived for held in bench.target.read(bench.kind, [str(first.id), str(second.id)], [])}
    assert read == {first.id: True, second.id: False}


def what_is_deleted_is_gone(bench: Bench) -> None:
    bench.can("delete")
    first, second = bench.create(2)
    assert [it.status for it in bench.target.delete(bench.kind, [str(first.id)])] == [Status.WRITTEN]
    left = {held.id: held.archived for held in bench.target.find(bench.kind, [])}
    assert left == ({first.id: True, second.id: False} if bench.bin else {second.id: False})
    again = bench.target.delete(bench.kind, [str(first.id)])
    assert [it.status for it in again] == [Status.WRITTEN if bench.bin else Status.GONE]


def two_made_one_keep_the_key_of_the_winner(bench: Bench) -> None:
    bench.can("merge")
    if Ability.MERGE not in bench.target.abilities:
        outcome = bench.target.merge(bench.kind, "1", "2")
        assert (outcome.status, bool(outcome.reason)) == (Status.REFUSED, True)
        return
    first, second = bench.create(2)
    outcome = bench.target.merge(bench.kind, str(first.id), str(second.id))
    assert outcome.status is Status.WRITTEN
    assert [(held.id, held.key) for held in bench.held(first.key)] == [(outcome.id, first.key)]
    assert [held for held in bench.held(second.key) if not held.archived and held.id != outcome.id] == []


def an_objection_is_told_as_often_as_one_likes(bench: Bench) -> None:
    bench.can("suppress")
    (made,) = bench.create(1)
    for _ in range(2):
        told = [Suppression("LKEY0000", channel, address, made.id) for channel, address in bench.addresses]
        assert {outcome.status for outcome in bench.target.suppress(told)} == {Status.WRITTEN}
    assert bench.target.suppress([]) == []


# Faults


def whatever_happens_to_an_answer_nothing_is_doubled(bench: Bench) -> None:
    if bench.faults is None:
        pytest.skip("no faults can be laid before this target")
    for number, fault in enumerate(Fault):
        bench.faults.next = [(bench.creates, fault)]
        (outcome,) = bench.target.create(bench.kind, [bench.write(number)])
        assert not bench.faults.next, "the fault has met nothing"
        found = bench.held(outcome.key)
        assert len(found) <= 1
        if outcome.status is Status.WRITTEN:
            assert [held.id for held in found] == [outcome.id]
        else:
            assert outcome.status is Status.UNKNOWN, fault


def a_wrong_key_ends_everything(bench: Bench) -> None:
    if bench.wrong_key is None:
        pytest.skip("this target has no key")
    target = bench.wrong_key()
    for attempt in (lambda: target.fields(bench.kind), lambda: target.create(bench.kind, [bench.write(0)])):
        with pytest.raises(UnauthorisedError):
            attempt()


def fields_say_what_may_be_written(bench: Bench) -> None:
    fields = bench.target.fields(bench.kind)
    assert fields[bench.text].writable
    assert {name for name in bench.values(0) if not fields[name].writable} == set()
    if bench.reference:
        assert fields[bench.reference[0]].writable


def a_kind_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(TargetError):
        bench.target.fields("no_such_kind")


CONTRACT: list[Callable[[Bench], None]] = [
    what_is_created_is_found_by_its_key,
    outcomes_come_in_the_order_of_the_writes,
    a_key_that_is_there_is_refused_and_changes_nothing,
    a_key_twice_in_one_call_is_never_doubled,
    one_bad_row_stops_one_row_and_says_why,
    a_field_that_is_not_there_is_refused_not_dropped,
    an_update_leaves_other_fields_as_they_are,
    none_clears,
    rows_of_one_update_may_have_different_fields,
    a_record_that_is_gone_is_gone_and_not_made_anew,
    a_key_is_bound_to_a_record_that_is_there_and_takes_the_place_of_another,
    everything_of_a_kind_is_found_page_by_page,
    many_keys_and_many_ids_are_found_at_once,
    ids_that_are_not_there_are_missing,
    what_users_archive_is_found_all_the_same,
    an_id_that_users_merged_away_tells_into_which,
    values_are_read_back_as_written_says,
    any_text_is_read_back_as_written_says_or_refused,
    a_reference_is_an_id_and_can_be_changed,
    what_is_archived_is_out_of_sight_and_there,
    what_is_deleted_is_gone,
    two_made_one_keep_the_key_of_the_winner,
    an_objection_is_told_as_often_as_one_likes,
    whatever_happens_to_an_answer_nothing_is_doubled,
    a_wrong_key_ends_everything,
    fields_say_what_may_be_written,
    a_kind_that_is_not_there_is_told,
]
