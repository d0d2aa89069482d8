"""The state: what is known of one target, in `<home>/sync/<target>/state.sqlite`.

Belongs here: bindings, the plan that was shown last, the log of rows, dead letters, what users did, and that all of it
is written in whole steps. Does not belong here: what follows from it (`delivery.plan`, `delivery.apply`).

It can be lost: bindings are found again by the keys the target stores. It holds personal data in plans, letters and
events, is its owner's alone, and forgets a person by `erase`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from delivery.record import Entity
from delivery.step import WRITING, Action, Binding, Event, Standing, Step

FILE = "state.sqlite"
_FORGOTTEN = "no longer kept, for it may have named a person who was forgotten"
_KEPT = timedelta(days=90)  # how long the log tells how a row fared
_FIRST_WAIT, _LONGEST_WAIT = timedelta(hours=1), timedelta(hours=12)  # so that every night tries
_SCHEMA = """
create table if not exists bindings (
    entity text not null, key text primary key, kind text not null, id text not null, standing text not null,
    shown text not null, at text not null
);
create unique index if not exists owners on bindings (kind, id) where standing in ('ours', 'archived', 'retired');
create table if not exists told (key text not null, name text not null, theirs text, primary key (key, name));
create table if not exists suppressed (key text not null, channel text not null, digest text not null,
    primary key (key, channel, digest));
create table if not exists plan (id text not null, made_at text not null, basis text not null, summary text not null,
    begun_at text);
