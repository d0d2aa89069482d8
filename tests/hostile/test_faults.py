"""A fault of one file never fails the night, nor does a bug in a rule: what breaks is held back, the rest goes on.

The bugs are put in here, since none is known.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from contracts.clean import CLEAN_RECORDS
from contracts.raw import RAW_RECORDS
from contracts.reasons import reasons
from engine.faults import told
from engine.mortal import Mortal
from enrichment import clean_records, enriched_records, rule_failures
from enrichment.batches import clean_table
from enrichment.clean_records import ContextSource
from enrichment.rule_failures import failures
from expectations.row_rules import hold_back
from samples.generate import write_sample
from sources import intake
from sources.loading import load_file
from tests.pipelines.publication import published
from tests.sources.building import Home, csv_text

ROOT = Path(__file__).parents[2]
KEY = ["source", "source_record_id"]


class PanicException(BaseException):
    """A panic: it has no base in common with errors."""


# Readers


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.put("bad.csv", csv_text(), "a_bad")
    made.put("good.csv", csv_text(), "z_good")
    return made


def break_reader(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def read(file: intake.LeadFile, *rest: object) -> pl.DataFrame:
        if file.source == "a_bad":
            raise error
        return load_file(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(intake, "load_file", read)
    monkeypatch.setattr(Mortal, "ask", lambda _, job, *arguments: job(*arguments))  # here, where it breaks


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no such thing"),
        AssertionError(),
        MemoryError(),
        RecursionError("too deep"),
        StopIteration(),
        OSError(errno.EIO, "Input/output error"),
        UnicodeError("half a pair \ud800"),
        ValueError("x" * 10**6),
        PanicException("index out of bounds"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_breaks_in_a_reader_holds_its_file_back(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as broken:
        break_reader(broken, error)
        report = home.run()
    assert (report.count("quarantined"), report.count("loaded")) == (1, 1)
    assert set(home.records()["source"]) == {"z_good"}
    assert home.rejects().select("source", "reason_code").rows() == [
        ("a_bad", ("too_much_memory" if isinstance(error, MemoryError) else "reader_failed"))
    ]
    assert len(home.rejects()["message"][0]) <= 2000
    home.run()
    assert home.records().height == 6, "the next run takes it up"
    assert home.rejects().is_empty()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(), OSError(errno.ENOSPC, "No space left on device")])
def test_what_asks_the_night_to_stop_stops_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    break_reader(monkeypatch, error)
    with pytest.raises(type(error)):
        home.run()


@pytest.mark.parametrize("step", ["refuse", "looks_cut", "hash_of", "sizes_read", "read_settings"])
def test_a_bug_before_the_reading_is_no_more(home: Home, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    whole: Callable[..., object] = getattr(intake, step)

    def broken(*given: object) -> object:
        if "a_bad" in repr(given):
            raise LookupError("a bug")
        return whole(*given)

    monkeypatch.setattr(Mortal, "ask", lambda _, job, *arguments: job(*arguments))  # here, where it breaks
    monkeypatch.setattr(intake, step, broken)
    home.run(settle=0.1)
    assert set(home.records()["source"]) == {"z_good"}
    assert home.rejects().select("source", "reason_code").rows() == [("a_bad", "reader_failed")]


SETTINGS = {
    "no TOML": b"country =",
    "no UTF-8": b'country = "\xff"',
    "nested without end": b"a = " + b"[" * 50_000,
    "a number without end": b"skip_rows = " + b"9" * 100_000,
    "a date that is none": b"country = 2024-99-99",
    "too large": b"#" * (2 << 20),
    "no such zone": b'timezone = "../../etc/passwd"',
    "a zone with a zero byte": b'timezone = "Europe\\u0000"',
    "no such encoding": b'encoding = "\\u0000"',
    "an encoding that is none of text": b'encoding = "zlib"',
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_are_wrong_hold_their_source_back(home: Home, case: str) -> None:
    home.settings.mkdir()
    (home.settings / "a_bad.toml").write_bytes(SETTINGS[case])
    home.run()
    assert set(home.records()["source"]) == {"z_good"}
    assert home.rejects().select("source", "reason_code").rows() == [("a_bad", "bad_override")]


# Rules

RULES = {
    "name": "clean_person",
    "email": "clean_email",
    "phone": "clean_phone",
    "address": "clean_address",
    "company": "clean_company",
    "ip": "clean_ip",
    "consent": "clean_consent",
    "collected_at": "clean_collected_at",
    "cells": "unmarked",
    "record": "merge_repairs",
}


def raw_records(count: int, poisoned: set[int]) -> pl.DataFrame:
    rows = [
        {
            **{"source": "form", "channel": "online", "file": "online/form/a.csv", "row": number},
            **{"source_record_id": f"N-{number}", "family_name": f"Klein{number}", "email": f"k{number}@nord.de"},
            **{"note": "poison" if number in poisoned else None},
        }
        for number in range(count)
    ]
    return RAW_RECORDS.conform(pl.DataFrame(rows, infer_schema_length=None))


def poison(monkeypatch: pytest.MonkeyPatch, function: str, error: BaseException | None = None) -> None:
    """Let a rule break on records with the note `poison`."""
    whole: Callable[..., object] = getattr(clean_records, function)

    def broken(raw: pl.DataFrame | list[pl.Series], *rest: object, **more: object) -> object:
        if isinstance(raw, pl.DataFrame) and (raw["note"] == "poison").any():
            raise error or ZeroDivisionError("klein@nord.de is a person's address")
        return whole(raw, *rest, **more)

    monkeypatch.setattr(clean_records, function, broken)


def cleaned(raw: pl.DataFrame, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    raw.write_parquet(folder / "raw.parquet")
    clean, rejects = folder / "clean", folder / "rejects.parquet"
    clean_table(pl.scan_parquet(folder / "raw.parquet"), clean, rejects, ContextSource(), hold_back)
    return pl.read_parquet(clean), pl.read_parquet(rejects)


@pytest.mark.slow
@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"record"}))
def test_only_the_records_on_which_a_rule_breaks_are_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    poisoned = {0, 13, 14, 199}
    poison(monkeypatch, RULES[rule])
    kept, held = cleaned(raw_records(200, poisoned), tmp_path)
    assert kept["source_record_id"].to_list() == [f"N-{n}" for n in range(200) if n not in poisoned]
    assert held.select("source_record_id", "row", "field", "reason_code").rows() == [
        (f"N-{n}", n, rule, "rule_failed") for n in sorted(poisoned)
    ]
    assert "rule_failed" in reasons()
    (said,) = failures(held)
    assert said.startswith(f"The rule for {rule} broke: ZeroDivisionError in tests/hostile/test_faults.py, line ")
    assert "klein" not in said + "".join(held["message"]), "an error may quote a person's data"


@pytest.mark.parametrize("error", [PanicException("index out of bounds"), MemoryError(), RecursionError()])
def test_a_rule_may_break_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    poison(monkeypatch, "clean_email", error)
    kept, held = cleaned(raw_records(9, {4}), tmp_path)
    assert (kept.height, held["source_record_id"].to_list()) == (8, ["N-4"])


def test_a_rule_that_says_nothing_of_some_records_broke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = clean_records.clean_email
    monkeypatch.setattr(
        clean_records, "clean_email", lambda raw, **more: whole(raw, **more).filter(raw["note"].is_null())
    )
    kept, held = cleaned(raw_records(9, {4}), tmp_path)
    assert (kept.height, held["source_record_id"].to_list()) == (8, ["N-4"])


def test_a_rule_that_breaks_on_everything_holds_everything_back_in_little_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_failures, "PIECES", 8)
    calls = []

    def broken(raw: pl.DataFrame, *_: object, **__: object) -> pl.DataFrame:
        calls.append(raw.height)
        raise ZeroDivisionError

    monkeypatch.setattr(clean_records, "clean_email", broken)
    kept, held = cleaned(raw_records(1000, set()), tmp_path)
    assert kept.equals(CLEAN_RECORDS.empty())
    assert held["source_record_id"].to_list() == [f"N-{n}" for n in range(1000)]
    assert len(calls) <= 4 * rule_failures.PIECES


def test_what_stops_the_night_is_no_failure_of_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, "clean_email", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        cleaned(raw_records(9, {4}), tmp_path)


def test_an_error_is_told_by_its_place_and_without_its_text() -> None:
    try:
        raise ValueError("klein@nord.de")
    except ValueError as error:
        assert told(error).startswith("ValueError in tests/hostile/test_faults.py, line ")


def test_what_only_adds_to_a_record_adds_nothing_where_it_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = enriched_records.clean_device

    def broken(clean: pl.DataFrame) -> pl.DataFrame:
        if (clean["note"] == "poison").any():
            raise ZeroDivisionError
        return whole(clean)

    kept, _ = cleaned(raw_records(40, {13}).with_columns(language=pl.lit("de-AT")), tmp_path)
    monkeypatch.setattr(enriched_records, "clean_device", broken)
    (said,) = enriched_records.enrich_table(tmp_path / "clean", tmp_path / "enriched")
    assert said.startswith("The rule for device broke: ZeroDivisionError in tests/hostile/")
    enriched = pl.read_parquet(tmp_path / "enriched")
    assert enriched["source_record_id"].equals(kept["source_record_id"])
    assert enriched.filter(pl.col("language").is_null())["source_record_id"].to_list() == ["N-13"]


# The night

BUGGY = """
import sys
from enrichment import clean_records
whole = clean_records.clean_phone
def broken(raw, *rest, **more):
    if raw["email"].str.contains("@", literal=True).fill_null(False).any() and (raw["row"] == 9).any():
        raise ZeroDivisionError("a secret")
    return whole(raw, *rest, **more)
