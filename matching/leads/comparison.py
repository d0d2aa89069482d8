"""Comparison: how alike two records are, field by field, in levels that read like a specification.

Belongs here: the levels, and which level a pair reaches. Does not belong here: what a level is worth
(`matching/leads/scoring`). Level 0 always means that a side is missing: it says nothing either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from matching.leads.codes import Coded, Flags, Ints
from matching.leads.match_records import Identifiers, MatchRecords
from matching.leads.names import Names

Levels = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.uint32]

NAME_LIKENESS = 0.88  # Jaro-Winkler from which two spellings may be one name


@dataclass(frozen=True, slots=True)
class Field:
    """A compared field and the meaning of its levels 1, 2, ..."""

    name: str
    levels: tuple[str, ...]

    def level(self, name: str) -> int:
        return self.levels.index(name) + 1


GIVEN = Field("given name", ("same", "nickname or part", "initial", "one slip apart", "similar", "different"))
FAMILY = Field("family name", ("same", "one slip apart", "similar", "part", "different"))
ORDER = Field("name order", ("same", "swapped"))
MAIL = Field(
    "e-mail",
    (
        "same",
        "one slip apart",
        "same local part elsewhere",
        "other kind of mailbox",
        "other",
        "other at same domain",
        "numbered",
    ),
)
PHONE = Field("phone", ("same", "one slip apart", "same trunk", "other extension", "different"))
COMPANY = Field("company", ("same", "similar", "different"))
PLACE = Field("place", ("same postcode", "same city", "near", "different"))
STREET = Field("street", ("same house", "same street", "similar", "different"))
EXTRA = Field("address line 2", ("same", "similar", "different"))
BIRTH = Field("birth date", ("same", "one slip apart", "different"))
NUMBER = Field("personal number", ("same", "one slip apart", "different"))
PROFILE = Field("profile", ("same", "different"))
FIELDS = (GIVEN, FAMILY, ORDER, MAIL, PHONE, COMPANY, PLACE, STREET, EXTRA, BIRTH, NUMBER, PROFILE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels per field (in FIELDS order) for each pair, and the codes whose rarity counts.

    `given`, `family`: the name codes compared on the left and right (swapped back where they were swapped);
    `mail`, `phone`, `number`, `profile`: the code both sides share, -1 where none. `same_mobile`: they share a
    mobile number; `other_mobile`: both have one and share none. `one_generation`: one side alone is sen. or jun.
    `two_names`: other given names, or names a slip apart, and both are names of their own; `two_short_forms`: so are
    both, and short forms of one name. `other_salutation`: one side says Herr, the other Frau; `other_department`: both
    name a department, and not the same.
    """

    levels: npt.NDArray[np.uint8]
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


