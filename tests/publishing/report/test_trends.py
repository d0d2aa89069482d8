"""Trends: the figures of the nights that are kept, and of no other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from publishing.publish import publish
from publishing.report.trends import HEIGHT, WIDTH, Trend, trends
from tests.publishing import example


@pytest.fixture
def published(tmp_path: Path) -> Path:
    for night, rows in enumerate((3, 5, 4)):
        folder = tmp_path / f"tables-{night}"
        folder.mkdir()
        paths = {}
        for name, table in example.tables(f"run-{night}", rows).items():
            paths[name] = folder / f"{name}.parquet"
            table.write_parquet(paths[name])
        publish(paths, tmp_path / "published", f"run-{night}", at=example.AT + timedelta(days=night))
    return tmp_path / "published"


def test_each_kept_night_is_one_value(published: Path) -> None:
    found = {trend.name: trend.values for trend in trends(published / "run-2")}
    assert found["leads"] == (3, 5, 4) and found["records"] == (3, 5, 4)
    assert found["ready"] == (0, 0, 0)
    assert list(found) == ["records", "leads", "ready", "accounts", "held_back"]


def test_a_night_sees_none_after_it_and_the_first_has_no_line(published: Path) -> None:
    assert trends(published / "run-1")[1].values == (3, 5)
    assert trends(published / "run-0") == []


def test_a_damaged_publication_is_left_out(published: Path) -> None:
    (published / "run-1" / "manifest.json").write_text("{", encoding="utf-8")
    assert trends(published / "run-2")[1].values == (3, 4)


@pytest.mark.parametrize("values", [(1, 2), (5, 5, 5), (9, 0, 3, 10**9)])
def test_the_line_stays_in_its_box(values: tuple[int, ...]) -> None:
    points = [tuple(map(float, point.split(","))) for point in Trend("x", values, example.AT).points.split()]
    assert len(points) == len(values)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
