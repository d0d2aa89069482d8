"""Legends: what is one, what it is of and what it says; and what only looks like one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.columns.legend import LONGEST, legend_in, legends_of_block, legends_of_row, without_legend

LEGENDS = [
    ("Status: 0 = angemeldet, 1 = abgemeldet", "Status", {"0": "angemeldet", "1": "abgemeldet"}),
    ("1: subscribed / 2: unsubscribed", "", {"1": "subscribed", "2": "unsubscribed"}),
    ("Newsletter (1=ja, 0=nein)", "Newsletter", {"1": "ja", "0": "nein"}),
    ("Newsletter: ja=1, nein=0", "Newsletter", {"1": "ja", "0": "nein"}),
    ("ja = 1 nein = 0", "", {"1": "ja", "0": "nein"}),
    ("Status [0 active, 1 unsubscribed, 2 bounced]", "Status", {"0": "active", "1": "unsubscribed", "2": "bounced"}),
    ("Legende: 0 = aktiv und 1 = abgemeldet", "", {"0": "aktiv", "1": "abgemeldet"}),
    ("angemeldet (0), abgemeldet (1)", "", {"0": "angemeldet", "1": "abgemeldet"}),
    ("(0) active (1) unsubscribed", "", {"0": "active", "1": "unsubscribed"}),
    ("Estado: 1. alta 2. baja", "Estado", {"1": "alta", "2": "baja"}),
    ("Stato: 0 → iscritto\n1 → disiscritto", "Stato", {"0": "iscritto", "1": "disiscritto"}),
    ("Status：0＝angemeldet，1＝abgemeldet", "Status", {"0": "angemeldet", "1": "abgemeldet"}),
    ("1 = opted out / unsubscribed, 2 = active", "", {"1": "opted out, unsubscribed", "2": "active"}),
    ("1 = abgemeldet", "", {"1": "abgemeldet"}),
    ("# 0 bedeutet aktiv, 1 bedeutet abgemeldet", "", {"0": "aktiv", "1": "abgemeldet"}),
    ("Status (S = subscribed, U = unsubscribed)", "Status", {"S": "subscribed", "U": "unsubscribed"}),
    ("Permission 1 - yes, 2 - no", "Permission", {"1": "yes", "2": "no"}),
    ("Status 0 active 1 unsubscribed", "Status", {"0": "active", "1": "unsubscribed"}),
    ("Marketing (1=accepted, 2=rejected)", "Marketing", {"1": "accepted", "2": "rejected"}),
]
NONE = [
    *("Telefon 1", "E-Mail 2: privat", "Opt-out (0/1)", "Newsletter (ja/nein)", "Opt-out = 1", "Abgemeldet (1)"),
    *("Abgemeldet am: 12.03.2024", "Stand: 10:30 nein", "Mitarbeiter (1 = bis 10, 2 = bis 50)", "1-10 Mitarbeiter"),
    *("Anrede (1 = Herr, 2 = Frau)", "Hauptstr. 1, 2. Stock", "1 = ja, 1 = nein", "", "=", "1", "a = a@b.de"),
]


@pytest.mark.parametrize(("text", "name", "states"), LEGENDS)
def test_a_legend_says_what_it_is_of_and_what_its_states_mean(text: str, name: str, states: dict[str, str]) -> None:
    found = legend_in(text)
    assert found is not None
    assert (found.name, found.states) == (name, states)
    assert without_legend(text) == name


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_a_legend_is_none(text: str) -> None:
    assert legend_in(text) is None
    assert without_legend(text) == text


ROWS = [
    (["Status: 0 = aktiv, 1 = abgemeldet"], True),
    (["0 = aktiv", None, "1 = abgemeldet"], True),
    (["Status:", "0 = aktiv", "1 = abgemeldet"], True),
    (["Legende", "1 = abgemeldet"], True),
    (["Legende:"], True),
    (["Max Muster", "1 = abgemeldet"], False),
    (["0711 123456", "1 = abgemeldet"], False),
    (["a@werk.de", "1 = abgemeldet"], False),
    (["Status: 1 = abgemeldet", "a@werk.de"], False),
    (["4711", "abgemeldet"], False),
    (["Legend GmbH"], False),
    ([None, ""], False),
]


@pytest.mark.parametrize(("cells", "is_one"), ROWS)
def test_a_row_is_a_legend_as_a_whole_or_a_lead(cells: Sequence[str | None], is_one: bool) -> None:
    assert bool(legends_of_row(cells)) is is_one


@pytest.mark.parametrize("cells", [["A: 0 = ja, 1 = nein; B: 0 = nein, 1 = ja"], ["A: 0 = ja 1 = nein", "B (1=ja)"]])
def test_a_row_may_hold_several_legends(cells: list[str]) -> None:
    assert [found.name for found in legends_of_row(cells)] == ["A", "B"]


def test_a_block_with_an_address_is_no_legend() -> None:
    pairs = [["Status"], ["0", "angemeldet"], ["1", "abgemeldet"]]
    assert [(found.name, found.states) for found in legends_of_block(pairs)] == [
        ("Status", {"0": "angemeldet", "1": "abgemeldet"})
    ]
    assert legends_of_block([*pairs, ["a@werk.de", "1"]]) == []


@given(st.text(alphabet="0 1=:()[]a,;/-\nja", max_size=60))
def test_any_text_is_read(text: str) -> None:
    found = legend_in(text)
    assert found is None or all(found.states.values())
    legends_of_row([text, text])


@pytest.mark.parametrize(
    "part", ["1 = a, ", "0=", "( ", "((1", "a ", "1:", "-", "=1 a", "1) ", "[1 a,", "und ", "a=1 "]
)
def test_a_text_of_any_length_is_read_at_once(part: str) -> None:
    started = time.process_time()
    legend_in((part * LONGEST)[:LONGEST])
    legends_of_row([part] * 50_000)
    assert time.process_time() - started < 10, "quadratic, at least"
