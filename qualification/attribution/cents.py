"""Cents: an amount shared out to the cent.

Belongs here: the method of the largest remainder. Does not belong here: who gets which share
(`qualification.attribution.credits`).
"""

from __future__ import annotations

import polars as pl

from contracts.qualified import MONEY


def shared_out(amount: pl.Expr, credit: pl.Expr, whole: list[str]) -> pl.Expr:
    """Each row's part of the amount of its whole; the parts sum to it exactly.

    What is left after rounding down goes a cent each to the largest remainders, of equal ones to the first rows.

    Args:
        amount: of the whole, the same on each of its rows; null gives null.
        credit: shares that sum to 1 within each whole.
        whole: columns that name it.
    """
    cents = (amount * 100).cast(pl.Int64)
    exact = cents.abs() * credit
    down = exact.floor()
    missing = cents.abs() - down.sum().over(whole)
    # Remainders that differ by less than the numbers can tell are equal.
    rank = (down - exact).round(6).rank("ordinal").over(whole)
    part = (down + (rank <= missing).cast(pl.Float64)) * cents.sign()
    return (part.cast(pl.Int64).cast(MONEY) / 100).cast(MONEY)
