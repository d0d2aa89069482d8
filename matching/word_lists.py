"""The tables of `matching/data`.

Belongs here: which folder they stand in. Does not belong here: how they are read and written (`engine/word_lists`).
"""

from __future__ import annotations

from pathlib import Path

from engine.word_lists import WordLists

LISTS = WordLists(Path(__file__).parent / "data")
