"""A Salesforce for tests: what the documentation of its REST and Bulk 2.0 APIs says, with its state in memory.

It was written from the documentation, not from the cloud: where Salesforce does something else, it is wrong, and so may
be the adapter. What a user does by hand (`add`, `bin`, `merge`, `purge`, `lock`) is a method.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.delivery.servers.serving import Faults

CLIENT_ID, CLIENT_SECRET = "3MVG9.test", "s3cr3t"
KEY = "Lead_Refinery_Id__c"
PREFIXES = {"Account": "001", "Contact": "003", "Lead": "00Q"}
PAGE = 100
REQUIRED = {"Account": ("Name",), "Contact": ("LastName",), "Lead": ("LastName", "Company")}
PEOPLE = "FirstName LastName Salutation Phone MobilePhone Fax Title LeadSource"
TEXTS = {
    "Account": "Name Website BillingStreet BillingPostalCode BillingCity BillingCountry",
    "Contact": f"{PEOPLE} Department MailingStreet MailingPostalCode MailingCity MailingCountry",
    "Lead": f"{PEOPLE} Company Street PostalCode City Country Website Status",
}
QUOTED = r"'(?:\\.|[^'\\])*'"
IN = re.compile(rf"(\w+) IN \(((?:{QUOTED}|[,\s])*)\)")
LONGEST = 128


def shape(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    common = {"createable": True, "updateable": True, "nillable": True, "defaultedOnCreate": False}
    return {"name": name, "type": kind, "picklistValues": [], "restrictedPicklist": False, **common, **more}


def choices(name: str, kind: str, *values: str) -> dict[str, Any]:
    return shape(name, kind, restrictedPicklist=True, picklistValues=[{"value": it, "active": True} for it in values])


def fields(kind: str) -> dict[str, dict[str, Any]]:
    read_only = {"createable": False, "updateable": False}
    own = [
        shape("Id", "id", **read_only, nillable=False),
        shape("IsDeleted", "boolean", **read_only),
        shape("MasterRecordId", "reference", **read_only),
        shape(KEY, externalId=True, unique=True),
        choices("Rating", "picklist", "Hot", "Warm", "Cold"),
        choices("Roles__c", "multipicklist", "Buyer", "Decider", "User"),
        shape("Visits__c", "double"),
        *(shape(name, nillable=name not in REQUIRED[kind]) for name in TEXTS[kind].split()),
    ]
    if kind != "Account":
        own += [shape("Email", "email"), shape("HasOptedOutOfEmail", "boolean"), shape("DoNotCall", "boolean")]
    if kind == "Lead":
        own.append(shape("IsConverted", "boolean", **read_only))
    own += {"Contact": [shape("AccountId", "reference")], "Account": [shape("ParentId", "reference")]}.get(kind, [])
    return {one["name"]: one for one in own}


@dataclass
class Job:
    said: dict[str, Any]
    rows: list[dict[str, str]] = field(default_factory=list)
    state: str = "Open"
    looks: int = 0
    done: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)


@dataclass
class SalesforceServer:
    """One organisation. `order` has the ids as they were written; `may_purge` is the right `Bulk API Hard Delete`."""

    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {kind: {} for kind in PREFIXES})
    locked: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    token: str = "00D-1"
    may_purge: bool = True
    keyless: bool = False
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        api = "/services/data/v66.0"
        routes = [
            Route("/services/oauth2/token", self.login, methods=["POST"]),
            Route(f"{api}/sobjects/{{kind}}/describe", self.describe),
            Route(f"{api}/queryAll", self.query),
            Route(f"{api}/query/{{rest:path}}", self.query),
            Route(f"{api}/composite/sobjects", self.collection, methods=["PATCH", "DELETE"]),
            Route(f"{api}/composite/sobjects/{{kind}}/{{key}}", self.upsert, methods=["PATCH"]),
            Route(f"{api}/jobs/ingest", self.open_job, methods=["POST"]),
            Route(f"{api}/jobs/ingest/{{job}}", self.job, methods=["GET", "PATCH"]),
            Route(f"{api}/jobs/ingest/{{job}}/batches", self.load_job, methods=["PUT"]),
            Route(f"{api}/jobs/ingest/{{job}}/{{which}}", self.results),
        ]
        self.app = Faults(Starlette(routes=routes))

    # What users do

    def add(self, kind: str, **values: Any) -> str:
        record_id = f"{PREFIXES[kind]}{next(self.numbers):015}"
        self.records[kind][record_id] = {"Id": record_id, "IsDeleted": False, "MasterRecordId": None, **values}
        return record_id

    def bin(self, kind: str, record_id: str) -> None:
        self.records[kind][record_id]["IsDeleted"] = True

    def purge(self, kind: str, record_id: str) -> None:
        del self.records[kind][record_id]

    def merge(self, kind: str, winner: str, loser: str) -> str:
        one, other = self.records[kind][winner], self.records[kind][loser]
        one |= {name: value for name, value in other.items() if not one.get(name)}
        other |= {"IsDeleted": True, "MasterRecordId": winner}
        return winner

    # What the API does

    async def login(self, request: Request) -> Response:
        said = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if (said.get("client_id"), said.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        return JSONResponse({"access_token": self.token, "token_type": "Bearer"})

    def refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return wrong(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def describe(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if refused := self.refused(request):
            return refused
        if kind not in PREFIXES:
            return wrong(404, "NOT_FOUND", "The requested resource does not exist")
        return JSONResponse(
            {"fields": [one for one in fields(kind).values() if not (self.keyless and one["name"] == KEY)]}
        )

    def query(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        soql, begin = request.query_params["q"], int(request.query_params.get("from", 0))
        names, kind, where = re.fullmatch(r"SELECT (\S+) FROM (\w+)(?: WHERE (.*))?", soql, re.DOTALL).groups()  # type: ignore[union-attr]
        if unknown := set(names.split(",")) - fields(kind).keys():
            return wrong(400, "INVALID_FIELD", f"No such column '{unknown.pop()}' on entity '{kind}'")
        conditions = [
            (name, {plain(it).lower() for it in re.findall(QUOTED, said)}) for name, said in IN.findall(where or "")
        ]
        found = [
            one
            for one in self.records[kind].values()
            if not conditions or any(str(one.get(name) or "").lower() in values for name, values in conditions)
            if not (where and "IsDeleted = false" in where and one["IsDeleted"])
        ]
        page = [{name: one.get(name) for name in names.split(",")} for one in found[begin : begin + PAGE]]
        body: dict[str, Any] = {"totalSize": len(found), "done": begin + PAGE >= len(found), "records": page}
        if not body["done"]:
            url = request.url.include_query_params(**{"from": begin + PAGE})
            body["nextRecordsUrl"] = f"/services/data/v66.0/query/01g?{url.query}"
        return JSONResponse(body)

    async def collection(self, request: Request) -> Response:
        """Update by id, or delete into the bin."""
        if refused := self.refused(request):
            return refused
        if request.method == "DELETE":
            ids = request.query_params["ids"].split(",")
            return JSONResponse([self.deleted(one) for one in ids])
        records = (await request.json())["records"]
        if problem := self.problem(records):
            return problem
        return JSONResponse([self.updated(one["attributes"]["type"], one["id"], values(one)) for one in records])

    async def upsert(self, request: Request) -> Response:
        records, kind = (await request.json())["records"], request.path_params["kind"]
        if problem := self.refused(request) or self.problem(records):
            return problem
        twice = {one[KEY] for one in records if [it[KEY] for it in records].count(one[KEY]) > 1}
        return JSONResponse(
            [
                failure("DUPLICATE_VALUE", f"Duplicate external id specified: {one[KEY]}", KEY)
                if one[KEY] in twice
                else self.upserted(kind, values(one))
                for one in records
            ]
        )

    async def open_job(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        said = await request.json()
        if said["operation"] == "hardDelete" and not self.may_purge:
            return wrong(400, "FEATURENOTENABLED", "hardDelete needs the right Bulk API Hard Delete")
        name = f"750{len(self.jobs):015}"
        self.jobs[name] = Job(said)
        return JSONResponse({"id": name, "state": "Open"})

    async def load_job(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        if job.state != "Open" or job.rows:
            return wrong(400, "INVALIDJOBSTATE", "data was uploaded already")
        job.rows = list(csv.DictReader(io.StringIO((await request.body()).decode(), newline="")))
        return Response(status_code=201)

    async def job(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        if request.method == "PATCH":
            job.state = (await request.json())["state"]
            self.work(job)
        else:
            job.looks += 1
            if job.state == "UploadComplete" and job.looks > 1:
                job.state = "JobComplete"
        return JSONResponse({"state": job.state})

    def work(self, job: Job) -> None:
        kind, operation = job.said["object"], job.said["operation"]
        for row in job.rows:
            said: dict[str, Any] = {name: None if it == "#N/A" else it for name, it in row.items() if it}
            if unknown := said.keys() - fields(kind).keys():
                outcome = failure("INVALID_FIELD", f"no such column {unknown.pop()}")
            elif operation == "upsert":
                outcome = self.upserted(kind, said)
            elif operation == "update":
                outcome = self.updated(kind, said.pop("Id"), said)
            else:
                outcome = self.purged(kind, said["Id"])
            if outcome["success"]:
                job.done.append({"sf__Id": outcome["id"], "sf__Created": str(outcome.get("created", False)), **row})
            else:
                (error,) = outcome["errors"]
                told = f"{error['statusCode']}:{error['message']}:{','.join(error['fields'])} --"
                job.failed.append({"sf__Id": "", "sf__Error": told, **row})

    def results(self, request: Request) -> Response:
        job = self.jobs[request.path_params["job"]]
        rows = job.done if request.path_params["which"] == "successfulResults" else job.failed
        out = io.StringIO(newline="")
        first = ["sf__Id", "sf__Created" if rows is job.done else "sf__Error"]
        writer = csv.DictWriter(out, [*first, *(job.rows[0] if job.rows else [])], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        return Response(out.getvalue(), media_type="text/csv")

    # Rules

    def problem(self, records: list[dict[str, Any]]) -> Response | None:
        if len(records) > 200:
            return wrong(400, "TOO_MANY_RECORDS", "record limit reached: 200")
        for one in records:
            kind = one["attributes"]["type"]
            if unknown := one.keys() - {"attributes", "id"} - fields(kind).keys():
                return wrong(400, "INVALID_FIELD", f"No such column '{unknown.pop()}' on sobject of type {kind}")
        return None

    def upserted(self, kind: str, said: dict[str, Any]) -> dict[str, Any]:
        there = [one for one in self.records[kind].values() if one.get(KEY) == said[KEY] and not one["IsDeleted"]]
        if there:
            return self.updated(kind, there[0]["Id"], said)
        if missing := [name for name in REQUIRED[kind] if not said.get(name)]:
            return failure("REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", *missing)
        if error := self.row_wrong(kind, said):
            return error
        record_id = self.add(kind, **normal(kind, said))
        self.order.append(record_id)
        return {"id": record_id, "success": True, "errors": [], "created": True}

    def updated(self, kind: str, record_id: str, said: dict[str, Any]) -> dict[str, Any]:
        record = self.records[kind].get(record_id)
        if record is None:
            return failure("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if record["IsDeleted"]:
            return failure("ENTITY_IS_DELETED", "entity is deleted")
        if record_id in self.locked or said.get("AccountId") in self.locked:
            return failure("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
        if error := self.row_wrong(kind, said, record_id):
            return error
        record |= normal(kind, said)
        self.order.append(record_id)
        return {"id": record_id, "success": True, "errors": [], "created": False}

    def row_wrong(self, kind: str, said: dict[str, Any], record_id: str = "") -> dict[str, Any] | None:
        for name, value in said.items():
            one = fields(kind)[name]
            options = {it["value"] for it in one["picklistValues"]}
            if one["type"] == "email" and value and "@" not in value:
                return failure("INVALID_EMAIL_ADDRESS", f"{name}: invalid email address: {value}", name)
            if options and value and not set(str(value).split(";")) <= options:
                return failure("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value: {value}", name)
            if one["type"] == "reference" and value and value not in self.records["Account"]:
                return failure("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", name)
            if one["type"] == "string" and len(str(value or "")) > LONGEST:
                return failure("STRING_TOO_LONG", f"{name}: data value too large (max length={LONGEST})", name)
        others = [it for it in self.records[kind].values() if it["Id"] != record_id and not it["IsDeleted"]]
        if other := next((it for it in others if said.get(KEY) and it.get(KEY) == said[KEY]), None):
            return failure("DUPLICATE_VALUE", f"duplicate value found: {KEY} with id: {other['Id']}", KEY)
        return None

    def deleted(self, record_id: str) -> dict[str, Any]:
        for kind, prefix in PREFIXES.items():
            if record_id.startswith(prefix) and record_id in self.records[kind]:
                if self.records[kind][record_id]["IsDeleted"]:
                    return failure("ENTITY_IS_DELETED", "entity is deleted")
                self.bin(kind, record_id)
                return {"id": record_id, "success": True, "errors": []}
        return failure("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")

    def purged(self, kind: str, record_id: str) -> dict[str, Any]:
        if record_id not in self.records[kind]:
            return failure("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        self.purge(kind, record_id)
        return {"id": record_id, "success": True, "errors": []}


def values(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("attributes", "id")}


def normal(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """Values as Salesforce keeps them; a CSV brings all of them as text."""
    kept: dict[str, Any] = {}
    for name, value in said.items():
        what = fields(kind)[name]["type"]
        text = value.strip() if isinstance(value, str) else value
        if what == "boolean":
            kept[name] = text in (True, "true")
        elif what == "double":
            kept[name] = None if text in (None, "") else float(text)
        else:
            kept[name] = (text.lower() if what == "email" else text) or None if isinstance(text, str) else text
    return kept


def plain(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda it: {"n": "\n", "r": "\r", "t": "\t"}.get(it[1], it[1]), quoted[1:-1])


def failure(code: str, message: str, *names: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(names)}]}


def wrong(status: int, code: str, message: str) -> Response:
    return JSONResponse([{"errorCode": code, "message": message}], status)
