"""Following: where the records we know are now, whatever users did with them.

Belongs here: bindings that were lost, records that users merged, deleted, archived, and who owns a record in which two
of ours ended. Does not belong here: what is done about it (`delivery.plan`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from delivery.holdings import ID, THEIR_KEY, Holdings
from delivery.publication import Publication
from delivery.record import Entity
from delivery.sending import batches
from delivery.step import Binding, Event, Standing
from delivery.target import Target
from matching.identity import PREFIX

OWNS = frozenset({Standing.OURS, Standing.ARCHIVED, Standing.RETIRED})
_LONGEST_CHAIN = 10  # merges of merges that are followed


class Followed(NamedTuple):
    """All bindings as they stand, those that changed, and what users did."""

    bindings: dict[str, Binding]
    changed: list[Binding]
    events: list[Event]


def follow(before: Mapping[str, Binding], holdings: Holdings, publication: Publication, target: Target) -> Followed:
    """Bindings held against what the target holds.

    Args:
        before: bindings as they were kept, by our key.
        holdings: what the target holds.
        publication: says which keys are ours; a key nobody here gave out is left alone.
        target: asked where records are that are not found.
    """
    places, archived = _places(holdings)
    current = _rebuilt(before, places, publication.ours)
    moved = _moved(current, places, holdings, target)
    owners = _owners(current, moved)
    found: dict[str, Binding] = {}
    events: list[Event] = []
    for key, it in current.items():
        place = moved.get(key, it.id)
        stays = it.standing is Standing.MERGED or moved.get(key) == it.id  # the list left it out
        standing = it.standing if stays else _standing(it, place, owners, archived)
        shown = it.shown if place == it.id else {}
        found[key] = it._replace(id=place or it.id, standing=standing, shown=shown)
        events += _events(before.get(key), found[key])
    changed = [it for key, it in found.items() if before.get(key) != it]
    return Followed(found, sorted(changed, key=lambda it: it.standing in OWNS), events)


def _places(holdings: Holdings) -> tuple[dict[str, tuple[str, str]], set[tuple[str, str]]]:
    """Kind and id by the key stored there; and what is archived."""
    places: dict[str, tuple[str, str]] = {}
    archived: set[tuple[str, str]] = set()
    for kind, rows in holdings.kinds.items():
        keyed = rows.drop_nulls(THEIR_KEY)
        places |= {key: (kind, id_) for key, id_ in keyed.select(THEIR_KEY, ID).iter_rows()}
        archived |= {(kind, id_) for id_ in rows.filter("archived")[ID]}
    return places, archived


def _rebuilt(
    before: Mapping[str, Binding], places: Mapping[str, tuple[str, str]], ours: frozenset[str]
) -> dict[str, Binding]:
    """The bindings, and those that were lost, by the keys the target stores."""
    entities = {prefix: Entity(name) for name, prefix in PREFIX.items()}
    lost = {
        key: Binding(entities[key[0]], key, kind, id_)
        for key, (kind, id_) in places.items()
        if key not in before and key in ours and key[0] in entities
    }
    revived = {
        key: it._replace(kind=kind, id=id_, standing=Standing.OURS)
        for key, it in before.items()
        for kind, id_ in [places.get(key, (it.kind, it.id))]
        if it.standing is Standing.DELETED and key in places
    }
    return {**before, **revived, **lost}


def _moved(
    current: Mapping[str, Binding], places: Mapping[str, tuple[str, str]], holdings: Holdings, target: Target
) -> dict[str, str | None]:
    """Where records are that were not listed at their id: the other id, the same where it stands, None where gone."""
    ids = {kind: holdings.ids(kind) for kind in holdings.kinds}
    away = [
        it
        for it in current.values()
        if it.kind in ids and it.id not in ids[it.kind] and it.standing not in {Standing.MERGED, Standing.DELETED}
    ]
    moved: dict[str, str | None] = {}
    asked: dict[str, list[Binding]] = defaultdict(list)
    for it in away:
        if it.key in places and places[it.key][0] == it.kind:
            moved[it.key] = places[it.key][1]
        else:
            asked[it.kind].append(it)
    for kind, bindings in asked.items():
        heirs = _heirs(target, kind, [it.id for it in bindings])
        moved |= {it.key: heirs.get(it.id) for it in bindings}
    return moved


def _heirs(target: Target, kind: str, ids: Iterable[str]) -> dict[str, str]:
    """The record each id leads to now, itself where it stands, over merges of merges; what is gone is missing."""
    leads: dict[str, str] = {}
    asked = set(ids)
    for _ in range(_LONGEST_CHAIN):
        if not asked:
            break
        for batch in batches(sorted(asked), target.batch):
            leads |= {it.id: it.merged_into or it.id for it in target.read(kind, batch, [])}
        asked = set(leads.values()) - leads.keys()
    ends = {id_: _end(id_, leads) for id_ in ids}
    return {id_: end for id_, end in ends.items() if leads.get(end) == end}


def _end(id_: str, leads: Mapping[str, str]) -> str:
    for _ in range(_LONGEST_CHAIN):
        id_ = leads.get(id_, id_)
    return id_


def _owners(current: Mapping[str, Binding], moved: Mapping[str, str | None]) -> dict[tuple[str, str], str]:
    """The key that owns each record: who stood there before those who came by a merge."""
    claims: dict[tuple[str, str], list[tuple[bool, bool, str]]] = defaultdict(list)
    for key, it in current.items():
        place = moved.get(key, it.id)
        if place is not None and it.standing not in {Standing.MERGED, Standing.DELETED}:
            claims[it.kind, place].append((key in moved, it.standing is Standing.SHARED, key))
    return {place: min(claim)[2] for place, claim in claims.items()}


def _standing(
    it: Binding, place: str | None, owners: Mapping[tuple[str, str], str], archived: set[tuple[str, str]]
) -> Standing:
    if place is None or it.standing is Standing.DELETED:
        return Standing.DELETED
    if owners[it.kind, place] != it.key:
        return Standing.SHARED
    if (it.kind, place) in archived:
        return Standing.RETIRED if it.standing is Standing.RETIRED else Standing.ARCHIVED
    return Standing.OURS


_SAYS = {Standing.DELETED: "deleted", Standing.ARCHIVED: "archived", Standing.SHARED: "shared"}


def _events(before: Binding | None, now: Binding) -> list[Event]:
    """What a user did, seen by how a record stood and stands."""
    if before is None:
        return []
    told: list[str] = []
    if before.standing is not now.standing and now.standing in _SAYS:
        told.append(_SAYS[now.standing])
    elif before.standing is Standing.ARCHIVED and now.standing is Standing.OURS:
        told.append("restored")
    if before.id != now.id and now.standing is not Standing.SHARED:
        told.append("merged")
    return [Event(what, now.entity, now.key, now.kind, now.id) for what in told]
