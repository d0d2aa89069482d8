"""The contract page: every promise of every table, and how it held, on one page for people.

Belongs here: promises in words, and the page. Does not belong here: running the suites (`expectations.data_docs`).
Like the report it is one file that asks the network for nothing and shows masked examples only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from expectations.adapter import SuiteResult
from expectations.suites import SUITES, Expectation

WORDS_SHOWN = 12  # of a closed vocabulary; countries are only counted
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
        }
        for result in results
    ]
    return environment.get_template("contracts.html.j2").render(tables=tables, signs=SIGNS)


def in_words(promise: Expectation) -> str:
    """An expectation as a sentence without its subject: `is one of online, offline`."""
    limits = promise.kwargs
    share = f" in at least {limits['mostly']:.0%} of the rows" if limits.get("mostly", 1.0) < 1 else ""
    match promise.type:
        case "expect_column_values_to_not_be_null":
            return f"is filled{share}"
        case "expect_column_values_to_be_in_set" if limits["value_set"] == [True]:
            return f"holds{share or ' in every row'}"
        case "expect_column_values_to_be_in_set":
            words = limits["value_set"]
            shown = ", ".join(map(str, words)) if len(words) <= WORDS_SHOWN else f"{len(words)} known codes"
            return f"is one of {shown}{share}"
        case "expect_column_values_to_match_regex":
            return f"has the form {limits['regex']}{share}"
        case "expect_column_values_to_be_unique":
            return "is there once only"
        case "expect_table_row_count_to_be_between":
            return f"has at least {limits['min_value']:,} row{'s' * (limits['min_value'] != 1)}"
        case "expect_column_values_to_be_between":
            ends = [f"{word} {limits[name]}" for name, word in _ENDS.items() if limits.get(name) is not None]
            return f"is {' and '.join(ends)}{share}"
    raise ValueError(f"no words for {promise.type}")


_ENDS = {"min_value": "at least", "max_value": "at most"}


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
