"""The fuzz run: the properties of this folder over ever new files and records, until the time is up.

    python -m tests.fuzz --minutes 30

Belongs here: the clock and the tally. Does not belong here: what is tried and what must hold; the tests hold that for a
few examples each time they run. What a run finds is shown with the seed that finds it again. It is not made smaller,
which takes longer than finding it: the message says what it takes to write the example that stays with the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.files import damaged
from tests.fuzz.home_files import damaged_home_files
from tests.fuzz.records import records
from tests.fuzz.test_home_files import home_files_read
from tests.fuzz.test_readers import read_twice
from tests.fuzz.test_rules import judged_alone, may_be_published

ROUND = 40  # examples of a seed
PROPERTIES: tuple[tuple[st.SearchStrategy[Any], Callable[[Any], None]], ...] = (
    (st.lists(damaged(), min_size=8, max_size=12), read_twice),
    (records(least=8, most=40), judged_alone),
    (records(least=8, most=40), may_be_published),
    (st.lists(damaged_home_files(), min_size=8, max_size=12), home_files_read),
)


def main(minutes: float, first: int) -> int:
    """Try until the time is up; returns the number of finds."""
    stop, finds, tried = time.monotonic() + minutes * 60, 0, dict.fromkeys((check for _, check in PROPERTIES), 0)
    for number in count(first):
        for strategy, check in PROPERTIES:
            if time.monotonic() > stop:
                print(f"{finds} finds; seeds {first} to {number}; inputs:")
                print("\n".join(f"  {name.__name__}: {inputs:,}" for name, inputs in tried.items()))
                return finds
            inputs = _try(number, strategy, check)
            finds += inputs is None
            tried[check] += inputs or 0
    return finds


def _try(number: int, strategy: st.SearchStrategy[Any], check: Callable[[Any], None]) -> int | None:
    """The files or records tried; None where a property does not hold, which is shown."""
    inputs = 0

    def counted(value: Any) -> None:
        nonlocal inputs
        inputs += len(value)
        check(value)

    how = settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(number)(how(given(strategy)(counted)))()
    except Exception as error:
        print(
            f"seed {number}, {check.__name__}: {''.join(traceback.format_exception(error, limit=-3))[:4000]}",
            flush=True,
        )
        return None
    return inputs


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--seed", type=int, default=0, help="of the first round")
    given_by = asked.parse_args()
    sys.exit(main(given_by.minutes, given_by.seed) > 0)
