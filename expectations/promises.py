"""Promises: one expectation of Great Expectations each, made from a column or written by hand, and said in words.

Belongs here: the kinds of promises, those that a table's contract makes by itself, and the sentence for each. Does not
belong here: the promises of one table (`expectations.suites`), running them (`expectations.engine`).
Source: the expectation gallery of Great Expectations 1.x.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from contracts import forms
from contracts.reasons import reasons
from contracts.table import Column, Form, Table
from reference.countries import country_codes

Severity = Literal["critical", "warning"]

WORDS_SHOWN = 12  # of a closed vocabulary; countries are only counted
# Forms that are codes of a list.
LISTS: dict[Form, Callable[[], Collection[str]]] = {forms.COUNTRY: country_codes, forms.REASON: reasons}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expectation: its Great Expectations type, arguments, severity, and why it is there.

    `column` is the column under test, None for the table as a whole. Where `derive` is given, that
    expression makes the column, so that what pandas does slowly is done by Polars.
    """

    type: str
    column: str | None
    kwargs: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "critical"
    why: str = ""
    derive: pl.Expr | None = None


def of_table(table: Table) -> tuple[Expectation, ...]:
    """What the contract itself says: the key is unique, and each column keeps to what it promises."""
    key = (unique(*table.key),) if table.key else ()
    return (*key, *(promise for column in table.columns for promise in of_column(column)))


def of_column(column: Column) -> tuple[Expectation, ...]:
    """What a column promises beside its type: that it is filled, its words, its form, its bounds."""
    severity: Severity = "critical" if column.strict else "warning"
    name, form = column.name, column.form
    words = LISTS[form]() if form in LISTS else column.words
    found = [] if column.nullable else [not_null(name)]
    if words is not None and isinstance(column.dtype, pl.List):
        known = pl.col(name).list.eval(pl.element().is_in(sorted(words))).list.all()
        found.append(holds(f"every item of {name} is one of {_shown(sorted(words))}", known, severity=severity))
    elif words is not None:
        found.append(one_of(name, words, severity=severity, why=form.standard if form else ""))
    elif form is not None and isinstance(column.dtype, pl.List):
        written = pl.col(name).list.eval(pl.element().str.contains(form.pattern)).list.all()
        found.append(holds(f"every item of {name} has its form", written, severity=severity, why=form.standard))
    elif form is not None:
        found.append(matches(name, form, severity=severity))
    if column.least is not None or column.most is not None:
        found.append(between(name, column.least, column.most, severity=severity))
    return tuple(found)


def rows(at_least: int, *, severity: Severity = "critical") -> Expectation:
    """The table has at least so many rows."""
    return Expectation("expect_table_row_count_to_be_between", None, {"min_value": at_least}, severity)


def unique(*columns: str) -> Expectation:
    """The columns together identify a row; tested on their 64-bit hash."""
    name = f"key({', '.join(columns)})"
    return Expectation("expect_column_values_to_be_unique", name, derive=pl.struct(columns).hash())


def not_null(column: str) -> Expectation:
    """The column is filled."""
    return Expectation("expect_column_values_to_not_be_null", column)


def one_of(column: str, words: Collection[str], *, severity: Severity = "critical", why: str = "") -> Expectation:
    """The column holds only these words (or null)."""
    return Expectation("expect_column_values_to_be_in_set", column, {"value_set": sorted(words)}, severity, why)


def matches(column: str, form: Form, *, severity: Severity = "critical") -> Expectation:
    """Every value is written in the form."""
    kwargs = {"regex": form.pattern}
    return Expectation("expect_column_values_to_match_regex", column, kwargs, severity, form.standard)


def between(column: str, low: float | None, high: float | None, *, severity: Severity = "critical") -> Expectation:
    """Every value lies between the bounds, ends included; None leaves an end open."""
    ends = [(f"at least {low}", pl.col(column) >= low)] if low is not None else []
    ends += [(f"at most {high}", pl.col(column) <= high)] if high is not None else []
    words, tests = zip(*ends, strict=True)
    return holds(f"{column} is {' and '.join(words)}", pl.all_horizontal(tests), severity=severity)


def holds(
    name: str, condition: pl.Expr, *, severity: Severity = "critical", why: str = "", mostly: float = 1.0
) -> Expectation:
    """The condition is true for every row, or the share `mostly` of them (null counts as true)."""
    return Expectation(
        "expect_column_values_to_be_in_set",
        name,
        {"value_set": [True], "mostly": mostly},
        severity,
        why,
        derive=condition.fill_null(True),
    )


def in_words(promise: Expectation) -> str:
    """An expectation as a sentence without its subject: `is one of online, offline`.

    Raises:
        ValueError: no promise of this module has its type.
    """
    limits = promise.kwargs
    match promise.type:
        case "expect_column_values_to_not_be_null":
            return "is filled"
        case "expect_column_values_to_be_in_set" if limits["value_set"] == [True]:
            share = limits["mostly"]
            return f"holds in at least {share:.0%} of the rows" if share < 1 else "holds in every row"
        case "expect_column_values_to_be_in_set":
            return f"is one of {_shown(limits['value_set'])}"
        case "expect_column_values_to_match_regex":
            return f"has the form {limits['regex']}"
        case "expect_column_values_to_be_unique":
            return "is there once only"
        case "expect_table_row_count_to_be_between":
            return f"has at least {limits['min_value']:,} row{'s' * (limits['min_value'] != 1)}"
    raise ValueError(f"no words for {promise.type}")


def column_in_words(column: Column) -> list[str]:
    """What a column promises, a sentence each: `is one of offline, online`."""
    return [
        (str(promise.column) if promise.derive is not None else in_words(promise))
        + (f" ({promise.why})" if promise.why else "")
        for promise in of_column(column)
    ]


def _shown(words: Collection[str]) -> str:
    return ", ".join(words) if len(words) <= WORDS_SHOWN else f"{len(words)} known codes"