create table if not exists steps (
    seq integer primary key, action text not null, entity text not null, key text not null, kind text not null, id text,
    vals text not null, before text not null, other text, why text not null, state text
);
create table if not exists log (
    run text not null, at text not null, action text not null, entity text not null, key text not null,
    kind text not null, id text, status text not null, reason text not null
);
create table if not exists letters (
    key text not null, action text not null, entity text not null, kind text not null, vals text not null,
    reason text not null, attempts integer not null, first_at text not null, next_at text not null,
    primary key (key, action)
);
create table if not exists events (
    at text not null, event text not null, entity text not null, key text not null, kind text not null,
    id text not null, field text not null, theirs text not null, primary key (event, key, id, field, theirs)
);
create table if not exists meta (name text primary key, value integer not null);
insert or ignore into meta values ('revision', 0);
"""


class StoredPlan(NamedTuple):
    """The plan that was shown last. `basis` is what it rests on; `begun_at` is set once somebody began to apply it."""

    id: str
    made_at: str
    basis: Mapping[str, Any]
    summary: Mapping[str, Any]
    begun_at: str | None


class Answered(NamedTuple):
    """What became of a step: its place in the plan, the record's id, the status and the target's reason."""

    seq: int
    step: Step
    status: str
    id: str | None = None
    reason: str = ""
    binding: Binding | None = None


class PlanGone(Exception):  # noqa: N818 - says what was found
    """The plan that is carried out is kept no longer, for somebody was forgotten."""


class UnusableState(OSError):  # noqa: N818 - a state of the disk, not a programming error
    """What is known of a target cannot be read or written; says what to do."""


class State:
    """One SQLite file. Every public method is one transaction; a killed process leaves whole ones."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / FILE
        self.path.touch(0o600)
        self._base = sqlite3.connect(self.path, isolation_level=None)
        self._base.execute("pragma journal_mode = wal")
        # A power failure may cost the last steps, which are found again by the keys the target stores.
        self._base.execute("pragma synchronous = normal")
        self._base.execute("pragma secure_delete = on")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """End the connection."""
        self._base.close()

    @property
    def revision(self) -> int:
        """Counts what was learnt and written; a plan rests on one."""
        return int(self._one("select value from meta where name = 'revision'"))

    # What is there

    def bindings(self) -> dict[str, Binding]:
        """All bindings by our key."""
        rows = self._base.execute("select entity, key, kind, id, standing, shown from bindings")
        return {
            key: Binding(Entity(entity), key, kind, id_, Standing(standing), json.loads(shown))
            for entity, key, kind, id_, standing, shown in rows
        }

    def told(self) -> dict[tuple[str, str], str | None]:
        """What fields that are read back said last, by key and name."""
        return {(key, name): theirs for key, name, theirs in self._base.execute("select key, name, theirs from told")}

    def suppressed(self) -> set[tuple[str, str, str]]:
        """Objections that were told: key, channel, digest of the address."""
        return set(self._base.execute("select key, channel, digest from suppressed"))

    def learn(
        self,
        bindings: Iterable[Binding],
        events: Iterable[Event],
        told: Mapping[tuple[str, str], str | None],
    ) -> None:
        """Keep what reading the target showed: facts, whether or not anything is written afterwards."""
        at, bindings, events = _now(), list(bindings), list(events)
        with self._writing() as write:
            # All first leave their place: an owner may change between two of them.
            write.executemany("delete from bindings where key = ?", [(it.key,) for it in bindings])
            self._bind(bindings, at)
            write.executemany(
                "insert or ignore into events values (?, ?, ?, ?, ?, ?, ?, ?)",
                [(at, it.event, it.entity, it.key, it.kind, it.id, it.field or "", it.theirs or "") for it in events],
            )
            self._hear(told)
            if bindings:
                self._count()

    def hear(self, told: Mapping[tuple[str, str], str | None]) -> None:
        """Keep what fields that are read back said, as nothing new."""
        with self._writing():
            self._hear(told)

    # The plan

    def keep_plan(self, id_: str, basis: Mapping[str, Any], summary: Mapping[str, Any], steps: Iterable[Step]) -> None:
        """Put a plan in the place of the one before; what the log tells of long ago goes."""
        with self._writing() as write:
            write.execute("delete from log where at < ?", ((datetime.now(UTC) - _KEPT).isoformat(),))
            write.execute("delete from plan")
            write.execute("delete from steps")
            write.execute("insert into plan values (?, ?, ?, ?, null)", (id_, _now(), _text(basis), _text(summary)))
            write.executemany(
                "insert into steps (action, entity, key, kind, id, vals, before, other, why) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (s.action, s.entity, s.key, s.kind, s.id, _text(s.values), _text(s.before), s.other, s.why)
                    for s in steps
                ),
            )

    def plan(self) -> StoredPlan | None:
        """The plan that was shown last, if any."""
        row = self._base.execute("select id, made_at, basis, summary, begun_at from plan").fetchone()
        return StoredPlan(row[0], row[1], json.loads(row[2]), json.loads(row[3]), row[4]) if row else None

    def begin(self) -> None:
        """The plan is being applied: from now on what it rests on changes by itself."""
        with self._writing() as write:
            write.execute("update plan set begun_at = coalesce(begun_at, ?)", (_now(),))

    def steps(self, *states: str | None) -> Iterator[tuple[int, Step, str | None]]:
        """Steps of the plan in their order, with their place and state; of some states only where such are named.

        A state is None before anything was sent, `sent` while no answer is known, else how the row fared.
        """
        wanted = [it for it in states if it is not None]
        where = " or ".join(
            [*(["state is null"] if None in states else []), *(["state = ?"] * len(wanted))] if states else ["1"]
        )
        for row in self._base.execute(f"select * from steps where {where} order by seq", wanted).fetchall():
            seq, action, entity, key, kind, id_, values, before, other, why, state = row
            step = Step(
                Action(action), Entity(entity), key, kind, id_, json.loads(values), json.loads(before), other, why
            )
            yield seq, step, state

    def send(self, seqs: Iterable[int]) -> None:
        """Say, before it is done, that these are being sent: whoever finds them so has to look whether they arrived."""
        with self._writing() as write:
            write.executemany("update steps set state = 'sent' where seq = ?", [(seq,) for seq in seqs])

    def answer(self, run: str, answers: Sequence[Answered], ended: Iterable[Binding] = ()) -> None:
        """Keep what became of steps, with the bindings that end and those that follow, as one."""
        at = _now()
        with self._writing() as write:
            self._bind(ended, at)
            self._bind([it.binding for it in answers if it.binding], at)
            write.executemany("update steps set state = ? where seq = ?", [(it.status, it.seq) for it in answers])
            write.executemany(
                "insert into log values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (run, at, s.action, s.entity, s.key, s.kind, it.id or s.id, it.status, it.reason)
                    for it in answers
                    for s in [it.step]
                ],
            )
            self._count()

    def suppress(self, told: Iterable[tuple[str, str, str]]) -> None:
        """Remember objections that were told."""
        with self._writing() as write:
            write.executemany("insert or ignore into suppressed values (?, ?, ?)", list(told))

    # Dead letters

    def bury(self, rows: Iterable[tuple[Step, str]]) -> None:
        """Keep rows that could not be delivered, with the reason; each further time the next try is farther away."""
        now = datetime.now(UTC)
        with self._writing() as write:
            for step, reason in rows:
                before = write.execute(
                    "select attempts, first_at from letters where key = ? and action = ?", (step.key, step.action)
                ).fetchone()
                attempts, first = (before[0] + 1, before[1]) if before else (1, now.isoformat())
                wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 8), _LONGEST_WAIT)
                write.execute(
                    "insert or replace into letters values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *(step.key, step.action, step.entity, step.kind, _text(step.values)),
                        *(reason, attempts, first, (now + wait).isoformat()),
                    ),
                )

    def raise_letters(self, rows: Iterable[tuple[str, str]]) -> None:
        """These rows, each a key and an action, went through or are not to be done any more: their letters go."""
        with self._writing() as write:
            write.executemany("delete from letters where key = ? and action = ?", list(rows))

    def waiting(self) -> set[str]:
        """Keys of rows whose next try is to come; one farther away than any wait was dated by a wrong clock."""
        now = datetime.now(UTC)
        marks = ", ".join("?" * len(WRITING))
        query = f"select key from letters where next_at > ? and next_at <= ? and action in ({marks})"
        rows = self._base.execute(query, (now.isoformat(), (now + _LONGEST_WAIT).isoformat(), *WRITING))
        return {key for (key,) in rows}

    def letters(self) -> pl.DataFrame:
        """Dead letters: key, action, entity, kind, vals (JSON), reason, attempts, first_at, next_at."""
        return self.table("letters")

    # For people and tables

    def table(self, name: str) -> pl.DataFrame:
        """One of the tables as it stands."""
        cursor = self._base.execute(f"select * from {name} order by rowid")
        columns = [(column[0], _TYPES.get(column[0], pl.String)) for column in cursor.description]
        return pl.DataFrame(cursor.fetchall(), schema=columns, orient="row")

    def erase(self, keys: Iterable[str]) -> int:
        """Forget people of these ids; how many rows left.

        Texts of others may name them, so the plan goes, and what others' letters, log and events quote: the next plan
        and the next try say it again. Bindings stay, without what was shown: by them the next sync erases the record in
        the target, and they go then.
        """
        gone = [(key,) for key in keys]
        if not gone:
            return 0
        before = self._base.total_changes
        with self._writing() as write:
            for name in ("told", "suppressed", "log", "letters", "events"):
                write.executemany(f"delete from {name} where key = ?", gone)
            write.executemany("update bindings set shown = '{}' where key = ? and shown <> '{}'", gone)
            forgotten = self._base.total_changes - before
            write.execute("delete from plan")
            write.execute("delete from steps")
            write.execute("update letters set vals = '{}', reason = ?", (_FORGOTTEN,))
            write.execute("update log set reason = ? where reason <> ''", (_FORGOTTEN,))
            write.execute("update or ignore events set theirs = '' where event = 'edited'")
            write.execute("delete from events where event = 'edited' and theirs <> ''")
        self._base.execute("pragma wal_checkpoint(truncate)")
        return forgotten

    def unbind(self, keys: Iterable[str]) -> None:
        """Forget bindings; of people whose records are erased there too."""
        with self._writing() as write:
            write.executemany("delete from bindings where key = ?", [(key,) for key in keys])

    # Inside

    def _bind(self, bindings: Iterable[Binding], at: str) -> None:
        self._base.executemany(
            "insert into bindings values (?, ?, ?, ?, ?, ?, ?) on conflict (key) do update set kind = excluded.kind, "
            "id = excluded.id, standing = excluded.standing, shown = excluded.shown, at = excluded.at",
            [(it.entity, it.key, it.kind, it.id, it.standing, _text(it.shown), at) for it in bindings],
        )

    def _hear(self, told: Mapping[tuple[str, str], str | None]) -> None:
        rows = [(*one, it) for one, it in told.items()]
        self._base.executemany("insert or replace into told values (?, ?, ?)", rows)

    def _count(self) -> None:
        self._base.execute("update meta set value = value + 1 where name = 'revision'")

    def _one(self, query: str) -> Any:
        return self._base.execute(query).fetchone()[0]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._base.execute("begin immediate")
        try:
            yield self._base
        except BaseException:
            self._base.execute("rollback")
            raise
        self._base.execute("commit")


_TYPES: Mapping[str, Any] = {"attempts": pl.Int64, "seq": pl.Int64}


@contextmanager
def opened(folder: Path) -> Iterator[State]:
    """The state in a folder, made where there is none.

    Raises:
        UnusableState: the disk is full, or the state damaged.
    """
    try:
        with closing(State(folder)) as state:
            yield state
    except sqlite3.Error as error:
        raise UnusableState(
            f"{folder / FILE}: {error}; make room where the disk is full. What is damaged may be moved away: the next "
            "plan finds by the keys in the target which records are ours"
        ) from error


def forget_everywhere(sync: Path, keys: Sequence[str]) -> int:
    """Erase people from the state of every target below `<home>/sync`; how many rows left."""
    forgotten = 0
    for path in sorted(sync.glob(f"*/{FILE}")):
        with opened(path.parent) as state:
            forgotten += state.erase(keys)
    return forgotten


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _text(value: Any) -> str:
    return json.dumps(dict(value) if isinstance(value, Mapping) else value, ensure_ascii=False)
