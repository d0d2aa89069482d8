"""Beliefs: what is held of people's records before any data is seen, and how much data outweighs it.

Belongs here: every weight of evidence: shares per level, what half agreements are worth, numbers of partners, the trust
in each. Does not belong here: the levels (`matching/leads/comparison/levels`), what is done with the weights
(`matching/leads/model/learning`, `matching/leads/model/chance`), bars of decision (`matching/leads/decision/scoring`).

Source: judgement, where a line names no other. Each figure says what an expert on business contacts expects of an inbox
before opening it; none was fitted to labels. Data outweighs all that it can count: a trust of 60 is outweighed by
sixty pairs. Keys are the names of fields and levels. Bits are log2 of a probability: -10 is one in a thousand.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
N = TypeVar("N", float, Doubles)
Shares = dict[str, dict[str, float]]

# What a person's own records look like: share of pairs per level. Learnt from the data; STRENGTH records' worth of
# trust hold it here.
STRENGTH = 60.0
SAME_PERSON: Shares = {
    "given name": {
        "same": 0.82,
        "nickname or part": 0.05,
        "initial": 0.05,
        "one slip apart": 0.05,
        "similar": 0.02,
        "different": 0.01,
    },
    "family name": {"same": 0.88, "one slip apart": 0.07, "similar": 0.02, "part": 0.015, "different": 0.015},
    "name order": {"same": 0.98, "swapped": 0.02},
    "e-mail": {
        "same": 0.70,
        "one slip apart": 0.03,
        "same local part elsewhere": 0.03,
        "other kind of mailbox": 0.12,
        "other": 0.09,
        "other at same domain": 0.028,
        "numbered": 0.002,
    },
    "phone": {"same": 0.70, "one slip apart": 0.02, "same trunk": 0.06, "other extension": 0.04, "different": 0.18},
    "company": {"same": 0.75, "of one account": 0.10, "similar": 0.05, "different": 0.10},
    "place": {"same postcode": 0.80, "same city": 0.10, "near": 0.03, "different": 0.07},
    "street": {"same house": 0.70, "same street": 0.05, "similar": 0.10, "different": 0.15},
    "address line 2": {"same": 0.70, "similar": 0.15, "different": 0.15},
    "birth date": {"same": 0.93, "one slip apart": 0.05, "different": 0.02},
    "personal number": {"same": 0.90, "one slip apart": 0.04, "different": 0.06},
    "profile": {"same": 0.95, "different": 0.05},
}
# Of those pairs the share between which the person moved to another firm, and what such pairs look like: firm, place,
# street, mailbox and landline differ together and for one reason. Not learnt: few data have many of them.
MOVED_SHARE = 0.03
MOVED: Shares = {
    "e-mail": {
        "same": 0.25,
        "one slip apart": 0.01,
        "same local part elsewhere": 0.05,
        "other kind of mailbox": 0.15,
        "other": 0.52,
        "other at same domain": 0.01,
        "numbered": 0.01,
    },
    "phone": {
        "same": 0.45,
        "one slip apart": 0.01,
        "same trunk": 0.01,
        "other extension": 0.01,
        "different": 0.52,
    },
    "company": {"same": 0.02, "of one account": 0.02, "similar": 0.05, "different": 0.91},
    "place": {"same postcode": 0.05, "same city": 0.15, "near": 0.02, "different": 0.78},
    "street": {"same house": 0.02, "same street": 0.02, "similar": 0.03, "different": 0.93},
    "address line 2": {"same": 0.10, "similar": 0.10, "different": 0.80},
    "personal number": {"same": 0.30, "one slip apart": 0.02, "different": 0.68},
}
# Of a person's own pairs of mailboxes at most, those that differ by a number: however many there are, they are not
# learnt to be one person.
NUMBERED_SELF = 0.004
# Records of the same person that a record is expected to have beside itself. Learnt.
DUPLICATES = 0.2
STRENGTH_OF_DUPLICATES = 30.0

# Colleagues: what two people of one company share. Counted where this data has enough of them, else held here.
COLLEAGUE: Shares = {
    "e-mail": {
        "same": 0.005,
        "one slip apart": 0.005,
        "same local part elsewhere": 0.01,
        "other kind of mailbox": 0.20,
        "other": 0.08,
        "other at same domain": 0.68,
        "numbered": 0.02,
    },
    "phone": {"same": 0.05, "one slip apart": 0.02, "same trunk": 0.10, "other extension": 0.30, "different": 0.53},
    "place": {"same postcode": 0.75, "same city": 0.10, "near": 0.03, "different": 0.12},
    "street": {"same house": 0.65, "same street": 0.03, "similar": 0.05, "different": 0.27},
    "address line 2": {"same": 0.40, "similar": 0.10, "different": 0.50},
    # Many customer numbers are the company's.
    "personal number": {"same": 0.10, "one slip apart": 0.01, "different": 0.89},
}
NUMBERED = 0.3  # of the colleagues with one name, those whose mailboxes differ by a number
COLLEAGUES = 0.5  # colleagues in the data that a record is expected to have
# Bits beside those of the company's frequency, or of having colleagues at all where the company says nothing.
COLLEAGUE_COMPANY = {"same": 0.0, "of one account": 0.0, "similar": -1.0}
COLLEAGUE_ELSEWHERE = -5.0  # one company under two names that have nothing in common

# Relatives: people of one family name at one address or in one firm; given name and birth date differ. Not learnt, for
# no data tells them from one person; only how many there are is.
RELATIVE: Shares = {
    "given name": {
        "same": 0.03,
        "nickname or part": 0.01,
        "initial": 0.05,
        "one slip apart": 0.02,
        "similar": 0.03,
        "different": 0.86,
    },
    "family name": {"same": 0.90, "one slip apart": 0.04, "similar": 0.02, "part": 0.02, "different": 0.02},
    "e-mail": {
        "same": 0.08,
        "one slip apart": 0.02,
        "same local part elsewhere": 0.02,
        "other kind of mailbox": 0.25,
        "other": 0.30,
        "other at same domain": 0.28,
        "numbered": 0.05,
    },
    "phone": {"same": 0.45, "one slip apart": 0.02, "same trunk": 0.10, "other extension": 0.15, "different": 0.28},
    "company": {"same": 0.75, "of one account": 0.10, "similar": 0.05, "different": 0.10},
    "place": {"same postcode": 0.85, "same city": 0.06, "near": 0.03, "different": 0.06},
    "street": {"same house": 0.75, "same street": 0.03, "similar": 0.05, "different": 0.17},
    "address line 2": {"same": 0.70, "similar": 0.15, "different": 0.15},
    "birth date": {"same": 0.005, "one slip apart": 0.005, "different": 0.99},
}
RELATIVES = 0.01  # relatives in the data that a record is expected to have
STRENGTH_OF_RELATIVES = 300.0

# Strangers, half alike: counted on random pairs; this is where little data leans.
HALF_ALIKE: Shares = {
    "given name": {"nickname or part": 1e-3, "one slip apart": 1e-3, "similar": 2e-3},
    "family name": {"one slip apart": 2e-4, "similar": 1e-3, "part": 5e-4},
    "phone": {"one slip apart": 6e-5},
    "company": {"similar": 1e-3},
    "place": {"near": 1.5e-2},
    "street": {"similar": 1.5e-2},
    "address line 2": {"similar": 1.5e-2},
    "birth date": {"one slip apart": 1.5e-3},
    "personal number": {"one slip apart": 1e-5},
}
TRUST_IN_HALF_ALIKE = 2_000.0  # random pairs' worth

# Strangers, alike: the frequency of the value that they share, leaning on these where data is small.
FEWEST_OTHERS = 1_000  # people whom a record may be mistaken for, however few of them are in the inbox
PEOPLE_PER_RECORD = 0.8  # about a fifth of the records are duplicates
MAIL_SHARED = 0.01  # other people expected on a personal mailbox
PHONE_SHARED = 0.05  # on a personal number
NUMBER_SHARED = 0.01  # on a customer number or profile
COMPANY_SHARED = 0.5  # at a company, domain or stem
RAREST_COMPANY = 1e-12  # share of people, so that no logarithm is without bounds


class Usual(NamedTuple):
    """The share that a usual value has, and how many records' worth of trust that deserves."""

    share: float
    trust: float


