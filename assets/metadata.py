"""What every asset tells the Dagster page about its table.

Belongs here: column schemas, row counts, places and sizes, without personal data. Does not belong here: the figures
of one table (`assets.summaries`) or computing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.measures import measured
from assets.summaries import SUMMARIES
from contracts.published import PUBLISHED
from contracts.table import Table
from expectations.promises import column_in_words
from publishing.report.masking import without_contacts

OWNERS = ["team:data-engineering"]
POLARS = {"polars", "parquet"}
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26))  # a night, at any hour, with time to run


def asset_options(table: Table, group: str, kinds: set[str] | None = None) -> dict[str, Any]:
    """The options every table asset shares: name, description, group, owner and column schema."""
    return {
        "name": table.name,
        "description": table.description,
        "group_name": group,
        "kinds": kinds or POLARS,
        "owners": OWNERS,
        "metadata": {"dagster/column_schema": column_schema(table)},
        "freshness_policy": FRESH if table in PUBLISHED else None,
    }


def asset_spec(table: Table, group: str, deps: Sequence[str]) -> dg.AssetSpec:
    """A table that is filled together with another one."""
    options = asset_options(table, group)
    return dg.AssetSpec(options.pop("name"), deps=deps, **options)


def column_schema(table: Table) -> dg.TableSchema:
    """The contract of a table in Dagster's notation."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=table.key == (column.name,), other=column_in_words(column)
                ),
            )
            for column in table.columns
        ]
    )


def masked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose texts show no e-mail address and no phone number."""
    return rows.with_columns(pl.col(pl.String).map_elements(without_contacts, return_dtype=pl.String))


def materialised(path: Path, told_as: str | None = None, /, **more: Any) -> dg.MaterializeResult[Any]:
    """The result of writing the table of an asset, a Parquet file or a folder of them: its row count, place and size,
    its numbers, its summary, and `more`. Assets whose tables are alike are `told_as` one of them."""
    table, name = pl.scan_parquet(path, glob=False), told_as or path.stem
    return dg.MaterializeResult(
        asset_key=path.stem,
        metadata={
            "dagster/row_count": table.select(pl.len()).collect().item(),
            "dagster/uri": path.as_uri(),
            "size_mb": round(_bytes(path) / 1e6, 3),
            **measured(name, table),
            **{name: summary(table) for name, summary in SUMMARIES.get(name, {}).items()},
            **more,
        },
    )


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
