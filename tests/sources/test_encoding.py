"""Encodings are found, line by line where they are mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.encoding import find_encoding
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
