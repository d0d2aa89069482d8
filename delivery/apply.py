"""Applying: the plan that was shown is carried out, and no other.

Belongs here: taking the steps of a stored plan in batches, keeping what became of each at once, reading all of it back
at the end. Does not belong here: what the steps are (`delivery.plan`), sending a batch (`delivery.sending`).

Before a batch goes, its steps are marked as sent; after the answer they are kept with their bindings, as one. So a
killed process leaves steps that are done, steps that were not begun, and at most one batch that is looked for.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from delivery.following import OWNS
from delivery.mapping import Mapped, TargetMapping
from delivery.ownership import Shown, remembered
from delivery.plain import Form, digest, plain
from delivery.record import Entity, Held, Outcome, Status, Suppression, Value, Write
from delivery.sending import Call, Look, Sender, batches, differing
from delivery.state import Answered, PlanGone, State
from delivery.step import WRITING, Action, Binding, Standing, Step
from delivery.target import Target
from delivery.verifying import ended, flaw

SENT, VERIFIED, DIFFERS, CHANGED = "sent", "verified", "differs", "changed"
FAILED = frozenset({Status.REFUSED, Status.LATER, Status.UNKNOWN, DIFFERS})
_ENDING = frozenset({Action.ERASE, Action.ARCHIVE})

Progress = Callable[[int, int], None]


class Applied(NamedTuple):
    """What became of a plan: rows by action and status."""

    counts: Mapping[tuple[str, str], int]

    @property
    def failed(self) -> int:
        """Rows that are not as they should be."""
        return sum(count for (_, status), count in self.counts.items() if status in FAILED)

    @property
    def done(self) -> int:
        """Rows that are."""
        return sum(count for (_, status), count in self.counts.items() if status in (Status.WRITTEN, VERIFIED))


def apply_plan(
    mapping: TargetMapping,
    target: Target,
    state: State,
    run: str,
    *,
    progress: Progress = lambda done, of: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Applied:
    """Carry out the plan in the state; given again after a kill, it goes on where it stood.

    Args:
        mapping: the plan was made with it.
        target: is written to.
        state: holds the plan.
        run: what the rows of the log are kept under.
        progress: told how many steps of how many are done.
        sleep: waits that many seconds.

    Raises:
        UnauthorisedError, UnreachableError: the target lets nobody in, or is away (any more); what was done is kept.
        PlanGone: the plan is kept no longer.
    """
    state.begin()
    course = _Course(mapping, target, state, run, Sender(target, sleep), state.bindings())
    steps = list(state.steps(None, SENT))
    total, done = len(steps), 0
    # Accounts before leads, though both may be records of one kind: leads refer to them.
    for (action, _, kind), group in groupby(steps, key=lambda it: (it[1].action, it[1].entity, it[1].kind)):
        rows = list(group)
        size = 1 if action is Action.MERGE else target.batch
        for batch in batches(rows, size):
            course.take(action, kind, batch)
            progress(done := done + len(batch), total)
    course.suppress_again()
    course.verify()
    return Applied(Counter((step.action.value, told or "") for _, step, told in state.steps()))


@dataclass
class _Course:
    """The steps as they are taken; `bindings` are what is bound by now."""

    mapping: TargetMapping
    target: Target
    state: State
    run: str
    sender: Sender
    bindings: dict[str, Binding]
    mapped: dict[tuple[Entity, str], dict[str, Mapped]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(init=False)

    def __post_init__(self) -> None:
        self.owners = {(it.kind, it.id): it.key for it in self.bindings.values() if it.standing in OWNS}

    def take(self, action: Action, kind: str, batch: Sequence[tuple[int, Step, str | None]]) -> None:
        """Send one batch, and keep what became of it."""
        writes = {seq: self._write(step, seq) for seq, step, _ in batch}
        call, look = self._ways(action, {writes[seq].key: step for seq, step, _ in batch})
        answers = self._before(kind, batch, writes, look)
        writes = {seq: it for seq, it in writes.items() if seq not in answers}
        if writes:
            self.state.send(writes)
            told = self.sender.send(call, look, kind, list(writes.values()))
            answers |= {seq: told[write.key] for seq, write in writes.items()}
        self._keep([self._answered(seq, step, answers[seq]) for seq, step, _ in batch])

    def suppress_again(self) -> None:
        """Objections a target keeps with the record, of records that were not there when it was told first."""
        for seq, step, _ in self.state.steps(Status.GONE):
            it = self.bindings.get(step.key)
            if step.action is Action.SUPPRESS and it is not None and step.id is None:
                self.take(step.action, it.kind, [(seq, replace(step, id=it.id), None)])

    def verify(self) -> None:
        """Read back what was written: what an answer says is no proof."""
        by_kind: dict[str, dict[str, list[tuple[int, Step]]]] = defaultdict(lambda: defaultdict(list))
        for seq, step, _ in self.state.steps(Status.WRITTEN):
            if step.action is not Action.SUPPRESS:
                by_kind[step.kind][self._where(step)].append((seq, step))
        for kind, by_id in by_kind.items():
            for part in batches(list(by_id), self.target.batch):
                steps = [it for id_ in part for _, it in by_id[id_]]
                names = {name for it in steps if it.action in WRITING for name in it.values}
                asked = names.union(*(self._reads(it).values() for it in steps))
                held = {it.id: it for it in self.target.read(kind, part, sorted(asked))}
                self.state.hear(self._first_heard(steps, held))
                self._keep([it for id_ in part for it in self._verified(held.get(id_), by_id[id_])])

    # Before sending

    @cached_property
    def untold(self) -> frozenset[str]:
        """Whose objection the target was not told of, though it should have been."""
        return frozenset(step.key for _, step, _ in self.state.steps(*FAILED) if step.action is Action.SUPPRESS)

    def _before(
        self, kind: str, batch: Sequence[tuple[int, Step, str | None]], writes: Mapping[int, Write], look: Look
    ) -> dict[int, Outcome]:
        """Rows that are not sent: they are done, nothing is bound for them, or a user was faster."""
        answers = {
            seq: Outcome(step.key, Status.LATER, step.id, "its record is not ours yet")
            for seq, step, _ in batch
            if step.action in (Action.UPDATE, Action.ASSOCIATE) and step.key not in self.bindings
        }
        if batch[0][1].action is Action.CREATE:
            answers |= {
                seq: Outcome(
                    step.key, Status.LATER, None, "not made, for the target could not be told of its objection"
                )
                for seq, step, told in batch
                if told is None and step.key in self.untold
            }
        if sent := {seq: writes[seq] for seq, _, told in batch if told == SENT and seq not in answers}:
            found = look(kind, list(sent.values()))
            answers |= {seq: found[it.key] for seq, it in sent.items() if found[it.key].status is Status.WRITTEN}
        rest = {seq: step for seq, step, _ in batch if seq not in answers}
        if batch[0][1].action in (Action.UPDATE, Action.ASSOCIATE):
            answers |= self._as_planned(kind, rest, {seq: writes[seq] for seq in rest})
        return answers

    def _as_planned(self, kind: str, steps: Mapping[int, Step], writes: Mapping[int, Write]) -> dict[int, Outcome]:
        """Rows that need no writing any more, and those that a user changed since the plan was made."""
        names = sorted({name for it in writes.values() for name in it.values})
        held = {it.id: it for it in self.target.read(kind, [it.id for it in writes.values() if it.id], names)}
        answers: dict[int, Outcome] = {}
        for seq, write in writes.items():
            it = held.get(write.id or "")
            if not write.id or not write.values:
                answers[seq] = Outcome(write.key, Status.LATER, write.id, "what it refers to is not there")
            elif it is None or it.merged_into:
                answers[seq] = Outcome(write.key, Status.GONE, write.id, "no record with that id any more")
            elif not differing(self.target, kind, write.values, it):
                answers[seq] = Outcome(write.key, Status.WRITTEN, write.id)
            elif any(plain(it.values.get(name)) != was for name, was in steps[seq].before.items()):
                answers[seq] = Outcome(write.key, Status.LATER, write.id, CHANGED)
        return answers

    def _write(self, step: Step, seq: int) -> Write:
        """The row of a step, with references as ids; what is not there after all is left out."""
        if step.action not in (*WRITING, Action.ADOPT, Action.REBIND):
            return Write(
                str(seq), step.id, {name: it for name, it in step.values.items() if not isinstance(it, Mapping)}
            )
        values: dict[str, Value] = {}
        for name, value in step.values.items():
            if not isinstance(value, Mapping):
                values[name] = value
            elif (it := self.bindings.get(value["ref"])) is not None and it.standing is not Standing.DELETED:
                values[name] = it.id
        bound = self.bindings.get(step.key)
        id_ = bound.id if step.action is Action.ASSOCIATE and bound is not None else step.id
        return Write(step.key, id_, values)

    # Sending

    def _ways(self, action: Action, steps: Mapping[str, Step]) -> tuple[Call, Look]:
        """How a batch is sent, and how it is looked for where no answer came."""
        target, look_ended = self.target, self._look_ended(action)
        ways: Mapping[Action, tuple[Call, Look]] = {
            Action.CREATE: (target.create, self.sender.look_for),
            Action.UPDATE: (target.update, self.sender.look_for),
            Action.ASSOCIATE: (target.update, self.sender.look_for),
            Action.ADOPT: (target.bind, _again),
            Action.REBIND: (target.bind, _again),
            Action.MERGE: (self._merged, look_ended),
            Action.ARCHIVE: (lambda kind, writes: target.archive(kind, _ids(writes)), look_ended),
            Action.ERASE: (lambda kind, writes: target.delete(kind, _ids(writes)), look_ended),
            Action.SUPPRESS: (lambda kind, writes: self._suppressed(steps, writes), _again),
        }
        return ways[action]

    def _merged(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        return [self.target.merge(kind, it.id or "", str(it.values["loser"])) for it in writes]

    def _suppressed(self, steps: Mapping[str, Step], writes: Sequence[Write]) -> list[Outcome]:
        """Objections are told; one about an address of which there is no record has no id but its own."""
        told = self.target.suppress([_suppression(steps[it.key], it) for it in writes])
        return [replace(answer, id=answer.id or it.key) for answer, it in zip(told, writes, strict=False)]

    def _look_ended(self, action: Action) -> Look:
        """Asks whether records that were to end did."""

        def look(kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
            ends = {it.key: str(it.values.get("loser", it.id)) for it in writes}
            held = {it.id: it for it in self.target.read(kind, list(ends.values()), [])}
            status = {True: Status.WRITTEN, False: Status.LATER}
            return {it.key: Outcome(it.key, status[ended(action, held.get(ends[it.key]))], it.id) for it in writes}

        return look

    # After the answer

    def _answered(self, seq: int, step: Step, told: Outcome) -> Answered:
        if told.reason == CHANGED:
            return Answered(seq, step, CHANGED, told.id, "a user changed it meanwhile; the next plan looks at it again")
        if step.action is Action.SUPPRESS:
            return Answered(seq, step, told.status, step.id, told.reason)
        if told.status is Status.GONE and step.action in _ENDING:
            told = replace(told, status=Status.WRITTEN)
        if (
            step.action is Action.CREATE
            and (owner := self.owners.get((step.kind, told.id or ""), step.key)) != step.key
        ):
            told = replace(told, status=Status.REFUSED, reason=f"the target took it for the record of {owner}")
        binding = self._bound(step, told) if told.status in (Status.WRITTEN, Status.GONE) else None
        return Answered(seq, step, told.status, told.id, told.reason, binding)

    def _bound(self, step: Step, told: Outcome) -> Binding | None:
        """The binding that follows from an answer."""
        before, fresh = self.bindings.get(step.key), Binding(step.entity, step.key, step.kind, told.id or "")
        if told.status is Status.GONE:
            return before._replace(standing=Standing.DELETED) if before and step.action in WRITING else None
        match step.action:
            case Action.CREATE | Action.ADOPT:
                return fresh._replace(shown=self._shown(step, fresh))
            case Action.UPDATE | Action.ASSOCIATE:
                known = before or fresh
                return known._replace(shown={**known.shown, **self._shown(step, known)})
            case Action.REBIND:
                return self.bindings[step.other or ""]._replace(key=step.key)
            case Action.MERGE:  # the target may choose who survives
                return before and before._replace(id=told.id or before.id)
            case Action.ARCHIVE:
                return before and before._replace(standing=Standing.RETIRED)
        return None

    def _shown(self, step: Step, known: Binding) -> dict[str, str | list[str]]:
        """What the target will show of what was written, until reading it back tells."""
        shown: dict[str, Shown] = {}
        for name, said in step.values.items():
            mapped = self._mapped(step)[name]
            value: Value
            if isinstance(said, Mapping):
                it = self.bindings.get(said["ref"])
                value = it.id if it else None
            else:
                value = said
            if mapped.form is Form.TAGS:
                value = _our_tags(value, step.before.get(name), known.shown.get(name))
            shown[name] = remembered(mapped, value, plain(self.target.written(step.kind, name, value)))
        return {name: it for name, it in shown.items() if it is not None}

    def _mapped(self, step: Step) -> dict[str, Mapped]:
        place = (step.entity, step.kind)
        if place not in self.mapped:
            route = self.mapping.entities[step.entity].of(step.kind)
            self.mapped[place] = {it.name: it for it in route.fields} if route else {}
        return self.mapped[place]

    def _keep(self, answers: Sequence[Answered]) -> None:
        """Keep answers, letters and bindings, and what follows at once from them."""
        is_gone = self.state.plan() is None
        if is_gone:  # somebody was forgotten meanwhile: what is kept must not quote them
            known = [it.binding and it.binding._replace(shown={}) for it in answers]
            answers = [it._replace(reason="", binding=bound) for it, bound in zip(answers, known, strict=True)]
        done = [it for it in answers if it.status == Status.WRITTEN]
        ended = [
            self.bindings[it.step.other]._replace(standing=Standing.MERGED)
            for it in done
            if it.step.action in (Action.REBIND, Action.MERGE) and it.step.other
        ]
        self.state.answer(self.run, answers, ended)
        if is_gone:
            raise PlanGone("somebody was forgotten while the plan was carried out, so it is kept no longer: plan again")
        for binding in (*ended, *(it.binding for it in answers if it.binding)):
            self.bindings[binding.key] = binding
            if binding.standing in OWNS:
                self.owners[binding.kind, binding.id] = binding.key
        self.state.bury((it.step, it.reason) for it in answers if it.status in FAILED)
        self.state.raise_letters(
            (it.step.key, action)
            for it in answers
            if it.status == (Status.WRITTEN if it.step.action is Action.SUPPRESS else VERIFIED)
            for action in (WRITING if it.step.action in WRITING else [it.step.action])
        )
        self.state.unbind(it.step.key for it in answers if it.status == VERIFIED and it.step.action is Action.ERASE)
        self.state.suppress(
            (it.step.key, it.step.other or "", digest(str(it.step.values["address"])))
            for it in done
            if it.step.action is Action.SUPPRESS
        )

    # Reading back

    def _where(self, step: Step) -> str:
        """The id at which a step can be seen."""
        it = self.bindings.get(step.key)
        if step.action is Action.MERGE:
            loser = str(step.values["loser"])
            return step.id or "" if it is not None and it.id == loser else loser
        return it.id if it is not None and step.action is not Action.ERASE else step.id or ""

    def _reads(self, step: Step) -> Mapping[str, str]:
        """The fields that are told back of a record we made: what they say before anybody was there is nothing new."""
        route = self.mapping.entities[step.entity].of(step.kind)
        return route.reads if route and step.action is Action.CREATE else {}

    def _first_heard(self, steps: Sequence[Step], held: Mapping[str, Held]) -> dict[tuple[str, str], str | None]:
        return {
            (step.key, name): plain(it.values.get(theirs))
            for step in steps
            if (it := held.get(self._where(step))) is not None
            for name, theirs in self._reads(step).items()
        }

    def _verified(self, held: Held | None, taken: Iterable[tuple[int, Step]]) -> list[Answered]:
        """Steps at one record held against how it is now."""
        found = []
        for seq, step in taken:
            wrong, binding = flaw(self.target, step, self._write(step, 0).values, held), None
            if not wrong and held is not None and step.action in WRITING:
                it = self.bindings[step.key]
                exact = {
                    name: digest(text)
                    for name in step.values
                    if isinstance(it.shown.get(name), str) and (text := plain(held.values.get(name))) is not None
                }
                shown = {**it.shown, **exact}
                binding = it._replace(shown=shown) if shown != it.shown else None
            found.append(Answered(seq, step, DIFFERS if wrong else VERIFIED, held.id if held else None, wrong, binding))
            if binding:
                self.bindings[step.key] = binding
        return found


def _ids(writes: Sequence[Write]) -> list[str]:
    return [it.id for it in writes if it.id is not None]


def _again(kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
    """What may be said twice is said again."""
    return {it.key: Outcome(it.key, Status.LATER, it.id) for it in writes}


def _suppression(step: Step, write: Write) -> Suppression:
    return Suppression(step.key, step.other or "", str(write.values["address"]), write.id)


def _our_tags(value: Value, before: str | None, ours: object) -> list[str]:
    """Of the tags that were written, those that are not a user's."""
    theirs = set(json.loads(before)) if before else set()
    users = theirs - set(ours) if isinstance(ours, list) else theirs
    return sorted(set(value) - users) if isinstance(value, list) else []
