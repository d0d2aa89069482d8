"""Caution: pairs that look alike and yet are not merged unseen, because what agrees need not be one person's own.

Belongs here: the rules, each one sentence over comparison levels. Does not belong here: how likely a pair is
(`matching/leads/scoring`), what a level means (`matching/leads/comparison`).
A probability speaks for the usual pair; these are the unusual ones that experts name: families and namesakes in
one firm, married people, senior and junior. They wait for a person however likely they are.
"""

from __future__ import annotations

import numpy as np

from matching.leads.codes import Flags, Floats
from matching.leads.comparison import (
    BIRTH,
    COMPANY,
    FAMILY,
    GIVEN,
    MAIL,
    NUMBER,
    PHONE,
    PLACE,
    PROFILE,
    STREET,
    Comparison,
    Field,
    at,
)

RARE_NAME = 20  # bits: one person in a million has it, so a town has one


def held(c: Comparison, name_bits: Floats) -> Flags:
    """Only a person may merge these; `name_bits` says how rare the name is that they share."""
    given, family = _is(c, GIVEN, "different"), _is(c, FAMILY, "different")
    misspelt = _is(c, GIVEN, "one slip apart", "similar") | _is(c, FAMILY, "one slip apart", "similar")
    vouched, personal, common = _vouched(c), _personal(c), name_bits <= RARE_NAME
    rules = (
        # Couples, brothers and sisters share mailbox, mobile and address.
        given & ~vouched,
        # Tom and Tim, Daniele and Daniela: names of their own, not a slip; twins have one birth date and one address.
        c.two_names & ~_mailbox_or_number(c),
        # Anke and Anja come from one name, and are two sisters as well as one woman.
        c.two_short_forms & ~personal,
        # Mr Andrea and Mrs Andrea.
        c.other_salutation & ~personal,
        # A slip in the name and one in the number: brothers and sisters whose numbers were given out in a row.
        _is(c, GIVEN, "one slip apart", "similar") & _is(c, PHONE, "one slip apart") & ~personal,
        # A name lost on the way: what is left is the firm's as likely as the person's.
        ((c.levels[at(GIVEN)] == 0) | (c.levels[at(FAMILY)] == 0)) & ~personal,
        # Marriage, or another person with the firm's mobile: a mailbox of one's own or more must say so.
        family & ~vouched & ~_is(c, MAIL, "same"),
        _father_and_son(c),
        # Weber and Weber-Lenz at one switchboard.
        _is(c, FAMILY, "part") & ~personal,
        # jan.mueller@ and jan.moeller@: each mailbox spells its own name.
        misspelt & _is(c, MAIL, "other at same domain") & ~vouched & ~c.same_mobile,
        numbered(c),
        # A junior, and somebody of whom it is not said.
        c.one_generation & ~personal,
        # A firm may have two people of a common name, each with a mailbox, a number, a town or a department there.
        common & ~personal & (_is(c, MAIL, "other at same domain") | _is(c, PHONE, "different", "one slip apart")),
        common & ~personal & (_is(c, PLACE, "different") | c.other_department) & ~_is(c, PHONE, "same"),
        # Senior and junior of a rare name: two mailboxes in one firm and two mobiles, often numbered in a row.
        _is(c, MAIL, "other at same domain") & ~personal & (c.other_mobile | _is(c, PHONE, "one slip apart")),
        # Nothing but the names, and a town in which they are not rare, while firm, mailbox or number differ.
        ~(personal | _linked(c))
        & ~(_is(c, PLACE, "same postcode", "same city") & ~common)
        & (
            _other_mail(c)
            | _is(c, MAIL, "other kind of mailbox")
            | _apart(c)
            | (common & ~_is(c, PLACE, "same postcode", "same city", "near"))
        ),
    )
    return np.asarray(np.logical_or.reduce(rules))


