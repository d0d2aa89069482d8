"""Job titles: tidied and lightly spelt out.

Belongs here: blanks, stray signs, placeholders, capitals of titles written in one case, and abbreviations
with one reading. Does not belong here: what a title says about a buying role (`enrichment/job/title`).
Spelt out in a neutral form, since a title must not give a person a gender: GF becomes Geschäftsführung,
Ltr. becomes Leitung. A shortened adjective takes the ending of its noun (Techn. Leiter becomes Technischer Leiter), or
stays as written where the noun is not known. So do abbreviations with several readings (GL, AL, PL, BL).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from engine.word_lists import alternatives, entries
from enrichment.cells.first_true import first_true
from enrichment.cells.placeholders import no_value_words
from enrichment.cells.text import tidy
from enrichment.cells.word_lists import any_of, rows

_PLACEHOLDER = rf"(?i)^(?:[-–./_*?x]+|{alternatives(no_value_words('job_title'))})$"
_NOUNS = {
    "e": rf"[\p{{L}}-]*{any_of('job_words.csv', 'feminine_end')}",
    "er": rf"[\p{{L}}-]*{any_of('job_words.csv', 'masculine_end')}",
}
"""The nouns that ask for an ending of the adjective before them."""


def clean_job_title(titles: pl.Series) -> pl.DataFrame:
    """Tidy distinct titles.

    Returns:
        Same height: `title` (null for placeholders) and `reason` (why it changed, null if it did not).
    """
    frame = pl.DataFrame({"raw": titles}).with_columns(tidied=tidy(pl.col("raw").str.strip_chars(" ,;:-–/|\"'*")))
    spelt = pl.col("tidied")
    for pattern, words in _spelt_out():
        spelt = spelt.str.replace_all(pattern, words)
    empty = pl.col("tidied").is_null() | pl.col("raw").str.contains(_PLACEHOLDER)
    return frame.with_columns(spelt=spelt).select(
        title=pl.when(~empty).then("spelt"),
        reason=first_true(
            [
                (empty, "job_title_placeholder"),
                (pl.col("spelt") != pl.col("tidied"), "job_title_spelt_out"),
                (pl.col("tidied") != pl.col("raw"), "job_title_tidied"),
            ]
        ),
    )


def _spelt_out() -> Iterator[tuple[str, str]]:
    """The abbreviations of `data/job_abbreviations.csv` as patterns, and what takes their place, in its order."""
    for row in rows("job_abbreviations.csv"):
        short, full = entries(row["abbreviation"]), row["spelt_out"]
        if row["kind"] == "word":
            yield rf"(?i)\b{alternatives(short)}\b\.?", full
        elif row["kind"] == "noun":
            yield rf"(?i)\b{alternatives(short)}", full
        elif row["kind"] == "leader":
            yield rf"(?i)\b{alternatives(short)}(?:in\b)?", full
        elif row["kind"] == "compound":
            yield rf"(?i)\b(\p{{L}}+)s?{alternatives(short)}(?:in\b)?", f"${{1}}{full}"
        else:
            for ending, noun in _NOUNS.items():
                rest = alternatives(word[1:] for word in short)
                yield rf"(?i)\b({short[0][0]}){rest}\s*({noun})\b", f"${{1}}{full[1:]}{ending} ${{2}}"
