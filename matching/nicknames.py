"""Nicknames: which given names may be one person's, and which of them stand for a fuller one.

Belongs here: the table `data/nicknames.csv` (a name, and the head of a group it belongs to) as its readers need it.
Does not belong here: what follows for a pair (`matching/leads`) or a value (`matching/golden`).
Names are folded and levelled (`reference/letters`), so that Jörg, Joerg and Jorg are one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from matching.phonetics import cologne
from reference.letters import level

_TABLE = Path(__file__).parent / "data" / "nicknames.csv"


@cache
def groups() -> dict[str, list[int]]:
    """The numbers of the groups each name belongs to; two names of one group may be one person's."""
    numbered = _table().with_columns(pl.col("group").rank("dense").cast(pl.Int64) - 1)
    return dict(numbered.group_by("name", maintain_order=True).agg("group").iter_rows())


@cache
def pairs() -> list[str]:
    """Names of one group, as `ulrich|uli`, both ways."""
    both = _table().join(_table(), on="group").filter(pl.col("name") != pl.col("name_right"))
    return both.select(pl.col("name") + "|" + pl.col("name_right")).unique().to_series().sort().to_list()


@cache
def derived() -> frozenset[str]:
    """Names that head no group, but come from one that does: Anke, Schorsch and Stephan; not Anna."""
    table = _table()
    return frozenset(table["name"]) - frozenset(table["group"])


@cache
def short_forms() -> frozenset[str]:
    """Derived names that sound like none of their heads: Schorsch for Georg; Stephan is Stefan in full."""
    table = _table()
    return derived() - frozenset(table.filter(cologne(table["name"]) == cologne(table["group"]))["name"])


@cache
def _table() -> pl.DataFrame:
    """name, group (the name of its head)."""
    return pl.read_csv(_TABLE, glob=False).select(level(pl.col("name", "group"))).unique(maintain_order=True)
