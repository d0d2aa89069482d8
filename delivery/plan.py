"""The plan: what would be done to a target, in order, before anything is done.

Belongs here: the steps that lead from what a target holds to what we wish of it. Does not belong here: reading the
target (`delivery.holdings`), one field (`delivery.ownership`), doing it (`delivery.apply`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import polars as pl

from delivery.fitting import not_offered
from delivery.following import OWNS, Followed
from delivery.holdings import ID, Holdings
from delivery.mapping import KEYS, Mapped, Route, TargetMapping, quoted
from delivery.ownership import decide
from delivery.plain import digest, plain, typed
from delivery.publication import Publication
from delivery.record import Entity, FieldShape, Value
from delivery.step import ORDER, Action, Binding, Event, Standing, Step
from delivery.target import Target
from delivery.wishes import KEY, KIND, NEW, delivered, wishes

COMING = "\0"  # before the key of a record that this plan creates
_HELD = "__held "


class Adoption(NamedTuple):
    """Records there that are ours already: `sure` by our key to kind, id and why; `doubtful` too."""

    sure: Mapping[str, tuple[str, str, str]] = {}
    doubtful: Mapping[str, tuple[str, str, str]] = {}


Adopt = Callable[[Entity, pl.DataFrame, Holdings, frozenset[tuple[str, str]]], Adoption]


def adopt_none(entity: Entity, rows: pl.DataFrame, holdings: Holdings, bound: frozenset[tuple[str, str]]) -> Adoption:
    """Take nothing that is there for one of ours."""
    return Adoption()


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order; `problems` hold it as a whole, `notes` do not, `counts` are by guard.

    `learnt`, `unbound`, `told` and `events` are what reading showed, true whether or not the plan is applied: bindings,
    ids whose binding ends, fields that are read back, what users did.

    `waiting` rows failed before and are not tried again yet; `unrouted` fit no kind; `staying` are published and not
    delivered, by entity; `known` were bound before it; `first` says that nothing was, although the target is not empty.
    """

    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    learnt: list[Binding] = field(default_factory=list)
    unbound: list[str] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    known: int = 0
    waiting: int = 0
    unrouted: int = 0
    staying: Mapping[Entity, int] = field(default_factory=dict)
    first: bool = False

    def id(self, basis: Mapping[str, Any]) -> str:
        """The same steps on the same basis are the same plan."""
        said = json.dumps([basis, [asdict(it) for it in self.steps]], ensure_ascii=False, sort_keys=True, default=str)
        return blake2b(said.encode(), digest_size=6).hexdigest()


def make_plan(
    mapping: TargetMapping,
    publication: Publication,
    followed: Followed,
    holdings: Holdings,
    target: Target,
    *,
    suppressed: Collection[tuple[str, str, str]] = (),
    told: Mapping[tuple[str, str], str | None] | None = None,
    waiting: Collection[str] = (),
    adopt: Adopt = adopt_none,
    only: Collection[str] | None = None,
) -> Plan:
    """What has to be done so that the target says what is published, as far as the mapping lets it.

    Args:
        mapping: of the target; `delivery.fitting.misfits` has nothing to say of it.
        publication: what is published.
        followed: bindings as they stand.
        holdings: what the target holds.
        target: asked how it shows values and which choices it has; nothing is written.
        suppressed: objections that were told before.
        told: what fields that are read back said before.
        waiting: keys of rows that failed and are not to be tried again yet.
        adopt: which records there are ours already.
        only: the keys to plan for; all with None.
    """
    planner = _Planner(mapping, publication, followed.bindings, holdings, target, set(waiting), only)
    planner.run(adopt)
    missing = sum(it.standing is Standing.DELETED for it in followed.changed)
    known = missing + sum(it.standing in OWNS for it in followed.bindings.values())
    objections = list(planner.objections(suppressed))
    steps = sorted((*objections, *planner.steps), key=lambda it: (_RANK[it.action, it.entity], it.entity, it.kind))
    counts = Counter(_guard(it) for it in steps)
    counts["missing"] = missing
    news, heard = planner.heard(told or {})
    return Plan(
        steps=steps,
        problems=planner.problems,
        notes=planner.notes,
        events=[*followed.events, *planner.events, *news],
        told=heard,
        learnt=[*followed.changed, *planner.settled],
        unbound=planner.unbound,
        counts=counts,
        doubtful=planner.doubtful,
        known=known,
        waiting=planner.left_waiting,
        unrouted=planner.unrouted,
        staying={it: publication.rows[it].height - rows.height for it, rows in planner.rows.items()},
        first=not known and any(rows.height for rows in holdings.kinds.values()),
    )


