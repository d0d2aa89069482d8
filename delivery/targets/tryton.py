"""Tryton 8, by its JSON-RPC: companies and people alike are parties, and what hangs on them are records of their own.

Belongs here: how Tryton names, nests, answers and refuses. Does not belong here: what is written and when (the engine),
how requests are sent (`http`).

An e-mail address, a phone number, the postal address, the VAT number, the employer: each is a row of a collection of
the party. `ROWS` says which field of ours is which column of which row; a party and its rows are written in one
transaction. Our key is such a row too, an identifier without type that begins with `lead_refinery:`: the party's own
`code` may stand on invoices and stays as it is. The employer is a relation of the type `Employee of`
(its module for relations of parties), to be made once; `docs/targets.md` says how.

A request is one transaction, so a fault in any row refuses all of them. Nothing may be sent twice: rows would double.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import httpx
import phonenumbers

from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, TargetError
from delivery.targets.http import Client, Login, UnansweredError
from delivery.targets.settings import needed

VARIABLES = {
    "url": "LEADS_TRYTON_URL",
    "database": "LEADS_TRYTON_DATABASE",
    "user": "LEADS_TRYTON_USER",
    "password": "LEADS_TRYTON_PASSWORD",
}
PARTY = "party.party"
BATCH = 100  # parties a transaction: one that fails costs no more
PAGE = 500  # parties read at once
KEY_SIGN = "lead_refinery:"
EMPLOYEE_OF = "Employee of"  # the type of relation that leads from a person to the company
WARNINGS = 5  # that one request may be told of
_CONTEXT = {"active_test": False}  # archived ones too
_Item = TypeVar("_Item")


class Row(NamedTuple):
    """Where a field stands: the collection of the party, what tells its row from others there, and the column."""

    collection: str
    told_by: str  # a column of the row
    sign: str | None  # what stands in it
    column: str


_KEY = Row("identifiers", "type", None, "code")
ROWS: Mapping[str, Row] = {
    **{it: Row("contact_mechanisms", "type", it, "value") for it in ("email", "phone", "mobile", "fax", "website")},
    **{it: Row("addresses", "", None, it) for it in ("postal_code", "city", "country")},
    "street": Row("addresses", "", None, "street_unstructured"),
    "vat_id": Row("identifiers", "type", "eu_vat", "code"),
    "employer": Row("relations", "type", EMPLOYEE_OF, "to"),
}
_PHONES = ("phone", "mobile", "fax")
_COLUMNS = {
    "contact_mechanisms": ("type", "value"),
    "addresses": ("street_unstructured", "postal_code", "city", "country"),
    "identifiers": ("type", "code"),
    "relations": ("type", "to"),
}


def connect(settings: Mapping[str, str]) -> Tryton:
    """A database of a server, as a user of its own.

    Args:
        settings: those of `VARIABLES`.

    Raises:
        UnauthorisedError: one of them is missing.
        TargetError: the URL is none.
    """
    it = needed("Tryton", settings, VARIABLES)
    address = f"{it['url'].rstrip('/')}/{it['database']}/rpc/"
    return Tryton(Client("Tryton", address, auth=_login(address, it["user"], it["password"]), seconds=120))


def _login(address: str, user: str, password: str) -> Login:
    """A session as Tryton's own client has it; every password is checked slowly there, and seldom allowed."""
    said = {"id": 0, "method": "common.db.login", "params": [user, {"password": password}, "en"]}

    def header(answer: Any) -> str:
        number, token, *_ = answer["result"]
        return f"Session {base64.b64encode(f'{user}:{number}:{token}'.encode()).decode()}"

    refusal = "Tryton refuses LEADS_TRYTON_USER and LEADS_TRYTON_PASSWORD"
    return Login(lambda: httpx.Request("POST", address, json=said), header, refusal)


