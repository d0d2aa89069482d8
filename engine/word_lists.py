"""Word lists: vocabularies in files an expert edits, and the one notation in which their words are written.

Belongs here: reading a list or a table of a folder, and a pattern of words where one is needed. Does not belong here:
any word, how words combine (the modules that use them), the lines a home lays over them (`engine/rules_folder`). In
every file a line that begins with `#` is a comment; the comments at the top say what the columns mean. A cell of
several words separates them by `|`.

    lists = WordLists(folder)                 the files of one folder
    lists.words("given_names.txt")            every word of a list: separated by blanks or lines
    lists.lines("greetings.txt")              every entry of a list, one a line: entries may hold blanks
    lists.rows("departments.csv")             the rows of a table, by column
    lists.frame("departments.csv")            the same as a frame
    lists.of_columns("titles.csv", "title")   the words of a column, all rows together
    lists.by_kind("name_words.csv")["noble"]  the words of a table with the columns `kind` and `words`
    lists.any_of("line_words.csv", "owner")   `alternatives` of the words of some kinds
    entries("Einkauf|Purchasing")             the words of one cell
    alternatives(["Herr", "Frau"])            a pattern (Python or Polars) that matches any of the words
    in_text(["Etage*", "Stock"])              the same as whole words, but where a `*` leaves an end open
    whole_words(["call*", "co."])             the same for Python only, in any case; a word may end in a sign

A word for a pattern is written as it stands in a text, in any case where the pattern ignores case. Three signs are
special: `?` says that the one before it may be missing (`z. ?Hd.?`), `*` stands for anything up to the next blank, and
a blank for one or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.rule_tables import ENTRY, Form, Row, shipped_rows
from engine.rules_folder import over


class WordLists(NamedTuple):
    """The word lists of a folder. Each file is read once."""

    folder: Path

    def lines(self, file: str) -> tuple[str, ...]:
        """The entries of a list, one a line, in its order; comments and empty lines left out."""
        return tuple(row[ENTRY] for row in _rows(self.folder / file, "lines"))

    def words(self, file: str) -> tuple[str, ...]:
        """The words of a list, separated by blanks or lines, in its order."""
        return tuple(row[ENTRY] for row in _rows(self.folder / file, "words"))

    def rows(self, file: str) -> tuple[Row, ...]:
        """The rows of a table, in its order: text by the name of its column, empty where nothing stands."""
        return _rows(self.folder / file, "table")

    def frame(self, file: str) -> pl.DataFrame:
        """The rows of a table as text, null where nothing stands."""
        return pl.DataFrame(self.rows(file)).select(pl.all().replace("", None))

    def by_kind(self, file: str) -> dict[str, tuple[str, ...]]:
        """The words of a table by kind, in its order; a kind may have several rows.

        Args:
            file: a table with the columns `kind` and `words`, and any others.
        """
        return _by_kind(self.folder / file)

    def of_kinds(self, file: str, *kinds: str) -> tuple[str, ...]:
        """The words of some kinds of a table."""
        return tuple(word for kind in kinds for word in self.by_kind(file)[kind])

    def any_of(self, file: str, *kinds: str) -> str:
        """`alternatives` of the words of some kinds of a table."""
        return alternatives(self.of_kinds(file, *kinds))

    def of_columns(self, file: str, *columns: str) -> tuple[str, ...]:
        """The words of some columns of a table, row by row."""
        return tuple(word for row in self.rows(file) for column in columns for word in entries(row[column]))


@cache
def _rows(path: Path, form: Form) -> tuple[Row, ...]:
    return over(path, shipped_rows(path, form))


@cache
def _by_kind(path: Path) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows(path, "table"):
        found[row["kind"]] = found.get(row["kind"], ()) + entries(row["words"])
    return found


def entries(cell: str) -> tuple[str, ...]:
    """The words of one cell of a table."""
    return tuple(filter(None, cell.split("|")))


def alternatives(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, the longest first; one group that captures nothing."""
    ordered = sorted(dict.fromkeys(words), key=len, reverse=True)
    return f"(?:{'|'.join(map(_pattern, ordered))})"


def spelt(words: Iterable[str]) -> tuple[str, ...]:
    """Each word with none and with all of the signs that may be missing."""
    return tuple(text for word in words for text in (_OPTIONAL.sub("", word), word.replace("?", "")))


def first_words(words: Iterable[str]) -> frozenset[str]:
    """The small letters, up to the first other sign, by which a text that one of the words matches begins."""
    return frozenset(match[0].lower() for text in spelt(words) if (match := _LETTERS.match(text)))


def hints(words: Iterable[str], *, behind: str = "") -> tuple[str, ...]:
    """Texts in small letters of which one stands in every small-letter text that one of the words matches.

    Args:
        behind: what stands before the word where it matches.
    """
    parts = [_OPTIONAL.split(f"{behind}{word}".lower()) for word in words]
    longest = sorted({max(part, key=len) for part in parts}, key=len)
    return tuple(hint for place, hint in enumerate(longest) if not any(less in hint for less in longest[:place]))


_OPTIONAL = re.compile(r".\?|\*")
_LETTERS = re.compile(r"[^\W\d_]+")


def _pattern(word: str) -> str:
    return "".join(_SIGNS.get(sign) or re.escape(sign) for sign in re.findall(r" \?|.", word))


_REACH = 40  # signs by which a word may go on: a bound, or a text without a blank is searched again and again
_SIGNS = {" ": r"\s+", " ?": r"\s*", "?": "?", "*": rf"\S{{0,{_REACH}}}"}


def in_text(words: Iterable[str], *, from_start: bool = True) -> str:
    """A pattern of words as they stand in a text: whole words, but where a `*` ends one, more letters may stand.

    Args:
        from_start: whether a word must begin where a word begins; false where the pattern before it sees to that.
    """
    found: dict[tuple[bool, bool], list[str]] = {}
    for word in words:
        found.setdefault((from_start and not word.startswith("*"), not word.endswith("*")), []).append(word.strip("*"))
    parts = (
        (r"\b" if begins else "") + alternatives(bare) + (r"\b" if ends else "")
        for (begins, ends), bare in found.items()
    )
    return f"(?:{'|'.join(parts)})"


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words where it stands as a whole, in any case."""
    return re.compile(rf"(?<!\w){alternatives(words)}(?!\w)", re.IGNORECASE)
