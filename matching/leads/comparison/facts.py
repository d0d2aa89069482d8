"""Facts of pairs, field by field: what is equal, what a slip apart, what alike. The words levels are written in.

Belongs here: comparing the values of two records, each fact looked at only for the pairs asked. Does not belong here:
what the facts make of a pair (`matching/leads/comparison/levels`), which values are compared
(`matching/leads/comparison/compare`). Sources: optimal string alignment (Damerau-Levenshtein without overlapping swaps)
for slips; Jaro-Winkler (Winkler, String Comparator Metrics, 1990) for likeness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from matching.leads.records.codes import Flags, Ints
from matching.leads.records.match_records import Identifiers, MatchRecords
from matching.leads.records.names import PersonNames

NAME_LIKENESS = 0.88  # Jaro-Winkler from which two spellings may be one name
COMPANY_LIKENESS = 0.9
CITY_LIKENESS = 0.9
LINE_LIKENESS = 0.85
ROW_OF_MOBILES = 10
ROW_OF_EXTENSIONS = 1_000
TELLING_LENGTH = 7  # numbers are given out in sequence: in shorter ones the neighbour is one slip away

Pairs = npt.NDArray[np.uint32]  # record numbers, one side of pairs
_DIGITS = list("0123456789")
P = TypeVar("P", bound="Pairwise")


@dataclass(frozen=True)
class Pairwise:
    """Pairs side by side: each array has one entry (or row) per pair; tables of values have none."""

    @property
    def n(self) -> int:
        return next(len(v) for v in vars(self).values() if isinstance(v, np.ndarray))

    @property
    def known(self) -> Flags:
        """Whether both sides say something that can be compared."""
        raise NotImplementedError

    def at(self: P, rows: npt.NDArray[Any]) -> P:
        """Some of the pairs, by flag or by row."""
        return type(self)(*(v[rows] if isinstance(v, np.ndarray) else v for v in vars(self).values()))

    def only(self: P, worth: Flags, test: Callable[[P], Flags]) -> Flags:
        """Where a test that costs holds, of the pairs that are worth it."""
        out = worth.copy()
        out[worth] = test(self.at(np.flatnonzero(worth)))
        return out


@dataclass(frozen=True)
class Codes(Pairwise):
    """Two codes of one column, -1 = missing."""

    a: Ints
    b: Ints

    @property
    def known(self) -> Flags:
        return both(self.a, self.b)

    @property
    def equal(self) -> Flags:
        return equal(self.a, self.b)


@dataclass(frozen=True)
class GivenNames(Codes):
    """`other_salutation`: one side says Herr, the other Frau, and both a family name."""

    other_salutation: Flags
    names: PersonNames

    @property
    def full(self) -> Flags:
        """One name, and no initial."""
        return self.equal & (np.append(self.names.length, 0)[self.a] > 2)

    @property
    def initial(self) -> Flags:
        length, first = self.names.length, self.names.initial
        return np.asarray((first[self.a] == first[self.b]) & ((length[self.a] <= 2) | (length[self.b] <= 2)))

    @property
    def nickname_or_part(self) -> Flags:
        groups, parts = self.names.groups, self.names.parts
        return common(groups[self.a], groups[self.b]) | common(parts[self.a], parts[self.b])

    @property
    def two_forms(self) -> Flags:
        """Daniel is no slip of Daniela: a man's and a woman's form, neither spellings nor nicknames of one name."""
        unlike = self.only(unequal(self.a, self.b), GivenNames._two_forms)
        return self.only(unlike, lambda p: ~p.nickname_or_part)

    def _two_forms(self) -> Flags:
        form, spelling = self.names.form, self.names.spelling
        one_of_each = (form[self.a] * form[self.b] == 0) & (form[self.a] + form[self.b] == 1)
        return np.asarray(one_of_each & (spelling[self.a] != spelling[self.b]))

    @property
    def one_slip(self) -> Flags:
        return one_slip_in_name(self.names, self.a, self.b)

    @property
    def similar(self) -> Flags:
        return similar_names(self.names, self.a, self.b)


@dataclass(frozen=True)
class FamilyNames(Codes):
    names: PersonNames

    @property
    def one_slip_or_prefix(self) -> Flags:
        """A slip, or the words before the name: von der Marwitz, v.d. Marwitz and Marwitz."""
        core = self.names.core
        return np.asarray((core[self.a] == core[self.b]) | one_slip_in_name(self.names, self.a, self.b))

    @property
    def similar(self) -> Flags:
        return similar_names(self.names, self.a, self.b)

    @property
    def part(self) -> Flags:
        parts = self.names.parts
        return common(parts[self.a], parts[self.b])


@dataclass(frozen=True)
class NameOrder(Pairwise):
    named: Flags
    swapped: Flags

    @property
    def known(self) -> Flags:
        return self.named


@dataclass(frozen=True)
class Mails(Codes):
    """The first mailboxes; `shared`: the one that both have among all of theirs.

    Mailboxes are made from names. `misspelt_name`: the family names are not the same, so a slip in the mailbox is no
    slip; `one_name`: both names are alike, so a like local part is no news.
    """

    shared: Ints
    misspelt_name: Flags
    one_name: Flags
    of: MatchRecords

    @property
    def known(self) -> Flags:
        return self.same | (both(self.a, self.b) & ~either_shared(self.of.mail, self.a, self.b))

    @property
    def same(self) -> Flags:
        return np.asarray(self.shared >= 0)

    @property
    def one_local_part(self) -> Flags:
        return np.asarray(self.of.mailboxes.local.codes[self.a] == self.of.mailboxes.local.codes[self.b])

    @property
    def one_domain(self) -> Flags:
        return np.asarray(self.of.mailboxes.domain[self.a] == self.of.mailboxes.domain[self.b])

    @property
    def in_one_firm(self) -> Flags:
        return self.one_domain & ~self.of.mailboxes.free[self.a]

    @property
    def of_one_kind(self) -> Flags:
        return np.asarray(self.of.mailboxes.free[self.a] == self.of.mailboxes.free[self.b])

    @property
    def telling_local_part(self) -> Flags:
        """One local part, which the two names alone do not explain: they differ, or there are digits in it."""
        digits = self.only(self.one_local_part & self.one_name, lambda p: p._local(p.a).str.contains(r"\d").to_numpy())
        return digits | (self.one_local_part & ~self.one_name)

    @property
    def numbered(self) -> Flags:
        """max.mueller2@ is no slip of max.mueller@: firms number their namesakes."""
        return self.only(self.one_domain & ~self.one_local_part, Mails._but_for_digits_alike)

    @property
    def one_slip(self) -> Flags:
        near = (self.one_local_part | self.one_domain) & ~self.misspelt_name
        near = self.only(near, lambda p: ~p.numbered)
        return self.only(near, lambda p: one_slip(p.of.mail.values, p.a, p.b))

    def _but_for_digits_alike(self) -> Flags:
        one, other = (self._local(side).str.replace_many(_DIGITS, [""]) for side in (self.a, self.b))
        return (one == other).to_numpy()

    def _local(self, mailboxes: Ints) -> pl.Series:
        local = self.of.mailboxes.local
        return local.values.gather(local.codes[mailboxes].astype(np.uint32))


@dataclass(frozen=True)
class Phones(Pairwise):
    """All numbers of the records `left` and `right`; `shared`: the number both have."""

    left: Pairs
    right: Pairs
    shared: Ints
    one_trunk: Flags
    both_direct: Flags
    of: MatchRecords

    @property
    def known(self) -> Flags:
        return any_of(self.same, self.one_trunk, *(worth for worth, _, _ in self._of_one_kind()))

    @property
    def same(self) -> Flags:
        return np.asarray(self.shared >= 0)

    @property
    def at_switchboard(self) -> Flags:
        """One trunk, and no two extensions."""
        return self.one_trunk & ~self.both_direct

    @property
    def in_a_row(self) -> Flags:
        """Given out side by side: mobiles of one order, direct numbers of one trunk."""
        mobile = np.append(self.of.phone_is_mobile, False)
        value = np.append(
            self.of.phone.values.str.extract(r"(\d+)").cast(pl.Int64, strict=False).fill_null(0).to_numpy(), 0
        )
        found = np.zeros(self.n, bool)
        for worth, a, b in self._of_one_kind():
            found |= worth & (np.abs(value[a] - value[b]) < np.where(mobile[a], ROW_OF_MOBILES, ROW_OF_EXTENSIONS))
        return found

    @property
    def one_slip(self) -> Flags:
        found = np.zeros(self.n, bool)
        for worth, a, b in self._of_one_kind():
            rows = np.flatnonzero(worth & ~found)
            found[rows] = one_slip(self.of.phone.values, a[rows], b[rows])
        return found

    def _of_one_kind(self) -> Iterator[tuple[Flags, Ints, Ints]]:
        """Two mobile numbers, or two landlines, that no firm shares."""
        ids, mobile = self.of.phone, np.append(self.of.phone_is_mobile, False)
        for one, other in product(ids.slots, ids.slots):
            a, b = one[self.left], other[self.right]
            yield both(a, b) & ~either_shared(ids, a, b) & (mobile[a] == mobile[b]), a, b


@dataclass(frozen=True)
class Companies(Pairwise):
    """Company names (`a`, `b`), company domains and accounts of the records `left` and `right`."""

    a: Ints
    b: Ints
    domain_a: Ints
    domain_b: Ints
    left: Pairs
    right: Pairs
    in_one_area: Flags
    of: MatchRecords

    @property
    def known(self) -> Flags:
        told = ((self.a >= 0) | (self.domain_a >= 0)) & ((self.b >= 0) | (self.domain_b >= 0))
        return np.asarray(told | self.one_account)

    @property
    def same(self) -> Flags:
        return equal(self.a, self.b) | equal(self.domain_a, self.domain_b)

    @property
    def one_account(self) -> Flags:
        """However they spell it, both belong to one company by all that is known of companies."""
        account = self.of.account.codes
        return equal(account[self.left], account[self.right])

    @property
    def one_stem(self) -> Flags:
        """A name or a domain begins like the name or the domain of the other."""
        stems = self.of.stems.company, self.of.stems.domain
        return any_of(*(equal(a[self.left], b[self.right]) for a, b in product(stems, stems)))

    @property
    def similar_nearby(self) -> Flags:
        return self.only(
            self.in_one_area & both(self.a, self.b), lambda p: like(p.of.company.values, p.a, p.b, COMPANY_LIKENESS)
        )


@dataclass(frozen=True)
class Places(Pairwise):
    """Postcodes (`a`, `b`) and cities."""

    a: Ints
    b: Ints
    city_a: Ints
    city_b: Ints
    postcodes: pl.Series
    cities: pl.Series

    @property
    def known(self) -> Flags:
        return both(self.a, self.b) | both(self.city_a, self.city_b)

    @property
    def one_postcode(self) -> Flags:
        return equal(self.a, self.b)

    @property
    def one_city(self) -> Flags:
        return equal(self.city_a, self.city_b)

    @property
    def near(self) -> Flags:
        """A slip in the postcode, or in the city."""
        other = ~self.one_postcode & ~self.one_city
        slip = self.only(other & both(self.a, self.b), lambda p: one_slip(p.postcodes, p.a, p.b))
        alike = other & both(self.city_a, self.city_b) & ~slip
        return slip | self.only(alike, lambda p: like(p.cities, p.city_a, p.city_b, CITY_LIKENESS))


@dataclass(frozen=True)
class Lines(Codes):
    """Address lines."""

    values: pl.Series

    @property
    def similar(self) -> Flags:
        return like(self.values, self.a, self.b, LINE_LIKENESS)


@dataclass(frozen=True)
class Streets(Lines):
    house_a: Ints
    house_b: Ints

    @property
    def one_house(self) -> Flags:
        return self.equal & equal(self.house_a, self.house_b)


@dataclass(frozen=True)
class Births(Codes):
    """Birth dates; `two_generations`: one side is called senior, the other junior."""

    two_generations: Flags
    dates: pl.Series

    @property
    def one_slip(self) -> Flags:
        return one_slip(self.dates, self.a, self.b)


@dataclass(frozen=True)
class Numbers(Codes):
    """Numbers that somebody gave a person."""

    of: Identifiers

    @property
    def known(self) -> Flags:
        return both(self.a, self.b) & ~either_shared(self.of, self.a, self.b)

    @property
    def one_slip(self) -> Flags:
        long_enough = (self.of.values.str.len_chars() >= TELLING_LENGTH).fill_null(False).to_numpy()
        return self.only(
            long_enough[self.a] & long_enough[self.b],
            lambda p: one_slip(p.of.values, p.a, p.b),
        )


@dataclass(frozen=True)
class Profiles(Codes):
    """`shared`: the profile both have."""

    shared: Ints

    @property
    def known(self) -> Flags:
        return self.same | both(self.a, self.b)

    @property
    def same(self) -> Flags:
        return np.asarray(self.shared >= 0)


def both(a: Ints, b: Ints) -> Flags:
    """Both sides say something."""
    return np.asarray((a >= 0) & (b >= 0))


def equal(a: Ints, b: Ints) -> Flags:
    """Both sides say the same."""
    return np.asarray((a == b) & (a >= 0))


def unequal(a: Ints, b: Ints) -> Flags:
    """Each side says something else."""
    return np.asarray((a != b) & (a >= 0) & (b >= 0))


def common(a: Ints, b: Ints) -> Flags:
    """Any column of a side is any column of the other."""
    found = np.zeros(len(a), bool)
    for one, other in product(a.T, b.T):
        found |= (one == other) & (one >= 0)
    return found


def any_of(*flags: Flags) -> Flags:
    """Whether one of them is true."""
    return reduce(np.logical_or, flags)


def either_shared(ids: Identifiers, a: Ints, b: Ints) -> Flags:
    """One of the values is known to be shared by many people."""
    shared = np.append(ids.shared, False)
    return np.asarray(shared[a] | shared[b])


def shared_value(ids: Identifiers, left: Pairs, right: Pairs) -> Ints:
    """A value both records carry and that is not known to be shared by many people; -1 where none."""
    found = np.full(len(left), -1, np.int32)
    shared = np.append(ids.shared, True)
    for one, other in product(ids.slots, ids.slots):
        a, b = one[left], other[right]
        hit = (a == b) & ~shared[a] & (found < 0)
        found[hit] = a[hit]
    return found


def one_slip(values: pl.Series, a: Ints, b: Ints) -> Flags:
    """Pairs of unequal values at most one typing slip apart (optimal string alignment)."""
    return np.asarray(_on_distinct(values, a, b, scorer=OSA.distance, cutoff=1, dtype=np.int32) <= 1)


def like(values: pl.Series, a: Ints, b: Ints, at_least: float) -> Flags:
    """Pairs of values that look alike by Jaro-Winkler."""
    scores = _on_distinct(values, a, b, scorer=JaroWinkler.similarity, cutoff=at_least, dtype=np.float32)
    return np.asarray(scores >= at_least)


def one_slip_in_name(names: PersonNames, a: Ints, b: Ints) -> Flags:
    """One slip of a hand or an eye apart, in names long enough for that; a missed umlaut is one letter, not two."""
    long_enough = (names.length[a] > 2) & (names.length[b] > 2)
    slip = (one_slip(names.values, a, b) | equal(names.looks[a], names.looks[b])) & long_enough
    rows = np.flatnonzero((names.umlaut[a] | names.umlaut[b]) & long_enough & ~slip)
    slip[rows] = one_slip(names.bare, a[rows], b[rows])
    return np.asarray(slip)


def similar_names(names: PersonNames, a: Ints, b: Ints) -> Flags:
    """Names that sound alike or look much alike."""
    return equal(names.sound[a], names.sound[b]) | like(names.values, a, b, NAME_LIKENESS)


def _on_distinct(values: pl.Series, a: Ints, b: Ints, *, scorer: Any, cutoff: float, dtype: Any) -> npt.NDArray[Any]:
    """Scores of the pairs of values, each distinct pair computed once."""
    if not len(a):
        return np.zeros(0, dtype)
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    distinct, back = np.unique(low << 32 | high, return_inverse=True)
    one, other = (values.gather(c.astype(np.uint32)).to_list() for c in (distinct >> 32, distinct & 0xFFFFFFFF))
    return np.asarray(process.cpdist(one, other, scorer=scorer, score_cutoff=cutoff, dtype=dtype))[back]
