"""Which company rows are worth comparing: blocks that stay small however common a name is.

Belongs here: block keys over name words, places, domains, numbers and one-letter deletions, and the
pairs they give. Does not belong here: judging a pair. Growth is linear because a block larger than CAP
is not compared all against all: its rows lie in name order and each meets only its next WINDOW
neighbours. Deletion keys follow SymSpell (Garbe 2012): two names one edit apart share a deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.accounts.rows.letters import letter_matrix, letters, may_be_spellings
from matching.accounts.rows.words import Bools, CompanyNames, Ints
from reference.letters import level

CAP = 24
WINDOW = 4
RAREST = 3
"""Words of a name that are blocked on: its rarest."""
WORD_BITS = 8.0
"""Bits from which a word says something within a town; a postcode is small enough for any word."""
REST_BITS = 12.0
DELETION_LENGTHS = (7, 48)
CHUNK = 50_000
"""Names whose deletions are formed at once, so that they fit the processor's cache."""

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
_MIX = np.uint64(0x9E3779B97F4A7C15)


def anchored_pairs(rows: pl.DataFrame, names: CompanyNames) -> Keys:
    """Packed pairs of rows that share a place, domain, phone or number, and where many do, also a word.

    `rows` has one row per company row, in name order: row, id (name id), form, postcode, town,
    town_head, domain, phone, trunk, address, vat, register (codes, null where unknown).
    """

    def code(column: str) -> Ints:
        found: Ints = rows[column].fill_null(-1).to_numpy()
        return found

    name = code("id")
    kin = rows.select(pl.struct("id", "form").rle_id()).to_series().to_numpy()
    rare = _rarest_words(names)
    stem = names.word.to_frame("w").select(level(pl.col("w")).str.head(4).rank("dense")).to_series()
    stems = np.append(stem.to_numpy().astype(np.int32), np.int32(-1))[rare]
    telling = np.where(np.append(names.weight, 0)[rare] >= WORD_BITS, rare, -1)
    spelt = letters(names)[name]
    found = distinct(
        [
            block_pairs(*_by_words(stems[name], code("postcode")), kin=kin, spelt=spelt),
            block_pairs(*_by_words(telling[name], code("town")), kin=kin, spelt=spelt),
            block_pairs(*hashed(code("trunk")), kin=kin, spelt=spelt),
            *(
                block_pairs(*hashed(name, code(c)))
                for c in ("postcode", "town_head", "domain", "phone", "trunk", "address")
            ),
            *(block_pairs(*hashed(code(c)), kin=kin) for c in ("domain", "phone", "address", "vat", "register")),
        ]
    )
    row = rows["row"].to_numpy()
    left, right = split(found)
    return distinct([pack(row[left], row[right])])


def name_pairs(names: CompanyNames, towns: pl.Series) -> Keys:
    """Packed pairs of names that are close by themselves: one edit apart, or equal but for a word that says little.

    `towns` are the words towns consist of.
    """
    light = names.kind.is_in(["site", "country", "group"]) | names.word.is_in(towns.implode())
    return distinct([_in_blocks(*_deletions(names)), block_pairs(*_left_out(names, light.to_numpy()))])


