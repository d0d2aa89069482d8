"""To correct: every value and row that can be put right, where it stands, and nothing that acts in a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from contracts.published import QUARANTINE
from publishing.report import to_correct
from publishing.report.flaws import counted, flaws, worst
from publishing.report.to_correct import Listed, write_to_correct
from publishing.report.words import Language, Words
from tests.publishing.report.test_page import clean_records


def quarantine() -> pl.DataFrame:
    return QUARANTINE.conform(
        pl.DataFrame(
            {
                "source": ["fair", "fair", "web", "agency"],
                "file": ["offline/fair/x.csv", "offline/fair/x.csv", "online/web/y.csv", "offline/agency/z.csv"],
                "row": [3, 9, 4, None],
                "reason_code": ["ragged_row", "total_row", "erased", "empty_file"],
                "message": ["m"] * 4,
                "raw": ['=HYPERLINK("http://a");b', "Summe", "Anna Klein", None],
            }
        )
    )


def written(out: Path, language: Language = "en") -> tuple[Listed, list[dict[str, str]]]:
    found = flaws(clean_records().lazy())
    listed = write_to_correct(out, quarantine(), found, counted(found), Words(language))
    text = out.read_text(encoding="utf-8-sig")
    return listed, list(csv.DictReader(io.StringIO(text), delimiter=Words(language).separator))


def test_every_row_says_where_it_stands_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    listed, rows = written(tmp_path / "list.csv")
    assert listed == (len(rows), len(rows))
    assert [(row["Source"], row["File"], row["Row"]) for row in rows[:3]] == [
        ("agency", "offline/agency/z.csv", ""),
        ("fair", "offline/fair/x.csv", "3"),
        ("web", "online/web/y.csv", "4"),
    ]
    assert all(row["What is wrong"] and row["What to do"] for row in rows)
    phone = next(row for row in rows if row["Field"] == "Phone" and row["Received"])
    assert phone["Received"] == "4,92064E+12"
    assert phone["What to do"].startswith("Ask the source for the original file")


def test_nothing_acts_and_nobody_who_was_forgotten_is_named(tmp_path: Path) -> None:
    _, rows = written(tmp_path / "list.csv")
    assert rows[1]["Received"].startswith("'=")
    assert rows[2]["Received"] == ""
    assert "Anna" not in (tmp_path / "list.csv").read_text(encoding="utf-8")


def test_what_nobody_can_correct_is_left_out(tmp_path: Path) -> None:
    _, rows = written(tmp_path / "list.csv")
    assert "Summe" not in {row["Received"] for row in rows}


def test_it_is_the_owners_alone_whatever_stood_there(tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    out.touch(0o644)
    written(out)
    assert out.stat().st_mode & 0o777 == 0o600


def test_it_is_german_where_the_page_is(tmp_path: Path) -> None:
    _, rows = written(tmp_path / "list.csv", "de")
    assert list(rows[0]) == [
        "Quelle",
        "Datei",
        "Blatt",
        "Zeile",
        "Feld",
        "Geliefert",
        "Was falsch ist",
        "Was zu tun ist",
    ]
    assert rows[0]["Was falsch ist"] == "Die Datei ist leer"
    assert "Telefon" in {row["Feld"] for row in rows}


def test_a_long_list_is_cut_and_says_so(tmp_path: Path, monkeypatch: object) -> None:
    import pytest

    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    whole, _ = written(tmp_path / "whole.csv")
    monkeypatch.setattr(to_correct, "ROWS", 4)
    listed, rows = written(tmp_path / "list.csv")
    assert (listed.all, listed.shown, len(rows)) == (whole.all, 4, 4)


def test_every_class_of_every_field_that_occurs_is_explained_masked() -> None:
    found = worst(counted(flaws(clean_records().lazy())))
    assert {(it.concept, it.quality) for it in found} == {
        ("email", "suspected"),
        ("email", "invalid"),
        ("phone", "suspected"),
        ("phone", "invalid"),
        ("address", "suspected"),
    }
    damaged = next(it for it in found if it.why == "excel_damage")
    assert (damaged.example, damaged.source, damaged.count) == ("4,920••E+••", "fair", 1)


def test_flaws_do_not_hang_on_the_order_of_the_records() -> None:
    there, back = (counted(flaws(frame.lazy())) for frame in (clean_records(), clean_records().reverse()))
    assert there.equals(back)