TRUNK = Usual(1e-5, 1_000)  # one of some hundred thousand switchboards
POSTCODE = Usual(5e-4, 200)
CITY = Usual(2e-3, 200)
ADDRESS_LINE = Usual(1e-3, 200)
FREEMAIL = Usual(0.5, 2)  # of the mailboxes, those that are private
SHORT_GIVEN_NAME = Usual(0.05, 20)  # of the given names, those that are initials
FIRST_LETTER = Usual(0.05, 400)  # about twenty letters begin a given name
# Shares of people whose name does not stand in `data/common_names.csv`, and the trust in it and in them.
RARE_NAME = {"given": 3e-5, "family": 2e-5}
TRUST_IN_NAMES = 1_000


class LikeName(NamedTuple):
    """Names that are half alike: by so many bits commoner than the commoner of the two, within bounds."""

    bits: float
    rarest: float = -np.inf
    commonest: float = np.inf


LIKE_NAME = {
    "given name": {
        "nickname or part": LikeName(1),
        "one slip apart": LikeName(1, -12, -1),
        "similar": LikeName(3, -12, -1),
    },
    "family name": {
        "one slip apart": LikeName(1, -13, -1),
        "similar": LikeName(3, -10, -1),
        "part": LikeName(1, -11),
    },
}
# Bits of agreements that no frequency of a value tells.
ALIKE: Shares = {
    "e-mail": {
        "one slip apart": -16,
        "same local part elsewhere": -8,
        "other at same domain": -9,
        "numbered": -14,
    },
    "phone": {"one slip apart": -14},
    "place": {"near": -6},
    "street": {"similar": -6},
    "address line 2": {"similar": -6},
    # One day in some forty years of birth; about twenty of them are a slip away.
    "birth date": {"same": float(np.log2(1 / 15_000)), "one slip apart": float(np.log2(1 / 700))},
    "personal number": {"one slip apart": float(np.log2(1e-5))},
}
HOUSE = -4.0  # bits that one house has of its street: one in sixteen
STRANGERS_AT_ONE_COMPANY = -300.0  # bits: never, for those are colleagues

# Namesakes: French given names go with French family names, so full names are commoner than the two frequencies say.
TRUST_IN_CHANCE = 1.0  # pairs' worth of trust that given and family names are independent
MOST_NAMESAKES = 100  # times as many as by chance


def leaning(seen: N, usual: N | float, trust: float, of: N | float) -> N:
    """The share `seen` of so many, leaning on what is usual while there are few."""
    return (seen + trust * usual) / (of + trust)


def other_people(counts: npt.NDArray[np.integer]) -> Doubles:
    """How many people other than the pair at hand carry a value, by the records that do."""
    return np.asarray(np.maximum(PEOPLE_PER_RECORD * counts - 2 * PEOPLE_PER_RECORD, 0))
