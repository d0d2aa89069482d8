"""Comparison: two records side by side, as the level they reach in each field and the values that they share.

Belongs here: which values of two records meet, swapped names and lines put right. Does not belong here: the levels and
their conditions (`matching/leads/comparison/levels`), what a level is worth (`matching/leads/model/chance`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matching.leads.comparison.facts import (
    LINE_LIKENESS,
    Births,
    Companies,
    FamilyNames,
    GivenNames,
    Lines,
    Mails,
    NameOrder,
    Numbers,
    Pairs,
    Phones,
    Places,
    Profiles,
    Streets,
    any_of,
    equal,
    like,
    shared_value,
    unequal,
)
from matching.leads.comparison.levels import (
    BIRTH,
    COMPANY,
    EXTRA,
    FAMILY,
    FIELDS,
    GIVEN,
    MAIL,
    MISSING,
    NUMBER,
    ORDER,
    PHONE,
    PLACE,
    PROFILE,
    STREET,
    Field,
    Levels,
    at,
)
from matching.leads.records.codes import Flags, Ints
from matching.leads.records.match_records import MatchRecords
from matching.leads.records.names import PersonNames


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels per field (in FIELDS order) for each pair, and the codes whose rarity counts.

    `given`, `family`: the name codes compared on the left and right (swapped back where they were swapped);
    `mail`, `phone`, `number`, `profile`: the code both sides share, -1 where none. `same_mobile`: they share a
    mobile number; `other_mobile`: both have one and share none. `one_generation`: one side alone is sen. or jun.
    `two_names`: other given names, or names a slip apart, and both are names of their own; `two_short_forms`: so are
    both, and short forms of one name. `other_salutation`: one side says Herr, the other Frau; `other_department`: both
    name a department, and not the same; `two_accounts`: the firms were found to be two.
    `in_a_row`: their numbers differ as those do that are given out side by side.
    """

    levels: Levels
    given: tuple[Ints, Ints]
    family: tuple[Ints, Ints]
    mail: Ints
    phone: Ints
    number: Ints
    profile: Ints
    same_mobile: Flags
    other_mobile: Flags
    one_generation: Flags
    two_names: Flags
    two_short_forms: Flags
    other_salutation: Flags
    other_department: Flags
    two_accounts: Flags
    in_a_row: Flags

    def of(self, field: Field[Any]) -> Levels:
        """The levels of one field."""
        return np.asarray(self.levels[at(field)])

    def missing(self, field: Field[Any]) -> Flags:
        """Whether a side says nothing."""
        return np.asarray(self.of(field) == MISSING)

    def reaches(self, field: Field[Any], *levels: str) -> Flags:
        """Whether a pair is at one of the levels named."""
        reached = self.of(field)
        return any_of(*(reached == field.level(level) for level in levels))