class Tryton:
    """The protocol of `delivery.target`, spoken with one database of Tryton."""

    name = "tryton"
    abilities = frozenset(Ability) - {Ability.SUPPRESS}
    kinds = (PARTY,)
    batch = BATCH

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, dict[str, int]] = {}

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """What we know to write of a party; the employer where there is such a relation.

        Raises:
            TargetError: there is no such kind, or its module is not active.
        """
        if kind != PARTY:
            raise TargetError(f"Tryton has parties (`{PARTY}`), not {kind}")
        shapes = {name: FieldShape("char") for name in ROWS}
        shapes |= {"name": FieldShape("char"), "categories": FieldShape("tags")}
        shapes["country"] = FieldShape("country", choices=frozenset(self._ids("country.country", "code")))
        if EMPLOYEE_OF in self._ids("party.relation.type", "name"):
            shapes["employer"] = FieldShape("reference")
        else:
            del shapes["employer"]
        return shapes

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Parties by our keys, or all; archived ones too. One that users made of two has two keys, and comes twice."""
        if keys is None:
            last = 0
            while ids := self._asked(PARTY, "search", [["id", ">", last]], 0, PAGE, [["id", "ASC"]]):
                yield from self._held(ids, fields)
                last = ids[-1]
        for part in _parts(keys or (), PAGE):
            domain = [["type", "=", None], ["code", "in", [f"{KEY_SIGN}{key}" for key in part]]]
            found = self._asked("party.identifier", "search_read", domain, 0, None, None, ["party"])
            yield from (it for it in self._held({one["party"] for one in found}, fields) if it.key in part)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """Parties by their ids; one that was replaced names its successor."""
        return list({it.id: it for it in self._held(map(int, ids), fields)}.values())

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Make parties with their rows. Tryton does not mind two with one key, so we do."""
        there = {held.key: held.id for held in self.find(kind, [], [write.key for write in writes])}
        times = Counter(write.key for write in writes)
        if len(writes) > 1 and any(many > 1 for many in times.values()):
            raise RefusedError("Tryton: a key stands twice among the rows")
        new = [write for write in writes if write.key not in there]
        done = self._sent(new, self._created)
        refused = {
            key: Outcome(key, Status.REFUSED, record_id, f"party {record_id} has this key already")
            for key, record_id in there.items()
            if key
        }
        return [(done | refused)[write.key] for write in writes]

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write the given fields, in the rows that are there."""
        return self._updated(writes, bind=False)

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write our keys into the identifiers."""
        return self._updated(writes, bind=True)

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """By Tryton's own wizard: what hangs on the loser goes to the winner, the loser is archived and tells."""
        domain = [["type", "=", None], ["code", "like", f"{KEY_SIGN}%"], ["party", "=", int(loser)]]
        keys = self._asked("party.identifier", "search", domain)  # the wizard gives the winner these too
        try:
            session = self._told("wizard.party.replace", "create")[0]
            said = {"ask": {"source": int(loser), "destination": int(winner)}}
            self._told("wizard.party.replace", "execute", session, said, "replace")
            self._told("party.identifier", "delete", keys)
        except UnansweredError as error:
            return Outcome(winner, Status.UNKNOWN, reason=str(error))
        except _SaidNoError as error:
            return Outcome(winner, Status.REFUSED, winner, str(error))
        return Outcome(winner, Status.WRITTEN, winner)

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Switch parties off."""
        return self._taken_away(ids, lambda numbers: self._told(PARTY, "write", numbers, {"active": False}))

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Delete parties with all rows. What stands in a sale or an invoice only Tryton's own wizard can erase."""
        delete = [self._taken_away([one], lambda numbers: self._told(PARTY, "delete", numbers)) for one in ids]
        return [outcome for outcomes in delete for outcome in outcomes]

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """Tryton's parties have no place for objections."""
        reason = "Tryton has no place for objections: map may_email and may_call to categories"
        return [Outcome(one.key, Status.REFUSED, one.id, reason) for one in suppressions]

    def written(self, kind: str, field: str, value: Value) -> Value:
        """Numbers in international notation, texts without spaces around them."""
        if isinstance(value, list):
            return sorted(value) or None
        if not isinstance(value, str):
            return value
        text = value if field == "name" else value.strip()
        return (_international(text) if field in _PHONES else text) or None

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    # Reading

    def _nested(self, fields: Iterable[str]) -> list[str]:
        """The fields of parties and of their rows that have to be read; "" is our key."""
        names: dict[str, None] = {}
        for field in fields:
            if row := _KEY if field == "" else ROWS.get(field):
                names |= dict.fromkeys(f"{row.collection}.{column}" for column in _COLUMNS[row.collection])
            elif field == "categories":
                names["categories.name"] = None
            else:
                names[field] = None
        return list(names)

    def _held(self, ids: Iterable[int], fields: Sequence[str]) -> Iterator[Held]:
        names = ["active", "replaced_by", *self._nested([*fields, ""])]
        for part in _parts(ids, PAGE):
            for party in self._asked(PARTY, "search_read", [["id", "in", part]], 0, None, [["id", "ASC"]], names):
                held = Held(
                    id=str(party["id"]),
                    values={field: self._value(party, field) for field in fields},
                    archived=not party["active"] and not party["replaced_by"],
                    merged_into=str(party["replaced_by"]) if party["replaced_by"] else None,
                )
                keys = [str(row["code"]).removeprefix(KEY_SIGN) for row in self._rows(party, _KEY)]
                yield from (replace(held, key=key) for key in keys) if keys else (held,)

    def _value(self, party: Mapping[str, Any], field: str) -> Value:
        if field == "categories":
            return sorted(str(one["name"]) for one in party["categories."]) or None
        if (row := ROWS.get(field)) is None:
            return party.get(field) or None
        value = next((one[row.column] for one in self._rows(party, row)), None)
        if field == "country":
            return next((code for code, it in self._ids("country.country", "code").items() if it == value), None)
        return str(value) if value else None

    def _rows(self, party: Mapping[str, Any], row: Row) -> list[dict[str, Any]]:
        """The rows of a collection that are meant; the first is the one that counts."""
        rows = [dict(one) for one in party.get(f"{row.collection}.") or ()]
        if row is _KEY:
            return [one for one in rows if one["type"] is None and str(one["code"]).startswith(KEY_SIGN)]
        return [one for one in rows if not row.told_by or one[row.told_by] == self._sign(row)]

    def _sign(self, row: Row) -> Any:
        return self._ids("party.relation.type", "name").get(EMPLOYEE_OF) if row.collection == "relations" else row.sign

    def _ids(self, model: str, by: str) -> dict[str, int]:
        """The records of a short list by their names, asked once."""
        if model not in self._known:
            found = self._asked(model, "search_read", [], 0, None, None, [by])
            self._known[model] = {str(one[by]): one["id"] for one in found if one[by]}
        return self._known[model]

    # Writing

    def _created(self, writes: Sequence[Write]) -> list[int]:
        return list(self._told(PARTY, "create", [self._values(write.values, {}, key=write.key) for write in writes]))

    def _updated(self, writes: Sequence[Write], *, bind: bool) -> list[Outcome]:
        there = self._there(writes)
        fields = ["", *{field for write in there for field in write.values}]
        ids = [int(str(write.id)) for write in there]
        found = self._asked(PARTY, "search_read", [["id", "in", ids]], 0, None, None, self._nested(fields))
        parties = {str(one["id"]): one for one in found}

        def send(given: Sequence[Write]) -> None:
            pairs = []
            for write in given:
                values = self._values(write.values, parties[str(write.id)], key=write.key if bind else None)
                pairs += [[int(str(write.id))], values]
            self._told(PARTY, "write", *pairs)

        done = self._sent(there, send)
        return [done.get(write.key, Outcome(write.key, Status.GONE)) for write in writes]

    def _taken_away(self, ids: Sequence[str], take: Callable[[list[int]], Any]) -> list[Outcome]:
        there = self._there([Write(one, one, {}) for one in ids])
        done = self._sent(there, lambda given: take([int(str(write.id)) for write in given]))
        return [done.get(one, Outcome(one, Status.GONE)) for one in ids]

    def _there(self, writes: Sequence[Write]) -> list[Write]:
        ids = [int(str(write.id)) for write in writes]
        found = {str(one) for one in self._asked(PARTY, "search", [["id", "in", ids]])}
        return [write for write in writes if write.id in found]

    def _values(self, values: Mapping[str, Value], party: Mapping[str, Any], *, key: str | None) -> dict[str, Any]:
        """The values of a party as Tryton takes them: its own, and for each row of it what is to be done with that."""
        told: dict[str, Any] = {}
        rows: dict[tuple[str, Any], dict[str, Any]] = {}
        meant: dict[tuple[str, Any], Row] = {}
        for field, value in values.items():
            if row := ROWS.get(field):
                rows.setdefault((row.collection, row.sign), {})[row.column] = self._cell(field, value)
                meant[row.collection, row.sign] = row
            elif field == "categories":
                old = {one["id"] for one in party.get("categories.") or ()}
                new = {self._category(one) for one in (value if isinstance(value, list) else [])}
                told[field] = [["remove", sorted(old - new)], ["add", sorted(new - old)]]
            elif field == "name":
                told[field] = value
            else:
                raise _SaidNoError(f"a party has no field {field}")
        if key is not None:
            rows[_KEY.collection, "key"] = {_KEY.column: f"{KEY_SIGN}{key}"}
            meant[_KEY.collection, "key"] = _KEY
            if others := self._rows(party, _KEY)[1:]:
                told[_KEY.collection] = [["delete", [one["id"] for one in others]]]
        for place, cells in rows.items():
            row = meant[place]
            there = next(iter(self._rows(party, row)), None)
            if action := _action(there, cells, {row.told_by: self._sign(row)} if row.told_by else {}):
                told.setdefault(row.collection, []).append(action)
        return told

    def _cell(self, field: str, value: Value) -> Any:
        if field == "country" and value:
            if (number := self._ids("country.country", "code").get(str(value))) is None:
                raise _SaidNoError(f"Tryton has no country {value}: it takes codes of ISO 3166, once they are loaded")
            return number
        return int(str(value)) if field == "employer" and value else value or None

    def _category(self, name: str) -> int:
        known = self._ids("party.category", "name")
        if name not in known:
            known[name] = self._told("party.category", "create", [{"name": name}])[0]
        return known[name]

    def _sent(self, writes: Sequence[Write], send: Callable[[Sequence[Write]], Any]) -> dict[str, Outcome]:
        """One transaction: all rows are written, or none."""
        if not writes:
            return {}
        try:
            made = send(writes)
        except UnansweredError as error:
            return {write.key: Outcome(write.key, Status.UNKNOWN, write.id, str(error)) for write in writes}
        except _SaidNoError as error:
            if len(writes) > 1:
                raise RefusedError(f"Tryton: {error}") from None
            return {writes[0].key: Outcome(writes[0].key, Status.REFUSED, writes[0].id, str(error)[:500])}
        ids = made if isinstance(made, list) else [write.id for write in writes]
        return {write.key: Outcome(write.key, Status.WRITTEN, str(one)) for write, one in zip(writes, ids, strict=True)}

    def _asked(self, model: str, method: str, *said: Any) -> Any:
        body = self._client.ask("POST", "", json=_call(f"model.{model}.{method}", said)).body
        if not isinstance(body, dict) or "result" not in body:
            raise TargetError(f"Tryton did not answer {model}.{method}: are the modules of docs/targets.md active?")
        return body["result"]

    def _told(self, model: str, method: str, *said: Any) -> Any:
        """A warning would ask a person who sits there; the plan has been reviewed, so it is answered with yes."""
        name = f"{model}.{method}" if model.startswith("wizard.") else f"model.{model}.{method}"
        for _ in range(WARNINGS):
            body = self._client.tell("POST", "", json=_call(name, said)).body
            if not isinstance(body, dict) or "result" not in body:
                kind, words = _error(body)
                if kind != "UserWarning":
                    raise _SaidNoError(words[0])
                self._client.ask("POST", "", json=_call("model.res.user.warning.skip", [words[0], False]))
            else:
                return body["result"]
        raise _SaidNoError(f"more than {WARNINGS} warnings")


