"""Who belongs to whom: parent links between accounts, inferred and never merged.

Belongs here: parents from names (`Bosch Rexroth AG` under `Robert Bosch GmbH`, `Zeller Plastik
Deutschland GmbH` under `Zeller Plastik`), from `data/company_parents.csv`, and from a shared domain or
VAT number. Does not belong here: deciding that two rows are one company (`accounts`). A link says what
it was inferred from; a name in common use (`Müller Bau`, `Müller`) is no evidence. Links form a forest.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from enrichment.company.clean import company_key
from matching.accounts.linking.aliases import aliases
from matching.accounts.rows.places import town_words
from matching.accounts.rows.words import CompanyNames, name_words, read_names
from matching.first_hit import first_hit
from matching.word_lists import LISTS

PARENTS = pl.Schema({"cluster": pl.UInt32, "parent": pl.UInt32, "probability": pl.Float32, "reason": pl.String})
RARE_BITS = 12.0
"""Bits a parent's name must carry for containment to mean anything."""


class ParentRule(NamedTuple):
    """When a name that begins with another account's name makes that one its parent, and how sure that is."""

    reason: str
    when: pl.Expr
    probability: float


_LONE, _RARE = pl.col("lone"), pl.col("rare")  # one account alone is called what the name begins with
CONTAINED = (
    ParentRule("name contained, same VAT number", pl.col("same_vat"), 0.95),
    ParentRule("name contained, same domain", pl.col("same_domain") & _RARE, 0.9),
    ParentRule("name begins with a known group", _LONE & pl.col("vouched"), 0.85),
    ParentRule("name begins with a known company", _LONE & pl.col("coined") & pl.col("known_company"), 0.7),
    ParentRule("same rare name with holding, country or trade added", _LONE & pl.col("kin") & _RARE, 0.7),
    ParentRule("name contained, same place", _LONE & pl.col("same_place") & _RARE, 0.6),
    ParentRule("named after a group in town", _LONE & pl.col("group") & pl.col("same_town") & _RARE, 0.6),
)
FEW_ACCOUNTS = 3
"""Accounts up to which a name they share may still be a parent's."""
COINED_BITS = 12.0
"""Bits from which a word that a child adds is no word in common use."""

_HOLDERS = ("holding", "holdings", "group", "gruppe", "konzern", "groupe", "beteiligungs")


