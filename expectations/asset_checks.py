"""Asset checks: each suite as a blocking check on the asset of the same name.

Belongs here: turning a suite's result into what the Dagster page shows. Does not belong here: running a suite
(`expectations.adapter`, by the resource `validator`). A critical failure stops everything downstream, so
yesterday's publication stays.
"""

# No `from __future__ import annotations`: Dagster reads the annotation of `context` as it stands.

from collections.abc import Callable

import dagster as dg
import polars as pl

from engine.escaping import for_markdown
from expectations.adapter import Checked, SuiteResult, columns_under_test
from expectations.suites import SUITES, Suite
from publishing.report.masking import without_contacts

Load = Callable[[str, dg.AssetCheckExecutionContext], pl.DataFrame | pl.LazyFrame]


def from_lake(table_name: str, context: dg.AssetCheckExecutionContext) -> pl.LazyFrame:
    """The columns under test of a table in the resource `lake`."""
    frame: pl.LazyFrame = context.resources.lake.scan(table_name)
    present = frame.collect_schema().names()
    return frame.select(name for name in columns_under_test(table_name) if name in present)


def build_asset_checks(load: Load = from_lake) -> list[dg.AssetChecksDefinition]:
    """One blocking check per suite, on the asset named like its table.

    Args:
        load: gives the table (at least its columns under test) by name; by default from the resource `lake`.
    """
    return [_check(name, load) for name in SUITES]


def _check(table_name: str, load: Load) -> dg.AssetChecksDefinition:
    suite = SUITES[table_name]

    @dg.asset_check(
        asset=table_name,
        name="contract",
        description=_about(suite),
        blocking=True,
        required_resource_keys={"lake", "validator"},
        compute_kind="greatexpectations",
    )
    def contract(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return asset_check_result(context.resources.validator.check(table_name, load(table_name, context)))

    return contract


def _about(suite: Suite) -> str:
    """What the check looks at and what follows, for somebody who meets it first."""
    stops = sum(promise.severity == "critical" for promise in suite.expectations)
    return (
        f"Whether every row of `{suite.table.name}` keeps the table's {len(suite.expectations)} promises: the key is "
        "there once, what has to be filled is, words are of their set, numbers in their range, texts in their form. "
        f"Where one of {stops} breaks, nothing after it runs and the last publication stays; the others are only shown."
    )


def asset_check_result(result: SuiteResult) -> dg.AssetCheckResult:
    """A suite's result as Dagster shows it: warnings do not pass but do not block either."""
    critical = result.severity == "critical"
    kept = len(result.checked) - len(result.failures) - len(result.crashed)
    return dg.AssetCheckResult(
        passed=result.severity is None,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=_sentence(result),
        metadata={
            "rows": result.rows,
            "promises_kept": kept,
            "promises_broken": len(result.failures),
            "not_testable": len(result.crashed),
            "rows_breaking_one": max((check.unexpected for check in result.failures), default=0),
            "promises": dg.MetadataValue.md(markdown(result)),
        },
    )


def markdown(result: SuiteResult) -> str:
    """All promises as a Markdown table, those that need a look first."""
    order = {"crashed": 0, "failed": 1, "passed": 2}
    lines = [
        "| | what | promise | why | where it breaks | rows | examples (masked) |",
        "|---|---|---|---|---|---:|---|",
    ]
    for check in sorted(result.checked, key=lambda check: order[check.outcome]):
        sign = {"crashed": "💥 not testable", "failed": "❌ broken", "passed": "✅"}[check.outcome]
        shown = for_markdown(without_contacts(check.error or ", ".join(check.examples)))
        said = (check.column or "the table", check.promise, check.why)
        stops = "the night stops" if check.severity == "critical" else "it is shown"
        lines.append(
            "| " + " | ".join([sign, *map(for_markdown, said), stops, _count(check, result.rows), shown]) + " |"
        )
    return "\n".join(lines)


def _count(check: Checked, rows: int) -> str:
    """Rows that break the promise, and their share."""
    if check.outcome != "failed":
        return ""
    return f"{check.unexpected:,} ({check.unexpected / rows:.1%})" if rows else f"{check.unexpected:,}"


def _sentence(result: SuiteResult) -> str:
    if result.severity is None:
        return f"All {len(result.checked)} promises hold on {result.rows:,} rows."
    named = [f"{check.column or 'the table'} {check.promise} ({check.outcome})" for check in _unkept(result)]
    return f"{len(named)} of {len(result.checked)} promises do not hold on {result.rows:,} rows: {'; '.join(named[:8])}"


def _unkept(result: SuiteResult) -> list[Checked]:
    return [*result.crashed, *result.failures]
