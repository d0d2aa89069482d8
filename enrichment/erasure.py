"""Erasure: people who asked to be forgotten stay forgotten when a list brings them again.

Belongs here: setting tombstones for people, telling their records from others', holding those back, finding texts that
speak of them. Does not belong here: by what a person is known (`enrichment/traces`), the file of tombstones
(`enrichment/tombstones`), taking away what is stored of a person (`pipelines/forgetting`). Source: Art. 17 GDPR.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from contracts.raw import REJECTS
from enrichment.rule_failures import Split
from enrichment.tombstones import Erasures, add_tombstones
from enrichment.traces import COLUMNS, OWN, Signs, contexts, marks, mentions, signs, told_marks

REASON = "erased"
MESSAGE = "The person asked to be forgotten; the record is counted and goes no further."


def erase(person: pl.DataFrame, folder: Path, direct: frozenset[str] = frozenset()) -> int:
    """Set tombstones for one person in the overrides `folder`; the number of new ones.

    Args:
        person: their clean records, at least `traces.COLUMNS`.
        folder: where `erased.csv` and its key lie.
        direct: `traces.direct_lines`.

    Raises:
        ValueError: what lies there cannot be trusted.
    """
    rows = person.select(COLUMNS).to_dicts()
    return add_tombstones(folder, marks(rows, contexts(person)["context"].to_list(), direct) | told_marks(rows))


def hold_back_erased(erasures: Erasures, others: Split, clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split clean records into those that go on and rejects: the erased without any value, then what `others` says."""
    if not erasures.tombstones:
        return others(clean)
    erased = are_erased(clean, erasures)
    kept, rejects = others(clean.filter(~erased))
    told = clean.filter(erased).select(
        *("source", "channel", "source_record_id", "file", "sheet", "row"),
        field=pl.lit(None, pl.String),
        reason_code=pl.lit(REASON),
        message=pl.lit(MESSAGE),
        raw=pl.lit(None, pl.String),
    )
    named = speak_of_erased(rejects["raw"], erasures)
    rejects = rejects.with_columns(raw=pl.when(~named).then("raw"))
    return kept, pl.concat([rejects, REJECTS.conform(told)])


def are_erased(records: pl.DataFrame, erasures: Erasures) -> pl.Series:
    """Which clean records are of an erased person."""
    places = contexts(records)
    met = places.filter(_known(places["context"], erasures))
    own = met.filter(pl.col("context").str.extract("^([a-z_]+):").is_in(OWN))["record"].unique()
    shared = met.filter(~pl.col("record").is_in(own.implode()))
    found = set(own)
    by_record = shared.group_by("record", maintain_order=True).agg("context")
    rows = records.select(COLUMNS)[by_record["record"]].iter_rows(named=True)
    for (record, there), row in zip(by_record.iter_rows(), rows, strict=True):
        if _is_meant([signs(row, place) for place in there], erasures):
            found.add(record)
    return pl.int_range(records.height, eager=True).is_in(sorted(found))


def speak_of_erased(texts: pl.Series, erasures: Erasures) -> pl.Series:
    """Which texts name an erased person: their address, their number, or their name."""
    told = mentions(texts)
    rows = told.filter(_known(told["context"], erasures))["row"].unique()
    return pl.int_range(len(texts), eager=True).is_in(rows.implode())


def _is_meant(places: Sequence[Signs], erasures: Erasures) -> bool:
    """Whether a record shows a marked sign somewhere, and nowhere one that it is somebody else's."""
    unless = (pair for signs in places for pair in signs.unless)
    return any(erasures.knows(sign) for signs in places for sign in signs.shown) and all(
        erasures.knows(excuse) for mark, excuse in unless if erasures.knows(mark)
    )


def _known(traces: pl.Series, erasures: Erasures) -> pl.Series:
    known = [trace for trace in traces.unique() if erasures.knows(trace)]
    return traces.is_in(known)
