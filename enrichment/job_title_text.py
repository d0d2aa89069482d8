"""Job titles: tidied and lightly spelt out.

Belongs here: blanks, stray signs, placeholders, capitals of titles written in one case, and abbreviations
with one reading. Does not belong here: what a title says about a buying role (`enrichment/job_title`).
Spelt out in a neutral form, since a title must not give a person a gender: GF becomes Geschäftsführung,
Ltr. becomes Leitung. Abbreviations with several readings (GL, AL, PL, BL) stay as written.
"""

from __future__ import annotations

import polars as pl

from enrichment.text import tidy

_PLACEHOLDER = (
    r"(?i)^(?:[-–./_*?x]+|k\.?\s?a\.?|n/?a|keine?(?: angaben?)?|unbekannt|test|none|null|nil|nan|tbd|sonstiges?)$"
)
_SPELT_OUT = {
    r"(?i)\bGF\b(?:in\b)?\.?": "Geschäftsführung",
    r"(?i)\bGeschf\.|\bGesch\.?-?F(?:ü|ue)hr\.|\bGeschäftsf\.": "Geschäftsführung",
    r"(?i)\b(?:Abt|Abteilungs)\.?-?\s?Ltr\.?(?:in\b)?": "Abteilungsleitung",
    r"(?i)\b(\p{L}+)s?ltr\.(?:in\b)?": "${1}leitung",
    r"(?i)\bLtr\.?(?:in\b)?": "Leitung",
    r"(?i)\bstv\.|\bstellv\.": "stellvertretende",
    r"(?i)\btechn\.": "technische",
    r"(?i)\bkaufm\.|\bkfm\.": "kaufmännische",
    r"(?i)\bVerk\.": "Verkauf",
    r"(?i)\bEink\.": "Einkauf",
    r"(?i)\bAbt\.": "Abteilung",
}


def clean_job_title(titles: pl.Series) -> pl.DataFrame:
    """Tidy distinct titles.

    Returns:
        Same height: `title` (null for placeholders) and `reason` (why it changed, null if it did not).
    """
    frame = pl.DataFrame({"raw": titles}).with_columns(tidied=tidy(pl.col("raw").str.strip_chars(" ,;:-–/|\"'*")))
    spelt = pl.col("tidied")
    for pattern, words in _SPELT_OUT.items():
        spelt = spelt.str.replace_all(pattern, words)
    empty = pl.col("tidied").is_null() | pl.col("raw").str.contains(_PLACEHOLDER)
    return frame.with_columns(spelt=spelt).select(
        title=pl.when(~empty).then("spelt"),
        reason=pl.when(empty)
        .then(pl.lit("job_title_placeholder"))
        .when(pl.col("spelt") != pl.col("tidied"))
        .then(pl.lit("job_title_spelt_out"))
        .when(pl.col("tidied") != pl.col("raw"))
        .then(pl.lit("job_title_tidied")),
    )
