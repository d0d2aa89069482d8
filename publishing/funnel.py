"""The funnel of a night: how many files, records and leads came through each stage.

Belongs here: counting. Does not belong here: showing the counts (terminal and report page do).
"""

from __future__ import annotations

import polars as pl

HELD_FILES = "files held back"
_HAS_CHANNEL = (
    (pl.col("email_status") == "valid")
    | pl.col("phone_status").is_in(["valid", "possible"])
    | pl.col("mobile_status").is_in(["valid", "possible"])
)


def funnel_counts(
    files: pl.DataFrame, clean: pl.LazyFrame, quarantine: pl.DataFrame, leads: pl.DataFrame, accounts: pl.DataFrame
) -> dict[str, int]:
    """Counts per stage, in the order of the flow.

    `valid records` have at least one working channel: a valid e-mail address or a dialable number.
    `publishable leads` have no reason that blocks handing them to sales. `quarantined` are rows; of a file that is held
    back as a whole no row is known.
    """
    records, valid = clean.select(pl.len().alias("records"), _HAS_CHANNEL.sum().alias("valid")).collect().row(0)
    held_files, held_rows = held_files_and_rows(quarantine)
    return {
        "files": files.select("source", "file").n_unique(),
        HELD_FILES: held_files,
        "records": records,
        "quarantined": held_rows,
        "valid records": valid,
        "leads": leads.height,
        "publishable leads": int(leads["publishable"].sum()),
        "accounts": accounts.height,
    }


def held_files_and_rows(quarantine: pl.DataFrame) -> tuple[int, int]:
    """How many files as a whole, and how many rows of others, are held back, whatever the number of reasons."""
    whole = pl.col("row").is_null()
    places = quarantine.select("source", "file", "sheet", "row").unique()
    return places.filter(whole).height, places.filter(~whole).height
