"""The tables of numbering plans are those of the installed phonenumbers."""

from __future__ import annotations

import re

import numpy as np
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.geodata import GEOCODE_DATA

from reference.build.phone_plans import compiled, intervals
from reference.countries import DATA
from reference.phone_plans import LONGEST_AREA, areas, plans


def test_tables_are_of_the_installed_version() -> None:
    page = (DATA / "PROVENANCE.md").read_text(encoding="utf-8")
    made_of = re.findall(r"^\| phone_\w+\.parquet \| phonenumbers \(PyPI\) \| ([\d.]+) \|", page, re.MULTILINE)
    assert made_of == [phonenumbers.__version__] * 2, "renew them: python -m reference.build"


@pytest.mark.parametrize("code", ["49", "43", "41", "423", "1", "39", "44", "800"])
def test_a_plan_is_what_its_metadata_compiles_to(code: str) -> None:
    assert plans()[code] == compiled(code)


def test_every_calling_code_has_a_plan() -> None:
    assert set(plans()) == {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


def test_areas_are_sorted_and_hold_every_prefix() -> None:
    table = areas()
    assert (table["first"].diff().drop_nulls() > 0).all()
    assert max(map(len, GEOCODE_DATA)) == LONGEST_AREA


PREFIXES = st.text("12", min_size=1, max_size=LONGEST_AREA)


@given(st.sets(PREFIXES, min_size=1, max_size=12), st.text("123", max_size=LONGEST_AREA))
def test_the_longest_prefix_wins(prefixes: set[str], number: str) -> None:
    rows = list(intervals({prefix: prefix for prefix in prefixes}))
    value = 0
    for place in range(LONGEST_AREA):
        value = value * 11 + (int(number[place]) + 1 if place < len(number) else 0)
    at = int(np.searchsorted([first for first, _, _ in rows], value, side="right")) - 1
    found = rows[at] if at >= 0 else (0, 0, None)
    longest = max((prefix for prefix in prefixes if number.startswith(prefix)), key=len, default=None)
    assert found[1:] == (len(longest or ""), longest)
