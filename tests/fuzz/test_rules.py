"""Every rule, over records that hold anything anywhere: none breaks, none loses a record, each judges it alone."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings

from contracts.clean import CLEAN_RECORDS, ENRICHED_RECORDS
from contracts.matched import DECISIONS, RETIRED
from contracts.published import CONSENTS, FIELD_PROVENANCE
from contracts.raw import REJECTS
from contracts.table import Table
from enrichment.clean_records import Context, ContextSource, clean_batch
from enrichment.email.clean import frequent_domains
from enrichment.enriched_records import enrich_batch
from expectations.row_rules import hold_back
from matching.accounts.buying_center import buying_centers, coverage
from matching.accounts.company_names import company_names
from matching.accounts.resolution import resolve_accounts
from matching.accounts.shown.shown_accounts import shown_accounts
from matching.golden.employment import current_posts
from matching.golden.golden_leads import GOLDEN, golden_slices
from matching.leads.blocking import candidate_pairs
from matching.leads.decision.explain import as_markdown, most_doubtful
from matching.leads.decision.scoring import score
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare
from matching.leads.resolution import resolve_leads
from publishing.integrity import check
from publishing.stamp import Stamp
from publishing.tables import (
    accounts_table,
    buying_centers_table,
    crosswalk_table,
    leads_table,
    quarantine_table,
    trail_tables,
)
from tests.fuzz.records import records

AT = datetime(2026, 3, 1, tzinfo=UTC)
STAMP = Stamp("fuzz", AT)


@cache
def context() -> Context:
    return ContextSource().open()


@pytest.mark.slow
@settings(max_examples=8)  # `make fuzz` tries more
@given(records())
def test_every_record_is_judged_whatever_it_holds_and_whoever_stands_beside_it(raw: pl.DataFrame) -> None:
    judged_alone(raw)


def judged_alone(raw: pl.DataFrame) -> None:
    """Clean and enrich records, and the same in another order and in two parts; hold it against the promises."""
    clean = clean_batch(raw, context())
    keeps(CLEAN_RECORDS, clean)
    order = [*range(raw.height - 1, -1, -2), *range(raw.height - 2, -1, -2)]
    shuffled = pl.concat([clean_batch(part, context()) for part in _halves(raw[order]) if part.height])
    assert shuffled.equals(clean[order]), _difference(shuffled, clean[order])
    kept, held = hold_back(clean)
    keeps(REJECTS, held)
    assert kept.height + held.height == raw.height
    enriched = enrich_batch(kept)
    keeps(ENRICHED_RECORDS, enriched)
    assert enriched["source_record_id"].equals(kept["source_record_id"])
    frequent_domains(raw.lazy().select("email"))


@pytest.mark.slow
@settings(max_examples=8)  # `make fuzz` tries more
@given(records(least=2, most=30))
def test_what_becomes_of_any_records_may_be_published(raw: pl.DataFrame) -> None:
    may_be_published(raw)


def may_be_published(raw: pl.DataFrame) -> None:
    """From raw records to the published tables, which keep all that is promised of them."""
    kept, held = hold_back(clean_batch(raw, context()))
    problems = check(_published(enrich_batch(kept), held))
    assert not problems, problems


def _published(enriched: pl.DataFrame, held: pl.DataFrame) -> dict[str, pl.DataFrame]:
    prepared = prepare(enriched)
    pairs = candidate_pairs(prepared)
    model = learn(prepared, pairs)
    decisions = score(prepared, pairs, model)
    [*map(as_markdown, most_doubtful(enriched, prepared, model, decisions, 3))]
    nothing = pl.DataFrame(schema=dict.fromkeys(("source", "source_record_id", "id"), pl.String))
    before = {"previous": nothing, "retired": RETIRED.empty(), "at": AT}
    keys = enriched.select("observed_at", "source", "source_record_id").with_row_index("record")
    leads = resolve_leads(decisions, keys, DECISIONS.empty(), **before)
    names, name_of_record = company_names(enriched)
    accounts = resolve_accounts(enriched, names, name_of_record, DECISIONS.empty(), **before)
    employment = accounts.employment.select("record", "account_id", "probability")
    clusters = leads.clusters.select("record", "lead_id")
    members = clusters.join(employment.drop("probability"), on="record", how="left", maintain_order="left")
    slices = [(GOLDEN.empty(), FIELD_PROVENANCE.empty(), CONSENTS.empty()), *golden_slices(enriched, members)]
    people, provenance, consents = (pl.concat(parts) for parts in zip(*slices, strict=True))
    table = leads_table(people, current_posts(people, clusters, employment), STAMP)
    centers = buying_centers_table(
        buying_centers(table.select("lead_id", "account_id", "job_title", "department")), STAMP
    )
    posts = table.select("lead_id", "account_id", "job_title", "seniority")
    filled = coverage(centers, posts).select("account_id", role="roles_present").explode("role")
    shown = shown_accounts(
        names, accounts.clusters, DECISIONS.empty(), table.select("account_id", name="account_id").clear()
    )
    return {
        "leads": table,
        "accounts": accounts_table(shown, posts, filled, STAMP),
        "buying_centers": centers,
        "lead_crosswalk": crosswalk_table(keys, leads.clusters, employment, STAMP),
        "field_provenance": STAMP(FIELD_PROVENANCE, provenance),
        "consents": STAMP(CONSENTS, consents),
        **trail_tables(pl.concat([accounts.redirects, leads.redirects]), STAMP),
        "quarantine": quarantine_table(held, STAMP),
    }


def keeps(table: Table, frame: pl.DataFrame) -> None:
    assert dict(frame.schema) == table.schema
    for column in table.columns:
        values = frame[column.name]
        assert column.nullable or not values.null_count(), column.name
        if column.words is not None and values.dtype == pl.String:
            assert set(values.drop_nulls()) <= set(column.words), column.name
        if column.form is not None and column.strict and values.dtype == pl.String:
            assert values.drop_nulls().str.contains(f"^(?:{column.form.pattern})$").all(), column.name
        assert column.least is None or values.drop_nulls().ge(column.least).all(), column.name
        assert column.most is None or values.drop_nulls().le(column.most).all(), column.name


def _halves(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame[: frame.height // 2], frame[frame.height // 2 :]


def _difference(one: pl.DataFrame, other: pl.DataFrame) -> str:
    """The first record of which other is said, and what."""
    for these, those in zip(one.iter_rows(), other.iter_rows(), strict=True):
        if these != those:
            pairs = zip(one.columns, these, those, strict=True)
            return "; ".join(f"{name}: {this!s:.300} != {that!s:.300}" for name, this, that in pairs if this != that)
    return "in type only"
