"""Comparison: how alike two records are, field by field, in levels that read like a specification.

Belongs here: the levels, and which level a pair reaches. Does not belong here: what a level is worth
(`matching/scoring`). Level 0 always means that a side is missing: it says nothing either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from matching.records import Coded, Flags, Identifiers, Ints, MatchRecords, Names

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


GIVEN = Field("given name", ("same", "nickname or part", "initial", "similar", "different"))
FAMILY = Field("family name", ("same", "similar", "part", "different"))
ORDER = Field("name order", ("same", "swapped"))
MAIL = Field(
    "e-mail",
    ("same", "one typo apart", "same local part elsewhere", "other kind of mailbox", "other", "other at same domain"),
)
PHONE = Field("phone", ("same", "one digit apart", "same trunk", "different"))
COMPANY = Field("company", ("same", "similar", "different"))
PLACE = Field("place", ("same postcode", "same city", "near", "different"))
STREET = Field("street", ("same house", "same street", "similar", "different"))
BIRTH = Field("birth date", ("same", "one slip apart", "different"))
NUMBER = Field("personal number", ("same", "one slip apart", "different"))
PROFILE = Field("profile", ("same", "different"))
FIELDS = (GIVEN, FAMILY, ORDER, MAIL, PHONE, COMPANY, PLACE, STREET, BIRTH, NUMBER, PROFILE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Levels per field (in FIELDS order) for each pair, and the codes whose rarity counts.

    `given`, `family`: the name codes compared on the left and right (swapped back where they were swapped);
    `mail`, `phone`, `number`, `profile`: the code both sides share, -1 where none.
    """

    levels: npt.NDArray[np.uint8]
    given: tuple[Ints, Ints]
    family: tuple[Ints, Ints]
    mail: Ints
    phone: Ints
    number: Ints
    profile: Ints


def compare(records: MatchRecords, left: Pairs, right: Pairs) -> Comparison:
    """Levels of the pairs (left[i], right[i])."""
    r = records
    gl, gr, fl, fr = r.given[left], r.given[right], r.family[left], r.family[right]
    crossed = (gl != gr) & (fl != fr) & (((gl == fr) & (gl >= 0)) | ((fl == gr) & (fl >= 0)))
    gr, fr = np.where(crossed, fr, gr), np.where(crossed, gr, fr)
    named = (gl >= 0) & (gr >= 0) & (fl >= 0) & (fr >= 0)
    levels = np.zeros((len(FIELDS), len(left)), np.uint8)
    levels[0] = _given(r.names, gl, gr)
    levels[1] = _family(r.names, fl, fr)
    levels[2] = np.where(named, 1 + crossed, 0)
    levels[3], mail = _mail(r, left, right)
    levels[4], phone = _phone(r, left, right)
    levels[5] = _company(r, left, right)
    levels[6] = _place(r, left, right)
    levels[7] = _street(r, left, right)
    levels[8] = _slip(r.birth.codes[left], r.birth.codes[right], r.birth)
    number = _shared_value(r.person_no, left, right)
    number_codes = r.person_no.slots[0]
    levels[9] = _slip(number_codes[left], number_codes[right], _as_coded(r.person_no))
    levels[9][_either_shared(r.person_no, number_codes[left], number_codes[right])] = 0
    profile = _shared_value(r.profile, left, right)
    profile_known = (r.profile.slots[0][left] >= 0) & (r.profile.slots[0][right] >= 0)
    levels[10] = np.where(profile >= 0, 1, np.where(profile_known, 2, 0))
    return Comparison(levels, (gl, gr), (fl, fr), mail, phone, number, profile)


def _given(names: Names, a: Ints, b: Ints) -> Levels:
    out = np.where((a >= 0) & (b >= 0), GIVEN.level("different"), 0).astype(np.uint8)
    out[(a == b) & (a >= 0)] = GIVEN.level("same")
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    x, y = a[rows], b[rows]
    initial = (names.initial[x] == names.initial[y]) & ((names.length[x] <= 2) | (names.length[y] <= 2))
    nickname = _any_common(names.groups[x], names.groups[y]) | _any_common(names.parts[x], names.parts[y])
    similar = np.zeros(len(rows), bool)
    open_ = np.flatnonzero(~initial & ~nickname)
    similar[open_] = _similar(names, x[open_], y[open_])
    out[rows[similar]] = GIVEN.level("similar")
    out[rows[initial]] = GIVEN.level("initial")
    out[rows[nickname & ~initial]] = GIVEN.level("nickname or part")
    return out


def _family(names: Names, a: Ints, b: Ints) -> Levels:
    out = np.where((a >= 0) & (b >= 0), FAMILY.level("different"), 0).astype(np.uint8)
    out[(a == b) & (a >= 0)] = FAMILY.level("same")
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    x, y = a[rows], b[rows]
    part = _any_common(names.parts[x], names.parts[y])
    similar = np.zeros(len(rows), bool)
    open_ = np.flatnonzero(~part)
    similar[open_] = _similar(names, x[open_], y[open_])
    out[rows[similar]] = FAMILY.level("similar")
    out[rows[part]] = FAMILY.level("part")
    return out


