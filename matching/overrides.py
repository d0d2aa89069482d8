"""Overrides: decisions of people that the machine obeys.

Belongs here: reading `overrides/leads.csv`, `accounts.csv` and `competitors.csv` of the home. Does not belong here:
obeying them (clustering and accounts do) or asking for them (the review queue does).

`leads.csv` has the columns decision (must_link or cannot_link), left_source, left_id, right_source, right_id.
`accounts.csv` has decision (must_link, cannot_link, rename or set_parent), left, right: company spellings as
they arrive; for rename, right is the name to show; for set_parent, right is the parent company; cannot_link of a
name with itself keeps companies of one name in different postcodes apart.
`competitors.csv` has domain: companies whose people are never handed to sales.
Further columns (who, when, why) are welcome and ignored. Commas or semicolons, UTF-8 or Windows: as Excel saves it.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.table_file import read_table

LEAD_COLUMNS = ("decision", "left_source", "left_id", "right_source", "right_id")
ACCOUNT_COLUMNS = ("decision", "left", "right")
LEAD_DECISIONS = ("must_link", "cannot_link")
ACCOUNT_DECISIONS = ("must_link", "cannot_link", "rename", "set_parent")


def read_lead_overrides(folder: Path) -> pl.DataFrame:
    """Decisions on pairs of source records; an empty frame where there are none.

    Raises:
        ValueError: a column is missing or a decision is not known; names file, row and remedy.
    """
    return _read(folder / "leads.csv", LEAD_COLUMNS, LEAD_DECISIONS)


def read_account_overrides(folder: Path) -> pl.DataFrame:
    """Decisions on company spellings; an empty frame where there are none.

    Raises:
        ValueError: a column is missing or a decision is not known; names file, row and remedy.
    """
    return _read(folder / "accounts.csv", ACCOUNT_COLUMNS, ACCOUNT_DECISIONS)


def record_pairs(overrides: pl.DataFrame, keys: pl.DataFrame, decision: str) -> pl.DataFrame:
    """The record numbers of the pairs with this decision.

    Args:
        overrides: from `read_lead_overrides`.
        keys: source, source_record_id; row position = record.
        decision: must_link or cannot_link.

    Returns:
        left, right (UInt32), left < right, sorted; pairs with an id that is not loaded are left out.
    """
    numbered = keys.select("source", "source_record_id").with_row_index("record")
    sides = {
        side: numbered.rename({"record": side, "source": f"{side}_source", "source_record_id": f"{side}_id"})
        for side in ("left", "right")
    }
    found = overrides.filter(pl.col("decision") == decision)
    for side, numbers in sides.items():
        found = found.join(numbers, on=[f"{side}_source", f"{side}_id"], how="inner")
    return (
        found.select(
            pl.min_horizontal("left", "right").alias("left"), pl.max_horizontal("left", "right").alias("right")
        )
        .filter(pl.col("left") < pl.col("right"))
        .unique()
        .sort("left", "right")
    )


def read_competitors(folder: Path) -> frozenset[str]:
    """Mail and web domains of competitors; none where there is no file.

    Raises:
        ValueError: the file has no column domain.
    """
    domains = read_table(folder / "competitors.csv", ("domain",))["domain"].str.strip_chars().str.to_lowercase()
    return frozenset(domains.str.replace(r"^(?:https?://)?(?:www\.)?@?", "").str.replace(r"/.*$", "").drop_nulls())


def _read(path: Path, columns: tuple[str, ...], decisions: tuple[str, ...]) -> pl.DataFrame:
    frame = read_table(path, columns)
    frame = frame.with_columns(pl.col("decision").str.to_lowercase())
    for row, decision in enumerate(frame["decision"], start=2):
        if decision not in decisions:
            raise ValueError(f"{path}, row {row}: {decision!r} is not a decision; use {', '.join(decisions)}")
    return frame