def parents(
    accounts: pl.DataFrame, names: pl.DataFrame, clusters: pl.DataFrame, *, stated: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The parent of every account that has one among the accounts.

    Args:
        accounts: cluster, domain, postcode, city (`matching.accounts.shown.profile.accounts`).
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster.
        stated: cluster, parent: set by a person; parent null means none. Wins over everything inferred.

    Returns:
        cluster, parent, probability, reason (`inferred: …` or `stated by a person`), sorted by cluster.
    """
    keys = (
        names.join(clusters.select("name", "cluster"), on="name")
        .group_by("cluster", "company_key", "vat_id")
        .agg(pl.col("records").sum())
        .join(accounts.select("cluster", "domain", "postcode", town=town_words(pl.col("city"))), on="cluster")
        .filter(pl.col("company_key").is_not_null())
        .sort("cluster", "records", "company_key", "vat_id", descending=[False, True, False, False])
    )
    if keys.is_empty():
        return pl.DataFrame(schema=PARENTS)
    words, ids = read_names(keys["company_key"])
    keys = keys.with_columns(words=name_words(keys["company_key"]), bits=pl.Series(words.bits).gather(pl.Series(ids)))
    found = pl.concat([_known(keys), _contained(keys, words)])
    best = (
        found.filter(pl.col("cluster") != pl.col("parent"))
        .sort("cluster", "probability", "length", "parent", descending=[False, True, True, False])
        .unique("cluster", keep="first", maintain_order=True)
        .select(list(PARENTS))
    )
    if stated is not None:
        own = stated.select("cluster", "parent", probability=pl.lit(1.0), reason=pl.lit("stated by a person")).cast(
            PARENTS
        )
        best = pl.concat([own, best.join(own, on="cluster", how="anti")])
    return _without_cycles(best.drop_nulls("parent").sort("cluster"))


_PROFILE = ("cluster", "domain", "postcode", "town", "vat_id", "bits")


def _brands(keys: pl.DataFrame) -> pl.DataFrame:
    """Names an account goes by: brand (words), cluster, bits, vouched (the alias table knows it alone)."""
    own = keys.select(*_PROFILE, brand=pl.col("words").list.join(" "), vouched=pl.lit(False))
    table = aliases()
    short = (
        own.drop("vouched")
        .rename({"brand": "company_key"})
        .join(table.select("company_key", "alias_key", "alone"), on="company_key")
        .select(*_PROFILE, brand="alias_key", vouched="alone")
    )
    both = pl.concat([own, short])
    return both.sort("vouched", descending=True).unique(["cluster", "brand"], keep="first", maintain_order=True)


def _groups(keys: pl.DataFrame, weight: pl.DataFrame, brands: pl.DataFrame) -> pl.DataFrame:
    """What groups are named after (`Zollberger Gruppe`: zollberger), where no account is called just so."""
    return (
        keys.filter((pl.col("words").list.len() > 1) & pl.col("words").list.last().is_in(_HOLDERS))
        .with_columns(word=pl.col("words").list.last())
        .join(weight.select("word", "weight"), on="word", how="left")
        .select(
            *(name for name in _PROFILE if name != "bits"),
            bits=pl.col("bits") - pl.col("weight").fill_null(0),
            brand=pl.col("words").list.head(pl.col("words").list.len() - 1).list.join(" "),
            vouched=pl.lit(False),
            group=pl.lit(True),
        )
        .select(*_PROFILE, "brand", "vouched", "group")
        .join(brands, on="brand", how="anti")
        .unique(["cluster", "brand"], keep="first", maintain_order=True)
    )


def _known(keys: pl.DataFrame) -> pl.DataFrame:
    """Links of the table, where exactly one account bears each name."""
    table = LISTS.frame("company_parents.csv")
    table = pl.DataFrame(
        {
            "child": name_words(company_key(table["company"])).list.join(" "),
            "above": name_words(company_key(table["parent"])).list.join(" "),
        }
    )
    brands = _brands(keys).select("cluster", "brand").filter(pl.col("cluster").n_unique().over("brand") == 1)
    return (
        table.join(brands, left_on="child", right_on="brand")
        .join(brands.rename({"cluster": "parent"}), left_on="above", right_on="brand")
        .select(
            "cluster",
            "parent",
            probability=pl.lit(0.95, pl.Float32),
            reason=pl.lit("inferred: table of known groups"),
            length=pl.lit(9, pl.UInt32),
        )
        .unique()
    )


def _contained(keys: pl.DataFrame, words: CompanyNames) -> pl.DataFrame:
    """Links where the child's name begins with the parent's, and something else speaks for it."""
    weight = pl.DataFrame({"word": words.word, "weight": words.weight, "kind": words.kind})
    brands = _brands(keys).filter(pl.col("cluster").n_unique().over("brand") <= FEW_ACCOUNTS)
    brands = pl.concat([brands.with_columns(group=False), _groups(keys, weight, brands)])
    pairs = (
        _beginnings(keys)
        .join(brands.rename({"cluster": "above"}), left_on="start", right_on="brand", suffix="_above")
        .filter(pl.col("cluster") != pl.col("above"))
    )
    judged = pl.concat([pairs, _added(pairs["rest"], weight)], how="horizontal").with_columns(
        same_domain=(pl.col("domain") == pl.col("domain_above")).fill_null(False),
        same_place=(pl.col("postcode") == pl.col("postcode_above")).fill_null(False),
        same_town=(pl.col("town") == pl.col("town_above")).fill_null(False),
        same_vat=(pl.col("vat_id") == pl.col("vat_id_above")).fill_null(False),
        lone=pl.col("above").n_unique().over("cluster", "start") == 1,
        rare=pl.col("bits_above") >= RARE_BITS,
        known_company=pl.col("start").is_in(aliases()["alias_key"].to_list()),
    )
    linked = judged.with_columns(rule=first_hit(rule.when for rule in CONTAINED)).drop_nulls("rule")
    upward = pl.col("holder")  # the holding stands above the company it is named after
    return linked.select(
        cluster=pl.when(upward).then("above").otherwise("cluster"),
        parent=pl.when(upward).then("cluster").otherwise("above"),
        probability=pl.Series([rule.probability for rule in CONTAINED], dtype=pl.Float32).gather(linked["rule"]),
        reason=pl.Series([f"inferred: {rule.reason}" for rule in CONTAINED]).gather(linked["rule"]),
        length="length",
    )


def _beginnings(keys: pl.DataFrame) -> pl.DataFrame:
    """Every way to cut a name in two: `keys`, start (text), rest (list of words), length (words of the start)."""
    longest = int(keys["words"].list.len().to_numpy().max())
    return pl.concat(
        [
            keys.filter(pl.col("words").list.len() > n).with_columns(
                start=pl.col("words").list.head(n).list.join(" "),
                rest=pl.col("words").list.slice(n),
                length=pl.lit(n, pl.UInt32),
            )
            for n in range(1, max(longest, 2))
        ]
    )


def _added(rest: pl.Series, weight: pl.DataFrame) -> pl.DataFrame:
    """What kind of words a child adds: coined (one is no common word), kin and holder (all of them are)."""
    return (
        pl.DataFrame({"pair": pl.int_range(len(rest), eager=True), "word": rest})
        .explode("word")
        .join(weight, on="word", how="left")
        .group_by("pair")
        .agg(
            coined=pl.col("weight").max().fill_null(0) >= COINED_BITS,
            kin=pl.col("kind").is_in(["group", "country", "entity", "site"]).all(),
            holder=pl.col("word").is_in(_HOLDERS).all(),
        )
        .sort("pair")
        .drop("pair")
    )


def _without_cycles(links: pl.DataFrame) -> pl.DataFrame:
    """Drop the weakest link of every cycle (of equal ones, that of the largest cluster)."""
    parent = dict(links.select("cluster", "parent").iter_rows())
    strength = {c: (p, -c) for c, p in links.select("cluster", "probability").iter_rows()}
    settled: set[int] = set()
    for start in sorted(parent):
        path: list[int] = []
        at: int | None = start
        while at is not None and at not in settled and at not in path:
            path.append(at)
            at = parent.get(at)
        if at is not None and at in path:
            weakest = min(path[path.index(at) :], key=lambda c: strength[c])
            del parent[weakest]
        settled.update(path)
    return links.filter(pl.col("cluster").is_in(list(parent)))