def compare(records: MatchRecords, left: Pairs, right: Pairs) -> Comparison:
    """Levels of the pairs (left[i], right[i])."""
    r = records
    names = _names(r, left, right)
    shared = {ids: shared_value(getattr(r, ids), left, right) for ids in ("mail", "phone", "person_no", "profile")}
    levels = np.full((len(FIELDS), len(left)), MISSING, np.uint8)
    levels[at(GIVEN)], levels[at(FAMILY)], levels[at(ORDER)] = names.given_level, names.family_level, names.order
    levels[at(MAIL)] = MAIL.reached(_mails(r, left, right, shared["mail"], names))
    phones = _phones(r, left, right, shared["phone"])
    levels[at(PHONE)] = PHONE.reached(phones)
    levels[at(PLACE)] = PLACE.reached(_places(r, left, right))
    in_one_area = levels[at(PLACE)] != PLACE.level("different")
    levels[at(COMPANY)] = COMPANY.reached(_companies(r, left, right, in_one_area))
    street, extra = _lines(r, left, right)
    levels[at(STREET)], levels[at(EXTRA)] = STREET.reached(street), EXTRA.reached(extra)
    generation = r.generation[left], r.generation[right]
    births = r.birth.codes[left], r.birth.codes[right]
    levels[at(BIRTH)] = BIRTH.reached(Births(*births, unequal(*generation), r.birth.values))
    number, profile = r.person_no.slots[0], r.profile.slots[0]
    levels[at(NUMBER)] = NUMBER.reached(Numbers(number[left], number[right], r.person_no))
    levels[at(PROFILE)] = PROFILE.reached(Profiles(profile[left], profile[right], shared["profile"]))
    mobiles = (r.mobile[left] >= 0) & (r.mobile[right] >= 0)
    return Comparison(
        levels,
        given=names.given,
        family=names.family,
        mail=shared["mail"],
        phone=shared["phone"],
        number=shared["person_no"],
        profile=shared["profile"],
        same_mobile=np.append(r.phone_is_mobile, False)[shared["phone"]],
        other_mobile=mobiles & (levels[at(PHONE)] == PHONE.level("different")),
        one_generation=(generation[0] >= 0) != (generation[1] >= 0),
        two_names=_two_names(r.names, names.given_level, *names.given),
        two_short_forms=_two_short_forms(r.names, names.given_level, *names.given),
        other_salutation=unequal(r.salutation[left], r.salutation[right]),
        other_department=unequal(r.department.codes[left], r.department.codes[right]),
        two_accounts=unequal(r.account.codes[left], r.account.codes[right]),
        in_a_row=phones.only(levels[at(PHONE)] == PHONE.level("one slip apart"), lambda p: p.in_a_row),
    )


class _Names(NamedTuple):
    """Name codes of both sides, each in its place, and the levels they reach."""

    given: tuple[Ints, Ints]
    family: tuple[Ints, Ints]
    given_level: Levels
    family_level: Levels
    order: Levels


def _names(r: MatchRecords, left: Pairs, right: Pairs) -> _Names:
    gl, gr, fl, fr = r.given[left], r.given[right], r.family[left], r.family[right]
    named = (gl >= 0) & (gr >= 0) & (fl >= 0) & (fr >= 0)
    crossed = (gl != gr) & (fl != fr) & (equal(gl, fr) | equal(fl, gr))
    gr, fr = np.where(crossed, fr, gr), np.where(crossed, gr, fr)
    given, family = _given(r.names, gl, gr), _family(r.names, fl, fr)
    # Swapped and misspelt at once: both names differ straight, and neither does crosswise.
    rows = np.flatnonzero((given == GIVEN.level("different")) & (family == FAMILY.level("different")) & ~crossed)
    given_x, family_x = _given(r.names, gl[rows], fr[rows]), _family(r.names, fl[rows], gr[rows])
    likely = (given_x != GIVEN.level("different")) & (family_x != FAMILY.level("different"))
    rows = rows[likely]
    crossed[rows], given[rows], family[rows] = True, given_x[likely], family_x[likely]
    gr[rows], fr[rows] = fr[rows], gr[rows]
    # Of the two orders the likelier one is taken for right, so that a comparison has no direction.
    back = np.flatnonzero(crossed)
    back = back[_likelier(r.names, (fr[back], gr[back]), (gl[back], fl[back]))]
    gl[back], fl[back], gr[back], fr[back] = fl[back], gl[back], fr[back], gr[back]
    given[back], family[back] = _given(r.names, gl[back], gr[back]), _family(r.names, fl[back], fr[back])
    # The salutation speaks once the names stand in their places.
    told = np.flatnonzero(unequal(r.salutation[left], r.salutation[right]) & (family != MISSING))
    given[told] = _given(r.names, gl[told], gr[told], other_salutation=True)
    return _Names((gl, gr), (fl, fr), given, family, ORDER.reached(NameOrder(named, crossed)))


def _given(names: PersonNames, a: Ints, b: Ints, *, other_salutation: bool = False) -> Levels:
    return GIVEN.reached(GivenNames(a, b, np.full(len(a), other_salutation), names))


