"""The columns of register files, by what they tell.

Belongs here: finding the columns that `data/register_columns.csv` knows among those of a file, and what a file needs
for being of use. Does not belong here: reading files (`register_files`), what their values mean (`register_entries`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import polars as pl

from engine.word_lists import entries
from matching.word_lists import LISTS

FIELDS = tuple(dict.fromkeys(row["field"] for row in LISTS.rows("register_columns.csv")))
"""What is read of a row, each as text."""

RELATION = ("below", "above")
"""Columns that make a row one of who belongs to whom."""
_ANCHORS = ("register_no", "vat_id", "address", "postcode", "city", "seat", "domain")

ENTRY_ROWS = pl.Schema({"file": pl.String, "row": pl.UInt32} | dict.fromkeys(FIELDS, pl.String))
"""Rows of register files as they are read: where each stands, and `FIELDS`."""

NO_ROWS = pl.DataFrame(schema=ENTRY_ROWS)


class BrokenRegister(ValueError):  # noqa: N818 - says what is the matter with it
    """A register file cannot be used; the message names file, row or column, and what to do."""


def found_columns(file: str, headers: Iterable[str]) -> Mapping[str, str]:
    """Which column of a file tells each field.

    Args:
        file: its name, for the message.
        headers: its columns; of nested ones the path with dots.

    Raises:
        BrokenRegister: no name is among them, or nothing by which a company of that name would be known.
    """
    there = {_plain(header): header for header in reversed([*headers])}
    found: dict[str, str] = {}
    for row in LISTS.rows("register_columns.csv"):
        name = next((plain for plain in map(_plain, entries(row["headers"])) if plain in there), None)
        if name is not None:
            found.setdefault(row["field"], there[name])
    if all(field in found for field in RELATION):
        return found
    if "name" not in found:
        raise BrokenRegister(f"{file}, row 1: no column holds the name; call one of them name, firma or company")
    if not any(field in found for field in _ANCHORS):
        raise BrokenRegister(
            f"{file}, row 1: nothing beside the name; a column for the place (postcode, city, address), the number "
            "(register_no, vat_id) or the domain is needed, since names alone join nothing"
        )
    return found


def _plain(header: str) -> str:
    return re.sub(r"[\W_]+", "", header.lower())
