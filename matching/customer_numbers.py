"""Customer numbers: which of them are numbers at all, and whose.

Belongs here: telling `keine` and `0` from a number, and our own numbers from those of a partner.
Does not belong here: what a customer means for sales (`publishing.block_reasons`).
A number says "our customer" unless it comes from a list that numbers its own customers: partners, fairs,
dealers, associations, bought addresses, told by the name of the source. Where a source is named otherwise, its
settings can map the column to `extra` (`docs/sources.md`).
"""

from __future__ import annotations

import polars as pl

from engine.word_lists import alternatives
from enrichment.cells.placeholders import no_value_words

_NO_NUMBER = rf"(?i)\b{alternatives(no_value_words('customer_no'))}\b"
_PLACEHOLDER = r"^(0+|1{4,}|9{3,}|12345\d*)$"
_FOREIGN = (
    r"(?i)partner|messe|fair|expo|h(?:ä|ae)ndler|dealer|reseller|lieferant|supplier|verband|mitglied|association|"
    r"adress|address|broker|purchased|gekauft|zukauf"
)


def our_customer_number() -> pl.Expr:
    """The number where it is one and is ours, else null."""
    return pl.when(_is_number() & ~_foreign()).then("customer_no")


def numbered_by_issuer() -> pl.Expr:
    """The number where it is one; a partner's is told from ours, for two lists may count alike."""
    return (
        pl.when(_is_number() & _foreign())
        .then(pl.concat_str("source", "customer_no", separator=" "))
        .when(_is_number())
        .then("customer_no")
    )


def _is_number() -> pl.Expr:
    digits = pl.col("customer_no").str.replace_all(r"\D", "")
    return (digits != "") & ~digits.str.contains(_PLACEHOLDER) & ~pl.col("customer_no").str.contains(_NO_NUMBER)


def _foreign() -> pl.Expr:
    return pl.col("source").str.contains(_FOREIGN).fill_null(False)
