"""A table cleaned in batches is the table cleaned at once: however many rows a batch, however many workers."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contracts.raw import REJECTS
from enrichment import batches
from enrichment.batches import clean_table
from enrichment.clean_records import ContextSource, clean_batch
from samples.generate import write_sample
from sources.inbox import read_inbox
from sources.store.channel_records import write_records


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    write_sample(folder, 300, 3)
    read_inbox(folder / "inbox", folder / "store", folder / "sources")
    write_records(folder / "store", "online", folder / "raw.parquet")
    return folder / "raw.parquet"


def without_name(clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Holds back whoever has no family name."""
    named = pl.col("family_name").is_not_null()
    held = clean.filter(~named).select(source="source", reason_code=pl.lit("no_identity"))
    return clean.filter(named), pl.concat([REJECTS.empty(), held], how="diagonal")


def at_once(raw: Path) -> pl.DataFrame:
    return clean_batch(pl.read_parquet(raw), ContextSource().open())


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "workers"), [(1_000_000, 1), (37, 1), (64, 2)])
def test_batches_and_workers_leave_no_trace(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, workers: int
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", rows)
    told: list[tuple[int, int]] = []
    clean, rejects = tmp_path / "clean", tmp_path / "rejects.parquet"
    kept, held = clean_table(
        pl.scan_parquet(raw),
        clean,
        rejects,
        ContextSource(),
        without_name,
        workers=workers,
        progress=lambda *n: told.append(n),
    )
    whole = at_once(raw)
    expected, held_back = without_name(whole)
    assert_frame_equal(pl.read_parquet(clean), expected)
    assert_frame_equal(pl.read_parquet(rejects), held_back)
    assert (kept, held) == (expected.height, held_back.height)
    assert 0 < held < kept
    assert told[-1] == (whole.height, whole.height)


def test_no_records_are_a_table_too(raw: Path, tmp_path: Path) -> None:
    nothing = pl.scan_parquet(raw).head(0)
    clean = tmp_path / "clean"
    assert clean_table(nothing, clean, tmp_path / "rejects.parquet", ContextSource(), without_name) == (0, 0)
    assert_frame_equal(pl.read_parquet(clean), at_once(raw).clear())
