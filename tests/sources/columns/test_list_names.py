"""List names: a name tells a list of objections, and one that only speaks of it is none."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sources.columns.list_names import list_channel
from sources.columns.words import LIST_WORDS

CASES = list(csv.DictReader((Path(__file__).parent / "list_names.csv").open(encoding="utf-8", newline="")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']} {case['sheet']}")
def test_the_name_says_what_a_list_closes(case: dict[str, str]) -> None:
    assert (list_channel(case["file"], case["sheet"] or None) or "") == case["closes"]


def test_every_word_is_listed_once() -> None:
    for kind, words in LIST_WORDS.items():
        assert len(set(words)) == len(words) and all(word == word.strip() for word in words), kind
