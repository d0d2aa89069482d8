"""Date order: whether a column of numeric dates writes the day, the month or the year first, told by all its cells.

Belongs here: the evidence of a column, and what follows of it for the file's date_order. Does not belong here: reading
dates (`enrichment/collected_at`), what the settings of a source state, which goes before all of this.

`03/04/2025` tells nothing, `03/24/2025` tells that months stand first: in its whole column, since one writer writes one
order. Where a column holds as good evidence for two orders, its ambiguous dates are unknown and not guessed.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Mapping

import polars as pl

from contracts.raw import DATE_COLUMNS, DEFAULT_DATE_ORDER, UNKNOWN_DATE_ORDER, date_orders

SLIPS = 0.05  # of the cells that tell an order: so many may be slips of the pen in a column of another

_LONGEST = 10  # signs of a date without its time
_BEFORE = string.ascii_letters + "äÄ., "  # of the name of a day
_DATE = r"^(\d{1,2}) ?([./-]) ?(\d{1,2}) ?[./-] ?(\d{4}|\d{2})(?:\D|$)"


class DateOrders:
    """Counts, batch by batch, what the columns of one table tell."""

    def __init__(self, fields: Mapping[str, int]) -> None:
        self._columns = {name: str(fields[name]) for name in DATE_COLUMNS if name in fields}
        self._told: dict[tuple[str, bool], Counter[str]] = {
            (name, dotted): Counter() for name in self._columns for dotted in (False, True)
        }

    def look_at(self, frame: pl.DataFrame) -> None:
        """Count the cells of a batch that fit one order only."""
        for name, column in self._columns.items():
            dates = frame[column].drop_nulls().str.strip_chars_start(_BEFORE).str.head(_LONGEST)
            days = dates.alias("date").value_counts(name="rows")
            parts = days.with_columns(pl.col("date").str.extract_groups(_DATE)).unnest("date")
            one, two, three = (pl.col(place).cast(pl.Int32) for place in ("1", "3", "4"))
            order = (
                pl.when((one > 12) & (one <= 31) & (two <= 12))
                .then(pl.lit("dmy"))
                .when((two > 12) & (two <= 31) & (one <= 12))
                .then(pl.lit("mdy"))
                .when((one > 31) & (two <= 12) & (three <= 31))
                .then(pl.lit("ymd"))
            )
            counted = parts.group_by(dotted=pl.col("2") == ".", order=order).agg(pl.col("rows").sum()).drop_nulls()
            for dotted, found, count in counted.iter_rows():
                self._told[name, dotted][found] += count

    def text(self) -> str:
        """The date_order of the table's records (contracts.raw.date_orders); of one writer, all his columns tell."""
        orders = {key: _order(told) for key, told in self._told.items()}
        fallback = {}
        for dotted in (False, True):
            told = {order for (_, mark), order in orders.items() if mark == dotted and order is not None}
            fallback[dotted] = told.pop() if len(told) == 1 and UNKNOWN_DATE_ORDER not in told else DEFAULT_DATE_ORDER
        found = {}
        for name in self._columns:
            with_dots = orders[name, True] or fallback[True]
            # Who writes even dates with dots month first writes all of them so.
            with_signs = orders[name, False] or ("mdy" if with_dots == "mdy" else fallback[False])
            found[name] = with_signs, with_dots
        return date_orders(found)


def _order(told: Counter[str]) -> str | None:
    """The order a column's cells agree on, None where none of them tells one."""
    if not told:
        return None
    # A day that opens a date of two-digit years may as well be its year: 25-03-24.
    if told["ymd"] and told["mdy"] <= SLIPS * told["ymd"]:
        told = Counter({"ymd": told["ymd"] + told["dmy"]}) if told["ymd"] > SLIPS * told["dmy"] else told
    order, count = max(told.items(), key=lambda item: (item[1], item[0]))
    return order if told.total() - count <= SLIPS * told.total() else UNKNOWN_DATE_ORDER
