"""Buying roles: how far our reading of titles agrees with two plausible ones, by group of titles.

Belongs here: the measure. Does not belong here: the rules (`enrichment/data/buying_roles.csv`), the labelled titles.
Where the two readings differ no rule can agree with both: then it counts whether both parts are among ours.

    python -m benchmarks.buying_roles
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from enrichment.job.title import classify

LABELLED = Path(__file__).parents[1] / "tests" / "enrichment" / "cases" / "buying_roles_two_views.csv"
VIEWS = ("specification", "budget")


def agreement(labelled: pl.DataFrame) -> pl.DataFrame:
    """Shares by group, in the order of the list, and over all titles in the last row.

    Args:
        labelled: group, title and the part in each of VIEWS.

    Returns:
        group, titles; `each_other`: the two readings agree; for each view: our likeliest part is that of the view;
        `either`: it is that of one of them; `both`: the parts of both are among ours.
    """
    read = classify(labelled["title"])
    ours = read["roles"].list.eval(pl.element().struct.field("role"))
    one, two = (pl.col(view) for view in VIEWS)
    judged = labelled.with_columns(role=read["role"], roles=ours).select(
        "group",
        each_other=one == two,
        **{view: pl.col("role") == pl.col(view) for view in VIEWS},
        either=(pl.col("role") == one) | (pl.col("role") == two),
        both=pl.col("roles").list.contains(one) & pl.col("roles").list.contains(two),
    )
    shares = [pl.len().alias("titles"), pl.exclude("group").mean()]
    by_group = judged.group_by("group", maintain_order=True).agg(shares)
    return pl.concat(
        [by_group, judged.select(pl.lit("all").alias("group"), pl.len().alias("titles"), pl.exclude("group").mean())]
    )


def as_markdown(shares: pl.DataFrame) -> str:
    """The table of the docs."""
    lines = [
        "| group | titles | they agree | specification | budget | either | both named |",
        "|---|---|---|---|---|---|---|",
    ]
    for group, titles, *figures in shares.iter_rows():
        lines.append(" | ".join([f"| {group}", str(titles), *(f"{figure:.2f}" for figure in figures)]) + " |")
    return "\n".join(lines)


def labelled_titles() -> pl.DataFrame:
    """The list, as it lies with the tests."""
    return pl.read_csv(LABELLED, comment_prefix="#", infer_schema=False)


if __name__ == "__main__":
    print(as_markdown(agreement(labelled_titles())))
