"""Refusals: a remark refuses in so many words, and by accident never."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.refusals import refusal, refusals, refusals_beside, refusals_in_extra

PATH = Path(__file__).parent / "cases" / "refusals.csv"
CASES = list(csv.DictReader(PATH.open(encoding="utf-8", newline=""), delimiter="|", quoting=csv.QUOTE_NONE))
CLEAR = [case["text"] for case in CASES if case["channel"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_text_refuses_a_channel_or_nothing(case: dict[str, str]) -> None:
    assert (refusals(pl.Series([case["text"]]))[0] or "") == case["channel"]


@pytest.mark.parametrize(
    ("cell", "channel"),
    [
        ("Klein *** NICHT KONTAKTIEREN ***", "all"),
        ("Klein (abgemeldet)", "all"),
        ("Klein [STOP]", "all"),
        ("Werk GmbH - WERBESPERRE", "all"),
        ("Werk GmbH !!! Opt-out !!!", "all"),
        ("KEINE WERBUNG", "all"),
        ("Einkauf <nicht anrufen>", "phone"),
        *(
            (name, None)
            for name in ("Stopp", "Robinson", "Robinson Club", "Baja", "Sperre", "Stop & Shop", "Spam GmbH")
        ),
        *(
            (name, None)
            for name in ("Ohne Werbung GmbH (vormals Stop)", "Newsletter-Redaktion", "Head of Opt-out (Mail)")
        ),
    ],
)
def test_beside_a_name_only_what_is_no_name_refuses(cell: str, channel: str | None) -> None:
    assert refusals_beside(pl.Series([cell]))[0] == channel


PREFERENCES = [
    *(("Kontaktpräferenz", "keine", "all"), ("Contact Preference", "None", "all"), ("canal_préféré", "aucun", "all")),
    *(
        ("Kontaktpräferenz", "E-Mail", None),
        ("Einschränkungen", "keine", None),
        ("Kontaktwunsch", "keine Angabe", None),
    ),
]


@pytest.mark.parametrize(("name", "value", "channel"), PREFERENCES)
def test_who_prefers_no_channel_refuses_all(name: str, value: str, channel: str | None) -> None:
    assert refusals_in_extra(pl.Series([json.dumps({"Ort": "Ulm", name: value}, ensure_ascii=False)]))[0] == channel


@pytest.mark.parametrize(
    ("tags", "channel"),
    [
        ("vip;do-not-contact", "all"),
        ("fair2024 | opt-out", "all"),
        ("kunde,dnc", "phone"),
        ("Stop, please look at the sign at the gate; then ring", None),
        ("vip;kunde", None),
    ],
)
def test_a_list_of_tags_refuses_by_any_of_them(tags: str, channel: str | None) -> None:
    assert refusals_in_extra(pl.Series([json.dumps({"Tags": tags})]))[0] == channel


@given(st.sampled_from(CLEAR), st.sampled_from([str.upper, str.lower, str.title, str]), st.text(" \t.!-", max_size=3))
def test_neither_case_nor_signs_around_a_refusal_count(text: str, case: type[str], around: str) -> None:
    assert refusal(f"{around}{case(text)}{around}") == refusal(text)


@given(st.text(max_size=30))
def test_what_the_hints_leave_out_refuses_nothing(text: str) -> None:
    assert refusals(pl.Series([text]))[0] == refusal(text)


@pytest.mark.parametrize(
    "part", ["bitte ", "nicht ", "keine ", "art. ", "kein \n", "löschen ", "a", ". ", "@", "?", "(-"]
)
def test_a_text_of_any_length_is_read_in_linear_time(part: str) -> None:
    text = part * (50_000 // len(part)) + " keine Werbung"
    started = time.process_time()
    refusals(pl.Series([text]))
    assert time.process_time() - started < 10, "quadratic, at least"