def compare(records: MatchRecords, left: Pairs, right: Pairs) -> Comparison:
    """Levels of the pairs (left[i], right[i])."""
    r = records
    gl, gr, fl, fr = r.given[left], r.given[right], r.family[left], r.family[right]
    crossed = (gl != gr) & (fl != fr) & (((gl == fr) & (gl >= 0)) | ((fl == gr) & (fl >= 0)))
    gr, fr = np.where(crossed, fr, gr), np.where(crossed, gr, fr)
    given, family = _given(r.names, gl, gr), _family(r.names, fl, fr)
    # Swapped and misspelt at once: both names differ straight, and neither does crosswise.
    rows = np.flatnonzero((given == GIVEN.level("different")) & (family == FAMILY.level("different")) & ~crossed)
    given_x, family_x = _given(r.names, gl[rows], fr[rows]), _family(r.names, fl[rows], gr[rows])
    likely = (given_x < GIVEN.level("different")) & (family_x < FAMILY.level("different"))
    rows = rows[likely]
    crossed[rows], given[rows], family[rows] = True, given_x[likely], family_x[likely]
    gr[rows], fr[rows] = fr[rows], gr[rows]
    # Of the two orders the likelier one is taken for right, so that a comparison has no direction.
    back = np.flatnonzero(crossed)
    back = back[_likelier(r.names, (fr[back], gr[back]), (gl[back], fl[back]))]
    gl[back], fl[back], gr[back], fr[back] = fl[back], gl[back], fr[back], gr[back]
    given[back], family[back] = _given(r.names, gl[back], gr[back]), _family(r.names, fl[back], fr[back])
    # Frau S. is not Herr S.; with a full name said twice, the salutation is the likelier slip.
    full = (given == GIVEN.level("same")) & (np.append(r.names.length, 0)[gl] > 2)
    other_salutation = _unequal(r.salutation[left], r.salutation[right])
    given[other_salutation & (family > 0) & ~full] = GIVEN.level("different")
    named = (gl >= 0) & (gr >= 0) & (fl >= 0) & (fr >= 0)
    levels = np.zeros((len(FIELDS), len(left)), np.uint8)
    levels[at(GIVEN)] = given
    levels[at(FAMILY)] = family
    levels[at(ORDER)] = np.where(named, 1 + crossed, 0)
    # Mailboxes are made from names: where the names differ too, a slip in the mailbox is no slip, and where the
    # names are alike, a like local part at another domain is no news.
    misspelt = family > FAMILY.level("same")
    alike = (given > 0) & (given < GIVEN.level("different")) & (family > 0) & (family < FAMILY.level("different"))
    levels[at(MAIL)], mail = _mail(r, left, right, misspelt, alike)
    levels[at(PHONE)], phone = _phone(r, left, right)
    levels[at(PLACE)] = _place(r, left, right)
    levels[at(COMPANY)] = _company(r, left, right, levels[at(PLACE)] <= PLACE.level("near"))
    levels[at(STREET)], levels[at(EXTRA)] = _street(r, left, right)
    levels[at(BIRTH)] = _slip(r.birth.codes[left], r.birth.codes[right], r.birth)
    old, young = r.generation[left], r.generation[right]
    levels[at(BIRTH), (old >= 0) & (young >= 0) & (old != young)] = BIRTH.level("different")  # sen. is not jun.
    number = _shared_value(r.person_no, left, right)
    levels[at(NUMBER)] = _number(r.person_no, left, right)
    profile = _shared_value(r.profile, left, right)
    profile_known = (r.profile.slots[0][left] >= 0) & (r.profile.slots[0][right] >= 0)
    levels[at(PROFILE)] = np.where(profile >= 0, 1, np.where(profile_known, 2, 0))
    one, other = r.mobile[left], r.mobile[right]
    same_mobile = np.append(r.phone_is_mobile, False)[phone]
    other_mobile = (one >= 0) & (other >= 0) & (levels[at(PHONE)] == PHONE.level("different"))
    return Comparison(
        levels,
        given=(gl, gr),
        family=(fl, fr),
        mail=mail,
        phone=phone,
        number=number,
        profile=profile,
        same_mobile=same_mobile,
        other_mobile=other_mobile,
        one_generation=(old >= 0) != (young >= 0),
        two_names=_two_names(r.names, given, gl, gr),
        two_short_forms=_two_short_forms(r.names, given, gl, gr),
        other_salutation=other_salutation,
        other_department=_unequal(r.department.codes[left], r.department.codes[right]),
    )


def _likelier(names: Names, one: tuple[Ints, Ints], other: tuple[Ints, Ints]) -> Flags:
    """Whether `one` is likelier to be (given, family) name than `other`; ties fall to the smaller code."""
    a, b = (names.as_given[given].astype(np.float64) * names.as_family[family] for given, family in (one, other))
    return np.asarray((a > b) | ((a == b) & (one[0] < other[0])))


def at(field: Field) -> int:
    """Row of a field in `Comparison.levels`."""
    return FIELDS.index(field)


def _given(names: Names, a: Ints, b: Ints) -> Levels:
    out = np.where((a >= 0) & (b >= 0), GIVEN.level("different"), 0).astype(np.uint8)
    out[(a == b) & (a >= 0)] = GIVEN.level("same")
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    x, y = a[rows], b[rows]
    initial = (names.initial[x] == names.initial[y]) & ((names.length[x] <= 2) | (names.length[y] <= 2))
    nickname = _any_common(names.groups[x], names.groups[y]) | _any_common(names.parts[x], names.parts[y])
    open_ = np.flatnonzero(~initial & ~nickname)
    slip, similar = _spelling(names, x[open_], y[open_])
    out[rows[open_[similar]]] = GIVEN.level("similar")
    out[rows[open_[slip]]] = GIVEN.level("one slip apart")
    out[rows[initial]] = GIVEN.level("initial")
    out[rows[nickname & ~initial]] = GIVEN.level("nickname or part")
    forms = (names.form[x] * names.form[y] == 0) & (names.form[x] + names.form[y] == 1)  # Daniel is no slip of Daniela
    forms &= names.spelling[x] != names.spelling[y]
    out[rows[forms & ~nickname]] = GIVEN.level("different")
    return out


