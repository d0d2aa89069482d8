"""A HubSpot for tests: what the documentation of its API 2026-03 says, with its state in memory.

It was written from the documentation, not from the cloud: where HubSpot does something else, it is wrong, and so may be
the adapter. What a user of HubSpot does by hand (`edit`, `merge`, `bin`) is a method.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.delivery.servers.serving import Faults

TOKEN = "pat-eu1-test"
KEY = "lead_refinery_id"
VERSION = "2026-03"
UNIQUE = {"contacts": ("email", KEY), "companies": (KEY,)}
ROLES = ("CHAMPION", "END_USER", "INFLUENCER", "BUDGET_HOLDER", "DECISION_MAKER", "BLOCKER", "EXECUTIVE_SPONSOR")
TEXTS = {
    "contacts": "email firstname lastname phone mobilephone fax jobtitle company address zip city state country "
    "website salutation hs_language",
    "companies": "name domain website address zip city country",
}


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "string", "fieldType": "text", **more}


def choice(name: str, field_type: str, *values: str) -> dict[str, Any]:
    return {"name": name, "type": "enumeration", "fieldType": field_type, "options": [{"value": it} for it in values]}


def properties(kind: str) -> list[dict[str, Any]]:
    read_only = {"modificationMetadata": {"readOnlyValue": True}}
    own = [text(KEY, hasUniqueValue=True), text("hs_merged_object_ids", **read_only)]
    if kind == "contacts":
        own += [
            choice(
                "lifecyclestage", "radio", "subscriber", "lead", "marketingqualifiedlead", "opportunity", "customer"
            ),
            choice("hs_lead_status", "radio", "NEW", "OPEN", "CONNECTED"),
            choice("hs_buying_role", "checkbox", *ROLES) | {"externalOptions": False},
            text("associatedcompanyid", **read_only),
            {"name": "num_visits", "type": "number", "fieldType": "number"},
            {"name": "opted_in", "type": "bool", "fieldType": "booleancheckbox"},
        ]
    return [*map(text, TEXTS[kind].split()), *own]


@dataclass
class Record:
    id: str
    values: dict[str, str]
    archived: bool = False


@dataclass
class HubSpotServer:
    """One account; `keyless` is one without our property."""

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {"contacts": {}, "companies": {}})
    unsubscribed: set[str] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    keyless: bool = False
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def __post_init__(self) -> None:
        crm, post = f"/crm/objects/{VERSION}/{{kind}}", ["POST"]
        links = f"/crm/associations/{VERSION}/contacts/companies/batch"
        routes = [
            Route(f"/crm/properties/{VERSION}/{{kind}}", self.properties),
            Route(crm, self.list),
            Route(f"{crm}/batch/read", self.read, methods=post),
            Route(f"{crm}/batch/upsert", self.upsert, methods=post),
            Route(f"{crm}/batch/update", self.update, methods=post),
            Route(f"{crm}/batch/archive", self.archive, methods=post),
            Route(f"{crm}/merge", self.merge_request, methods=post),
            Route(f"{crm}/gdpr-delete", self.forget, methods=post),
            Route(f"{links}/create", self.associate, methods=post),
            Route(f"{links}/archive", self.dissociate, methods=post),
            Route(
                f"/communication-preferences/{VERSION}/statuses/batch/unsubscribe-all", self.unsubscribe, methods=post
            ),
        ]
        self.app = Faults(Starlette(routes=routes))

    # What users do

    def edit(self, kind: str, record_id: str, **values: str) -> None:
        self.records[kind][record_id].values |= values

    def add(self, kind: str, **values: str) -> str:
        record_id = str(next(self.numbers))
        self.records[kind][record_id] = Record(record_id, {"hs_merged_object_ids": "", **values})
        return record_id

    def bin(self, kind: str, record_id: str) -> None:
        self.records[kind][record_id].archived = True

    def merge(self, kind: str, winner: str, loser: str) -> str:
        """A new record with the winner's values, filled up with the loser's; the old ids lead to it."""
        one, other = (self.records[kind].pop(it) for it in (winner, loser))
        ids = [winner, loser, *(old for old, now in self.merged.items() if now in (winner, loser))]
        record_id = self.add(kind, **{**other.values, **{key: it for key, it in one.values.items() if it}})
        self.records[kind][record_id].values["hs_merged_object_ids"] = ";".join(ids)
        self.merged |= dict.fromkeys(ids, record_id)
        return record_id

    def drop(self, kind: str, record_id: str) -> None:
        del self.records[kind][record_id]

    # What the API does

    def properties(self, request: Request) -> Response:
        if not self.allowed(request):
            return wrong(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        found = properties(request.path_params["kind"])
        return JSONResponse({"results": [one for one in found if not (self.keyless and one["name"] == KEY)]})

    def list(self, request: Request) -> Response:
        if not self.allowed(request):
            return wrong(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        query, kind = request.query_params, request.path_params["kind"]
        archived, after = query["archived"] == "true", int(query.get("after", 0))
        found = [one for one in self.records[kind].values() if one.archived == archived and int(one.id) > after]
        page = sorted(found, key=lambda one: int(one.id))[: int(query["limit"])]
        body: dict[str, Any] = {"results": [shown(one, query["properties"].split(",")) for one in page]}
        if len(found) > len(page):
            body["paging"] = {"next": {"after": page[-1].id}}
        return JSONResponse(body)

    async def read(self, request: Request) -> Response:
        said, kind = await request.json(), request.path_params["kind"]
        if problem := self.problem(request, said):
            return problem
        archived, by = request.query_params.get("archived") == "true", said.get("idProperty")
        found: dict[str, Record] = {}
        missing = []
        for one in said["inputs"]:
            record = self.by(kind, by, one["id"]) if by else self.at(kind, one["id"])
            if record and record.archived == archived:
                found[record.id] = record
            else:
                missing.append(one["id"])
        errors = [row_error("OBJECT_NOT_FOUND", "Could not get some objects", ids=missing)] if missing else []
        return batch([shown(one, said["properties"]) for one in found.values()], errors)

    async def upsert(self, request: Request) -> Response:
        said, kind = await request.json(), request.path_params["kind"]
        if problem := self.problem(request, said) or self.whole_wrong(kind, said["inputs"]):
            return problem
        results, errors = [], []
        for one in said["inputs"]:
            record = self.by(kind, one["idProperty"], one["id"])
            values = normal({**one["properties"], one["idProperty"]: one["id"]})
            if error := self.row_wrong(kind, record, values, one):
                errors.append(error)
                continue
            new = record is None
            record = record or self.records[kind][self.add(kind)]
            record.values |= values
            results.append({**shown(record, values), "new": new, "objectWriteTraceId": one.get("objectWriteTraceId")})
        return batch(results, errors)

    async def update(self, request: Request) -> Response:
        said, kind = await request.json(), request.path_params["kind"]
        if problem := self.problem(request, said) or self.whole_wrong(kind, said["inputs"]):
            return problem
        results, errors = [], []
        for one in said["inputs"]:
            record, values = self.at(kind, one["id"]), normal(one["properties"])
            if record is None or record.archived:
                errors.append(row_error("OBJECT_NOT_FOUND", "resource not found", ids=[one["id"]]))
            elif error := self.row_wrong(kind, record, values, one):
                errors.append(error)
            else:
                record.values |= values
                results.append({**shown(record, values), "objectWriteTraceId": one.get("objectWriteTraceId")})
        return batch(results, errors)

    async def archive(self, request: Request) -> Response:
        said = await request.json()
        if problem := self.problem(request, said):
            return problem
        for one in said["inputs"]:
            if record := self.at(request.path_params["kind"], one["id"]):
                record.archived = True
        return Response(status_code=204)  # whatever the ids were

    async def merge_request(self, request: Request) -> Response:
        said, kind = await request.json(), request.path_params["kind"]
        ids = said["primaryObjectId"], said["objectIdToMerge"]
        if any(one not in self.records[kind] for one in ids):
            return wrong(404, "OBJECT_NOT_FOUND", "resource not found")
        return JSONResponse(shown(self.records[kind][self.merge(kind, *ids)], [KEY]))

    async def forget(self, request: Request) -> Response:
        record = self.at("contacts", (await request.json())["objectId"])
        if not record:
            return wrong(404, "OBJECT_NOT_FOUND", "resource not found")
        self.forgotten.add(record.id)
        del self.records["contacts"][record.id]
        return Response(status_code=204)

    async def associate(self, request: Request) -> Response:
        said, errors = await request.json(), []
        for one in said["inputs"]:
            contact, company = self.at("contacts", one["from"]["id"]), self.at("companies", one["to"]["id"])
            if not contact or not company or company.archived:
                errors.append(row_error("VALIDATION_ERROR", "COMPANY does not exist", toObjectId=[one["to"]["id"]]))
            else:
                contact.values["associatedcompanyid"] = company.id
        return batch([], errors, 201)

    async def dissociate(self, request: Request) -> Response:
        for one in (await request.json())["inputs"]:
            if contact := self.at("contacts", one["from"]["id"]):
                contact.values["associatedcompanyid"] = ""
        return Response(status_code=204)

    async def unsubscribe(self, request: Request) -> Response:
        addresses, errors = (await request.json())["inputs"], []
        for one in addresses:
            if "@" in one:
                self.unsubscribed.add(one.lower())
            else:
                errors.append(row_error("VALIDATION_ERROR", "not an email address", subscriberIdString=[one]))
        return batch([{"subscriberIdString": one, "statuses": []} for one in addresses if "@" in one], errors)

    # Rules

    def allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def problem(self, request: Request, said: dict[str, Any]) -> Response | None:
        if not self.allowed(request):
            return wrong(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if len(said["inputs"]) > 100:
            return wrong(400, "VALIDATION_ERROR", "The maximum number of records supported in a batch request is 100")
        ids = [one["id"] for one in said["inputs"]]
        if len(set(ids)) < len(ids):
            return wrong(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        return None

    def whole_wrong(self, kind: str, inputs: list[dict[str, Any]]) -> Response | None:
        """A property that is not there, and a value that is no option, refuse the whole batch."""
        known = {one["name"]: one for one in properties(kind)}
        for name, value in ((name, it) for one in inputs for name, it in one["properties"].items()):
            if name not in known:
                return wrong(400, "VALIDATION_ERROR", f'Property "{name}" does not exist (PROPERTY_DOESNT_EXIST)')
            options = {one["value"] for one in known[name].get("options", [])}
            if options and value and not set(value.split(";")) <= options:
                return wrong(400, "VALIDATION_ERROR", f"{value} was not one of the allowed options (INVALID_OPTION)")
        return None

    def row_wrong(
        self, kind: str, record: Record | None, values: dict[str, str], said: dict[str, Any]
    ) -> dict[str, Any] | None:
        trace = [said.get("objectWriteTraceId")]
        if "@" not in values.get("email", "") and values.get("email"):
            return row_error("VALIDATION_ERROR", "Email address is invalid", objectWriteTraceId=trace)
        for unique in UNIQUE[kind]:
            other = self.by(kind, unique, values[unique]) if values.get(unique) else None
            if other and other is not record:
                message = f"Contact already exists. Existing ID: {other.id}"
                return row_error("CONFLICT", message, objectWriteTraceId=trace)
        return None

    def at(self, kind: str, record_id: str) -> Record | None:
        return self.records[kind].get(self.merged.get(record_id, record_id))

    def by(self, kind: str, name: str, value: str) -> Record | None:
        return next((one for one in self.records[kind].values() if one.values.get(name) == value), None)


def normal(values: dict[str, Any]) -> dict[str, str]:
    """Values as HubSpot keeps them."""
    kept = {name: str(value).strip() for name, value in values.items()}
    if "email" in kept:
        kept["email"] = kept["email"].lower()
    if "domain" in kept:
        kept["domain"] = kept["domain"].lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
        kept["domain"] = kept["domain"].split("/")[0]
    return kept


def shown(record: Record, names: Any) -> dict[str, Any]:
    asked = {name: record.values.get(name) or None for name in [*names, "hs_object_id"]}
    return {"id": record.id, "properties": {**asked, "hs_object_id": record.id}, "archived": record.archived}


def row_error(category: str, message: str, **context: Any) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message, "context": context}


def wrong(status: int, category: str, message: str) -> Response:
    return JSONResponse({"status": "error", "category": category, "message": message}, status)


def batch(results: list[dict[str, Any]], errors: list[dict[str, Any]], status: int = 200) -> Response:
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    return JSONResponse(
        {**body, "errors": errors, "numErrors": len(errors)} if errors else body, 207 if errors else status
    )
