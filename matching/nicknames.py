"""Nicknames: which given names stand for a fuller one.

Belongs here: the table of `reference/nicknames` as matching needs it. Does not belong here: what follows for a pair
(`matching/leads`) or a value (`matching/golden`).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from matching.phonetics import cologne
from reference.nicknames import table


@cache
def pairs() -> list[str]:
    """Names of one group, as `ulrich|uli`, both ways."""
    both = table().join(table(), on="group").filter(pl.col("name") != pl.col("name_right"))
    return both.select(pl.col("name") + "|" + pl.col("name_right")).unique().to_series().sort().to_list()


@cache
def derived() -> frozenset[str]:
    """Names that head no group, but come from one that does: Anke, Schorsch and Stephan; not Anna."""
    return frozenset(table()["name"]) - frozenset(table()["group"])


@cache
def short_forms() -> frozenset[str]:
    """Derived names that sound like none of their heads: Schorsch for Georg; Stephan is Stefan in full."""
    known = table()
    return derived() - frozenset(known.filter(cologne(known["name"]) == cologne(known["group"]))["name"])