def _two_names(names: Names, level: Levels, a: Ints, b: Ints) -> Flags:
    """Tom and Tim, Fokko and Fokka: both are given names, or one stem with two endings; no spellings of one."""
    out = np.zeros(len(a), bool)
    alike = (level == GIVEN.level("one slip apart")) | (level == GIVEN.level("similar"))
    rows = np.flatnonzero((a >= 0) & (b >= 0) & (alike | (level == GIVEN.level("different"))))
    x, y = a[rows], b[rows]
    two = (names.in_use[x] & names.in_use[y]) | (alike[rows] & (names.stem[x] == names.stem[y]))
    out[rows] = two & (names.spelling[x] != names.spelling[y])
    return out


def _two_short_forms(names: Names, level: Levels, a: Ints, b: Ints) -> Flags:
    """Anke and Anja, Kathrin and Katja: names of their own today, though both come from one."""
    out = np.zeros(len(a), bool)
    rows = np.flatnonzero(level == GIVEN.level("nickname or part"))
    x, y = a[rows], b[rows]
    two = names.short[x] & names.short[y] & names.in_use[x] & names.in_use[y]
    out[rows] = two & (names.spelling[x] != names.spelling[y])
    return out


def _family(names: Names, a: Ints, b: Ints) -> Levels:
    out = np.where((a >= 0) & (b >= 0), FAMILY.level("different"), 0).astype(np.uint8)
    out[(a == b) & (a >= 0)] = FAMILY.level("same")
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    x, y = a[rows], b[rows]
    part = _any_common(names.parts[x], names.parts[y])
    slip, similar = _spelling(names, x, y)
    slip |= names.core[x] == names.core[y]  # von der Marwitz, v.d. Marwitz and Marwitz
    out[rows[similar]] = FAMILY.level("similar")
    out[rows[part]] = FAMILY.level("part")
    out[rows[slip]] = FAMILY.level("one slip apart")
    return out


def _mail(r: MatchRecords, left: Pairs, right: Pairs, misspelt: Flags, alike: Flags) -> tuple[Levels, Ints]:
    a, b = r.mail.slots[0][left], r.mail.slots[0][right]
    out = np.zeros(len(left), np.uint8)
    shared = _shared_value(r.mail, left, right)
    known = (a >= 0) & (b >= 0) & ~_either_shared(r.mail, a, b) & (shared < 0)
    rows = np.flatnonzero(known)
    x, y, of = a[rows], b[rows], r.mailboxes
    local, domain = of.local.codes[x] == of.local.codes[y], of.domain[x] == of.domain[y]
    free_x, free_y = of.free[x], of.free[y]
    level = np.full(len(rows), MAIL.level("other"), np.uint8)
    level[free_x != free_y] = MAIL.level("other kind of mailbox")
    level[domain & ~free_x] = MAIL.level("other at same domain")
    telling = np.flatnonzero(local)
    telling = telling[~alike[rows[telling]] | _spelt(of.local, x[telling]).str.contains(r"\d").to_numpy()]
    level[telling] = MAIL.level("same local part elsewhere")
    close = np.flatnonzero(local | domain)
    # max.mueller2@ is no slip of max.mueller@: firms number their namesakes.
    letters = [_spelt(of.local, side[close]).str.replace_many(list("0123456789"), [""]) for side in (x, y)]
    numbered = (letters[0] == letters[1]).to_numpy() & domain[close] & ~local[close]
    level[close[numbered & ~free_x[close]]] = MAIL.level("numbered")
    close = close[~numbered]
    distance = _distances(r.mail.values, x[close], y[close], 1)
    level[close[(distance <= 1) & ~misspelt[rows[close]]]] = MAIL.level("one slip apart")
    out[rows] = level
    out[shared >= 0] = MAIL.level("same")
    return out, shared


def _spelt(local: Coded, mailboxes: Ints) -> pl.Series:
    return local.values.gather(local.codes[mailboxes].astype(np.uint32))


