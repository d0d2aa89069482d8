"""CRM words: what the stages and states of a CRM mean, whatever it calls them.

Belongs here: reading `rules/stages/crm_words.csv`, comparing words by letters and digits. Does not belong here: which
stage a meaning leads to (the stage models say that).
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from qualification.rule_files import UnsoundRules, rule_file

MEANINGS = {
    "new": "Nobody has worked on it",
    "contacted": "Sales has reached out",
    "accepted": "Sales has taken it",
    "sales_qualified": "Ready for further action",
    "needs_assessment": "Needs are being looked into",
    "opportunity": "A deal is possible",
    "proposal": "An offer is made",
    "negotiation": "The offer is negotiated",
    "won": "The deal is won",
    "customer": "Called a customer, without an order",
    "post_sale": "Handed to customer service",
    "lost": "The deal is lost",
    "rejected": "Sales refuses it",
    "recycled": "Not now",
    "cancelled": "The order is taken back",
    "nothing": "A word that moves nobody",
}


def crm_words(home: Path | None = None) -> dict[str, str]:
    """Meaning by word as `spelt`.

    Raises:
        UnsoundRules: a meaning is unknown, or a word has two.
    """
    file = rule_file("stages/crm_words.csv", home)
    found: dict[str, str] = {}
    for row in file.rows():
        meaning, word = row.get("meaning", ""), row.get("word", "")
        if meaning not in MEANINGS or not spelt(word):
            raise UnsoundRules(f"{file.path}: {word!r} means {meaning!r}; write one of {', '.join(sorted(MEANINGS))}")
        if found.setdefault(spelt(word), meaning) != meaning:
            raise UnsoundRules(f"{file.path}: {word!r} has two meanings; remove one of the rows")
    return found


def spelt(word: str) -> str:
    """A word as words are compared.

    Example:
        >>> spelt("Open - Not Contacted")
        'opennotcontacted'
    """
    return re.sub(r"[\W_]+", "", word).lower()


def spelt_column(column: str) -> pl.Expr:
    """`spelt` of each text."""
    return pl.col(column).str.replace_all(r"[^\p{L}\p{N}]+", "").str.to_lowercase()


def unknown_words(feedback: pl.DataFrame, words: dict[str, str], own: set[str]) -> pl.DataFrame:
    """CRM words nobody has given a meaning, to be told to a person: the line to add stands in `crm_words.csv`.

    Args:
        feedback: `contracts.qualified.CRM_FEEDBACK`.
        own: names of stages of the models, `spelt`.

    Returns:
        source, word, records; most frequent first.
    """
    return (
        feedback.filter(pl.col("new_value").is_not_null())
        .filter(~spelt_column("new_value").is_in([*words, *own, ""]))
        .group_by("source", pl.col("new_value").alias("word"))
        .agg(pl.len().alias("records"))
        .sort("records", "source", "word", descending=[True, False, False])
    )
