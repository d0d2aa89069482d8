"""The word lists of `enrichment/data`.

Belongs here: which folder they stand in. Does not belong here: how they are read and written (`engine/word_lists`).
"""

from __future__ import annotations

from pathlib import Path

from engine.word_lists import WordLists

_LISTS = WordLists(Path(__file__).parents[1] / "data")

words, rows, frame, by_kind = _LISTS.words, _LISTS.rows, _LISTS.frame, _LISTS.by_kind
of_kinds, of_columns, any_of = _LISTS.of_kinds, _LISTS.of_columns, _LISTS.any_of
