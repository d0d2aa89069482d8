"""A table written part by part is the table; what goes wrong between two parts is not swallowed."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from engine.parts import sink_parts

SCHEMA = {"number": pl.Int64(), "words": pl.List(pl.String)}


def part(first: int) -> pl.DataFrame:
    return pl.DataFrame({"number": [first, first + 1], "words": [["a", "b"], []]}, schema=SCHEMA)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_parts_stand_below_each_other_in_order(tmp_path: Path, count: int) -> None:
    parts = [part(2 * place) for place in range(count)]
    sink_parts(iter(parts), SCHEMA, tmp_path / "table.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "table.parquet"), pl.concat([pl.DataFrame(schema=SCHEMA), *parts]))


def test_what_a_part_raises_is_raised(tmp_path: Path) -> None:
    def parts() -> Iterator[pl.DataFrame]:
        yield part(0)
        raise ConnectionError("the source went away")

    with pytest.raises(ConnectionError, match="went away"):
        sink_parts(parts(), SCHEMA, tmp_path / "table.parquet")
