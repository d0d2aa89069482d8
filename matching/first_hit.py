"""Tables of rules, read from top to bottom: of their conditions the first that holds decides.

Belongs here: that one idea. Does not belong here: any table (`matching/accounts/linking/rules`).
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def first_hit(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """The number of the first condition that is true, counted from 0; null where none is."""
    return pl.coalesce(pl.when(when).then(pl.lit(number, pl.UInt8)) for number, when in enumerate(conditions))