def _mail(r: MatchRecords, left: Pairs, right: Pairs) -> tuple[Levels, Ints]:
    a, b = r.mail.slots[0][left], r.mail.slots[0][right]
    out = np.zeros(len(left), np.uint8)
    shared = _shared_value(r.mail, left, right)
    known = (a >= 0) & (b >= 0) & ~_either_shared(r.mail, a, b) & (shared < 0)
    rows = np.flatnonzero(known)
    x, y = a[rows], b[rows]
    local, domain = r.mail_local.codes[x] == r.mail_local.codes[y], r.mail_domain[x] == r.mail_domain[y]
    free_x, free_y = r.mail_free[x], r.mail_free[y]
    level = np.full(len(rows), MAIL.level("other"), np.uint8)
    level[free_x != free_y] = MAIL.level("other kind of mailbox")
    level[domain & ~free_x] = MAIL.level("other at same domain")
    level[local] = MAIL.level("same local part elsewhere")
    close = np.flatnonzero(local | domain)
    distance = _distances(r.mail.values, x[close], y[close], 2)
    level[close[distance <= 2]] = MAIL.level("one typo apart")
    out[rows] = level
    out[shared >= 0] = MAIL.level("same")
    return out, shared


def _phone(r: MatchRecords, left: Pairs, right: Pairs) -> tuple[Levels, Ints]:
    out = np.zeros(len(left), np.uint8)
    shared = _shared_value(r.phone, left, right)
    trunk_l, trunk_r = r.trunk.codes[left], r.trunk.codes[right]
    trunk = (trunk_l == trunk_r) & (trunk_l >= 0) & (shared < 0)
    for one in r.phone.slots:
        for other in r.phone.slots:
            a, b = one[left], other[right]
            rows = np.flatnonzero((a >= 0) & (b >= 0) & (shared < 0) & ~_either_shared(r.phone, a, b))
            x, y = a[rows], b[rows]
            rows, x, y = (v[r.phone_is_mobile[x] == r.phone_is_mobile[y]] for v in (rows, x, y))
            near = _distances(r.phone.values, x, y, 1) <= 1
            level = np.where(near, PHONE.level("one digit apart"), PHONE.level("different")).astype(np.uint8)
            out[rows] = np.where(out[rows] == 0, level, np.minimum(out[rows], level))
    out[trunk] = PHONE.level("same trunk")
    out[shared >= 0] = PHONE.level("same")
    return out, shared


def _company(r: MatchRecords, left: Pairs, right: Pairs) -> Levels:
    a, b = r.company.codes[left], r.company.codes[right]
    da, db = r.domain.codes[left], r.domain.codes[right]
    sa, sb = r.company_stem[left], r.company_stem[right]
    ta, tb = r.domain_stem[left], r.domain_stem[right]
    same = ((a == b) & (a >= 0)) | ((da == db) & (da >= 0))
    similar = _equal(sa, sb) | _equal(sa, tb) | _equal(ta, sb) | _equal(ta, tb)
    known = ((a >= 0) & (b >= 0)) | ((da >= 0) & (db >= 0)) | ((a >= 0) & (db >= 0)) | ((da >= 0) & (b >= 0))
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


def _street(r: MatchRecords, left: Pairs, right: Pairs) -> Levels:
    a, b = r.street.codes[left], r.street.codes[right]
    ha, hb = r.house.codes[left], r.house.codes[right]
    known = (a >= 0) & (b >= 0)
    out = np.where(known, STREET.level("different"), 0).astype(np.uint8)
    rows = np.flatnonzero(known & (a != b))
    out[rows[_like(r.street.values, a[rows], b[rows], 0.85)]] = STREET.level("similar")
    out[known & (a == b)] = STREET.level("same street")
    out[known & (a == b) & (ha == hb) & (ha >= 0)] = STREET.level("same house")
    return out


def _slip(a: Ints, b: Ints, coded: Coded) -> Levels:
    """Same, one typing slip apart, or different."""
    out = np.where((a >= 0) & (b >= 0), 3, 0).astype(np.uint8)
    rows = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    out[rows[_distances(coded.values, a[rows], b[rows], 1) <= 1]] = 2
    out[(a == b) & (a >= 0)] = 1
    return out


def _as_coded(ids: Identifiers) -> Coded:
    return Coded(ids.slots[0], ids.values, ids.people)


def _equal(a: Ints, b: Ints) -> Flags:
    return np.asarray((a == b) & (a >= 0))


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


def _similar(names: Names, a: Ints, b: Ints) -> Flags:
    """Two spellings of one name: they sound alike and look fairly alike, or look very much alike."""
    sound = _equal(names.sound[a], names.sound[b]) & (names.initial[a] == names.initial[b])
    return np.asarray(sound | _like(names.values, a, b, NAME_LIKENESS))


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
