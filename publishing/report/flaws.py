"""Flaws: each value of the records that is suspected or invalid, why, and as it was received.

Belongs here: finding them, and what the page tells of them. Does not belong here: what the reasons are called
(`words`), the list for those who correct them (`to_correct`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from publishing.report.concepts import CONCEPTS, FLAWED, Concept
from publishing.report.masking import NOBODY, masked, without_contacts

SHOWN = 14
_PLAIN_LENGTH = 22  # a text nearest to it makes the plainest example
_JUDGED = frozenset(("email", "phone", "mobile", "address"))  # have a reason beside their status
_PLACE = ("source", "file", "sheet", "row")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is most often wrong with a concept.

    Attributes:
        concept: its name.
        quality: suspected or invalid.
        why: a reason code or, where a status is all that is known, `concept.status`.
        count: how many values.
        example: one of them, masked.
        source: where most of them are from.
    """

    concept: str
    quality: str
    why: str
    count: int
    example: str
    source: str


def flaws(clean: pl.LazyFrame) -> pl.DataFrame:
    """All flaws of clean records: source, file, sheet, row, concept, quality, why, received."""
    return pl.concat([_of(concept, clean) for concept in CONCEPTS]).collect(engine="streaming")


def _of(concept: Concept, clean: pl.LazyFrame) -> pl.LazyFrame:
    flawed = concept.quality.is_in(FLAWED)
    field, value, reason = (pl.element().struct.field(name) for name in ("field", "value", "reason"))
    judged = field == concept.status
    told = (judged | (field.is_in([*concept.columns, *concept.received]) & value.is_null())) & reason.is_not_null()
    evidence = pl.col("repairs").list.eval(pl.element().filter(told)).list.first()
    repaired = pl.col("repairs").list.eval(pl.element().filter(field == concept.received[0])).list.first()
    code = [pl.col(f"{concept.name}_reason")] if concept.name in _JUDGED else []
    status = pl.concat_str(pl.lit(f"{concept.name}."), pl.col(concept.status).cast(pl.String))
    values = pl.concat_str(concept.received, separator=" ", ignore_nulls=True)
    raw = [evidence.struct.field("raw"), *([repaired.struct.field("raw")] if len(concept.received) == 1 else [])]
    return clean.filter(flawed).select(
        *_PLACE,
        concept=pl.lit(concept.name),
        quality=concept.quality.cast(pl.String),
        why=pl.coalesce(*code, evidence.struct.field("reason"), status),
        received=pl.coalesce(*(pl.when(text.str.len_chars() > 0).then(text) for text in raw), values),
    )


def counted(found: pl.DataFrame) -> pl.DataFrame:
    """Flaws by concept, quality, why and source, most frequent first: count, received (one of them)."""
    plain = (pl.col("received").str.len_chars().cast(pl.Int64) - _PLAIN_LENGTH).abs()
    return (
        found.group_by("concept", "quality", "why", "source")
        .agg(pl.len().alias("count"), pl.col("received").sort_by(plain, "received").drop_nulls().first())
        .sort("count", "concept", "quality", "why", "source", descending=[True, *[False] * 4])
    )


def worst(counts: pl.DataFrame, persons: frozenset[str] = NOBODY) -> list[Flaw]:
    """The most frequent flaws of `counted`; of each concept and quality that occurs one at least."""
    kinds = ["concept", "quality", "why"]
    most = (pl.col("count").sum(), pl.col("source", "received").first())
    ranked = counts.group_by(kinds, maintain_order=True).agg(most)
    ranked = ranked.sort("count", *kinds, descending=[True, False, False, False]).with_row_index("rank")
    firsts = ranked.unique(["concept", "quality"], keep="first", maintain_order=True)
    others = ranked.join(firsts, on="rank", how="anti")
    shown = pl.concat([firsts, others.head(max(SHOWN - firsts.height, 0))]).sort("rank")
    column = {concept.name: concept.received[0] for concept in CONCEPTS}
    return [
        Flaw(concept, quality, why, count, masked(column[concept], received, persons), without_contacts(source))
        for concept, quality, why, count, source, received in shown.drop("rank").iter_rows()
    ]