def _phone(r: MatchRecords, left: Pairs, right: Pairs) -> tuple[Levels, Ints]:
    out = np.zeros(len(left), np.uint8)
    shared = _shared_value(r.phone, left, right)
    trunk_l, trunk_r = r.trunk.codes[left], r.trunk.codes[right]
    trunk = (trunk_l == trunk_r) & (trunk_l >= 0) & (shared < 0)
    both_direct = (r.direct[left] >= 0) & (r.direct[right] >= 0)
    for one in r.phone.slots:
        for other in r.phone.slots:
            a, b = one[left], other[right]
            rows = np.flatnonzero((a >= 0) & (b >= 0) & (shared < 0) & ~_either_shared(r.phone, a, b))
            x, y = a[rows], b[rows]
            rows, x, y = (v[r.phone_is_mobile[x] == r.phone_is_mobile[y]] for v in (rows, x, y))
            near = _distances(r.phone.values, x, y, 1) <= 1
            level = np.where(near, PHONE.level("one slip apart"), PHONE.level("different")).astype(np.uint8)
            out[rows] = np.where(out[rows] == 0, level, np.minimum(out[rows], level))
    out[trunk & ((out == 0) | (out == PHONE.level("different")))] = PHONE.level("other extension")
    out[trunk & ~both_direct] = PHONE.level("same trunk")
    out[shared >= 0] = PHONE.level("same")
    return out, shared


def _company(r: MatchRecords, left: Pairs, right: Pairs, near: Flags) -> Levels:
    a, b = r.company.codes[left], r.company.codes[right]
    da, db = r.domain.codes[left], r.domain.codes[right]
    sa, sb = r.stems.company[left], r.stems.company[right]
    ta, tb = r.stems.domain[left], r.stems.domain[right]
    same = ((a == b) & (a >= 0)) | ((da == db) & (da >= 0))
    similar = _equal(sa, sb) | _equal(sa, tb) | _equal(ta, sb) | _equal(ta, tb)
    known = ((a >= 0) & (b >= 0)) | ((da >= 0) & (db >= 0)) | ((a >= 0) & (db >= 0)) | ((da >= 0) & (b >= 0))
    rows = np.flatnonzero(near & ~same & ~similar & (a >= 0) & (b >= 0))
    similar[rows] = _like(r.company.values, a[rows], b[rows], 0.9)
    return np.select([same, similar, known], [1, 2, 3], 0).astype(np.uint8)


def _place(r: MatchRecords, left: Pairs, right: Pairs) -> Levels:
    a, b = r.postcode.codes[left], r.postcode.codes[right]
    ca, cb = r.city.codes[left], r.city.codes[right]
    both, both_city = (a >= 0) & (b >= 0), (ca >= 0) & (cb >= 0)
    out = np.where(both | both_city, PLACE.level("different"), 0).astype(np.uint8)
    near = np.zeros(len(left), bool)
    rows = np.flatnonzero(both & (a != b) & (ca != cb))
    near[rows] = _distances(r.postcode.values, a[rows], b[rows], 1) <= 1
    rows = np.flatnonzero(both_city & (ca != cb) & (a != b))
    near[rows] |= _like(r.city.values, ca[rows], cb[rows], 0.9)
    out[near] = PLACE.level("near")
    out[both_city & (ca == cb)] = PLACE.level("same city")
    out[both & (a == b)] = PLACE.level("same postcode")
    return out


def _street(r: MatchRecords, left: Pairs, right: Pairs) -> tuple[Levels, Levels]:
    """Street and second address line, which some sources swap."""
    a, b, x, y = r.street.codes[left], r.street.codes[right], r.extra.codes[left], r.extra.codes[right]
    crossed = (a != b) & (x != y) & (((a == y) & (a >= 0)) | ((b == x) & (b >= 0)))
    b, y = np.where(crossed, y, b), np.where(crossed, b, y)
    rows = np.flatnonzero(~crossed & (a >= 0) & (b >= 0) & (x >= 0) & (y >= 0) & (a != b) & (x != y))
    rows = rows[_like(r.lines, a[rows], y[rows], 0.85) & _like(r.lines, x[rows], b[rows], 0.85)]
    b[rows], y[rows] = y[rows], b[rows]
    ha, hb = r.house.codes[left], r.house.codes[right]
    street, extra = _line(r.lines, a, b, 4), _line(r.lines, x, y, 3)
    street[(street > 0) & (a == b)] = STREET.level("same street")
    street[(street > 0) & (a == b) & (ha == hb) & (ha >= 0)] = STREET.level("same house")
    street[(a != b) & (street > 0) & (street < 4)] = STREET.level("similar")
    return street, extra


