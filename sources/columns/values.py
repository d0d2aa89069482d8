"""Values: what a column's cells look like.

Belongs here: shares of cells that have the shape of a mail address, phone number, postcode, date and so on;
used to settle ambiguous headers and columns without one. Does not belong here: the words in them
(`cell_words.csv`), validation (`enrichment`).
"""

from __future__ import annotations

from functools import cached_property

import polars as pl

from engine.word_lists import alternatives
from reference.salutations import MEANINGS
from sources.columns.legend import agrees, objects
from sources.columns.words import CELL_WORDS

SAMPLE = 2000
_STATES = 20  # different ones at most in a column of states

_WORDS = {kind: alternatives(words) for kind, words in CELL_WORDS.items()}
_SHAPES = {
    "email": r"(?i)^\s*(mailto:)?[^@\s]+@[^@\s]+\.[a-z]{2,}\s*$",
    "mail_inside": r"(?i)@|\(at\)|\[at\]",
    "link": r"(?i)^(https?://|www\.)\S+$",
    "phone": rf"^(\+|00|0|\(0|\(\+)[\d\s()/.\-–]{{5,24}}(?:\s?{_WORDS['extension']}\s?\d{{1,5}})?$",
    "postcode": r"^(?:[A-Z]{1,2}[- ]?)?\d{4,5}$",
    "postcode_city": r"^(?:[A-Z]{1,2}[- ]?)?\d{4,5}\s+(?:[A-Z]{2}\s+)?(?:\p{L}\p{Ll}|\p{L}\p{P}|\p{L}{3})",
    "date": r"^(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2})([T ,].*)?$",
    "unix_time": r"^1\d{9}(?:\d{3})?$",
    "day": r"^(\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2})$",
    "time": rf"(?i)^([01]?\d|2[0-3])[:.][0-5]\d([:.][0-5]\d)?\s?{_WORDS['clock']}?$",
    "browser": r"^(?:GA\d\.\d+(?:-\d+)?\.)?\d{6,}\.\d{9,}$",
    "ip": r"^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+:[0-9a-fA-F:.]*)$",
    "vat": r"^(ATU\s?\d{8}|DE\s?\d{9}|CHE[-\s]?\d{3}\.?\d{3}\.?\d{3}.*|[A-Z]{2}\s?[0-9A-Z]{8,12})$",
    "digit": r"\d",
    "integer": r"^\d{1,18}$",
    "digits": r"^\+?[\d\s()/.-]{7,24}$",
    "house_number": r"^\d{1,4}\s?[a-zA-Z]?(\s?[-–/+]\s?\d{1,4}\s?[a-zA-Z]?)?$",
    "ends_in_number": r"\d\s?[a-zA-Z]?$",
    "id": r"^[A-Za-z0-9_][A-Za-z0-9_.:/#\-]{0,79}$",
    "yes_no": rf"(?i)^{_WORDS['yes or no']}$",
    "degree": rf"(?i)^({_WORDS['degree']}\b[.,\-\s()]*)+$",
    "salutation": rf"(?i)^(?:{alternatives(MEANINGS)}\.?|{_WORDS['household or firm']})$",
    "letter": r"\p{L}",
    "letters": r"\p{L}{2,}",
    "company": rf"(?i)\b{_WORDS['legal form']}\b",
    "whole_address": r"[,;\n].*\b\d{4,5}\b",
    "person_pair": r"^\p{Lu}[\p{L}.\-]+,?\s+\p{Lu}[\p{L}.\-]+(\s+\p{Lu}[\p{L}\-]+)?$",
}


class Profile:
    """A text column's look: how many cells are filled, and what its first filled cells look like."""

    def __init__(self, column: pl.Series) -> None:
        cells = column.str.strip_chars()
        self._cells = cells.filter(cells.is_not_null() & (cells != ""))
        self._shares: dict[str, float] = {}
        self.filled = len(self._cells)
        self.total = len(column)

    def share(self, shape: str) -> float:
        """Share of the filled cells that have a shape."""
        if not self.filled:
            return 0.0
        if shape not in self._shares:
            self._shares[shape] = float(self._cells.head(SAMPLE).str.contains(_SHAPES[shape]).mean())  # type: ignore[arg-type]
        return self._shares[shape]

    @cached_property
    def contact_states(self) -> bool:
        """Whether all cells are states of a newsletter tool and one of them objects: subscribed, bounced, désabonné."""
        states = self._cells.head(SAMPLE).unique().to_list()
        return len(states) <= _STATES and any(map(objects, states)) and all(objects(s) or agrees(s) for s in states)

    @cached_property
    def unique(self) -> float:
        """Distinct share of the filled cells."""
        return self._cells.n_unique() / self.filled if self.filled else 0.0
