"""Job titles: tidied and lightly spelt out.

Belongs here: blanks, stray signs, placeholders, capitals of titles written in one case, and abbreviations
with one reading. Does not belong here: what a title says about a buying role (`enrichment/job/title`).
Spelt out in a neutral form, since a title must not give a person a gender: GF becomes Geschäftsführung,
Ltr. becomes Leitung. A shortened adjective takes the ending of its noun (Techn. Leiter becomes Technischer Leiter), or
stays as written where the noun is not known. So do abbreviations with several readings (GL, AL, PL, BL).
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.text import tidy

_PLACEHOLDER = (
    r"(?i)^(?:[-–./_*?x]+|k\.?\s?a\.?|n/?a|keine?(?: angaben?)?|unbekannt|test|none|null|nil|nan|tbd|sonstiges?)$"
)
_FEMININE = (
    r"[\p{L}-]*(?:(?:er|ent|ant|or|eur|ist|chef|wält)in|ung|tion|enz|kraft|hilfe|angestellte|vorsitzende|beauftragte"
    r"|technische|kaufmännische)"
)
_MASCULINE = (
    r"[\p{L}-]*(?:leiter|führer|direktor|vorstand|vorsitzender|angestellter|beauftragter|zeichner|assistent|referent"
    r"|berater|mitarbeiter|bearbeiter|einkäufer|verkäufer|redakteur|betriebswirt|fachwirt|manager|meister|prokurist"
    r"|controller|planer|prüfer|trainer|chef|einkauf|vertrieb|verkauf|dienst|service|support"
    r"|technischer|kaufmännischer)"
)
_SPELT_OUT = {
    r"(?i)\bGF\b(?:in\b)?\.?": "Geschäftsführung",
    r"(?i)\bGeschf\.|\bGesch\.?-?F(?:ü|ue)hr\.|\bGeschäftsf\.": "Geschäftsführung",
    r"(?i)\b(?:Abt|Abteilungs)\.?-?\s?Ltr\.?(?:in\b)?": "Abteilungsleitung",
    r"(?i)\b(\p{L}+)s?ltr\.(?:in\b)?": "${1}leitung",
    r"(?i)\bLtr\.?(?:in\b)?": "Leitung",
    rf"(?i)\b(t)echn\.\s*({_FEMININE})\b": "${1}echnische ${2}",
    rf"(?i)\b(t)echn\.\s*({_MASCULINE})\b": "${1}echnischer ${2}",
    rf"(?i)\b(k)(?:auf|f)m\.\s*({_FEMININE})\b": "${1}aufmännische ${2}",
    rf"(?i)\b(k)(?:auf|f)m\.\s*({_MASCULINE})\b": "${1}aufmännischer ${2}",
    rf"(?i)\b(s)t(?:ell)?v\.\s*({_FEMININE})\b": "${1}tellvertretende ${2}",
    rf"(?i)\b(s)t(?:ell)?v\.\s*({_MASCULINE})\b": "${1}tellvertretender ${2}",
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
