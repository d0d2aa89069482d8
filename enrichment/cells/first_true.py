"""Tables of (condition, value): the value of the first condition that is true.

Belongs here: reading such a table as one expression. Does not belong here: any rule. A verdict with its reasons reads
as a table from top to bottom; a condition that is null is not true.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

Value = pl.Expr | str | None
"""What follows from a condition: a text, null, or an expression where it is another for each row."""


def first_true(rules: Sequence[tuple[pl.Expr, Value]], otherwise: Value = None) -> pl.Expr:
    """The value of the first rule whose condition is true, `otherwise` where none is.

    >>> rules = [(pl.col("size") > 9, "large"), (pl.col("size") > 4, "middling")]
    >>> pl.DataFrame({"size": [12, 5, 1]}).select(kind=first_true(rules, "small"))["kind"].to_list()
    ['large', 'middling', 'small']
    """
    found = _expression(otherwise)
    for condition, value in reversed(rules):
        found = pl.when(condition).then(_expression(value)).otherwise(found)
    return found


def _expression(value: Value) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value, pl.String)
