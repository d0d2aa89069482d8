"""Scoring: the probability that two records are the same person, learnt from the data itself.

Belongs here: the model (Fellegi and Sunter, A Theory for Record Linkage, 1969), its learning by expectation
maximisation without labels, and the three outcomes. Does not belong here: making pairs or comparing fields.

A pair that agrees may be the *same person*, or a stranger who agrees by chance, a *colleague* (company, place,
trunk and mail domain agree for a reason) or a *relative* (family name, place and phone agree for a reason).
What strangers share is read off the frequencies of values; what colleagues share is counted on records of one
company with plainly different names; what a person's own records share is learnt. The prior is the expected
number of a record's duplicates over the number of records, so the evidence asked for grows with the data.
All sums run in a fixed order, so equal records give equal decisions bit by bit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.matched import MATCH_DECISIONS
from matching.caution import ambiguous, conflicting, contradicting, doubtful, held
from matching.clustering import CONFLICT, CONTRADICTION, chained
from matching.codes import Coded, Floats, Ints
from matching.comparison import (
    BIRTH,
    COMPANY,
    EXTRA,
    FAMILY,
    FIELDS,
    GIVEN,
    MAIL,
    NUMBER,
    ORDER,
    PHONE,
    PLACE,
    PROFILE,
    STREET,
    Comparison,
    Field,
    Pairs,
    at,
    compare,
)
from matching.records import MatchRecords

Doubles = npt.NDArray[np.float64]

MERGE_AT = 0.90  # a merged pair is wrong with at most one chance in ten; on average far less
MERGE_DOUBTFUL_AT = 0.99  # the same for a pair that contradicts itself in family name or birth date
NEVER = 2.0
REVIEW_AT = 0.10  # a pair left apart without review is the same person with at most one chance in ten
CHUNK = 100_000  # pairs judged at once
THREADS = 2  # more gain little: comparing strings holds the interpreter's lock
SAMPLE = 250_000  # pairs to learn from
ROUNDS = 25
STRENGTH = 60.0  # records' worth of trust in the prior beliefs below
STRENGTH_OF_DUPLICATES = 30.0
STRENGTH_OF_RELATIVES = 300.0
BANDS = 12  # of rarity of a full name
TRUST_IN_CHANCE = 1.0  # pairs' worth of trust that given and family names are independent

# What a person's own records look like before any data is seen: share of pairs per level.
SAME_PERSON: dict[Field, tuple[float, ...]] = {
    GIVEN: (0.82, 0.05, 0.05, 0.05, 0.02, 0.01),
    FAMILY: (0.88, 0.07, 0.02, 0.015, 0.015),
    ORDER: (0.98, 0.02),
    MAIL: (0.70, 0.03, 0.03, 0.12, 0.09, 0.028, 0.002),
    PHONE: (0.70, 0.02, 0.06, 0.04, 0.18),
    COMPANY: (0.75, 0.13, 0.12),
    PLACE: (0.80, 0.10, 0.03, 0.07),
    STREET: (0.70, 0.05, 0.10, 0.15),
    EXTRA: (0.70, 0.15, 0.15),
    BIRTH: (0.93, 0.05, 0.02),
    NUMBER: (0.90, 0.04, 0.06),
    PROFILE: (0.95, 0.05),
}
DUPLICATES = 0.2  # records of the same person that a record is expected to have beside itself
# Colleagues: what two people of one company share, where this data has too few of them to count.
COLLEAGUE: dict[Field, tuple[float, ...]] = {
    MAIL: (0.005, 0.005, 0.01, 0.20, 0.08, 0.68, 0.02),
    PHONE: (0.05, 0.02, 0.10, 0.30, 0.53),
    PLACE: (0.75, 0.10, 0.03, 0.12),
    STREET: (0.65, 0.03, 0.05, 0.27),
    EXTRA: (0.40, 0.10, 0.50),
    NUMBER: (0.10, 0.01, 0.89),  # many customer numbers are the company's
}
# Strangers: how often they are half alike; counted, this is where little data leans.
HALF_ALIKE: dict[Field, dict[str, float]] = {
    GIVEN: {"nickname or part": 1e-3, "one slip apart": 1e-3, "similar": 2e-3},
    FAMILY: {"one slip apart": 2e-4, "similar": 1e-3, "part": 5e-4},
    PHONE: {"one slip apart": 6e-5},
    COMPANY: {"similar": 1e-3},
    PLACE: {"near": 1.5e-2},
    STREET: {"similar": 1.5e-2},
    EXTRA: {"similar": 1.5e-2},
    BIRTH: {"one slip apart": 1.5e-3},
    NUMBER: {"one slip apart": 1e-5},
}
STRANGERS = 40_000  # random pairs, and neighbours in one company, that are counted
TRUST_IN_USUAL = 2_000.0  # random pairs' worth of trust in the shares above
NUMBERED_SELF = 0.004  # of a person's own pairs of mailboxes at most, those that differ by a number
NUMBERED = 0.3  # of the colleagues with one name, those whose mailboxes differ by a number
COLLEAGUES = 0.5  # colleagues in the data that a record is expected to have
# Relatives: people of one family name at one address or in one firm; given name and birth date differ.
RELATIVE: dict[Field, tuple[float, ...]] = {
    GIVEN: (0.03, 0.01, 0.05, 0.02, 0.03, 0.86),
    FAMILY: (0.90, 0.04, 0.02, 0.02, 0.02),
    MAIL: (0.08, 0.02, 0.02, 0.25, 0.30, 0.28, 0.05),
    PHONE: (0.45, 0.02, 0.10, 0.15, 0.28),
    COMPANY: (0.75, 0.13, 0.12),
    PLACE: (0.85, 0.06, 0.03, 0.06),
    STREET: (0.75, 0.03, 0.05, 0.17),
    EXTRA: (0.70, 0.15, 0.15),
    BIRTH: (0.005, 0.005, 0.99),
}
RELATIVES = 0.01  # relatives in the data that a record is expected to have
MAIL_SHARED = 0.01  # other people expected on a personal mailbox
PHONE_SHARED = 0.05  # other people expected on a personal number
NUMBER_SHARED = 0.01


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt. `same` and `colleague` hold log2 shares per field and level (level 0 = missing = 0 bits).

    `duplicates` is the expected number of a record's other records, `n` the number of records; `namesakes` says,
    by rarity of the full name, how many bits commoner namesakes are than the two names' frequencies make them.
    """

    n: int
    duplicates: float
    relatives: float
    namesakes: tuple[float, ...]
    same: dict[str, tuple[float, ...]]
    colleague: dict[str, tuple[float, ...]]
    relative: dict[str, tuple[float, ...]]
    stranger: dict[str, tuple[float, ...]]
    mail_kinds: tuple[float, ...]
    colleagues: float
    sampled_pairs: int

    @property
    def prior_bits(self) -> float:
        return float(np.log2(self.duplicates / max(self.n - 1, 1)))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Per pair and field, log2 of the chance that a stranger agrees as far; and the three ways to be apart."""

    comparison: Comparison
    chance: Floats
    stranger: Doubles
    colleague: Doubles
    relative: Doubles

    @property
    def apart(self) -> Doubles:
        return np.logaddexp2(np.logaddexp2(self.stranger, self.colleague), self.relative)


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
        key = _pattern(evidence.comparison.levels)
        for bits in (others, evidence.relative):
            key = key << 8 | np.clip(np.rint(bits * 2), -255, 0).astype(np.int64) + 255
        return key << 5 | _name_band(evidence.comparison, evidence.chance)

    with ThreadPoolExecutor(THREADS) as threads:
        counting = threads.submit(_namesakes, records, pairs)
        found = list(threads.map(keys, range(0, len(take), CHUNK)))
        by_chance, uncompared = counting.result()
    if not found:
        return blank
    patterns, counts = np.unique(np.concatenate(found), return_counts=True)
    levels = _levels(patterns >> 21)
    others, kin = (((patterns >> 13 & 255) - 255) / 2.0, ((patterns >> 5 & 255) - 255) / 2.0)
    band = patterns & 31
    namesakes = np.ones(BANDS)
    weight = counts * scale
    same = {f: np.array(SAME_PERSON[f]) for f in FIELDS}
    duplicates, relatives = DUPLICATES, RELATIVES
    for _ in range(ROUNDS):
        logs = np.full(len(patterns), np.log2(duplicates / max(records.n - 1, 1)))
        for k, field in enumerate(FIELDS):
            logs += np.append(0.0, np.log2(same[field]))[levels[k]]
        related = kin + np.log2(relatives / RELATIVES)
        strange = others + np.log2(namesakes)[band]
        whole = np.logaddexp2(np.logaddexp2(logs, strange), related)
        share, kinship = weight * np.exp2(logs - whole), weight * np.exp2(related - whole)
        seen = np.bincount(band, weights=weight * np.exp2(strange - whole), minlength=BANDS)
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


def _name_band(comparison: Comparison, chance: Floats) -> npt.NDArray[np.int64]:
    """Band of rarity of the full name both sides share; 0 where they do not."""
    bits = -(chance[at(GIVEN)] + chance[at(FAMILY)])
    shared = (comparison.levels[at(GIVEN)] == 1) & (comparison.levels[at(FAMILY)] == 1)
    return np.where(shared, _band(bits), 0).astype(np.int64)


def _band(bits: Floats) -> npt.NDArray[np.int64]:
    return np.clip((bits - 8) / 2, 1, BANDS - 1).astype(np.int64)


def _namesakes(records: MatchRecords, pairs: pl.DataFrame) -> tuple[Doubles, Doubles]:
    """Pairs of namesakes per band: expected if given and family names were independent; left out of `pairs`."""
    known = (records.given >= 0) & (records.family >= 0)
    full = np.where(known, records.given.astype(np.int64) << 32 | records.family, -1)
    names, counts = np.unique(full[known], return_counts=True)
    bits = -(_table(records.names.as_given)[names >> 32] + _table(records.names.as_family)[names & 0xFFFFFFFF])
    by_chance = np.bincount(_band(bits), weights=counts * np.exp2(-bits) * records.n / 2, minlength=BANDS)
    there = np.bincount(_band(bits), weights=counts * (counts - 1) / 2, minlength=BANDS)
    shared = full[pairs["left"].to_numpy()]
    shared = shared[(shared == full[pairs["right"].to_numpy()]) & (shared >= 0)]
    compared = np.bincount(_band(bits)[np.searchsorted(names, shared)], minlength=BANDS)
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


def weigh(records: MatchRecords, left: Pairs, right: Pairs, model: Model) -> Evidence:
    """How likely each pair's agreements are between different people."""
    r, n = records, max(records.n - 1, 1)
    c = compare(r, left, right)
    chance = np.zeros((len(FIELDS), len(left)), np.float32)
    chance[at(GIVEN)] = _given_chance(r, c)
    chance[at(FAMILY)] = _family_chance(r, c)
    # French given names go with French family names: namesakes are commoner than the two frequencies say.
    chance[at(FAMILY)] += np.array(model.namesakes, np.float32)[_name_band(c, chance)]
    chance[at(MAIL)] = _mail_chance(r, c, model)
    chance[at(PHONE)] = _phone_chance(r, c, left)
    chance[at(COMPANY)] = company = _company_chance(r, c.levels[at(COMPANY)], left, right)
    chance[at(PLACE)] = _place_chance(r, c.levels[at(PLACE)], left, right)
    chance[at(STREET)] = _line_chance(r.street, c.levels[at(STREET)], left)
    chance[at(EXTRA)] = _line_chance(r.extra, np.where(c.levels[at(EXTRA)] > 0, c.levels[at(EXTRA)] + 1, 0), left)
    chance[at(BIRTH)] = np.array([0, np.log2(1 / 15000), np.log2(1 / 700), 0], np.float32)[c.levels[at(BIRTH)]]
    number = _identifier_chance(r.person_no.people, c.number, NUMBER_SHARED, n)
    chance[at(NUMBER)] = np.where(c.levels[at(NUMBER)] == 2, np.float32(np.log2(1e-5)), number)
    chance[at(PROFILE)] = _identifier_chance(r.profile.people, c.profile, NUMBER_SHARED, n)

    for half_alike in HALF_ALIKE:
        floor = np.array(model.stranger[half_alike.name], np.float32)[c.levels[at(half_alike)]]
        chance[at(half_alike)] = np.maximum(chance[at(half_alike)], floor)
    strangers = chance.astype(np.float64)
    personal = strangers[[at(f) for f in (GIVEN, FAMILY, BIRTH, PROFILE)]].sum(axis=0)
    level = c.levels[at(COMPANY)]
    stranger = strangers.sum(axis=0)
    stranger[level == COMPANY.level("same")] = -300.0
    mates = np.log2(model.colleagues)
    colleague = personal + np.select([level == 1, level == 2, level == 3], [company, company - 1, mates - 5], mates)
    for k, field in enumerate(FIELDS):
        if field.name in model.colleague:
            colleague += np.array(model.colleague[field.name])[c.levels[k]]
    relative = np.full(len(left), np.log2(model.relatives / n)) + strangers[at(NUMBER)] + strangers[at(PROFILE)]
    for k, field in enumerate(FIELDS):
        if field.name in model.relative:
            relative += np.array(model.relative[field.name])[c.levels[k]]
    initial = c.levels[at(GIVEN)] == GIVEN.level("initial")
    relative[initial] += strangers[at(GIVEN)][initial] - np.log2(RELATIVE[GIVEN][2])
    return Evidence(c, chance, stranger, colleague, relative)


