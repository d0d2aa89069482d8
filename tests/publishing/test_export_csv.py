"""CSV export: nothing runs, nothing is lost."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.escaping import for_csv
from publishing.export_csv import write_csv


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
        ("=1+1", "'=1+1"),
        ("+cmd|x", "'+cmd|x"),
        ("-2+3+cmd|x", "'-2+3+cmd|x"),
        ("@SUM(A1:A9)", "'@SUM(A1:A9)"),
        ("\t=1+1", "'\t'=1+1"),
        ("\r=1+1", "'\r'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("-", "'-"),
        ("+49711123456", "+49711123456"),
        ("-12.5", "-12.5"),
        ("Müller", "Müller"),
        ("a=b", "a=b"),
        ("max@firma.de", "max@firma.de"),
        (None, None),
    ],
)
def test_formulas_become_text_and_everything_else_stays(value: str | None, written: str | None) -> None:
    frame = pl.DataFrame({"name": [value]}, schema={"name": pl.String})
    assert for_csv(frame)["name"].to_list() == [written]


def test_nested_values_are_flattened(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "reasons": [["junk_name", "bot"], []],
            "variants": [[{"name": "A", "records": 2}], []],
            "source_count": [2, 1],
            "probability": [0.5, None],
        }
    )
    write_csv(frame, tmp_path / "x.csv", excel=True)
    raw = (tmp_path / "x.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader((tmp_path / "x.csv").open(encoding="utf-8-sig", newline=""), delimiter=";"))
    assert rows[0]["reasons"] == "junk_name; bot"
    assert (rows[0]["variants_name"], rows[0]["variants_records"]) == ("A", "2")
    assert rows[0]["probability"] == "0,5"
    assert rows[1]["source_count"] == "1"


@given(
    st.lists(
        st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))), min_size=1
    )
)
def test_any_text_comes_back_but_for_apostrophes(values: list[str | None]) -> None:
    escaped = for_csv(pl.DataFrame({"v": values}, schema={"v": pl.String}))["v"].to_list()
    for value, written in zip(values, escaped, strict=True):
        assert written == value or (written and value and written.replace("'", "") == value.replace("'", ""))
        assert not written or written[0] not in "=@\t\r"
