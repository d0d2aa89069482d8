"""Learning: the model of this data, by expectation maximisation without labels.

Belongs here: the rounds of learning, and what is counted beforehand on strangers, colleagues and namesakes. Does not
belong here: beliefs that little data leans on (`matching/leads/beliefs`), evidence of a pair
(`matching/leads/model/chance`). What strangers share is read off the frequencies of values; what colleagues share is
counted on records of one company with plainly different names; what a person's own records share is learnt.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.leads.beliefs import (
    COLLEAGUE,
    COLLEAGUES,
    DUPLICATES,
    FREEMAIL,
    HALF_ALIKE,
    MOST_NAMESAKES,
    NUMBERED,
    NUMBERED_SELF,
    RELATIVE,
    RELATIVES,
    SAME_PERSON,
    STRENGTH,
    STRENGTH_OF_DUPLICATES,
    STRENGTH_OF_RELATIVES,
    TRUST_IN_CHANCE,
    TRUST_IN_HALF_ALIKE,
    Doubles,
    Shares,
    leaning,
)
from matching.leads.comparison.compare import compare
from matching.leads.comparison.levels import CLOSEST, FAMILY, FIELDS, GIVEN, MAIL, Field
from matching.leads.comparison.patterns import levels_of, pattern
from matching.leads.model.chance import BANDS, Evidence, band, log_frequencies, name_band, weigh
from matching.leads.model.parameters import Model
from matching.leads.records.match_records import MatchRecords

CHUNK = 100_000  # pairs weighed at once
THREADS = 2  # more gain little: comparing strings holds the interpreter's lock
SAMPLE = 250_000  # pairs to learn from
ROUNDS = 25
STRANGERS = 40_000  # random pairs, and neighbours in one company, that are counted
NUMBERED_AT = MAIL.level("numbered") - CLOSEST  # its place among the shares of the levels

_STEPS_PER_BIT = 2  # pairs whose evidence differs by less than half a bit are learnt from as one
_BITS_WIDTH, _BAND_WIDTH = 8, 5  # binary digits
_LEAST = 2**_BITS_WIDTH - 1  # steps


def learn(records: MatchRecords, pairs: pl.DataFrame) -> Model:
    """Learn the model from contracts.matched.CANDIDATE_PAIRS of `records`, without labels."""
    blank = _blank(records)
    left, right = (pairs[c].to_numpy() for c in ("left", "right"))
    telling = np.flatnonzero(records.once[left] & records.once[right])  # a copy teaches nothing
    take = telling[:: -(-len(telling) // SAMPLE) or 1]
    left, right = left[take], right[take]

    def keys(start: int) -> npt.NDArray[np.int64]:
        piece = slice(start, start + CHUNK)
        return _packed(weigh(records, left[piece], right[piece], blank))

    with ThreadPoolExecutor(THREADS) as threads:
        counting = threads.submit(_namesakes, records, pairs)
        found = list(threads.map(keys, range(0, len(take), CHUNK)))
        namesakes = counting.result()
    if not found:
        return blank
    seen = _unpacked(np.concatenate(found), scale=len(telling) / max(len(take), 1))
    return replace(_maximised(seen, namesakes, blank), sampled_pairs=len(take))


class _Seen(NamedTuple):
    """Pairs that look alike, counted as one: levels (fields by kinds), evidence of others, band of the name."""

    levels: npt.NDArray[np.int64]
    others: Doubles
    kin: Doubles
    bands: npt.NDArray[np.int64]
    weight: Doubles


class _Namesakes(NamedTuple):
    """Pairs of namesakes per band: expected if given and family names were independent; not among the candidates."""

    by_chance: Doubles
    uncompared: Doubles


def _packed(evidence: Evidence) -> npt.NDArray[np.int64]:
    """All that is learnt from of a pair as one number."""
    key = pattern(evidence.comparison.levels)
    for bits in (np.logaddexp2(evidence.stranger, evidence.colleague), evidence.relative):
        steps = np.clip(np.rint(bits * _STEPS_PER_BIT), -_LEAST, 0).astype(np.int64)
        key = key << _BITS_WIDTH | steps + _LEAST
    return key << _BAND_WIDTH | name_band(evidence.comparison, evidence.chance)


def _unpacked(keys: npt.NDArray[np.int64], scale: float) -> _Seen:
    rest, counts = np.unique(keys, return_counts=True)
    rest, bands = _cut(rest, _BAND_WIDTH)
    rest, kin = _cut(rest, _BITS_WIDTH)
    rest, others = _cut(rest, _BITS_WIDTH)
    return _Seen(levels_of(rest), _bits(others), _bits(kin), bands, counts.astype(np.float64) * scale)


def _bits(steps: npt.NDArray[np.int64]) -> Doubles:
    return np.asarray((steps - _LEAST) / _STEPS_PER_BIT)


def _cut(keys: npt.NDArray[np.int64], width: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return keys >> width, keys & ((1 << width) - 1)


def _maximised(seen: _Seen, namesakes: _Namesakes, blank: Model) -> Model:
    """The model under which what was seen is likeliest, in rounds of expectation and maximisation."""
    model = blank
    for _ in range(ROUNDS):
        same, strange, kin = _expected(seen, model, blank)
        model = replace(
            model,
            duplicates=_partners(same, blank.n, DUPLICATES, STRENGTH_OF_DUPLICATES),
            relatives=_partners(kin, blank.n, RELATIVES, STRENGTH_OF_RELATIVES),
            namesakes=_commoner(seen.bands, strange, namesakes),
            same={field.name: _shares(field, levels, same) for field, levels in zip(FIELDS, seen.levels, strict=True)},
        )
    return model


def _expected(seen: _Seen, model: Model, blank: Model) -> tuple[Doubles, Doubles, Doubles]:
    """How many of the pairs seen are one person, others by chance or of one company, and relatives."""
    same = np.full(len(seen.weight), model.prior_bits)
    for field, levels in zip(FIELDS, seen.levels, strict=True):
        same += np.array(model.same[field.name])[levels]
    strange = seen.others + np.array(model.namesakes)[seen.bands]
    kin = seen.kin + np.log2(model.relatives / blank.relatives)
    whole = np.logaddexp2(np.logaddexp2(same, strange), kin)
    one, other, relative = (seen.weight * np.exp2(bits - whole) for bits in (same, strange, kin))
    return one, other, relative


def _partners(share: Doubles, n: int, usual: float, trust: float) -> float:
    """Partners per record, leaning on `usual` in small data; every pair gives both its records one."""
    return leaning(2 * float(np.add.reduce(share)), usual, trust, n)


def _commoner(bands: npt.NDArray[np.int64], strange: Doubles, namesakes: _Namesakes) -> tuple[float, ...]:
    """By band, bits that namesakes are commoner than by chance."""
    compared = np.bincount(bands, weights=strange, minlength=BANDS).astype(np.float64)
    times = leaning(compared + namesakes.uncompared, 1, TRUST_IN_CHANCE, namesakes.by_chance)
    times = np.clip(times, 1, MOST_NAMESAKES)
    times[0] = 1  # names that are not shared
    return tuple(map(float, np.log2(times)))


def _shares(field: Field[Any], levels: npt.NDArray[np.int64], same: Doubles) -> tuple[float, ...]:
    """log2 of the shares of a person's own pairs."""
    shares = _leaning_shares(field, SAME_PERSON, levels, same)
    if field is MAIL:
        shares[NUMBERED_AT] = min(shares[NUMBERED_AT], NUMBERED_SELF)
    return _logs(shares)


