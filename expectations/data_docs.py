"""Data Docs: the suites and their latest results as Great Expectations' own HTML pages.

Belongs here: writing that site on demand (`leads docs`). Does not belong here: the nightly checks
(`expectations.asset_checks`), which do without. The pages hold counts and no examples, so no personal data leaves the
tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from expectations.engine import open_context, run
from expectations.suites import SUITES


def write_data_docs(tables: Mapping[str, pl.DataFrame | pl.LazyFrame], folder: Path) -> Path:
    """Run the suites of `tables` and write one site about them.

    Args:
        tables: frames by the names of `expectations.suites.SUITES`, at least their columns under test.
        folder: where the site goes; made if it does not exist.

    Returns:
        The site's index page.

    Raises:
        KeyError: there is no suite for one of the names.
    """
    context = open_context(folder.resolve())
    for name, frame in tables.items():
        run(context, SUITES[name], frame.lazy(), examples=0)
    context.build_data_docs()
    return folder / "index.html"