def split(packed: Keys) -> tuple[Rows, Rows]:
    """The two sides of packed pairs."""
    return (packed >> np.uint64(32)).astype(np.uint32), (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def pack(a: npt.NDArray[np.integer], b: npt.NDArray[np.integer]) -> Keys:
    """Pairs as one number each: left << 32 | right, left the smaller."""
    packed: Keys = np.minimum(a, b).astype(np.uint64) << np.uint64(32) | np.maximum(a, b).astype(np.uint64)
    return packed


def distinct(parts: Iterable[Keys]) -> Keys:
    """The packed pairs of all parts, sorted, each once."""
    packed = np.concatenate([np.empty(0, np.uint64), *parts])
    packed.sort()
    found: Keys = packed[np.append(True, packed[1:] != packed[:-1])] if len(packed) else packed
    return found


def hashed(*codes: Ints) -> tuple[Keys, Places]:
    """Block and place of every place where all codes are known (not negative)."""
    place = np.flatnonzero(np.logical_and.reduce([c >= 0 for c in codes]))
    block = np.zeros(len(place), np.uint64)
    for code in codes:
        block = (block + code[place].astype(np.uint64)) * _MIX
        block ^= block >> np.uint64(29)
    return block, place


def block_pairs(block: Keys, place: Places, *, kin: Ints | None = None, spelt: Keys | None = None) -> Keys:
    """Packed pairs of places that share a block.

    Args:
        block: hash of what is shared.
        place: who shares it; like places should have numbers next to each other, since large blocks
            compare neighbours only.
        kin: by place; of those alike in it only the first in a block is compared.
        spelt: by place, `matching.accounts.rows.letters.letters`; pairs that cannot be spellings of one name are left
            out.
    """
    low = _bits_for(int(place.max(initial=0)))
    return _in_blocks(_packed(block, place, low), low, kin=kin, spelt=spelt)


def _bits_for(largest: int) -> np.uint64:
    return np.uint64(max(largest, 1).bit_length())


def _packed(block: Keys, place: Places, low: np.uint64) -> Keys:
    """Block and place in one number, to be sorted as one: several times faster than sorting an index.

    The block keeps at least 40 bits, so among five million names some hundred pairs too many are compared.
    """
    packed: Keys = block >> low << low | place.astype(np.uint64)
    return packed


def _in_blocks(entries: Keys, low: np.uint64, *, kin: Ints | None = None, spelt: Keys | None = None) -> Keys:
    """Pairs of the places in the same block; `entries` (of `_packed`) are sorted in place."""
    entries.sort()
    differ = entries[1:] ^ entries[:-1]
    meets = np.zeros(len(entries) + 1, bool)  # the entry and the one before it
    meets[1:-1] = differ >> low == 0
    twice = np.append(False, differ == 0)[: len(entries)]
    entries = entries[(meets[1:] | meets[:-1]) & ~twice]
    del differ, meets, twice
    block, place = entries >> low, (entries & ((np.uint64(1) << low) - np.uint64(1))).astype(np.int64)
    if kin is not None and len(entries):
        first = np.append(True, (block[1:] != block[:-1]) | (kin[place[1:]] != kin[place[:-1]]))
        block, place = block[first], place[first]
    return distinct(_met(block, place, spelt))


def _met(block: Keys, place: Places, spelt: Keys | None) -> Iterator[Keys]:
    if not len(block):
        return
    start = np.flatnonzero(np.append(True, block[1:] != block[:-1]))
    size = np.diff(np.append(start, len(block)))
    reach = np.repeat(np.where(size <= CAP, CAP, WINDOW), size)
    at = np.arange(len(block))
    for step in range(1, CAP):
        at = at[at + step < len(block)]
        at = at[(block[at] == block[at + step]) & (reach[at] >= step)]
        if not len(at):
            return
        a, b = place[at], place[at + step]
        if spelt is not None:
            near = may_be_spellings(spelt[a], spelt[b])
            a, b = a[near], b[near]
        yield pack(a, b)


def _by_words(words: Ints, anchor: Ints) -> tuple[Keys, Places]:
    """Blocks of any of the words with the anchor."""
    found = [hashed(words[:, n], anchor) for n in range(words.shape[1])]
    return np.concatenate([block for block, _ in found]), np.concatenate([place for _, place in found])


def _rarest_words(names: CompanyNames) -> Ints:
    weight = np.append(names.weight, np.float32(-1))[names.words]
    order = np.argsort(-weight, axis=1, kind="stable")[:, :RAREST]
    return np.take_along_axis(names.words, order, 1)


def _deletions(names: CompanyNames) -> tuple[Keys, np.uint64]:
    """Every name, and every name with one letter left out, as entries of `_in_blocks` with their low bits."""
    shortest, longest = DELETION_LENGTHS
    size = names.joined.str.len_bytes().to_numpy().astype(np.int64)
    ids = np.flatnonzero((size >= shortest) & (size <= longest))
    low = _bits_for(len(size))
    entries = np.empty(int((size[ids] + 1).sum()), np.uint64)
    end = 0
    power = _MIX ** np.arange(longest, dtype=np.uint64)
    inverse = np.uint64(pow(int(_MIX), -1, 2**64))
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        n = size[part, None]
        text = letter_matrix(names.joined.gather(part), int(n.max()))
        before = np.zeros((len(part), text.shape[1] + 1), np.uint64)
        np.cumsum((text.astype(np.uint64) + np.uint64(1)) * power[: text.shape[1]], axis=1, out=before[:, 1:])
        total = np.take_along_axis(before, n, 1)
        without = before[:, :-1] + (total - before[:, 1:]) * inverse
        wanted = np.arange(text.shape[1]) < n
        wanted[:, 1:] &= text[:, 1:] != text[:, :-1]  # of a double letter, either one left out gives the same
        row, _ = np.nonzero(wanted)
        for hashes, place in ((total[:, 0], part), (without[wanted], part[row])):
            entries[end : end + len(place)] = _packed(hashes * _MIX, place, low)
            end += len(place)
    return entries[:end], low


def _left_out(names: CompanyNames, light: Bools) -> tuple[Keys, Places]:
    """Hashes of every name and of the name with a light word left out, while the rest stays rare."""
    there = names.words >= 0
    hashes = np.append(names.word.hash(seed=11).to_numpy(), np.uint64(0))[names.words]
    total = hashes.sum(1, dtype=np.uint64)
    weight = np.append(names.weight, np.float32(0))[names.words]
    row, column = np.nonzero(there & np.append(light, False)[names.words] & (names.bits[:, None] - weight >= REST_BITS))
    whole = np.flatnonzero(names.bits >= REST_BITS)
    return np.concatenate([total[whole], total[row] - hashes[row, column]]), np.concatenate([whole, row])
