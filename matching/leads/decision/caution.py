"""Caution: pairs that look alike and yet are not merged unseen, because what agrees need not be one person's own.

Belongs here: the rules, each one sentence over comparison levels. Does not belong here: how likely a pair is
(`matching/leads/decision/scoring`), what a level means (`matching/leads/comparison/levels`).
A probability speaks for the usual pair; these are the unusual ones that experts name: families and namesakes in
one firm, married people, senior and junior. They wait for a person however likely they are.
"""

from __future__ import annotations

import numpy as np

from matching.leads.comparison.compare import Comparison
from matching.leads.comparison.levels import BIRTH, COMPANY, FAMILY, GIVEN, MAIL, NUMBER, PHONE, PLACE, PROFILE, STREET
from matching.leads.records.codes import Flags, Floats

FIRM = ("same", "of one account", "similar")  # levels at which a pair is at one company
RARE_NAME = 20  # bits: one person in a million has it, so a town has one


def held(c: Comparison, name_bits: Floats, sisters: Flags) -> Flags:
    """Only a person may merge these.

    Args:
        c: the pairs.
        name_bits: how rare the name is that they share.
        sisters: firms that are called alike, and a word tells them apart (`matching.leads.comparison.firm_words`).
    """
    given, family = c.reaches(GIVEN, "different"), c.reaches(FAMILY, "different")
    misspelt = c.reaches(GIVEN, "one slip apart", "similar") | c.reaches(FAMILY, "one slip apart", "similar")
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
        c.reaches(GIVEN, "one slip apart", "similar") & c.reaches(PHONE, "one slip apart") & ~personal,
        # A name lost on the way: what is left is the firm's as likely as the person's.
        (c.missing(GIVEN) | c.missing(FAMILY)) & ~personal,
        # Marriage, or another person with the firm's mobile: a mailbox of one's own or more must say so.
        family & ~vouched & ~c.reaches(MAIL, "same"),
        _father_and_son(c),
        # Weber and Weber-Lenz at one switchboard.
        c.reaches(FAMILY, "part") & ~personal,
        # jan.mueller@ and jan.moeller@: each mailbox spells its own name.
        misspelt & c.reaches(MAIL, "other at same domain") & ~vouched & ~c.same_mobile,
        numbered(c),
        # A junior, and somebody of whom it is not said.
        c.one_generation & ~personal,
        # Two firms, each with a mailbox of its own: a name in a town, however rare, is a family's.
        ~personal & c.reaches(COMPANY, "different") & _other_mail(c),
        # A firm may have two people of a common name, each with a mailbox, a number, a town or a department there.
        common & ~personal & (c.reaches(MAIL, "other at same domain") | c.reaches(PHONE, "different") | c.in_a_row),
        common & ~personal & (c.reaches(PLACE, "different") | c.other_department) & ~c.reaches(PHONE, "same"),
        # Sister firms at one house: what they are called agrees, and yet all that is known says that these are two.
        c.two_accounts
        & ~personal
        & c.reaches(COMPANY, "similar")
        & (_other_mail(c) | c.reaches(PHONE, "different") | c.reaches(PLACE, "different")),
        # A namesake at the sister firm, or at the like firm of another town: a number says that it is one person.
        sisters & may_be_sisters(c) & ~(c.reaches(PHONE, "same trunk") & ~common),
        # Senior and junior of a rare name: two mailboxes in one firm and two mobiles, often numbered in a row.
        c.reaches(MAIL, "other at same domain") & ~personal & (c.other_mobile | c.in_a_row),
        # Nothing but the names, and a town in which they are not rare, while firm, mailbox or number differ.
        ~(personal | _linked(c))
        & ~(c.reaches(PLACE, "same postcode", "same city") & ~common)
        & (
            _other_mail(c)
            | c.reaches(MAIL, "other kind of mailbox")
            | _apart(c)
            | (common & ~c.reaches(PLACE, "same postcode", "same city", "near"))
        ),
    )
    return np.asarray(np.logical_or.reduce(rules))


def may_be_sisters(c: Comparison) -> Flags:
    """Pairs at firms that are called alike, for which it matters whether a word tells the firms apart."""
    return np.asarray(c.reaches(COMPANY, "similar") & ~_personal(c) & ~c.reaches(PHONE, "same", "one slip apart"))


