"""The account as it is to be shown, with what people said of it: its name and its parent.

Belongs here: putting profile, parent and decisions together. Does not belong here: choosing among spellings
(`matching.accounts.shown.profile`), inferring parents (`matching.accounts.shown.corporate_groups`).
"""

from __future__ import annotations

import polars as pl

from contracts.matched import ACCOUNT_PROFILES
from matching.accounts.shown.corporate_groups import parents
from matching.accounts.shown.profile import accounts
from matching.decisions.spellings import renames, spelling_pairs


def shown_accounts(
    names: pl.DataFrame,
    clusters: pl.DataFrame,
    decisions: pl.DataFrame,
    previous: pl.DataFrame,
    stated: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every account with its id and its parent's (`contracts.matched.ACCOUNT_PROFILES`, sorted by account_id).

    Args:
        names: `contracts.matched.COMPANY_NAMES`.
        clusters: `contracts.matched.ACCOUNT_CLUSTERS`.
        decisions: what people decided, `contracts.matched.DECISIONS`, those that count.
        previous: account_id, name as last published.
        stated: what records state of it beside that (`matching.accounts.shown.stated`).
    """
    said = renames(decisions, names, clusters).rename({"name": "stated_name"})
    ids = clusters.select("cluster", "account_id").unique()
    shown = (
        accounts(names, clusters, ids.join(previous, on="account_id").select("cluster", "name"))
        .join(said, on="cluster", how="left", maintain_order="left")
        .with_columns(name=pl.coalesce("stated_name", "name"))
    )
    links = parents(shown, names, clusters, stated=_stated_parents(names, clusters, decisions))
    parent_ids = links.join(ids.rename({"cluster": "parent", "account_id": "parent_account_id"}), on="parent")
    known = shown.join(ids, on="cluster", how="inner", maintain_order="left").join(
        parent_ids.select("cluster", "parent_account_id"), on="cluster", how="left", maintain_order="left"
    )
    if stated is not None:
        known = known.join(stated, on="account_id", how="left", maintain_order="left")
    told = known.select(name for name in ACCOUNT_PROFILES.names if name in known.columns)
    return ACCOUNT_PROFILES.conform(told).sort("account_id")


def _stated_parents(names: pl.DataFrame, clusters: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """cluster, parent; the last statement of an account wins."""
    cluster_of = dict(clusters.select("name", "cluster").iter_rows())
    return (
        spelling_pairs(decisions, names, "set_parent")
        .select(
            cluster=pl.col("left").replace_strict(cluster_of, return_dtype=pl.UInt32),
            parent=pl.col("right").replace_strict(cluster_of, return_dtype=pl.UInt32),
        )
        .unique("cluster", keep="last", maintain_order=True)
    )
