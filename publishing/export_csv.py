"""CSV export: published tables for people with spreadsheets and tools that read nothing else.

Belongs here: writing the file. Does not belong here: flattening (`publishing.flat`), what a spreadsheet would run
(`engine.escaping`), the published Parquet files, which hold every value as it is.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.escaping import for_csv
from publishing.flat import flat


def write_csv(frame: pl.DataFrame, path: Path, *, excel: bool = False) -> None:
    """Write a table as UTF-8 CSV (RFC 4180), safe to open in a spreadsheet.

    Nested values are flattened (`publishing.flat`), null is an empty cell. With `excel`, it is written as Excel with
    German settings opens it by a double click: semicolons, decimal commas, and the mark that names the encoding.

    Raises:
        OSError: the file cannot be written.
    """
    for_csv(flat(frame.lazy()).collect()).write_csv(
        path, separator=";" if excel else ",", include_bom=excel, decimal_comma=excel, line_terminator="\r\n"
    )
