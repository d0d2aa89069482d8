"""Learning: the model of this data, by expectation maximisation without labels.

Belongs here: the rounds of learning, and what is counted beforehand on strangers, colleagues and namesakes. Does not
belong here: beliefs that little data leans on (`matching/leads/beliefs`), evidence of a pair (`matching/leads/chance`).
What strangers share is read off the frequencies of values; what colleagues share is counted on records of one
company with plainly different names; what a person's own records share is learnt.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.leads.beliefs import (
    COLLEAGUE,
    COLLEAGUES,
    DUPLICATES,
    HALF_ALIKE,
    NUMBERED,
    NUMBERED_SELF,
    RELATIVE,
    RELATIVES,
    SAME_PERSON,
    STRENGTH,
    STRENGTH_OF_DUPLICATES,
    STRENGTH_OF_RELATIVES,
    TRUST_IN_CHANCE,
    TRUST_IN_USUAL,
)
from matching.leads.chance import BANDS, band, log_frequencies, name_band, weigh
from matching.leads.comparison import FAMILY, FIELDS, GIVEN, MAIL, Field, at, compare
from matching.leads.match_records import MatchRecords
from matching.leads.model import Doubles, Model
from matching.leads.patterns import levels_of, pattern

CHUNK = 100_000  # pairs weighed at once
THREADS = 2  # more gain little: comparing strings holds the interpreter's lock
SAMPLE = 250_000  # pairs to learn from
ROUNDS = 25
STRANGERS = 40_000  # random pairs, and neighbours in one company, that are counted


def learn(records: MatchRecords, pairs: pl.DataFrame) -> Model:
    """Learn the model from contracts.matched.CANDIDATE_PAIRS of `records`, without labels."""
    blank = _blank(records)
    take = np.arange(0, pairs.height, -(-pairs.height // SAMPLE) or 1)
    left, right = (pairs[c].to_numpy()[take] for c in ("left", "right"))
    scale = pairs.height / max(len(take), 1)

    def keys(start: int) -> npt.NDArray[np.int64]:
        piece = slice(start, start + CHUNK)
        evidence = weigh(records, left[piece], right[piece], blank)
        others = np.logaddexp2(evidence.stranger, evidence.colleague)
        key = pattern(evidence.comparison.levels)
        for bits in (others, evidence.relative):
            key = key << 8 | np.clip(np.rint(bits * 2), -255, 0).astype(np.int64) + 255
        return key << 5 | name_band(evidence.comparison, evidence.chance)

    with ThreadPoolExecutor(THREADS) as threads:
        counting = threads.submit(_namesakes, records, pairs)
        found = list(threads.map(keys, range(0, len(take), CHUNK)))
        by_chance, uncompared = counting.result()
    if not found:
        return blank
    patterns, counts = np.unique(np.concatenate(found), return_counts=True)
    levels = levels_of(patterns >> 21)
    others, kin = (((patterns >> 13 & 255) - 255) / 2.0, ((patterns >> 5 & 255) - 255) / 2.0)
    bands = patterns & 31
    namesakes = np.ones(BANDS)
    weight = counts * scale
    same = {f: np.array(SAME_PERSON[f]) for f in FIELDS}
    duplicates, relatives = DUPLICATES, RELATIVES
    for _ in range(ROUNDS):
        logs = np.full(len(patterns), np.log2(duplicates / max(records.n - 1, 1)))
        for k, field in enumerate(FIELDS):
            logs += np.append(0.0, np.log2(same[field]))[levels[k]]
        related = kin + np.log2(relatives / RELATIVES)
        strange = others + np.log2(namesakes)[bands]
        whole = np.logaddexp2(np.logaddexp2(logs, strange), related)
        share, kinship = weight * np.exp2(logs - whole), weight * np.exp2(related - whole)
        seen = np.bincount(bands, weights=weight * np.exp2(strange - whole), minlength=BANDS)
        namesakes = np.clip((seen + uncompared + TRUST_IN_CHANCE) / (by_chance + TRUST_IN_CHANCE), 1, 100)
        namesakes[0] = 1
        duplicates = _expected(share, records.n, DUPLICATES, STRENGTH_OF_DUPLICATES)
        relatives = _expected(kinship, records.n, RELATIVES, STRENGTH_OF_RELATIVES)
        for k, field in enumerate(FIELDS):
            seen = np.bincount(levels[k], weights=share, minlength=len(field.levels) + 1)[1:]
            same[field] = (seen + STRENGTH * np.array(SAME_PERSON[field])) / (seen.sum() + STRENGTH)
        # Numbered mailboxes tell namesakes apart: however many there are, they are not learnt to be one person.
        same[MAIL][MAIL.level("numbered") - 1] = min(same[MAIL][MAIL.level("numbered") - 1], NUMBERED_SELF)
    return Model(
        n=records.n,
        duplicates=duplicates,
        relatives=relatives,
        namesakes=tuple(map(float, np.log2(namesakes))),
        same={f.name: (0.0, *map(float, np.log2(same[f]))) for f in FIELDS},
        colleague=blank.colleague,
        relative=blank.relative,
        stranger=blank.stranger,
        mail_kinds=blank.mail_kinds,
        colleagues=blank.colleagues,
        sampled_pairs=len(take),
    )


def _namesakes(records: MatchRecords, pairs: pl.DataFrame) -> tuple[Doubles, Doubles]:
    """Pairs of namesakes per band: expected if given and family names were independent; left out of `pairs`."""
    known = (records.given >= 0) & (records.family >= 0)
    full = np.where(known, records.given.astype(np.int64) << 32 | records.family, -1)
    names, counts = np.unique(full[known], return_counts=True)
    as_given, as_family = log_frequencies(records.names.as_given), log_frequencies(records.names.as_family)
    bits = -(as_given[names >> 32] + as_family[names & 0xFFFFFFFF])
    by_chance = np.bincount(band(bits), weights=counts * np.exp2(-bits) * records.n / 2, minlength=BANDS)
    there = np.bincount(band(bits), weights=counts * (counts - 1) / 2, minlength=BANDS)
    shared = full[pairs["left"].to_numpy()]
    shared = shared[(shared == full[pairs["right"].to_numpy()]) & (shared >= 0)]
    compared = np.bincount(band(bits)[np.searchsorted(names, shared)], minlength=BANDS)
    return by_chance.astype(np.float64), (there - compared).astype(np.float64)


def _expected(share: Doubles, n: int, usual: float, trust: float) -> float:
    """Partners per record, leaning on `usual` in small data; every pair gives both its records one."""
    return (2 * float(np.add.reduce(share)) + trust * usual) / (n + trust)


def _blank(records: MatchRecords) -> Model:
    """The model before any pair was seen, with what strangers and colleagues share counted."""
    first = records.mail.slots[0]
    kinds = np.append(records.mailboxes.free, False)[first][first >= 0]
    free = (float(kinds.sum()) + 1) / (len(kinds) + 2)
    counts = records.company.counts.astype(np.float64)
    mates = float((counts * np.maximum(counts - 1, 0)).sum())
    colleagues = (mates + STRENGTH * COLLEAGUES) / (records.n + STRENGTH) / max(records.n - 1, 1)
    with ThreadPoolExecutor(THREADS) as threads:
        strangers = threads.submit(_count_strangers, records)
        shared = _count_colleagues(records)
    return Model(
        n=records.n,
        duplicates=DUPLICATES,
        relatives=RELATIVES,
        namesakes=(0.0,) * BANDS,
        same={f.name: (0.0, *map(float, np.log2(SAME_PERSON[f]))) for f in FIELDS},
        colleague={f.name: (0.0, *map(float, np.log2(shares))) for f, shares in shared.items()},
        relative={f.name: (0.0, *map(float, np.log2(shares))) for f, shares in RELATIVE.items()},
        stranger=strangers.result(),
        mail_kinds=(2 * free * (1 - free), free * free + (1 - free) ** 2),
        colleagues=colleagues,
        sampled_pairs=0,
    )


def _count_colleagues(records: MatchRecords) -> dict[Field, Doubles]:
    """Levels that records of one company reach whose names are plainly different: neighbours by company."""
    order = np.argsort(records.company.codes, kind="stable")
    order = order[records.company.codes[order] >= 0]
    step = -(-len(order) // STRANGERS) or 1
    left, right = order[:-1:step].astype(np.uint32), order[1::step].astype(np.uint32)
    left = left[: len(right)]
    mates = records.company.codes[left] == records.company.codes[right]
    levels = compare(records, left[mates], right[mates]).levels
    strangers = (levels[at(GIVEN)] == GIVEN.level("different")) & (levels[at(FAMILY)] == FAMILY.level("different"))
    found = {}
    for field, usual in COLLEAGUE.items():
        seen = np.bincount(levels[at(field)][strangers], minlength=len(field.levels) + 1)[1:]
        found[field] = (seen + STRENGTH * np.array(usual)) / (seen.sum() + STRENGTH)
    # Only namesakes are numbered, and those counted here have different names.
    found[MAIL][MAIL.level("numbered") - 1] = NUMBERED
    return found


def _count_strangers(records: MatchRecords) -> dict[str, tuple[float, ...]]:
    """log2 of how often random pairs are half alike; minus infinity for levels that value frequencies settle."""
    n = records.n
    size = min(STRANGERS, n * (n - 1) // 2)
    draw = np.random.default_rng(0)
    left, right = (draw.integers(0, max(n, 1), size).astype(np.uint32) for _ in range(2))
    levels = compare(records, left[left != right], right[left != right]).levels
    found = {}
    for field, usual in HALF_ALIKE.items():
        seen = np.bincount(levels[at(field)], minlength=len(field.levels) + 1)[1:]
        shares = np.full(len(field.levels) + 1, -np.inf)
        for name, share in usual.items():
            count = seen[field.level(name) - 1]
            shares[field.level(name)] = np.log2((count + TRUST_IN_USUAL * share) / (seen.sum() + TRUST_IN_USUAL))
        found[field.name] = tuple(map(float, shares))
    return found
