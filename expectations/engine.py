"""Great Expectations itself: a context in memory, a suite, a run.

Belongs here: everything that imports Great Expectations. Does not belong here: what is expected
(`expectations.suites`) or what a result means (`expectations.adapter`). The import alone takes seconds, so it
happens when a suite runs. The frame handed over is narrow: one column per tested one, in the cheapest type that
answers the question, because the pandas engine hashes and copies what it is given.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import polars as pl

from expectations.promises import Expectation
from expectations.suites import Suite

# `\s` spelt out: what it stands for differs between engines, so pandas would ask Python value by value.
SPACE = r"\t-\r\x1c-\x20\x85\xa0" + "\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PRESENT = "expect_column_values_to_not_be_null"
_WORD = "expect_column_values_to_be_in_set"


def load_library() -> None:
    """Import Great Expectations, without telemetry, and without the fingerprint it takes of every frame."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read on import
    from great_expectations.execution_engine import pandas_execution_engine

    # Bytes up to which a frame is hashed, value by value; nobody asks for that hash, and it cost a third of the checks.
    pandas_execution_engine.HASH_THRESHOLD = 0


def open_context(site: Path | None = None) -> Any:
    """An ephemeral context without telemetry and progress bars; with `site`, Data Docs go to that folder."""
    load_library()
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    if site is not None:
        config.data_docs_sites = {
            "local": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)},
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        }
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.data_sources.add_pandas("polars")
    return context


def run(context: Any, suite: Suite, frame: pl.LazyFrame, examples: int) -> list[Any]:
    """One Great Expectations result per expectation, in the order of the suite, with so many raw examples each."""
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    name = suite.table.name
    data = context.data_sources.get("polars").add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
    expectations = [
        ExpectationConfiguration(
            type=check.type,
            kwargs=_arguments(check),
            severity=FailureSeverity(check.severity),
            notes=check.why or None,
            meta={"place": place},
        ).to_domain_obj()
        for place, check in enumerate(suite.expectations)
    ]
    promised = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=data, suite=promised))
    answer = definition.run(
        batch_parameters={"dataframe": narrow(suite, frame).to_pandas()},
        result_format={"result_format": "BASIC", "partial_unexpected_count": examples},
    )
    # Results come back grouped by column.
    return sorted(answer.results, key=lambda result: int(result.expectation_config.meta["place"]))


def _arguments(check: Expectation) -> dict[str, Any]:
    """The arguments of an expectation, its column among them."""
    spelt = {"regex": check.kwargs["regex"].replace(r"\s", SPACE)} if "regex" in check.kwargs else {}
    return check.kwargs | spelt | ({"column": check.column} if check.column else {})


def narrow(suite: Suite, frame: pl.LazyFrame) -> pl.DataFrame:
    """One column per tested one: derived ones computed, vocabularies as categories, mere presence as a number."""
    tests: dict[str, set[str]] = {}
    columns = []
    for check in suite.expectations:
        if check.column and check.derive is not None:
            columns.append(check.derive.alias(check.column))
        elif check.column:
            tests.setdefault(check.column, set()).add(check.type)
    for name, types in tests.items():
        column = pl.col(name)
        if types == {_PRESENT}:
            columns.append(pl.when(column.is_not_null()).then(pl.lit(1, pl.Int8)).alias(name))
        elif types <= {_PRESENT, _WORD}:
            columns.append(column.cast(pl.Categorical))
        else:
            columns.append(column)
    return frame.select(columns).collect()
