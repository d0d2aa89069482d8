"""Which company rows are worth comparing: blocks that stay small however common a name is.

Belongs here: block keys over name words, places, domains, numbers and one-letter deletions, and the
pairs they give. Does not belong here: judging a pair. Growth is linear because a block larger than CAP
is not compared all against all: its rows are sorted by name and each meets only its next WINDOW
neighbours. Deletion keys follow SymSpell (Garbe 2012): two names one edit apart share a deletion.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.account_words import Bools, Ints, Names, level_umlauts

CAP = 24
WINDOW = 4
DELETION_LENGTHS = (7, 48)
REST_BITS = 12.0

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
_BASE = np.uint64(0x9E3779B97F4A7C15)


def block_pairs(blocks: pl.DataFrame) -> Keys:
    """Pairs (left << 32 | right, left < right, sorted, distinct) of rows that share a block.

    `blocks` has columns block (u64) and row (u32); rows of a block should come in an order that puts
    like next to like, since large blocks compare neighbours only.
    """
    found = blocks.filter(pl.len().over("block") > 1).sort("block", maintain_order=True)
    block, row = found["block"].to_numpy(), found["row"].to_numpy().astype(np.uint64)
    if not len(block):
        return np.empty(0, np.uint64)
    start = np.flatnonzero(np.r_[True, block[1:] != block[:-1]])
    size = np.diff(np.r_[start, len(block)])
    reach = np.repeat(np.where(size <= CAP, size - 1, WINDOW), size)
    pairs = []
    for step in range(1, int(reach.max(initial=0)) + 1):
        here = np.flatnonzero((block[step:] == block[:-step]) & (reach[:-step] >= step))
        a, b = row[here], row[here + step]
        pairs.append(np.minimum(a, b) << np.uint64(32) | np.maximum(a, b))
    packed = np.unique(np.concatenate(pairs))
    distinct: Keys = packed[(packed >> np.uint64(32)) != (packed & np.uint64(0xFFFFFFFF))]
    return distinct


def split(packed: Keys) -> tuple[Rows, Rows]:
    """The two sides of packed pairs."""
    return (packed >> np.uint64(32)).astype(np.uint32), (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def anchored_pairs(rows: pl.DataFrame, names: Names) -> Keys:
    """Pairs of rows that share a place, domain, phone or number, and where many do, also a word.

    `rows` has one row per company row, in name order: row, id (name id), form, postcode, town, domain,
    phone, address, vat, register (codes, null where unknown).
    """
    rare = _rarest_words(names)
    stem = names.word.to_frame("w").select(level_umlauts(pl.col("w")).str.head(4).rank("dense")).to_series()
    words = pl.DataFrame(
        {"id": np.repeat(np.arange(len(rare), dtype=np.int32), rare.shape[1]), "word": rare.ravel()}
    ).filter(pl.col("word") >= 0)
    weight = pl.Series(names.weight)
    words = words.with_columns(stem=stem.gather(words["word"]), bits=weight.gather(words["word"]))
    by_word = rows.select("row", "id", "form", "postcode", "town").join(words, on="id", maintain_order="left")
    blocks = [
        _blocks(by_word, "stem", "postcode"),
        _blocks(by_word.filter(pl.col("bits") >= 8), "word", "town"),
        *(_blocks(rows, "id", anchor) for anchor in ("postcode", "town", "domain", "phone", "address")),
        *(_blocks(rows, anchor) for anchor in ("domain", "phone", "address", "vat", "register")),
    ]
    return _merged(block_pairs(b) for b in blocks)


def name_pairs(names: Names, towns: pl.Series) -> Keys:
    """Pairs of names that are close by themselves: one edit apart, or equal but for a word that says little.

    `towns` are the words towns consist of.
    """
    light = names.kind.is_in(["site", "country", "group"]) | names.word.is_in(towns.implode())
    return _merged((block_pairs(_deletions(names)), block_pairs(_left_out(names, light.to_numpy()))))


def _blocks(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """One row per block, name and form: rows that agree in all three are linked elsewhere as a chain."""
    present = rows.drop_nulls(list(keys))
    salt = sum(ord(c) << (7 * i) for i, c in enumerate("".join(k[0] for k in keys)))
    hashed = present.with_columns(block=pl.struct(keys).hash(seed=salt))
    if "id" in keys:  # same name, same place: a chain in order of form is enough
        return hashed.sort("block", "form", "row", nulls_last=True).select("block", "row")
    return hashed.unique(["block", "id", "form"], keep="first", maintain_order=True).select("block", "row")


def _rarest_words(names: Names, count: int = 3) -> Ints:
    weight = np.where(names.words >= 0, names.weight[names.words], -1)
    order = np.argsort(-weight, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(names.words, order, 1)


def _deletions(names: Names) -> pl.DataFrame:
    """Hashes of every name and of the name with one letter left out."""
    shortest, longest = DELETION_LENGTHS
    size = names.joined.str.len_bytes()
    ids = np.flatnonzero(((size >= shortest) & (size <= longest)).to_numpy())
    found = []
    for part in np.array_split(ids, max(1, len(ids) // 200_000)):
        text = names.joined.gather(part)
        n = text.str.len_bytes().to_numpy().astype(np.int64)
        width = int(n.max(initial=1))
        raw = np.frombuffer(text.str.pad_end(width, "\0").str.join("").item().encode(), np.uint8)
        letters = raw.reshape(len(part), width).astype(np.uint64) if len(raw) == len(part) * width else None
        if letters is None:  # names outside ASCII have no fixed width; they are few
            letters = np.array([list(t.encode().ljust(width, b"\0")) for t in text], np.uint64)
        power = _BASE ** np.arange(width, dtype=np.uint64)
        before = np.zeros((len(part), width + 1), np.uint64)
        np.cumsum((letters + np.uint64(1)) * power, axis=1, out=before[:, 1:])
        total = before[np.arange(len(part)), n]
        inverse = np.uint64(pow(int(_BASE), -1, 2**64))
        deleted = before[:, :-1] + (total[:, None] - before[:, 1:]) * inverse
        valid = np.arange(width) < n[:, None]
        found.append(
            pl.DataFrame(
                {
                    "block": np.concatenate([total, deleted[valid]]),
                    "row": np.concatenate([part, np.repeat(part, n)]).astype(np.uint32),
                }
            )
        )
    if not found:
        return pl.DataFrame(schema={"block": pl.UInt64, "row": pl.UInt32})
    blocks = pl.concat(found)
    return blocks.unique(maintain_order=False).sort("row")


def _left_out(names: Names, light: Bools) -> pl.DataFrame:
    """Hashes of every name and of the name with a light word left out, while the rest stays rare."""
    there = names.words >= 0
    hashes = np.append(names.word.hash(seed=11).to_numpy(), np.uint64(0))[names.words]
    hashes = np.where(there, hashes, np.uint64(0))
    total = hashes.sum(1, dtype=np.uint64)
    weight = np.where(there, names.weight[names.words], 0)
    rest = names.bits[:, None] - weight
    row, column = np.nonzero(there & light[names.words] & (rest >= REST_BITS))
    whole = np.flatnonzero(names.bits >= REST_BITS)
    return pl.DataFrame(
        {
            "block": np.concatenate([total[whole], total[row] - hashes[row, column]]),
            "row": np.concatenate([whole, row]).astype(np.uint32),
        }
    ).sort("row", maintain_order=True)


def _merged(parts: Iterable[Keys]) -> Keys:
    return np.unique(np.concatenate(list(parts)))
