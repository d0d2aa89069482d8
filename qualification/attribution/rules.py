"""Rules: attribution.toml as read and checked.

Belongs here: its scope, its models and how ties are settled. Does not belong here: what the models do
(`qualification.attribution.shapes`, `qualification.attribution.channels`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from qualification.rule_files import RuleFile, UnsoundRules, rule_file

CONVERSIONS = ("mql", "opportunity", "order")
MILESTONES = ("first", "last", "lead_created", "opportunity_created", "won")
PLAIN = ("first", "last", "linear")
BY_CHANNEL = ("markov", "shapley")
_SUM = 1e-9
_MOST_CHANNELS = 12  # Shapley asks every subset of them
_TIES = {"same_touch": "add", "no_middle": "spread", "same_instant": "split", "no_touch": "unattributed"}
_SCOPE = {
    *("unit", "lookback_days", "conversions", "exclude_kinds", "after", "direct", "direct_kinds", "shown"),
}


class ByChannel(NamedTuple):
    """A model that learns from all paths what a channel is worth."""

    least_conversions: int
    most_channels: int


class AttributionRules(NamedTuple):
    """attribution.toml; `shapes` are shares of milestones and of the middle by the name of the model."""

    lookback_days: float
    conversions: tuple[str, ...]
    exclude_kinds: tuple[str, ...]
    spent: bool
    direct_kinds: tuple[str, ...]
    shown: str
    plain: tuple[str, ...]
    half_life_days: float | None
    shapes: dict[str, dict[str, float]]
    by_channel: dict[str, ByChannel]


def attribution_rules(home: Path | None = None) -> AttributionRules:
    """The rules of a home, the shipped ones where it has none of its own.

    Raises:
        UnsoundRules: names the file, the key and the remedy.
    """
    file = rule_file("attribution.toml", home)
    rules = file.toml()
    try:
        return _checked(file, rules)
    except KeyError as fault:
        raise UnsoundRules(f"{file.path}: {fault.args[0]} is missing; the shipped file has it") from None
    except (TypeError, ValueError, AttributeError) as fault:
        raise UnsoundRules(f"{file.path}: {fault}") from None


def _checked(file: RuleFile, rules: Mapping[str, Any]) -> AttributionRules:
    scope, models = rules["scope"], rules["models"]
    _known(set(rules), {"scope", "models", "ties"}, "")
    _known(set(scope), _SCOPE, "[scope] ")
    _known(set(scope["conversions"]), set(CONVERSIONS), "[scope] conversions: ")
    for name, only in _TIES.items():
        _one_of(f"[ties] {name}", rules["ties"][name], (only,))
    _one_of("[scope] unit", scope["unit"], ("account",))
    _one_of("[scope] after", scope["after"], ("previous_conversion_of_same_kind", "any"))
    _one_of("[scope] direct", scope["direct"], ("last_unless_alone", "counts"))
    _one_of("[scope] shown", scope["shown"], tuple(models))
    shapes = {name: _shape(name, model) for name, model in models.items() if "middle" in model}
    known = {*PLAIN, "time_decay", *BY_CHANNEL, *shapes}
    _known(set(models), known, "[models] ")
    half_life = models.get("time_decay", {}).get("half_life_days")
    if "time_decay" in models and not (isinstance(half_life, int | float) and half_life > 0):
        raise ValueError("time_decay: half_life_days must be more than 0")
    return AttributionRules(
        float(scope["lookback_days"]),
        tuple(name for name in CONVERSIONS if name in scope["conversions"]),
        tuple(scope["exclude_kinds"]),
        scope["after"] != "any",
        tuple(scope["direct_kinds"]) if scope["direct"] == "last_unless_alone" else (),
        scope["shown"],
        tuple(name for name in PLAIN if name in models),
        half_life,
        shapes,
        {name: _by_channel(name, models[name]) for name in BY_CHANNEL if name in models},
    )


def _shape(name: str, model: Mapping[str, Any]) -> dict[str, float]:
    _known(set(model), {*MILESTONES, "middle"}, f"{name}: ")
    shares = {part: float(share) for part, share in model.items()}
    if min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > _SUM:
        raise ValueError(f"{name}: shares are not less than 0 and sum to 1, these sum to {sum(shares.values()):g}")
    return shares


def _by_channel(name: str, model: Mapping[str, Any]) -> ByChannel:
    _known(set(model), {"order", "min_conversions", "max_channels"}, f"{name}: ")
    _one_of(f"{name}: order", model.get("order", 1), (1,))
    most = int(model.get("max_channels", _MOST_CHANNELS))
    if not 1 <= most <= _MOST_CHANNELS:
        raise ValueError(f"{name}: max_channels is 1 to {_MOST_CHANNELS}")
    return ByChannel(int(model["min_conversions"]), most)


def _known(said: set[str], known: set[str], where: str) -> None:
    if unknown := sorted(said - known):
        raise ValueError(f"{where}{unknown[0]} is not known; known are {', '.join(sorted(known))}")


def _one_of(where: str, said: object, known: tuple[object, ...]) -> None:
    if said not in known:
        raise ValueError(f"{where} = {said} is not known; write {', '.join(map(str, known))}")
