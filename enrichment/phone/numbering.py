"""Numbering plans: what the digits of an international number say about it.

Belongs here: running the automata of the plans and the table of area codes over whole columns; which plans
have open lengths. Does not belong here: reading what people write (`enrichment/phone/notation`), choosing
among numbers (`enrichment/phone/country`), the tables (`reference/phone_plans`). Source of the rules: ITU-T E.164 and
Google's libphonenumber metadata as shipped with `phonenumbers`; `benchmarks/differential.py` holds the
automata against the library.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl

from reference.phone_plans import KIND_NAMES, LONGEST_AREA, MAX_NATIONAL, VERDICTS, areas, plans

Digits = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

PAD = 10  # the symbol after the last digit: the automaton stays where it is
SYMBOLS = 11

# Plans of open length, where the digits after the trunk number dial straight through to a desk.
DIRECT_DIAL = ("49", "43")

LONGEST_LOCAL = 8  # digits of a number without area code
LONGEST = {"49": 11}  # national digits a number may have by the regulator's plan where the metadata allows more


class Automaton(NamedTuple):
    """A plan's automaton over national digits: `step[state + symbol]`, `label[state // SYMBOLS]` (0 = not valid)."""

    step: Ints  # states are counted in steps of SYMBOLS
    label: Ints
    regions: tuple[str, ...]
    lengths: Ints  # index into VERDICTS per number of digits, for numbers no pattern accepts


@cache
def calling_codes() -> dict[str, str]:
    """Calling code by ISO country."""
    found = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    return {region: str(code) for code, regions in found for region in regions if region != "001"}


def plain_prefix(code: str) -> bool:
    """Whether nothing but a trunk 0, or nothing at all, comes off a national number of the plan."""
    return plans()[code].plain_prefix


def trunk_zero(code: str) -> bool:
    """Whether the plan writes national numbers with a trunk 0 that is never part of the number itself."""
    return plans()[code].trunk_zero


def judge(digits: pl.Series) -> pl.DataFrame:
    """What the numbering plan says about international digits (calling code and national number, no plus).

    Args:
        digits: text of ASCII digits, no nulls.

    Returns:
        Columns `verdict` (one of VERDICTS), `kind` (one of KIND_NAMES, null unless valid), `region`
        (ISO country, null unless valid) and `code` (calling code, null where unknown).
    """
    matrix, length = _matrix(digits)
    code = _codes(matrix)
    verdict = np.full(len(digits), VERDICTS.index("unknown_code"), dtype=np.int32)
    kind = np.full(len(digits), len(KIND_NAMES), dtype=np.int32)
    region = np.full(len(digits), -1, dtype=np.int32)
    regions: list[str] = []
    for number in np.unique(code[code > 0]).tolist():
        rows = np.flatnonzero(code == number)
        skip = len(str(number))
        automaton = compiled(str(number))
        state = np.zeros(len(rows), dtype=np.int32)
        national = length[rows] - skip
        longest = min(MAX_NATIONAL + 1, int(national.max(initial=0)))
        for symbols in np.ascontiguousarray(matrix[rows, skip : skip + longest].T):
            state = automaton.step[state + symbols]
        label = automaton.label[state // SYMBOLS]
        found = label > 0
        by_length = automaton.lengths[np.clip(national, 0, MAX_NATIONAL + 1)]
        verdict[rows] = np.where(found, 0, by_length)
        kind[rows] = np.where(found, (label - 1) % len(KIND_NAMES), len(KIND_NAMES))
        region[rows] = np.where(found, len(regions) + (label - 1) // len(KIND_NAMES), -1)
        regions.extend(automaton.regions)
    return pl.DataFrame(
        {
            "verdict": _pick(VERDICTS, verdict),
            "kind": _pick((*KIND_NAMES, None), kind),
            "region": _pick((*regions, None), region % (len(regions) + 1)),
            "code": pl.Series(code).cast(pl.String).replace("0", None),
        }
    )


def is_valid(code: str, national: str) -> bool:
    """Whether the plan of a calling code accepts national digits, as `judge` does for a column."""
    plan, state = plans()[code], 0
    for digit in national:
        state = plan.steps[10 * state + int(digit)]
    return plan.labels[state] > 0


def area(digits: pl.Series) -> pl.DataFrame:
    """Area code and its place, German names where there are any.

    Args:
        digits: international digits without plus; nulls stay null.

    Returns:
        Columns `area_length` (digits of calling code plus area code) and `location`; null where the
        table knows no area.
    """
    matrix, _ = _matrix(digits.fill_null(""))
    symbols = (matrix[:, :LONGEST_AREA].astype(np.int64) + 1) % SYMBOLS
    number = symbols @ (SYMBOLS ** np.arange(LONGEST_AREA - 1, -1, -1))
    table = areas()
    at = np.searchsorted(table["first"].to_numpy(), number, side="right") - 1
    found = table[np.maximum(at, 0)]
    known = pl.Series((at >= 0) & (found["size"] > 0).to_numpy())
    return found.select(
        area_length=pl.when(known).then(pl.col("size").cast(pl.Int32)), location=pl.when(known).then("place")
    )


@cache
def compiled(code: str) -> Automaton:
    """The automaton of one calling code."""
    plan = plans()[code]
    step = np.array(plan.steps, dtype=np.int32).reshape(-1, 10)
    stay = np.arange(len(step), dtype=np.int32)[:, None]
    return Automaton(
        np.concatenate([step, stay], axis=1).ravel() * SYMBOLS,
        np.array(plan.labels, dtype=np.int32),
        tuple(plan.regions),
        np.array(plan.lengths, dtype=np.int32),
    )


@cache
def _code_table() -> Ints:
    """The calling code that three leading digits begin with, 0 where none does."""
    table = np.zeros(1000, dtype=np.int32)
    for code in plans():
        width = 10 ** (3 - len(code))
        table[int(code) * width : (int(code) + 1) * width] = int(code)
    return table


def _codes(matrix: Digits) -> Ints:
    head = np.where(matrix[:, :3] == PAD, 0, matrix[:, :3]).astype(np.int32)
    return _code_table()[head @ np.array([100, 10, 1], dtype=np.int32)]


def _matrix(digits: pl.Series) -> tuple[Digits, Ints]:
    """Digits as a matrix, one row per number, PAD after the last, and the lengths."""
    width = 3 + MAX_NATIONAL + 1
    length = digits.str.len_bytes().to_numpy().astype(np.int32)
    padded = digits.str.slice(0, width).str.pad_end(width, ":")  # the character after 9, so PAD
    letters = np.frombuffer(padded.to_arrow().buffers()[2] or b"", dtype=np.uint8)
    return letters[: len(digits) * width].reshape(len(digits), width) - ord("0"), length


def _pick(names: tuple[str | None, ...], index: Ints) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(pl.Series(index.astype(np.uint32)))
