"""Rule files: what an expert edits, the home's own file where it has one of that name, the shipped one elsewhere.

Belongs here: which file counts, reading it, saying where it is unsound. Does not belong here: what a rule means
(each room beside).
A home's file replaces the shipped one as a whole: half a scoring model is none.
"""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from engine.fence import read_regular

SHIPPED = Path(__file__).with_name("rules")


class UnsoundRules(ValueError):  # noqa: N818 - says what was found
    """A rule file cannot be used: names the file, the place in it and the remedy."""


class RuleFile(NamedTuple):
    """A rule file as read: where it lies and what it says."""

    path: Path
    text: str

    def toml(self) -> dict[str, Any]:
        """Its keys and values.

        Raises:
            UnsoundRules: it is no TOML.
        """
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as fault:
            raise UnsoundRules(f"{self.path}: {fault}; correct it, or remove it to use the shipped rules") from None

    def rows(self) -> list[dict[str, str]]:
        """Its rows by column name, a cell that is missing as an empty text."""
        lines = [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]
        return [
            {name: (cell or "").strip() for name, cell in row.items() if name is not None}
            for row in csv.DictReader(io.StringIO("\n".join(lines)))
        ]


def rule_file(name: str, home: Path | None = None) -> RuleFile:
    """The file `name` (such as `scoring.toml` or `stages/marketo.toml`) of the folder `home`, else the shipped one.

    Raises:
        UnsoundRules: it is no regular file, or no UTF-8.
    """
    own = home / name if home is not None else None
    path = own if own is not None and own.exists() else SHIPPED / name
    try:
        return RuleFile(path, read_regular(path).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as fault:
        raise UnsoundRules(f"{path}: {fault}; it must be a plain file in UTF-8") from None


def shipped_names() -> list[str]:
    """The names of all rule files, below the folder they lie in, sorted."""
    return sorted(path.relative_to(SHIPPED).as_posix() for path in _tables(SHIPPED))


def check_names(home: Path) -> None:
    """See that every rule file of a home has the name of a shipped one: of another nothing would be read.

    Raises:
        UnsoundRules: one has not.
    """
    known = shipped_names()
    own = {path.relative_to(home).as_posix() for path in _tables(home)}
    if strange := sorted(own - set(known)):
        raise UnsoundRules(
            f"{home / strange[0]}: there are no rules of that name; there are {', '.join(known)}. Rename it, "
            "or take it away"
        )


def _tables(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".toml", ".csv")]
