"""The data contract of what is promised, in the words of others: ODCS, and a JSON Schema for a row of each table.

Belongs here: turning `contracts.changes.PROMISED` into both. Does not belong here: the tables, or what a change of them
asks for (`contracts.compatibility`). Sources: Open Data Contract Standard 3.1.0 (Bitol, Linux Foundation); JSON Schema
2020-12. After a change of the tables:

    python -m contracts.odcs

writes `contracts/odcs.yaml` and `contracts/row_schemas.json` anew, unless the change asks for a higher version.
A word of a closed vocabulary is checked in the contract, which is of one version; a row schema lets others pass, for
readers take a word they do not know for `unknown`. What moves from night to night is marked `volatile`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from contracts.changes import PROMISED
from contracts.published import SCHEMA_VERSION
from contracts.published_schema import PINNED, refusal, schema
from contracts.table import Column, Dtype, Table

if TYPE_CHECKING:
    from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty

CONTRACT = Path(__file__).with_name("odcs.yaml")
ROW_SCHEMAS = Path(__file__).with_name("row_schemas.json")
_ID = "lead-refinery-published"
_TYPES = {pl.String: "string", pl.Boolean: "boolean", pl.Float32: "number", pl.Float64: "number"}


def contract() -> OpenDataContractStandard:
    """The contract of all tables; of a list its items keep what the column promises."""
    from open_data_contract_standard.model import Description, OpenDataContractStandard, Server

    return OpenDataContractStandard(
        apiVersion="v3.1.0",
        kind="DataContract",
        id=_ID,
        name="Lead Refinery: published tables",
        version=str(SCHEMA_VERSION),
        status="active",
        description=Description(
            purpose="Golden leads, accounts and buying centers of a B2B marketing home, and what changed of them.",
            usage="Upsert by key; follow redirects; mail only where may_email, call only where may_call; remove what "
            "is erased. A word you do not know means unknown.",
            limitations="Personal data (GDPR). Readers of one major version can read every minor version of it.",
        ),
        servers=[
            Server(
                server="files",
                type="local",
                path="published/current/{model}.parquet",
                format="parquet",
                description="Resolve `current` once and read below it; changes.parquet is missing where there is "
                "nothing to compare with",
            )
        ],
        schema=[_object(table) for table in PROMISED],
    )


def row_schemas() -> dict[str, Any]:
    """A JSON Schema with a definition for a row of each table, as the feed's payload has it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{_ID}:{SCHEMA_VERSION}",
        "$defs": {
            table.name: {
                "title": table.name,
                "description": table.description,
                "type": "object",
                "properties": {column.name: _row_property(column) for column in table.columns},
                "required": [column.name for column in table.columns if not column.nullable],
            }
            for table in PROMISED
        },
    }


def texts() -> dict[Path, str]:
    """The content of both files."""
    return {
        CONTRACT: contract().to_yaml(),
        ROW_SCHEMAS: json.dumps(row_schemas(), indent=1, ensure_ascii=False) + "\n",
    }


def _object(table: Table) -> SchemaObject:
    from open_data_contract_standard.model import SchemaObject

    return SchemaObject(
        name=table.name,
        physicalName=table.name,
        physicalType="table",
        description=table.description,
        properties=[_property(column, table) for column in table.columns],
    )


def _property(column: Column, table: Table) -> SchemaProperty:
    from open_data_contract_standard.model import CustomProperty, DataQuality

    is_key = column.name in table.key
    told = {"form": column.form and column.form.standard, "volatile": column.volatile or None}
    whole = _logical(column.name, column.dtype)
    items = whole.items or whole
    items.logicalTypeOptions = {**(items.logicalTypeOptions or {}), **_limits(column)} or None
    if column.words:
        items.quality = [
            DataQuality.model_validate(
                {
                    "type": "library",
                    "metric": "invalidValues",
                    "arguments": {"validValues": [*column.words]},
                    "mustBe": 0,
                    "severity": "error" if column.strict else "warning",
                }
            )
        ]
    return whole.model_copy(
        update={
            "description": column.description,
            "required": not column.nullable,
            "primaryKey": is_key or None,
            "primaryKeyPosition": table.key.index(column.name) + 1 if is_key else None,
            "customProperties": [CustomProperty(property=name, value=value) for name, value in told.items() if value]
            or None,
        }
    )


def _logical(name: str, dtype: Dtype) -> SchemaProperty:
    from open_data_contract_standard.model import SchemaProperty

    if isinstance(dtype, pl.List):
        return SchemaProperty(name=name, logicalType="array", items=_logical("item", dtype.inner))
    if isinstance(dtype, pl.Struct):
        fields = [_logical(field.name, field.dtype) for field in dtype.fields]
        return SchemaProperty(name=name, logicalType="object", properties=fields)
    if isinstance(dtype, pl.Datetime):
        return SchemaProperty(name=name, logicalType="timestamp", logicalTypeOptions={"timezone": True})
    return SchemaProperty(name=name, logicalType=_TYPES.get(dtype, "integer"))


def _limits(column: Column) -> dict[str, Any]:
    limits = {"pattern": column.form and column.form.pattern, "minimum": column.least, "maximum": column.most}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _row_property(column: Column) -> dict[str, Any]:
    of_items = _limits(column) | ({"examples": [*column.words]} if column.words else {})
    kind = _json_type(column.dtype)
    (kind["items"] if kind["type"] == "array" else kind).update(of_items)
    if column.nullable:
        kind["type"] = [kind["type"], "null"]
    return {"description": column.description, **kind}


def _json_type(dtype: Dtype) -> dict[str, Any]:
    if isinstance(dtype, pl.List):
        return {"type": "array", "items": _json_type(dtype.inner)}
    if isinstance(dtype, pl.Struct):
        return {"type": "object", "properties": {field.name: _json_type(field.dtype) for field in dtype.fields}}
    if isinstance(dtype, pl.Datetime):
        return {"type": "string", "format": "date-time"}
    return {"type": _TYPES.get(dtype, "integer")}


def main() -> None:
    """Write both, unless the version is too low for what changed since it was pinned."""
    if said := refusal(PINNED.read_text(encoding="utf-8"), schema(), SCHEMA_VERSION):
        sys.exit(said)
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")
        print(f"written as {SCHEMA_VERSION}: {path.name}")


if __name__ == "__main__":
    main()
