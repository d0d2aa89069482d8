"""Edge cases field by field: what is read from a record, by the id of its class in the product statement.

Each row of `cases.csv` gives the fields of one record (`field=value | field=value`) and what must come of it;
`reason=code` must be among the repairs. Further members of the class, not the examples of the statement.
"""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from contracts.raw import FIELDS, RAW_RECORDS
from enrichment.clean_records import ContextSource, clean_batch
from enrichment.enriched_records import enrich_batch

with (Path(__file__).parent / "cases.csv").open(encoding="utf-8", newline="") as _lines:
    CASES = [(row["id"], row["input"], row["expected"]) for row in csv.DictReader(_lines)]


def parts(text: str) -> dict[str, str]:
    """`a=1 | b=2` as a dictionary."""
    return dict(part.split("=", 1) for part in text.split(" | "))


@pytest.fixture(scope="module")
def found() -> list[dict[str, object]]:
    rows = [parts(given) | {"source_record_id": f"{place:04}"} for place, (_, given, _) in enumerate(CASES)]
    names = [*(column.name for column in FIELDS), "source_record_id", "timezone", "consent_basis", "default_country"]
    raw = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)).with_columns(
        source=pl.lit("acceptance"),
        channel=pl.lit("offline"),
        file=pl.lit("offline/acceptance/cases.csv"),
        file_hash=pl.lit("0"),
        content_hash=pl.col("source_record_id"),
        default_country=pl.col("default_country").fill_null("DE"),  # as for any source that states none
        received_at=pl.lit("2026-05-01").str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    return enrich_batch(clean_batch(RAW_RECORDS.conform(raw), ContextSource().open())).to_dicts()


@pytest.mark.parametrize("place", range(len(CASES)), ids=[f"{number}: {given[:60]}" for number, given, _ in CASES])
def test_case(found: list[dict[str, object]], place: int) -> None:
    record, wanted = found[place], parts(CASES[place][2])
    if (reason := wanted.pop("reason", None)) is not None:
        repairs = record["repairs"]
        assert isinstance(repairs, list)
        assert reason in {entry["reason"] for entry in repairs}
    assert {name: shown(record[name]) for name in wanted} == wanted


def shown(value: object) -> str:
    """A value as the table writes it."""
    if value is None:
        return "null"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
