"""Summaries: each is of a table of the graph, and tells it by columns that the table has."""

from __future__ import annotations

import dagster as dg
import polars as pl
import pytest

from assets.summaries import SUMMARIES
from contracts.delivery import SYNC_ROWS
from contracts.published import LEADS
from tests.assets.test_measures import table_of


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_rests_on_columns_of_its_table(name: str) -> None:
    figures = told(name, table_of(name).empty())
    assert not any(map(lines, figures.values()))


def test_a_summary_tells_what_the_table_holds() -> None:
    rows = {"publishable": [True, False, False], "block_reasons": [[], ["no_channel", "bot"], ["bot"]]}
    leads = pl.DataFrame(rows | {"source_count": [2, 1, 1], "email_status": ["valid", "valid", None]})
    figures = told("leads", LEADS.conform(leads))
    assert lines(figures["blocked"]) == ["| `bot` | 2 |", "| `no_channel` | 1 |"]
    assert lines(figures["records_per_lead"]) == ["| 1 | 2 |", "| 2 | 1 |"]
    assert lines(figures["verdicts"])[:2] == [
        "| `email_status` | `valid` | 2 | 66.7 |",
        "| `email_status` |  | 1 | 33.3 |",
    ]


def test_a_row_of_a_sync_is_told_by_how_it_ended() -> None:
    rows = {
        "run": ["1"] * 3,
        "at": ["now"] * 3,
        "action": ["create"] * 3,
        "entity": ["lead"] * 3,
        "kind": ["person"] * 3,
    }
    log = pl.DataFrame(
        rows | {"key": ["a", "a", "b"], "status": ["written", "verified", "refused"], "reason": [""] * 3}
    )
    figures = told("sync_rows", SYNC_ROWS.conform(log))
    assert lines(figures["outcomes_so_far"]) == ["| `create` | `refused` | 1 |", "| `create` | `verified` | 1 |"]


def told(table: str, rows: pl.DataFrame) -> dict[str, object]:
    return {name: summary(rows.lazy()) for name, summary in SUMMARIES[table].items()}


def lines(figure: object) -> list[str]:
    assert isinstance(figure, dg.MarkdownMetadataValue)
    return (figure.value or "").splitlines()[2:]
