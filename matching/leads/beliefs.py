"""Beliefs: what is held of people's records before any data is seen, and how much data outweighs it.

Belongs here: shares per field and level, numbers of partners, the weight of each belief. Does not belong here: what
is done with them (`matching/leads/learning`, `matching/leads/chance`).
"""

from __future__ import annotations

from matching.leads.comparison import (
    BIRTH,
    COMPANY,
    EXTRA,
    FAMILY,
    GIVEN,
    MAIL,
    NUMBER,
    ORDER,
    PHONE,
    PLACE,
    PROFILE,
    STREET,
    Field,
)

STRENGTH = 60.0  # records' worth of trust in the prior beliefs below
STRENGTH_OF_DUPLICATES = 30.0
STRENGTH_OF_RELATIVES = 300.0
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
COLLEAGUES = 0.5  # colleagues in the data that a record is expected to have
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
TRUST_IN_USUAL = 2_000.0  # random pairs' worth of trust in the shares above
NUMBERED_SELF = 0.004  # of a person's own pairs of mailboxes at most, those that differ by a number
NUMBERED = 0.3  # of the colleagues with one name, those whose mailboxes differ by a number
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
