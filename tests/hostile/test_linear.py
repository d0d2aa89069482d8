"""Every rule is linear: ten times the signs in a cell take about ten times the work, in any field, whatever they are.

What is compared is the processor time of the same process on the same cells, once short and once long, with room for a
busy machine; a rule that looks back at what it has read takes a hundred times as long.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from contracts.raw import FIELDS, RAW_RECORDS
from engine.mortal import Mortal
from enrichment.clean_records import Context, ContextSource, clean_batch
from enrichment.email.clean import frequent_domains
from enrichment.enriched_records import enrich_batch
from enrichment.erasure import erase, hold_back_erased
from enrichment.tombstones import read_erasures
from expectations.row_rules import hold_back
from matching.accounts.company_names import company_names
from matching.leads.records.match_records import prepare
from sources.addresses import cut_cells
from sources.columns.headers import look_up
from sources.columns.layout import is_rule, is_total, looks_like_data
from tests.sources.building import Home

SHORT, LONG = 5_000, 50_000
FITS = 900  # what is longer is held back in most fields before their rules read it (`enrichment.cells.no_value`)
MOST = 40  # times as long
FLOOR = 0.1  # seconds that anything may take
PIECES = (
    *("a", "ä", "Z", "ß", "1", "0", " ", "\t", "\n", "\r\n", ".", ",", ";", ":", "-", "--", "/", "\\", "_", "|", "="),
    *("(", ")", "((", "[", "{", "<", "<a", "@", "+", "'", '"', "´", "&", "& ", "a ", "1 ", "a.", "a-", "a,", "a_"),
    *("a\n", "1.", "1-", "1/", "a@", "@a.", "ä@", "ab.cd@", "a@b.de ", "\u0301", "a\u0301", "\u200b", "\u00ad", "ﬁ"),
    *("😀", "👨\u200d👩\u200d👧", "İ", "Str. ", "str. 1 ", "GmbH ", "GmbH & Co. KG ", "e.V. ", "Dr. ", "von ", "und "),
    *("Frau ", "z.Hd. ", "c/o ", "Postfach ", "D-", "12a", "www.", "http://", "%20", "xn--", "+49", "0049", "(0)"),
    *("ext ", "E+", "=1+", "ja ", "nein; ", "STOP ", "E-Mail: true; ", "2024-01-01 ", "31.12.2024 ", "1.1.1.1, "),
    *("::", "1::", "Mozilla/5.0 (", "de-DE,", "/in ", "(m/w/d) ", "a="),
)  # fmt: skip


def cells(length: int) -> list[str]:
    """A cell of each piece, again and again, cut to this length; and one that ends in something else."""
    repeated = [(piece * length)[:length] for piece in PIECES]
    return repeated + [f"{cell[:-1]}§" for cell in repeated]


@cache
def context() -> Context:
    return ContextSource().open()


def rules(field: str, length: int) -> None:
    """All rules that a record meets, over records that hold a cell in this field."""
    told = {field: cells(length), "source": "fair", "channel": "offline", "file": "a.csv"}
    raw = RAW_RECORDS.conform(pl.DataFrame(told).with_columns(source_record_id=pl.int_range(pl.len())))
    raw.select(cut_cells(pl.col(field)))
    frequent_domains(raw.lazy().select("email"))
    clean = clean_batch(raw, context())
    with TemporaryDirectory() as folder:
        erase(clean, Path(folder))
        hold_back_erased(read_erasures(Path(folder)), hold_back, clean)
    kept, _ = hold_back(clean)
    enriched = enrich_batch(kept)
    prepare(enriched)
    company_names(enriched)


def headers(kind: str, length: int) -> None:
    """All that guesses what columns are, by their names and by what is in them."""
    names = [name.replace("\n", " ").replace("\r", " ") for name in cells(length)]
    rows = [names, names, ["Eva", "Klein", "eva@nord.example", *["x"] * (len(names) - 3)]]
    lines = ["\t".join(name.replace("\t", " ").replace('"', "'") for name in row) for row in rows]
    marked = [[escape(name) for name in row] for row in rows]
    content = {
        "csv": "\n".join(lines),
        "json": json.dumps([dict(zip(names, row, strict=True)) for row in rows]),
        "html": f"<table><tr><td>{'</td></tr><tr><td>'.join(map('</td><td>'.join, marked))}</td></tr></table>",
    }
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.put(f"a.{kind}", content[kind])
        home.run()


@pytest.mark.slow
@pytest.mark.parametrize("field", [field.name for field in FIELDS])
def test_the_rules_of_a_field(field: str) -> None:
    is_linear(rules, field)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "json", "html"])
def test_names_of_columns(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mortal, "ask", lambda _, job, *arguments: job(*arguments))  # here, where its time is told
    is_linear(headers, kind)


def is_linear(work: Callable[[str, int], None], what: str) -> None:
    work(what, 10)  # what is loaded on first use
    few, short, long = (_seconds(work, what, length) for length in (FITS // 10, SHORT, LONG))
    assert long < MOST * max(short, FLOOR)
    assert _seconds(work, what, FITS) < MOST * max(few, FLOOR)


def _seconds(work: Callable[[str, int], None], what: str, length: int) -> float:
    start = time.process_time()
    work(what, length)
    return time.process_time() - start


# A cell that only begins like something: how it begins, what it goes on with.
BEGUN = [("Summe", " "), ("Summe:", "1 "), ("-", "-"), ("|", "-|"), ("Ich möchte", "."), ("Ich", " ja"), ("a@", "@")]


@pytest.mark.parametrize(("begin", "more"), BEGUN)
def test_a_cell_that_begins_like_a_total_a_line_or_a_sentence(begin: str, more: str) -> None:
    """What took an hour for 50,000 signs, found by the fuzz run; here it would not end."""
    cell = begin + more * LONG + "x"
    assert not is_total([cell, None, None])
    assert not is_rule([cell], [cell])
    looks_like_data(cell)
    look_up(cell)