def _leaning_shares(
    field: Field[Any], usual: Shares, levels: npt.NDArray[np.integer], weights: Doubles | None = None
) -> Doubles:
    """The shares of the levels 1, 2, ... among `levels`, leaning on the usual ones in small data."""
    seen = np.bincount(levels, weights=weights, minlength=field.size)[CLOSEST:].astype(np.float64)
    return leaning(seen, np.array(field.in_order(usual[field.name])), STRENGTH, float(seen.sum()))


def _logs(shares: npt.ArrayLike) -> tuple[float, ...]:
    """log2 of shares by level; a missing one says nothing."""
    return (0.0, *map(float, np.log2(shares)))


def _namesakes(records: MatchRecords, pairs: pl.DataFrame) -> _Namesakes:
    known = (records.given >= 0) & (records.family >= 0) & records.once
    full = np.where(known, records.given.astype(np.int64) << 32 | records.family, -1)
    names, counts = np.unique(full[known], return_counts=True)
    as_given, as_family = log_frequencies(records.names.as_given), log_frequencies(records.names.as_family)
    bits = -(as_given[names >> 32] + as_family[names & 0xFFFFFFFF])
    by_chance = np.bincount(band(bits), weights=counts * np.exp2(-bits) * records.distinct / 2, minlength=BANDS)
    there = np.bincount(band(bits), weights=counts * (counts - 1) / 2, minlength=BANDS)
    shared = full[pairs["left"].to_numpy()]
    shared = shared[(shared == full[pairs["right"].to_numpy()]) & (shared >= 0)]
    compared = np.bincount(band(bits)[np.searchsorted(names, shared)], minlength=BANDS)
    return _Namesakes(by_chance.astype(np.float64), (there - compared).astype(np.float64))


