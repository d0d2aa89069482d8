"""What a night changed: new, changed, merged and gone, beside the publication before."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser

from contracts.published import REDIRECTS
from publishing.changes import Change, changes
from publishing.previous import publication_before
from publishing.publish import publish
from publishing.report.page import write_report
from publishing.tables import stamp
from tests.publishing import example
from tests.publishing.report.test_page import browser, opened

__all__ = ["browser"]

TOMORROW = example.AT + timedelta(days=1)


def next_night() -> dict[str, pl.DataFrame]:
    """Three of the first night's four leads: one ready with a phone, one merged into another; and two new ones."""
    before, more = example.tables(rows=4), example.tables(rows=6)
    new = more["leads"].join(before["leads"], on="lead_id", how="anti")
    leads = before["leads"].with_columns(
        publishable=pl.Series([True, False, False, False]),
        block_reasons=pl.Series([[], *[["no_contact_channel"]] * 3], dtype=pl.List(pl.String)),
        phone=pl.Series(["+4930123456", None, None, None]),
        phone_status=pl.Series(["valid", "missing", "missing", "missing"]),
    )
    bare = leads.drop("content_hash", "updated_at", "run_id")
    leads = stamp(
        example.LEADS,
        pl.concat([bare[:3], new.drop("content_hash", "updated_at", "run_id")]),
        run_id="run-2",
        at=TOMORROW,
        previous=before["leads"],
    )
    merged = before["leads"]["lead_id"][3]
    crosswalk = more["lead_crosswalk"].with_columns(
        lead_id=pl.col("lead_id").replace(merged, before["leads"]["lead_id"][2])
    )
    redirect = {"entity": ["lead"], "old_id": [merged], "new_id": [before["leads"]["lead_id"][2]], "at": [TOMORROW]}
    kept = {name: more[name].filter(pl.col("lead_id") != merged) for name in ("buying_centers", "field_provenance")}
    accounts = before["accounts"].with_columns(lead_count=pl.lit(5, pl.UInt32))
    return {
        **before,
        **kept,
        "leads": leads,
        "accounts": stamp(
            example.ACCOUNTS,
            accounts.drop("content_hash", "updated_at", "run_id"),
            run_id="run-2",
            at=TOMORROW,
            previous=before["accounts"],
        ),
        "lead_crosswalk": crosswalk,
        "redirects": REDIRECTS.conform(pl.DataFrame(redirect)),
    }


@pytest.fixture
def published(tmp_path: Path) -> Path:
    publish(example.tables(rows=4), tmp_path / "published", "run-1", at=example.AT)
    publish(next_night(), tmp_path / "published", "run-2", at=TOMORROW)
    return tmp_path / "published"


def since(folder: Path) -> tuple[Path, datetime]:
    found = publication_before(folder)
    assert found is not None
    return found[0], found[1].created_at


def test_what_is_new_changed_merged_and_gone_is_counted(published: Path) -> None:
    found = changes(published / "current", *since(published / "current"))
    assert found.since == example.AT
    assert {row.what: row for row in found.rows} == {
        "records": Change("records", 4, 6),
        "held back": Change("held back", 1, 1),
        "leads": Change("leads", 4, 5, new=2, changed=1, merged=1, gone=0),
        "ready for sales": Change("ready for sales", 0, 1, new=1, gone=0),
        "accounts": Change("accounts", 1, 1, new=0, changed=1, merged=0, gone=0),
    }
    assert found.fields == (("block_reasons", 1), ("phone", 1), ("phone_status", 1), ("publishable", 1))
    assert not found.none


def test_the_same_publication_twice_is_no_change(published: Path) -> None:
    night = publish(next_night(), published, "run-3", at=TOMORROW + timedelta(days=1))
    assert night.before is not None
    found = changes(night.folder, night.before, TOMORROW)
    assert found.none and found.fields == ()


def test_a_broken_or_missing_publication_before_is_no_obstacle(published: Path) -> None:
    assert publication_before(published / "run-1") is None
    (published / "run-1" / "manifest.json").write_text("{", encoding="utf-8")
    assert publication_before(published / "current") is None


def test_the_page_shows_the_changes(browser: Browser, published: Path, tmp_path: Path) -> None:
    page, complaints = opened(browser, write_report(published / "current", {}, tmp_path / "index.html"))
    assert complaints == []
    section = page.locator("section[aria-labelledby=changes]")
    assert "Beside the publication of 1 March 2026, 02:00 UTC." in section.inner_text()
    leads = section.locator("tbody tr", has_text="Leads").locator("td").all_inner_texts()
    assert leads == ["4", "5\n+1", "2", "1", "1", "0"]
    assert section.locator(".spellings li").all_inner_texts()[1] == "phone 1"
