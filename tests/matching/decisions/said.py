"""Decisions and tables to try them on, short to write."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from contracts.matched import COMPANY_NAMES, DECISIONS
from enrichment.company.clean import company_key
from matching.decisions.log import Decision, read_decisions, record_decisions

AT = datetime(2026, 3, 1, tzinfo=UTC)
TODAY = AT.date()


def must(left: str, right: str, until: date | None = None) -> Decision:
    return Decision("lead", "must_link", (left,), (right,), until=until)


def cannot(left: str, right: str) -> Decision:
    return Decision("lead", "cannot_link", (left,), (right,))


def company(decision: str, left: str, right: str) -> Decision:
    if decision == "rename":
        return Decision("account", decision, (left,), value=right)
    return Decision("account", decision, (left,), (right,))


def revoke(number: int) -> Decision:
    return Decision("", "revoke", (), value=str(number))


def lines(*decisions: Decision) -> pl.DataFrame:
    """What the log gives back of these decisions, numbered from 1."""
    with TemporaryDirectory() as folder:
        record_decisions(Path(folder), decisions, "anna", AT)
        return read_decisions(Path(folder))


def active(*decisions: Decision) -> pl.DataFrame:
    """The same as DECISIONS that count, whatever they say."""
    return DECISIONS.conform(lines(*decisions).with_columns(state=pl.lit("active")))


def keys(*records: str) -> pl.DataFrame:
    """source, source_record_id of records written `source/id`."""
    parts = [record.partition("/") for record in records]
    return pl.DataFrame({"source": [it[0] for it in parts], "source_record_id": [it[2] for it in parts]})


def names(*spellings: str) -> pl.DataFrame:
    frame = pl.DataFrame({"company": spellings}, schema={"company": pl.String}).with_row_index("name")
    frame = frame.with_columns(company_key=company_key(frame["company"]), records=pl.lit(1))
    return COMPANY_NAMES.conform(frame)
