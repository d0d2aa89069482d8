"""Names of countries and languages in many languages, from Unicode CLDR as published in Babel.

Belongs here: which languages' names are kept, and the codes beside them.
Does not belong here: folding or looking names up (`reference/countries`).
"""

from __future__ import annotations

import csv
import importlib
import sys
from pathlib import Path
from typing import Any

from reference.build.fetch import Package

SPOKEN = "de en fr it rm gsw es pt ca nl lb da sv nb fi is et lv lt pl cs sk sl hr bs sr hu ro bg el tr ru uk sq ga"
"""Languages whose names for countries and languages are recognised."""


def build_names(package: Package, countries: Path, languages: Path) -> tuple[int, int]:
    """Write code, alpha3 and all names per country and per language; returns the rows of both."""
    sys.path.insert(0, str(package.folder))
    core: Any = importlib.import_module("babel.core")
    locales = [core.Locale.parse(code) for code in SPOKEN.split()]
    alpha3 = {
        code: alias
        for alias, (code, *_rest) in sorted(core.get_global("territory_aliases").items())
        if len(alias) == 3 and alias.isalpha() and alias not in {"DDR", "YUD", "FXX", "ZAR", "BUR", "TMP", "NTZ", "SUN"}
    }
    territories = sorted(c for c in locales[0].territories if len(c) == 2 and c.isalpha() and c not in _NO_COUNTRY)
    spoken = sorted(c for c in locales[0].languages if len(c) == 2)
    return (
        _write(countries, territories, [locale.territories for locale in locales], alpha3),
        _write(languages, spoken, [locale.languages for locale in locales], {}),
    )


_NO_COUNTRY = frozenset(["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"])


def _write(target: Path, codes: list[str], tables: list[dict[str, str]], alpha3: dict[str, str]) -> int:
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["code", "alpha3", "german", "english", "other_names"])
        for code in codes:
            names = [table.get(code, "") for table in tables]
            german, english, *others = names
            known = {german, english, ""}
            rest = [name for name in dict.fromkeys(others) if name not in known]
            out.writerow([code, alpha3.get(code, ""), german, english, "|".join(rest)])
    return len(codes)
