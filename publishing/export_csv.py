"""CSV export: published tables for people with spreadsheets and tools that read nothing else.

Belongs here: escaping what a spreadsheet would run as a formula, flattening lists. Does not belong here: the
published Parquet files, which hold every value as it is.
Source: OWASP, "CSV Injection": a cell that begins with = + - @, tab or carriage return may be run as a formula
(`=cmd|'/C calc'!A0`), also in full-width form; a leading apostrophe makes it text. Plain numbers and E.164 phone
numbers cannot be formulas and stay as they are, so that an import finds them unchanged.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_HARMLESS = r"^[+-]?\d+([.,]\d+)?$"


def escape_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with an apostrophe before every text a spreadsheet might run.

    Example:
        >>> escape_formulas(pl.DataFrame({"name": ["=1+1", "Klein"], "phone": ["+497111234567", None]}))
        shape: (2, 2)
        ┌───────┬───────────────┐
        │ name  ┆ phone         │
        │ ---   ┆ ---           │
        │ str   ┆ str           │
        ╞═══════╪═══════════════╡
        │ '=1+1 ┆ +497111234567 │
        │ Klein ┆ null          │
        └───────┴───────────────┘
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA) & ~pl.col(name).str.contains(_HARMLESS))
        .then("'" + pl.col(name))
        .otherwise(name)
        .alias(name)
        for name in texts
    )


def write_csv(frame: pl.DataFrame, path: Path, *, separator: str = ",", bom: bool = False) -> None:
    """Write a table as UTF-8 CSV (RFC 4180), safe to open in a spreadsheet.

    Lists of text are joined with `; `, other nested values become JSON, null an empty cell. With `bom`, Excel
    recognises the encoding when the file is double-clicked.

    Raises:
        OSError: the file cannot be written.
    """
    flat = frame.select(_flat(name, dtype) for name, dtype in frame.schema.items())
    escape_formulas(flat).write_csv(path, separator=separator, include_bom=bom, line_terminator="\r\n")


def _flat(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.List(pl.String):
        return pl.col(name).list.join("; ")
    if dtype.is_nested():
        return pl.struct(name).struct.json_encode().alias(name)
    return pl.col(name)
