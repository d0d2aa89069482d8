"""Chance: how likely different people agree as far as a pair does.

Belongs here: strangers by the frequencies of values, colleagues and relatives by what they share for a reason. Does not
belong here: comparing fields (`matching/leads/comparison/compare`), the weights themselves (`matching/leads/beliefs`),
deciding (`matching/leads/decision/scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.leads.beliefs import (
    ADDRESS_LINE,
    ALIKE,
    CITY,
    COLLEAGUE_COMPANY,
    COLLEAGUE_ELSEWHERE,
    COMPANY_SHARED,
    FIRST_LETTER,
    HOUSE,
    LIKE_NAME,
    MAIL_SHARED,
    NUMBER_SHARED,
    PHONE_SHARED,
    POSTCODE,
    RAREST_COMPANY,
    RELATIVE,
    SHORT_GIVEN_NAME,
    STRANGERS_AT_ONE_COMPANY,
    TRUNK,
    Doubles,
    Usual,
    leaning,
    other_people,
)
from matching.leads.comparison.compare import Comparison, compare
from matching.leads.comparison.facts import Pairs
from matching.leads.comparison.levels import (
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
    Field,
    at,
)
from matching.leads.model.parameters import Model, with_bits
from matching.leads.records.codes import Coded, Floats, Ints
from matching.leads.records.match_records import Identifiers, MatchRecords

BANDS = 12  # of rarity of a full name, the first for names that are not shared
COMMON_NAME = 8  # bits of the commonest band of names
BAND = 2  # bits


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
    c = compare(records, left, right)
    by_value = _by_value(records, c, left, right, model)
    chance = _half_alike(by_value, c, model)
    bits = chance.astype(np.float64)
    return Evidence(
        c,
        chance,
        stranger=np.where(c.reaches(COMPANY, "same", "of one account"), STRANGERS_AT_ONE_COMPANY, bits.sum(axis=0)),
        colleague=_colleague(c, bits, by_value[at(COMPANY)], model),
        relative=_relative(c, bits, model),
    )


def _by_value(r: MatchRecords, c: Comparison, left: Pairs, right: Pairs, model: Model) -> Floats:
    """Per field and pair, log2 of the chance that strangers agree as far, by the values that they share."""
    chance = np.zeros((len(FIELDS), len(left)), np.float32)
    chance[at(GIVEN)] = _given_chance(r, c)
    chance[at(FAMILY)] = _family_chance(r, c)
    chance[at(FAMILY)] += np.array(model.namesakes, np.float32)[name_band(c, chance)]
    chance[at(MAIL)] = _mail_chance(r, c, model)
    chance[at(PHONE)] = _phone_chance(r, c, left)
    chance[at(COMPANY)] = _company_chance(r, c, left, right)
    chance[at(PLACE)] = _place_chance(r, c, left)
    street = _usual_bits(r.street, ADDRESS_LINE, r.distinct)[r.street.codes[left]]
    chance[at(STREET)] = _by_level(c, STREET, {"same house": street + HOUSE, "same street": street})
    chance[at(EXTRA)] = _by_level(
        c, EXTRA, {"same": _usual_bits(r.extra, ADDRESS_LINE, r.distinct)[r.extra.codes[left]]}
    )
    chance[at(BIRTH)] = _by_level(c, BIRTH, {})
    chance[at(NUMBER)] = _by_level(c, NUMBER, {"same": _shared_bits(r.person_no, NUMBER_SHARED, r.others)[c.number]})
    chance[at(PROFILE)] = _by_level(c, PROFILE, {"same": _shared_bits(r.profile, NUMBER_SHARED, r.others)[c.profile]})
    return chance


def _half_alike(by_value: Floats, c: Comparison, model: Model) -> Floats:
    """The chances, where strangers are half alike at least as large as counted."""
    chance = by_value.copy()
    for field in FIELDS:
        if field.name in model.stranger:
            counted = np.array(model.stranger[field.name], np.float32)[c.of(field)]
            chance[at(field)] = np.maximum(chance[at(field)], counted)
    return chance


def _colleague(c: Comparison, strangers: Doubles, company: Floats, model: Model) -> Doubles:
    """log2 of the chance that two people of one company look like this."""
    personal = strangers[[at(field) for field in (GIVEN, FAMILY, BIRTH, PROFILE)]].sum(axis=0)
    colleagues = np.log2(model.colleagues)
    by_level = {level: company + bits for level, bits in COLLEAGUE_COMPANY.items()}
    by_level["different"] = colleagues + COLLEAGUE_ELSEWHERE
    return with_bits(personal + _select(c, COMPANY, by_level, colleagues), c, model.colleague)


def _relative(c: Comparison, strangers: Doubles, model: Model) -> Doubles:
    """log2 of the chance that two people of one family look like this."""
    prior = np.full(strangers.shape[1], np.log2(model.relatives / model.others))
    relative = with_bits(prior + strangers[at(NUMBER)] + strangers[at(PROFILE)], c, model.relative)
    # Of one family are many with one initial: as many as by chance.
    initial = c.reaches(GIVEN, "initial")
    relative[initial] += strangers[at(GIVEN)][initial] - np.log2(RELATIVE[GIVEN.name]["initial"])
    return relative


def name_band(comparison: Comparison, chance: Floats) -> npt.NDArray[np.int64]:
    """Band of rarity of the full name both sides share; 0 where they do not."""
    bits = -(chance[at(GIVEN)] + chance[at(FAMILY)])
    shared = comparison.reaches(GIVEN, "same") & comparison.reaches(FAMILY, "same")
    return np.where(shared, band(bits), 0).astype(np.int64)


def band(bits: Floats) -> npt.NDArray[np.int64]:
    """Band of rarity of names that are so many bits rare."""
    return np.clip((bits - COMMON_NAME) / BAND, 1, BANDS - 1).astype(np.int64)


def log_frequencies(frequency: npt.NDArray[np.floating]) -> Floats:
    """log2 frequencies by code, with 0 bits for code -1."""
    return np.asarray(np.append(np.log2(frequency), 0), np.float32)


def _usual_bits(column: Coded, usual: Usual, n: int) -> Floats:
    """By code, log2 of the share of other people with the value, leaning on the usual one in small data."""
    return log_frequencies(leaning(other_people(column.counts), *usual, n))


def _shared_bits(ids: Identifiers, shared: float, others: int) -> Floats:
    """By code, log2 of the share of other people on the number or mailbox; `shared` are expected at least."""
    return log_frequencies((np.maximum(ids.people - 1, 0) + shared) / others)


def _given_chance(r: MatchRecords, c: Comparison) -> Floats:
    bits, (a, b) = log_frequencies(r.names.as_given), c.given
    known = r.given[(r.given >= 0) & r.once]
    short = leaning(float((r.names.length[known] <= 2).sum()), *SHORT_GIVEN_NAME, len(known))
    of_letter = np.bincount(r.names.initial[known], minlength=1).astype(np.float64)
    letter = leaning(of_letter, *FIRST_LETTER, of_letter.sum())
    initials = np.append(np.log2(letter * short * (2 - short)), 0)  # on one side or both
    first = np.append(r.names.initial, -1)[a]
    by_level = {"same": bits[a], "initial": initials[np.minimum(first, len(initials) - 1)]}
    return _by_level(c, GIVEN, by_level | _like_names(GIVEN, bits, a, b))


def _family_chance(r: MatchRecords, c: Comparison) -> Floats:
    bits, (a, b) = log_frequencies(r.names.as_family), c.family
    return _by_level(c, FAMILY, {"same": bits[a]} | _like_names(FAMILY, bits, a, b))


def _like_names(field: Field[Any], bits: Floats, a: Ints, b: Ints) -> dict[str, Floats]:
    commoner = np.maximum(bits[a], bits[b])
    return {
        level: np.clip(commoner + like.bits, like.rarest, like.commonest)
        for level, like in LIKE_NAME[field.name].items()
    }


def _mail_chance(r: MatchRecords, c: Comparison, model: Model) -> Floats:
    same = _shared_bits(r.mail, MAIL_SHARED, r.others)[c.mail]
    other_kind, other = np.log2(model.mail_kinds)
    return _by_level(c, MAIL, {"same": same, "other kind of mailbox": other_kind, "other": other})


def _phone_chance(r: MatchRecords, c: Comparison, left: Pairs) -> Floats:
    same = _shared_bits(r.phone, PHONE_SHARED, r.others)[c.phone]
    trunk = _usual_bits(r.trunk, TRUNK, r.distinct)[r.trunk.codes[left]]
    return _by_level(c, PHONE, {"same": same, "same trunk": trunk, "other extension": trunk})


def _company_chance(r: MatchRecords, c: Comparison, left: Pairs, right: Pairs) -> Floats:
    def share(counts: Ints) -> Doubles:
        """By code, of other people; none for the code -1."""
        return np.append((other_people(counts) + COMPANY_SHARED) / r.others, 0)

    def shared(column: Coded) -> Doubles:
        a, b = column.codes[left], column.codes[right]
        return np.where(a == b, share(column.counts)[a], 0)

    by_stem = share(r.stems.counts)
    stems = [codes[side] for codes in (r.stems.company, r.stems.domain) for side in (left, right)]
    account = shared(r.account)
    by_level = {
        "same": np.max([shared(r.company), shared(r.domain), account], axis=0),
        "of one account": account,
        "similar": np.max([by_stem[stem] for stem in stems], axis=0),
    }
    return np.asarray(np.log2(np.maximum(_select(c, COMPANY, by_level, 1), RAREST_COMPANY)), np.float32)


def _place_chance(r: MatchRecords, c: Comparison, left: Pairs) -> Floats:
    postcode = _usual_bits(r.postcode, POSTCODE, r.distinct)[r.postcode.codes[left]]
    city = _usual_bits(r.city, CITY, r.distinct)[r.city.codes[left]]
    return _by_level(c, PLACE, {"same postcode": postcode, "same city": city})


def _by_level(c: Comparison, field: Field[Any], by_level: Mapping[str, Any]) -> Floats:
    """The bits of each pair's level, given here or believed; none where the level says nothing."""
    return np.asarray(_select(c, field, {**by_level, **ALIKE.get(field.name, {})}, 0), np.float32)


def _select(c: Comparison, field: Field[Any], by_level: Mapping[str, Any], otherwise: float) -> npt.NDArray[Any]:
    reached = c.of(field)
    return np.select([reached == field.level(level) for level in by_level], list(by_level.values()), otherwise)
