"""Records that decisions name: from SOURCE/ID to the numbers of tonight's records.

Belongs here: that step. Does not belong here: company spellings (`spellings`).
"""

from __future__ import annotations

import polars as pl

from matching.decisions.log import source_and_id


def named_records(lines: pl.DataFrame, side: str, keys: pl.DataFrame) -> pl.DataFrame:
    """The records on one side of decisions, in the order of the lines; those that were not read are left out.

    Args:
        lines: `contracts.matched.DECISIONS`, of leads.
        side: left or right.
        keys: source, source_record_id; row position = record.

    Returns:
        id (of the decision), record (UInt32).
    """
    asked = lines.select("id", source_and_id(side).alias("key")).unnest("key").drop_nulls("source_record_id")
    if asked.is_empty():
        return pl.DataFrame(schema={"id": pl.String, "record": pl.UInt32})
    numbered = keys.select("source", "source_record_id").with_row_index("record")
    wanted = numbered.lazy().filter(pl.col("source_record_id").is_in(asked["source_record_id"].unique().implode()))
    found = asked.join(wanted.collect(), on=["source", "source_record_id"], how="inner", maintain_order="left")
    return found.select("id", "record")


def record_pairs(lines: pl.DataFrame, keys: pl.DataFrame, *decisions: str) -> pl.DataFrame:
    """Each record on the left of these decisions with each on their right.

    Args:
        lines: `contracts.matched.DECISIONS`.
        keys: as for `named_records`.
        decisions: must_link, cannot_link or unmerge.

    Returns:
        left, right (UInt32), left < right, id; each pair once for each decision on it, sorted.
    """
    said = lines.filter((pl.col("about") == "lead") & pl.col("decision").is_in(decisions))
    sides = [named_records(said, side, keys).rename({"record": side}) for side in ("left", "right")]
    return (
        sides[0]
        .join(sides[1], on="id")
        .select(pl.min_horizontal("left", "right"), right=pl.max_horizontal("left", "right"), id="id")
        .filter(pl.col("left") < pl.col("right"))
        .unique()
        .sort("left", "right", "id")
    )
