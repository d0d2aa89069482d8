"""The word lists of enrichment: every file reads, and a word stands once."""

from pathlib import Path

import enrichment
from enrichment.cells.word_lists import rows, words

DATA = Path(enrichment.__file__).parent / "data"


def test_every_file_reads() -> None:
    tables = sorted(DATA.glob("*.csv"))
    assert tables
    for table in tables:
        for row in rows(table.name):
            assert None not in row and None not in row.values(), f"{table.name}: {row}"
    for table in DATA.glob("*.txt"):
        assert words(table.name)


def test_a_word_of_an_address_has_one_row() -> None:
    table = [row for row in rows("address_words.csv") if row["says"] not in ("state", "canton")]
    found = [word.strip("*") for row in table for word in row["words"].split("|")]
    assert sorted({word for word in found if found.count(word) > 1}) == []
