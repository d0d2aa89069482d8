"""Walk: each lead's way through one stage model, signal by signal.

Belongs here: rising by rank, leading back, passes of customers. Does not belong here: what was told on earlier nights
(`history`), where signals come from (`signals`).
All leads take their first signal together, then their second, and so on; those with most signals come first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.qualified import STAGE_HISTORY
from qualification.stages.conditions import holds
from qualification.stages.models import CUSTOMER, QUALIFIED, Model, own_names
from qualification.stages.signals import NAMED, TOUCHED

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

GRACE = 86_400_000_000  # microseconds: what the CRM says within a day of an order still belongs to it
STEPS = [name for name in STAGE_HISTORY.names if name not in ("left_at", "merged_from", "late")]

_HANDED, _ENTER, _TOUCHED, _BACK, _DECAYED, _CANCELLED = range(6)
_NONE = -1


def walk(signals: pl.DataFrame, model: Model) -> pl.DataFrame:
    """The steps of every lead, as if nothing had been told before.

    Args:
        signals: `conditions.SIGNALS`.

    Returns:
        The columns of `contracts.qualified.STAGE_HISTORY` but left_at, merged_from and late, by lead, time and rank.
    """
    events = _events(signals, model)
    taken = _Walk(events, model).run()
    order = {stage.name: stage.rank for stage in model.stages}
    steps = events[taken["event"]].select("lead_id", "at", "known_at", "reason", "evidence", "by")
    names = pl.Series([stage.name for stage in model.stages])
    ladder = pl.Series([stage.ladder for stage in model.stages], dtype=pl.Int8)
    return (
        steps.rename({"at": "entered_at"})
        .with_columns(
            pl.lit(model.name).alias("model"),
            pl.Series("pass", taken["pass"], dtype=pl.UInt16),
            pl.Series("stage", names.gather(taken["stage"]), dtype=pl.String),
            pl.Series("ladder", ladder.gather(taken["stage"]), dtype=pl.Int8),
        )
        .sort("lead_id", "pass", "entered_at", pl.col("stage").replace_strict(order, return_dtype=pl.Int64))
        .select(STEPS)
    )


def _events(signals: pl.DataFrame, model: Model) -> pl.DataFrame:
    """What each signal may do in this model: the signals with code, stage and by, in the order they are taken.

    Of one moment the highest stage goes first, so that a lead enters that alone, and what leads back last.
    """
    named = own_names(model)
    own = [stage.name for stage in model.stages]
    parts = []
    for place, stage in enumerate(model.stages):
        if stage.enter is not None:
            parts.append(_as(holds(stage.enter, signals), _ENTER, place, stage.by))
        if stage.ladder == CUSTOMER and stage.by == "order":
            parts.append(_as(signals.filter(pl.col("signal") == "order then cancelled"), _ENTER, place, stage.by))
    for word, name in named.items():
        parts.append(_as(signals.filter(pl.col("signal") == NAMED + word), _ENTER, own.index(name), "crm"))
    back = holds(model.when, signals)
    decayed = pl.col("signal") == "disqualified"
    parts += [
        _as(back.filter(~decayed), _BACK, model.recycle, "crm"),
        _as(back.filter(decayed), _DECAYED, model.recycle, "rule"),
        _as(signals.filter(pl.col("signal") == "cancelled"), _CANCELLED, model.recycle, "order"),
        _as(signals.filter(pl.col("signal") == "handed_over"), _HANDED, model.recycle, "rule"),
    ]
    if model.again is not None:
        parts.append(_as(signals.filter(pl.col("signal") == TOUCHED), _TOUCHED, model.again, "rule"))
    rank = {place: -stage.rank for place, stage in enumerate(model.stages)}
    return (
        pl.concat(parts)
        .with_columns(pl.col("target").replace_strict(rank, return_dtype=pl.Int64).alias("_rank"))
        .sort("lead_id", "at", "code", "_rank", "known_at", "begun_at", "evidence", "reason", nulls_last=True)
        .drop("_rank")
    )


def _as(rows: pl.DataFrame, code: int, stage: int, by: str) -> pl.DataFrame:
    moves = pl.col("signal") != "sales_activity"  # a call to a customer is no new business yet
    return rows.with_columns(
        pl.lit(code, pl.Int64).alias("code"),
        pl.lit(stage, pl.Int64).alias("target"),
        pl.lit(by).alias("by"),
        moves.alias("renews"),
    )


class _Walk:
    def __init__(self, events: pl.DataFrame, model: Model) -> None:
        self.model = model
        self.rank = np.array([stage.rank for stage in model.stages] + [-(1 << 30)])
        self.ladder = np.array([stage.ladder for stage in model.stages] + [-1])
        size = events.group_by("lead_id", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("count"))
        size = size.with_columns(first=pl.col("count").cum_sum() - pl.col("count"))
        size = size.sort("count", descending=True, maintain_order=True)
        self.count, self.first = size["count"].to_numpy(), size["first"].to_numpy()
        self.code, self.target = events["code"].to_numpy(), events["target"].to_numpy()
        self.at = events["at"].to_physical().to_numpy()
        begun = pl.when(pl.col("signal") == "order").then(pl.coalesce("begun_at", "at"))  # else part of a known deal
        self.begun = events.select(begun.to_physical().fill_null(0)).to_series().to_numpy()
        self.renews = events["renews"].to_numpy()
        n = len(self.count)
        self.stage: Ints = np.full(n, _NONE)
        self.passes: Ints = np.ones(n, np.int64)
        self.entered: Ints = np.zeros(n, np.int64)
        self.back: Bools = np.zeros(n, bool)
        self.handed: Bools = np.zeros(n, bool)
        self.found: dict[str, list[Ints]] = {"event": [], "stage": [], "pass": []}

    def run(self) -> dict[str, Ints]:
        """Event, stage and pass of every step taken."""
        for step in range(int(self.count[0]) if len(self.count) else 0):
            n = int(np.searchsorted(-self.count, -step, side="left"))
            self._take(np.arange(n), self.first[:n] + step)
        return {name: np.concatenate([*parts, np.zeros(0, np.int64)]) for name, parts in self.found.items()}

    def _take(self, lines: Ints, event: Ints) -> None:
        code, target, at = self.code[event], self.target[event], self.at[event]
        now, entered = self.stage[lines], self.entered[lines]
        ladder, higher = self.ladder[now], self.rank[target] > self.rank[now]
        customer = ladder == CUSTOMER
        self.handed[lines] |= (code == _HANDED) & (now != _NONE)
        enters = code == _ENTER
        fresh = (self.ladder[target] >= QUALIFIED) & self.renews[event]
        ordered = self.ladder[target] == CUSTOMER
        next_deal = np.where(ordered, (self.begun[event] > entered) & (at > entered), fresh & (at > entered + GRACE))
        new_pass = customer & ((enters & next_deal & ~(higher & ordered)) | ((code == _TOUCHED) & (at > entered)))
        rises = (
            enters
            & ~new_pass
            & np.where(
                self.back[lines],
                self.ladder[target] > self.ladder[self.model.recycle],
                higher & ~(customer & ~ordered),
            )
        )
        elsewhere = now != self.model.recycle
        decayed = (code == _DECAYED) & (ladder == QUALIFIED) & ~self.handed[lines]
        leads_back = (code == _BACK) & ~customer & elsewhere & (now != _NONE)
        returns = (decayed | leads_back | ((code == _CANCELLED) & customer)) & ~self.back[lines]
        moves = new_pass | rises | returns
        lines, event, returns = lines[moves], event[moves], returns[moves]
        self.passes[lines] += new_pass[moves]
        self.stage[lines], self.entered[lines] = self.target[event], self.at[event]
        self.back[lines] = returns
        self.handed[lines] = False
        for name, value in (("event", event), ("stage", self.stage[lines]), ("pass", self.passes[lines])):
            self.found[name].append(value)