def _table(frequency: npt.NDArray[np.floating]) -> Floats:
    """log2 frequencies by code, with 0 bits for code -1."""
    return np.asarray(np.append(np.log2(frequency), 0), np.float32)


def _rates(counts: Ints, usual: float, trust: float, n: int) -> npt.NDArray[np.floating]:
    """Share of other people with each value, the pair at hand not counted, leaning on `usual` in small data."""
    return np.asarray((np.maximum(0.8 * counts - 1.6, 0) + trust * usual) / (n + trust))


def _given_chance(r: MatchRecords, c: Comparison) -> Floats:
    table, (a, b) = _table(r.names.as_given), c.given
    usual = np.maximum(table[a], table[b])
    known = r.given[r.given >= 0]
    short = (float((r.names.length[known] <= 2).sum()) + 1) / (len(known) + 20)
    by_initial = np.bincount(r.names.initial[known], minlength=1).astype(np.float64)
    initials = np.append(np.log2((by_initial + 20) / (by_initial.sum() + 400) * short * (2 - short)), 0)
    first = np.append(r.names.initial, -1)[a]
    by_level = [table[a], usual + 1, initials[np.minimum(first, len(initials) - 1)], usual + 1, usual + 3]
    by_level[3:] = [np.clip(v, -12, -1) for v in by_level[3:]]
    return _by_level(c.levels[at(GIVEN)], by_level)


