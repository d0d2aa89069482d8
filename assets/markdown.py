"""Small tables in Markdown, as the Dagster page shows them.

Belongs here: drawing rows, counting values, shares. Does not belong here: which figures a table is told by
(`assets.summaries`). Whatever a text holds, it is only shown (`engine.escaping`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
import polars as pl

from engine.escaping import for_markdown


def markdown(rows: pl.DataFrame, limit: int = 30) -> dg.MarkdownMetadataValue:
    """A small table as Markdown, with numbers to the right."""
    return dg.MetadataValue.md(markdown_text(rows, limit))


def markdown_text(rows: pl.DataFrame, limit: int = 30) -> str:
    """A small table as Markdown text; whatever its texts hold, they are only shown."""
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


def counts(values: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """Named counts as a Markdown table."""
    return markdown(pl.DataFrame({"what": list(values), "rows": list(values.values())}))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return for_markdown(str(value)) if isinstance(value, str) else str(value)
