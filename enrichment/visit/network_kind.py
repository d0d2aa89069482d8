"""What kind of network an address belongs to: isp, hosting, vpn, company, education or unknown.

Belongs here: judging the owner's number and name by the curated rules in `reference/data/network_kinds.csv`.
Does not belong here: finding the owner (`reference/ip`). A visitor behind an ISP, hosting or VPN network
says nothing of their company. Rules apply in the order of the file, known numbers before words.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import NamedTuple

from engine.caches import keep_words
from reference.countries import DATA


class Kind(NamedTuple):
    """A kind of network and how sure it is: high (known number, plain word), medium, low; None for unknown."""

    kind: str
    confidence: str | None


@keep_words
def network_kind(owner: str | None, asn: int | None) -> Kind | None:
    """The kind of the network `owner` runs under the number `asn`; None when neither is known."""
    if owner is None and asn is None:
        return None
    numbers, words = _rules()
    if asn in numbers:
        return numbers[asn]
    name = (owner or "").lower()
    return next((kind for pattern, kind in words if pattern.search(name)), Kind("unknown", None))


@cache
def _rules() -> tuple[dict[int | None, Kind], list[tuple[re.Pattern[str], Kind]]]:
    numbers: dict[int | None, Kind] = {}
    words: list[tuple[re.Pattern[str], Kind]] = []
    with (DATA / "network_kinds.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            kind = Kind(row["kind"], row["confidence"])
            for number in row["asns"].split():
                numbers.setdefault(int(number), kind)
            if row["pattern"]:
                words.append((re.compile(row["pattern"]), kind))
    return numbers, words
