"""Word lists: the vocabularies of `enrichment/data`, read from the files an expert edits.

Belongs here: reading a list or a table, and a pattern of words where one is needed. Does not belong here: any word, and
how words combine (the modules that use them). In every file a line that begins with `#` is a comment; the comments at
the top say what the columns mean. A cell of several words separates them by `|`.

    words("given_names.txt")                 every word of a list: separated by blanks or lines
    lines("greetings.txt")                   every entry of a list, one a line: entries may hold blanks
    rows("departments.csv")                  the rows of a table, by column
    entries("Einkauf|Purchasing")            the words of one cell
    by_kind("name_words.csv")["noble"]       the words of a table with the columns `kind` and `words`
    alternatives(by_kind(...)["attention"])  a pattern (Python or Polars) that matches any of the words

A word for a pattern is written as it stands in a text, in any case where the pattern ignores case. Two signs are special:
`?` says that the sign before it may be missing (`z. ?Hd.?`), a blank stands for one or more.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


@cache
def lines(file: str) -> tuple[str, ...]:
    """The entries of a list, one a line, in its order; comments and empty lines left out."""
    text = (DATA / file).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def words(file: str) -> tuple[str, ...]:
    """The words of a list, separated by blanks or lines, in its order."""
    return tuple(word for line in lines(file) for word in line.split())


@cache
def rows(file: str) -> tuple[dict[str, str], ...]:
    """The rows of a table, in its order: text by the name of its column, empty where nothing stands."""
    return tuple(csv.DictReader(lines(file)))


@cache
def by_kind(file: str) -> dict[str, tuple[str, ...]]:
    """The words of a table by kind, in its order; a kind may have several rows.

    Args:
        file: a table with the columns `kind` and `words`, and any others.
    """
    found: dict[str, tuple[str, ...]] = {}
    for row in rows(file):
        found[row["kind"]] = found.get(row["kind"], ()) + entries(row["words"])
    return found


def entries(cell: str) -> tuple[str, ...]:
    """The words of one cell of a table."""
    return tuple(filter(None, cell.split("|")))


def alternatives(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, the longest first; one group that captures nothing."""
    ordered = sorted(dict.fromkeys(words), key=len, reverse=True)
    return f"(?:{'|'.join(map(_pattern, ordered))})"


def _pattern(word: str) -> str:
    return "".join(
        (r"\s*" if missing else r"\s+") if sign == " " else re.escape(sign) + missing
        for sign, missing in re.findall(r"(.)(\??)", word)
    )
