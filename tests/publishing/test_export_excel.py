"""Excel export: a text stays the text it is, and what a sheet cannot hold is refused."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from publishing import export_excel
from publishing.export_excel import SIGNS, TooMuch, write_excel

TEXTS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    "@SUM(A1)",
    "+49711123456",
    "01067",
    "https://nord.de",
    "internal:a!A1",
    "a\nb",
    "{=1}",
]


def sheet(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name("leads").to_python()


def test_no_text_is_a_formula_a_number_or_a_link(tmp_path: Path) -> None:
    write_excel(pl.DataFrame({"text": TEXTS}), tmp_path / "x.xlsx", "leads")
    assert sheet(tmp_path / "x.xlsx") == [["text"], *([text] for text in TEXTS)]
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page and "<hyperlink" not in page


def test_other_values_are_cells_of_their_kind(tmp_path: Path) -> None:
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    frame = pl.DataFrame(
        {"n": [3, None], "share": [0.25, None], "yes": [True, False], "at": [at, None], "l": [["a"], []]}
    )
    write_excel(frame, tmp_path / "x.xlsx", "leads")
    assert sheet(tmp_path / "x.xlsx") == [
        ["n", "share", "yes", "at", "l"],
        [3.0, 0.25, True, at.replace(tzinfo=None), "a"],
        ["", "", False, "", ""],
    ]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pl.DataFrame({"n": range(3)}), "Excel takes 2 rows, and there are 3"),
        (pl.DataFrame({"note": ["x" * (SIGNS + 1)]}), "note has more"),
    ],
)
def test_what_a_sheet_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frame: pl.DataFrame, said: str
) -> None:
    monkeypatch.setattr(export_excel, "ROWS", 3)
    with pytest.raises(TooMuch, match=said):
        write_excel(frame, tmp_path / "x.xlsx", "leads")
