"""Street directories: Parquet or CSV, one number a row or many in a cell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from reference.streets import load_streets

ONE_A_ROW: dict[str, list[object]] = {"house_number": ["1", "3a", None]}
SEPARATED: dict[str, list[object]] = {"house_numbers": ["1", "3a;5", ""]}
LISTS: dict[str, list[object]] = {"house_numbers": [["1"], ["3a", "5"], []]}


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("parquet", LISTS), *((kind, n) for kind in ("parquet", "csv", "tsv") for n in (ONE_A_ROW, SEPARATED))],
)
def test_loading(tmp_path: Path, kind: str, numbers: dict[str, list[object]]) -> None:
    streets = ["Am See", "Hauptstraße", "Weg"]
    frame = pl.DataFrame(
        {"country": ["DE"] * 3, "postcode": ["01067"] * 3, "city": ["Dresden"] * 3, "street": streets} | numbers
    )
    path = tmp_path / f"streets.{kind}"
    if kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if kind == "tsv" else ",")
    directory = load_streets(path)
    assert len(directory) == 3
    asked = pl.DataFrame(
        {
            "country": ["DE"] * 5,
            "postcode": ["01067"] * 4 + ["01069"],
            "street": ["Am See", "Hauptstr.", "HAUPTSTRASSE", "Weg", "Am See"],
            "house_number": ["1", "3A", "99", None, "1"],
        }
    )
    assert directory.known(asked).to_list() == ["house_number", "house_number", "street", "street", None]


def test_a_directory_without_numbers_knows_streets(tmp_path: Path) -> None:
    path = tmp_path / "streets.csv"
    path.write_text("country,postcode,street\nAT,1060,Mariahilfer Straße\n", encoding="utf-8")
    asked = pl.DataFrame(
        {"country": ["AT"], "postcode": ["1060"], "street": ["Mariahilferstraße"], "house_number": ["1"]}
    )
    assert load_streets(path).known(asked).to_list() == ["street"]


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "streets.csv"
    path.write_text("street\nAm See\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lacks the columns country, postcode"):
        load_streets(path)
    with pytest.raises(ValueError, match=r"not \.xlsx"):
        load_streets(tmp_path / "streets.xlsx")
