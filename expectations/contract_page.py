"""The contract page: every promise and column of every table, and how it held, on one page for people.

Belongs here: the page. Does not belong here: running the suites (`expectations.data_docs`), promises in words
(`expectations.promises`).
Like the report it is one file that asks the network for nothing and shows masked examples only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from engine.escaping import for_html
from expectations.adapter import SuiteResult
from expectations.promises import column_in_words, in_words
from expectations.suites import SUITES

SIGNS = {"passed": "holds", "failed": "does not hold", "crashed": "could not be tested"}


def contract_page(results: Sequence[SuiteResult], links: Mapping[str, str]) -> str:
    """The page as HTML.

    Args:
        results: what came of each suite.
        links: where Great Expectations' own page of a table is, by the table's name, relative to this page.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("expectations"), PackageLoader("publishing")]),  # the report's style
        autoescape=True,
        finalize=for_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tables = [
        {
            "result": result,
            "table": SUITES[result.table].table,
            "link": links.get(result.table, ""),
            "kept": sum(check.outcome == "passed" for check in result.checked),
            "rows": [
                (check, promise, in_words(promise))
                for check, promise in zip(result.checked, SUITES[result.table].expectations, strict=True)
            ],
            "columns": [(column, column_in_words(column)) for column in SUITES[result.table].table.columns],
        }
        for result in results
    ]
    return environment.get_template("contracts.html.j2").render(tables=tables, signs=SIGNS)


def write_contract_page(results: Sequence[SuiteResult], folder: Path) -> Path:
    """Write the page as the index of a folder that may hold Great Expectations' own pages."""
    links = {
        result.table: found.relative_to(folder).as_posix()
        for result in results
        for found in folder.glob(f"validations/{result.table}/**/*.html")
    }
    page = folder / "index.html"
    page.write_text(contract_page(results, links), encoding="utf-8")
    return page
