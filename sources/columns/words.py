"""Words: the vocabularies of headers and cells, by kind.

Belongs here: which files they stand in. Does not belong here: any word, the synonyms of a field (`headers.csv`), how
words combine (the modules that use them), how a word is written (`engine/word_lists` and the comments in the files).
"""

from __future__ import annotations

from pathlib import Path

from engine.word_lists import WordLists

_LISTS = WordLists(Path(__file__).parent)

SYNONYMS = _LISTS.rows("headers.csv")
"""field, name: what a header stands for wherever it is found."""
HEADER_WORDS = _LISTS.by_kind("header_words.csv")
CELL_WORDS = _LISTS.by_kind("cell_words.csv")
LIST_WORDS = _LISTS.by_kind("list_names.csv")
NESTED = _LISTS.rows("nested.csv")
"""parent, last, field: what the last part of a nested name means below its parent."""
