"""Case tables a domain expert can read, and the one way to load them."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl


def load(name: str) -> pl.DataFrame:
    """The cases of a field, all columns text, empty cells null, `\\uXXXX` and `\\n` in `raw` resolved."""
    frame = load_columns(name)
    return frame.with_columns(pl.Series("raw", [_character(text) for text in frame["raw"]], dtype=pl.String))


def load_columns(name: str) -> pl.DataFrame:
    """The cases of a table as written, all columns text, empty cells null."""
    return pl.read_csv(Path(__file__).parent / f"{name}.csv", infer_schema=False)


def _character(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(r"\\(u[0-9a-f]{4}|n)", lambda found: "\n" if found[1] == "n" else chr(int(found[1][1:], 16)), text)


def differences(expected: pl.DataFrame, found: pl.DataFrame) -> list[str]:
    """A line per cell that is not as expected, for a readable failure."""
    return [
        f"{want['raw']!r}: {column} should be {want[column]!r}, is {got[column]!r}"
        for want, got in zip(expected.to_dicts(), found.to_dicts(), strict=True)
        for column in found.columns
        if want[column] != got[column]
    ]
