"""Overrides on accounts: what people said of company spellings, as rows and clusters.

Belongs here: finding the company rows a stated spelling means, renaming accounts. Does not belong here: reading
the file (`matching.overrides`) or comparing names (`matching.accounts`).
A spelling means every row written exactly so, else every row with the same match key. A spelling that cannot be
linked with itself stands for several companies of one name: its rows are told apart by their postcode.
"""

from __future__ import annotations

import polars as pl

from enrichment.company.clean import company_key


def spelling_pairs(overrides: pl.DataFrame, names: pl.DataFrame, decision: str) -> pl.DataFrame:
    """Pairs of company rows with this decision.

    Args:
        overrides: `matching.overrides.read_account_overrides`.
        names: contracts.matched.COMPANY_NAMES.
        decision: must_link, cannot_link or set_parent.

    Returns:
        left, right (UInt32 name rows), sorted; spellings that no row carries give no pair.
    """
    found = overrides.filter(pl.col("decision") == decision).with_row_index("override")
    sides = [_rows_of(found["override"], found[side], names).rename({"name": side}) for side in ("left", "right")]
    pairs = sides[0].join(sides[1], on="override").filter(pl.col("left") != pl.col("right"))
    if decision == "cannot_link":
        one_name = (found["left"] == found["right"]).gather(pairs["override"])
        postcode = [names["postcode"].gather(pairs[side]) for side in ("left", "right")]
        pairs = pairs.filter(~(one_name & postcode[0].eq_missing(postcode[1])))
    return pairs.select("left", "right").unique().sort("left", "right")


def renames(overrides: pl.DataFrame, names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """The stated name per cluster: cluster, name. The last statement of the file wins."""
    found = overrides.filter(pl.col("decision") == "rename").with_row_index("override")
    rows = _rows_of(found["override"], found["left"], names)
    return (
        rows.join(clusters.select("name", "cluster"), on="name")
        .join(found.select("override", stated="right"), on="override")
        .sort("override")
        .unique("cluster", keep="last", maintain_order=True)
        .select("cluster", name="stated")
    )


def _rows_of(override: pl.Series, spelling: pl.Series, names: pl.DataFrame) -> pl.DataFrame:
    """override, name: the rows each spelling means."""
    asked = pl.DataFrame({"override": override, "company": spelling, "company_key": company_key(spelling)})
    exact = asked.join(names.select("name", "company"), on="company").select("override", "name")
    rest = asked.join(exact, on="override", how="anti").drop_nulls("company_key")
    alike = rest.join(names.select("name", "company_key"), on="company_key").select("override", "name")
    return pl.concat([exact, alike])
