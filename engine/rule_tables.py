"""Rule tables: which of our tables a home may lay lines of its own over, and what may stand in them.

Belongs here: reading `rule_tables.csv`, and the tables as they are shipped. Does not belong here: laying lines over
them (`engine/laid_over`), where those are (`engine/rules_folder`), any word.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, cast

PROJECT = Path(__file__).parents[1]
ENTRY = "entry"
"""The one column of a list, which has no header."""

Form = Literal["table", "lines", "words", "settings"]
Row = dict[str, str]


class RuleTable(NamedTuple):
    """A table as `rule_tables.csv` explains it."""

    file: str
    folder: str
    form: Form
    key: tuple[str, ...]
    lists: tuple[str, ...]
    closed: tuple[str, ...]
    tokens: tuple[str, ...]
    patterns: tuple[str, ...]
    countries: tuple[str, ...]
    about: str

    @property
    def path(self) -> Path:
        """Where the shipped one lies."""
        return PROJECT / self.folder / self.file


@cache
def rule_tables() -> dict[Path, RuleTable]:
    """The tables by the path of the shipped one, in the order of the file."""
    found = {}
    for row in csv.DictReader(text_lines((Path(__file__).parent / "rule_tables.csv").read_text(encoding="utf-8"))):
        key, lists, closed, tokens, patterns, countries = (
            tuple(row[name].split()) for name in ("key", "lists", "closed", "tokens", "patterns", "countries")
        )
        form, about = cast(Form, row["form"]), row["about"]
        table = RuleTable(row["file"], row["folder"], form, key, lists, closed, tokens, patterns, countries, about)
        found[table.path] = table
    return found


@cache
def countries() -> tuple[str, ...]:
    """ISO 3166-1 alpha-2 codes."""
    return tuple(row["code"] for row in shipped_rows(PROJECT / "reference" / "data" / "countries.csv", "table"))


def shipped_rows(path: Path, form: Form) -> tuple[Row, ...]:
    """The lines of a table or list as it is shipped, by column."""
    lines = text_lines(path.read_text(encoding="utf-8"))
    if form == "table":
        return tuple(csv.DictReader(lines))
    return tuple({ENTRY: entry} for line in lines for entry in (line.split() if form == "words" else [line]))


def text_lines(text: str) -> tuple[str, ...]:
    """The lines of a text that are neither empty nor comments."""
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))
