"""Departments: told from persons and company names, and given one spelling.

Belongs here: the vocabulary of `data/departments.csv`, the shapes `Abt. X`, `X-Abteilung`, `Team X`.
Does not belong here: job titles (`enrichment/company`) and buying roles (`matching`).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from engine.word_lists import entries
from enrichment.cells.distinct import where
from enrichment.cells.text import fold, fold_text, tidy
from enrichment.cells.word_lists import any_of, rows

LABEL = rf"(?i:{any_of('line_words.csv', 'department_label', 'department_opening')})"
"""Pattern of words before the name of a department that are no part of it."""
_LABELLED = rf"(?i)^{LABEL}\s*[:.\-]?\s+(\S.*)$"
_TEAM = r"(?i)^team\s+\S.*$"
_OR_FIRM = re.compile(rf"(?:{any_of('line_words.csv', 'department_or_firm')})\s+[:.\-]?\s*(\S.*)$", re.IGNORECASE)
_LABELLED_TEXT = re.compile(f"{_LABELLED}|{_TEAM.removeprefix('(?i)')}".replace("(?i)", ""), re.IGNORECASE)


def normal_department(names: pl.Expr) -> pl.Expr:
    """One spelling per department; unknown ones tidied and without their label (Abt. Stanzerei -> Stanzerei)."""
    return names.map_batches(_normal, return_dtype=pl.String, is_elementwise=True)


def is_department(names: pl.Expr) -> pl.Expr:
    """True where the text as a whole names a department: known, or labelled as one. Null stays null."""
    return names.map_batches(_is_named, return_dtype=pl.Boolean, is_elementwise=True)


def names_department(text: str) -> bool:
    """`is_department` of a single text."""
    plain = text.strip(" ,;:-/|()")
    return fold_text(plain) in _vocabulary() or bool(_LABELLED_TEXT.match(plain))


def is_no_firm(text: str) -> bool:
    """Whether a text that names a department can be no company: `Team Vertrieb`, but not `Team Rauscher`."""
    opened = _OR_FIRM.match(text.strip(" ,;:-/|()"))
    return not opened or not fold_text(opened[1]) or department_words().issuperset(opened[1].lower().split())


def _normal(names: pl.Series) -> pl.Series:
    return where(names.is_not_null(), names.cast(pl.String), _spelt)


def _spelt(names: pl.Series) -> pl.Series:
    frame = names.to_frame("name").select(plain=tidy(pl.col("name")).str.strip_chars(" ,;:-/|()"))
    frame = frame.select(bare=pl.coalesce(pl.col("plain").str.extract(_LABELLED, 1), "plain"))
    known = fold(pl.col("bare")).replace_strict(_vocabulary(), default=None, return_dtype=pl.String)
    return frame.select(pl.coalesce(known, pl.when(pl.col("bare") != "").then("bare"))).to_series()


def _is_named(names: pl.Series) -> pl.Series:
    given = names.is_not_null().arg_true()
    answer = pl.Series(names.name, [None], dtype=pl.Boolean).new_from_index(0, len(names))
    if not len(given):
        return answer
    frame = names.gather(given).alias("name").to_frame()
    frame = frame.select(plain=tidy(pl.col("name")).str.strip_chars(" ,;:-/|()"))
    plain = pl.col("plain")
    known = fold(plain).is_in(list(_vocabulary()))
    found = frame.select(known | plain.str.contains(_LABELLED) | plain.str.contains(_TEAM)).to_series()
    return answer.scatter(given, found)


@cache
def department_words() -> frozenset[str]:
    """Small-letter words that occur in names of departments, in umlaut and folded spelling."""
    spelt = " ".join(row["spellings"] for row in rows("departments.csv")).lower()
    return (
        frozenset(spelt.replace("|", " ").split()) | frozenset(" ".join(_vocabulary()).split()) | {"abteilung", "team"}
    )


@cache
def _vocabulary() -> dict[str, str]:
    spelt = [(s, row["department"]) for row in rows("departments.csv") for s in entries(row["spellings"])]
    keys = pl.DataFrame(spelt, schema=["spelling", "department"], orient="row").select(
        fold(pl.col("spelling")).alias("key"), "department"
    )
    return dict(reversed(keys.rows()))
