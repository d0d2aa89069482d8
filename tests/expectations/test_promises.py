"""Promises: what each property of a column becomes."""

from __future__ import annotations

import polars as pl
import pytest

from contracts import forms, statuses
from contracts.reasons import reasons
from contracts.table import Column, Table, text
from expectations.promises import column_in_words, of_column, of_table
from reference.countries import country_codes

TEXTS = pl.List(pl.String)
CASES = [
    (text("note", "Free text"), []),
    (text("note", "Free text", nullable=False), ["critical: is filled"]),
    (text("channel", "Channel", words=statuses.CHANNEL), ["critical: is one of offline, online"]),
    (text("channel", "Channel", words=statuses.CHANNEL, strict=False), ["warning: is one of offline, online"]),
    (text("mobile", "Number", form=forms.E164), [rf"critical: has the form {forms.E164.pattern} (ITU-T E.164)"]),
    (
        text("country", "Country", form=forms.COUNTRY),
        [f"critical: is one of {len(country_codes())} known codes (ISO 3166-1 alpha-2)"],
    ),
    (Column("n", pl.Int64, "Number", least=1), ["critical: n is at least 1"]),
    (Column("p", pl.Float32, "Share", least=0, most=1), ["critical: p is at least 0 and at most 1"]),
    (
        Column("channels", TEXTS, "Channels", nullable=False, words=statuses.CHANNEL),
        ["critical: is filled", "critical: every item of channels is one of offline, online"],
    ),
    (
        Column("why", TEXTS, "Reasons", form=forms.REASON, strict=False),
        [f"warning: every item of why is one of {len(reasons())} known codes"],
    ),
    (
        Column("other_phones", TEXTS, "Numbers", form=forms.E164, strict=False),
        ["warning: every item of other_phones has its form (ITU-T E.164)"],
    ),
]


@pytest.mark.parametrize(("column", "said"), CASES)
def test_a_column_says_its_promises_once(column: Column, said: list[str]) -> None:
    severities = [promise.severity for promise in of_column(column)]
    assert [f"{s}: {words}" for s, words in zip(severities, column_in_words(column), strict=True)] == said


def test_a_table_promises_its_key_and_its_columns() -> None:
    table = Table("t", "A table.", (text("a", "A", nullable=False), text("b", "B", form=forms.HASH)), key=("a", "b"))
    assert [promise.column for promise in of_table(table)] == ["key(a, b)", "a", "b"]


@pytest.mark.parametrize(("items", "kept"), [(["online"], True), ([], True), (None, True), (["online", "fax"], False)])
def test_every_item_of_a_list_is_looked_at(items: list[str] | None, kept: bool) -> None:
    (promise,) = of_column(Column("channels", TEXTS, "Channels", words=statuses.CHANNEL))
    assert promise.derive is not None
    frame = pl.DataFrame({"channels": [items]}, schema={"channels": TEXTS})
    assert frame.select(promise.derive).item() is kept
