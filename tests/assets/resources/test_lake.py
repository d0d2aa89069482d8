"""A table takes its place in the lake whole or not at all, be it a file or a folder of parts."""

from pathlib import Path

import polars as pl
import pytest

from assets.resources.lake import Lake
from engine.parts import write_part


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(home=str(tmp_path))


def write_folder(lake: Lake, *numbers: int) -> None:
    with lake.writing("numbers") as (path,):
        path.mkdir()
        for place, number in enumerate(numbers):
            write_part(pl.DataFrame({"number": [number]}), path / f"{place:02}.parquet")


def numbers(lake: Lake) -> list[int]:
    return lake.read("numbers")["number"].to_list()


def test_a_folder_takes_the_place_of_a_file_and_of_a_folder(lake: Lake) -> None:
    lake.write("numbers", pl.DataFrame({"number": [1]}))
    write_folder(lake, *range(12))
    assert numbers(lake) == list(range(12))
    write_folder(lake, 3)
    assert numbers(lake) == [3]
    assert [path.name for path in lake.where.lake.glob("*.parquet")] == ["numbers.parquet"]


@pytest.mark.parametrize("names", [("numbers",), ("numbers", "others")])
def test_what_was_there_stays_when_writing_fails(lake: Lake, names: tuple[str, ...]) -> None:
    write_folder(lake, 1, 2)
    with pytest.raises(OSError, match="disk full"), lake.writing(*names) as paths:
        for path in paths:
            path.mkdir()
        raise OSError("disk full")
    assert numbers(lake) == [1, 2]
    assert [path.name for path in lake.where.lake.glob("*.parquet")] == ["numbers.parquet"]
