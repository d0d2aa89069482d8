"""Row hash: the same content always gives the same 128 bits, different content never does."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.row_hash import as_bytes, lower, lower_of_bytes, row_hash

# Ids of records are made of these hashes: a change here changes the ids of everybody's records.
KNOWN = [
    (["Müller", None, None], "d81818d8895b75a6c9da719ecf69757b"),
    (["Müller", "Käse & Söhne GmbH", None], "67b2146feb99f59990a9dc78affb4e7d"),
    (["Karl-Heinz12", "Karl-Heinz123", "x"], "04e26202f6f314f4d5a309e5b2a36ee5"),
    ([None, None, "ß" * 40], "e7db4695ff08f8968d93732ef6c199ba"),
    (["n" * 256, "n" * 257, None], "c6f34c68681a99671fc201b2d785fa9d"),
    ([None, None, None], "00000000000000000000000000000000"),
]
ROW = st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=40)), min_size=3, max_size=3)


def row_hashes(frame: pl.DataFrame) -> pl.Series:
    return frame.select(row_hash((f"column {name}", name) for name in frame.columns)).to_series()


def as_text(found: pl.Series) -> list[str]:
    return [stored.hex() for stored in as_bytes(found).to_pylist()]


def hashes(rows: list[list[str | None]], order: tuple[int, ...] = (0, 1, 2)) -> pl.Series:
    return row_hashes(pl.DataFrame([pl.Series(str(n), [row[n] for row in rows], dtype=pl.String) for n in order]))


@pytest.mark.parametrize(("row", "known"), KNOWN)
def test_known_answers(row: list[str | None], known: str) -> None:
    assert as_text(hashes([row])) == [known]


@settings(max_examples=100)
@given(st.lists(ROW, min_size=1, max_size=12), st.permutations(range(3)), st.integers(0, 11))
def test_neither_the_order_of_columns_nor_the_rows_around_count(
    rows: list[list[str | None]], order: list[int], cut: int
) -> None:
    whole = hashes(rows)
    assert hashes(rows, tuple(order)).equals(whole)
    assert pl.concat([hashes(rows[:cut]), hashes(rows[cut:])]).equals(whole)
    assert pl.concat([hashes([row]) for row in rows]).equals(whole)
    same = {tuple(row): number for row, number in zip(rows, whole, strict=True)}
    assert len(set(same.values())) == len(same)


@settings(max_examples=50)
@given(st.lists(ROW, max_size=8))
def test_bytes_and_numbers_are_the_same(rows: list[list[str | None]]) -> None:
    found = hashes(rows)
    stored = as_bytes(found)
    assert (lower_of_bytes(stored) == lower(found)).all()
    assert (lower_of_bytes(stored[3:]) == lower(found)[3:]).all()
    assert as_text(found) == [f"{number:032x}" for number in found]


def test_slices_and_chunks_do_not_count() -> None:
    texts = pl.DataFrame({"0": [f"{'lang ' * (number % 9)}{number}" for number in range(1000)]})
    whole = row_hashes(texts)
    assert row_hashes(texts[300:700]).equals(whole[300:700])
    assert row_hashes(pl.concat([texts[:5], texts[5:]], rechunk=False)).equals(whole)
    assert as_bytes(pl.concat([whole[:5], whole[5:]], rechunk=False)).equals(as_bytes(whole))


def test_a_value_in_another_column_or_split_elsewhere_is_another_row() -> None:
    rows: list[list[str | None]] = [["a", "b", None], ["b", "a", None], ["ab", None, None], [None, "ab", None]]
    rows += [["a", None, "b"], [None, "a", "b"], ["a\0", "b", None], ["a", "b\0", None], ["a", "a", None]]
    rows += [["x" * size, None, None] for size in range(1, 600)] + [["\0" * size, None, None] for size in range(1, 40)]
    assert hashes(rows).n_unique() == len(rows)


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
    every = [near, swapped, long, bits]
    found = pl.concat(row_hashes(frame) for frame in every)
    halves = found.cast(pl.UInt64, wrap_numerical=True) if half else pl.Series(as_text(found)).str.head(16)
    # n and its reverse swap places into the row of another n: the same contents, to be found again and no others
    assert halves.n_unique() == pl.concat(every).n_unique()


def test_every_bit_of_a_value_reaches_every_bit_of_the_hash() -> None:
    base = [f"Hauptstraße {number} b, Hinterhaus" for number in range(1000, 3000)]
    turned = []
    for number, text in enumerate(base):
        place = number % len(text)
        turned.append(text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :])
    first, second = (row_hashes(pl.DataFrame({"0": texts, "1": base})) for texts in (base, turned))
    flipped = [f"{one ^ other:0128b}" for one, other in zip(first, second, strict=True)]
    shares = [sum(bits[place] == "1" for bits in flipped) / len(flipped) for place in range(128)]
    assert min(shares) > 0.45 and max(shares) < 0.55
