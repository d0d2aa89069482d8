"""Aliases and former names: VW is Volkswagen AG, Badische Anilin- und Soda-Fabrik is BASF SE.

Belongs here: reading `data/company_aliases.csv` (extend it there) and replacing an alias by the name it
stands for. Does not belong here: similarity of any kind. `alone` says whether the alias can only mean
this company; `DB` or `Bosch` cannot, and count only together with the right legal form.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from enrichment.company.clean import company_key
from matching.accounts.linking.evidence import SWISS, form_family
from matching.accounts.rows.words import name_words
from matching.word_lists import LISTS


@cache
def aliases() -> pl.DataFrame:
    """The alias table: alias_key, alias, company, legal_form, kind, alone, company_key.

    Raises:
        ValueError: an alias is listed twice.
    """
    table = LISTS.frame("company_aliases.csv")
    table = table.with_columns(
        alone=pl.col("alone") == "yes",
        alias_key=name_words(company_key(table["alias"])).list.join(" "),
        company_key=name_words(company_key(table["company"])).list.join(" "),
    )
    own = table.filter(pl.col("alone")).with_columns(alias_key="company_key", alias="company").unique("alias_key")
    table = pl.concat([table, own.join(table, on="alias_key", how="anti")])
    both = pl.concat([_beside(table, "company_key", "alias_key"), _beside(table, "alias_key", "company_key")])
    table = pl.concat([table, both.unique("alias_key", keep="none").join(table, on="alias_key", how="anti")])
    twice = table.filter(pl.col("alias_key").is_duplicated())["alias"]
    if len(twice):
        raise ValueError(f"aliases listed twice: {', '.join(twice)}")
    return table.sort("alias_key")


def _beside(table: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    """`Schweizerische Bundesbahnen SBB`: the name and its short form together mean this company and no other."""
    short = table.filter((pl.col("kind") == "short") & (pl.col("alias_key") != pl.col("company_key")))
    together = pl.concat_str(first, second, separator=" ")
    return short.with_columns(alias_key=together, alone=True)


def former_names(keys: pl.Series) -> pl.Series:
    """Those of the match keys that a company no longer goes by."""
    former = aliases().filter(pl.col("kind") == "former")["alias_key"]
    distinct = keys.drop_nulls().unique()
    return distinct.filter(name_words(distinct).list.join(" ").is_in(former.implode()))


def resolve_aliases(names: pl.DataFrame) -> pl.DataFrame:
    """`names` (contracts.matched.COMPANY_NAMES) with aliases replaced by what they stand for.

    Returns:
        The same rows with company_key and legal_form (where it was missing) replaced, and two columns
        more: alias (`VW = Volkswagen`, null where nothing was replaced) and vouched (the name can mean
        only one company).
    """
    keys = names["company_key"].drop_nulls().unique()
    known = pl.DataFrame({"company_key": keys, "alias_key": name_words(keys).list.join(" ")}).join(
        aliases().select("alias_key", "alone", wanted="legal_form", stands_for="company", target="company_key"),
        on="alias_key",
    )
    found = names.join(known, on="company_key", how="left", maintain_order="left")
    form, wanted = form_family(pl.col("legal_form")), form_family(pl.col("wanted"))
    translated = pl.col("alone") & (form.replace(SWISS) == wanted)  # `La Poste Suisse SA`
    applies = pl.col("target").is_not_null() & (
        (form == wanted)
        | translated
        | (form.is_null() & pl.col("alone"))
        | (pl.col("wanted").is_null() & pl.col("alone"))
    ).fill_null(False)
    renamed = applies & (pl.col("target") != pl.col("alias_key"))
    return (
        found.with_columns(vouched=applies, renamed=renamed, translated=translated & (form != wanted))
        .with_columns(
            company_key=pl.when("renamed").then("target").otherwise("company_key"),
            legal_form=pl.when(pl.col("renamed") & pl.col("translated"))
            .then("wanted")
            .when("vouched")
            .then(pl.coalesce("legal_form", "wanted"))
            .otherwise("legal_form"),
            alias=pl.when("renamed").then(pl.concat_str("company", pl.lit(" = "), "stands_for")),
        )
        .drop("alias_key", "alone", "wanted", "stands_for", "target", "renamed", "translated")
    )
