"""What a night changed: new, changed, merged, split and gone, beside the publication before, and what it is owed to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from contracts.published import REDIRECTS, TOMBSTONES
from publishing.diff import Change, Diff, Effect, Example, diff
from publishing.previous import publication_before
from publishing.publish import publish
from publishing.report.page import write_report
from publishing.stamp import Stamp
from tests.publishing import example
from tests.publishing.nights import Tables, held_rows, people, tables
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
    leads = pl.concat([leads[:3], new])
    stamped = {name: Stamp("run-2", TOMORROW, lambda *_, name=name: before[name]) for name in ("leads", "accounts")}
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
        "leads": stamped["leads"](example.LEADS, leads),
        "accounts": stamped["accounts"](example.ACCOUNTS, accounts),
        "lead_crosswalk": crosswalk,
        "redirects": Stamp("run-2", TOMORROW)(REDIRECTS, pl.DataFrame(redirect)),
    }


@pytest.fixture
def published(tmp_path: Path) -> Path:
    publish(example.tables(rows=4), tmp_path / "published", "run-1", at=example.AT)
    publish(next_night(), tmp_path / "published", "run-2", at=TOMORROW)
    return tmp_path / "published"


NOBODY = Change("leads", 12, 12, new=0, changed=0, merged=0, split=0, gone=0, same=0)
People = pl.DataFrame


def small_home() -> People:
    return pl.concat([people("web", 0, 6), people("fair", 100, 6)])


def to(number: int, **values: object) -> Callable[[People], People]:
    """The person of this number with other values."""
    return lambda night: night.with_columns(
        pl.when(pl.col("number") == number).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def without(number: int) -> Callable[[People], People]:
    return lambda night: night.filter(pl.col("number") != number)


def as_it_is(night: People) -> People:
    return night


def lead_id(number: int) -> str:
    leads = tables(small_home(), "run-1")["leads"]
    return str(leads.filter(pl.col("email") == f"person{number}@example.org")["lead_id"].item())


def two_nights(tmp_path: Path, before: People, now: People, *, held: Tables | None = None) -> Diff:
    first, second = tmp_path / "first", tmp_path / "second"
    none = {"tombstones": TOMBSTONES.empty()}
    publish(tables(before, "run-1", held=held) | none, first, "run-1", at=example.AT)
    publish(tables(now, "run-2", before) | none, second, "run-2", at=TOMORROW)
    return diff(first / "run-1", second / "run-2")


@pytest.mark.parametrize(
    ("before", "now", "leads"),
    [
        (as_it_is, as_it_is, {}),
        (as_it_is, to(1, into=0), {"now": 11, "merged": 1, "same": 1}),
        (to(1, into=0), as_it_is, {"before": 11, "split": 1, "same": 1}),
        (as_it_is, to(3, job_title="Leiter"), {"changed": 1, "same": 1}),
        (as_it_is, without(5), {"now": 11, "gone": 1, "same": 0}),
        (without(5), as_it_is, {"before": 11, "new": 1, "same": 0}),
        (as_it_is, to(2, consent_email="refused", consent_phone="refused"), {"changed": 1, "same": 1}),
    ],
    ids=["nothing", "merge", "split", "field", "gone", "new", "unpublishable"],
)
def test_what_happened_to_leads_is_counted(
    tmp_path: Path, before: Callable[[People], People], now: Callable[[People], People], leads: dict[str, int]
) -> None:
    found = two_nights(tmp_path, before(small_home()), now(small_home()))
    assert found.of("leads") == replace(NOBODY, **leads)  # type: ignore[arg-type]
    assert found.none == (not leads)


def test_an_example_says_who_was_merged_into_whom_and_why(tmp_path: Path) -> None:
    found = two_nights(tmp_path, small_home(), to(1, into=0)(small_home()))
    (merged,) = (event for event in found.events if event.entity == "lead")
    who = (("given_name", "given_name 1"), ("family_name", "family_name 1"), ("email", "person1@example.org"))
    assert merged == Effect(
        "lead", "merged", "", 1, 1, (("alone", 1),), (Example(lead_id(1), lead_id(0), who, reason="alone", same=True),)
    )


def test_an_example_of_a_value_says_before_and_after(tmp_path: Path) -> None:
    found = two_nights(tmp_path, small_home(), to(3, job_title="Leiter")(small_home()))
    (field,) = found.fields
    assert (field.entity, field.field, field.count, field.same) == ("lead", "job_title", 1, 1)
    assert field.examples == (Example(lead_id(3), before="job_title 3", after="Leiter", same=True),)


def test_who_is_no_longer_ready_is_told_with_the_reason(tmp_path: Path) -> None:
    found = two_nights(tmp_path, small_home(), to(2, consent_email="refused", consent_phone="refused")(small_home()))
    assert (found.of("ready for sales").new, found.of("ready for sales").gone) == (0, 1)
    told = {it.field: (it.examples[0].before, it.examples[0].after) for it in found.fields}
    assert told["publishable"] == ("True", "False")
    assert told["block_reasons"] == ("", "opted_out")


@pytest.mark.parametrize(("code", "same"), [("ragged_row", 1), ("erased", 0)])
def test_a_record_that_was_held_back_by_rules_came_by_them(tmp_path: Path, code: str, same: int) -> None:
    held = held_rows("web", 1)
    held["quarantine"] = held["quarantine"].with_columns(source_record_id=pl.lit("5"), reason_code=pl.lit(code))
    found = two_nights(tmp_path, without(5)(small_home()), small_home(), held=held)
    assert (found.of("leads").new, found.of("leads").same) == (1, same)
    (new,) = (event for event in found.events if (event.entity, event.what) == ("lead", "new"))
    assert new.reasons == (((code, 1),) if same else ())


def test_later_evidence_makes_other_records(tmp_path: Path) -> None:
    none = {"tombstones": TOMBSTONES.empty()}
    publish(tables(small_home(), "run-1") | none, tmp_path / "first", "run-1", at=example.AT)
    now = tables(to(3, job_title="Leiter")(small_home()), "run-2") | none
    later = pl.when(pl.col("job_title") == "Leiter").then(pl.lit(TOMORROW)).otherwise("last_seen_at")
    now["leads"] = now["leads"].with_columns(last_seen_at=later.cast(pl.Datetime("us", "UTC")))
    publish(now, tmp_path / "second", "run-2", at=TOMORROW)
    found = diff(tmp_path / "first" / "run-1", tmp_path / "second" / "run-2")
    assert (found.of("leads").changed, found.of("leads").same) == (1, 0)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=4), st.sets(st.integers(0, 7), max_size=3))
@settings(max_examples=15, deadline=None)
def test_the_counts_add_up(merges: list[tuple[int, int]], gone: set[int]) -> None:
    before = people("web", 0, 8)
    now = before.filter(~pl.col("number").is_in(gone or [-1]))
    for number, into in merges:
        if into not in gone:
            now = to(number, into=into)(now)
    heads = now.filter(pl.col("number") == pl.col("into"))["number"]
    now = now.with_columns(into=pl.when(pl.col("into").is_in(heads.implode())).then("into").otherwise("number"))
    with TemporaryDirectory() as folder:
        found = two_nights(Path(folder), before, now)
    for what in ("leads", "accounts"):
        row = found.of(what)
        counts = {name: getattr(row, name) or 0 for name in ("new", "split", "merged", "gone", "changed")}
        assert row.before + counts["new"] + counts["split"] - counts["merged"] - counts["gone"] == row.now
        assert counts["changed"] <= row.before
        assert (row.same or 0) <= row.touched == sum(counts.values())
        told = {event.what: event.count for event in found.events if f"{event.entity}s" == what}
        assert told == {name: count for name, count in counts.items() if count and name != "changed"}


def test_what_is_new_changed_merged_and_gone_is_counted(published: Path) -> None:
    found = diff(published / "run-1", published / "current")
    assert found.since == example.AT
    assert {row.what: row for row in found.rows} == {
        "records": Change("records", 4, 6),
        "held back": Change("held back", 1, 1),
        "leads": Change("leads", 4, 5, new=2, changed=1, merged=1, split=0, gone=0, same=2),
        "ready for sales": Change("ready for sales", 0, 1, new=1, gone=0),
        "accounts": Change("accounts", 1, 1, new=0, changed=0, merged=0, split=0, gone=0, same=0),
    }
    fields = [(it.field, it.count) for it in found.fields]
    assert fields == [("block_reasons", 1), ("phone", 1), ("phone_status", 1), ("publishable", 1)]
    assert not found.none


def test_a_publication_beside_itself_is_no_change(published: Path) -> None:
    found = diff(published / "run-2", published / "current")
    assert found.none and found.fields == () and found.events == () and found.causes == ()


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
    assert leads == ["4", "5\n+1", "2", "1", "1", "0", "0"]
    assert section.locator(".spellings li").all_inner_texts()[1] == "phone 1"
