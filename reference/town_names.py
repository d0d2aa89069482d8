"""German-language town names as words that can be compared: abbreviations, links and titles out of the way.

Belongs here: turning a name into words, and saying how two names relate. Does not belong here: any word
(`data/town_words.csv`), postcodes or what to do with the answer (`enrichment/address/locality`).
`Weiden i.d.OPf`, `Weiden (Oberpfalz)` and `Weiden in der Oberpfalz` are the same two words; `Weiden`
is their short form; `Weiden-Rothenstadt` names a district as well.
"""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from engine.caches import keep_words
from engine.word_lists import WordLists, entries
from reference.letters import UNMARKED, level_text

_LISTS = WordLists(Path(__file__).parent / "data")
_KINDS = _LISTS.by_kind("town_words.csv")
_WORD = re.compile(r"[^\W_]+")
_LINKS, _TITLES, _GENERAL = frozenset(_KINDS["link"]), frozenset(_KINDS["title"]), frozenset(_KINDS["general"])
_FULL = {short: row["full"] for row in _LISTS.rows("town_words.csv") if row["full"] for short in entries(row["words"])}
LANDSCAPES = frozenset(_KINDS["landscape"])
"""Rivers and landscapes that stand behind a town's name and are no district."""
DISTRICT_MARKS = frozenset(_KINDS["district"])
"""Words that say that a district follows."""


class Relation(IntEnum):
    """How a written name relates to an official one, best last."""

    NONE = 0
    INSIDE = 1  # the official name stands somewhere in the written one
    LONGER = 2  # the written name goes on after the official one: a district or a suffix
    SHORTER = 3  # the written name is the beginning of the official one
    SAME = 4  # the same words, abbreviated or not


class TownName(NamedTuple):
    """A name as comparable words, with where each word ends in the text."""

    words: tuple[str, ...]
    ends: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def joined(self) -> str:
        return "".join(self.words)


@keep_words
def name_words(text: str) -> TownName:
    """The comparable words of a town name; without links (am, bei, i.d.; Sur alone is none) and titles (Stadt)."""
    words, starts, ends = [], [], []
    found = [(UNMARKED.text(match.group()), match) for match in _WORD.finditer(text)]
    for written, match in [pair for pair in found if pair[0] not in _LINKS] or found:
        word = level_text(written)
        for part in _FULL.get(word, word).split():
            words.append(part)
            starts.append(match.start())
            ends.append(match.end())
    while len(words) > 1 and words[0] in _TITLES:
        del words[0], starts[0], ends[0]
    return TownName(tuple(words), tuple(ends), tuple(starts))


def relation(written: TownName, official: TownName) -> Relation:
    """How `written` relates to `official`."""
    mine, theirs = written.words, official.words
    if not mine or not theirs:
        return Relation.NONE
    if mine == theirs or written.joined == official.joined:
        return Relation.SAME
    if theirs[0] == "bad" and mine[0] != "bad" and mine == theirs[1 : len(mine) + 1]:
        return Relation.SHORTER
    if len(mine) == len(theirs) > 1 and mine[1:] == theirs[1:] and len(mine[0]) > 2 and theirs[0].startswith(mine[0]):
        return Relation.SAME
    if len(mine) <= len(theirs):
        if mine[0] == theirs[0] and all(map(_abbreviates, mine, theirs)):
            if len(mine) == len(theirs):
                return Relation.SAME
            return Relation.SHORTER if any(word not in _GENERAL for word in mine) else Relation.NONE
        return Relation.NONE
    if all(word in _GENERAL for word in theirs):
        return Relation.NONE
    if mine[0] == theirs[0] and all(map(_abbreviates, mine, theirs)):
        return Relation.LONGER
    width = len(theirs)
    if any(mine[start : start + width] == theirs for start in range(1, len(mine) - width + 1)):
        return Relation.INSIDE
    return Relation.NONE


def _abbreviates(short: str, long: str) -> bool:
    return short == long or (len(short) < len(long) and len(short) <= 8 and long.startswith(short))
