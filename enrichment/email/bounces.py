"""Bounces: whether a list says that mail to a record's address came back.

Belongs here: columns of bounces (`Bounced: 1`, `Bounce date`) and states (`hard bounced`, `cleaned`) in the cells that
no rule of a field reads, and in those of consent. Does not belong here: what a cell of addresses says itself
(`notation`), what a check of ours found (`evidence_file`). A soft bounce says nothing of tomorrow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import polars as pl

from contracts.table import given_or_null
from engine.word_lists import hints, whole_words
from enrichment.cells.distinct import by_cell
from enrichment.cells.word_lists import by_kind
from reference.letters import SPELT_OUT

SAYS_SO = ("extra", "opt_out", "consent_email")

_WORDS = {kind: tuple(map(SPELT_OUT.text, words)) for kind, words in by_kind("email_words.csv").items()}
_BOUNCED, _SOFT = whole_words(_WORDS["bounced"]), whole_words(_WORDS["bounced_softly"])
_ALONE = whole_words(_WORDS["bounced_alone"])
_HEADER, _NONE = whole_words(_WORDS["bounce_header"]), whole_words(_WORDS["bounce_none"])
_HINTS = sorted(
    hints(word.strip("*") for word in (*_WORDS["bounced"], *_WORDS["bounced_alone"], *_WORDS["bounce_header"]))
)
_NOTE = 80  # signs of a cell that is a state
_GAP = re.compile(r"[_\s]+")


def bounced(records: pl.DataFrame) -> pl.Series:
    """Whether each record says that its mail bounced; missing columns count as empty.

    Example:
        >>> extra = ['{"Bounced":"1"}', '{"Bounced":"0"}', '{"status":"hard_bounce"}', '{"status":"soft bounced"}']
        >>> bounced(pl.DataFrame({"extra": extra})).to_list()
        [True, False, True, False]
    """
    rows = records.select(given_or_null(records, SAYS_SO))
    said = [_said(rows["extra"], _of_members), *(_said(rows[name], _is_state) for name in SAYS_SO[1:])]
    return pl.select(pl.any_horizontal(said).alias("bounced")).to_series()


def _said(texts: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    hinted = SPELT_OUT.series(texts).str.contains_any(_HINTS).fill_null(False)
    nothing = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(texts))
    places = hinted.arg_true()
    if not len(places):
        return nothing
    told = by_cell(read)(texts.gather(places)).eq_missing("bounced")
    return nothing.scatter(places, told)


def _of_members(extra: str) -> str | None:
    members = [(_plain(name), _plain(str(value))) for name, value in json.loads(extra).items() if name[:1] != "_"]
    counted = any(
        _HEADER.search(name) and not _SOFT.search(name) and not _NONE.fullmatch(value) for name, value in members
    )
    return "bounced" if counted or any(_is_state(value) for _, value in members) else None


def _is_state(text: str) -> str | None:
    plain = _plain(text)
    return (
        "bounced"
        if len(plain) <= _NOTE and (_BOUNCED.search(plain) or _ALONE.fullmatch(plain)) and not _SOFT.search(plain)
        else None
    )


def _plain(text: str) -> str:
    return _GAP.sub(" ", SPELT_OUT.text(text)).strip()
