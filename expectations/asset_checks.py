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
from expectations.suites import SUITES
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
        description=f"Great Expectations suite of {table_name}: {len(suite.expectations)} expectations.",
        blocking=True,
        required_resource_keys={"lake", "validator"},
        compute_kind="greatexpectations",
    )
    def contract(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return asset_check_result(context.resources.validator.check(table_name, load(table_name, context)))

    return contract


def asset_check_result(result: SuiteResult) -> dg.AssetCheckResult:
    """A suite's result as Dagster shows it: warnings do not pass but do not block either."""
    critical = result.severity == "critical"
    return dg.AssetCheckResult(
        passed=result.severity is None,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        description=_sentence(result),
        metadata={
            "expectations": dg.MetadataValue.md(markdown(result)),
            "rows": result.rows,
            "passed": len(result.checked) - len(result.failures) - len(result.crashed),
            "failed": len(result.failures),
            "crashed": len(result.crashed),
        },
    )


def markdown(result: SuiteResult) -> str:
    """All expectations as a Markdown table, those that need a look first."""
    order = {"crashed": 0, "failed": 1, "passed": 2}
    lines = ["| | column | expectation | severity | rows | examples (masked) |", "|---|---|---|---|---:|---|"]
    for check in sorted(result.checked, key=lambda check: order[check.outcome]):
        sign = {"crashed": "💥 crashed", "failed": "❌ failed", "passed": "✅"}[check.outcome]
        shown = for_markdown(without_contacts(check.error or ", ".join(check.examples)))
        cells = [sign, check.column or "table", _words(check), check.severity, _count(check), shown]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _words(check: Checked) -> str:
    return check.expectation.removeprefix("expect_").replace("_", " ")


def _count(check: Checked) -> str:
    return f"{check.unexpected:,}" if check.outcome == "failed" else ""


def _sentence(result: SuiteResult) -> str:
    if result.severity is None:
        return f"All {len(result.checked)} expectations hold on {result.rows:,} rows."
    named = [f"{check.column or _words(check)} ({check.outcome})" for check in [*result.crashed, *result.failures]]
    return f"{len(named)} of {len(result.checked)} expectations do not hold: {', '.join(named[:8])}"
