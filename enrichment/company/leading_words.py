"""The leading words of a company line: those that are a name, whatever follows them.

Belongs here: how much of a line such words make up, and reading the rest once for all lines that share it
(`Tumbrink Metallbau GmbH, Werk Nord` reads like any `… GmbH, Werk Nord`). Does not belong here: what the
rest says (`enrichment/company`). A leading word is letters only, can be no part of a legal form, and
stands in none of the rules; a test holds the lines read this way to the answers for whole lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from engine.caches import keep_words
from engine.word_lists import first_words
from enrichment.cells.distinct import of_distinct
from enrichment.cells.recipients import ATTENTION, ATTENTION_LABEL, CARE_OF
from enrichment.cells.text import fold_series
from enrichment.cells.word_lists import of_kinds
from enrichment.company.kind import hides_kind, kind_openers, kind_words, may_open_none
from enrichment.company.legal_form import far_from_forms
from enrichment.job.department import department_words
from reference.salutations import IN_LINE

STAND_IN = "Tannhof"  # stands for any leading words
CARRIED = ("company", "core", "former_name")  # parts of a reading that may begin with the leading words

_LINKS = frozenset(["&", "+", "und", "u."])  # lead only where a leading word follows
_LINK = r"(?: (?:und|u))+ "
_JOINTS = re.compile("[-&+]")
_CUT_BY = (  # kinds of `line_words.csv` that a rule of `enrichment/company/line` knows without a sign before them
    *("former", "renamed", "trading_as", "owner", "wound_up", "acting_as"),
    *("wound_up_before", "founded", "department_label", "site_anywhere"),
)
_RECIPIENTS = (*ATTENTION, *ATTENTION_LABEL, *CARE_OF)
_OPENED_BY = ("addressed_as", "department_label", "department_opening")  # that a rule knows as the first of a line
_SHORT = 4  # signs of the abbreviations that forms and rules know
_STOPS, _LINKED, _LEADS, _OPENS = range(4)  # what a word is to the leading words; the last leads even as the first


def read_behind_leads(lines: pl.Series, read_rest: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Read lines, each rest only once: with `STAND_IN` for the leading words, which are then put back.

    Args:
        lines: tidied company lines.
        read_rest: `CARRIED`, `key` and any other columns from lines.

    Returns:
        Same height: the columns of `read_rest`.
    """
    frame = pl.DataFrame({"line": lines, "end": _lead_ends(lines)})
    led, line = pl.col("end") > 0, pl.col("line")
    frame = frame.select(
        lead=pl.when(led).then(line.str.head(pl.col("end"))),
        rest=pl.when(led).then(pl.lit(STAND_IN) + line.str.slice(pl.col("end"))).otherwise("line"),
    )
    key = fold_series(frame["lead"]).str.replace_all(_LINK, " ")
    read = read_rest(frame["rest"]).with_columns(frame["lead"], lead_key=key)
    return read.select(
        *(_put_back(column, "lead", STAND_IN) for column in CARRIED),
        _put_back("key", "lead_key", STAND_IN.lower()),
        pl.exclude(*CARRIED, "key", "lead", "lead_key"),
    )


def _put_back(column: str, lead: str, stand_in: str) -> pl.Expr:
    text = pl.col(column)
    put = pl.col(lead) + text.str.slice(len(stand_in))
    return pl.when(pl.col(lead).is_not_null() & text.str.starts_with(stand_in)).then(put).otherwise(text).alias(column)


def _lead_ends(lines: pl.Series) -> pl.Series:
    """How many signs of each line are leading words."""
    words = lines.fill_null("").str.split(" ")
    count = words.list.len().cast(pl.Int64).to_numpy()
    line, start = np.repeat(np.arange(len(count)), count), np.cumsum(count) - count
    flat = words.explode()
    verdict = of_distinct(_verdicts)(flat)["verdict"].to_numpy()
    stops = verdict == _STOPS
    stops[start] = verdict[start] != _OPENS
    stopped, past = np.cumsum(stops), np.cumsum(flat.str.len_chars().cast(pl.Int64).to_numpy() + 1)
    leads = (verdict >= _LEADS) & (stopped == (stopped - stops)[start][line])
    end = past - 1 - np.concatenate(([0], past))[start][line]
    return pl.Series(np.maximum.reduceat(np.where(leads, end, 0), start), dtype=pl.UInt32)


def _verdicts(words: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"verdict": pl.Series(list(map(_verdict, words)), dtype=pl.UInt8)})


@keep_words
def _verdict(word: str) -> int:
    """Whether a word leads where it stands behind leading words, or even first in a line."""
    if word in _LINKS:
        return _LINKED
    whole = word.removesuffix(".") if len(word) > _SHORT else word  # Gebr., Maschb.
    parts = [word] if word.isalpha() else _JOINTS.split(whole)
    if not all(map(_is_name, parts)):
        return _STOPS
    opens = may_open_none(whole) or not _openers().isdisjoint(part.lower() for part in parts)
    return _LEADS if opens else _OPENS


def _is_name(word: str) -> bool:
    """Whether a word of a line is part of a name, wherever it stands."""
    lower = word.lower()
    return len(word) > 1 and lower not in _rule_words() and not hides_kind(lower) and far_from_forms(word)


@cache
def _openers() -> frozenset[str]:
    """Small-letter words that a rule knows as the first of a line."""
    said = [*of_kinds("line_words.csv", *_OPENED_BY), *of_kinds("company_words.csv", "article", "town_hall"), "team"]
    return (
        department_words() | kind_openers() | first_words([*said, *CARE_OF, *of_kinds("name_words.csv", "household")])
    )


@cache
def _rule_words() -> frozenset[str]:
    return kind_words() | first_words([*of_kinds("line_words.csv", *_CUT_BY), *_RECIPIENTS, *IN_LINE])
