"""Windows between two stages, by the business clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.qualified import STAGE_HISTORY
from qualification.figures.rules import funnel
from qualification.handover.rules import handover_rules
from qualification.handover.sla import Clocks
from qualification.handover.stage_windows import business_minutes, stage_windows
from tests.qualification.homes import berlin, frame

SLA = handover_rules().sla
RANKS = funnel("sirius2012")
NOW = berlin("2026-03-20 12:00")


def row(stage: str, ladder: int, entered: str, left: str | None = None) -> dict[str, object]:
    told = {"lead_id": "l1", "model": "sirius2012", "pass": 1, "stage": stage, "ladder": ladder, "by": "crm"}
    return told | {
        "entered_at": berlin(entered),
        "left_at": berlin(left) if left else None,
        "known_at": berlin(entered),
    }


@pytest.mark.parametrize(
    ("rows", "sla"),
    [
        ([row("mql", 3, "2026-03-05 16:00", "2026-03-06 14:00"), row("tal", 4, "2026-03-06 14:00")], "met"),
        ([row("mql", 3, "2026-03-05 16:00", "2026-03-06 14:01"), row("tal", 4, "2026-03-06 14:01")], "breached"),
        ([row("mql", 3, "2026-03-05 16:00", "2026-03-06 14:00"), row("sql", 6, "2026-03-06 14:00")], "met"),
        ([row("mql", 3, "2026-03-05 16:00")], "breached"),
        ([row("mql", 3, "2026-03-20 08:00")], "running"),
        ([row("mql", 3, "2026-03-05 16:00", "2026-03-05 17:00")], "withdrawn"),
    ],
    ids=["on the minute", "a minute late", "skipped", "still there", "still in time", "went another way"],
)
def test_accepting_a_lead(rows: list[dict[str, object]], sla: str) -> None:
    kept = stage_windows(frame(STAGE_HISTORY, rows), RANKS, SLA, NOW).filter(pl.col("window") == "tal_accept")
    assert kept["sla"].to_list() == [sla]


def test_a_model_without_the_stages_has_no_such_windows() -> None:
    assert stage_windows(
        frame(STAGE_HISTORY, [row("mql", 3, "2026-03-05 16:00")]), funnel("marketo"), SLA, NOW
    ).is_empty()


_MOMENT = st.integers(0, 800 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(pairs=st.lists(st.tuples(_MOMENT, _MOMENT), min_size=1, max_size=8))
def test_row_by_row_or_all_at_once_is_the_same(pairs: list[tuple[datetime, datetime]]) -> None:
    clock = Clocks(SLA).of()
    table = pl.DataFrame(pairs, schema=dict.fromkeys(("begin", "end"), pl.Datetime("us", "UTC")), orient="row")
    assert business_minutes(table, "begin", "end", clock).to_list() == [clock.minutes(*pair) for pair in pairs]
