"""Row hash: the same content always gives the same 128 bits, different content never does."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.row_hash import Words, as_numbers, as_text, row_hashes

# Ids of records are made of these hashes: a change here changes the ids of everybody's records.
KNOWN = [
    (["Müller", None, None], "ad41360609f108981fc44b94e10d86a3"),
    (["Müller", "Käse & Söhne GmbH", None], "bb0731441723fa61586f01daa5218956"),
    (["Karl-Heinz12", "Karl-Heinz123", "x"], "6fa45eca42f541a422b28be9a681d3e9"),
    ([None, None, "ß" * 40], "d83e05149ae24c1f97dc43a80465eb86"),
    (["n" * 256, "n" * 257, None], "c74bef6a8d7be20f7fc06be2045bae87"),
    ([None, None, None], "5692161d100b05e5ef30b01c2974aeeb"),
]
ROW = st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=40)), min_size=3, max_size=3)


def hashes(rows: list[list[str | None]], order: tuple[int, ...] = (0, 1, 2)) -> Words:
    columns = [pl.Series([row[place] for row in rows], dtype=pl.String) for place in range(3)]
    return row_hashes([(f"column {place}", columns[place]) for place in order], len(rows))


@pytest.mark.parametrize(("row", "known"), KNOWN)
def test_known_answers(row: list[str | None], known: str) -> None:
    assert as_text(hashes([row])).to_list() == [known]


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.permutations(range(3)), st.integers(0, 11))
def test_neither_the_order_of_columns_nor_the_rows_around_count(
    rows: list[list[str | None]], order: list[int], cut: int
) -> None:
    whole = hashes(rows)
    assert (hashes(rows, tuple(order)) == whole).all()
    assert (np.concatenate([hashes(rows[:cut]), hashes(rows[cut:])]) == whole).all()
    assert np.concatenate([hashes([row]) for row in rows]).tolist() == whole.tolist()
    same = {tuple(row): tuple(pair) for row, pair in zip(rows, whole.tolist(), strict=True)}
    assert len(set(same.values())) == len(same)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROW, max_size=8))
def test_text_and_numbers_are_the_same(rows: list[list[str | None]]) -> None:
    found = hashes(rows)
    text = as_text(found)
    assert (as_numbers(text) == found).all()
    assert text.to_list() == [f"{first:016x}{second:016x}" for first, second in found.tolist()]


def test_slices_and_chunks_do_not_count() -> None:
    texts = pl.Series([f"{'lang ' * (number % 9)}{number}" for number in range(1000)])
    whole = row_hashes([("a", texts)], 1000)
    assert (row_hashes([("a", texts[300:700])], 400) == whole[300:700]).all()
    assert (row_hashes([("a", pl.concat([texts[:5], texts[5:]], rechunk=False))], 1000) == whole).all()


def test_a_value_in_another_column_or_split_elsewhere_is_another_row() -> None:
    rows: list[list[str | None]] = [["a", "b", None], ["b", "a", None], ["ab", None, None], [None, "ab", None]]
    rows += [["a", None, "b"], [None, "a", "b"], ["a\0", "b", None], ["a", "b\0", None], ["a", "a", None]]
    rows += [["x" * size, None, None] for size in range(1, 600)] + [["\0" * size, None, None] for size in range(1, 40)]
    assert len(np.unique(hashes(rows), axis=0)) == len(rows)


@pytest.mark.parametrize("half", [0, 1])
def test_millions_of_rows_alike_do_not_collide_in_either_half(half: int) -> None:
    """Counters, one changed letter, the same pairs of values in other columns: what made-up hashes stumble over.

    Among 2 million numbers of 64 bits a collision is to be expected once in ten million tries.
    """
    number = pl.int_range(500_000, eager=True)
    digits = number.cast(pl.String)
    near = pl.DataFrame({"0": digits, "1": digits.reverse(), "2": pl.Series(["gleich"]).new_from_index(0, len(digits))})
    swapped = near.select(pl.col("1").alias("0"), pl.col("0").alias("1"), "2")
    long = near.select(pl.format("kontakt{}@firma-{}.example", "0", "1").alias("0"), "1", "2")
    bits = near.select(
        number.map_elements(lambda n: f"{n:019b}", pl.String).alias("0"),
        number.map_elements(lambda n: f"{n * 7 % (1 << 19):019b}".replace("0", "a"), pl.String).alias("1"),
        "2",
    )
    found = np.concatenate([row_hashes(frame.to_dict().items(), len(number)) for frame in (near, swapped, long, bits)])
    # n and its reverse swap places into the row of another n: the same contents, to be found again and no others
    assert len(np.unique(found[:, half])) == pl.concat([near, swapped, long, bits]).n_unique()


def test_every_bit_of_a_value_reaches_every_bit_of_the_hash() -> None:
    base = "Hauptstraße 17 b, Hinterhaus"
    turned = [base[:place] + chr(ord(base[place]) ^ 1) + base[place + 1 :] for place in range(len(base))]
    turned *= 40
    filled = [f"{number}" for number in range(len(turned))]
    first = row_hashes([("a", pl.Series([base] * len(turned))), ("b", pl.Series(filled))], len(turned))
    second = row_hashes([("a", pl.Series(turned)), ("b", pl.Series(filled))], len(turned))
    flips = np.unpackbits((first ^ second).view(np.uint8), axis=1).mean(axis=0)
    assert flips.min() > 0.4 and flips.max() < 0.6
