"""Nicknames: which given names may be one person's.

Belongs here: the table `data/nicknames.csv` (a name, and the head of a group it belongs to), compiled by hand for this
project. Does not belong here: what follows for a record (`enrichment`), a pair or a value (`matching`).
Names are folded and levelled (`reference/letters`), so that Jörg, Joerg and Jorg are one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

from engine.word_lists import WordLists
from reference.letters import level

_LISTS = WordLists(Path(__file__).parent / "data")


@cache
def groups() -> dict[str, list[int]]:
    """The numbers of the groups each name belongs to; two names of one group may be one person's."""
    numbered = table().with_columns(pl.col("group").rank("dense").cast(pl.Int64) - 1)
    return dict(numbered.group_by("name", maintain_order=True).agg("group").iter_rows())


@cache
def table() -> pl.DataFrame:
    """name, group (the name of its head)."""
    return _LISTS.frame("nicknames.csv").select(level(pl.col("name", "group"))).unique(maintain_order=True)
