"""Candidate pairs: which records are worth comparing, by several cheap keys, without a quadratic surprise.

Belongs here: the blocking rules, the caps, the report of what each rule brings and costs.
Does not belong here: judging a pair (`matching/leads/comparison/compare`, `matching/leads/decision/scoring`).
Source: multi-pass sorted neighbourhood, Hernández & Stolfo, The Merge/Purge Problem (1995). Blocks up to a cap
are compared in full; in larger ones each record meets its nearest neighbours in an order that puts like names
side by side, so cost grows with the number of records, never with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.matched import CANDIDATE_PAIRS
from matching.leads.records.codes import Ints
from matching.leads.records.match_records import Identifiers, MatchRecords

Keys = npt.NDArray[np.uint64]

CAP = 40  # records in a block that is compared in full
WINDOW = 8  # neighbours each record meets in a block above the cap
SMALL = 10_000  # records below which budgets no longer shrink
RULE_BITS = 5
THREADS = 2  # rules at work at once


@dataclass(frozen=True, slots=True)
class BlockingRule:
    """A named way to find pairs: records that share a key are compared.

    `budget` is the number of pairs per record it may cost; its cap is lowered until it fits. Below one pair per
    record the blocks above the cap are left out.
    """

    name: str
    keys: Callable[[MatchRecords], Sequence[Keys]]
    budget: float = 12


def _mix(*parts: Ints | Keys, kind: int = 0) -> Keys:
    """One 64-bit key of several codes (splitmix64) of a kind; 0 where a code is missing (negative)."""
    key = np.full(len(parts[0]), kind, np.uint64)
    missing = np.zeros(len(parts[0]), bool)
    for part in parts:
        if part.dtype == np.int32:
            missing |= part < 0
        else:
            missing |= part == 0
        key = (key ^ part.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
        key ^= key >> np.uint64(30)
        key *= np.uint64(0xBF58476D1CE4E5B9)
        key ^= key >> np.uint64(27)
        key *= np.uint64(0x94D049BB133111EB)
        key ^= key >> np.uint64(31)
    key[missing] = 0
    return key


def _of_name(table: Ints, codes: Ints) -> Ints:
    return np.append(table, np.int32(-1))[codes]


def _both_names(r: MatchRecords) -> Keys:
    """Given and family name in either order."""
    low, high = np.minimum(r.given, r.family), np.maximum(r.given, r.family)
    return _mix(low, high)


def _sound_initial(r: MatchRecords) -> Keys:
    return _mix(_of_name(r.names.sound, r.family), _of_name(r.names.initial, r.given))


def _family_initial_of_given(r: MatchRecords) -> Keys:
    return _mix(r.family, _of_name(r.names.initial, r.given))


def _given_family_initial(r: MatchRecords) -> Keys:
    return _mix(r.given, _of_name(r.names.initial, r.family))


def _unshared(ids: Identifiers, kind: int = 0) -> list[Keys]:
    """Keys of values that are not known to be shared by many people."""
    shared = np.append(ids.shared, True)
    return [np.where(shared[slot], np.uint64(0), _mix(slot, kind=kind)) for slot in ids.slots]


def _local_part(r: MatchRecords) -> Keys:
    addresses = np.append(r.mailboxes.local.counts, 0)[r.mailboxes.local.codes]
    local = np.where((addresses > 1) & (addresses <= WINDOW), r.mailboxes.local.codes, -1)
    return _mix(np.append(local, -1).astype(np.int32)[r.mail.slots[0]])


def _number_and_name(r: MatchRecords) -> list[Keys]:
    """A number shared by many still finds one person twice, together with the name."""
    name = _family_initial_of_given(r)
    return [_mix(slot, name, kind=kind) for kind, ids in enumerate((r.phone, r.mail)) for slot in ids.slots]


RULES: tuple[BlockingRule, ...] = (
    BlockingRule("same mailbox", lambda r: _unshared(r.mail)),
    BlockingRule("same number", lambda r: _unshared(r.phone)),
    BlockingRule("same personal number or profile", lambda r: [*_unshared(r.person_no), *_unshared(r.profile, kind=1)]),
    BlockingRule("shared number or mailbox, name", _number_and_name),
    BlockingRule("both names, company", lambda r: [_mix(_both_names(r), r.company.codes)]),
    BlockingRule("both names, domain", lambda r: [_mix(_both_names(r), r.domain.codes)]),
    BlockingRule("both names, company or domain stem", lambda r: [_mix(_both_names(r), r.stems.either)]),
    BlockingRule("both names, postcode", lambda r: [_mix(_both_names(r), r.postcode.codes)]),
    BlockingRule("both names, city", lambda r: [_mix(_both_names(r), r.city.codes)]),
    BlockingRule("sound of family name, initial, company", lambda r: [_mix(_sound_initial(r), r.company.codes)]),
    BlockingRule("sound of family name, initial, domain", lambda r: [_mix(_sound_initial(r), r.domain.codes)]),
    BlockingRule("family name, initial, company stem", lambda r: [_mix(_family_initial_of_given(r), r.stems.either)]),
    BlockingRule("family name, initial, postcode", lambda r: [_mix(_family_initial_of_given(r), r.postcode.codes)]),
    BlockingRule("given name, family initial, company", lambda r: [_mix(_given_family_initial(r), r.company.codes)]),
    BlockingRule("given name, family initial, domain", lambda r: [_mix(_given_family_initial(r), r.domain.codes)]),
    BlockingRule("sound of family name, initial, postcode", lambda r: [_mix(_sound_initial(r), r.postcode.codes)]),
    BlockingRule("local part of mailbox", lambda r: [_local_part(r)]),
    BlockingRule("given name, family initial, street", lambda r: [_mix(_given_family_initial(r), r.street.codes)]),
    BlockingRule("family name, initial, street", lambda r: [_mix(_family_initial_of_given(r), r.street.codes)]),
    BlockingRule(
        "street, house, postcode", lambda r: [_mix(r.street.codes, r.house.codes, r.postcode.codes)], budget=4
    ),
    BlockingRule(
        "birth date, sound of family name", lambda r: [_mix(r.birth.codes, _of_name(r.names.sound, r.family))]
    ),
    BlockingRule("birth date, postcode", lambda r: [_mix(r.birth.codes, r.postcode.codes)]),
    BlockingRule("birth date", lambda r: [_mix(r.birth.codes)], budget=3),
    BlockingRule("both names", lambda r: [_both_names(r)], budget=0.25),
    BlockingRule("both names, account", lambda r: [_mix(_both_names(r), r.account.codes)]),
    BlockingRule("sound of family name, initial, account", lambda r: [_mix(_sound_initial(r), r.account.codes)]),
    BlockingRule("given name, family initial, account", lambda r: [_mix(_given_family_initial(r), r.account.codes)]),
)


def candidate_pairs(records: MatchRecords) -> pl.DataFrame:
    """Pairs worth comparing, as contracts.matched.CANDIDATE_PAIRS; bit k of `rules` is RULES[k]."""
    parts = [found.pairs for found in _apply_rules(records)]
    packed = np.concatenate(parts)
    del parts
    packed.sort()
    if not len(packed):
        return CANDIDATE_PAIRS.empty()
    pair = packed >> RULE_BITS
    starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
    bits = np.left_shift(np.uint32(1), (packed & ((1 << RULE_BITS) - 1)).astype(np.uint32))
    rules = np.bitwise_or.reduceat(bits, starts)
    pair = pair[starts]
    return pl.DataFrame(
        {"left": (pair >> 28).astype(np.uint32), "right": (pair & (2**28 - 1)).astype(np.uint32), "rules": rules}
    )


def blocking_report(records: MatchRecords, pairs: pl.DataFrame) -> pl.DataFrame:
    """What each rule brings and costs.

    Returns:
        rule, pairs (found by it), alone (found by no other rule), blocks_over_cap (walked by window),
        largest_block (records).
    """
    rules = pairs["rules"].to_numpy()
    return pl.DataFrame(
        [
            {
                "rule": rule.name,
                "pairs": int(np.count_nonzero(rules >> k & 1)),
                "alone": int(np.count_nonzero(rules == 1 << k)),
                "blocks_over_cap": int(np.count_nonzero(found.sizes > found.cap)),
                "largest_block": int(found.sizes.max(initial=0)),
            }
            for k, (rule, found) in enumerate(zip(RULES, _apply_rules(records, pairs=False), strict=True))
        ]
    )


class _Found(NamedTuple):
    """What one rule found: packed (left, right, rule), the sizes of its blocks, the cap it ran with."""

    pairs: npt.NDArray[np.int64]
    sizes: Ints
    cap: int


def _apply_rules(records: MatchRecords, *, pairs: bool = True) -> list[_Found]:
    if records.n >= 2**28:
        raise ValueError(f"{records.n} records are more than the 268,435,455 that one run can match")
    nearness = _mix(_of_name(records.names.sound, records.family), _both_names(records))
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda k: _apply(records, nearness, k, pairs), range(len(RULES))))


def _apply(records: MatchRecords, nearness: Keys, k: int, pairs: bool) -> _Found:
    rule, nothing = RULES[k], np.zeros(0, np.int64)
    slots = [key for key in rule.keys(records) if key.any()]
    if not slots:
        return _Found(nothing, nothing.astype(np.int32), CAP)
    order, group, sizes = _blocks(np.concatenate(slots))
    record = order % records.n
    cap = _fitting_cap(sizes, rule.budget * max(records.n, SMALL))
    if not pairs or not len(group):
        return _Found(nothing, sizes, cap)
    large = np.flatnonzero(sizes[group] > cap)
    record[large] = record[large][np.lexsort((record[large], nearness[record[large]], group[large]))]
    reach = np.where(sizes <= cap, cap, min(WINDOW, int(rule.budget)))[group]
    return _Found(np.concatenate([nothing, *_pairs(record, group, reach, k)]), sizes, cap)


def _blocks(key: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Ints]:
    """Rows in block order (blocks of at least two), the block of each, and the sizes of the blocks."""
    present = np.flatnonzero(key)
    # One sort of hash and row packed together is several times faster than sorting an index. The hash keeps at
    # least 34 bits, so among ten million records a few hundred pairs too many are compared.
    low = np.uint64(max(len(key), 1).bit_length())
    rows = (np.uint64(1) << low) - np.uint64(1)
    packed = np.sort((key[present] & ~rows) | present.astype(np.uint64))
    order, ordered = (packed & rows).astype(np.int64), packed >> low
    same_as_last = np.append(False, ordered[1:] == ordered[:-1])
    paired = same_as_last | np.append(same_as_last[1:], False)
    order, starts = order[paired], ~same_as_last[paired]
    group = np.cumsum(starts) - 1
    return order, group, np.bincount(group, minlength=0).astype(np.int32)


def _fitting_cap(sizes: Ints, budget: float) -> int:
    cap = CAP
    while cap > 2:
        small = sizes[sizes <= cap].astype(np.int64)
        if int((small * (small - 1) // 2).sum()) <= budget:
            return cap
        cap = cap * 3 // 4
    return cap


def _pairs(
    record: npt.NDArray[np.int64], group: npt.NDArray[np.int64], reach: npt.NDArray[np.int64], rule: int
) -> Iterator[npt.NDArray[np.int64]]:
    at = np.arange(len(record))
    for distance in range(1, CAP):
        at = at[at + distance < len(record)]
        at = at[(group[at] == group[at + distance]) & (reach[at] >= distance)]
        if not len(at):
            return
        a, b = record[at], record[at + distance]
        low, high = np.minimum(a, b), np.maximum(a, b)
        yield ((low << 28 | high) << RULE_BITS | rule)[low != high]
