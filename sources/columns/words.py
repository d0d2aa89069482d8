"""Words: the vocabularies of headers and cells, read from the files an expert edits.

Belongs here: reading `header_words.csv` and `cell_words.csv`, and a pattern of words where one is needed. Does not
belong here: any word, the synonyms of a field (`headers.json`), how words combine (the modules that use them). The
comments at the top of the files say how a word is written.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent

_REACH = 40  # signs by which a word may go on: a bound, or a header without a blank is searched again and again


def _by_kind(file: str) -> dict[str, tuple[str, ...]]:
    """The words of a file by kind; lines that begin with # are comments."""
    lines = (line for line in (FOLDER / file).read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    found: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(lines):
        found[row["kind"]] = found.get(row["kind"], ()) + tuple(row["words"].split("|"))
    return found


HEADER_WORDS = _by_kind("header_words.csv")
CELL_WORDS = _by_kind("cell_words.csv")


def alternatives(words: Iterable[str]) -> str:
    """A pattern (Python or Polars) that matches any of the words, the longest first."""
    return f"(?:{'|'.join(map(_pattern, sorted(words, key=len, reverse=True)))})"


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any of the words where it stands as a whole, in any case."""
    return re.compile(rf"(?<!\w){alternatives(words)}(?!\w)", re.IGNORECASE)


def _pattern(word: str) -> str:
    signs = {" ": r"\s+", " ?": r"\s*", "*": rf"\S{{0,{_REACH}}}"}
    parts = re.findall(r".\??", word)
    return "".join(signs.get(part) or re.escape(part[0]) + part[1:] for part in parts)
