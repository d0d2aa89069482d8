"""What every asset tells the Dagster page about its table.

Belongs here: row counts, column schemas, links and small Markdown tables, without personal data.
Does not belong here: computing the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from contracts.published import PUBLISHED
from contracts.table import Table
from expectations.promises import column_in_words

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


def materialised(path: Path, **more: Any) -> dg.MaterializeResult[Any]:
    """The result of writing the Parquet file of an asset, with its row count, place and size."""
    rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    return dg.MaterializeResult(
        asset_key=path.stem,
        metadata={
            "dagster/row_count": rows,
            "dagster/uri": path.as_uri(),
            "size": f"{path.stat().st_size / 1e6:,.1f} MB",
            **more,
        },
    )


def markdown(rows: pl.DataFrame, limit: int = 30) -> dg.MarkdownMetadataValue:
    """A small table as Markdown, with numbers to the right."""
    return dg.MetadataValue.md(markdown_text(rows, limit))


def markdown_text(rows: pl.DataFrame, limit: int = 30) -> str:
    """A small table as Markdown text."""
    numeric = [dtype.is_numeric() for dtype in rows.dtypes]
    lines = [_line(rows.columns), _line(["---:" if n else "---" for n in numeric])]
    lines += [_line([_cell(value) for value in row]) for row in rows.head(limit).iter_rows()]
    if rows.height > limit:
        lines.append(f"\n… and {rows.height - limit:,} more")
    return "\n".join(lines)


def tally(frame: pl.DataFrame, *columns: str, of: str = "rows", limit: int = 30) -> dg.MarkdownMetadataValue:
    """How many rows (called `of`) have each value of the columns, most frequent first."""
    counted = frame.group_by(columns).len(of).sort(of, *columns, descending=[True, *(False for _ in columns)])
    return markdown(counted, limit)


def shares(frame: pl.LazyFrame, columns: Sequence[str]) -> pl.DataFrame:
    """How often each status occurs: one row per column and value, with count and share in percent."""
    counted = [
        frame.group_by(pl.col(column).alias("value"))
        .len("rows")
        .select(pl.lit(column).alias("field"), "value", "rows")
        .with_columns((100 * pl.col("rows") / pl.col("rows").sum()).round(1).alias("%"))
        .sort("rows", "value", descending=[True, False])
        for column in columns
    ]
    return pl.concat(pl.collect_all(counted))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def counts(values: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """Named counts as a Markdown table."""
    return markdown(pl.DataFrame({"what": list(values), "rows": list(values.values())}))