class _SaidNoError(Exception):
    """Tryton refused a transaction, in its own words."""


def _call(method: str, said: Sequence[Any]) -> dict[str, Any]:
    return {"id": 1, "method": method, "params": [*said, _CONTEXT]}


def _error(body: Any) -> tuple[str, list[str]]:
    """A kind of Tryton's own with its words, or the text of any other error; its trace is not shown."""
    error = body.get("error") if isinstance(body, dict) else None
    if not error:
        return "", ["an answer without a reason"]
    if isinstance(error[1], list):
        return str(error[0]), [str(one) for one in error[1]] or [str(error[0])]
    return "", [f"it failed ({error[0]})"]


def _action(row: Mapping[str, Any] | None, cells: Mapping[str, Any], signs: Mapping[str, Any]) -> list[Any] | None:
    """What to do with one row: write or delete the one that is there, make one where there is something to say."""
    only = all(value is None for value in cells.values())
    if row is None:
        return None if only else ["create", [{**signs, **cells}]]
    if only and signs:  # the row is this value and nothing else
        return ["delete", [row["id"]]]
    return ["write", [row["id"]], dict(cells)]


def _parts(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    left = iter(dict.fromkeys(items))
    while part := list(islice(left, size)):
        yield part


def _international(text: str) -> str:
    """A number as Tryton writes it where it is valid and says its country."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_valid_number(number):
        return text
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
