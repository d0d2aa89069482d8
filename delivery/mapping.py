"""The mapping: what of ours becomes what of theirs, one readable file a target.

Belongs here: the shape of a mapping, and reading and checking the shipped one under what a home says in
`<home>/sync/<target>.toml`. Does not belong here: whether the target has those fields (`delivery.fitting`), or the
values (`delivery.wishes`). Documented in `docs/sync.md`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

import polars as pl

from contracts.published import ACCOUNTS, LEADS
from contracts.statuses import REACH
from contracts.table import Table
from delivery.plain import Form, plain
from delivery.record import Entity, Value
from engine.fence import read_regular

SHIPPED = Path(__file__).parent / "mappings"
TABLES: Mapping[Entity, Table] = {Entity.ACCOUNT: ACCOUNTS, Entity.LEAD: LEADS}
KEYS: Mapping[Entity, str] = {Entity.ACCOUNT: "account_id", Entity.LEAD: "lead_id"}
GUARDS = ("create", "update", "adopt", "merge", "archive", "erase", "suppress", "missing")
_MOST_BYTES = 1 << 20


class UnsoundMapping(ValueError):  # noqa: N818 - says what was found
    """A mapping that cannot be used; says in which file and key, and what to do."""


class Ownership(StrEnum):
    """Who decides a field of theirs that holds something already."""

    OVERWRITE = "overwrite"  # we do
    FILL_IF_EMPTY = "fill_if_empty"  # whoever wrote it; we change only what is still as we wrote it
    NEVER = "never"  # they do: the field is read, for matching, and not written


@dataclass(frozen=True, slots=True)
class Mapped:
    """One field of theirs: where its value comes from and who owns it.

    `columns` are ours, joined by `join` where several; without any, `value` is written to all. `words` are their words
    for ours: what has none is not written. `to` is the entity a column refers to. `order` lists their words from first
    to last, and the field never goes back. A word that is not among the target's choices holds the plan, or with
    `not_offered = "leave_out"` is not written. A new record of which `columns` say nothing says the first of
    `otherwise`, for some targets take none without. Of a record whose field `unless` holds anything it is not written.
    """

    name: str
    columns: tuple[str, ...]
    write: Ownership
    form: Form
    join: str = " "
    value: Value = None
    words: Mapping[str, Value] | None = None
    to: Entity | None = None
    order: tuple[str, ...] = ()
    not_offered: str = "hold"
    otherwise: tuple[str, ...] = ()
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """The kind of record an entity becomes where `when` holds: a column of ours to the texts it may have.

    `deliver` is as `when`: what does not fit is not created, only kept right where it is known already. `reads` names
    what is told back to us, e.g. `stage`, by the field that holds it.
    """

    kind: str
    when: Mapping[str, frozenset[str]]
    deliver: Mapping[str, frozenset[str]]
    fields: tuple[Mapped, ...]
    reads: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Routes:
    """How an entity is delivered. The first route whose `when` holds takes it; a record there stays what it is.

    `deliver` is that of routes with none of their own. The words are those of `_CHOICES`.
    """

    deliver: Mapping[str, frozenset[str]]
    to: tuple[Route, ...]
    deleted: str = "leave"
    archived: str = "leave"
    merged: str = "merge"
    gone: str = "archive"

    def of(self, kind: str) -> Route | None:
        """The route of a kind."""
        return next((route for route in self.to if route.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a plan may hold of one thing: how many, and which share of the records that are bound."""

    most: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class TargetMapping:
    """A whole mapping. `fingerprint` changes whenever what it says does."""

    target: str
    entities: Mapping[Entity, Routes]
    suppress: tuple[str, ...]
    limits: Mapping[str, Limit]
    fingerprint: str

    def fields(self, kind: str) -> list[str]:
        """All fields of a kind that are read: those written, those that guard them, and those told back."""
        routes = [route for routes in self.entities.values() if (route := routes.of(kind))]
        mapped = {name for it in routes for one in it.fields for name in (one.name, one.unless) if name is not None}
        return sorted(mapped.union(*(it.reads.values() for it in routes)))

    @property
    def kinds(self) -> list[str]:
        """The kinds of record something of ours becomes."""
        return list(dict.fromkeys(route.kind for routes in self.entities.values() for route in routes.to))


# What a home may choose for what happened there, or to us: a user deleted or archived a record; our id was merged into
# another; no source knows the person or company any more.
_CHOICES = {
    "deleted": ("leave", "recreate"),
    "archived": ("leave", "update"),
    "merged": ("merge", "archive", "leave"),
    "gone": ("archive", "leave"),
}
_FIELD = {"from", "join", "otherwise", "value", "write", "words", "to", "tags", "order", "not_offered", "unless"}


