"""Excel export: published tables for people with spreadsheets, with every text kept as text.

Belongs here: writing the file, and what a sheet cannot hold. Does not belong here: flattening (`publishing.flat`).
Sources: "Excel specifications and limits", Microsoft Support. Unlike in CSV nothing has to be escaped: a cell says
itself that it is text, so postcodes keep their zeros, numbers their plus, and no text is a formula or a link.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import xlsxwriter

from publishing.flat import flat

ROWS = 1_048_576  # of a sheet, the header one of them
SIGNS = 32_767  # of a cell
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class TooMuch(ValueError):  # noqa: N818 - a limit of the format, not a fault
    """A sheet cannot hold the table."""


def write_excel(frame: pl.DataFrame, path: Path, sheet: str) -> None:
    """Write a table as one sheet of an xlsx file; nested values are flattened (`publishing.flat`), times are UTC.

    Raises:
        TooMuch: it has more rows, or a text is longer, than Excel takes.
        OSError: the file cannot be written.
    """
    rows = flat(frame.lazy()).collect()
    if rows.height >= ROWS:
        raise TooMuch(f"Excel takes {ROWS - 1:,} rows, and there are {rows.height:,}; fewer, or CSV or Parquet")
    for name in (name for name, dtype in rows.schema.items() if dtype == pl.String):
        if (rows[name].str.len_chars() > SIGNS).any():
            raise TooMuch(f"Excel takes {SIGNS:,} signs in a cell, and {name} has more; CSV and Parquet take it")
    times = [pl.col(name).dt.replace_time_zone(None) for name, dtype in rows.schema.items() if dtype == pl.Datetime]
    with xlsxwriter.Workbook(path, _PLAIN) as book:
        rows.with_columns(times).write_excel(
            book, sheet, dtype_formats={pl.Datetime: "yyyy-mm-dd hh:mm"}, float_precision=3, freeze_panes=(1, 0)
        )
