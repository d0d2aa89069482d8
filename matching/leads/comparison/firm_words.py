"""Firm words: whether a word tells two firms apart whose names begin alike.

Belongs here: `Pöschl Anlagenbau` is not `Pöschl`, `Sparkasse Köln` not `Sparkasse Leipzig`, while `Pöschl Anlagenb.`,
`Pösch1 Anlagenbau` and `Pöschl Anlagenbau, Bonn` of the town are one firm. Does not belong here: whether names begin
alike (`matching/leads/comparison/facts`), what companies are one account (`matching/accounts`). Which words companies
bear, however few there are in the inbox, is counted in the register (`data/company_words.csv`).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from matching.leads.comparison.facts import Pairs
from matching.leads.records.codes import Coded, Flags
from matching.leads.records.match_records import MatchRecords
from matching.word_lists import LISTS

LIKENESS = 82  # of 100, from which two words may be one, misspelt
SHORTEST = 3  # letters of a word that says anything
# Kinds of words (`data/company_terms.csv`) that are no part of what a firm is called, and those that stand beside it.
_IDLE, _BESIDE = ("filler", "form", "abbreviation"), ("site",)


def two_firms(records: MatchRecords, left: Pairs, right: Pairs) -> Flags:
    """Whether one name has a word that companies bear, or each has any word, of which the other name has nothing.

    Where neither firm is named, their domains are taken; a domain beside a name is a name cut short. A word that is
    their town says nothing.
    """
    if not len(left):
        return np.zeros(0, bool)
    named = pl.Series((records.company.codes[left] >= 0) | (records.company.codes[right] >= 0))
    a, b = (_of(records.company, side).zip_with(named, _in_words(_of(records.domain, side))) for side in (left, right))
    pairs = pl.DataFrame({"a": a, "b": b, "towns": _towns(records, left, right)}).with_row_index("row")
    own = pl.concat([_own_words(pairs, one, other) for one, other in ("ab", "ba")])
    told = own.group_by("row").agg(sides=pl.col("side").n_unique(), borne=pl.col("borne").any())
    found = np.zeros(len(left), bool)
    found[told.filter((pl.col("sides") > 1) | pl.col("borne"))["row"].to_numpy()] = True
    return found


def _in_words(domains: pl.Series) -> pl.Series:
    return domains.str.replace(r"\.[^.]*$", "").str.replace_all(r"[^\p{L}\p{N}]+", " ")


def _towns(records: MatchRecords, left: Pairs, right: Pairs) -> pl.Series:
    """The words of the town that both records may be in, none for two towns."""
    one, other = (_of(records.city, side) for side in (left, right))
    town = one.fill_null(other)
    return town.set((one != other).fill_null(False), None).fill_null("").str.split(" ")


def _of(column: Coded, side: Pairs) -> pl.Series:
    return column.values.gather(pl.Series(column.codes[side]).replace(-1, None))


@cache
def _borne() -> pl.Series:
    """Words that companies bear."""
    return LISTS.frame("company_words.csv")["word"].implode()


@cache
def _terms(*kinds: str) -> pl.Series:
    table = LISTS.frame("company_terms.csv")
    return table.filter(pl.col("kind").is_in(kinds))["term"].implode()


def _own_words(pairs: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """row, side, borne: the words of one name of which the other has nothing."""
    idle, beside = (_terms(*kinds) for kinds in (_IDLE, _BESIDE))
    words = (
        pairs.select("row", "towns", theirs=pl.col(other).str.split(" "), word=pl.col(one).str.split(" "))
        .drop_nulls()
        .explode("word")
        .filter(pl.col("word").str.len_chars() >= SHORTEST, ~pl.col("word").is_in(idle))
        .filter(~pl.col("towns").list.contains(pl.col("word")))
        .filter(~pl.col("theirs").list.join("").str.contains(pl.col("word"), literal=True))
        .with_row_index("at")
    )
    each = words.explode("theirs").filter(pl.col("theirs").str.len_chars() >= SHORTEST)
    begins = pl.col("word").str.starts_with(pl.col("theirs")) | pl.col("theirs").str.starts_with(pl.col("word"))
    sides = each["word"].to_list(), each["theirs"].to_list()
    slip = (process.cpdist(*sides, scorer=OSA.distance) <= 1) & (each["word"].str.len_chars() > SHORTEST).to_numpy()
    alike = process.cpdist(*sides, scorer=fuzz.ratio) >= LIKENESS
    shuffled = pl.col("word").str.split("").list.sort() == pl.col("theirs").str.split("").list.sort()
    unlike = each.filter(~(begins | pl.Series(alike | slip, dtype=pl.Boolean)))
    found = each.join(unlike, on=["at", "theirs"], how="anti")
    found = pl.concat([found, unlike.join(found, on="at", how="anti").filter(shuffled)])
    borne = pl.col("word").is_in(_borne()) & ~pl.col("word").is_in(beside)
    return words.join(found, on="at", how="anti").select("row", side=pl.lit(one), borne=borne)
