"""Measures: numbers that keep their keys from night to night, made of columns that the table has."""

from __future__ import annotations

import polars as pl
import pytest

from assets.measures import MEASURES, SOURCES, measured, quality, quality_by_source
from contracts import statuses
from contracts.clean import ENRICHED_RECORDS
from contracts.delivery import SYNCED
from contracts.matched import DECISIONS, LEAD_CLUSTERS
from contracts.published import LEADS
from contracts.raw import RAW_RECORDS
from contracts.table import Table
from tests.assets.test_contracts import TABLES

_RAW = dict.fromkeys(("raw_online_leads", "raw_offline_leads"), RAW_RECORDS)
_SYNCED = {f"sync_{table.name}": table for table in SYNCED}


def table_of(name: str) -> Table:
    return {**TABLES, **_RAW, **_SYNCED}[name]


def records(**columns: list[object]) -> pl.LazyFrame:
    return ENRICHED_RECORDS.conform(pl.DataFrame(columns)).lazy()


@pytest.mark.parametrize("name", MEASURES)
def test_a_table_without_rows_counts_nothing_and_tells_no_share(name: str) -> None:
    assert set(measured(name, table_of(name).empty().lazy()).values()) <= {0}


def test_a_word_that_nothing_bears_is_zero_so_that_its_line_goes_on() -> None:
    found = measured("decisions", DECISIONS.empty().lazy())
    assert found == {f"decisions/{state}": 0 for state in statuses.DECISION_STATE}


def test_decisions_are_counted_and_not_their_lines() -> None:
    lines = pl.DataFrame({"id": ["1", "1", "leads.csv:2"], "state": ["active", "active", "unused"]})
    found = measured("decisions", DECISIONS.conform(lines).lazy())
    assert (found["decisions/active"], found["decisions/unused"]) == (1, 1)


def test_completeness_is_of_records_and_validity_of_the_values_there_are() -> None:
    email = ["valid", "invalid", "missing", "valid"]
    phone = ["missing", "missing", "missing", None]
    told = quality(records(source=["web"] * 4, email_status=email, phone_status=phone))
    assert (told["completeness/email"], told["validity/email"]) == (75.0, 66.67)
    assert told["completeness/phone"] == 0.0
    assert "validity/phone" not in told, "nothing is there to be judged"


def test_each_source_has_lines_of_its_own() -> None:
    told = quality_by_source(records(source=["fair", "web", "web"], email_status=["risky", "valid", "missing"]))
    assert (told["validity/email/web"], told["completeness/email/web"]) == (100.0, 50.0)
    assert told["validity/email/fair"] == 0.0


def test_a_source_named_for_a_person_is_masked_and_the_largest_are_told() -> None:
    names = ["anna.muster@firma.de", *(f"list {number}" for number in range(SOURCES + 5))]
    told = quality_by_source(records(source=[names[0], *names], email_status=["valid"] * (len(names) + 1)))
    assert not any("anna" in key for key in told)
    assert sum(key.startswith("validity/email/") for key in told) == SOURCES


def test_merged_records_are_those_that_gave_no_lead_of_their_own() -> None:
    clusters = LEAD_CLUSTERS.conform(pl.DataFrame({"record": range(5), "cluster": [0, 0, 0, 3, 4]}))
    assert measured("lead_clusters", clusters.lazy()) == {
        "leads": 3,
        "merged_leads": 1,
        "merged_records": 2,
        "records_of_largest_lead": 3,
    }


def test_leads_tell_what_sales_gets() -> None:
    rows = {"publishable": [True, False, False], "block_reasons": [[], ["no_channel", "bot"], ["bot"]]}
    more = {"source_count": [2, 1, 1], "may_email": [True, False, True], "may_call": [False] * 3}
    told = measured("leads", LEADS.conform(pl.DataFrame(rows | more)).lazy())
    wanted = {"publishable": 1, "publishable_percent": 33.33, "merged": 1, "may_email": 2, "may_call": 0}
    assert {name: told[name] for name in wanted} == wanted
    assert {name: value for name, value in told.items() if "blocked" in name} == {
        "blocked/bot": 2,
        "blocked/no_channel": 1,
    }
