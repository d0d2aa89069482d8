"""Fingerprint: what the reader is, so that files are read again when its rules or words change.

Belongs here: which files make up the reader. Does not belong here: the settings of a source, which have a fingerprint
of their own (`sources.settings`).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def reader_version() -> str:
    """A fingerprint of the reader itself: when the rules or words of reading change, files are read again."""
    digest = hashlib.sha256()
    for path in reader_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def reader_files() -> list[Path]:
    """Everything that decides how a file is read: this package and its words, how letters fold, the raw contract."""
    package = Path(__file__).parents[1]
    parts = [path for kind in ("*.py", "*.json", "*.csv") for path in package.rglob(kind)]
    return sorted([*parts, package.parent / "reference" / "letters.py", package.parent / "contracts" / "raw.py"])
