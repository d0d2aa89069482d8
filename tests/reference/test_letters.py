"""Foldings: what becomes of words under each, and what may be relied on."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.letters import LETTERS, ROMANISED, SPELT_OUT, UNMARKED, Folding, level, level_text

WORDS = """
written         SPELT_OUT       UNMARKED       levelled
Müller          mueller         muller         muller
Mueller         mueller         mueller        muller
MULLER          muller          muller         muller
Mu\u0308ller    mueller         muller         muller
Bauer           bauer           bauer          bauer
Bäuerle         baeuerle        bauerle        bauerle
Neue            neue            neue           neue
Quelle          quelle          quelle         quelle
Jacqueline      jacqueline      jacqueline     jacqueline
Quäck           quaeck          quack          quack
Neuenkirchen    neuenkirchen    neuenkirchen   neuenkirchen
Neuötting       neuoetting      neuotting      neuotting
Diät            diaet           diat           diat
Bauüberwachung  bauueberwachung bauuberwachung bauuberwachung
Überlingen      ueberlingen     uberlingen     uberlingen
Goethe          goethe          goethe         gothe
Göthe           goethe          gothe          gothe
Jørgensen       joergensen      jorgensen      jorgensen
Jörgensen       joergensen      jorgensen      jorgensen
Jorgensen       jorgensen       jorgensen      jorgensen
Ærø             aeroe           aero           aro
Œuvre           oeuvre          oeuvre         ouvre
Straße          strasse         strasse        strasse
GROẞ            gross           gross          gross
Łukasz          lukasz          lukasz         lukasz
Đorđević        dordevic        dordevic       dordevic
Guðrún          gudrun          gudrun         gudrun
Þór             thor            thor           thor
IŞIK            isik            isik           isik
Işık            isik            isik           isik
İlker           ilker           ilker          ilker
Ħamrun          hamrun          hamrun         hamrun
Ŋuŋa            nuna            nuna           nuna
Əliyev          eliyev          eliyev         eliyev
Ɓala            bala            bala           bala
Nguyễn          nguyen          nguyen         nguyen
Dvořák          dvorak          dvorak         dvorak
Ångström        angstroem       angstrom       angstrom
Ǿrsted          oersted         orsted         orsted
Ĳsselstein      ijsselstein     ijsselstein    ijsselstein
O´Brien         o'brien         o'brien        o'brien
O’Brien         o'brien         o'brien        o'brien
ﬁn-№2           fin-no2         fin-no2        fin-no2
Ромашка         ромашка         ромашка        ромашка
각              각              각             각
"""
ROMAN = "Жуков schukow, Сергей sergei, Юлія julija, Παππάς pappas, Παπαδόπουλος papadopoylos, Müller mueller"
FOLDINGS = pytest.mark.parametrize("folding", [SPELT_OUT, UNMARKED, ROMANISED], ids=["spelt", "unmarked", "romanised"])
# What Python's tables do not know yet, those of the columns' engine may.
ANY = st.text(st.characters(max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn"]))


def column(folding: Folding, *texts: str) -> list[str]:
    return pl.DataFrame({"t": texts}).select(folding.column(pl.col("t"))).to_series().to_list()


def levelled(*texts: str) -> list[str]:
    return pl.DataFrame({"t": texts}).select(level(pl.col("t"))).to_series().to_list()


@pytest.mark.parametrize(
    "text", ["ＳＴＯＰ", "S\u200bTOP", "ST\u00adOP", "\u202eSTOP\u202c", "ⓢⓣⓞⓟ", "𝐒𝐓𝐎𝐏", "S\u0336TOP"]
)
@FOLDINGS
def test_what_a_reader_does_not_see_is_gone(folding: Folding, text: str) -> None:
    assert folding.text(text) == "stop"
    assert column(folding, text) == ["stop"]


@pytest.mark.parametrize("row", [line.split() for line in WORDS.split("\n")[2:-1]], ids=lambda row: row[0])
def test_words(row: list[str]) -> None:
    written, spelt, unmarked, level_of_it = row
    assert [SPELT_OUT.text(written), UNMARKED.text(written)] == [spelt, unmarked]
    assert level_text(spelt) == level_of_it


@pytest.mark.parametrize("pair", [pair.split() for pair in ROMAN.split(", ")], ids=lambda pair: pair[0])
def test_other_scripts_in_latin_letters(pair: list[str]) -> None:
    assert ROMANISED.text(pair[0]) == pair[1]


@FOLDINGS
@given(texts=st.lists(ANY, min_size=1, max_size=20))
@settings(max_examples=50)
def test_a_column_folds_like_each_of_its_texts(folding: Folding, texts: list[str]) -> None:
    folded = column(folding, *texts)
    assert folded == [folding.text(text) for text in texts]
    assert levelled(*folded) == [level_text(text) for text in folded]


@FOLDINGS
@given(text=ANY)
@settings(max_examples=200)
def test_folding_twice_changes_nothing_and_leaves_no_mark(folding: Folding, text: str) -> None:
    once = folding.text(text)
    assert folding.text(once) == once
    if "eue" not in once:  # in no word: of two such endings in a row the first loses its e, then the second could
        assert level_text(level_text(once)) == level_text(once)
    assert not any(unicodedata.category(sign)[0] == "M" for sign in once)


def test_nulls_stay() -> None:
    assert SPELT_OUT.series(pl.Series(["Ä", None, "b"])).to_list() == ["ae", None, "b"]


@FOLDINGS
def test_every_letter_in_use_of_the_latin_alphabets_is_ascii(folding: Folding) -> None:
    letters = [
        chr(code) for codes in (range(0xC0, 0x180), range(0x1E00, 0x1E9A), range(0x1EA0, 0x1EFA)) for code in codes
    ]
    assert [letter for letter in letters if letter.isalpha() and not folding.text(letter).isascii()] == []


@FOLDINGS
def test_composed_and_decomposed_letters_fold_alike(folding: Folding) -> None:
    for letter in map(chr, [*range(0xC0, 0x530), *range(0x1E00, 0x2000)]):
        decomposed = unicodedata.normalize("NFD", letter)
        assert folding.text(decomposed) == folding.text(letter), letter


@given(st.from_regex(r"([bdfgklmnrst][aouäöüø]){1,6}", fullmatch=True))
def test_spelt_out_or_lost_umlauts_come_to_the_same_levelled(word: str) -> None:
    assert level_text(SPELT_OUT.text(word)) == level_text(UNMARKED.text(word)) == UNMARKED.text(word)


def test_the_table_names_small_letters_in_ascii() -> None:
    assert all(letter == letter.lower() and called.isascii() for letter, called in LETTERS.items())
