"""Attendance: reports of webinars and meetings, one row per session of a person.

Belongs here: sessions of one person added up, who registered and did not come, the length of the event. Does not
belong here: finding the tables of a report (`sources.activity.report`), how much of a webinar
counts (`qualification/rules/scoring.toml`).
"""

from __future__ import annotations

import polars as pl

from qualification.activity.ids import hashed
from qualification.activity.numbers import to_minutes
from qualification.activity.parts import Parts
from qualification.activity.taken import Taken, addresses, is_true

_OURS = ("organizer", "organisator", "co-organizer", "mitorganisator", "host", "panelist")


def read_attendance(taken: Taken) -> Parts:
    """webinar_registered, webinar_attended with its share of the event, webinar_no_show and unsubscribe per person."""
    parts = Parts()
    started = taken.said_time("started_at")[0]
    rows = pl.DataFrame(
        {
            "row": taken.place,
            "email": addresses(taken.text("email")),
            "name": taken.text("person"),
            "attended": is_true(taken.text("attended")),
            "registered_at": taken.time("registered_at"),
            "joined_at": taken.time("joined_at"),
            "left_at": taken.time("left_at"),
            "minutes": to_minutes(taken.text("minutes")),
            "left": is_true(taken.text("unsubscribed")),
            "role": taken.text("role").str.to_lowercase(),
        }
    ).filter(~pl.col("role").is_in(_OURS).fill_null(False))
    spent = (pl.col("left_at") - pl.col("joined_at")).dt.total_seconds() / 60
    rows = rows.with_columns(
        minutes=pl.coalesce("minutes", spent), who=pl.coalesce("email", pl.col("name").str.to_lowercase())
    )
    came = pl.coalesce("attended", pl.col("joined_at").is_not_null())
    people = (
        rows.drop_nulls("who")
        .group_by("who", maintain_order=True)
        .agg(
            pl.first("row"),
            pl.first("email"),
            came=came.any(),
            registered_at=pl.col("registered_at").min(),
            joined_at=pl.col("joined_at").min(),
            minutes=pl.col("minutes").filter(came).sum(),
            left=pl.col("left").any(),
        )
        .with_columns(started=pl.lit(started, pl.Datetime("us", "UTC")))
    )
    length = _length(taken, rows)
    event = taken.told.said.get("content_id") or taken.told.said.get("event_id") or taken.told.file
    share = (pl.col("minutes") / length).clip(0, 1).round(4) if length else pl.lit(None, pl.Float64)
    at = pl.coalesce("joined_at", "started", "registered_at")
    missed = pl.coalesce("started", "registered_at")
    acts = [
        ("webinar_registered", pl.col("registered_at").is_not_null(), pl.col("registered_at"), None),
        ("webinar_attended", pl.col("came"), at, share),
        ("webinar_no_show", ~pl.col("came"), missed, None),
        ("unsubscribe", pl.col("left"), at, None),
    ]
    found = [
        people.filter(which.fill_null(False)).with_columns(
            kind=pl.lit(kind), occurred_at=when, share=pl.lit(None, pl.Float64) if part is None else part
        )
        for kind, which, when, part in acts
    ]
    all_acts = pl.concat(found).with_columns(content_id=pl.lit(event), system=pl.lit(taken.shape.system), **taken.where)
    key = all_acts.with_columns(event=pl.lit(taken.told.said.get("event_id") or event), day=pl.lit(str(started)))
    all_acts = all_acts.with_columns(source_record_id=hashed(key, ("kind", "who", "event", "day")))
    timeless = all_acts["occurred_at"].is_null()
    parts.add("activities", all_acts.filter(~timeless))
    lost = all_acts.filter(timeless).select("source", "file", "row", raw="email")
    parts.add("rejects", lost.with_columns(reason_code=pl.lit("unknown_time"), message=pl.lit(_NO_TIME)))
    unnamed = rows.filter(pl.col("who").is_null()).select("row").with_columns(**taken.where)
    parts.add("rejects", unnamed.with_columns(reason_code=pl.lit("nobody_named"), message=pl.lit(_NOBODY)))
    return parts


_NO_TIME = "Neither the person's row nor the head of the report says when it was"
_NOBODY = "The row of the report has neither an address nor a name"


def _length(taken: Taken, rows: pl.DataFrame) -> float | None:
    """Minutes the event took: as the report says, else from its beginning to its end, else while anybody was there."""
    said = to_minutes(pl.Series([taken.told.said.get("duration")], dtype=pl.String))[0]
    if said:
        return float(said)
    started, ended = taken.said_time("started_at")[0], taken.said_time("ended_at")[0]
    if started and ended and ended > started:
        return float((ended - started).total_seconds() / 60)
    first, last = rows["joined_at"].min(), rows["left_at"].max()
    if first is not None and last is not None and last > first:  # type: ignore[operator]
        return float((last - first).total_seconds() / 60)  # type: ignore[operator, union-attr]
    return None
