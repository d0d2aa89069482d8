"""Salutations: how a person is addressed, in any language.

Belongs here: loading `data/salutations.csv`, where the comments say what each column means. Does not belong here: any
spelling, and what a salutation says of what stands beside it (`enrichment`, `sources/columns`).
"""

from __future__ import annotations

from pathlib import Path

from engine.word_lists import WordLists, entries

_LISTS = WordLists(Path(__file__).parent / "data")
_FILE = "salutations.csv"
FIRST_IN_LINE = _LISTS.of_columns(_FILE, "first_in_line")
"""Spellings that announce a person even as the first word of a line."""
IN_LINE = _LISTS.of_columns(_FILE, "first_in_line", "in_line")
"""Spellings that announce a person within a line."""
BEFORE_NAME = _LISTS.of_columns(_FILE, "first_in_line", "in_line", "before_name")
"""Spellings that stand before a name in its own cell."""
MEANINGS = {
    spelling.lower().rstrip("."): row["salutation"]
    for row in _LISTS.rows(_FILE)
    for column in ("first_in_line", "in_line", "before_name", "alone")
    for spelling in entries(row[column])
}
"""Salutation (`Herr`, `Frau`, `Mx`) by any spelling, in small letters without its stop."""
