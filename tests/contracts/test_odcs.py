"""The data contract is the one of the tables, valid ODCS, and its row schemas describe what the feed says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]
from open_data_contract_standard.model import OpenDataContractStandard

from contracts import odcs
from contracts.changes import PROMISED
from contracts.compatibility import Version
from contracts.odcs import CONTRACT, ROW_SCHEMAS, texts
from contracts.published import ACCOUNTS, LEADS, SCHEMA_VERSION
from publishing.feed.changes import payload
from tests.publishing.example import tables

WRITTEN = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.name)
def test_both_files_are_current(path: Any) -> None:
    assert path.read_text(encoding="utf-8") == texts()[path], "run `python -m contracts.odcs` and commit the files"


def test_it_keeps_to_the_standard() -> None:
    jsonschema.validate(WRITTEN, json.loads(OpenDataContractStandard.json_schema()))
    assert (WRITTEN["apiVersion"], WRITTEN["version"]) == ("v3.1.0", str(SCHEMA_VERSION))


@pytest.mark.parametrize("table", PROMISED, ids=lambda table: table.name)
def test_every_column_is_in_it_with_what_it_promises(table: Any) -> None:
    (told,) = [it for it in WRITTEN["schema"] if it["name"] == table.name]
    assert [it["name"] for it in told["properties"]] == table.names
    for column, written in zip(table.columns, told["properties"], strict=True):
        assert written["description"] == column.description
        assert written["required"] is not column.nullable
        assert written.get("primaryKey", False) is (column.name in table.key)
        items = written.get("items", written)
        if column.form:
            assert items["logicalTypeOptions"]["pattern"] == column.form.pattern
        if column.words:
            assert items["quality"][0]["arguments"]["validValues"] == [*column.words]


def test_a_breaking_change_without_a_new_version_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    now = odcs.schema()
    fewer = {**now, "leads": {**now["leads"], "columns": dict(list(now["leads"]["columns"].items())[1:])}}
    monkeypatch.setattr(odcs, "schema", lambda: fewer)
    monkeypatch.setattr(odcs, "SCHEMA_VERSION", Version(SCHEMA_VERSION.major, SCHEMA_VERSION.minor + 1))
    with pytest.raises(SystemExit, match=r"breaking: leads\.lead_id is gone"):
        odcs.main()
    assert CONTRACT.read_text(encoding="utf-8") == texts()[CONTRACT].replace(
        f"version: '{SCHEMA_VERSION.major}.{SCHEMA_VERSION.minor + 1}'", f"version: '{SCHEMA_VERSION}'"
    )


@pytest.mark.parametrize("table", [LEADS, ACCOUNTS], ids=lambda table: table.name)
def test_a_payload_of_the_feed_is_a_row_of_its_schema(table: Any) -> None:
    schemas = json.loads(ROW_SCHEMAS.read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator({**schemas, "$ref": f"#/$defs/{table.name}"})
    spellings = pl.Series([[{"name": "Klein", "records": 2}]])
    rows = tables(rows=2)[table.name]
    if table is ACCOUNTS:
        rows = rows.with_columns(spelling_variants=spellings.cast(ACCOUNTS.schema["spelling_variants"]))
    for text in payload(table, rows):
        check.validate(row := json.loads(text))
        assert not check.is_valid({**row, table.key[0]: None})
        assert not check.is_valid({**row, "updated_at": 7})
        assert datetime.fromisoformat(row["updated_at"]).tzinfo == UTC