clean_records.clean_phone = broken
from enrichment.email import clean as email
def nothing(cells):
    raise ZeroDivisionError("a secret")
email.frequent_domains = nothing
from pipelines.cli import app
app(["run", "--home", sys.argv[1]])
"""


def night_with_a_bug(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BUGGY, str(home)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_a_night_with_a_bug_in_a_rule_publishes_the_rest_and_says_so(tmp_path: Path) -> None:
    write_sample(tmp_path, 200, 7)
    done = night_with_a_bug(tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "The rule for phone broke: ZeroDivisionError" in done.stdout
    assert "The rule for frequent_domains broke: ZeroDivisionError" in done.stdout  # of all records together
    assert "Published without that" in done.stdout
    assert "a secret" not in done.stdout + done.stderr
    assert "Report a rule that broke" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    tables = published(tmp_path)
    broken = tables["quarantine"].filter(pl.col("reason_code") == "rule_failed")
    assert broken.height > 0
    assert set(broken["field"]) == {"phone"}
    assert set(broken["row"]) == {9}
    raw = [pl.read_parquet(tmp_path / "lake" / f"raw_{channel}_leads.parquet") for channel in ("online", "offline")]
    held = tables["quarantine"].drop_nulls("source_record_id").select(KEY)
    both = pl.concat([tables["lead_crosswalk"].select(KEY), held])
    assert both.sort(KEY).equals(pl.concat(raw).select(KEY).sort(KEY)), "each record is in exactly one of them"


@pytest.mark.slow
def test_or_publishes_nothing_by_setting(tmp_path: Path) -> None:
    write_sample(tmp_path, 200, 7)
    done = night_with_a_bug(tmp_path, LEADS_RULE_FAILURES="stop")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "The rule for phone broke: ZeroDivisionError" in done.stdout
    assert not (tmp_path / "published" / "current").exists()


def test_a_setting_that_is_neither_is_refused(tmp_path: Path) -> None:
    done = night_with_a_bug(tmp_path, LEADS_RULE_FAILURES="perhaps")
    assert done.returncode == 2
    assert "set it to publish or stop" in done.stdout
