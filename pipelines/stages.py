"""Stages: where the seconds of a night went, as the terminal tells it.

Belongs here: summing up what is too quick to tell apart. Does not belong here: measuring (`assets.publication`) or
showing (`pipelines.night`).
"""

from __future__ import annotations

from collections.abc import Mapping

_CHECK = "_contract"


def stages(seconds: Mapping[str, float]) -> dict[str, float]:
    """Seconds per stage in the order they ran; table contracts and stages under 2 % of the night are summed up."""
    checks = {name for name in seconds if name.endswith(_CHECK)}
    quick = {name for name, value in seconds.items() if value < 0.02 * sum(seconds.values())} - checks
    shown = {name: value for name, value in seconds.items() if name not in checks | quick}
    for names, label in ((quick, "quicker stages"), (checks, "table contracts")):
        if names:
            shown[f"{len(names)} {label}"] = sum(seconds[name] for name in names)
    return shown
