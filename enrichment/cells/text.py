"""Text of cells: the one way it is tidied, and reduced to comparable words.

Belongs here: `tidy` (what is shown), `fold` (what is compared). Does not belong here: what a field means, what a letter
is called (`reference/letters`).
"""

from __future__ import annotations

import re

import polars as pl

from reference.letters import SPELT_OUT

_INVISIBLE = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\x00-\x08\x0e-\x1f\x7f-\x9f]"
_UNTIDY = r"[^\x21-\x7e\u00a1-\u00ac\u00ae-\u02ff ]|  |^ | $"
_APOSTROPHE = "['`]+"
_WORD = re.compile(r"[^\W_]+")


def tidy(text: pl.Expr) -> pl.Expr:
    """Text as to be shown: NFC, one blank between words, no invisible characters; null when empty."""
    return text.map_batches(_tidy, return_dtype=pl.String, is_elementwise=True)


def fold(text: pl.Expr) -> pl.Expr:
    """Comparable words: letters spelt out, every other sign a single blank; null when empty.

    Apostrophes vanish (O'Brien = OBrien). Letters of other scripts stay. Folding twice changes nothing.
    """
    return text.map_batches(_fold, return_dtype=pl.String, is_elementwise=True)


def fold_series(text: pl.Series) -> pl.Series:
    """`fold` of a column at hand."""
    return _fold(text)


def fold_text(text: str) -> str:
    """`fold` of a single text; empty when nothing is left."""
    return " ".join(_WORD.findall(re.sub(_APOSTROPHE, "", SPELT_OUT.text(text))))


def _tidy(text: pl.Series) -> pl.Series:
    odd = text.str.contains(_UNTIDY).fill_null(False).arg_true()
    if len(odd):
        text = text.clone().scatter(
            odd,
            text.gather(odd)
            .str.replace_all(_INVISIBLE, "")
            .str.normalize("NFC")
            .str.replace_all(r"\s+", " ")
            .str.strip_chars(" "),
        )
    return _null_if_empty(text)


def _fold(text: pl.Series) -> pl.Series:
    plain = SPELT_OUT.series(text).str.replace_all(_APOSTROPHE, "")
    return _null_if_empty(plain.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars(" "))


def _null_if_empty(text: pl.Series) -> pl.Series:
    return text.to_frame("t").select(pl.when(pl.col("t") != "").then(pl.col("t"))).to_series()
