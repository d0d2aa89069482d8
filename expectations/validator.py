"""The validator: suites run in a process beside the job's.

Belongs here: that process as a resource of Dagster, from the beginning of a run to its end. Does not belong here:
running a suite (`adapter`). Great Expectations takes seconds to load, which pass here while files are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import polars as pl
from pydantic import PrivateAttr

from engine.beside import Ask, beside
from expectations.adapter import SuiteResult, validate
from expectations.engine import load_library


class Validator(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Runs the suite of a table on a frame; see `adapter.validate`."""

    _ask: Ask = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Validator]:
        with beside(load_library) as self._ask:
            yield self

    def check(self, table_name: str, frame: pl.LazyFrame) -> SuiteResult:
        result: SuiteResult = self._ask(validate, table_name, frame)
        return result
