"""Word lists: what the files of a folder hold, and what a word of them matches; Python and Polars find the same."""

import re
from pathlib import Path

import polars as pl
import pytest

from engine.word_lists import WordLists, alternatives, entries, in_text, whole_words


@pytest.mark.parametrize(
    ("word", "matched", "not_matched"),
    [
        ("z. ?Hd.?", ["z.Hd.", "z. Hd.", "z.Hd"], ["zHd.", "z. Hdx"]),
        ("zu Händen", ["zu Händen", "zu  Händen"], ["zuHänden", "zu Handen"]),
        ("c/o", ["c/o"], ["co", "cxo"]),
        ("a+b", ["a+b"], ["aab"]),
    ],
)
def test_pattern_of_a_word(word: str, matched: list[str], not_matched: list[str]) -> None:
    pattern = f"^{alternatives([word])}$"
    assert [text for text in matched + not_matched if re.match(pattern, text)] == matched
    assert pl.Series(matched + not_matched).str.contains(pattern).to_list() == [True] * len(matched) + [False] * len(
        not_matched
    )


def test_longest_word_first() -> None:
    assert re.sub(alternatives(["Hr", "Hrn", "Hr."]), "", "Hrn Hr. Hr") == "  "


def test_words_of_a_cell() -> None:
    assert entries("Einkauf|Purchasing") == ("Einkauf", "Purchasing")
    assert entries("") == ()


def test_files_of_a_folder(tmp_path: Path) -> None:
    table = "# comment\nkind,words,shown\nnoble,von|zu,x\nlow,de,\n\nnoble,freiherr,\n"
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    (tmp_path / "list.txt").write_text("# comment\nHerr Frau\n\nHr.\n", encoding="utf-8")
    lists = WordLists(tmp_path)
    assert lists.lines("list.txt") == ("Herr Frau", "Hr.")
    assert lists.words("list.txt") == ("Herr", "Frau", "Hr.")
    assert lists.rows("table.csv")[1] == {"kind": "low", "words": "de", "shown": ""}
    assert lists.by_kind("table.csv") == {"noble": ("von", "zu", "freiherr"), "low": ("de",)}
    assert lists.of_kinds("table.csv", "low", "noble") == ("de", "von", "zu", "freiherr")
    assert lists.of_columns("table.csv", "shown", "words") == ("x", "von", "zu", "de", "freiherr")
    assert lists.any_of("table.csv", "noble") == "(?:freiherr|von|zu)"


@pytest.mark.parametrize(
    ("word", "found", "not_found"),
    [
        ("Stock", ["2. Stock", "Stock 3"], ["Stockwerk", "Weinstock"]),
        ("Etage*", ["Etage", "Etagentür"], ["Beletage 3"]),
        ("*erlaubt*", ["erlaubt", "unerlaubte"], ["erlaube"]),
        ("*opt ?in", ["opt in", "optin", "double optin"], ["option", "opt inn"]),
    ],
)
def test_word_in_a_text(word: str, found: list[str], not_found: list[str]) -> None:
    pattern = in_text([word])
    assert [text for text in found + not_found if re.search(pattern, text)] == found
    assert pl.Series(found + not_found).str.contains(pattern).to_list() == [text in found for text in found + not_found]


def test_a_word_behind_a_number_need_not_begin() -> None:
    assert re.search(r"\d" + in_text(["OG"], from_start=False), "3OG")


@pytest.mark.parametrize(
    ("word", "found", "not_found"),
    [
        ("call*", ["call", "do call me", "calls"], ["recall"]),
        ("*agb", ["agb", "unsere-agb", "xagb"], ["agbs"]),
        ("e-?mail", ["email", "an e-mail"], ["emails", "e mail"]),
        ("opt out", ["opt out", "opt  out"], ["optout", "opt-out"]),
        ("ad ?name", ["ad name", "adname"], ["ad-name"]),
        ("co.", ["& co."], ["cox", "coxy"]),
    ],
)
def test_a_whole_word(word: str, found: list[str], not_found: list[str]) -> None:
    assert [text for text in found + not_found if whole_words([word]).search(text)] == found