def read_mapping(target: str, folder: Path) -> TargetMapping:
    """The mapping of a target: the shipped one, under what the home's own says.

    Args:
        target: its name.
        folder: `<home>/sync`; a table in its `<target>.toml` is laid over the shipped one, a field of `false` is left
            out, everything else takes the place of what is shipped.

    Raises:
        UnsoundMapping: a file has an error; the message names file, key and remedy.
    """
    shipped, own = SHIPPED / f"{target}.toml", folder / f"{target}.toml"
    stated = _parsed(own)
    checker = _Checker(shipped.name, f"sync/{own.name}", stated)
    return checker.mapping(target, _laid(_parsed(shipped), stated))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_regular(path, _MOST_BYTES).decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnsoundMapping(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnsoundMapping(f"{path} is not valid TOML (UTF-8): {error}") from error


def _laid(shipped: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables over tables; a field's own table is one thing and is replaced whole."""
    laid = dict(shipped)
    for key, value in own.items():
        before = laid.get(key)
        is_field = isinstance(value, dict) and value.keys() & {"from", "value"}
        laid[key] = (
            _laid(before, value) if isinstance(before, dict) and isinstance(value, dict) and not is_field else value
        )
    return laid


@dataclass(frozen=True)
class _Checker:
    """Makes a mapping of what is stated; whatever is wrong is said with file and key."""

    shipped: str
    own: str
    stated: Mapping[str, Any]

    def mapping(self, target: str, said: Mapping[str, Any]) -> TargetMapping:
        known = {"account", "lead", "suppress", "limits", "words"}
        self.keys((), said, known)
        words = self.table(("words",), said.get("words", {}))
        entities = {one: self.routes(one, said[one], words) for one in Entity if one in said}
        if not entities:
            self.wrong((), "maps neither account nor lead; a mapping says what at least one of them becomes")
        return TargetMapping(
            target=target,
            entities=entities,
            suppress=self.choices(("suppress",), said.get("suppress", []), REACH),
            limits={name: self.limit(name, said.get("limits", {}).get(name, {})) for name in self.guards(said)},
            fingerprint=hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16],
        )

    def guards(self, said: Mapping[str, Any]) -> Sequence[str]:
        self.keys(("limits",), self.table(("limits",), said.get("limits", {})), GUARDS)
        return GUARDS

    def limit(self, name: str, said: Any) -> Limit:
        path = ("limits", name)
        self.keys(path, self.table(path, said), ("most", "share"))
        most, share = said.get("most"), said.get("share")
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            self.wrong((*path, "most"), f"must be a whole number, 0 or more, not {most!r}")
        if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1):
            self.wrong((*path, "share"), f"must be a share from 0 to 1, not {share!r}")
        return Limit(most, share)

    def routes(self, entity: Entity, said: Any, words: Mapping[str, Any]) -> Routes:
        self.keys((entity,), self.table((entity,), said), ("deliver", "to", *_CHOICES))
        chosen: dict[str, str] = {}
        for name, choices in _CHOICES.items():
            if name in said:
                (chosen[name],) = self.choices((entity, name), [said[name]], choices)
        to = self.table((entity, "to"), said.get("to", {}))
        if not to:
            self.wrong((entity, "to"), f'names no kind of record; write [{entity}.to."KIND".fields]')
        deliver = self.condition((entity, "deliver"), said.get("deliver", {}), TABLES[entity])
        routes = [
            self.route(entity, kind, of_kind, words, deliver) for kind, of_kind in to.items() if of_kind is not False
        ]
        return Routes(deliver, tuple(routes), **chosen)

    def route(
        self, entity: Entity, kind: str, said: Any, words: Mapping[str, Any], deliver: Mapping[str, frozenset[str]]
    ) -> Route:
        path = (entity, "to", kind)
        self.keys(path, self.table(path, said), ("when", "deliver", "fields", "reads"))
        fields = self.table((*path, "fields"), said.get("fields", {}))
        mapped = [
            self.field((*path, "fields", name), it, entity, words) for name, it in fields.items() if it is not False
        ]
        if not mapped:
            self.wrong((*path, "fields"), "maps no field")
        reads = self.table((*path, "reads"), said.get("reads", {}))
        when = self.condition((*path, "when"), said.get("when", {}), TABLES[entity])
        if "deliver" in said:
            deliver = self.condition((*path, "deliver"), said["deliver"], TABLES[entity])
        heard = {name: self.text((*path, "reads", name), it) for name, it in reads.items()}
        return Route(kind, when, deliver, tuple(mapped), heard)

    def field(self, path: tuple[str, ...], said: Any, entity: Entity, words: Mapping[str, Any]) -> Mapped:
        self.keys(path, self.table(path, said), _FIELD)
        if ("from" in said) == ("value" in said):
            self.wrong(path, 'needs either from = "a column of ours" or value = a constant')
        table = TABLES[entity]
        spoken = self.words((*path, "words"), said.get("words"), words)
        if "to" in said:
            self.choices((*path, "to"), [said["to"]], list(Entity))
        order = said.get("order", [])
        if not isinstance(order, list) or order != list(dict.fromkeys(order)):
            self.wrong((*path, "order"), "must be a list of their words, from first to last, each once")
        return Mapped(
            name=path[-1],
            columns=self.columns((*path, "from"), said.get("from", []), table),
            write=Ownership(self.choices((*path, "write"), [said.get("write", "fill_if_empty")], list(Ownership))[0]),
            form=self.form(path, said, table, spoken),
            join=self.text((*path, "join"), said.get("join", " ")),
            value=said.get("value"),
            words=spoken,
            to=Entity(said["to"]) if "to" in said else None,
            order=tuple(plain(word) or "" for word in order),
            not_offered=self.choices((*path, "not_offered"), [said.get("not_offered", "hold")], ("hold", "leave_out"))[
                0
            ],
            otherwise=self.columns((*path, "otherwise"), said.get("otherwise", []), table),
            unless=self.text((*path, "unless"), said["unless"]) if "unless" in said else None,
        )

    def columns(self, path: tuple[str, ...], said: Any, table: Table) -> tuple[str, ...]:
        columns = [said] if isinstance(said, str) else said
        for column in columns if isinstance(columns, list) else self.wrong(path, "must be a column or a list"):
            if column not in table.names:
                self.wrong(path, f"names no column of {table.name}: {column!r}; docs/fields.md lists them")
        return tuple(columns)

    def form(
        self, path: tuple[str, ...], said: Mapping[str, Any], table: Table, words: Mapping[str, Value] | None
    ) -> Form:
        """What sort of value the field gets: that of its constant, its words, else its column."""
        if said.get("tags") is True:
            return Form.TAGS
        constants = list(words.values()) if words is not None else [said["value"]] if "value" in said else []
        forms = {_FORMS.get(type(value)) for value in constants}
        if len(forms) > 1 or None in forms:
            self.wrong(path, "needs texts, or numbers, or true and false: one sort of value in a field")
        if forms:
            return forms.pop() or Form.TEXT
        dtype = table.schema[said["from"]] if isinstance(said["from"], str) else pl.String
        return Form.FLAG if dtype == pl.Boolean else Form.NUMBER if dtype.is_numeric() else Form.TEXT

    def words(self, path: tuple[str, ...], name: Any, words: Mapping[str, Any]) -> Mapping[str, Value] | None:
        if name is None:
            return None
        if not isinstance(name, str) or name not in words:
            self.wrong(path, f"names no table of words: {name!r}; write [words.{name}] with our words and theirs")
        return {ours: theirs for ours, theirs in self.table(("words", name), words[name]).items() if theirs is not None}

    def condition(self, path: tuple[str, ...], said: Any, table: Table) -> Mapping[str, frozenset[str]]:
        self.keys(path, self.table(path, said), table.names)
        found: dict[str, frozenset[str]] = {}
        for column, texts in said.items():
            several = texts if isinstance(texts, list) else [texts]
            if not all(isinstance(it, str | bool | int) for it in several):
                self.wrong((*path, column), 'must be a value of the column or a list of them; "*" is any')
            found[column] = frozenset(plain(it) or "" for it in several)
        return found

    # Checks of single values.

    def table(self, path: tuple[str, ...], said: Any) -> dict[str, Any]:
        return said if isinstance(said, dict) else self.wrong(path, "must be a table")

    def text(self, path: tuple[str, ...], said: Any) -> str:
        return said if isinstance(said, str) and said else self.wrong(path, "must be a text in quotes")

    def keys(self, path: tuple[str, ...], said: Mapping[str, Any], known: Any) -> None:
        for key in said:
            if key not in known:
                self.wrong((*path, key), f"is not known; use one of {', '.join(known)}")

    def choices(self, path: tuple[str, ...], said: Any, known: Any) -> tuple[str, ...]:
        for it in said if isinstance(said, list) else self.wrong(path, "must be a list"):
            if it not in tuple(known):
                self.wrong(path, f"must be one of {', '.join(known)}, not {it!r}")
        return tuple(said)

    def wrong(self, path: Sequence[str], what: str) -> NoReturn:
        """Say it of the home's file where the home wrote that key, else of the shipped one."""
        here: Any = self.stated
        for step in path:
            here = here.get(step) if isinstance(here, Mapping) else None
        file = self.own if here is not None and path else self.shipped
        raise UnsoundMapping(f"{file}: {'.'.join(map(quoted, path)) or 'it'} {what}")


_FORMS = {str: Form.TEXT, bool: Form.FLAG, int: Form.NUMBER, float: Form.NUMBER}


def quoted(key: str) -> str:
    """A key as TOML writes it."""
    return f'"{key}"' if "." in key else key
