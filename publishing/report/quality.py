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
    tallies = []
    for number, concept in enumerate(CONCEPTS):
        rows = touched.filter(pl.col("concept") == number)["row"]
        mark = pl.Series(concept.name, [False]).new_from_index(0, verdicts.height).scatter(rows, True)
        # A sound value that was repaired counts as repaired.
        put_right = mark & (verdicts[concept.name] == "valid")
        known = pl.when(put_right).then(pl.lit("repaired", pl.Enum(CLASSES))).otherwise(concept.name).alias("class")
        tallies.append(verdicts.lazy().group_by("source", known).len())
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for concept, frame in zip(CONCEPTS, pl.collect_all(tallies), strict=True):
        for source, name, count in frame.iter_rows():
            counted.setdefault((source, concept.name), dict.fromkeys(CLASSES, 0))[name] = count
    by_source = [
        SourceQuality(source, tuple(_quality(it.name, [counted[source, it.name]]) for it in CONCEPTS))
        for source in sources
    ]
    overall = [_quality(it.name, [of for (_, name), of in counted.items() if name == it.name]) for it in CONCEPTS]
    return overall, [row._replace(source=without_contacts(row.source)) for row in by_source[:SOURCES_SHOWN]]


def _quality(concept: str, parts: list[dict[str, int]]) -> Quality:
    return Quality(concept, tuple(sum(part[name] for part in parts) for name in CLASSES))
