"""Salesforce, by its REST API: accounts, contacts and leads, 200 rows a request, or 10,000 in a bulk job.

Belongs here: how Salesforce names, batches, answers and refuses. Does not belong here: what is written and when (the
engine), how requests are sent (`http`).

Our key is the field `Lead_Refinery_Id__c` of each kind, an external id and unique; `docs/targets.md` says how to make
it. Records are created by upsert on it, so that a request whose answer was lost may be sent again. What is deleted lies
in the bin, and a merged record there names its master: all reading is by `queryAll`, which shows them.

Records of one account lock it while they are written, so rows go sorted by account and never two requests at a time.
Bulk API 2.0 has no serial mode; it makes a batch of every 10,000 rows, so a job of no more is written one after the
other. In its CSV an empty cell leaves a field as it is and `#N/A` clears it.

simple-salesforce quotes what goes into SOQL. Its requests are not used: they know no time limit, and cannot tell what
may be sent twice. Sources: Salesforce's guides to the REST API and to Bulk API 2.0, version 66.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import httpx
from simple_salesforce.format import format_soql

from delivery.plain import moment
from delivery.record import FieldShape, Held, Outcome, Status, Suppression, Value, Write
from delivery.target import Ability, RefusedError, TargetError, UnauthorisedError, UnreachableError
from delivery.targets.http import Answer, Client, Login, UnansweredError, Verdict, by_status
from delivery.targets.settings import needed

VARIABLES = {
    "url": "LEADS_SALESFORCE_URL",
    "client_id": "LEADS_SALESFORCE_CLIENT_ID",
    "client_secret": "LEADS_SALESFORCE_CLIENT_SECRET",
    "bulk": "LEADS_SALESFORCE_BULK",
}
KEY = "Lead_Refinery_Id__c"
API = "/services/data/v66.0"
BATCH = 200  # records of one collection, ids of one query
COLLECTED = BATCH  # rows that go as a collection; more go as a bulk job
ADDRESSES = 50  # of one query: a URL takes 16,000 signs
BULK = 10_000  # rows of one internal batch of Bulk API 2.0
JOB_SECONDS = 900.0  # that a bulk job may take
CLEAR = "#N/A"
_BIN = "Salesforce has no merge in its REST API: merge the two there, and the next run follows"
_PAUSE = 2.0  # seconds between two looks at a bulk job
_LATER = frozenset({"UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT"})
_GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND"})
_OPT_OUT = {"email": ("HasOptedOutOfEmail", ("Email",)), "phone": ("DoNotCall", ("Phone", "MobilePhone"))}
_PEOPLE = {"003": "Contact", "00Q": "Lead"}  # what an id begins with
_Item = TypeVar("_Item")


def connect(settings: Mapping[str, str]) -> Salesforce:
    """An organisation, by an app of its own there (OAuth client credentials).

    Args:
        settings: those of `VARIABLES`; `bulk` is `1` where many rows go by Bulk API 2.0.

    Raises:
        UnauthorisedError: one of them is missing.
        TargetError: the URL is none.
    """
    it = needed("Salesforce", settings, VARIABLES, bulk="")
    login = _login(it["url"], it["client_id"], it["client_secret"])
    client = Client("Salesforce", it["url"], auth=login, judge=_judged, seconds=120)
    return Salesforce(client, bulk=it["bulk"] == "1")


def _login(address: str, client_id: str, client_secret: str) -> Login:
    """A token by client credentials (RFC 6749, 4.4)."""
    said = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    url = f"{address.rstrip('/')}/services/oauth2/token"
    refusal = "Salesforce refuses LEADS_SALESFORCE_CLIENT_ID and LEADS_SALESFORCE_CLIENT_SECRET"
    return Login(lambda: httpx.Request("POST", url, data=said), lambda it: f"Bearer {it['access_token']}", refusal)


class Salesforce:
    """The protocol of `delivery.target`, spoken with one organisation of Salesforce."""

    name = "salesforce"
    abilities = frozenset(Ability) - {Ability.MERGE}
    kinds = ("Account", "Contact", "Lead")

    def __init__(self, client: Client, *, bulk: bool = False) -> None:
        self.batch = BULK if bulk else BATCH
        self._client = client
        self._types: dict[str, dict[str, str]] = {}

    def fields(self, kind: str) -> Mapping[str, FieldShape]:
        """The fields of a kind.

        Raises:
            TargetError: our key is not among them, or is not a unique external id.
        """
        found = self._asked("GET", f"{API}/sobjects/{kind}/describe")["fields"]
        if not any(one["name"] == KEY and one.get("externalId") and one.get("unique") for one in found):
            raise TargetError(f"Salesforce's {kind} has no unique external id {KEY}: make it as docs/targets.md shows")
        self._types[kind] = {one["name"]: one["type"] for one in found}
        return {one["name"]: _shape(one) for one in found}

    def find(self, kind: str, fields: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[Held]:
        """Records by our keys, or all of a kind, with those in the bin."""
        if keys is None:
            yield from self._query(kind, fields, "")
        for part in _parts(keys or ()):
            yield from self._query(kind, fields, format_soql(f" WHERE {KEY} IN {{}}", part))

    def read(self, kind: str, ids: Sequence[str], fields: Sequence[str]) -> list[Held]:
        """Records by their ids, with those in the bin and the master of those merged."""
        return [
            held for part in _parts(ids) for held in self._query(kind, fields, format_soql(" WHERE Id IN {}", part))
        ]

    def create(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Upsert by our key, after refusing the keys that are there."""
        found = self.find(kind, [], [write.key for write in writes])
        there = {held.key: held.id for held in found if not held.archived and not held.merged_into}
        new = [write for write in writes if write.key not in there]
        done = self._bulk(kind, "upsert", new) if len(new) > COLLECTED else self._upsert(kind, new)
        refused = {
            key: Outcome(key, Status.REFUSED, record_id, f"record {record_id} has this {KEY} already")
            for key, record_id in there.items()
            if key
        }
        return [(done | refused)[write.key] for write in writes]

    def update(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write the given fields by id: the same twice is the same."""
        done = self._bulk(kind, "update", writes) if len(writes) > COLLECTED else self._update(kind, writes)
        return [done[write.key] for write in writes]

    def bind(self, kind: str, writes: Sequence[Write]) -> list[Outcome]:
        """Store our keys with records that are there."""
        return self.update(kind, [Write(write.key, write.id, {KEY: write.key}) for write in writes])

    def merge(self, kind: str, winner: str, loser: str) -> Outcome:
        """Not to be had by REST."""
        return Outcome(winner, Status.REFUSED, winner, _BIN)

    def archive(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Into the bin, where Salesforce keeps it for 15 days."""
        outcomes: list[Outcome] = []
        for part in _parts(ids):
            params = {"ids": ",".join(part), "allOrNone": "false"}
            said = self._asked("DELETE", f"{API}/composite/sobjects", params=params)
            outcomes += [_outcome(one, one, it) for one, it in zip(part, said, strict=True)]
        return outcomes

    def delete(self, kind: str, ids: Sequence[str]) -> list[Outcome]:
        """Out of the bin too: only a bulk job can, for a user with the right `Bulk API Hard Delete`."""
        done = self._bulk(kind, "hardDelete", [Write(one, one, {}) for one in ids]) if ids else {}
        return [done[one] for one in ids]

    def suppress(self, suppressions: Sequence[Suppression]) -> list[Outcome]:
        """Set the opt-out of every contact and lead with the address; one nobody has is `GONE`."""
        outcomes = {
            place: Outcome(one.key, Status.REFUSED, one.id, f"Salesforce has no place for objections to {one.channel}")
            for place, one in enumerate(suppressions)
        }
        for channel, (flag, fields) in _OPT_OUT.items():
            told = {place: one for place, one in enumerate(suppressions) if one.channel == channel}
            for part in _parts(sorted({one.address for one in told.values()}), ADDRESSES):
                here = {place: one for place, one in told.items() if one.address in part}
                outcomes |= self._opted_out(flag, fields, here)
        return [outcomes[place] for place in range(len(suppressions))]

    def written(self, kind: str, field: str, value: Value) -> Value:
        """Texts without spaces around them, addresses in lower case, numbers as they are."""
        if isinstance(value, list):
            return sorted(value) or None
        if not isinstance(value, str):
            return value
        text = value.strip().lower() if field == "Email" else value.strip()
        return text or None

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    # Reading

    def _query(self, kind: str, fields: Sequence[str], where: str) -> Iterator[Held]:
        if kind not in self._types:
            self.fields(kind)
        names = dict.fromkeys(["Id", "IsDeleted", "MasterRecordId", KEY, *fields])
        page = self._asked("GET", f"{API}/queryAll", params={"q": f"SELECT {','.join(names)} FROM {kind}{where}"})
        while True:
            for record in page["records"]:
                values = {field: _value(record.get(field), self._types[kind].get(field, "")) for field in fields}
                master = record["MasterRecordId"]
                deleted = bool(record["IsDeleted"])
                yield Held(record["Id"], record[KEY], values, archived=deleted and not master, merged_into=master)
            if page["done"]:
                return
            page = self._asked("GET", page["nextRecordsUrl"])

    # Writing, up to 200 rows

    def _upsert(self, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        named = [{KEY: write.key} for write in writes]
        return self._collected(f"{API}/composite/sobjects/{kind}/{KEY}", kind, writes, named)

    def _update(self, kind: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        named = [{"id": str(write.id)} for write in writes]
        return self._collected(f"{API}/composite/sobjects", kind, writes, named)

    def _collected(
        self, path: str, kind: str, writes: Sequence[Write], named: Sequence[Mapping[str, str]]
    ) -> dict[str, Outcome]:
        if not writes:
            return {}
        rows = sorted(zip(writes, named, strict=True), key=lambda row: _account(row[0]))
        records = [
            {"attributes": {"type": kind}, **{name: _json(it) for name, it in write.values.items()}, **names}
            for write, names in rows
        ]
        answer = self._client.ask("PATCH", path, json={"allOrNone": False, "records": records})
        if answer.status != 200:
            if len(writes) > 1:
                raise RefusedError(f"Salesforce: {_message(answer.body)}")
            return {writes[0].key: _failed(writes[0].key, writes[0].id, answer.body)}
        if not isinstance(answer.body, list) or len(answer.body) != len(rows):
            return {write.key: Outcome(write.key, Status.UNKNOWN, write.id, "not in the answer") for write in writes}
        # A key twice: what became of the second must not hide what became of the first.
        outcomes: dict[str, Outcome] = {}
        for (write, _), said in zip(rows, answer.body, strict=True):
            outcome = _outcome(write.key, write.id, said)
            if write.key not in outcomes or outcome.status is Status.WRITTEN:
                outcomes[write.key] = outcome
        return outcomes

    def _opted_out(self, flag: str, fields: Sequence[str], told: Mapping[int, Suppression]) -> dict[int, Outcome]:
        addresses = sorted({one.address for one in told.values()})
        where = " OR ".join(format_soql(f"{field} IN {{}}", addresses) for field in fields)
        meant: dict[str, set[str]] = {one.address: {one.id} if one.id else set() for one in told.values()}
        for kind in _PEOPLE.values():
            for held in self._query(kind, fields, f" WHERE IsDeleted = false AND ({where})"):
                for address in (str(held.values[field] or "") for field in fields):
                    for one in told.values():
                        if one.address.lower() == address.lower():
                            meant[one.address].add(held.id)
        done: dict[str, Outcome] = {}
        for begin, kind in _PEOPLE.items():
            ids = sorted({one for many in meant.values() for one in many if one.startswith(begin)})
            for part in _parts(ids):
                done |= self._update(kind, [Write(one, one, {flag: True}) for one in part])
        return {
            place: _suppressed(one, [done[it] for it in meant[one.address] if it in done])
            for place, one in told.items()
        }

    # Writing, many rows

    def _bulk(self, kind: str, operation: str, writes: Sequence[Write]) -> dict[str, Outcome]:
        """One job, from its opening to its results. Once its data is there, a lost answer leaves all rows unknown."""
        by = KEY if operation == "upsert" else "Id"
        rows = {(write.key if by == KEY else str(write.id)): write for write in writes}
        if len(rows) < len(writes):
            raise RefusedError("Salesforce: a key or an id stands twice among the rows")
        if any(value == CLEAR for write in writes for value in write.values.values()):
            raise RefusedError(f"Salesforce: {CLEAR} as a text would clear a field in a bulk job")
        job: dict[str, Any] = {"object": kind, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
        if by == KEY:
            job["externalIdFieldName"] = KEY
        answer = self._client.ask("POST", f"{API}/jobs/ingest", json=job)  # one opened in vain holds nothing
        if answer.status != 200:
            return {write.key: _failed(write.key, write.id, answer.body) for write in writes}
        path = f"{API}/jobs/ingest/{answer.body['id']}"
        try:
            self._told("PUT", f"{path}/batches", content=_csv(by, rows), headers={"Content-Type": "text/csv"})
            self._told("PATCH", path, json={"state": "UploadComplete"})
            self._finished(path)
            failed = {row[by]: row for row in self._rows(f"{path}/failedResults")}
            written = {row[by]: row for row in self._rows(f"{path}/successfulResults")}
        except UnauthorisedError:
            raise
        except TargetError as error:
            return {write.key: Outcome(write.key, Status.UNKNOWN, write.id, str(error)[:500]) for write in writes}
        return {write.key: _bulk_outcome(write, written.get(name), failed.get(name)) for name, write in rows.items()}

    def _finished(self, path: str) -> None:
        """Waits until the job is over; also one that failed has results."""
        end = time.monotonic() + JOB_SECONDS
        while self._asked("GET", path)["state"] not in ("JobComplete", "Failed", "Aborted"):
            if time.monotonic() > end:
                raise UnansweredError(f"Salesforce: a bulk job took more than {JOB_SECONDS:.0f} s")
            time.sleep(_PAUSE)

    def _rows(self, path: str) -> Iterator[dict[str, str]]:
        return csv.DictReader(io.StringIO(self._asked("GET", path, headers={"Accept": "text/csv"}), newline=""))

    def _told(self, method: str, path: str, **request: Any) -> None:
        answer = self._client.tell(method, path, **request)
        if answer.status not in (200, 201, 204):
            raise UnreachableError(f"Salesforce took no bulk job: {_message(answer.body)}")

    def _asked(self, method: str, path: str, **request: Any) -> Any:
        answer = self._client.ask(method, path, **request)
        if answer.status not in (200, 201, 204):
            codes = ", ".join(sorted(_codes(answer.body)))  # not its words: they quote what was asked for
            raise TargetError(f"Salesforce refused a request (HTTP {answer.status}): {codes or 'no reason given'}")
        return answer.body


def _judged(answer: Answer) -> Verdict:
    """Too many requests of a day are a 403 with a code of its own."""
    return Verdict.LIMITED if answer.status == 403 and _codes(answer.body) & _LATER else by_status(answer)


def _parts(items: Iterable[_Item], size: int = BATCH) -> Iterator[list[_Item]]:
    left = iter(dict.fromkeys(items))
    while part := list(islice(left, size)):
        yield part


def _account(write: Write) -> str:
    return str(write.values.get("AccountId") or write.values.get("ParentId") or "")


def _shape(said: Mapping[str, Any]) -> FieldShape:
    closed = said.get("restrictedPicklist") and said.get("picklistValues")
    return FieldShape(
        type=said["type"],
        writable=bool(said["updateable"] and said["createable"]),
        required=bool(said["createable"] and not said["nillable"] and not said.get("defaultedOnCreate")),
        choices=frozenset(one["value"] for one in closed if one["active"]) if closed else None,
    )


def _json(value: Value) -> Value:
    return ";".join(value) if isinstance(value, list) else value


def _value(value: Any, kind: str) -> Value:
    if value in (None, ""):
        return None
    if kind == "multipicklist":
        return sorted(str(value).split(";"))
    if kind == "datetime":
        return moment(str(value))
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | bool | int | float) else str(value)


def _csv(by: str, rows: Mapping[str, Write]) -> bytes:
    """A column for each field of any row: empty where the row does not write it, `#N/A` where it clears it."""
    names = sorted({name for write in rows.values() for name in write.values} - {by})
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)  # a lone CR ends a line elsewhere
    writer.writerow([by, *names])
    for row, write in sorted(rows.items(), key=lambda row: _account(row[1])):
        writer.writerow([row, *(_cell(write.values[name]) if name in write.values else "" for name in names)])
    return out.getvalue().encode()


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = ";".join(value) if isinstance(value, list) else str(value if value is not None else "")
    return text or CLEAR


def _errors(said: Any) -> list[Mapping[str, Any]]:
    if isinstance(said, Mapping):
        said = said.get("errors", [said])
    return [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []


def _codes(said: Any) -> set[str]:
    return {str(one.get("statusCode") or one.get("errorCode") or "") for one in _errors(said)}


def _message(said: Any) -> str:
    texts = [f"{one.get('statusCode') or one.get('errorCode')}: {one.get('message')}" for one in _errors(said)]
    return "; ".join(texts)[:500] or "an answer without a reason"


def _outcome(key: str, record_id: str | None, said: Mapping[str, Any]) -> Outcome:
    if said.get("success"):
        return Outcome(key, Status.WRITTEN, str(said.get("id") or record_id))
    return _failed(key, record_id, said)


def _failed(key: str, record_id: str | None, said: Any) -> Outcome:
    """A code names a fault of the row, unless the record is gone: that reference is its own, not one of its fields."""
    codes, reason = _codes(said), _message(said)
    own = not any(set(one.get("fields") or []) - {"Id"} for one in _errors(said))
    if record_id and own and codes & _GONE:
        return Outcome(key, Status.GONE, reason=reason)
    return Outcome(key, Status.LATER if codes & _LATER else Status.REFUSED, record_id, reason)


def _bulk_outcome(write: Write, written: Mapping[str, str] | None, failed: Mapping[str, str] | None) -> Outcome:
    if written:
        return Outcome(write.key, Status.WRITTEN, written["sf__Id"])
    if not failed:
        return Outcome(write.key, Status.UNKNOWN, write.id, "not among the results of the job")
    code, _, message = failed["sf__Error"].partition(":")  # CODE:what is wrong:fields --
    fields = [name for name in message.rpartition(":")[2].removesuffix("--").strip().split(",") if name]
    return _failed(write.key, write.id, [{"statusCode": code, "message": message, "fields": fields}])


def _suppressed(one: Suppression, done: Sequence[Outcome]) -> Outcome:
    """Written where it stands with every record that has the address."""
    if not done:
        return Outcome(one.key, Status.GONE, reason="no contact or lead has this address")
    wrong = next((it for it in done if it.status is not Status.WRITTEN), None)
    return Outcome(one.key, wrong.status, one.id, wrong.reason) if wrong else Outcome(one.key, Status.WRITTEN, one.id)