def _family_chance(r: MatchRecords, c: Comparison) -> Floats:
    table, (a, b) = _table(r.names.as_family), c.family
    usual = np.maximum(table[a], table[b])
    by_level = [table[a], np.clip(usual + 1, -13, -1), np.clip(usual + 3, -10, -1), np.maximum(usual + 1, -11)]
    return _by_level(c.levels[at(FAMILY)], by_level)


def _by_level(level: npt.NDArray[np.uint8], by_level: list[Floats]) -> Floats:
    """The value of each pair's level (1, 2, ...); 0 bits for a missing side and for levels beyond the list."""
    return np.asarray(np.select([level == k for k in range(1, len(by_level) + 1)], by_level, 0), np.float32)


def _identifier_chance(people: Ints, codes: Ints, shared: float, n: int) -> Floats:
    return np.asarray(_table((np.maximum(people - 1, 0) + shared) / n)[codes])


def _mail_chance(r: MatchRecords, c: Comparison, model: Model) -> Floats:
    level = c.levels[at(MAIL)]
    same = _identifier_chance(r.mail.people, c.mail, MAIL_SHARED, max(r.n - 1, 1))
    other_kind, other = np.log2(model.mail_kinds)
    return np.asarray(same + np.array([0, 0, -16, -8, other_kind, other, -9, -14])[level], np.float32)