_RANK = {
    (action, entity): place
    for place, (action, of) in enumerate(ORDER)
    for entity in ([of] if of is not None else list(Entity))
}


def _guard(step: Step) -> str:
    """The limit that a step counts against; what a new record refers to belongs to its creation."""
    match step.action:
        case Action.ASSOCIATE:
            return "associate" if step.id is None else "update"
        case Action.REBIND:
            return "merge"
    return step.action.value


@dataclass
class _Planner:
    """Collects the steps; `links` is where each of our keys is or goes."""

    mapping: TargetMapping
    publication: Publication
    bindings: dict[str, Binding]
    holdings: Holdings
    target: Target
    not_yet: set[str]
    only: Collection[str] | None
    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    doubtful: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    rows: dict[Entity, pl.DataFrame] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    archived: frozenset[tuple[str, str]] = field(init=False)
    settled: list[Binding] = field(default_factory=list)
    unbound: list[str] = field(default_factory=list)
    left_waiting: int = 0
    unrouted: int = 0

    def __post_init__(self) -> None:
        self.bindings = {key: it for key, it in self.bindings.items() if it.entity in self.mapping.entities}
        kinds = self.holdings.kinds.items()
        self.archived = frozenset((kind, id_) for kind, rows in kinds for id_ in rows.filter("archived")[ID])

    def run(self, adopt: Adopt) -> None:
        self._erase()
        self._return()
        self._redirect()
        known = {key: it.kind for key, it in self.bindings.items() if it.standing not in _ENDED}
        self.rows = delivered(self.mapping, self.publication, known)
        self.unrouted = sum(rows[KIND].null_count() for rows in self.rows.values())
        bound = frozenset((it.kind, it.id) for it in self.bindings.values())
        for entity, rows in list(self.rows.items()):
            unbound = rows.filter(~pl.col(KEY).is_in(list(self.bindings)))
            self._adopt(entity, adopt(entity, unbound, self.holdings, bound))
        self.links |= {key: it.id for key, it in self.bindings.items() if it.standing in {*OWNS, Standing.SHARED}}
        for entity, rows in self.rows.items():
            fresh = [key for key in rows.drop_nulls(KIND)[KEY] if self._is_to_create(entity, key)]
            self.left_waiting += len(self.not_yet.intersection(fresh))
            self.links |= {key: COMING + key for key in fresh if key not in self.not_yet and self._is_meant(key)}
        for entity, rows in self.rows.items():
            for route in self.mapping.entities[entity].to:
                self._records(entity, route, wishes(rows, route))
        self._remove()

    # Ids

    def _erase(self) -> None:
        """Who was erased here leaves there; a record into which a user merged another of ours is that one's."""
        for key in sorted(self.publication.erased & self.bindings.keys()):
            it = self.bindings.pop(key)
            if it.standing is Standing.SHARED:
                self.events.append(Event("mixed", it.entity, key, it.kind, it.id))
            if it.standing not in OWNS:
                self.unbound.append(key)
            else:
                self._step(Step(Action.ERASE, it.entity, key, it.kind, it.id, why="erased (Art. 17 GDPR)"))

    def _return(self) -> None:
        """Ids that had become another and are published again (a split, a merge undone) are new there.

        A record that went on under an id that is not published any more goes back to the one it came from.
        """
        published = {key for entity, rows in self.publication.rows.items() for key in rows[KEYS[entity]]}
        owners = {(it.kind, it.id): key for key, it in self.bindings.items() if it.standing in OWNS}
        for key in sorted((published & self.bindings.keys()) - self.publication.became.keys()):
            if (it := self.bindings[key]).standing is Standing.MERGED:
                del self.bindings[key]
                owner = owners.get((it.kind, it.id))
                if owner is not None and owner not in published | self.publication.became.keys():
                    self._give(self.bindings[owner], key)

    def _redirect(self) -> None:
        """Records of ids that became another go on under that, or go into its record."""
        live = [
            it
            for key in sorted(self.publication.became.keys() & self.bindings.keys())
            if (it := self.bindings[key]).standing not in _ENDED
        ]
        for old in live:
            new_key = self.publication.became[old.key]
            new = self.bindings.get(new_key)
            if old.standing is Standing.SHARED:  # the record is another's; nothing hangs on this id any more
                self.bindings[old.key] = old._replace(standing=Standing.MERGED)
                self.settled.append(self.bindings[old.key])
            elif new is None or new.standing in {Standing.DELETED, Standing.MERGED, Standing.SHARED}:
                self._give(old, new_key)
            else:
                self._merge(old, new)

    def _give(self, old: Binding, key: str) -> None:
        """The record of one id goes on under another; what was shown in it stays known."""
        if key not in self.publication.ours:
            return
        self.bindings[key] = old._replace(key=key)
        self.bindings[old.key] = old._replace(standing=Standing.MERGED)
        self._step(Step(Action.REBIND, old.entity, key, old.kind, old.id, other=old.key, why=f"{old.key} is {key} now"))

    def _merge(self, old: Binding, new: Binding) -> None:
        how, why = self.mapping.entities[old.entity].merged, f"{old.key} is {new.key} now"
        if how == "merge" and old.kind == new.kind:
            loser = {"loser": old.id}
            self._step(Step(Action.MERGE, new.entity, new.key, new.kind, new.id, loser, other=old.key, why=why))
        elif how != "leave" and old.standing is Standing.OURS:
            self._archive(old, why)

    def _adopt(self, entity: Entity, found: Adoption) -> None:
        """Records there that are ours keep the kind they have, and stay archived where a user archived them."""
        self.doubtful |= found.doubtful
        for key, (kind, id_, why) in found.sure.items():
            standing = Standing.ARCHIVED if (kind, id_) in self.archived else Standing.OURS
            self.bindings[key] = Binding(entity, key, kind, id_, standing)
            self._step(Step(Action.ADOPT, entity, key, kind, id_, why=why))
        kinds = {key: kind for key, (kind, _, _) in found.sure.items()}
        adopted = pl.col(KEY).replace_strict(list(kinds), list(kinds.values()), default=None, return_dtype=pl.String)
        self.rows[entity] = self.rows[entity].with_columns(pl.coalesce(adopted, KIND).alias(KIND))

    def _is_to_create(self, entity: Entity, key: str) -> bool:
        it = self.bindings.get(key)
        if it is None:
            return key not in self.doubtful
        return it.standing is Standing.DELETED and self.mapping.entities[entity].deleted == "recreate"

    # Records

    def _records(self, entity: Entity, route: Route, wanted: pl.DataFrame) -> None:
        """Creations and updates of one kind."""
        wanted = self._linked(route, wanted)
        where = f"{entity}.to.{quoted(route.kind)}.fields"
        shapes = self.target.fields(route.kind) if wanted.height else {}
        for it in route.fields:
            wanted = self._offered(f"{where}.{it.name}", it, shapes.get(it.name), wanted)
        ids = {
            key: it.id
            for key, it in self.bindings.items()
            if it.kind == route.kind and it.standing in self._written(entity)
        }
        place = pl.col(KEY).replace_strict(list(ids), list(ids.values()), default=None, return_dtype=pl.String)
        placed = wanted.with_columns(place.alias(ID))
        coming = [key for key, link in self.links.items() if link.startswith(COMING)]
        for row in placed.filter(pl.col(KEY).is_in(coming)).drop(ID).iter_rows(named=True):
            self._create(entity, route, row)
        held = self.holdings.kinds[route.kind].unique(ID, keep="first", maintain_order=True)
        names = [it.name for it in route.fields if it.write != "never"]
        read = sorted({*names, *(it.unless for it in route.fields if it.unless)})
        both = placed.drop_nulls(ID).join(held.select(ID, pl.col(read).name.prefix(_HELD)), on=ID, how="inner")
        other = [pl.col(name).is_not_null() & pl.col(name).ne_missing(pl.col(_HELD + name)) for name in names]
        for row in both.filter(pl.any_horizontal(other)).iter_rows(named=True):
            self._update(entity, route, row)

    def _offered(self, where: str, it: Mapped, shape: FieldShape | None, wanted: pl.DataFrame) -> pl.DataFrame:
        """Words the target does not offer, such as a language that is not installed, hold the plan or are left out."""
        if not (odd := not_offered(it, shape, wanted)):
            return wanted
        said = f"{where}: not among its choices there: " + ", ".join(f"{word!r} ({n:,})" for word, n in odd.items())
        if it.not_offered == "hold":
            remedy = 'add it there (install the language), drop it from [words], or say not_offered = "leave_out"'
            self.problems.append(f"{said}; {remedy}")
            return wanted
        self.notes.append(f"{said}; left out")
        return wanted.with_columns(pl.when(~pl.col(it.name).is_in(list(odd))).then(it.name).alias(it.name))

    def _written(self, entity: Entity) -> set[Standing]:
        """How a record may stand for us to write into it."""
        archived = (
            {Standing.ARCHIVED, Standing.RETIRED} if self.mapping.entities[entity].archived == "update" else set()
        )
        return {Standing.OURS, *archived}

    def _linked(self, route: Route, wanted: pl.DataFrame) -> pl.DataFrame:
        """References as ids there; what is not there and does not come is not said."""
        keys, places = list(self.links), list(self.links.values())
        return wanted.with_columns(
            pl.col(it.name).replace_strict(keys, places, default=None, return_dtype=pl.String)
            for it in route.fields
            if it.to is not None
        )

    def _create(self, entity: Entity, route: Route, row: Mapping[str, str | None]) -> None:
        wants = ((it, row[it.name] or row.get(NEW + it.name)) for it in route.fields if it.write != "never")
        said = {it.name: (it, want) for it, want in wants if want is not None}
        later = {name for name, (it, want) in said.items() if it.to is entity and _is_coming(it, want)}
        key = str(row[KEY])
        values = {name: _value(it, want) for name, (it, want) in said.items() if name not in later}
        if not self._step(Step(Action.CREATE, entity, key, route.kind, values=values, why="new")):
            return
        if links := {name: _value(*said[name]) for name in later}:
            self._step(Step(Action.ASSOCIATE, entity, key, route.kind, values=links, why="refers to another new one"))

    def _update(self, entity: Entity, route: Route, row: Mapping[str, Any]) -> None:
        it = self.bindings[row[KEY]]
        values: dict[str, Value | Mapping[str, str]] = {}
        before: dict[str, str | None] = {}
        own: set[str] = set()  # references to records of the same entity that this plan makes
        for mapped in route.fields:
            want, held = row[mapped.name], row.get(_HELD + mapped.name)
            if want is None or want == held or mapped.write == "never":
                continue
            if mapped.unless and row[_HELD + mapped.unless] is not None:
                continue
            if _is_coming(mapped, want):
                if held is None or mapped.write == "overwrite":
                    values[mapped.name], before[mapped.name] = _value(mapped, want), held
                    own |= {mapped.name} if mapped.to is entity else set()
                continue
            shows = self._shows(route.kind, mapped)
            decided = decide(mapped, want, held, it.shown.get(mapped.name), shows)
            if decided is None:
                continue
            values[mapped.name], before[mapped.name] = decided.value, held
            if decided.edited:
                self.events.append(Event("edited", entity, it.key, it.kind, it.id, mapped.name, held))
        for action, names in ((Action.UPDATE, values.keys() - own), (Action.ASSOCIATE, own)):
            if names:
                part = {name: values[name] for name in values if name in names}
                was = {name: before[name] for name in part}
                self._step(Step(action, entity, it.key, it.kind, it.id, part, was, why=", ".join(sorted(names))))

    def _shows(self, kind: str, mapped: Mapped) -> Callable[[str], str | None]:
        return lambda text: plain(self.target.written(kind, mapped.name, typed(text, mapped.form)))

    # What ends

    def _remove(self) -> None:
        """Records of ids whose person or company no source knows any more."""
        for key in sorted(self.publication.gone & self.bindings.keys()):
            it = self.bindings[key]
            if it.standing is Standing.OURS and self.mapping.entities[it.entity].gone == "archive":
                self._archive(it, "no source knows it any more")

    def _archive(self, it: Binding, why: str) -> None:
        self._step(Step(Action.ARCHIVE, it.entity, it.key, it.kind, it.id, why=why))

    def objections(self, told: Collection[tuple[str, str, str]]) -> Iterator[Step]:
        """Who objected, for each channel and address the target was not told of."""
        if (rows := self.rows.get(Entity.LEAD)) is None:
            return
        for channel in self.mapping.suppress:
            said = [pl.col(f"consent_{channel}") == "refused", pl.col(_PERMISSION[channel]).is_in(_OBJECTED)]
            objecting = rows.filter(pl.any_horizontal(said)).unpivot(_ADDRESSES[channel], index=[KEY, KIND])
            addresses = objecting.select(KEY, KIND, "value").drop_nulls().unique().sort(KEY, "value")
            for key, kind, address in addresses.iter_rows():
                if (key, channel, digest(address)) in told or not self._is_meant(key):
                    continue
                id_ = None if (link := self.links.get(key, COMING)).startswith(COMING) else link
                yield Step(
                    Action.SUPPRESS, Entity.LEAD, key, kind, id_, {"address": address}, other=channel, why="objected"
                )

    # What is told back

    def heard(
        self, before: Mapping[tuple[str, str], str | None]
    ) -> tuple[list[Event], dict[tuple[str, str], str | None]]:
        """What fields that are read back say now, where that is not what they said before."""
        events, heard = [], {}
        places = {(it.kind, it.id): it for it in self.bindings.values() if it.standing in OWNS}
        for entity, routes in self.mapping.entities.items():
            for route in routes.to:
                for name, theirs in route.reads.items():
                    for id_, value in self.holdings.kinds[route.kind].select(ID, theirs).iter_rows():
                        it = places.get((route.kind, id_))
                        if it is None or it.entity is not entity or before.get((it.key, name)) == value:
                            continue
                        if (it.key, name) not in before and value is not None and it.shown.get(theirs) == digest(value):
                            continue  # as we wrote it
                        heard[it.key, name] = value
                        events.append(Event("told", entity, it.key, it.kind, it.id, name, value))
        return events, heard

    def _is_meant(self, key: str) -> bool:
        return self.only is None or key in self.only

    def _step(self, step: Step) -> bool:
        """Take a step into the plan, unless its row is not meant or failed and is not to be tried again yet."""
        if not self._is_meant(step.key):
            return False
        if step.key in self.not_yet and step.action in _RETRIED:
            self.left_waiting += 1
            return False
        self.steps.append(step)
        return True


_ENDED = frozenset({Standing.MERGED, Standing.DELETED})
_RETRIED = frozenset({Action.CREATE, Action.UPDATE, Action.ASSOCIATE})
_PERMISSION = {"email": "email_permission", "phone": "call_permission"}
_ADDRESSES = {"email": ["email"], "phone": ["phone", "mobile"]}
_OBJECTED = ["objected", "suppressed"]


def _value(mapped: Mapped, want: str) -> Value | Mapping[str, str]:
    return {"ref": want.removeprefix(COMING)} if _is_coming(mapped, want) else typed(want, mapped.form)


def _is_coming(mapped: Mapped, want: str) -> bool:
    """Whether a value is a reference to a record that this plan makes."""
    return mapped.to is not None and want.startswith(COMING)
