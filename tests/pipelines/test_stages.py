"""Stages: the seconds of a night, told in a few lines that add up."""

from __future__ import annotations

import pytest

from pipelines.stages import stages


def test_contracts_and_quick_stages_are_one_line_each() -> None:
    seconds = {
        "clean_records": 20.0,
        "clean_records_contract": 0.5,
        "leads": 10.0,
        "leads_contract": 0.25,
        "redirects": 0.1,
    }
    shown = stages(seconds)
    assert list(shown) == ["clean_records", "leads", "1 quicker stages", "2 table contracts"]
    assert sum(shown.values()) == pytest.approx(sum(seconds.values()))
