"""Fingerprint: what the reader is, so that files are read again when its rules or words change.

Belongs here: which files make up the reader. Does not belong here: the settings of a source, which have a fingerprint
of their own (`sources.settings`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from engine.rule_tables import rule_tables
from engine.rules_folder import in_force

_PACKAGE = Path(__file__).parents[1]
_WORDS = ("salutations.csv",)  # of another room, by which cells are told as well


@cache
def reader_version() -> str:
    """A fingerprint of the reader itself: when the rules or words of reading change, files are read again."""
    digest = hashlib.sha256()
    for path in reader_files():
        digest.update(path.read_bytes())
    for name, version in rules_of_reading().items():
        digest.update(f"{name} {version}".encode())
    return digest.hexdigest()[:16]


def rules_of_reading() -> dict[str, str]:
    """The versions of the home's own rules that decide how a file is read."""
    read = {path.name for path in rule_tables() if path.name in _WORDS or path.parent.parent == _PACKAGE}
    return {name: version for name, version in in_force().digests.items() if name in read}


def reader_files() -> list[Path]:
    """Everything that decides how a file is read: this package and its words, how letters fold, the raw contract."""
    package = _PACKAGE
    parts = [path for kind in ("*.py", "*.csv", "*.toml") for path in package.rglob(kind)]
    return sorted([*parts, package.parent / "reference" / "letters.py", package.parent / "contracts" / "raw.py"])
