"""The time zone of every country that has only one, from the IANA table in the tzdata package.

Belongs here: reading `zone.tab`. Does not belong here: countries with several zones; they need a city.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from reference.build.fetch import Package

_ALSO = {"DE": "Europe/Berlin"}
"""Germany's second zone, Busingen, is one village on Zurich time with the same clock."""


def build_timezones(package: Package, target: Path) -> int:
    """Write code and timezone; returns the rows."""
    zones: dict[str, list[str]] = defaultdict(list)
    for line in (package.folder / "tzdata" / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, _coordinates, zone, *_comment = line.split("\t")
            zones[code].append(zone)
    single = {code: found[0] for code, found in zones.items() if len(found) == 1} | _ALSO
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["code", "timezone"])
        out.writerows(sorted(single.items()))
    return len(single)
