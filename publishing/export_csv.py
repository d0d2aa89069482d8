"""CSV export: published tables for people with spreadsheets and tools that read nothing else.

Belongs here: flattening lists, writing the file. Does not belong here: what a spreadsheet would run
(`engine.escaping`), the published Parquet files, which hold every value as it is.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.escaping import for_csv


def write_csv(frame: pl.DataFrame, path: Path, *, separator: str = ",", bom: bool = False) -> None:
    """Write a table as UTF-8 CSV (RFC 4180), safe to open in a spreadsheet.

    Lists of text are joined with `; `, other nested values become JSON, null an empty cell. With `bom`, Excel
    recognises the encoding when the file is double-clicked.

    Raises:
        OSError: the file cannot be written.
    """
    flat = frame.select(_flat(name, dtype) for name, dtype in frame.schema.items())
    for_csv(flat).write_csv(path, separator=separator, include_bom=bom, line_terminator="\r\n")


def _flat(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.List(pl.String):
        return pl.col(name).list.join("; ")
    if dtype.is_nested():
        return pl.struct(name).struct.json_encode().alias(name)
    return pl.col(name)
