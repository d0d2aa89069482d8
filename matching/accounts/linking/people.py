"""Company rows that one person named: whoever is the same person works, as a rule, at the same company.

Belongs here: which leads name a company row, and the pairs of rows they say are one. Does not belong here: who is one
person (`matching/leads`) or what a pair means together with the names (`matching/accounts/linking/rules`).
"""

from __future__ import annotations

import polars as pl

from matching.components import Labels

MOST = 12
"""Company rows of one lead that are compared; a lead with more is no person but a mailbox."""

NAMED_BY = pl.Schema({"row": pl.UInt32, "lead": pl.String})


def named_by(name_of_record: pl.Series, leads: pl.Series) -> pl.DataFrame:
    """row, lead: which leads name each company row, each once.

    Args:
        name_of_record: per record its row of `contracts.matched.COMPANY_NAMES`, null where it names no company.
        leads: per record its lead, null where it is no person's.
    """
    return pl.DataFrame({"row": name_of_record, "lead": leads}).drop_nulls().unique().sort("row", "lead").cast(NAMED_BY)


def rows_of_one_person(named: pl.DataFrame, groups: Labels) -> pl.DataFrame:
    """Pairs of rows of different groups that one lead named: left, right (left the smaller), sorted, and two flags.

    Args:
        named: `named_by`.
        groups: the group of each row.

    Returns:
        left_alone, right_alone say that nobody else names the group of the row: all its people name the other one too.
    """
    placed = named.with_columns(group=pl.Series(groups).gather(named["row"]))
    people = placed.group_by("group").agg(people=pl.col("lead").n_unique())
    few = placed.filter(pl.col("row").n_unique().over("lead").is_between(2, MOST))
    met = few.join(few, on="lead", suffix="_b").filter(pl.col("group") != pl.col("group_b"))
    shared = met.group_by("group", "group_b").agg(shared=pl.col("lead").n_unique())
    alone = (
        shared.join(people, on="group")
        .with_columns(alone=pl.col("shared") == pl.col("people"))
        .drop("shared", "people")
    )
    pairs = met.filter(pl.col("row") < pl.col("row_b")).select("row", "row_b", "group", "group_b").unique()
    return (
        pairs.join(alone, on=["group", "group_b"])
        .join(alone.rename({"group": "group_b", "group_b": "group"}), on=["group", "group_b"], suffix="_b")
        .select(left="row", right="row_b", left_alone="alone", right_alone="alone_b")
        .sort("left", "right")
    )