def doubtful(c: Comparison) -> Flags:
    """Contradictions that only overwhelming agreement may overrule unseen.

    Another family name, another birth date, other number and other mailbox of one kind at once.
    """
    return np.asarray(
        (_is(c, FAMILY, "different") & ~_vouched(c))
        | (_is(c, BIRTH, "different") & ~_is(c, NUMBER, "same"))
        | (_other_mail(c) & _is(c, PHONE, "different"))
    )


def contradicting(c: Comparison, apart: Flags) -> Flags:
    """Pairs that no chain of others may bring together; `apart` says which are unlikely by themselves."""
    unlike = _is(c, FAMILY, "different") | _is(c, GIVEN, "different") | _is(c, BIRTH, "different")
    alike = _is(c, GIVEN, "one slip apart", "similar")
    other_given = (_is(c, GIVEN, "different") & ~_personal(c) & (_other_mail(c) | c.other_mobile)) | (
        alike & c.two_names & ~_own(c)
    )
    parts = ((apart & unlike), other_given, _father_and_son(c), _other_mail(c) & c.other_mobile, numbered(c))
    return np.asarray(np.logical_or.reduce(parts))


def ambiguous(c: Comparison) -> Flags:
    """Pairs that go by an initial, or by one name alone: they fit everybody of that name."""
    part = _is(c, GIVEN, "initial") | (c.levels[at(GIVEN)] == 0) | (c.levels[at(FAMILY)] == 0)
    return np.asarray(part & ~_personal(c))


def conflicting(c: Comparison) -> Flags:
    """Pairs that only sure links may bring together."""
    return _other_mail(c)


def numbered(c: Comparison) -> Flags:
    """Mailboxes numbered apart (max.mueller@ and max.mueller2@): the firm itself says that these are two."""
    return np.asarray(_is(c, MAIL, "numbered") & ~_is(c, PHONE, "same"))


def _is(c: Comparison, field: Field, *levels: str) -> Flags:
    return np.isin(c.levels[at(field)], [field.level(level) for level in levels])


def _vouched(c: Comparison) -> Flags:
    """The same birth date or personal number stands for a new name; a number may be the firm's."""
    number = _is(c, NUMBER, "same", "one slip apart") & ~_is(c, COMPANY, "same", "similar")
    return np.asarray(_is(c, BIRTH, "same") | number)


def _father_and_son(c: Comparison) -> Flags:
    """Two birth dates in one firm, and nothing of one's own that agrees."""
    return np.asarray(_is(c, BIRTH, "different") & _is(c, COMPANY, "same", "similar") & ~_personal(c))


def _personal(c: Comparison) -> Flags:
    """Something of one's own agrees."""
    return np.asarray(_own(c) | _is(c, MAIL, "one slip apart", "same local part elsewhere") | c.same_mobile)


def _mailbox_or_number(c: Comparison) -> Flags:
    """What even twins have each for themselves agrees."""
    birth = _is(c, BIRTH, "same") & c.same_mobile
    return np.asarray(_is(c, MAIL, "same") | _is(c, PROFILE, "same") | _is(c, NUMBER, "same") | birth)


def _own(c: Comparison) -> Flags:
    """The very mailbox or profile of one person agrees, or what vouches for a new name."""
    return np.asarray(_is(c, MAIL, "same") | _is(c, PROFILE, "same") | _vouched(c))


def _linked(c: Comparison) -> Flags:
    """Firm, number or house agree."""
    firm = _is(c, COMPANY, "same", "similar") | _is(c, STREET, "same house")
    return np.asarray(firm | _is(c, PHONE, "same", "one slip apart", "same trunk"))


def _apart(c: Comparison) -> Flags:
    return np.asarray(_is(c, COMPANY, "different") | _is(c, PHONE, "different") | _is(c, PLACE, "different"))


def _other_mail(c: Comparison) -> Flags:
    return _is(c, MAIL, "other", "other at same domain", "numbered")
