"""The word lists of enrichment: every file reads, and a word stands once."""

from enrichment.cells.word_lists import DATA, lines, rows, words


def test_every_file_reads() -> None:
    tables = sorted(DATA.glob("*.csv"))
    assert tables
    for table in tables:
        for row in rows(table.name):
            assert None not in row and None not in row.values(), f"{table.name}: {row}"
    for table in DATA.glob("*.txt"):
        assert lines(table.name) and words(table.name)


def test_a_word_of_an_address_has_one_row() -> None:
    table = [row for row in rows("address_words.csv") if row["says"] not in ("state", "canton")]
    found = [word.strip("*") for row in table for word in row["words"].split("|")]
    assert sorted({word for word in found if found.count(word) > 1}) == []
