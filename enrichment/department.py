"""Departments: told from persons and company names, and given one spelling.

Belongs here: the vocabulary of `data/departments.csv`, the shapes `Abt. X`, `X-Abteilung`, `Team X`.
Does not belong here: job titles (`enrichment/company`) and buying roles (`matching`).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import polars as pl

from enrichment.text import fold, tidy

DATA = Path(__file__).parent / "data"

_LABEL = (
    r"(?i)^(?:abt(?:eilung|\.|lg\.?)?|dept\.?|department|fachabteilung|fachbereich|geschäftsbereich|bereich|ressort|"
    r"referat|sachgebiet|stabsstelle|servizio|service)\s*[:.\-]?\s+(\S.*)$"
)
_TEAM = r"(?i)^(?:team)\s+\S.*$"
_TAIL = (
    r"(?i)(?:abteilung|buchhaltung|einkauf|vertrieb|sekretariat|leitung|innendienst|außendienst|verwaltung|management|"
    r"department|team|entwicklung|büro)$"
)


def normal_department(names: pl.Expr) -> pl.Expr:
    """One spelling per department; unknown ones tidied and without their label (Abt. Stanzerei -> Stanzerei)."""
    plain = tidy(names).str.strip_chars(" ,;:-/|()")
    bare = pl.coalesce(plain.str.extract(_LABEL, 1), plain)
    known = fold(bare).replace_strict(_vocabulary(), default=None, return_dtype=pl.String)
    return pl.coalesce(known, pl.when(bare != "").then(bare))


def is_department(names: pl.Expr) -> pl.Expr:
    """True where the text as a whole names a department: known, or labelled as one. Null stays null."""
    plain = tidy(names).str.strip_chars(" ,;:-/|()")
    return fold(plain).is_in(list(_vocabulary())) | plain.str.contains(_LABEL) | plain.str.contains(_TEAM)


def is_departmentlike(names: pl.Expr) -> pl.Expr:
    """`is_department`, or a single word ending like one (Zentralsekretariat): for text that cannot be a name."""
    plain = tidy(names).str.strip_chars(" ,;:-/|()")
    return is_department(names) | (plain.str.contains(_TAIL) & ~plain.str.contains(r"^\S+\s+\S+\s+\S+\s+\S+"))


@cache
def _vocabulary() -> dict[str, str]:
    with (DATA / "departments.csv").open(encoding="utf-8", newline="") as lines:
        spelt = [(s, row["department"]) for row in csv.DictReader(lines) for s in row["spellings"].split("|")]
    keys = pl.DataFrame(spelt, schema=["spelling", "department"], orient="row").select(
        fold(pl.col("spelling")).alias("key"), "department"
    )
    return dict(reversed(keys.rows()))
