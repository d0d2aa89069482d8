"""Standing: how a target stands, in counts, for whoever asks.

Belongs here: bindings, the last run, dead letters and events of one state, counted. Does not belong here: showing them
(`pipelines.commands.sync`, `assets.sync`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from delivery.state import FILE, opened
from delivery.step import WRITING
from publishing.report.masking import without_contacts

_LISTED = 20  # letters


class TargetStanding(NamedTuple):
    """Counts by how a binding stands, by how rows of the last run fared, by event; and the letters that come first.

    `next_at` of a letter is None where each plan has its row again (objections, merges, removals).

    Reasons show no e-mail address and no phone number.
    """

    target: str
    bindings: dict[str, int]
    last_run: dict[str, int]
    events: dict[str, int]
    letters: list[dict[str, Any]]
    more_letters: int


def standing(folder: Path, name: str) -> TargetStanding | None:
    """How the target whose state lies in `folder` stands; None where nothing was synced yet."""
    if not (folder / FILE).exists():
        return None
    with opened(folder) as state:
        log, letters = state.table("log"), state.letters().sort("next_at")
        last = log.filter(pl.col("run") == pl.col("run").last()).unique(["action", "key"], keep="last")
        waits = pl.when(pl.col("action").is_in([*map(str, WRITING)])).then("next_at")
        return TargetStanding(
            target=name,
            bindings=_counted(state.table("bindings")["standing"]),
            last_run=_counted(last["status"]),
            events=_counted(state.table("events")["event"]),
            letters=[
                letter | {"reason": without_contacts(letter["reason"])}
                for letter in letters.select("key", "action", "reason", "attempts", waits.alias("next_at"))
                .head(_LISTED)
                .to_dicts()
            ],
            more_letters=max(0, letters.height - _LISTED),
        )


def _counted(words: pl.Series) -> dict[str, int]:
    return dict(words.value_counts(sort=True).iter_rows())