def _phone_chance(r: MatchRecords, c: Comparison, left: Pairs) -> Floats:
    level = c.levels[at(PHONE)]
    same = _identifier_chance(r.phone.people, c.phone, PHONE_SHARED, max(r.n - 1, 1))
    trunk = _table(_rates(r.trunk.counts, 1e-5, 1000, r.n))[r.trunk.codes[left]]
    return np.asarray(same + np.where((level == 3) | (level == 4), trunk, 0) + np.where(level == 2, -14, 0), np.float32)


def _company_chance(r: MatchRecords, level: npt.NDArray[np.uint8], left: Pairs, right: Pairs) -> Floats:
    n = max(r.n - 1, 1)
    by_name = np.append((np.maximum(0.8 * r.company.counts - 1.6, 0) + 0.5) / n, 0)
    by_domain = np.append((np.maximum(0.8 * r.domain.counts - 1.6, 0) + 0.5) / n, 0)
    by_stem = np.append((np.maximum(0.8 * r.stems.counts - 1.6, 0) + 0.5) / n, 0)
    a, b, da, db = r.company.codes[left], r.company.codes[right], r.domain.codes[left], r.domain.codes[right]
    name = np.where(a == b, by_name[a], 0)
    domain = np.where(da == db, by_domain[da], 0)
    stems = [s[side] for s in (r.stems.company, r.stems.domain) for side in (left, right)]
    stem = np.max([by_stem[s] for s in stems], axis=0)
    rate = np.select([level == 1, level == 2], [np.maximum(name, domain), stem], 1)
    return np.asarray(np.log2(np.maximum(rate, 1e-12)), np.float32)


