"""Company rows that one person named: whoever is the same person works, as a rule, at the same company.

Belongs here: the pairs of company rows that the records of one lead carry. Does not belong here: who is one person
(`matching/leads`) or what a pair means together with the names (`matching/accounts/linking/rules`).
"""

from __future__ import annotations

import polars as pl

MOST = 12
"""Company rows of one lead that are compared; a person with more is no person but a mailbox."""

PAIRS = pl.Schema({"left": pl.UInt32, "right": pl.UInt32})


def rows_of_one_person(name_of_record: pl.Series, lead_of_record: pl.Series) -> pl.DataFrame:
    """Pairs of different company rows named by records of one lead.

    Args:
        name_of_record: per record its row of `contracts.matched.COMPANY_NAMES`, null where it names no company.
        lead_of_record: per record its lead, null where it is no person's.

    Returns:
        left, right (UInt32, left the smaller), each pair once, sorted.
    """
    named = pl.DataFrame({"row": name_of_record.cast(pl.UInt32), "lead": lead_of_record}).drop_nulls().unique()
    few = named.filter(pl.len().over("lead").is_between(2, MOST))
    return (
        few.join(few, on="lead", suffix="_b")
        .filter(pl.col("row") < pl.col("row_b"))
        .select(left="row", right="row_b")
        .unique()
        .sort("left", "right")
        .cast(PAIRS)
    )
