"""A table as a promise: named, typed, described columns.

Belongs here: `Column`, `Table` and the check that a frame keeps the promise.
Does not belong here: the tables themselves (one module per boundary) or any I/O.
What a column promises is said here once; the Great Expectations suites, the column schema on the Dagster page, the
contract page and the pinned schema (`contracts.published_schema`) are all made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

Dtype = Any  # polars accepts classes and instances alike; its own alias is private


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is written: a regular expression for the whole of it, and the standard or reason behind it."""

    pattern: str
    standard: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its polars type, what it means, whether it may be null, and what its values keep to.

    `words` is a closed vocabulary, each word with its meaning; `form` is how a text is written. Of a list column they
    speak of its items. `least` and `most` bound a number, ends included. A table whose column breaks one of these is
    not published; with `strict=False` the breach is a warning. Null keeps every promise but `nullable=False`.
    `volatile` is what moves with every delivery (a count, a date of evidence, a figure of the night's model): it is
    published, but no change of the row. So are the numbers in a list of structs, and its order.
    """

    name: str
    dtype: Dtype
    description: str
    nullable: bool = True
    words: Mapping[str, str] | None = None
    form: Form | None = None
    least: float | None = None
    most: float | None = None
    strict: bool = True
    volatile: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A named list of columns. `key` names the columns that identify a row."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> dict[str, Dtype]:
        return {column.name: column.dtype for column in self.columns}

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.schema)

    def conform(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` with exactly this table's columns, in order, missing ones as null.

        Raises:
            ValueError: the frame has columns this table does not promise.
            polars.exceptions.InvalidOperationError: a value does not fit its column's type.
        """
        unknown = sorted(set(frame.columns) - set(self.names))
        if unknown:
            raise ValueError(f"{self.name} does not have the columns {', '.join(unknown)}")
        return frame.select(given_or_null(frame, self.schema))


def given_or_null(frame: pl.DataFrame | pl.LazyFrame, wanted: Mapping[str, Dtype] | Sequence[str]) -> list[pl.Expr]:
    """The columns a step reads of records that may lack some, for a `select` on `frame`: what is missing is null.

    Args:
        wanted: name to type, or the names of texts.

    Example:
        >>> frame = pl.DataFrame({"email": ["a@b.de"], "note": ["x"]})
        >>> frame.select(given_or_null(frame, ["email", "phone"])).row(0)
        ('a@b.de', None)
    """
    types = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, pl.String)
    present = set(frame.collect_schema().names())
    missing = pl.lit(None) if present & types.keys() else pl.repeat(None, pl.len())  # a literal alone has one row
    return [(pl.col(name) if name in present else missing).cast(kind).alias(name) for name, kind in types.items()]


def text(name: str, description: str, **promises: Any) -> Column:
    """A text column; `promises` are those of `Column`."""
    return Column(name, pl.String, description, **promises)


def texts(pairs: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """Text columns that promise nothing but text, from (name, description) pairs."""
    return tuple(text(name, description) for name, description in pairs)


TIMESTAMP = pl.Datetime("us", "UTC")
