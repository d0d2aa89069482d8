"""The gates as checks of Dagster: what each found of the night, and a run that fails where one holds it.

Belongs here: showing the last night's verdict on `published`. Does not belong here: judging (`publishing.gates`) or
holding (`publishing.publish`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg
import polars as pl

from assets.markdown import markdown
from assets.publication import published, report
from assets.resources.lake import Lake
from engine.escaping import for_markdown
from publishing.gates.judging import Finding, gates
from publishing.gates.wording import gate_in_words, shown_range, shown_value, why_held
from publishing.last_night import Night, last_night

_ROLLED_BACK = "rolled_back"


@dg.multi_asset_check(
    name="gates",
    specs=[
        dg.AssetCheckSpec(name, asset=published, additional_deps=[report], description=what)
        for name, what in [
            *((gate.name, gate_in_words(gate)) for gate in gates().values()),
            (_ROLLED_BACK, "Whether somebody went back to an earlier publication, which nothing follows unasked."),
        ]
    ],
)
def gate_checks(lake: Lake) -> Iterator[dg.AssetCheckResult]:
    """They stand behind the report, which shows a held night too; then the run fails, so that people are told."""
    if (night := last_night(lake.where.published)) is None:
        raise dg.Failure("What became of the night is not known; run again")
    for name in gates():
        yield _gate_result(name, [it for it in night.verdict.shown if it.gate.name == name], lake)
    yield _result(_ROLLED_BACK, passed=not night.verdict.rolled_back, description=_went_back(night))
    if night.state == "held" and night.verdict.wants_a_person:
        raise dg.Failure(_why(night))


def _why(night: Night) -> str:
    why = "; ".join(why_held(night.verdict))
    return f"Held, not published: {why}. Look at the report, then: leads release {night.folder.name}"


def _went_back(night: Night) -> str:
    if night.verdict.rolled_back:
        return f"Somebody went back to {night.verdict.base}; `leads history` says who and why."
    return "Nobody did; tonight follows the publication before."


def _gate_result(name: str, found: Sequence[Finding], lake: Lake) -> dg.AssetCheckResult:
    """The worst finding in numbers, all of them as a table."""
    if not found:
        return _result(name, passed=True, description="Nothing to measure: nothing before, or nothing changed.")
    worst = found[0]
    end = worst.least if worst.gate.worse == "less" else worst.most
    return _result(
        name,
        passed=not worst.tripped,
        description=for_markdown(f"{worst.subject}: {shown_value(worst)}, usual {shown_range(worst)}"),
        metadata={
            "percent": round(100 * worst.value, 3),
            "usual_end_percent": round(100 * end, 3),
            "rows": worst.rows,
            "tripped": sum(it.tripped for it in found),
            "measured": markdown(_measured(found)),
            "samples": ", ".join(worst.samples),
            "look_at": worst.gate.look,
            "report": dg.MetadataValue.path(lake.where.report / "index.html"),
        },
    )


def _measured(found: Sequence[Finding]) -> pl.DataFrame:
    rows = [(it.subject, shown_value(it), shown_range(it), it.rows, "❌" if it.tripped else "✅") for it in found]
    return pl.DataFrame(rows, schema=["what", "tonight", "usual", "rows", "within"], orient="row")


def _result(name: str, **told: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(check_name=name, asset_key="published", **told)
