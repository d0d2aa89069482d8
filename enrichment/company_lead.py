"""The leading words of a company line: those that are a name, whatever follows them.

Belongs here: how much of a line such words make up, and reading the rest once for all lines that share it
(`Tumbrink Metallbau GmbH, Werk Nord` reads like any `… GmbH, Werk Nord`). Does not belong here: what the
rest says (`enrichment/company`). A leading word is letters only, can be no part of a legal form, and
stands in none of the rules; a test holds the lines read this way to the answers for whole lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

import polars as pl

from enrichment.company_kind import hides_kind, kind_words
from enrichment.department import department_words
from enrichment.legal_form import far_from_forms
from enrichment.text import fold_series

STAND_IN = "Tannhof"  # stands for any leading words
CARRIED = ("company", "core", "former_name")  # parts of a reading that may begin with the leading words

_LINKS = frozenset(["&", "+", "und", "u."])  # lead only where a leading word follows
_LINK = r" (?:und|u) "
_JOINTS = re.compile("[-&+]")
_KEYWORDS = (  # of `enrichment/company_line`
    "zu zh zhd hd z per adresse p att attn attention attenzione fao alla person contact kontakt ansprechpartner "
    "ansprechpartnerin vorm vormals ehem ehemals ehemalige ehemaliger ehemaliges früher frueher formerly fka "
    "previously umfirmiert anciennement ex jetzt nunmehr neuer now new dba aka trading doing handelnd auftretend "
    "firmierend inh inhaber inhaberin eigentümer eigentümerin prop proprietor in en insolvent aufgelöst gelöscht "
    "erloschen abt abteilung abtlg dept department fachbereich sachgebiet ressort zweigniederlassung niederlassung "
    "geschäftsstelle zweigstelle filiale standort nl im insolvenz insolvenzverfahren herr herrn frau "
    "insolvenzverwalter insolvenzverwalterin insolvenzmasse konkursmasse konkurs als"
)
_OPENERS = (  # of a town hall, a labelled department, or words the match key does without
    "die der das the fa firma stadt markt team fachabteilung geschäftsbereich bereich referat stabsstelle servizio "
    "service"
)


def read_behind_leads(lines: pl.Series, read_rest: Callable[[pl.Series], pl.DataFrame]) -> pl.DataFrame:
    """Read lines, each rest only once: with `STAND_IN` for the leading words, which are then put back.

    Args:
        lines: tidied company lines.
        read_rest: `CARRIED`, `key` and any other columns from lines.

    Returns:
        Same height: the columns of `read_rest`.
    """
    ends = pl.Series([_lead_end(line) if line else 0 for line in lines], dtype=pl.UInt32)
    frame = pl.DataFrame({"line": lines, "end": ends})
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


def _lead_end(line: str) -> int:
    """How many signs of the line are leading words."""
    end = start = 0
    for word in line.split(" "):
        if _leads(word, start == 0):
            end = start + len(word)
        elif word not in _LINKS or not end:
            return end
        start += len(word) + 1
    return end


@lru_cache(1 << 16)
def _leads(word: str, first: bool) -> bool:
    parts = _JOINTS.split(word)
    return all(_is_name(part) for part in parts) and not (first and _opens(parts[0].lower()))


def _is_name(word: str) -> bool:
    """Whether a word of a line is part of a name, wherever it stands."""
    lower = word.lower()
    rules = lower in _rule_words() or hides_kind(word)
    return len(word) > 1 and not rules and far_from_forms(word)


def _opens(word: str) -> bool:
    """Whether a rule knows the word as the first of a line."""
    return word in _OPENERS.split() or word in department_words()


@cache
def _rule_words() -> frozenset[str]:
    return kind_words().union(_KEYWORDS.split())