def _blank(records: MatchRecords) -> Model:
    """The model before any pair was seen, with what strangers and colleagues share counted."""
    with ThreadPoolExecutor(THREADS) as threads:
        strangers = threads.submit(_count_strangers, records)
        colleagues = _count_colleagues(records)
    free = _free_share(records)
    return Model(
        n=records.distinct,
        duplicates=DUPLICATES,
        relatives=RELATIVES,
        namesakes=(0.0,) * BANDS,
        same={field.name: _logs(field.in_order(SAME_PERSON[field.name])) for field in FIELDS},
        colleague=colleagues,
        relative={field.name: _logs(field.in_order(RELATIVE[field.name])) for field in _fields_of(RELATIVE)},
        stranger=strangers.result(),
        mail_kinds=(2 * free * (1 - free), free * free + (1 - free) ** 2),
        colleagues=_colleagues_per_record(records) / records.others,
        sampled_pairs=0,
    )


def _fields_of(beliefs: Shares) -> list[Field[Any]]:
    return [field for field in FIELDS if field.name in beliefs]


def _free_share(records: MatchRecords) -> float:
    """The share of the first mailboxes that are private."""
    first = records.mail.slots[0]
    kinds = np.append(records.mailboxes.free, False)[first][first >= 0]
    return leaning(float(kinds.sum()), *FREEMAIL, len(kinds))


def _colleagues_per_record(records: MatchRecords) -> float:
    counts = records.company.counts.astype(np.float64)
    mates = float((counts * np.maximum(counts - 1, 0)).sum())
    return leaning(mates, COLLEAGUES, STRENGTH, records.distinct)


def _count_colleagues(records: MatchRecords) -> dict[str, tuple[float, ...]]:
    """log2 of the shares that neighbours in one company reach whose names are plainly different."""
    order = np.argsort(records.company.codes, kind="stable")
    order = order[records.company.codes[order] >= 0]
    step = -(-len(order) // STRANGERS) or 1
    left, right = order[:-1:step].astype(np.uint32), order[1::step].astype(np.uint32)
    left = left[: len(right)]
    mates = records.company.codes[left] == records.company.codes[right]
    compared = compare(records, left[mates], right[mates])
    two = compared.reaches(GIVEN, "different") & compared.reaches(FAMILY, "different")
    found = {f.name: _leaning_shares(f, COLLEAGUE, compared.of(f)[two]) for f in _fields_of(COLLEAGUE)}
    # Only namesakes are numbered, and those counted here have different names.
    found[MAIL.name][NUMBERED_AT] = NUMBERED
    return {name: _logs(shares) for name, shares in found.items()}


def _count_strangers(records: MatchRecords) -> dict[str, tuple[float, ...]]:
    """log2 of how often random pairs are half alike; minus infinity for levels that value frequencies settle."""
    n = records.n
    size = min(STRANGERS, n * (n - 1) // 2)
    draw = np.random.default_rng(0)
    left, right = (draw.integers(0, max(n, 1), size).astype(np.uint32) for _ in range(2))
    compared = compare(records, left[left != right], right[left != right])
    found = {}
    for field in _fields_of(HALF_ALIKE):
        seen = np.bincount(compared.of(field), minlength=field.size).astype(np.float64)
        shares = np.zeros(field.size)
        for level, usual in HALF_ALIKE[field.name].items():
            count = seen[field.level(level)]
            shares[field.level(level)] = leaning(count, usual, TRUST_IN_HALF_ALIKE, seen[CLOSEST:].sum())
        with np.errstate(divide="ignore"):
            found[field.name] = tuple(map(float, np.log2(shares)))
    return found
