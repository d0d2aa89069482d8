"""Encodings are found, mojibake is mended, and what is lost stays lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.encoding import find_encoding, repair_mojibake
from tests.sources.building import Home

WORDS = "Müller;Straße 5;Köln;Änderung;Größe;Übung;Jörg Weiß;Gänsefüßchen;Café;André;Öl"


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850", "utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("word", WORDS.split(";"))
def test_one_german_word_is_enough(encoding: str, word: str) -> None:
    line = f"Vorname;Nachname;{word};PLZ;Telefon\n"
    assert line.encode(encoding).decode(find_encoding(line.encode(encoding))) == line


@given(
    st.lists(st.sampled_from(WORDS.replace(";", " ").split()), min_size=1, max_size=30),
    st.sampled_from(["cp1252", "mac_roman", "cp850"]),
)
def test_german_text_survives_any_supported_encoding(words: list[str], encoding: str) -> None:
    text = " ".join(words)
    assert text.encode(encoding).decode(find_encoding(text.encode(encoding))) == text


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


def test_a_line_in_another_encoding_is_read_as_what_it_is(home: Home) -> None:
    lines = [
        b"Firma;Ort;E-Mail\n",
        "Öl;Köln;a@b.example\n".encode(),
        "Bär;Düren;c@d.example\n".encode("cp1252"),
    ]
    home.put("gemischt.csv", b"".join(lines))
    home.run()
    assert sorted(home.records()["company"]) == ["Bär", "Öl"]
    assert "not UTF-8" in home.files()["warnings"][0]


def test_repairing_changes_nothing_in_the_identity(home: Home) -> None:
    """The same row, once damaged and once not, is one record."""
    home.put("gut.csv", "Firma;Ort;E-Mail\nMüller GmbH;Köln;a@b.example\n")
    home.put("kaputt.csv", "Firma;Ort;E-Mail\nMÃ¼ller GmbH;KÃ¶ln;a@b.example\n")
    home.run()
    assert home.records().height == 1


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1250", "Łukasz;Wiśniewski;Żółw;Łódź\nAnna;Wójcik;Kraków\nJan;Włodarczyk;Gdańsk"),
        ("cp1250", "Jiří;Dvořák;Němec;Dům\nPřemysl;Novák;Příbram"),
        ("cp1250", "Müller;Köln\nŁukasz;Włodarczyk;Główna"),
        ("iso8859_2", "Łukasz;Wiśniewski;Żółw;Łódź\nAnna;Gąska;Kraków\nJan;Włodarczyk;Gdańsk"),
        ("cp1252", "Müller;50 m³;£50;£ 5k"),
        ("cp1252", "Jørgen;Møller;København"),
        ("cp1252", "Gioventù;lunedì;perché;Forlì"),
        ("cp1252", "sœur;où;là;français"),
        ("cp1252", "¿Cómo está?;España;niño"),
    ],
)
def test_polish_and_czech_beside_western_languages(encoding: str, text: str) -> None:
    assert find_encoding(text.encode(encoding)) == encoding