def _place_chance(r: MatchRecords, level: npt.NDArray[np.uint8], left: Pairs, right: Pairs) -> Floats:
    postcode = _table(_rates(r.postcode.counts, 5e-4, 200, r.n))[r.postcode.codes[left]]
    city = _table(_rates(r.city.counts, 2e-3, 200, r.n))[r.city.codes[left]]
    return np.select([level == 1, level == 2, level == 3], [postcode, city, -6], 0).astype(np.float32)


def _line_chance(line: Coded, level: npt.NDArray[np.integer], left: Pairs) -> Floats:
    """Level 1 same house, 2 same line, 3 similar line."""
    same = _table(_rates(line.counts, 1e-3, 200, len(line.codes)))[line.codes[left]]
    found = np.select([level == 1, level == 2, level == 3], [same - 4, same, -6], 0)
    return np.asarray(found, np.float32)


def score(records: MatchRecords, pairs: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Decide every candidate pair.

    Returns:
        contracts.matched.MATCH_DECISIONS, sorted by left, right: the pairs to merge or review, and as `apart`
        the pairs inside a chain of merged ones that contradict each other.
    """

    def chunk(start: int) -> pl.DataFrame:
        piece = pairs.slice(start, CHUNK)
        left, right = piece["left"].to_numpy(), piece["right"].to_numpy()
        return _decide(records, left, right, model, apart=False)

    with ThreadPoolExecutor(THREADS) as threads:
        decisions = pl.concat([MATCH_DECISIONS.empty(), *threads.map(chunk, range(0, pairs.height, CHUNK))])
    against = _contradictions(records, decisions, model)
    decisions = _hold_torn(records, decisions, against)
    return pl.concat([decisions.join(against, on=["left", "right"], how="anti"), against]).sort("left", "right")


def _contradictions(records: MatchRecords, decisions: pl.DataFrame, model: Model) -> pl.DataFrame:
    """Pairs that hang together only through others and speak against it, as decisions `apart`.

    A contradiction (`matching.caution`) parts them whatever the links; a conflict gives way to sure links: a pair
    that stays apart, or two mailboxes of one kind.
    """
    links = decisions.filter(pl.col("outcome") == "merged").select("left", "right")
    left, right = chained(links, records.n)
    if not len(left):
        return MATCH_DECISIONS.empty()
    found = decide(records, left, right, model)
    compared = compare(records, left, right)
    apart = (found["outcome"] == "apart").to_numpy()
    strict, conflict = contradicting(compared, apart), apart | conflicting(compared)
    kinds = pl.Series(np.select([strict, conflict], [CONTRADICTION, CONFLICT], ""))
    return (
        found.with_columns(kind=kinds, outcome=pl.lit("apart"))
        .filter((pl.col("kind") != "") & pl.Series(found["outcome"] != "merged"))
        .with_columns(reason=pl.col("kind") + ": " + pl.col("reason"))
        .select(MATCH_DECISIONS.names)
    )


def _hold_torn(records: MatchRecords, decisions: pl.DataFrame, against: pl.DataFrame) -> pl.DataFrame:
    """`M. Rabenau` fits Maria and Martin: of links by an initial to two people neither is better, both wait."""
    foes = against.filter(pl.col("reason").str.starts_with(CONTRADICTION)).select("left", "right")
    merged = decisions.filter(pl.col("outcome") == "merged").select("left", "right")
    ends = pl.concat([merged.select(a="left", b="right"), merged.select(a="right", b="left")])
    torn = foes.join(ends, left_on="left", right_on="a").join(
        ends.rename({"b": "other"}), left_on=["right", "b"], right_on=["a", "other"]
    )
    sides = [torn.select(middle="b", end=side) for side in ("left", "right")]
    links = pl.concat(sides).select(left=pl.min_horizontal("middle", "end"), right=pl.max_horizontal("middle", "end"))
    links = links.unique().sort("left", "right")
    vague = ambiguous(compare(records, links["left"].to_numpy(), links["right"].to_numpy()))
    waiting = links.filter(pl.Series(vague, dtype=pl.Boolean)).with_columns(waits=pl.lit(True))
    return (
        decisions.join(waiting, on=["left", "right"], how="left", maintain_order="left")
        .with_columns(outcome=pl.when("waits").then(pl.lit("review")).otherwise("outcome"))
        .drop("waits")
    )


def decide(records: MatchRecords, left: Pairs, right: Pairs, model: Model) -> pl.DataFrame:
    """contracts.matched.MATCH_DECISIONS of the given pairs, those that stay apart included."""
    return _decide(records, left, right, model, apart=True)


def _decide(records: MatchRecords, left: Pairs, right: Pairs, model: Model, *, apart: bool) -> pl.DataFrame:
    evidence = weigh(records, left, right, model)
    bits = same_bits(evidence.comparison, model) - evidence.apart
    bits = np.rint(bits * 1000) / 1000
    probability = 1.0 / (1.0 + np.exp2(-np.clip(bits + model.prior_bits, -60, 60)))
    bar = np.where(doubtful(evidence.comparison), MERGE_DOUBTFUL_AT, MERGE_AT)
    bar[held(evidence.comparison, -(evidence.chance[at(GIVEN)] + evidence.chance[at(FAMILY)]))] = NEVER
    kept = np.flatnonzero(apart | (probability >= REVIEW_AT))
    outcome = np.select([probability >= bar, probability >= REVIEW_AT], ["merged", "review"], "apart")
    return pl.DataFrame(
        {
            "left": left[kept].astype(np.uint32),
            "right": right[kept].astype(np.uint32),
            "probability": probability[kept].astype(np.float32),
            "bits": bits[kept].astype(np.float32),
            "outcome": outcome[kept],
            "reason": _reasons(evidence.comparison.levels[:, kept]),
        },
        schema=MATCH_DECISIONS.schema,
    )


def same_bits(comparison: Comparison, model: Model) -> Doubles:
    """log2 of the chance that one person's records look like this."""
    total = np.zeros(comparison.levels.shape[1])
    for k, field in enumerate(FIELDS):
        total += np.array(model.same[field.name])[comparison.levels[k]]
    return total


def _radix() -> list[int]:
    return [len(f.levels) + 1 for f in FIELDS]


def _pattern(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    code = np.zeros(levels.shape[1], np.int64)
    for k, size in enumerate(_radix()):
        code = code * size + levels[k]
    return code


def _levels(patterns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    out = np.zeros((len(FIELDS), len(patterns)), np.int64)
    rest = patterns.copy()
    for k, size in reversed(list(enumerate(_radix()))):
        rest, out[k] = np.divmod(rest, size)
    return out


def _reasons(levels: npt.NDArray[np.uint8]) -> pl.Series:
    distinct, back = np.unique(_pattern(levels), return_inverse=True)
    return pl.Series("reason", [_reason(row) for row in _levels(distinct).T], dtype=pl.String).gather(back)


def _reason(levels: npt.NDArray[np.int64]) -> str:
    words = []
    for field, level in zip(FIELDS, levels, strict=True):
        if level and not (field is ORDER and level == 1):
            words.append(f"{field.name} {field.levels[level - 1]}" if level > 1 else f"same {field.name}")
    return "; ".join(words)
