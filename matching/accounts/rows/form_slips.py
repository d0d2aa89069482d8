"""Legal forms that are misspelt, and so stand in the name: `Haug GmbbH & Co. KG`, `Plaß Geselllschaft mbH`.

Belongs here: taking what is left of such a form off a match key, and not believing the form that was read from what
stands behind it. Does not belong here: reading legal forms (`enrichment/company/legal_form`). A form is misspelt where
a word is a slip or a beginning of one of kind `form` in `data/company_terms.csv` and no word in common use.
"""

from __future__ import annotations

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.accounts.rows.words import background, terms

MOST_SLIPS = 2
LETTERS_PER_SLIP = 4
SHORTEST_BEGINNING = 4
"""Letters a word needs for being a form cut short: `Gese. mbH`."""
_OF_SOCIETY = r"(\p{L}{3,}s) gesellschaft$"  # `Verwaltungs-Gesellschaft`, where `mbH` is left out
_KEEPS_FORM = ("gesellschaft",)
_BESIDE = ("mit", "haftung", "gmbh", "mbh", "ug", "co", "coo", "c", "cie", "kg", "gesellschaft", "beschraenkter")


def without_form_slips(key: pl.Series, form: pl.Series) -> pl.DataFrame:
    """Match keys without words that are slips of a legal form, and legal forms that are null where one of them was.

    Returns:
        key, form, in the order given; a key that consists of nothing else stays.

    Example:
        >>> without_form_slips(pl.Series(["haug gmbbh", "plass geselllschaft"]), pl.Series(["KG", "GmbH"])).rows()
        [('haug', None), ('plass', 'GmbH')]
    """
    key = key.str.replace(_OF_SOCIETY, "${1}")
    words = (
        pl.DataFrame({"row": pl.int_range(len(key), dtype=pl.UInt32, eager=True), "word": key.str.split(" ")})
        .explode("word")
        .join(
            _slips(key.str.split(" ").explode().drop_nulls().unique().sort()),
            on="word",
            how="left",
            maintain_order="left",
        )
    )
    touched = words.filter(pl.col("means").is_not_null().any().over("row"))
    left = (
        touched.filter(pl.col("means").is_null() & ~pl.col("word").is_in(_BESIDE))
        .group_by("row", maintain_order=True)
        .agg(key=pl.col("word").str.join(" "))
    )
    doubted = touched.filter(~pl.col("means").is_in(_KEEPS_FORM)).select("row").unique().join(left, on="row")
    given = pl.DataFrame({"row": pl.int_range(len(key), dtype=pl.UInt32, eager=True), "key": key, "form": form})
    return given.join(left, on="row", how="left", suffix="_left", maintain_order="left").select(
        key=pl.coalesce("key_left", "key"),
        form=pl.when(~pl.col("row").is_in(doubted["row"].implode())).then("form"),
    )


def _slips(words: pl.Series) -> pl.DataFrame:
    """word, means: the words that are a slip or beginning of a form's word."""
    unusual = words.filter(~words.is_in(background()["word"].implode()))
    found = []
    for term in terms().filter(pl.col("kind") == "form")["term"].to_list():
        allowed = min(MOST_SLIPS, len(term) // LETTERS_PER_SLIP)
        close = unusual.filter((unusual.str.len_chars().cast(pl.Int64) - len(term)).abs() <= allowed)
        slips = process.cpdist(close.to_list(), [term] * len(close), scorer=OSA.distance, score_cutoff=allowed)
        begins = unusual.filter(
            (unusual.str.len_chars() >= SHORTEST_BEGINNING)
            & pl.Series([term.startswith(w) for w in unusual], dtype=pl.Boolean)
        )
        near = pl.concat([close.filter(pl.Series(slips, dtype=pl.Int64) <= allowed), begins])
        exact = words.filter(words == term) if term == "gmbh" else words.clear()
        found.append(
            pl.DataFrame({"word": pl.concat([near.filter(near != term), exact])}).with_columns(means=pl.lit(term))
        )
    return pl.concat(found).unique("word", keep="first", maintain_order=True)
