"""Standing: score, stage and hand-over of a lead, for a person at the terminal.

Belongs here: reading the published tables of qualification for one lead, and putting them into words. Does not belong
here: scoring and moving (`qualification`), where golden values come from (`pipelines.explaining`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.resources.home import Home
from assets.resources.lake import Lake
from engine.journal import Damaged
from pipelines.place import told_place
from publishing.current import CURRENT
from publishing.qualified import OF
from qualification.rule_files import UnsoundRules, rule_file

OBJECTED = "objected"
_WHAT = ("content_id", "mailing_id", "campaign_id", "category")


@dataclass(frozen=True)
class ScoreRow:
    """A row of the score: what its rule gives, what of it counts, and the value or act it rests on."""

    part: str
    rule: str
    points: float | None
    factor: float | None
    contribution: float
    reason: str | None
    field: str | None
    value: str | None
    occurred_at: datetime | None
    about: str | None
    source: str | None
    source_record_id: str | None
    file: str | None
    row: int | None
    records: int | None
    """How many records show the act; the place is that of the first."""


@dataclass(frozen=True)
class Handed:
    """A hand-over to sales, or what keeps the lead back."""

    status: str
    hold_code: str | None
    team: str | None
    owner: str | None
    rule: str | None
    qualified_at: datetime
    handed_over_at: datetime | None
    due_at: datetime | None
    first_response_at: datetime | None
    sla: str | None
    outcome: str | None


@dataclass(frozen=True)
class Standing:
    """Where a lead stands. `rows` of fit and of behaviour sum to the two scores, caps among those they cut."""

    as_of: datetime
    publication: str
    rules_version: str
    qualified: bool
    qualified_by: str | None
    fit: float | None
    fit_grade: str
    behaviour: float | None
    behaviour_grade: str | None
    probability: float | None
    probability_note: str | None
    stage: str
    stage_since: datetime
    stage_by: str | None
    stage_reason: str | None
    stage_evidence: str | None
    rows: list[ScoreRow]
    handovers: list[Handed]

    def of(self, score: str) -> list[ScoreRow]:
        """The rows of `fit` or `behaviour`."""
        return [row for row in self.rows if (row.part == "fit" or row.rule == "model.fit_range") == (score == "fit")]


def standing_of(home: Home, current: Path, lead_id: str) -> Standing | None:
    """Where a lead stands, as of the published tables of qualification; None where they know nothing of it.

    Args:
        current: the publication of leads, for the values fit was told by.
    """
    folder = home.qualified / CURRENT
    if not folder.is_dir():
        return None
    scores = _of_lead(folder, "lead_scores", lead_id)
    if scores.is_empty():
        return None
    score = scores.row(0, named=True)
    step = _step(home, folder, score)
    told = {name: score[name] for name in Standing.__dataclass_fields__ if name in score}
    return Standing(
        **told,
        publication=(folder / OF).read_text(encoding="utf-8").strip(),
        stage_by=step.get("by"),
        stage_reason=step.get("reason"),
        stage_evidence=step.get("evidence"),
        rows=list(_rows(folder, lead_id, _values(home, current, lead_id))),
        handovers=[
            Handed(**{name: row[name] for name in Handed.__dataclass_fields__})
            for row in _of_lead(folder, "handovers", lead_id).sort("qualified_at", "handover_id").iter_rows(named=True)
        ],
    )


def told_standing(found: Standing, publication: str) -> Iterator[str]:
    """Lines that say where a lead stands and why.

    Args:
        publication: name of the publication everything else is told of.
    """
    yield f"{'as of':12}{_moment(found.as_of)}, by scoring rules {found.rules_version}"
    if found.publication != publication:
        yield f"{'':12}made from publication {found.publication}, not from {publication}, which is current"
    if found.qualified_by == OBJECTED:
        yield f"{'profiling':12}stopped: the person objected; what they do is not scored"
    else:
        why = f": {found.qualified_by}" if found.qualified_by else ""
        yield f"{'qualified':12}{'yes' if found.qualified else 'no'}{why}"
    for name, score, grade in (
        ("fit", found.fit, found.fit_grade),
        ("behaviour", found.behaviour, found.behaviour_grade),
    ):
        if score is not None:
            yield f"{name:12}{score:.2f}, grade {grade}"
            yield from _told_rows(found.of(name))
    if found.probability is not None or found.probability_note:
        chance = "" if found.probability is None else f"{found.probability:.0%} "
        yield f"{'probability':12}{chance}{f'({found.probability_note})' if chance else found.probability_note}"
    by = " · ".join(filter(None, (f"by {found.stage_by}" if found.stage_by else "", found.stage_reason)))
    rests_on = f"; {found.stage_evidence}" if found.stage_evidence else ""
    yield f"{'stage':12}{found.stage} since {_moment(found.stage_since)}{f', {by}' if by else ''}{rests_on}"
    for one in found.handovers:
        yield f"{'hand-over':12}{_told_handover(one)}"


def _told_rows(rows: list[ScoreRow]) -> Iterator[str]:
    for row in rows:
        if row.contribution:
            yield f"{'':12}{row.contribution:+8.2f}  {_told_row(row)}"
    if nothing := Counter(row.reason or "no points" for row in rows if not row.contribution):
        counted = ", ".join(f"{reason} {count:,}" for reason, count in sorted(nothing.items()))
        yield f"{'':12}{0:8.2f}  for what does not count: {counted}"


def _told_row(row: ScoreRow) -> str:
    counts = f"{row.points:g} × {row.factor:.3f}" if row.points is not None and row.factor not in (None, 1.0) else ""
    value = f"{row.field} {row.value}" if row.field and row.value else row.field
    record = " ".join(filter(None, (row.source, row.source_record_id)))
    at = _moment(row.occurred_at) if row.occurred_at else ""
    more = f"and {row.records - 1} more that show it" if row.records and row.records > 1 else ""
    parts = (row.rule, counts, value, at, row.about, record, told_place(row.file, None, row.row), more, row.reason)
    return " · ".join(part for part in parts if part)


def _told_handover(one: Handed) -> str:
    since = f"{one.status} {_moment(one.handed_over_at or one.qualified_at)}"
    parts = (
        f"{since} to {one.owner}" if one.owner else since,
        f"team {one.team}" if one.team else "",
        one.rule,
        f"due {_moment(one.due_at)}" if one.due_at else "",
        f"answered {_moment(one.first_response_at)}" if one.first_response_at else "",
        f"SLA {one.sla}" if one.sla else "",
        one.outcome,
    )
    return " · ".join(part for part in parts if part)


def _step(home: Home, folder: Path, score: dict[str, Any]) -> dict[str, Any]:
    """The row of `stage_history` that moved the lead into its stage; empty where there is none."""
    chosen = None
    with suppress(UnsoundRules):  # the night says so; here it would only hide what is known
        chosen = rule_file("lead_management.toml", home.qualification_rules).toml().get("stage_model")
    rows = _of_lead(folder, "stage_history", score["lead_id"]).filter(
        pl.col("merged_from").is_null(), stage=score["stage"], entered_at=score["stage_since"]
    )
    return next(rows.sort(pl.col("model") != str(chosen), "model", "pass").iter_rows(named=True), {})


def _rows(folder: Path, lead_id: str, values: dict[str, Any]) -> Iterator[ScoreRow]:
    acts = _of_lead(folder, "touchpoints", lead_id).select(
        "touchpoint_id",
        "occurred_at",
        pl.concat_str(
            [pl.lit(f"{name.removesuffix('_id')} ") + pl.col(name) for name in _WHAT], separator=", ", ignore_nulls=True
        )
        .replace("", None)
        .alias("about"),
        pl.col("evidence").list.first().alias("seen"),
        pl.col("evidence").list.len().alias("records"),
    )
    rows = _of_lead(folder, "score_explanations", lead_id).join(
        acts, on="touchpoint_id", how="left", maintain_order="left"
    )
    for row in rows.iter_rows(named=True):
        value = values.get(row["field"])
        seen = row["seen"] or dict.fromkeys(("source", "source_record_id", "file", "row"))
        names = (
            "part",
            "rule",
            "points",
            "factor",
            "contribution",
            "reason",
            "field",
            "occurred_at",
            "about",
            "records",
        )
        yield ScoreRow(**{name: row[name] for name in names}, value=None if value is None else str(value), **seen)


def _values(home: Home, current: Path, lead_id: str) -> dict[str, Any]:
    """The values fit asks for: of the golden lead, and what its records declare."""
    lead = _of_lead(current, "leads", lead_id).row(0, named=True)
    with suppress(FileNotFoundError, Damaged):  # values are shown beside rows that stand without them
        for facts in Lake(home=str(home.root)).read("lead_facts").filter(lead_id=lead_id).iter_rows(named=True):
            lead |= {name: value for name, value in facts.items() if value is not None}
    return lead


def _of_lead(folder: Path, table: str, lead_id: str) -> pl.DataFrame:
    return pl.scan_parquet(folder / f"{table}.parquet", glob=False).filter(pl.col("lead_id") == lead_id).collect()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
