"""Qualified: the tables of qualification go out together, or not at all.

Belongs here: holding them against their contract, swapping their folder. Does not belong here: what they hold
(`qualification`), the publication of leads they speak of (`publishing.publish`).

    qualified/
      current/*.parquet + redirects.parquet + of.txt     replaced as a whole; of.txt names the publication of leads they
                                                         were made from, redirects.parquet is as of that night

They change with every night, since scores fade, so there are no older folders: what has happened to a lead stays in
`stage_history` and `handovers` themselves.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from contracts.published import REDIRECTS
from contracts.qualified import QUALIFIED
from engine.disk import remedy
from engine.swap import swap, sweep, sync
from publishing.current import CURRENT, PublishError
from publishing.integrity import check_alone

OF = "of.txt"
_REDIRECTS = "redirects.parquet"


def publish_qualified(
    tables: Mapping[str, pl.DataFrame | Path], qualified: Path, publication: str, redirects: pl.DataFrame
) -> Path:
    """Publish the tables as one; the folder they lie in.

    Args:
        tables: all tables of `contracts.qualified.QUALIFIED`, as frames or as Parquet files.
        qualified: the folder of their publication; made if it does not exist.
        publication: name of the publication of leads they were made from.
        redirects: `contracts.published.REDIRECTS` of that publication; the next night tells by it who was merged since.

    Raises:
        PublishError: a table breaks its contract, the disk is full, a permission is missing; what was there stays.
    """
    frames = {table.name: _scan(tables[table.name]) for table in QUALIFIED}
    if problems := [it for table in QUALIFIED for it in check_alone(table, frames[table.name])]:
        broken = "; ".join(f"{it.table}: {it.message}" + (f" ({it.rows:,} rows)" if it.rows else "") for it in problems)
        raise PublishError(f"qualification is not published, the contract is broken: {broken}")
    try:
        qualified.mkdir(parents=True, exist_ok=True)
        sweep(qualified)
        with swap(qualified / CURRENT, durable=True) as new:
            new.mkdir()
            for name, frame in frames.items():
                frame.sink_parquet(new / f"{name}.parquet")
            redirects.write_parquet(new / _REDIRECTS)
            (new / OF).write_text(publication + "\n", encoding="utf-8")
            for path in new.iterdir():
                sync(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        hint = remedy(error) or "check the disk and run again"
        raise PublishError(f"qualification is not published to {qualified}: {error}; {hint}") from error
    return qualified / CURRENT


def read_qualified(qualified: Path) -> dict[str, pl.DataFrame]:
    """The tables as last published, by name; empty ones before the first time, or where a new table came."""
    paths = {table: qualified / CURRENT / f"{table.name}.parquet" for table in QUALIFIED}
    return {
        table.name: table.conform(pl.read_parquet(path, glob=False)) if path.exists() else table.empty()
        for table, path in paths.items()
    }


def read_redirects(qualified: Path) -> pl.DataFrame:
    """The redirects of the night before; empty before the first time."""
    path = qualified / CURRENT / _REDIRECTS
    return pl.read_parquet(path, glob=False) if path.exists() else REDIRECTS.empty()


def erase_qualified(qualified: Path, lead_ids: Collection[str]) -> int:
    """Take all rows of leads that are being erased out of the published tables; how many there were."""
    folder = qualified / CURRENT
    if not lead_ids or not folder.exists():
        return 0
    gone, erased = list(lead_ids), 0
    with swap(folder, durable=True) as new:
        shutil.copytree(folder, new)
        for path in sorted(new.glob("*.parquet")):
            table = pl.read_parquet(path, glob=False)
            rest = table.filter(~_speaks_of(table, gone))
            if "lead_ids" in rest.columns:  # a deal stays; its people do not
                rest = rest.with_columns(pl.col("lead_ids").list.set_difference(gone).list.sort())
            if not rest.equals(table):
                erased += table.height - rest.height
                rest.write_parquet(path)
                sync(path)
    return erased


def _speaks_of(table: pl.DataFrame, lead_ids: list[str]) -> pl.Expr:
    told = [pl.col(name).is_in(lead_ids) for name in ("lead_id", "merged_from") if name in table.columns]
    return pl.any_horizontal(told).fill_null(False) if told else pl.lit(False)


def _scan(table: pl.DataFrame | Path) -> pl.LazyFrame:
    return pl.scan_parquet(table, glob=False) if isinstance(table, Path) else table.lazy()
