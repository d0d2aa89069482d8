"""Table files: small tables that people write, read whichever program saved them.

Belongs here: separators, encodings and headers of such files. Does not belong here: what a table means (`matching`,
`sources.withdrawals`), tables that others deliver (`sources`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.fence import read_regular


def read_table(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    """These columns of a file, as text; an empty frame where there is no file. Others may stand beside them.

    Commas, semicolons or tabs, UTF-8 or Windows: as Excel saves it.

    Raises:
        ValueError: a column is missing, or a row has more cells than the header; names file and remedy.
        OSError: it cannot be read.
    """
    try:
        text = decoded(read_regular(path))
    except FileNotFoundError:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        frame = pl.read_csv(text.encode(), separator=separator, infer_schema=False, raise_if_empty=False)
    except pl.exceptions.ComputeError as error:
        raise ValueError(
            f"{path}: a row has more cells than the header; quote values that hold {separator!r}"
        ) from error
    frame = frame.rename(lambda name: name.strip().lower()).with_columns(pl.col(pl.String).str.strip_chars())
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{path}: column {', '.join(missing)} is missing; the header is {','.join(columns)}")
    return frame.select(columns)


def decoded(raw: bytes) -> str:
    """The text of a file that a person saved: UTF-8, or what Excel on Windows writes."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