def _family(names: PersonNames, a: Ints, b: Ints) -> Levels:
    return FAMILY.reached(FamilyNames(a, b, names))


def _likelier(names: PersonNames, one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> Flags:
    """Whether `one` is likelier to be (given, family) name than `other`; ties fall to the smaller code."""
    a, b = (names.as_given[given].astype(np.float64) * names.as_family[family] for given, family in (one, other))
    return np.asarray((a > b) | ((a == b) & (one[0] < other[0])))


def _two_names(names: PersonNames, level: Levels, a: Ints, b: Ints) -> Flags:
    """Tom and Tim, Fokko and Fokka: both are given names, or one stem with two endings; no spellings of one."""
    out = np.zeros(len(a), bool)
    alike = (level == GIVEN.level("one slip apart")) | (level == GIVEN.level("similar"))
    rows = np.flatnonzero((a >= 0) & (b >= 0) & (alike | (level == GIVEN.level("different"))))
    x, y = a[rows], b[rows]
    two = (names.in_use[x] & names.in_use[y]) | (alike[rows] & (names.stem[x] == names.stem[y]))
    out[rows] = two & (names.spelling[x] != names.spelling[y])
    return out


def _two_short_forms(names: PersonNames, level: Levels, a: Ints, b: Ints) -> Flags:
    """Anke and Anja, Kathrin and Katja: names of their own today, though both come from one."""
    out = np.zeros(len(a), bool)
    rows = np.flatnonzero(level == GIVEN.level("nickname or part"))
    x, y = a[rows], b[rows]
    two = names.short[x] & names.short[y] & names.in_use[x] & names.in_use[y]
    out[rows] = two & (names.spelling[x] != names.spelling[y])
    return out


def _mails(r: MatchRecords, left: Pairs, right: Pairs, shared: Ints, names: _Names) -> Mails:
    given, family, first = names.given_level, names.family_level, r.mail.slots[0]
    misspelt = (family != MISSING) & (family != FAMILY.level("same"))
    one_name = np.logical_and.reduce(
        [(given != MISSING), given != GIVEN.level("different"), family != MISSING, family != FAMILY.level("different")]
    )
    return Mails(first[left], first[right], shared, misspelt, one_name, r)


def _phones(r: MatchRecords, left: Pairs, right: Pairs, shared: Ints) -> Phones:
    both_direct = (r.direct[left] >= 0) & (r.direct[right] >= 0)
    return Phones(left, right, shared, equal(r.trunk.codes[left], r.trunk.codes[right]), both_direct, r)


def _places(r: MatchRecords, left: Pairs, right: Pairs) -> Places:
    postcode, city = r.postcode, r.city
    codes = postcode.codes[left], postcode.codes[right], city.codes[left], city.codes[right]
    return Places(*codes, postcode.values, city.values)


def _companies(r: MatchRecords, left: Pairs, right: Pairs, in_one_area: Flags) -> Companies:
    company, domain = r.company.codes, r.domain.codes
    return Companies(company[left], company[right], domain[left], domain[right], left, right, in_one_area, r)


def _lines(r: MatchRecords, left: Pairs, right: Pairs) -> tuple[Streets, Lines]:
    """Street and second address line, which some sources swap."""
    a, b, x, y = r.street.codes[left], r.street.codes[right], r.extra.codes[left], r.extra.codes[right]
    unlike = (a != b) & (x != y)
    crossed = unlike & (equal(a, y) | equal(x, b))
    b, y = np.where(crossed, y, b), np.where(crossed, b, y)
    rows = np.flatnonzero(~crossed & unequal(a, b) & unequal(x, y))
    rows = rows[like(r.lines, a[rows], y[rows], LINE_LIKENESS)]
    rows = rows[like(r.lines, x[rows], b[rows], LINE_LIKENESS)]
    b[rows], y[rows] = y[rows], b[rows]
    return Streets(a, b, r.lines, r.house.codes[left], r.house.codes[right]), Lines(x, y, r.lines)
