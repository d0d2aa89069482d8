"""Company spellings that decisions name: from spelling to tonight's rows of company names.

Belongs here: that step, and the names accounts are to be shown by. Does not belong here: records (`records`) or
comparing names (`matching.accounts`).
A spelling means every row written exactly so, else every row with the same match key. A spelling that cannot be
linked with itself stands for several companies of one name: its rows are told apart by their postcode.
"""

from __future__ import annotations

import polars as pl

from enrichment.company.clean import company_key


def spelling_pairs(decisions: pl.DataFrame, names: pl.DataFrame, decision: str) -> pl.DataFrame:
    """Pairs of company rows with this decision.

    Args:
        decisions: `contracts.matched.DECISIONS`.
        names: contracts.matched.COMPANY_NAMES.
        decision: must_link, cannot_link or set_parent.

    Returns:
        left, right (UInt32 name rows), id (of the decision), in the order of the decisions; spellings that no row
        carries give no pair.
    """
    found = decisions.filter((pl.col("about") == "account") & (pl.col("decision") == decision)).with_row_index("line")
    sides = [
        rows_of(found["line"], found[side], names).rename({"name": side, "id": "line"}) for side in ("left", "right")
    ]
    pairs = sides[0].join(sides[1], on="line").filter(pl.col("left") != pl.col("right"))
    if decision == "cannot_link":
        one_name = (found["left"] == found["right"]).gather(pairs["line"])
        postcode = [names["postcode"].gather(pairs[side]) for side in ("left", "right")]
        pairs = pairs.filter(~(one_name & postcode[0].eq_missing(postcode[1])))
    return (
        pairs.join(found.select("line", "id"), on="line")
        .select("left", "right", "id", "line")
        .unique(["left", "right", "id"], keep="any")
        .sort("line", "left", "right")
        .drop("line")
    )


def renames(decisions: pl.DataFrame, names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """The stated name per cluster: cluster, name. The last statement wins."""
    found = decisions.filter(pl.col("decision") == "rename").with_row_index("line")
    rows = rows_of(found["line"], found["left"], names).rename({"id": "line"})
    return (
        rows.join(clusters.select("name", "cluster"), on="name")
        .join(found.select("line", stated="value"), on="line")
        .sort("line")
        .unique("cluster", keep="last", maintain_order=True)
        .select("cluster", name="stated")
    )


def rows_of(ids: pl.Series, spelling: pl.Series, names: pl.DataFrame) -> pl.DataFrame:
    """id, name: the rows each spelling means."""
    asked = pl.DataFrame({"id": ids, "company": spelling})
    exact = asked.join(names.select("name", "company"), on="company").select("id", "name")
    rest = asked.join(exact, on="id", how="anti")
    if rest.is_empty():  # as where nobody decided anything: to fold no name at all takes its time too
        return exact
    folded = rest.with_columns(company_key(rest["company"]).alias("company_key")).drop_nulls("company_key")
    alike = folded.join(names.select("name", "company_key"), on="company_key").select("id", "name")
    return pl.concat([exact, alike])
