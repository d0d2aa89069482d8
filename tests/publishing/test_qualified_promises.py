"""What has to hold between the tables of qualification, and that a breach is counted."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from contracts.qualified import ATTRIBUTION, HANDOVERS, LEAD_SCORES, QUALIFIED, SCORE_EXPLANATIONS
from contracts.table import Table
from publishing.qualified_promises import PROMISES, broken

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = "L" + "A" * 16
SCORE = {"lead_id": ONE, "as_of": NOON, "rules_version": "1", "fit": 10.0, "fit_grade": "B", "behaviour": 5.5}
QUALIFIED_ONE = SCORE | {"qualified": True, "stage": "mql", "stage_since": NOON, "content_hash": "0"}
WHY = [
    {"lead_id": ONE, "part": part, "rule": rule, "contribution": value}
    for part, rule, value in (("fit", "country", 10.0), ("behaviour", "download", 8.0), ("cap", "web", -2.5))
]
CREDIT = {"conversion_id": "c", "conversion": "order", "model": "linear"}
GIVEN = {"handover_id": "h", "lead_id": ONE, "status": "queued", "qualified_at": NOON}


def rows(table: Table, *these: dict[str, object]) -> pl.DataFrame:
    return table.conform(pl.DataFrame(list(these), schema_overrides=table.schema)) if these else table.empty()


def night(**other: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {table.name: table.empty() for table in QUALIFIED} | {
        "lead_scores": rows(LEAD_SCORES, QUALIFIED_ONE),
        "score_explanations": rows(SCORE_EXPLANATIONS, *WHY),
        "attribution": rows(ATTRIBUTION, CREDIT | {"credit": 0.25}, CREDIT | {"credit": 0.75, "touchpoint_id": "t"}),
        "handovers": rows(HANDOVERS, GIVEN),
        **other,
    }


def test_a_sound_night_breaks_nothing() -> None:
    assert broken(night(), pl.Series([ONE])) == dict.fromkeys(PROMISES, 0)


@pytest.mark.parametrize(
    ("promise", "tables", "leads"),
    [
        ("scores_are_explained", {"score_explanations": rows(SCORE_EXPLANATIONS, *WHY[:2])}, [ONE]),
        ("credits_sum_to_one", {"attribution": rows(ATTRIBUTION, CREDIT | {"credit": 0.5})}, [ONE]),
        ("leads_are_there", {}, ["L" + "B" * 16]),
        ("nobody_is_swallowed", {"handovers": HANDOVERS.empty()}, [ONE]),
    ],
)
def test_a_breach_is_counted(promise: str, tables: dict[str, pl.DataFrame], leads: list[str]) -> None:
    assert broken(night(**tables), pl.Series(leads)) == dict.fromkeys(PROMISES, 0) | {promise: 1}
