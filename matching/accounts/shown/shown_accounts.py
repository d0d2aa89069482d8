"""The account as it is to be shown, with what people said of it: its name and its parent.

Belongs here: putting profile, parent, register and decisions together. Does not belong here: choosing among spellings
(`matching.accounts.shown.profile`), inferring parents (`matching.accounts.shown.corporate_groups`).
"""

from __future__ import annotations

import polars as pl

from contracts.matched import ACCOUNT_PROFILES
from matching.accounts.known.known_companies import KNOWN
from matching.accounts.shown.corporate_groups import parents
from matching.accounts.shown.profile import accounts
from matching.decisions.spellings import renames, spelling_pairs

_ADDRESS = ("street", "house_number", "postcode", "city", "country")
_NUMBERS = ("vat_id", "register_no")


def shown_accounts(
    names: pl.DataFrame,
    clusters: pl.DataFrame,
    decisions: pl.DataFrame,
    previous: pl.DataFrame,
    stated: pl.DataFrame | None = None,
    *,
    known: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every account with its id and its parent's (`contracts.matched.ACCOUNT_PROFILES`, sorted by account_id).

    Args:
        names: `contracts.matched.COMPANY_NAMES`.
        clusters: `contracts.matched.ACCOUNT_CLUSTERS`.
        decisions: what people decided, `contracts.matched.DECISIONS`, those that count.
        previous: account_id, name as last published.
        stated: what records state of it beside that (`matching.accounts.shown.stated`).
        known: what a register states of it (`matching.accounts.known.known_companies`): it goes before what records
            say, and after what people decided.
    """
    known = pl.DataFrame(schema=KNOWN) if known is None else known
    said = renames(decisions, names, clusters).rename({"name": "stated_name"})
    ids = clusters.select("cluster", "account_id").unique()
    shown = (
        _registered(accounts(names, clusters, ids.join(previous, on="account_id").select("cluster", "name")), known)
        .join(said, on="cluster", how="left", maintain_order="left")
        .with_columns(name=pl.coalesce("stated_name", "name"))
    )
    told_parents = _stated_parents(names, clusters, decisions)
    above = known.drop_nulls("parent").select("cluster", "parent").join(told_parents, on="cluster", how="anti")
    links = parents(shown, names, clusters, stated=pl.concat([told_parents, above]))
    parent_ids = links.join(ids.rename({"cluster": "parent", "account_id": "parent_account_id"}), on="parent")
    full = shown.join(ids, on="cluster", how="inner", maintain_order="left").join(
        parent_ids.select("cluster", "parent_account_id"), on="cluster", how="left", maintain_order="left"
    )
    if stated is not None:
        full = full.join(stated, on="account_id", how="left", maintain_order="left", suffix="_stated")
        full = full.with_columns(pl.coalesce(column, f"{column}_stated").alias(column) for column in _NUMBERS)
    told = full.select(name for name in ACCOUNT_PROFILES.names if name in full.columns)
    return ACCOUNT_PROFILES.conform(told).sort("account_id")


def _registered(shown: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`shown` with what a register states: name with its form, numbers, address as a whole; a domain where none is."""
    told = shown.join(known.drop("parent"), on="cluster", how="left", suffix="_known", maintain_order="left")
    placed = pl.any_horizontal(pl.col("postcode_known", "city_known").is_not_null())
    here = {column: pl.when(placed).then(f"{column}_known").otherwise(column) for column in _ADDRESS}
    return told.with_columns(
        name=pl.coalesce("name_known", "name"),
        legal_form=pl.when(pl.col("name_known").is_null()).then("legal_form").otherwise("legal_form_known"),
        domain=pl.coalesce("domain", "domain_known"),
        **here,
    ).drop(pl.selectors.ends_with("_known"))


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
