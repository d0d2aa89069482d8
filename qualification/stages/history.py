"""History: what was told of each lead's stages stays told, and what is new is added.

Belongs here: earlier nights, merged and unmerged leads, late rows, when a row was left, where a lead stands. Does not
belong here: the way through a model (`walk`).
A row is never changed but for `left_at`. What today's rules or facts say differently of the past is not told as the
past: it takes effect today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.qualified import STAGE_HISTORY
from contracts.table import TIMESTAMP
from qualification.stages.models import QUALIFIED, Model
from qualification.stages.walk import STEPS, walk

PART = 50_000  # leads at a time
NOWHERE = "(none)"
"""The stage of a lead that no rule has let into the model yet, such as a person without consent and interest."""

_STEP = ["lead_id", "model", "pass", "stage", "entered_at"]
_DEAL = ["lead_id", "model", "stage", "by", "evidence"]
_ONE = ["lead_id", "model"]


def stage_history(
    signals: pl.DataFrame,
    models: Sequence[Model],
    previous: pl.DataFrame,
    *,
    redirects: pl.DataFrame,
    redirects_before: pl.DataFrame,
    leads: pl.DataFrame,
    as_of: datetime,
    before: datetime | None,
    rules_version: str,
) -> pl.DataFrame:
    """The history as of this night.

    Args:
        signals: `conditions.SIGNALS`, with the lead ids of today.
        previous: `contracts.qualified.STAGE_HISTORY` of the night before, empty on the first.
        redirects: `contracts.published.REDIRECTS` of today.
        redirects_before: those of the night `previous` is of.
        leads: lead_id of today's leads.
        before: `as_of` of the night `previous` is of; null on the first.
        rules_version: evidence of rows that follow from changed rules or facts.

    Returns:
        `contracts.qualified.STAGE_HISTORY`, sorted by its key. Rows of a lead before it was merged carry
        `merged_from`: who counts leads leaves them out.
    """
    old, new_ids = (_of_leads(frame) for frame in (redirects_before, redirects))
    parted = _parted(old, new_ids, leads)
    joined = new_ids.join(old, on=["old_id", "new_id"], how="anti").select(lead_id="new_id")
    told = _followed(previous, parted, new_ids, leads)
    changed = _Changed(joined, parted.select("lead_id"), as_of, before, rules_version)
    lead = pl.col("lead_id")
    parts = [STAGE_HISTORY.empty()]
    for part in leads.select("lead_id").sort("lead_id").iter_slices(PART):
        theirs = lead.is_between(pl.lit(part["lead_id"][0]), pl.lit(part["lead_id"][-1]))
        rows = _of_part(signals.filter(theirs), models, told.filter(theirs), changed)
        parts.append(STAGE_HISTORY.conform(_left(rows, redirects).sort(STAGE_HISTORY.key)))
    return pl.concat(parts)


class _Changed(NamedTuple):
    """What a night changes beside its signals."""

    joined: pl.DataFrame
    parted: pl.DataFrame
    as_of: datetime
    before: datetime | None
    rules_version: str


def _of_part(signals: pl.DataFrame, models: Sequence[Model], told: pl.DataFrame, changed: _Changed) -> pl.DataFrame:
    """Rows told before and rows of this night, of some leads."""
    joined, parted, as_of, before, rules_version = changed
    now = pl.concat([walk(signals, model) for model in models])
    own = told.filter(pl.col("merged_from").is_null())
    new = now.join(own, on=_STEP, how="anti")
    same_deal = new.filter(pl.col("by") == "order").join(own, on=_DEAL, how="semi")  # its date was corrected
    new = new.join(same_deal, on=_STEP, how="anti")
    of_parted = new.join(parted, on="lead_id", how="semi")
    of_joined = new.join(joined, on="lead_id", how="semi").join(parted, on="lead_id", how="anti")
    of_joined = of_joined.with_columns(known_at=pl.lit(as_of).cast(TIMESTAMP))
    others = new.join(pl.concat([joined, parted]), on="lead_id", how="anti")
    first_seen = others.join(own, on=_ONE, how="anti")
    later = others.join(own, on=_ONE, how="semi").filter(pl.col("known_at") > pl.lit(before).cast(TIMESTAMP))
    rows = pl.concat([told, *(_added(steps) for steps in (first_seen, of_parted, of_joined, later))])
    handed = signals.filter(pl.col("signal") == "handed_over")
    handed = handed.group_by("lead_id").agg(pl.col("at").max().alias("handed_at"))
    more = _corrected(rows, now, handed, models=models, as_of=as_of, rules_version=rules_version)
    return pl.concat([rows, _added(more)])


def standing_stages(history: pl.DataFrame, model: Model, leads: pl.DataFrame) -> pl.DataFrame:
    """Where each lead stands in one model; who never entered it is in `NOWHERE` since it was first seen.

    Args:
        leads: lead_id, first_seen_at.

    Returns:
        lead_id, stage, stage_since, sorted.
    """
    here = pl.col("left_at").is_null() & pl.col("merged_from").is_null() & (pl.col("model") == model.name)
    now = history.filter(here).select("lead_id", "stage", stage_since="entered_at")
    return (
        leads.select("lead_id", "first_seen_at")
        .join(now, on="lead_id", how="left")
        .select(
            "lead_id",
            pl.col("stage").fill_null(NOWHERE),
            pl.coalesce("stage_since", "first_seen_at").alias("stage_since"),
        )
        .sort("lead_id")
    )


def _of_leads(redirects: pl.DataFrame) -> pl.DataFrame:
    return redirects.filter(pl.col("entity") == "lead").select("old_id", "new_id", "at")


def _parted(old: pl.DataFrame, new_ids: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """lead_id, merged_at: of leads that are merged no more, who came back and whom they were merged into."""
    back = old.join(leads, left_on="old_id", right_on="lead_id", how="semi")
    into = back.join(new_ids.select(new_id="old_id", follows="new_id"), on="new_id", how="left")
    both = pl.concat(
        [
            back.select(lead_id="old_id", merged_at="at"),
            into.select(pl.coalesce("follows", "new_id").alias("lead_id"), merged_at="at"),
        ]
    )
    return both.group_by("lead_id").agg(pl.col("merged_at").min())


def _followed(previous: pl.DataFrame, parted: pl.DataFrame, new_ids: pl.DataFrame, leads: pl.DataFrame) -> pl.DataFrame:
    """Earlier rows under the ids of today; those of people who are gone are gone.

    Of parted leads what was told while they were one is taken back: it spoke of nobody.
    """
    back = leads.select(merged_from="lead_id", back="lead_id")
    rows = (
        previous.join(back, on="merged_from", how="left", maintain_order="left")
        .join(new_ids.select(lead_id="old_id", new_id="new_id"), on="lead_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("back", "new_id", "lead_id").alias("lead_id"),
            pl.when(pl.col("back").is_null())
            .then(pl.coalesce("merged_from", pl.when(pl.col("new_id").is_not_null()).then("lead_id")))
            .alias("merged_from"),
        )
        .join(parted, on="lead_id", how="left", maintain_order="left")
    )
    one = (pl.col("merged_from").is_null() & pl.col("back").is_null()) & (pl.col("known_at") >= pl.col("merged_at"))
    return rows.filter(~one.fill_null(False)).join(leads, on="lead_id", how="semi").select(STAGE_HISTORY.names)


def _added(steps: pl.DataFrame) -> pl.DataFrame:
    return STAGE_HISTORY.conform(steps.with_columns(late=pl.lit(False)))


def _corrected(
    rows: pl.DataFrame,
    now: pl.DataFrame,
    handed: pl.DataFrame,
    *,
    models: Sequence[Model],
    as_of: datetime,
    rules_version: str,
) -> pl.DataFrame:
    """Where today's rules and facts put a lead elsewhere than its history does: by rule, from today.

    Who is no longer qualified is led back unless handed over, who would stand higher by rule rises.
    """
    stages = pl.DataFrame(
        [
            (model.name, stage.name, stage.rank, stage is model.stages[model.recycle])
            for model in models
            for stage in model.stages
        ],
        schema={"model": pl.String, "stage": pl.String, "rank": pl.Int64, "is_back": pl.Boolean},
        orient="row",
    )
    back = stages.filter("is_back").select("model", back="stage")
    steps = {model.name: model.stages[model.recycle].ladder for model in models}
    own = rows.filter(pl.col("merged_from").is_null())
    both = (
        _current(own.select(STEPS))
        .join(_current(now), on=_ONE, how="inner", suffix="_now")
        .filter((pl.col("stage") != pl.col("stage_now")) | (pl.col("pass") != pl.col("pass_now")))
        .join(stages, on=["model", "stage"], how="left")
        .join(stages, left_on=["model", "stage_now"], right_on=["model", "stage"], how="left", suffix="_now")
        .join(back, on="model", how="left")
        .join(handed, on="lead_id", how="left")
    )
    same = pl.col("pass") == pl.col("pass_now")
    rises = same & (pl.col("by_now") == "rule") & (pl.col("rank_now") > pl.col("rank"))
    rises &= ~pl.col("is_back_now") & (~pl.col("is_back") | (pl.col("ladder_now") >= QUALIFIED))
    falls = same & (pl.col("ladder") == QUALIFIED) & (pl.col("by") == "rule") & (pl.col("ladder_now") < QUALIFIED)
    falls &= (pl.col("handed_at") < pl.col("entered_at")).fill_null(True)
    ladder_back = pl.col("model").replace_strict(steps, default=None, return_dtype=pl.Int8)
    at = pl.lit(as_of).cast(TIMESTAMP)
    return both.filter(rises | falls).select(
        "lead_id",
        "model",
        "pass",
        pl.when(rises).then("stage_now").otherwise("back").alias("stage"),
        pl.when(rises).then("ladder_now").otherwise(ladder_back).alias("ladder"),
        at.alias("entered_at"),
        at.alias("known_at"),
        pl.lit("rule").alias("by"),
        pl.when(rises).then(pl.lit("rules_or_facts_changed")).otherwise(pl.lit("no_longer_qualified")).alias("reason"),
        pl.lit(f"scoring.toml {rules_version}").alias("evidence"),
    )


def _current(steps: pl.DataFrame) -> pl.DataFrame:
    ordered = steps.sort("lead_id", "model", "pass", "entered_at", "known_at", maintain_order=True)
    return ordered.unique(_ONE, keep="last", maintain_order=True)


def _left(rows: pl.DataFrame, redirects: pl.DataFrame) -> pl.DataFrame:
    """When each row was left, and whether it is late.

    A row is left when the next of the same person is entered, that of a merged lead at the latest by the merge. It is
    late when one that was entered later was known earlier.
    """
    merged = _of_leads(redirects).select(merged_from="old_id", at="at")
    ordered = rows.with_columns(pl.coalesce("merged_from", "lead_id").alias("_person")).sort(
        "_person", "model", "pass", "entered_at", "known_at", "ladder", "stage"
    )
    way = pl.struct("_person", "model").rle_id()
    following = pl.col("known_at").cum_min(reverse=True).shift(-1)
    left = pl.coalesce("left_at", pl.when(pl.col("merged_from").is_not_null()).then("at"))
    return (
        ordered.with_columns(_way=way)
        .with_columns(
            left_at=pl.col("entered_at").shift(-1).over("_way"),
            late=(pl.col("known_at") > following.over("_way")).fill_null(False),
        )
        .join(merged, on="merged_from", how="left", maintain_order="left")
        .with_columns(left.alias("left_at"))
        .drop("at", "_person", "_way")
    )
