"""Condition: the rows of a table that a person asks for in SQL.

Belongs here: one SQL expression over one table that is at hand. Does not belong here: reading the table. DuckDB judges
it in memory, without files, extensions, variables of Python and settings, so that it can do nothing but answer.
"""

from __future__ import annotations

import re

import duckdb
import polars as pl

_ROW = "__row__"
_NO_COLUMN = re.compile(r'Referenced column "(.+?)" (?:was )?not found')


class BadCondition(ValueError):  # noqa: N818 - a plain answer to a question, not a fault
    """The condition is no SQL expression, or speaks of what the table does not have."""


def rows_where(table: str, frame: pl.DataFrame, condition: str) -> pl.DataFrame:
    """The rows of which `condition` is true, in their order; those of which it is null are left out.

    Args:
        table: the name by which the condition may call the frame.
        frame: flat, as of `publishing.flat`. Times of a day count in UTC.
        condition: an expression of DuckDB's SQL, as it stands behind `where`.

    Raises:
        BadCondition: says what is wrong, and which columns there are where one is unknown.

    Example:
        >>> frame = pl.DataFrame({"city": ["Graz", "Ulm", None], "source_count": [3, 1, 2]})
        >>> rows_where("leads", frame, "city like 'G%' and source_count > 2")["city"].to_list()
        ['Graz']
    """
    with duckdb.connect(config={"enable_external_access": "false", "python_enable_replacements": "false"}) as database:
        database.execute("set TimeZone = 'UTC'; set lock_configuration = true")
        database.register(table, frame.with_row_index(_ROW).to_arrow())
        try:
            found = database.table(table).filter(duckdb.SQLExpression(condition)).select(_ROW).fetchall()
        except duckdb.Error as error:
            raise BadCondition(_told(table, frame, error)) from error
    return frame[sorted(row for (row,) in found)]


def _told(table: str, frame: pl.DataFrame, error: duckdb.Error) -> str:
    first = str(error).strip().splitlines()[0]
    if unknown := _NO_COLUMN.search(first):
        return f"{table} has no column {unknown[1]}; it has {', '.join(frame.columns)}. Texts stand in single quotes"
    return f"The condition cannot be used: {first}"
