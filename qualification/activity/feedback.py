"""Feedback: what a CRM says happened to a person, one row per change.

Belongs here: histories of properties, one column per stage, a status with the date it was last touched. Does not belong
here: what a stage means (`rules/stages/`), deals (`deals`).
"""

from __future__ import annotations

import polars as pl

from qualification.activity.parts import Parts
from qualification.activity.taken import Taken, addresses, bare_id
from qualification.activity.times import to_utc
from sources.activity.shapes import name_key


def read_feedback(taken: Taken) -> Parts:
    """The stages and states of people in a table; rows without a time go to the rejects."""
    parts = Parts()
    who = pl.DataFrame(
        {
            "row": taken.place,
            "crm_id": bare_id(taken.text("crm_id")),
            "email": addresses(taken.text("email")),
            "owner": taken.text("owner"),
            "reason": taken.text("reason"),
        }
    ).with_columns(crm_source=pl.lit(taken.crm_source), system=pl.lit(taken.shape.system), **taken.where)
    found = [_history(taken, who)] if taken.has("field_of") else [*_stages(taken, who), _status(taken, who)]
    told = (
        pl.concat([rows for rows in found if rows is not None], how="diagonal_relaxed")
        if any(rows is not None for rows in found)
        else who.clear()
    )
    if not told.height:
        return parts
    told = told.with_columns(source_record_id=pl.coalesce("crm_id", "email")).drop_nulls("new_value")
    timeless = told["occurred_at"].is_null()
    parts.add("feedback", told.filter(~timeless).drop_nulls("source_record_id"))
    lost = told.filter(timeless).with_columns(reason_code=pl.lit("unknown_time"), raw=pl.col("new_value"))
    parts.add(
        "rejects", lost.with_columns(message=pl.lit("When it was is not told, or not in a notation that is known"))
    )
    return parts


def _history(taken: Taken, who: pl.DataFrame) -> pl.DataFrame:
    """One row per change of a property, of those that are a stage or a status."""
    known = {name_key(name): field for name, field in {**taken.shape.kinds, **taken.told.kinds}.items()}
    said = taken.text("field_of")
    keys = {name: known.get(name_key(name)) for name in said.drop_nulls().unique()}
    return who.with_columns(
        field=said.replace_strict(keys, default=None, return_dtype=pl.String),
        old_value=taken.text("old_value"),
        new_value=taken.text("new_value"),
        occurred_at=taken.time("occurred_at"),
    ).drop_nulls("field")


def _stages(taken: Taken, who: pl.DataFrame) -> list[pl.DataFrame]:
    """One row per filled cell of the columns `Became a ... Date`: the stage is in the header."""
    found = []
    for place, header in enumerate(taken.told.header):
        prefix = next((it for it in taken.shape.each if name_key(header).startswith(name_key(it) + "")), None)
        if prefix is None:
            continue
        stage = header.split("(")[0].strip()
        stage = stage[len("Became an") :] if stage.lower().startswith("became an ") else stage[len("Became a") :]
        stage = stage.strip().removesuffix("Date").removesuffix("date").strip()
        cells = taken.rows[str(place)].str.strip_chars()
        at = to_utc(cells, header, "UTC" if taken.shape.zone == "UTC" else taken.told.timezone)
        rows = who.with_columns(field=pl.lit("stage"), new_value=pl.lit(stage), occurred_at=at)
        found.append(rows.filter((cells != "").fill_null(False)))
    return found


def _status(taken: Taken, who: pl.DataFrame) -> pl.DataFrame | None:
    """The status now, as of the date somebody last was in touch; without a date it says nothing of when."""
    if not (taken.has("status") and taken.has("status_at")):
        return None
    rows = who.with_columns(field=pl.lit("status"), new_value=taken.text("status"), occurred_at=taken.time("status_at"))
    return rows.drop_nulls(["new_value", "occurred_at"])
