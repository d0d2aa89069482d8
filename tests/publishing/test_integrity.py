"""Integrity: one broken promise at a time is found and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from contracts.published import CONSENTS, REDIRECTS, TOMBSTONES
from publishing.integrity import Problem, check
from publishing.stamp import Stamp
from tests.publishing.example import AT, tables

Tables = dict[str, pl.DataFrame]
LEAD = pl.col("lead_id")


def redirects(*steps: tuple[str, str]) -> pl.DataFrame:
    rows = [("lead", old, new, AT) for old, new in steps]
    return Stamp("run-1", AT)(REDIRECTS, pl.DataFrame(rows, schema=REDIRECTS.names[:4], orient="row"))


def tombstone(old: str) -> pl.DataFrame:
    return Stamp("run-1", AT)(TOMBSTONES, pl.DataFrame([("lead", old, AT)], schema=TOMBSTONES.names[:3], orient="row"))


def consenting(tables: Tables, channel: str, status: str) -> pl.DataFrame:
    """The leads, of which the first states this."""
    first = LEAD.eq(tables["leads"]["lead_id"][0])
    column = f"consent_{channel}"
    return tables["leads"].with_columns(pl.when(first).then(pl.lit(status)).otherwise(column).alias(column))


def consents(tables: Tables, channel: str, status: str) -> pl.DataFrame:
    """What the first lead states of a channel, and the record that says so."""
    row = {"lead_id": tables["leads"]["lead_id"][0], "channel": channel, "basis": "stated", "status": status}
    return Stamp("run-1", AT)(CONSENTS, pl.DataFrame([row | {"source": "form", "source_record_id": "0"}]))


BROKEN: dict[str, tuple[Callable[[Tables], Tables], str, str]] = {
    "a table is missing": (
        lambda t: {name: table for name, table in t.items() if name != "redirects"},
        "redirects",
        "missing",
    ),
    "a table nobody knows": (lambda t: t | {"notes": pl.DataFrame()}, "notes", "no such table"),
    "a column is missing": (lambda t: t | {"leads": t["leads"].drop("email")}, "leads", "email is missing"),
    "a column too many": (
        lambda t: t | {"leads": t["leads"].with_columns(iban=pl.lit("x"))},
        "leads",
        "iban is not in the contract",
    ),
    "a column of another type": (
        lambda t: t | {"leads": t["leads"].with_columns(pl.col("source_count").cast(pl.Int64))},
        "leads",
        "source_count is Int64 instead of UInt32",
    ),
    "columns in another order": (
        lambda t: t | {"leads": t["leads"].select(sorted(t["leads"].columns))},
        "leads",
        "another order",
    ),
    "a null where none may be": (
        lambda t: t | {"leads": t["leads"].with_columns(publishable=pl.lit(None, pl.Boolean))},
        "leads",
        "publishable is null",
    ),
    "an empty string": (
        lambda t: t | {"leads": t["leads"].with_columns(city=pl.lit(""))},
        "leads",
        "city is an empty string",
    ),
    "a key twice": (
        lambda t: t | {"lead_crosswalk": pl.concat([t["lead_crosswalk"], t["lead_crosswalk"].head(1)])},
        "lead_crosswalk",
        "not unique",
    ),
    "a lead at an account that is not there": (
        lambda t: t | {"leads": t["leads"].with_columns(account_id=pl.lit("A9"))},
        "leads",
        "account_id names rows that accounts does not have",
    ),
    "a parent that is not there": (
        lambda t: t | {"accounts": t["accounts"].with_columns(parent_account_id=pl.lit("A9"))},
        "accounts",
        "parent_account_id",
    ),
    "a record of a lead that is not there": (
        lambda t: t | {"leads": t["leads"].head(2), "buying_centers": t["buying_centers"].head(0)},
        "lead_crosswalk",
        "lead_id names rows that leads does not have",
    ),
    "a lead without a record": (
        lambda t: t | {"lead_crosswalk": t["lead_crosswalk"].head(2)},
        "leads",
        "no source record stands behind the lead",
    ),
    "a record both held back and published": (
        lambda t: t | {"quarantine": t["quarantine"].with_columns(source_record_id=pl.lit("0"))},
        "quarantine",
        "in lead_crosswalk as well",
    ),
    "a consent that nothing stands behind": (
        lambda t: t | {"leads": consenting(t, "email", "granted")},
        "consents",
        "no row says what a consent in leads rests on",
    ),
    "a refusal that nothing stands behind": (
        lambda t: t | {"leads": consenting(t, "phone", "refused"), "consents": consents(t, "email", "refused")},
        "consents",
        "no row says what a consent in leads rests on",
    ),
    "a consent that leads do not state": (
        lambda t: t | {"consents": consents(t, "email", "granted")},
        "consents",
        "status is not what leads says",
    ),
    "a consent that leads state otherwise": (
        lambda t: t | {"leads": consenting(t, "email", "refused"), "consents": consents(t, "email", "granted")},
        "consents",
        "status is not what leads says",
    ),
    "a consent of a lead that is not there": (
        lambda t: t | {"consents": consents(t, "email", "granted").with_columns(lead_id=pl.lit("L9"))},
        "consents",
        "lead_id names rows that leads does not have",
    ),
    "a redirect in two steps": (
        lambda t: t | {"redirects": redirects(("L1", "L2"), ("L2", "L3"))},
        "redirects",
        "chain or a circle",
    ),
    "a redirect to nowhere": (
        lambda t: t | {"redirects": redirects(("L1", "L2"))},
        "redirects",
        "new_id is not an id in use",
    ),
    "a redirect of an id in use": (
        lambda t: t | {"redirects": redirects((t["leads"]["lead_id"][0], t["leads"]["lead_id"][1]))},
        "redirects",
        "old_id is still in use",
    ),
    "redirects in a circle": (
        lambda t: t | {"redirects": redirects(("L1", "L2"), ("L2", "L1"))},
        "redirects",
        "chain or a circle",
    ),
    "a tombstone of an id in use": (
        lambda t: t | {"tombstones": tombstone(t["leads"]["lead_id"][0])},
        "tombstones",
        "old_id is still in use",
    ),
    "a tombstone that redirects": (
        lambda t: t | {"tombstones": tombstone("L1"), "redirects": redirects(("L1", t["leads"]["lead_id"][0]))},
        "tombstones",
        "old_id redirects as well",
    ),
    "a redirect to itself": (lambda t: t | {"redirects": redirects(("L1", "L1"))}, "redirects", "chain or a circle"),
}


def test_sound_tables_have_no_problem() -> None:
    assert check(tables()) == []


def test_a_redirect_to_an_id_in_use_is_sound() -> None:
    sound = tables()
    assert check(sound | {"redirects": redirects(("L1", sound["leads"]["lead_id"][0]))}) == []


def test_empty_tables_have_no_problem() -> None:
    assert check({name: table.clear() for name, table in tables().items()}) == []


@pytest.mark.parametrize("status", ["granted", "refused", "unclear"])
def test_a_consent_with_its_row_is_sound(status: str) -> None:
    sound = tables()
    sound |= {"leads": consenting(sound, "email", status), "consents": consents(sound, "email", status)}
    assert check(sound) == []


def test_a_value_held_back_does_not_hold_back_its_record() -> None:
    held = tables()["quarantine"].with_columns(source_record_id=pl.lit("0"), field=pl.lit("phone"))
    assert check(tables() | {"quarantine": held}) == []


@pytest.mark.parametrize("name", BROKEN)
def test_broken_promise(name: str, tmp_path: Path) -> None:
    damage, table, message = BROKEN[name]
    broken = damage(tables())
    found = check(broken)
    assert any(problem.table == table and message in problem.message for problem in found), found

    files: dict[str, pl.DataFrame | pl.LazyFrame | Path] = {}
    for part, frame in broken.items():  # the same on files, which is how a publication is verified
        files[part] = tmp_path / f"{part}.parquet"
        frame.write_parquet(tmp_path / f"{part}.parquet")
    assert check(files) == found


def test_the_rows_that_break_it_are_counted() -> None:
    leads = tables(rows=5)["leads"].with_columns(city=pl.when(LEAD.str.ends_with("3")).then(pl.lit("")))
    assert check(tables(rows=5) | {"leads": leads}) == [
        Problem("leads", "city is an empty string, which must be null", 1)
    ]
