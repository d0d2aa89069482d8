"""Volatile columns: those that change with every export and so make no new version of a record.

Belongs here: telling one by its name, or because the settings of the source state it. Does not belong here: the words
(`header_words.csv`), leaving the column out of a row's content (`naming`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from engine.caches import keep_words
from engine.word_lists import alternatives
from sources.columns.headers import fold, plain
from sources.columns.words import HEADER_WORDS

_WORDS = {kind: alternatives(words) for kind, words in HEADER_WORDS.items() if kind.startswith("volatile")}
_LAST, _EVENT, _FOLLOWS = (_WORDS[f"volatile: {kind}"] for kind in ("last", "event", "follows"))
_COUNT, _COUNTED, _NUMBER = (_WORDS[f"volatile: {kind}"] for kind in ("count", "counted", "number"))
_ALWAYS = re.compile(
    rf"(?:\S+ ){{0,2}}{_LAST} ?(?:\S+ ){{0,3}}?{_EVENT}(?: \S+){{0,3}}"
    rf"|{_COUNT} (?:\S+ )?{_COUNTED}"
    rf"|{_COUNTED}|(?:\S+ ){{0,2}}(?:{_COUNTED}|{_EVENT}) ?{_NUMBER}"
    rf"|{_WORDS['volatile']}(?: {_FOLLOWS}){{0,2}}"
    rf"|(?:\S+ ){{0,2}}{_WORDS['volatile: score']}"
)
_ROW = re.compile(_WORDS["volatile: row"])
_PUNCTUATION = re.compile(r"[^\w#]+|_+")


def volatile_columns(
    header: Sequence[str], stated: Collection[str], free: Collection[int], rating: int | None
) -> frozenset[int]:
    """Places of the columns that change with every export.

    Args:
        header: the columns' names as written.
        stated: names that the settings call volatile.
        free: places of columns that are neither a field nor the id; of the others a name alone makes none volatile,
            for what a lead is told by must not change unseen.
        rating: place of the rating, which may be points that a machine gives.
    """
    names = {fold(name) for name in stated} - {""}
    told = {place for place, name in enumerate(header) if fold(name) in names}
    told |= {place for place in free if changes_always(header[place]) or numbers_rows(header[place])}
    return frozenset(told | {place for place in (rating,) if place is not None and changes_always(header[place])})


@keep_words
def changes_always(name: str) -> bool:
    """Whether a name says that its column changes with every export."""
    return bool(_ALWAYS.fullmatch(_bare(name)))


@keep_words
def numbers_rows(name: str) -> bool:
    """Whether a name says that its column numbers the rows of a file."""
    return bool(_ROW.fullmatch(_bare(name)))


def _bare(name: str) -> str:
    return _PUNCTUATION.sub(" ", plain(name)).strip()
