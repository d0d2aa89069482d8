"""HubSpot, by its dated API 2026-03: companies and contacts, in batches of 100.

Belongs here: how HubSpot names, batches, answers and refuses. Does not belong here: what is written and when (the
engine), how requests are sent (`http`).

Our key is the property `lead_refinery_id`, unique (`hasUniqueValue`), to be made once for both kinds; `docs/targets.md`
says how. Records are created by upsert on it, so that a request whose answer was lost may be sent again: it finds what
it made. Whether a key is there already is asked before, of the records themselves: the search is indexed late, and is
not used at all. The company of a contact is read as `associatedcompanyid` and written as the primary association.

Sources: HubSpot's developer documentation of 2026-03 (CRM objects, properties, associations, communication
preferences, error handling). What it leaves open is taken the careful way: no row counts as written that the answer
does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from delivery.plain import moment
from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, TargetError
from delivery.targets.http import Answer, Client, UnansweredError, Verdict, by_status
from delivery.targets.settings import needed

VARIABLES = {"token": "LEADS_HUBSPOT_TOKEN", "url": "LEADS_HUBSPOT_URL"}
KEY = "lead_refinery_id"
COMPANY = "associatedcompanyid"
VERSION = "2026-03"
BATCH = 100  # rows a batch endpoint takes
RATES = {10.0: 90}  # a free account may send 100 in ten seconds, and is not ours alone
PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}  # contact to its primary company
_MERGED = "hs_merged_object_ids"  # the ids that were merged into this record, with semicolons between
_BUSY = (423, 429, 477)  # locked by a large sync; too many; the account is being moved
_THEIR_ID = re.compile(r"Existing ID: (\d+)")
_LATER = frozenset({"RATE_LIMITS", "LOCKED", "INTERNAL_ERROR"})
_Item = TypeVar("_Item")


def connect(settings: Mapping[str, str]) -> HubSpot:
    """The account whose key the token is.

    Args:
        settings: those of `VARIABLES`; `url` is HubSpot's own where it is not said.

    Raises:
        UnauthorisedError: there is no token.
        TargetError: the URL is none.
    """
    it = needed("HubSpot", settings, VARIABLES, url="https://api.hubapi.com")
    key = {"Authorization": f"Bearer {it['token']}"}
    return HubSpot(Client("HubSpot", it["url"], headers=key, rates=RATES, judge=_judged))


class HubSpot:
    """The protocol of `delivery.target`, spoken with one account of HubSpot."""

    name = "hubspot"
    abilities = frozenset(Ability)
    kinds = ("companies", "contacts")
    batch = BATCH

    def __init__(self, client: Client) -> None:
        self._client = client
        self._types: dict[str, dict[str, str]] = {}

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """The properties of a kind.

        Raises:
            TargetError: our key is not among them, or is not unique.
        """
        found = self._asked("GET", f"/crm/properties/{VERSION}/{kind}")["results"]
        if not any(one["name"] == KEY and one.get("hasUniqueValue") for one in found):
            raise TargetError(f"HubSpot's {kind} have no unique property {KEY}: make it as docs/targets.md shows")
        self._types[kind] = {one["name"]: _type(one) for one in found}
        shapes = {one["name"]: _shape(one) for one in found}
        if COMPANY in shapes:  # said to be read only, for it is written as an association
            shapes[COMPANY] = FieldShape("reference")
        return shapes

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Records by our keys, from the records themselves; all of a kind by its list, archived ones last."""
        for archived in (False, True):
            pages = self._list(kind, fields, archived) if keys is None else self._by_key(kind, fields, keys, archived)
            yield from (self._held(kind, fields, record) for record in pages)

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """Records by their ids. HubSpot answers an id that was merged away with the record it is part of now."""
        found: dict[str, Held] = {}
        for archived in (False, True):
            missing = [one for one in ids if one not in found]
            for record in self._batch_read(kind, fields, missing, archived):
                held = self._held(kind, fields, record)
                found.setdefault(held.id, held)
                for old in (record["properties"].get(_MERGED) or "").split(";"):
                    if old in missing:
                        found.setdefault(old, Held(old, merged_into=held.id))
        return [found[one] for one in dict.fromkeys(ids) if one in found]

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Upsert by our key, after refusing the keys that are there."""
        there = {held.key: held for held in self.find(kind, [], [write.key for write in writes])}
        new = [write for write in writes if write.key not in there]
        inputs = [
            {
                "idProperty": KEY,
                "id": write.key,
                "objectWriteTraceId": write.key,
                "properties": {**self._properties(write), KEY: write.key},
            }
            for write in new
        ]
        done = self._batched(f"/crm/objects/{VERSION}/{kind}/batch/upsert", new, inputs)
        done |= self._associated(new, done)
        done |= {key: _there_already(key, held) for key, held in there.items() if key}
        return [done[write.key] for write in writes]

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write the given properties by id: the same twice is the same."""
        inputs = [
            {"id": write.id, "objectWriteTraceId": write.key, "properties": self._properties(write)} for write in writes
        ]
        done = self._batched(f"/crm/objects/{VERSION}/{kind}/batch/update", writes, inputs)
        done |= self._associated(writes, done)
        return [done[write.key] for write in writes]

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Store our keys with records that are there."""
        return self.update(kind, [Write(write.key, write.id, {KEY: write.key}) for write in writes])

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """Make one of two. HubSpot may give it a new id, which is the outcome's; both old ids lead there."""
        body = {"primaryObjectId": winner, "objectIdToMerge": loser}
        try:
            answer = self._client.tell("POST", f"/crm/objects/{VERSION}/{kind}/merge", json=body)
        except UnansweredError as error:
            return Outcome(winner, Status.UNKNOWN, reason=str(error))
        if answer.status == 404:
            return Outcome(winner, Status.GONE, reason=_message(answer.body))
        if answer.status != 200 or not isinstance(answer.body, dict) or "id" not in answer.body:
            return Outcome(winner, Status.REFUSED, winner, _message(answer.body))
        return Outcome(winner, Status.WRITTEN, str(answer.body["id"]))

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Into HubSpot's bin, to be had back for 90 days. It says yes to any id, so we look."""
        for part in _parts(ids):
            inputs = {"inputs": [{"id": one} for one in part]}
            self._asked("POST", f"/crm/objects/{VERSION}/{kind}/batch/archive", json=inputs)
        now = {held.id: held for held in self.read(kind, ids, [])}
        return [_seen(one, now.get(one)) for one in ids]

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Contacts with their history, for good (GDPR); a company is no person and goes into the bin."""
        if kind != "contacts":
            return self.archive(kind, ids)
        outcomes = []
        for one in ids:
            body = {"objectId": one}
            answer = self._client.ask("POST", f"/crm/objects/{VERSION}/contacts/gdpr-delete", json=body)
            status = {204: Status.WRITTEN, 404: Status.GONE}.get(answer.status, Status.REFUSED)
            outcomes.append(Outcome(one, status, one, _message(answer.body) if status is Status.REFUSED else ""))
        return outcomes

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """Unsubscribe addresses from all e-mail, whether HubSpot has a contact for them or not."""
        done: set[str] = set()
        refused: dict[str, str] = {}
        for part in _parts(sorted({one.address for one in suppressions if one.channel == "email"})):
            path = f"/communication-preferences/{VERSION}/statuses/batch/unsubscribe-all"
            answer = self._client.ask("POST", path, params={"channel": "EMAIL"}, json={"inputs": part})
            if answer.status not in (200, 207) or not isinstance(answer.body, dict):
                raise RefusedError(f"HubSpot: {_message(answer.body)}")
            done |= {str(one["subscriberIdString"]).lower() for one in answer.body["results"]}
            refused |= {named: _message(it) for it in answer.body.get("errors", []) for named in _named(it)}
        return [_suppressed(one, done, refused) for one in suppressions]

    def written(self, kind: str, field: str, value: Value) -> Value:
        """Texts without spaces around them, addresses in lower case, a domain without what stands around it."""
        if isinstance(value, list):
            return sorted(value) or None
        if not isinstance(value, str):
            return value
        text = value.strip()
        if field == "email":
            text = text.lower()
        if field == "domain":
            text = re.sub(r"^(?:https?://)?(?:www\.)?", "", text.lower()).split("/")[0]
        return text or None

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    # Reading

    def _list(self, kind: str, fields: Sequence[str], archived: bool) -> Iterator[dict[str, Any]]:
        params = {"limit": str(BATCH), "archived": str(archived).lower(), "properties": ",".join([*fields, KEY])}
        while True:
            page = self._asked("GET", f"/crm/objects/{VERSION}/{kind}", params=params)
            yield from page["results"]
            if not (after := page.get("paging", {}).get("next", {}).get("after")):
                return
            params["after"] = after

    def _by_key(
        self, kind: str, fields: Sequence[str], keys: Sequence[str], archived: bool
    ) -> Iterator[dict[str, Any]]:
        return self._batch_read(kind, fields, keys, archived, idProperty=KEY)

    def _batch_read(
        self, kind: str, fields: Sequence[str], ids: Sequence[str], archived: bool, **by: str
    ) -> Iterator[dict[str, Any]]:
        """What is not there is left out, or named among the errors: both mean the same."""
        for part in _parts(dict.fromkeys(ids)):
            body = {"inputs": [{"id": one} for one in part], "properties": [*fields, KEY, _MERGED], **by}
            path = f"/crm/objects/{VERSION}/{kind}/batch/read"
            yield from self._asked("POST", path, params={"archived": str(archived).lower()}, json=body)["results"]

    def _held(self, kind: str, fields: Sequence[str], record: Mapping[str, Any]) -> Held:
        if kind not in self._types:
            self.fields(kind)
        said, types = record["properties"], self._types[kind]
        values = {field: _value(said.get(field), types.get(field, "")) for field in fields}
        return Held(str(record["id"]), said.get(KEY) or None, values, archived=bool(record.get("archived")))

    # Writing

    def _properties(self, write: Write) -> dict[str, str]:
        return {field: _text(value) for field, value in write.values.items() if field != COMPANY}

    def _batched(self, path: str, writes: Sequence[Write], inputs: Sequence[Mapping[str, Any]]) -> dict[str, Outcome]:
        """The outcomes by key: what the answer names as done is written, what it names as wrong is refused."""
        if not writes:
            return {}
        answer = self._client.ask("POST", path, json={"inputs": inputs})
        if answer.status not in (200, 201, 207) or not isinstance(answer.body, dict):
            if len(writes) > 1:
                raise RefusedError(f"HubSpot: {_message(answer.body)}")
            return {writes[0].key: _refused(writes[0], answer.body)}
        by_name = {name: write for write in writes for name in (write.key, write.id) if name}
        outcomes = {write.key: Outcome(write.key, Status.UNKNOWN, write.id, "not in the answer") for write in writes}
        for record in answer.body.get("results", []):
            said = record.get("properties") or {}
            names = (record.get("objectWriteTraceId"), said.get(KEY), str(record["id"]))
            if write := next((by_name[name] for name in names if name in by_name), None):
                outcomes[write.key] = Outcome(write.key, Status.WRITTEN, str(record["id"]))
        for error in answer.body.get("errors", []):
            for write in {by_name[name].key: by_name[name] for name in _named(error) if name in by_name}.values():
                outcomes[write.key] = _refused(write, error)
        return outcomes

    def _associated(self, writes: Sequence[Write], done: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """The company of each contact that has been written and names one, or names that it has none."""
        wanted = [write for write in writes if COMPANY in write.values and done[write.key].status is Status.WRITTEN]
        ids = {write.key: str(done[write.key].id) for write in wanted}
        now = {held.id: held.values[COMPANY] for held in self.read("contacts", list(ids.values()), [COMPANY])}
        new = [write for write in wanted if write.values[COMPANY] not in (None, now.get(ids[write.key]))]
        old = [write for write in wanted if write.values[COMPANY] is None and now.get(ids[write.key])]
        outcomes = self._linked(
            "create", new, [_link(ids[one.key], one.values[COMPANY], types=[PRIMARY]) for one in new]
        )
        many = [{"from": {"id": ids[one.key]}, "to": [{"id": now[ids[one.key]]}]} for one in old]
        return outcomes | self._linked("archive", old, many)

    def _linked(self, verb: str, writes: Sequence[Write], inputs: Sequence[Mapping[str, Any]]) -> dict[str, Outcome]:
        """Only what went wrong: the contacts themselves are written."""
        if not writes:
            return {}
        path = f"/crm/associations/{VERSION}/contacts/companies/batch/{verb}"
        answer = self._client.ask("POST", path, json={"inputs": inputs})
        if answer.status in (200, 201, 204):
            return {}
        errors = (
            answer.body.get("errors", []) if answer.status == 207 and isinstance(answer.body, dict) else [answer.body]
        )
        wrong: dict[str, Outcome] = {}
        for error in errors:
            named = set(_named(error))
            for write, said in zip(writes, inputs, strict=True):
                if not named or {str(said["from"]["id"]), str(write.values[COMPANY])} & named:
                    reason = f"written, but not its company: {_message(error)}"
                    wrong[write.key] = Outcome(write.key, Status.REFUSED, str(said["from"]["id"]), reason[:500])
        return wrong

    def _asked(self, method: str, path: str, **request: Any) -> Any:
        answer = self._client.ask(method, path, **request)
        if answer.status not in (200, 201, 204, 207):
            why = (
                answer.body.get("category") if isinstance(answer.body, dict) else None
            )  # its words may quote addresses
            raise TargetError(f"HubSpot refused a request (HTTP {answer.status}): {why or 'no reason given'}")
        return answer.body


def _judged(answer: Answer) -> Verdict:
    return Verdict.LIMITED if answer.status in _BUSY else by_status(answer)


def _parts(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    left = iter(items)
    while part := list(islice(left, BATCH)):
        yield part


def _type(said: Mapping[str, Any]) -> str:
    return "tags" if said.get("fieldType") == "checkbox" else str(said.get("type", "string"))


def _shape(said: Mapping[str, Any]) -> FieldShape:
    options = [one["value"] for one in said.get("options", [])]
    closed = said.get("type") == "enumeration" and options and not said.get("externalOptions")
    return FieldShape(
        type=_type(said),
        writable=not (said.get("calculated") or said.get("modificationMetadata", {}).get("readOnlyValue")),
        choices=frozenset(options) if closed else None,
    )


def _text(value: Value) -> str:
    """A value as HubSpot takes it: always text, an empty one clears."""
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _value(text: str | None, kind: str) -> Value:
    """A value of HubSpot's text, by the property's type."""
    if not text:
        return None
    match kind:
        case "tags":
            return sorted(one for one in text.split(";") if one)
        case "bool":
            return text == "true"
        case "datetime":
            return moment(text)
        case "number":
            number = float(text)
            return int(number) if number.is_integer() else number
    return text


def _link(contact: str, company: Value, **more: Any) -> dict[str, Any]:
    return {"from": {"id": contact}, "to": {"id": str(company)}, **more}


def _named(error: Mapping[str, Any]) -> Iterator[str]:
    """The rows an error is about: HubSpot names them in lists of its context, by trace id, id or address."""
    for names in (error.get("context") or {}).values() if isinstance(error, Mapping) else ():
        yield from map(str, names if isinstance(names, list) else [names])


def _message(body: Any) -> str:
    """HubSpot's own words, with those of the rows it speaks of."""
    if not isinstance(body, Mapping):
        return "an answer without a reason"
    more = [str(one.get("message", "")) for one in body.get("errors", []) if isinstance(one, Mapping)]
    return "; ".join(dict.fromkeys(filter(None, [str(body.get("message", "")), *more])))[:500]


