"""Reason codes: one documented vocabulary, a plain sentence each.

Belongs here: loading `contracts/reasons/*.csv`. Does not belong here: choosing a code (the rule that
judges does that).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Reason(NamedTuple):
    code: str
    area: str
    meaning: str
    remedy: str


@cache
def reasons() -> dict[str, Reason]:
    """All reason codes by code.

    Raises:
        ValueError: a code is documented twice.
    """
    found: dict[str, Reason] = {}
    for path in sorted((Path(__file__).parent / "reasons").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["code"] in found:
                    raise ValueError(f"reason code {row['code']} is documented twice, again in {path.name}")
                found[row["code"]] = Reason(row["code"], path.stem, row["meaning"], row["remedy"])
    return found
