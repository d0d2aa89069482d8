"""Levels: how far two records may agree, one table a field, each level with its condition and its meaning.

Belongs here: the fields that are compared and their levels, the closest first; of a pair's conditions the first that
holds decides. Does not belong here: the facts that conditions speak of (`matching/leads/comparison/facts`), comparing
records (`matching/leads/comparison/compare`), what a level is worth (`matching/leads/beliefs`,
`matching/leads/model/chance`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import numpy.typing as npt

from matching.leads.comparison.facts import (
    Births,
    Companies,
    FamilyNames,
    GivenNames,
    Lines,
    Mails,
    NameOrder,
    Numbers,
    P,
    Pairwise,
    Phones,
    Places,
    Profiles,
    Streets,
)
from matching.leads.records.codes import Flags

Levels = npt.NDArray[np.uint8]

MISSING = 0  # a side says nothing: nothing follows, either way
CLOSEST = 1  # the first level of every field


@dataclass(frozen=True)
class Level(Generic[P]):
    """How far a pair agrees in one field, when it does, and what is meant."""

    name: str
    when: Callable[[P], Flags]
    meaning: str


@dataclass(frozen=True, eq=False)
class Field(Generic[P]):
    """A compared field and its levels 1, 2, ...; the last one is what is left.

    `unless`: pairs that contradict each other, the last level whatever else is known of them.
    """

    name: str
    levels: tuple[Level[P], ...]
    unless: Callable[[P], Flags] | None = None

    @property
    def size(self) -> int:
        """Number of levels, the missing one included."""
        return len(self.levels) + 1

    def level(self, name: str) -> int:
        """The number of a level.

        Raises:
            ValueError: the field has no such level.
        """
        return [level.name for level in self.levels].index(name) + 1

    def words(self, level: int) -> str:
        """The name of a level that is not missing."""
        return self.levels[level - 1].name

    def in_order(self, by_level: Mapping[str, float]) -> tuple[float, ...]:
        """The values of the levels 1, 2, ..."""
        return tuple(by_level[level.name] for level in self.levels)

    def reached(self, pairs: P) -> Levels:
        """The level of each pair; later conditions are looked at only where no earlier one holds."""
        known = pairs.known
        out = np.full(len(known), MISSING, np.uint8)
        if self.unless is not None:
            contradict = self.unless(pairs)
            out[contradict] = len(self.levels)
            known = known & ~contradict
        rows = left = np.flatnonzero(known)
        for number, level in enumerate(self.levels, CLOSEST):
            pairs = pairs.at(left)
            reached = level.when(pairs)
            out[rows[reached]] = number
            left = np.flatnonzero(~reached)
            rows = rows[left]
        return out


def otherwise(pairs: Pairwise) -> Flags:
    """What is left."""
    return np.ones(pairs.n, bool)


GIVEN: Field[GivenNames] = Field(
    "given name",
    (
        Level("same", lambda p: p.equal, "One name, or one initial"),
        Level("nickname or part", lambda p: p.nickname_or_part & ~p.initial, "Uli and Ulrich, Hans and Hans-Peter"),
        Level("initial", lambda p: p.initial, "M. and Maria"),
        Level("one slip apart", lambda p: p.one_slip, "A letter wrong, missing, too many or swapped with the next"),
        Level("similar", lambda p: p.similar, "They sound or look alike"),
        Level("different", otherwise, "Another name, a man's and a woman's form, Herr and Frau"),
    ),
    # Frau S. is not Herr S.; with a full name said twice, the salutation is the likelier slip.
    unless=lambda p: p.two_forms | (p.other_salutation & ~p.full),
)
FAMILY: Field[FamilyNames] = Field(
    "family name",
    (
        Level("same", lambda p: p.equal, "One name"),
        Level("one slip apart", lambda p: p.one_slip_or_prefix, "A slip, or without the words before: von, van der"),
        Level("similar", lambda p: p.only(p.similar, lambda q: ~q.part), "They sound or look alike"),
        Level("part", lambda p: p.part, "One of them in a double name: Weber and Weber-Lenz"),
        Level("different", otherwise, "Another name"),
    ),
)
ORDER: Field[NameOrder] = Field(
    "name order",
    (
        Level("same", lambda p: ~p.swapped, "Given and family name each in its place"),
        Level("swapped", otherwise, "The given name of one is the family name of the other"),
    ),
)
MAIL: Field[Mails] = Field(
    "e-mail",
    (
        Level("same", lambda p: p.same, "A personal mailbox that both have"),
        Level("one slip apart", lambda p: p.one_slip, "A slip in the local part or in the domain"),
        Level(
            "same local part elsewhere",
            lambda p: p.telling_local_part,
            "One local part at two domains that the two names alone do not explain",
        ),
        Level("other kind of mailbox", lambda p: ~p.of_one_kind, "One private, one of a firm: people have both"),
        Level("other", lambda p: ~p.in_one_firm, "Two private ones, or of two firms"),
        Level("other at same domain", lambda p: ~p.numbered, "Two of one firm, which gives each person one"),
        Level("numbered", otherwise, "max.mueller@ and max.mueller2@: a firm tells its namesakes apart"),
    ),
)
PHONE: Field[Phones] = Field(
    "phone",
    (
        Level("same", lambda p: p.same, "A personal number that both have"),
        Level("one slip apart", lambda p: p.one_slip & ~p.at_switchboard, "A digit wrong, missing, too many, swapped"),
        Level("same trunk", lambda p: p.at_switchboard, "One switchboard, and an extension on one side at most"),
        Level("other extension", lambda p: p.one_trunk, "One switchboard, two extensions"),
        Level("different", otherwise, "Two mobile numbers or two landlines"),
    ),
)
COMPANY: Field[Companies] = Field(
    "company",
    (
        Level("same", lambda p: p.same, "One company name or one domain"),
        Level("of one account", lambda p: p.one_account, "Spellings, domains or branches of one account"),
        Level("similar", lambda p: p.one_stem | p.similar_nearby, "Names or domains that begin alike, or look alike"),
        Level("different", otherwise, "Another company"),
    ),
)
PLACE: Field[Places] = Field(
    "place",
    (
        Level("same postcode", lambda p: p.one_postcode, "One postcode"),
        Level("same city", lambda p: p.one_city, "One city, no or another postcode"),
        Level("near", lambda p: p.near, "A slip in the postcode, or cities written alike"),
        Level("different", otherwise, "Another place"),
    ),
)
STREET: Field[Streets] = Field(
    "street",
    (
        Level("same house", lambda p: p.one_house, "One street and number"),
        Level("same street", lambda p: p.equal, "One street, another number or none"),
        Level("similar", lambda p: p.similar, "Written alike"),
        Level("different", otherwise, "Another street"),
    ),
)
EXTRA: Field[Lines] = Field(
    "address line 2",
    (
        Level("same", lambda p: p.equal, "One line"),
        Level("similar", lambda p: p.similar, "Written alike"),
        Level("different", otherwise, "Another line"),
    ),
)
BIRTH: Field[Births] = Field(
    "birth date",
    (
        Level("same", lambda p: p.equal, "One date"),
        Level("one slip apart", lambda p: p.one_slip, "A digit wrong, or two swapped"),
        Level("different", otherwise, "Another date, or senior and junior"),
    ),
    unless=lambda p: p.two_generations,
)
NUMBER: Field[Numbers] = Field(
    "personal number",
    (
        Level("same", lambda p: p.equal, "One customer number of one issuer"),
        Level("one slip apart", lambda p: p.one_slip, "A slip in a long number"),
        Level("different", otherwise, "Another number"),
    ),
)
PROFILE: Field[Profiles] = Field(
    "profile",
    (
        Level("same", lambda p: p.same, "One profile page"),
        Level("different", otherwise, "Another profile page"),
    ),
)
FIELDS: tuple[Field[Any], ...] = (
    *(GIVEN, FAMILY, ORDER, MAIL, PHONE, COMPANY),
    *(PLACE, STREET, EXTRA, BIRTH, NUMBER, PROFILE),
)


def at(field: Field[Any]) -> int:
    """Row of a field in an array of the levels of all."""
    return FIELDS.index(field)


def worth_saying(field: Field[Any], level: int) -> bool:
    """Whether a level tells a person anything: names in the usual order do not."""
    return level != MISSING and not (field is ORDER and level == CLOSEST)
