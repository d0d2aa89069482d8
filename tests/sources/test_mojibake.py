"""Mojibake is mended, and what is lost stays lost."""

from __future__ import annotations

import json

import pytest

from sources.mojibake import repair_mojibake
from tests.sources.building import Home


@pytest.mark.parametrize(
    ("received", "meant"),
    [
        ("MÃ¼ller GmbH", "Müller GmbH"),
        ("StraÃŸe", "Straße"),
        ("Ã–l KÃ¶ln", "Öl Köln"),
        ("CafÃ©", "Café"),
        ("Müller", "Müller"),
        ("Ångström AB", "Ångström AB"),
        ("Châtelet", "Châtelet"),
        ("SÃO PAULO", "SÃO PAULO"),
        ("Mï¿½ller", "M\ufffdller"),
        ("Stra\ufffde", "Stra\ufffde"),
    ],
)
def test_mojibake(received: str, meant: str) -> None:
    assert repair_mojibake(received) == meant


def test_repaired_text_keeps_the_original(home: Home) -> None:
    home.put("a.csv", "Firma;Ort;E-Mail\nMÃ¼ller GmbH;Köln;a@b.example\n")
    home.run()
    (row,) = home.records().to_dicts()
    assert row["company"] == "Müller GmbH"
    assert json.loads(row["extra"]) == {"_received": {"Firma": "MÃ¼ller GmbH"}}


@pytest.mark.parametrize("lost", ["Stra\ufffde 5", "Straï¿½e 5"])
def test_lost_characters_are_marked_and_not_guessed(home: Home, lost: str) -> None:
    home.put("a.csv", f"Firma;Straße;E-Mail\nX GmbH;{lost};a@b.example\n")
    home.run()
    (row,) = home.records().to_dicts()
    assert row["street"] == "Stra\ufffde 5"
    assert json.loads(row["extra"])["_encoding_loss"] == ["Straße"]


def test_repairing_changes_nothing_in_the_identity(home: Home) -> None:
    """The same row, once damaged and once not, is one record."""
    home.put("gut.csv", "Firma;Ort;E-Mail\nMüller GmbH;Köln;a@b.example\n")
    home.put("kaputt.csv", "Firma;Ort;E-Mail\nMÃ¼ller GmbH;KÃ¶ln;a@b.example\n")
    home.run()
    assert home.records().height == 1
