"""Rows in the store: what goes in comes out, what all rows share stands once, marked rows stay."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc

from contracts.raw import RAW_RECORDS
from engine.row_hash import lower, row_hash
from sources.store.row_file import GIVEN_ID, RowsWriter, hashes_of, keep_rows, scan_rows

SAME = {
    "source": "messe",
    "channel": "offline",
    "file": "offline/messe/Käufer.csv",
    "default_country": "DE",
    "consent_basis": None,
    "received_at": datetime(2025, 3, 12, 9, 30, 1, 123456, UTC),
}
CELLS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5)


def _write(path: Path, parts: list[pl.DataFrame], names: set[str], *, compress: bool = False) -> None:
    writer = RowsWriter(path, {"row", *names}, SAME, compress=compress)
    for place, part in enumerate(parts):
        writer.write(part.to_arrow(), _hashes(part), {"sheet": f"Blatt {place}"})
    writer.close()


def _hashes(part: pl.DataFrame) -> pl.Series:
    return part.select(row_hash([("row", "company")])).to_series()


def _part(cells: list[str | None], start: int = 1) -> pl.DataFrame:
    rows = pl.Series("row", range(start, start + len(cells)), dtype=pl.Int64)
    return pl.DataFrame([rows, pl.Series("company", cells, dtype=pl.String)])


@given(first=CELLS, second=CELLS, compress=st.booleans())
def test_all_rows_come_back(tmp_path_factory: pytest.TempPathFactory, first, second, compress) -> None:
    path = tmp_path_factory.mktemp("rows") / f"{'a' * 64}.arrow"
    parts = [_part(first), _part(second, len(first) + 1)]
    _write(path, parts, {"company", "sheet", "note"}, compress=compress)
    rows = scan_rows([path]).collect()
    assert rows.drop(GIVEN_ID).schema == RAW_RECORDS.schema
    assert rows.select("row", "company").equals(pl.concat(parts))
    assert rows["sheet"].to_list() == ["Blatt 0"] * len(first) + ["Blatt 1"] * len(second)
    assert rows["note"].null_count() == rows.height
    hashes = pl.concat(map(_hashes, parts))
    assert rows["content_hash"].to_list() == [f"{number:032x}" for number in hashes]
    assert (hashes_of(path) == lower(hashes)).all()


def test_a_row_without_an_id_has_its_hash(tmp_path: Path) -> None:
    path = tmp_path / f"{'d' * 64}.arrow"
    part = _part(["Käse & Söhne", "Müller"]).with_columns(source_record_id=pl.Series([None, "L-1"]))
    _write(path, [part], {"company", "source_record_id"})
    rows = scan_rows([path]).select("source_record_id", "content_hash").collect()
    assert rows["source_record_id"].to_list() == [rows["content_hash"][0], "L-1"]


def test_what_is_the_same_in_every_row_stands_once(tmp_path: Path) -> None:
    path = tmp_path / f"{'b' * 64}.arrow"
    _write(path, [_part(["Käse & Söhne", None])], {"company"})
    assert ipc.open_file(str(path)).schema.names == ["row", "company", "content_hash"]
    rows = scan_rows([path]).select(*SAME, "file_hash", "sheet").collect()
    assert rows.to_dicts() == [SAME | {"file_hash": "b" * 64, "sheet": None}] * 2


@given(first=CELLS, second=CELLS, data=st.data())
def test_rows_without_a_mark_leave(tmp_path_factory: pytest.TempPathFactory, first, second, data) -> None:
    path = tmp_path_factory.mktemp("rows") / f"{'c' * 64}.arrow"
    _write(path, [_part(first), _part(second, len(first) + 1)], {"company"})
    whole = scan_rows([path]).collect()
    marks = pl.Series(data.draw(st.lists(st.booleans(), min_size=whole.height, max_size=whole.height)))
    keep_rows(path, marks.to_numpy())
    assert scan_rows([path]).collect().equals(whole.filter(marks))
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