def _line(values: pl.Series, a: Ints, b: Ints, different: int) -> Levels:
    known = (a >= 0) & (b >= 0)
    out = np.where(known, different, 0).astype(np.uint8)
    rows = np.flatnonzero(known & (a != b))
    out[rows[_like(values, a[rows], b[rows], 0.85)]] = 2
    out[known & (a == b)] = 1
    return out


SLIP_LENGTH = 7  # numbers are given out in sequence: in shorter ones the neighbour is one slip away


def _number(ids: Identifiers, left: Pairs, right: Pairs) -> Levels:
    a, b = ids.slots[0][left], ids.slots[0][right]
    out = _slip(a, b, Coded(ids.slots[0], ids.values, ids.people))
    short = np.append((ids.values.str.len_chars() < SLIP_LENGTH).fill_null(True).to_numpy(), True)
    out[(out == NUMBER.level("one slip apart")) & (short[a] | short[b])] = NUMBER.level("different")
    out[_either_shared(ids, a, b)] = 0
    return out


def _slip(a: Ints, b: Ints, coded: Coded) -> Levels:
    """Same, one typing slip apart, or different."""
    out = np.where((a >= 0) & (b >= 0), 3, 0).astype(np.uint8)
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    out[rows[_distances(coded.values, a[rows], b[rows], 1) <= 1]] = 2
    out[(a == b) & (a >= 0)] = 1
    return out


def _equal(a: Ints, b: Ints) -> Flags:
    return np.asarray((a == b) & (a >= 0))


def _unequal(a: Ints, b: Ints) -> Flags:
    return np.asarray((a != b) & (a >= 0) & (b >= 0))


def _either_shared(ids: Identifiers, a: Ints, b: Ints) -> Flags:
    shared = np.append(ids.shared, False)
    return np.asarray(shared[a] | shared[b])


def _shared_value(ids: Identifiers, left: Pairs, right: Pairs) -> Ints:
    """A value both sides carry and that is not known to be shared by many people; -1 where none."""
    found = np.full(len(left), -1, np.int32)
    shared = np.append(ids.shared, True)
    for one in ids.slots:
        a = one[left]
        for other in ids.slots:
            b = other[right]
            hit = (a == b) & ~shared[a] & (found < 0)
            found[hit] = a[hit]
    return found


def _any_common(a: Ints, b: Ints) -> Flags:
    found = np.zeros(len(a), bool)
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            found |= (a[:, i] == b[:, j]) & (a[:, i] >= 0)
    return found


def _spelling(names: Names, a: Ints, b: Ints) -> tuple[Flags, Flags]:
    """Pairs one typing slip apart; and pairs that sound alike or look much alike."""
    sound = _equal(names.sound[a], names.sound[b])
    similar = np.asarray(sound | _like(names.values, a, b, NAME_LIKENESS))
    long_enough = (names.length[a] > 2) & (names.length[b] > 2)
    return (_distances(names.values, a, b, 1) <= 1) & long_enough, similar


def _like(values: pl.Series, a: Ints, b: Ints, at_least: float) -> Flags:
    """Whether the pairs look alike by Jaro-Winkler."""
    scores = _on_distinct(values, a, b, scorer=JaroWinkler.similarity, cutoff=at_least, dtype=np.float32)
    return np.asarray(scores >= at_least)


def _distances(values: pl.Series, a: Ints, b: Ints, at_most: int) -> npt.NDArray[np.int32]:
    """Typing slips (optimal string alignment) between the pairs; at_most + 1 where more."""
    return _on_distinct(values, a, b, scorer=OSA.distance, cutoff=at_most, dtype=np.int32)


def _on_distinct(values: pl.Series, a: Ints, b: Ints, *, scorer: Any, cutoff: float, dtype: Any) -> npt.NDArray[Any]:
    """Scores of the pairs of values, each distinct pair computed once."""
    if not len(a):
        return np.zeros(0, dtype)
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    distinct, back = np.unique(low << 32 | high, return_inverse=True)
    one, other = (values.gather(c.astype(np.uint32)).to_list() for c in (distinct >> 32, distinct & 0xFFFFFFFF))
    return np.asarray(process.cpdist(one, other, scorer=scorer, score_cutoff=cutoff, dtype=dtype))[back]
