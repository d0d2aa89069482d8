"""Chance: how likely different people agree as far as a pair does.

Belongs here: strangers by the frequencies of values, colleagues and relatives by what they share for a reason. Does
not belong here: comparing fields (`matching/leads/comparison`), deciding (`matching/leads/scoring`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.leads.beliefs import HALF_ALIKE, MAIL_SHARED, NUMBER_SHARED, PHONE_SHARED, RELATIVE
from matching.leads.codes import Coded, Floats, Ints
from matching.leads.comparison import (
    BIRTH,
    COMPANY,
    EXTRA,
    FAMILY,
    FIELDS,
    GIVEN,
    MAIL,
    NUMBER,
    PHONE,
    PLACE,
    PROFILE,
    STREET,
    Comparison,
    Pairs,
    at,
    compare,
)
from matching.leads.match_records import MatchRecords
from matching.leads.model import Doubles, Model

BANDS = 12  # of rarity of a full name


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


def weigh(records: MatchRecords, left: Pairs, right: Pairs, model: Model) -> Evidence:
    """How likely each pair's agreements are between different people."""
    r, n = records, max(records.n - 1, 1)
    c = compare(r, left, right)
    chance = np.zeros((len(FIELDS), len(left)), np.float32)
    chance[at(GIVEN)] = _given_chance(r, c)
    chance[at(FAMILY)] = _family_chance(r, c)
    # French given names go with French family names: namesakes are commoner than the two frequencies say.
    chance[at(FAMILY)] += np.array(model.namesakes, np.float32)[name_band(c, chance)]
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


def name_band(comparison: Comparison, chance: Floats) -> npt.NDArray[np.int64]:
    """Band of rarity of the full name both sides share; 0 where they do not."""
    bits = -(chance[at(GIVEN)] + chance[at(FAMILY)])
    shared = (comparison.levels[at(GIVEN)] == 1) & (comparison.levels[at(FAMILY)] == 1)
    return np.where(shared, band(bits), 0).astype(np.int64)


def band(bits: Floats) -> npt.NDArray[np.int64]:
    """Band of rarity of names that are so many bits rare."""
    return np.clip((bits - 8) / 2, 1, BANDS - 1).astype(np.int64)


def log_frequencies(frequency: npt.NDArray[np.floating]) -> Floats:
    """log2 frequencies by code, with 0 bits for code -1."""
    return np.asarray(np.append(np.log2(frequency), 0), np.float32)


def _rates(counts: Ints, usual: float, trust: float, n: int) -> npt.NDArray[np.floating]:
    """Share of other people with each value, the pair at hand not counted, leaning on `usual` in small data."""
    return np.asarray((np.maximum(0.8 * counts - 1.6, 0) + trust * usual) / (n + trust))


def _given_chance(r: MatchRecords, c: Comparison) -> Floats:
    table, (a, b) = log_frequencies(r.names.as_given), c.given
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
    table, (a, b) = log_frequencies(r.names.as_family), c.family
    usual = np.maximum(table[a], table[b])
    by_level = [table[a], np.clip(usual + 1, -13, -1), np.clip(usual + 3, -10, -1), np.maximum(usual + 1, -11)]
    return _by_level(c.levels[at(FAMILY)], by_level)


def _by_level(level: npt.NDArray[np.uint8], by_level: list[Floats]) -> Floats:
    """The value of each pair's level (1, 2, ...); 0 bits for a missing side and for levels beyond the list."""
    return np.asarray(np.select([level == k for k in range(1, len(by_level) + 1)], by_level, 0), np.float32)


def _identifier_chance(people: Ints, codes: Ints, shared: float, n: int) -> Floats:
    return np.asarray(log_frequencies((np.maximum(people - 1, 0) + shared) / n)[codes])


def _mail_chance(r: MatchRecords, c: Comparison, model: Model) -> Floats:
    level = c.levels[at(MAIL)]
    same = _identifier_chance(r.mail.people, c.mail, MAIL_SHARED, max(r.n - 1, 1))
    other_kind, other = np.log2(model.mail_kinds)
    return np.asarray(same + np.array([0, 0, -16, -8, other_kind, other, -9, -14])[level], np.float32)


def _phone_chance(r: MatchRecords, c: Comparison, left: Pairs) -> Floats:
    level = c.levels[at(PHONE)]
    same = _identifier_chance(r.phone.people, c.phone, PHONE_SHARED, max(r.n - 1, 1))
    trunk = log_frequencies(_rates(r.trunk.counts, 1e-5, 1000, r.n))[r.trunk.codes[left]]
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
    postcode = log_frequencies(_rates(r.postcode.counts, 5e-4, 200, r.n))[r.postcode.codes[left]]
    city = log_frequencies(_rates(r.city.counts, 2e-3, 200, r.n))[r.city.codes[left]]
    return np.select([level == 1, level == 2, level == 3], [postcode, city, -6], 0).astype(np.float32)


def _line_chance(line: Coded, level: npt.NDArray[np.integer], left: Pairs) -> Floats:
    """Level 1 same house, 2 same line, 3 similar line."""
    same = log_frequencies(_rates(line.counts, 1e-3, 200, len(line.codes)))[line.codes[left]]
    found = np.select([level == 1, level == 2, level == 3], [same - 4, same, -6], 0)
    return np.asarray(found, np.float32)
