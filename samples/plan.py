"""Who appears where and when: one row per source record.

Belongs here: how many records a person leaves, in which source, at what time, and from which employment.
Does not belong here: what the record says (`sheet`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from samples.draw import Draw, table
from samples.proportions import BURSTS, RECORDS_PER_PERSON, SOURCES

START = np.datetime64("2025-01-07T00:00:00", "s")
DAYS = 660
MEAN_RECORDS = sum((i + 1) * share for i, share in enumerate(RECORDS_PER_PERSON))


def people_for(leads: int) -> int:
    """How many people it takes to leave `leads` records, with some to spare."""
    return int(leads / MEAN_RECORDS * 1.03) + 20


def make_plan(leads: int, employments: pl.DataFrame, people: int, draw: Draw) -> pl.DataFrame:
    """Exactly `leads` records.

    Returns:
        person, employment, company (rows), source, at (naive UTC datetime), part (0 to 1 of the sample's time);
        sorted by source and time.
    """
    person = np.repeat(np.arange(people), 1 + draw.pick(people, RECORDS_PER_PERSON))[:leads]
    source = draw.pick(leads, list(SOURCES.values()))
    names = list(SOURCES)
    day, hour = draw.below(leads, DAYS), 6 + draw.below(leads, 7) + draw.below(leads, 7)
    second = day * 86400 + hour * 3600 + draw.below(leads, 3600)
    bots, downloads = int(leads * BURSTS["bot_people_per_record"]), int(BURSTS["bot_downloads"])
    for bot in range(bots):
        rows = slice(leads - downloads * (bot + 1), leads - downloads * bot)
        if rows.start < leads // 2:
            break
        person[rows], source[rows] = person[bot * 7], names.index("whitepaper")
        second[rows] = second[bot] + np.arange(downloads) * 2
    again = np.flatnonzero(draw.mask(leads, BURSTS["double_submit"]) & (person == np.roll(person, 1)))
    source[again], second[again] = source[again - 1], second[again - 1] + 7
    part = second / (DAYS * 86400)
    plan = table(
        {
            "person": person.astype(np.uint32),
            "source": np.array(names, dtype=object)[source],
            "at": (START + second.astype("timedelta64[s]")).astype("datetime64[us]"),
            "part": part,
        }
    ).with_row_index("nth")
    # The first employment is the person's own row; a later one counts from its start.
    moved = employments.filter(pl.col("since") > 0).select("person", "since", pl.col("employment").alias("later"))
    return (
        plan.join(moved, on="person", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("part") >= pl.col("since"))
            .then(pl.col("later"))
            .otherwise(pl.col("person"))
            .alias("employment")
        )
        .select("nth", "person", "employment", "source", "at", "part")
        .sort("source", "at", "nth")
    )
