"""Files of activity as tests write them, read by the very steps of a night but for the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from contracts.qualified import ACTIVITIES
from contracts.table import TIMESTAMP
from qualification.activity.parts import Parts
from qualification.activity.tables import read_table
from qualification.touchpoints.people import People
from sources.activity.report import find_report, read_report
from sources.activity.shapes import recognised
from sources.activity.shelf import ActivityFile
from sources.content import Content
from sources.formats.choose import read_content
from sources.reading import Reading
from sources.settings import SourceSettings

NIGHT = datetime(2026, 3, 11, 1, tzinfo=UTC)
ANNA, JENS, EVA = (f"L{letter * 16}" for letter in "AJE")
NORD, SUED = (f"A{letter * 16}" for letter in "NS")


def at(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def parts_of(
    text: str | bytes, name: str = "export.csv", *, source: str = "hubspot", received: int = 0, **more: Any
) -> Parts:
    """What a file gives; `received` are the hours after which it came, `more` what the settings of its source state."""
    content = Content.of_bytes(name, text if isinstance(text, bytes) else text.encode())
    report = find_report(content)
    said: dict[str, str] = {}
    if report is not None and report.shape.section:
        reading, said = read_report(content, report)
    else:
        stated = (
            SourceSettings() if report is None else SourceSettings(skip_rows=report.above, delimiter=report.delimiter)
        )
        found = next(iter(read_content(content, stated)))
        assert isinstance(found, Reading), found
        reading = found
    shape = recognised(reading.header)
    name_of_shape = more.pop("shape", shape and shape.name)
    assert name_of_shape is not None, reading.header
    told = ActivityFile(
        name_of_shape,
        reading.header,
        source,
        f"activity/{source}/{name}",
        "hash",
        NIGHT - timedelta(days=1) + timedelta(hours=received),
        "Europe/Berlin",
        said=said,
    )
    return read_table(replace(told, **more), pl.concat([batch.frame() for batch in reading.batches]))


def together(*parts: Parts) -> Parts:
    return Parts().extend(parts)


def people(
    records: list[tuple[str, str, str]] | None = None,
    contacts: list[tuple[str, str | None, bool]] | None = None,
    accounts: dict[str, str] | None = None,
    redirects: dict[str, str] | None = None,
) -> People:
    """Who is known: records as (source, id, lead), contacts as (address, lead, shared); Anna and Jens are of Nord."""
    of = accounts or {ANNA: NORD, JENS: NORD, EVA: SUED}
    return People(
        records=pl.DataFrame(
            [(*record, of.get(record[2])) for record in records or []],
            schema=dict.fromkeys(("source", "source_record_id", "lead_id", "account_id"), pl.String),
            orient="row",
        ),
        contacts=pl.DataFrame(
            [(mail, lead, of.get(lead or ""), shared) for mail, lead, shared in contacts or []],
            schema={"email": pl.String, "lead_id": pl.String, "account_id": pl.String, "shared": pl.Boolean},
            orient="row",
        ),
        redirects=pl.DataFrame(
            list((redirects or {}).items()), schema={"old_id": pl.String, "new_id": pl.String}, orient="row"
        ),
    )


def act(kind: str, occurred_at: str, nth: str = "1", *, source: str = "google", **more: Any) -> dict[str, Any]:
    """One act of contracts.qualified.ACTIVITIES."""
    return {
        "source": source,
        "source_record_id": nth,
        "file": f"activity/{source}/export.csv",
        "row": 1,
        "system": source,
        "kind": kind,
        "occurred_at": at(occurred_at),
        "known_at": NIGHT,
        **more,
    }


def acts(*rows: dict[str, Any]) -> pl.DataFrame:
    """contracts.qualified.ACTIVITIES of `act`s."""
    return pl.DataFrame(list(rows), schema=ACTIVITIES.schema) if rows else ACTIVITIES.empty()


def form(
    nth: str, collected_at: str, *, source: str = "web_form", channel: str = "online", **more: Any
) -> pl.DataFrame:
    """One lead record as the night knows it."""
    row = {
        "source": source,
        "channel": channel,
        "source_record_id": nth,
        "file": f"{channel}/{source}/leads.csv",
        "row": 2,
        "collected_at": at(collected_at),
        "received_at": NIGHT,
        **more,
    }
    return pl.DataFrame([row], schema_overrides={"collected_at": TIMESTAMP, "received_at": TIMESTAMP})
