"""attribution.toml: the shipped file is sound, and an unsound one is named with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from qualification.attribution.rules import attribution_rules
from qualification.rule_files import SHIPPED, UnsoundRules


def test_the_shipped_models() -> None:
    rules = attribution_rules()
    assert (*rules.plain, "time_decay", *rules.shapes, *rules.by_channel) == (
        *("first", "last", "linear", "time_decay", "u_shape", "w_shape", "full_path", "markov", "shapley"),
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("middle = 0.2", "middle = 0.3", "u_shape: shares are not less than 0 and sum to 1, these sum to 1.1"),
        ("first = 0.4, last = 0.4", "first = 1.4, last = -0.6", "u_shape: shares are not less than 0"),
        ("lead_created = 0.3", "lead_made = 0.3", "w_shape: lead_made is not known"),
        ("half_life_days = 7", "half_life_days = 0", "half_life_days must be more than 0"),
        ("order = 1", "order = 2", "markov: order = 2 is not known"),
        ("max_channels = 10", "max_channels = 40", "max_channels is 1 to 12"),
        ('unit = "account"', 'unit = "lead"', "[scope] unit = lead is not known"),
        ('"mql", "opp', '"sql", "opp', "[scope] conversions: sql is not known"),
        ('shown = "w_shape"', 'shown = "v_shape"', "[scope] shown = v_shape is not known"),
        ('direct = "last_unless_alone"', 'direct = "never"', "[scope] direct = never is not known"),
        ('same_instant = "split"', 'same_instant = "first"', "[ties] same_instant = first is not known; write split"),
        ("linear = {}", "curved = {}", "[models] curved is not known"),
        ("lookback_days = 180", "", "lookback_days is missing"),
        ("[ties]", "[tie]", "tie is not known"),
    ],
)
def test_unsound_rules_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (SHIPPED / "attribution.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "attribution.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnsoundRules) as refused:
        attribution_rules(tmp_path)
    assert str(refused.value).startswith(str(tmp_path / "attribution.toml"))
    assert says in str(refused.value)
