"""Quality: what each field of the records is worth, overall and by source.

Belongs here: counting records by class. Does not belong here: which status counts as what (`concepts`), why a value is
no good (`flaws`).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from publishing.report.concepts import CLASSES, CONCEPTS
from publishing.report.masking import without_contacts

SOURCES_SHOWN = 40


class Quality(NamedTuple):
    """Records of one concept by class, in the order of `CLASSES`."""

    concept: str
    counts: tuple[int, ...]

    @property
    def given(self) -> int:
        return sum(self.counts) - self.counts[CLASSES.index("missing")]

    @property
    def usable(self) -> int:
        return self.counts[CLASSES.index("valid")] + self.counts[CLASSES.index("repaired")]


class SourceQuality(NamedTuple):
    """One source with each of its concepts."""

    source: str
    fields: tuple[Quality, ...]


def quality(clean: pl.LazyFrame) -> tuple[list[Quality], list[SourceQuality]]:
    """How good each field of clean records is; then the same by source, those with most records first."""
    owner = {column: number for number, concept in enumerate(CONCEPTS) for column in concept.columns}
    repaired = (
        clean.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "repairs")
        .explode("repairs")
        .unnest("repairs")
        .filter(pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value")))
        .select("row", pl.col("field").replace_strict(owner, default=None, return_dtype=pl.UInt8).alias("concept"))
        .drop_nulls()
        .unique()
    )
    classes = clean.select("source", *(concept.quality.alias(concept.name) for concept in CONCEPTS))
    verdicts, touched = pl.collect_all([classes, repaired], engine="streaming")
    sources = verdicts["source"].value_counts().sort("count", "source", descending=[True, False])["source"]
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for number, concept in enumerate(CONCEPTS):
        rows = touched.filter(pl.col("concept") == number)["row"]
        # A sound value that was repaired counts as repaired.
        sound = verdicts[concept.name].gather(rows) == "valid"
        found = verdicts.lazy().group_by("source", concept.name).len()
        moved = verdicts[rows.filter(sound)].lazy().group_by("source").len()
        for frame, name in zip(pl.collect_all([found, moved]), ("", "repaired"), strict=True):
            for source, *told, count in frame.iter_rows():
                of = counted.setdefault((source, concept.name), dict.fromkeys(CLASSES, 0))
                of[name or told[0]] += count
                of["valid"] -= count if name else 0
    by_source = [
        SourceQuality(source, tuple(_quality(it.name, [counted[source, it.name]]) for it in CONCEPTS))
        for source in sources
    ]
    overall = [_quality(it.name, [of for (_, name), of in counted.items() if name == it.name]) for it in CONCEPTS]
    return overall, [row._replace(source=without_contacts(row.source)) for row in by_source[:SOURCES_SHOWN]]


def _quality(concept: str, parts: list[dict[str, int]]) -> Quality:
    return Quality(concept, tuple(sum(part[name] for part in parts) for name in CLASSES))
