"""The feed of erasures: each id once, only ever added to, whole after any kill."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from publishing.erasing import FEED, tell_consumers

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_each_id_is_told_once_and_in_order(tmp_path: Path) -> None:
    assert tell_consumers(tmp_path, ["LB", "LA"], AT) == 2
    assert tell_consumers(tmp_path, ["LA", "LC"], AT.replace(month=4)) == 1
    assert (tmp_path / FEED).read_text(encoding="utf-8").splitlines() == [
        "entity,id,at,kind",
        "lead,LA,2026-03-01T02:00:00+00:00,erased",
        "lead,LB,2026-03-01T02:00:00+00:00,erased",
        "lead,LC,2026-04-01T02:00:00+00:00,erased",
    ]


def test_before_the_first_publication_there_is_a_feed_too(tmp_path: Path) -> None:
    assert tell_consumers(tmp_path / "published", [], AT) == 0
