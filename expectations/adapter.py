"""The adapter: a suite and a Polars frame go in, a verdict comes out.

Belongs here: telling passed, failed and crashed apart, severity, masking examples. Does not belong here: what is
expected (`expectations.suites`), running it (`expectations.engine`) or Dagster (`expectations.asset_checks`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from expectations.engine import open_context, run
from expectations.promises import Expectation, Severity, in_words
from expectations.suites import SUITES, Suite

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation after the run. `examples` are masked; `error` is set when it crashed; `promise` and `why` are the
    sentence of `promises.in_words` and the standard or reason behind it."""

    expectation: str
    column: str | None
    outcome: Literal["passed", "failed", "crashed"]
    severity: Severity
    unexpected: int = 0
    examples: list[str] = field(default_factory=list)
    error: str | None = None
    promise: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What came of a suite. Warnings do not spoil `success`; crashed expectations do, like critical failures."""

    table: str
    rows: int
    checked: list[Checked]

    @property
    def failures(self) -> list[Checked]:
        return [check for check in self.checked if check.outcome == "failed"]

    @property
    def crashed(self) -> list[Checked]:
        return [check for check in self.checked if check.outcome == "crashed"]

    @property
    def success(self) -> bool:
        return not self.crashed and all(check.severity != "critical" for check in self.failures)

    @property
    def severity(self) -> Severity | None:
        """The worst of what failed or crashed; None when all is well."""
        if not self.success:
            return "critical"
        return "warning" if self.failures else None


def columns_under_test(table_name: str) -> list[str]:
    """The columns a suite reads; a frame with just these will do for `validate`."""
    suite = SUITES[table_name]
    read = {name for check in suite.expectations for name in _reads(check)}
    return [name for name in suite.table.names if name in read]


def validate(table_name: str, frame: pl.DataFrame | pl.LazyFrame) -> SuiteResult:
    """Run the suite of a table.

    Args:
        table_name: a name of `expectations.suites.SUITES`.
        frame: the table, or at least its `columns_under_test`.

    Raises:
        KeyError: there is no suite of this name.
    """
    suite = SUITES[table_name]
    lazy = frame.lazy()
    wrong = _wrong_columns(suite, lazy)
    rows = lazy.select(pl.len()).collect().item()
    if wrong:
        return SuiteResult(table_name, rows, wrong)
    results = run(open_context(), suite, lazy, EXAMPLES)
    return SuiteResult(table_name, rows, judged(suite, results))


def judged(suite: Suite, results: Sequence[Any]) -> list[Checked]:
    """What came of each expectation of a suite, in its order, from Great Expectations' results."""
    found = map(_checked, suite.expectations, results)
    return [
        replace(it, promise=in_words(said), why=said.why) for it, said in zip(found, suite.expectations, strict=True)
    ]


def mask(value: object) -> str:
    """An example that shows the shape of a value and not whose it is: `m••@f••••.de` for an address."""
    return re.sub(r"\w+", lambda word: word[0][0] + "•" * (len(word[0]) - 1), str(value))[:60]


def _reads(check: Expectation) -> list[str]:
    if check.derive is not None:
        return check.derive.meta.root_names()
    return [check.column] if check.column else []


def _wrong_columns(suite: Suite, frame: pl.LazyFrame) -> list[Checked]:
    """Columns that are missing or of another type: testing their values would only crash."""
    found = frame.collect_schema()
    wrong = []
    for name in columns_under_test(suite.table.name):
        promised = suite.table.schema[name]
        if name not in found:
            wrong.append(Checked("expect_column_to_exist", name, "failed", "critical", promise="is there"))
        elif found[name] != promised:
            wrong.append(
                Checked(
                    f"expect_column_values_to_be_of_type {promised}",
                    name,
                    "failed",
                    "critical",
                    examples=[str(found[name])],
                    promise=f"is of type {promised}",
                )
            )
    return wrong


def _checked(check: Expectation, result: Any) -> Checked:
    if error := _error(result.exception_info or {}):
        return Checked(check.type, check.column, "crashed", check.severity, error=error)
    if bool(result.success):  # numpy's own bool is not one to everybody
        return Checked(check.type, check.column, "passed", check.severity)
    found = result.result
    count = found.get("unexpected_count")
    examples = found.get("partial_unexpected_list") if _shows_values(check) else None
    if count is None:
        examples = [found.get("observed_value")]
    distinct = dict.fromkeys(mask(value) for value in examples or [])
    return Checked(check.type, check.column, "failed", check.severity, int(count or 0), list(distinct))


def _shows_values(check: Expectation) -> bool:
    return check.derive is None and check.type != "expect_column_values_to_not_be_null"


def _error(info: dict[str, Any]) -> str | None:
    """The message of the exception behind a result, flat or one per metric; None when there was none."""
    if "raised_exception" in info:
        return str(info.get("exception_message") or "exception without a message") if info["raised_exception"] else None
    messages = [
        str(part.get("exception_message"))
        for part in info.values()
        if isinstance(part, dict) and part.get("raised_exception")
    ]
    return "; ".join(messages) or None