def _refused(write: Write, error: Any) -> Outcome:
    message = _message(error)
    category = error.get("category") if isinstance(error, Mapping) else None
    if category == "OBJECT_NOT_FOUND":
        return Outcome(write.key, Status.GONE, reason=message)
    status = Status.LATER if category in _LATER else Status.REFUSED
    theirs = _THEIR_ID.search(message)
    return Outcome(write.key, status, write.id or (theirs[1] if theirs else None), message)


def _there_already(key: str, held: Held) -> Outcome:
    return Outcome(key, Status.REFUSED, held.id, f"record {held.id} has this {KEY} already")


def _seen(one: str, held: Held | None) -> Outcome:
    """What became of a record that was to be archived, as it lies there now."""
    if held is None or held.merged_into:
        return Outcome(one, Status.GONE)
    return Outcome(one, Status.WRITTEN if held.archived else Status.LATER, one, "" if held.archived else "still there")


def _suppressed(one: Suppression, done: set[str], refused: Mapping[str, str]) -> Outcome:
    if one.channel != "email":
        reason = "HubSpot has no place for objections to calls: map may_call to a property of your own"
        return Outcome(one.key, Status.REFUSED, one.id, reason)
    if one.address.lower() in done:
        return Outcome(one.key, Status.WRITTEN, one.id)
    why = refused.get(one.address)
    return Outcome(one.key, Status.REFUSED if why else Status.UNKNOWN, one.id, why or "not in the answer")
