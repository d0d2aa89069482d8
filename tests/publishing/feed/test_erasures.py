"""The list of the erased: each id once, only ever added to, whole after any kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from publishing.feed.erasures import FILE, tell_consumers, told_ids

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_each_id_is_told_once_and_in_order(tmp_path: Path) -> None:
    assert tell_consumers(tmp_path, ["LB", "LA"], AT) == 2
    assert tell_consumers(tmp_path, ["LA", "LC"], AT.replace(month=4)) == 1
    assert (tmp_path / FILE).read_text(encoding="utf-8").splitlines() == [
        "entity,id,at,kind",
        "lead,LA,2026-03-01T02:00:00+00:00,erased",
        "lead,LB,2026-03-01T02:00:00+00:00,erased",
        "lead,LC,2026-04-01T02:00:00+00:00,erased",
    ]


def test_before_the_first_publication_there_is_a_feed_too(tmp_path: Path) -> None:
    assert tell_consumers(tmp_path / "published", [], AT) == 0


def test_those_told_since_a_moment_are_told_again_from_its_second_on(tmp_path: Path) -> None:
    tell_consumers(tmp_path, ["LA"], AT)
    tell_consumers(tmp_path, ["LB"], AT + timedelta(hours=1))
    assert told_ids(tmp_path, AT + timedelta(microseconds=9)) == {"LA", "LB"}
    assert told_ids(tmp_path, AT + timedelta(seconds=1)) == {"LB"}
