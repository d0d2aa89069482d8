"""Numbering plans and area codes of the world, by calling code.

Belongs here: loading the shipped tables and the order of the names their numbers stand for. Does not belong
here: running them over numbers (`enrichment/phone/numbering`), making them (`reference/build/phone_plans`).
Where the data comes from: `reference/data/PROVENANCE.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import polars as pl

from reference.countries import DATA

MAX_NATIONAL = 17  # the longest national number the metadata knows
LONGEST_AREA = 9  # digits of the longest prefix of the area-code table, calling code included

VERDICTS = ("valid", "possible", "local_only", "too_short", "too_long", "wrong_length", "unknown_code")

# The order in which libphonenumber asks (number_type): the first kind that matches wins.
KINDS = (
    ("premium_rate", "premium"),
    ("toll_free", "toll_free"),
    ("shared_cost", "shared_cost"),
    ("voip", "voip"),
    ("personal_number", "service"),
    ("pager", "service"),
    ("uan", "uan"),
    ("voicemail", "service"),
)
LAST_KINDS = ("fixed_line", "fixed_line_or_mobile", "mobile")
KIND_NAMES = (*(name for _, name in KINDS), *LAST_KINDS)


class Plan(NamedTuple):
    """A calling code's minimal acyclic automaton over national digits and what else its metadata says."""

    code: str
    steps: Sequence[int]  # ten per state: the state each digit leads to; state 0 is the first, the last one is dead
    labels: Sequence[int]  # per state: 0 not valid, else 1 + region * len(KIND_NAMES) + kind
    regions: Sequence[str]
    lengths: Sequence[int]  # index into VERDICTS per number of digits, for numbers no pattern accepts
    trunk_zero: bool  # national numbers are written with a 0 that is never part of the number itself
    plain_prefix: bool  # nothing but a trunk 0, or nothing at all, comes off a national number


@cache
def plans() -> dict[str, Plan]:
    """Every plan by calling code."""
    return {row[0]: Plan(*row) for row in pl.read_parquet(DATA / "phone_plans.parquet", glob=False).iter_rows()}


@cache
def areas() -> pl.DataFrame:
    """Intervals of numbers by area: `first` (see `reference.build.phone_plans.intervals`), `size`, `place`."""
    return pl.read_parquet(DATA / "phone_areas.parquet", glob=False)