def doubtful(c: Comparison) -> Flags:
    """Contradictions that only overwhelming agreement may overrule unseen.

    Another family name, another birth date, other number and other mailbox of one kind at once.
    """
    return np.asarray(
        (c.reaches(FAMILY, "different") & ~_vouched(c))
        | (c.reaches(BIRTH, "different") & ~c.reaches(NUMBER, "same"))
        | (_other_mail(c) & c.reaches(PHONE, "different"))
    )


def contradicting(c: Comparison, apart: Flags) -> Flags:
    """Pairs that no chain of others may bring together; `apart` says which are unlikely by themselves."""
    unlike = c.reaches(FAMILY, "different") | c.reaches(GIVEN, "different") | c.reaches(BIRTH, "different")
    alike = c.reaches(GIVEN, "one slip apart", "similar")
    other_given = (c.reaches(GIVEN, "different") & ~_personal(c) & (_other_mail(c) | c.other_mobile)) | (
        alike & c.two_names & ~_own(c)
    )
    parts = ((apart & unlike), other_given, _father_and_son(c), _other_mail(c) & c.other_mobile, numbered(c))
    return np.asarray(np.logical_or.reduce(parts))


def ambiguous(c: Comparison) -> Flags:
    """Pairs that go by an initial, or by one name alone: they fit everybody of that name."""
    part = c.reaches(GIVEN, "initial") | c.missing(GIVEN) | c.missing(FAMILY)
    return np.asarray(part & ~_personal(c))


def conflicting(c: Comparison, unlikely: Flags) -> Flags:
    """Pairs that only sure links may bring together; `unlikely` says which hardly are one person by themselves.

    Of those, names a slip or two apart say little once others stand between them; two firms, numbers or towns do not.
    """
    return np.asarray(_other_mail(c) | (unlikely & _apart(c)))


def numbered(c: Comparison) -> Flags:
    """Mailboxes numbered apart (max.mueller@ and max.mueller2@): the firm itself says that these are two."""
    return np.asarray(c.reaches(MAIL, "numbered") & ~c.reaches(PHONE, "same"))


def _vouched(c: Comparison) -> Flags:
    """The same birth date or personal number stands for a new name; a number may be the firm's."""
    number = c.reaches(NUMBER, "same", "one slip apart") & ~c.reaches(COMPANY, *FIRM)
    return np.asarray(c.reaches(BIRTH, "same") | number)


def _father_and_son(c: Comparison) -> Flags:
    """Two birth dates in one firm, and nothing of one's own that agrees."""
    return np.asarray(c.reaches(BIRTH, "different") & c.reaches(COMPANY, *FIRM) & ~_personal(c))


def _personal(c: Comparison) -> Flags:
    """Something of one's own agrees."""
    return np.asarray(_own(c) | c.reaches(MAIL, "one slip apart", "same local part elsewhere") | c.same_mobile)


def _mailbox_or_number(c: Comparison) -> Flags:
    """What even twins have each for themselves agrees."""
    birth = c.reaches(BIRTH, "same") & c.same_mobile
    return np.asarray(c.reaches(MAIL, "same") | c.reaches(PROFILE, "same") | c.reaches(NUMBER, "same") | birth)


def _own(c: Comparison) -> Flags:
    """The very mailbox or profile of one person agrees, or what vouches for a new name."""
    return np.asarray(c.reaches(MAIL, "same") | c.reaches(PROFILE, "same") | _vouched(c))


def _linked(c: Comparison) -> Flags:
    """Firm, number or house agree."""
    firm = c.reaches(COMPANY, *FIRM) | c.reaches(STREET, "same house")
    return np.asarray(firm | c.reaches(PHONE, "same", "one slip apart", "same trunk"))


def _apart(c: Comparison) -> Flags:
    return np.asarray(c.reaches(COMPANY, "different") | c.reaches(PHONE, "different") | c.reaches(PLACE, "different"))


def _other_mail(c: Comparison) -> Flags:
    return c.reaches(MAIL, "other", "other at same domain", "numbered")
