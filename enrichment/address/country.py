"""Which country a text names: a name in any of thirty languages, an ISO code or a vehicle sign.

Belongs here: reading country text, per distinct value. Does not belong here: deciding between a stated
country and the rest of the address (`enrichment/address/locality`). Sources: see `reference/countries`.
"""

from __future__ import annotations

import re

import polars as pl

from engine.caches import keep_words
from enrichment.cells.distinct import by_cell
from reference.countries import country_codes, country_names, folded

_PARENTHESIS = re.compile(r"\s*[(\[].*?[)\]]\s*")
_PARTS = re.compile(r"\s*[/,;|]\s*|\s+-\s+")
_LETTERS = {0x1F1E6 + place: ord("A") + place for place in range(26)}  # the two signs that make a flag
_ONE_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_CODE = re.compile(r"[A-Za-z]{2}[-_]([A-Z]{2})")


@keep_words
def country_of(text: str) -> str | None:
    """ISO 3166-1 alpha-2 of the country `text` names, or None. `DE (Germany)` and `Schweiz / Suisse` are read too."""
    names = country_names()
    whole = text.strip().rstrip(".")
    if _ONE_FLAG.fullmatch(whole):
        whole = whole.translate(_LETTERS)
    if found := names.get(folded(whole)):
        return found
    if (locale := _CODE.fullmatch(whole)) and locale[1] in country_codes():
        return locale[1]
    bare = _PARENTHESIS.sub(" ", whole).strip()
    if bare != whole and (found := names.get(folded(bare))):
        return found
    parts = {names.get(folded(part)) for part in _PARTS.split(whole) if part}
    return parts.pop() if len(parts) == 1 else None


def countries(texts: pl.Series) -> pl.Series:
    """ISO codes of the countries named, null where a text names none."""
    return by_cell(country_of)(texts)
