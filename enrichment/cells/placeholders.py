"""Placeholders: what people type into a field they have nothing to say in.

Belongs here: looking a cell up in `data/no_value_words.csv`. Does not belong here: invented names and companies (their
own modules know those), cells that hold something else (`enrichment/cells/no_value`).
"""

from __future__ import annotations

import re
from functools import cache

from engine.word_lists import alternatives, entries
from enrichment.cells.word_lists import rows


@cache
def no_value_words(field: str) -> tuple[str, ...]:
    """The words that say in a field of a kind (`contact`, `name`, ... as in the file) that there is no value."""
    said = [row["words"] for row in rows("no_value_words.csv") if field in row["said_in"].split()]
    return tuple(word for words in said for word in entries(words))


FORMULA_ERROR = rf"#{alternatives(no_value_words('error'))}[!?]?"
"""Pattern of what a spreadsheet shows where a formula failed."""
PLACEHOLDER = rf"(?i)^[\s\W_]*$|^(?:{alternatives(no_value_words('contact'))}|x+|{FORMULA_ERROR})$"
"""Pattern of contact cells that say that there is no value."""
_PATTERN = re.compile(PLACEHOLDER)


def is_placeholder(text: str) -> bool:
    """Whether the text of a contact field says that there is no value."""
    return _PATTERN.match(text.strip()) is not None
