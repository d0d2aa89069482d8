"""When two company rows are one account: a table of rules over name relation and evidence.

Belongs here: the rules, in order, first hit wins, each with its outcome, probability and reason.
Does not belong here: computing the evidence (`matching/accounts/linking/evidence`) or resolving chains
(`matching/accounts/linking/joining`).
Policy: one account per legal entity. Sources: HGB section 30 (within one town every firm name must be
clearly distinct, so the same name and form in one town is one company), HGB section 13 (a branch is
not an entity of its own), HGB section 19 (the legal form is part of the name).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from matching.accounts.linking.relations import Relation
from matching.first_hit import first_hit

SOME = 10.0
"""Bits from which a name says which company is meant within one town: `Dufner`, not `Müller`."""
RARE = 14.0
"""Bits from which a name alone finds its account in a list of leads."""
CLEAR = 18.0
"""Bits from which a name that is off by a letter still names one company."""
DOUBTFUL = 26.0
"""Bits from which the same name in another town is worth a look."""
ALIKE = 0.8
"""Share of letters in words with a counterpart from which a person's two names for a company are one."""
RESEMBLES = 0.5
"""The same for names at one domain or place, and for those of which one leaves words out."""
NEARLY = 0.95
"""The same for names that differ in a slip, whatever word it is in."""
LONGER = 0.6
"""The same for a name that says more than the other."""
FEW_HOMES = 3
"""Places up to which companies of one name are so few that a person can tell whether they are one."""
UNIQUE = 44.0
"""Bits from which no second company of that name is expected in another town: log2 of the 4 million
companies in DE, AT and CH is 22, taken twice, since the words of a name do not occur independently.
In practice three rare words, or a name the alias table vouches for."""


class Case(NamedTuple):
    """One row of the table: when it applies, what follows, how sure, and the reason shown."""

    reason: str
    when: pl.Expr
    outcome: str
    probability: float
    contradicts: bool = False
    """True when the pair must not be joined through others either."""


def _is(*relations: Relation) -> pl.Expr:
    return pl.col("relation").is_in([int(r) for r in relations])


def _flag(name: str) -> pl.Expr:
    return pl.col(name)


_SAME = _is(Relation.SAME)
_NEAR = _is(Relation.SAME, Relation.TYPO, Relation.SITE)
_CLOSE = _is(Relation.SAME, Relation.TYPO, Relation.ABBREVIATION, Relation.SITE, Relation.COUNTRY, Relation.LOOKALIKE)
_CUT = _is(Relation.ABBREVIATION, Relation.CUT)
_FAMILY = _is(Relation.COUNTRY, Relation.GROUP, Relation.ENTITY, Relation.EXTRA)
_RELATED = ~_is(Relation.NONE)

_CONTACT = _flag("same_domain") | _flag("same_phone")
_STRONG = _CONTACT | _flag("same_address")
_PLACE = _flag("same_postcode") | _flag("same_town")
_HERE = _STRONG | _PLACE
_SOME = pl.col("shared") >= SOME
_FAMILY_HERE = (_HERE & _SOME) | (_is(Relation.GROUP) & (_STRONG | _flag("same_postcode")))
_ONE_FORM = _flag("form_missing")
_OWN_DOMAIN = _flag("same_domain") & _flag("domain_of_few")
# Pharmacies, inns and practices are named after a house, and a city has several of one name.
_TWO_SHOPS = _flag("is_shop") & (_flag("other_postcode") | (_flag("other_address") & ~_flag("same_postcode")))

BY_EVIDENCE = (
    Case("same VAT number", _flag("same_vat") & (_RELATED | _STRONG), "merged", 0.998),
    Case("same VAT number and place", _flag("same_vat") & _PLACE & ~_flag("other_form"), "merged", 0.96),
    Case("same VAT number, different names", _flag("same_vat"), "review", 0.7),
    Case("same register number", _flag("same_register") & (_CLOSE | (_RELATED & _HERE)), "merged", 0.997),
    Case("different VAT numbers", _flag("other_vat") & _NEAR & _HERE, "review", 0.3, True),
    Case("different VAT numbers", _flag("other_vat"), "apart", 0.01),
    Case("different register numbers", _flag("other_register") & _NEAR & _HERE, "review", 0.3, True),
    Case("different register numbers", _flag("other_register"), "apart", 0.02),
    Case("different countries", _flag("other_country") & ~_CONTACT, "apart", 0.05),
    Case("named after two towns", _flag("two_towns") & _CLOSE & _CONTACT, "review", 0.2, True),
    Case("named after two towns", _flag("two_towns") & _CLOSE, "apart", 0.05),
    Case("same name, legal form differs", _flag("other_form") & _CLOSE & _HERE, "review", 0.4, True),
    Case("holding, group or partner of the other", _flag("other_form") & _FAMILY & _FAMILY_HERE, "review", 0.2, True),
    Case("legal form differs", _flag("other_form"), "apart", 0.05),
    # the same name
    Case("same name and domain", _SAME & _flag("same_domain"), "merged", 0.99),
    Case("same name and phone", _SAME & _flag("same_phone"), "merged", 0.99),
    Case("same name and address", _SAME & _flag("same_address"), "merged", 0.99),
    Case("same name and postcode", _SAME & _flag("same_postcode"), "merged", 0.97),
    Case("same name, numbers of one trunk", _SAME & _flag("same_trunk"), "merged", 0.97),
    Case("same name of a shop, two places in one town", _SAME & _flag("same_town") & _TWO_SHOPS, "review", 0.5, True),
    Case("same name and town", _SAME & _flag("same_town") & (~_ONE_FORM | _SOME), "merged", 0.96),
    Case("same frequent name in one town", _SAME & _flag("same_town"), "review", 0.6),
    # a typo
    Case("one or two letters differ; same domain or phone", _is(Relation.TYPO) & _CONTACT, "merged", 0.98),
    Case("one or two letters differ; same address", _is(Relation.TYPO) & _flag("same_address"), "merged", 0.98),
    Case("one or two letters differ; same postcode", _is(Relation.TYPO) & _flag("same_postcode"), "merged", 0.96),
    Case(
        "one or two letters differ; same town",
        _is(Relation.TYPO) & _flag("same_town") & (pl.col("bits") >= SOME),
        "merged",
        0.94,
    ),
    Case("one or two letters differ; same town", _is(Relation.TYPO) & _flag("same_town"), "review", 0.6),
    Case(
        "one or two letters differ; numbers of one trunk",
        _is(Relation.TYPO) & _flag("same_trunk") & (pl.col("bits") >= SOME),
        "merged",
        0.94,
    ),
    Case("a word is cut short; numbers of one trunk", _CUT & _flag("same_trunk") & _SOME, "merged", 0.93),
    Case("similar names at one domain or phone", _is(Relation.LOOKALIKE) & _CONTACT & (_PLACE | _SOME), "merged", 0.93),
    Case("similar common names", _is(Relation.LOOKALIKE) & _STRONG, "review", 0.5, True),
    # a suffix
    Case("one name adds its town", _flag("own_town") & _HERE & _SOME, "merged", 0.96),
    Case("one name adds its branch", _is(Relation.SITE) & _STRONG, "merged", 0.96),
    Case("one name adds its branch", _is(Relation.SITE) & _PLACE & _SOME, "merged", 0.94),
    Case("one name adds its country", _is(Relation.COUNTRY) & _HERE & _SOME & _ONE_FORM, "merged", 0.93),
    Case("a word is cut short; same domain, phone or address", _CUT & _STRONG, "merged", 0.96),
    Case("a word is cut short; same postcode", _is(Relation.ABBREVIATION) & _PLACE & _SOME, "merged", 0.93),
    Case("short name at its domain", _is(Relation.EXTRA) & _OWN_DOMAIN & _SOME & _ONE_FORM, "merged", 0.94),
    Case("short name at its phone", _is(Relation.EXTRA) & _flag("same_phone") & _SOME & _ONE_FORM, "merged", 0.94),
    Case("short name at its address", _is(Relation.EXTRA) & _flag("same_address") & _SOME & _ONE_FORM, "merged", 0.93),
    Case("short name at its domain and place", _is(Relation.EXTRA) & _OWN_DOMAIN & _PLACE & _SOME, "merged", 0.92),
    Case("initials at the domain, phone or address", _is(Relation.ACRONYM) & _STRONG, "merged", 0.94),
    # worth a look
    Case("holding, group or partner of the other", _FAMILY & _FAMILY_HERE, "review", 0.3, True),
    Case(
        "differ in words for group and holding", _is(Relation.GROUP) & _SOME & ~_flag("other_town"), "review", 0.3, True
    ),
    Case("initials in one town", _is(Relation.ACRONYM) & _PLACE, "review", 0.4),
    Case("some words shared at one domain or phone", _is(Relation.SIMILAR) & _CONTACT & _SOME, "review", 0.3),
)

_FORM_BITS = pl.when(_flag("same_form")).then(pl.col("form_bits")).otherwise(0.0)
_BITS = pl.col("bits") + _FORM_BITS
_ONE_HOME = _flag("homeless") & _flag("one_home")
_BRANCH = _flag("one_branch") & _flag("one_home") & _flag("other_town")

BY_NAME = (
    *BY_EVIDENCE,
    Case(
        "legal form or number differs",
        _flag("other_form") | _flag("other_vat") | _flag("other_register"),
        "apart",
        0.05,
    ),
    Case("different countries", _flag("other_country"), "apart", 0.05),
    Case(
        "same name, one domain name under two endings",
        _SAME & _flag("other_domain") & _flag("same_label") & ~_flag("other_town"),
        "review",
        0.5,
    ),
    Case("same name, different domains", _SAME & _flag("other_domain") & (_BITS >= RARE), "review", 0.4, True),
    Case("different domains", _flag("other_domain"), "apart", 0.05),
    Case("same name; the only company of that name", _SAME & _ONE_HOME & (_BITS >= RARE), "merged", 0.95),
    Case("same name; a branch in another town", _SAME & _BRANCH & (pl.col("bits") >= CLEAR), "merged", 0.93),
    Case(
        "same name; nothing else is known",
        _SAME & _flag("both_homeless") & (pl.col("homes") <= 1) & (~_ONE_FORM | _SOME),
        "merged",
        0.93,
    ),
    Case("same rare name and legal form", _SAME & _flag("same_form") & (_BITS >= UNIQUE), "merged", 0.93),
    Case("same unmistakable name", _SAME & pl.col("bits").ge(2 * UNIQUE), "merged", 0.92),
    Case("same name, another town", _SAME & (_BITS >= DOUBTFUL) & (pl.col("homes") <= FEW_HOMES), "review", 0.4),
    Case("one or two letters differ; else unique", _is(Relation.TYPO) & _ONE_HOME & (_BITS >= CLEAR), "merged", 0.92),
    Case("one or two letters differ", _is(Relation.TYPO) & _flag("both_homeless") & (_BITS >= CLEAR), "merged", 0.9),
    Case("one or two letters differ", _is(Relation.TYPO) & ~_flag("other_town") & (_BITS >= RARE), "review", 0.4),
    Case(
        "one name adds its town", _flag("own_town") & ~_flag("other_town") & (pl.col("shared") >= RARE), "review", 0.5
    ),
    Case(
        "one name adds its branch",
        _is(Relation.SITE) & (_ONE_HOME | _flag("both_homeless")) & (pl.col("shared") >= RARE),
        "merged",
        0.92,
    ),
    Case("differ in words for group and holding", _is(Relation.GROUP) & ~_flag("other_town") & _SOME, "review", 0.3),
    Case(
        "one name adds its country",
        _is(Relation.COUNTRY) & ~_flag("other_town") & (pl.col("shared") >= RARE),
        "review",
        0.3,
    ),
)

_OTHER_NUMBER = _flag("other_vat") | _flag("other_register")
_SISTERS = _is(Relation.GROUP, Relation.ENTITY)
_ALIKE = (pl.col("likeness") >= ALIKE) & ~_SISTERS
_RESEMBLES = (pl.col("likeness") >= RESEMBLES) & ~_SISTERS
_ELSEWHERE = (_flag("other_domain") & (_flag("other_town") | (~_flag("near_label") & ~_PLACE))) | _flag("two_towns")

_ALONE = (_flag("left_alone") | _flag("right_alone")) & ~_flag("two_towns")
_TELLING = _RELATED & _SOME & ~_SISTERS
_WITHIN = _flag("contained")
# sister companies differ in the one word that says what they do
_NO_SISTER = ~_SISTERS | _flag("one_cut") | (pl.col("words_less") > 1)
_MAY_BE = ~_ELSEWHERE & ~_flag("other_form") & (pl.col("likeness") > 0)

BY_PERSON = (
    Case("VAT number, register number or country differs", _OTHER_NUMBER | _flag("other_country"), "apart", 0.02),
    Case("named by this person alone, at one domain", _ALONE & _flag("same_domain") & _RESEMBLES, "merged", 0.95),
    Case("named by this person alone, at one place", _ALONE & _HERE & _RESEMBLES, "merged", 0.94),
    Case("named by this person alone, names alike", _ALONE & _ALIKE & ~_ELSEWHERE, "merged", 0.93),
    Case(
        "named by this person alone, at one place; a telling word shared",
        _ALONE & _HERE & _TELLING & _WITHIN,
        "merged",
        0.93,
    ),
    Case("named by this person alone, cut short", _flag("begins_alone") & _MAY_BE & _NO_SISTER, "merged", 0.93),
    Case("named by this person alone, a slip apart", _ALONE & (pl.col("likeness") >= NEARLY) & _MAY_BE, "merged", 0.93),
    Case(
        "named by this person alone, words left out",
        _flag("short_alone") & (pl.col("likeness") >= RESEMBLES) & _WITHIN & _NO_SISTER & _MAY_BE,
        "merged",
        0.93,
    ),
    Case(
        "named by this person alone, words added or cut short",
        _ALONE & (pl.col("likeness") >= LONGER) & _TELLING & (_WITHIN | _flag("one_cut")) & _MAY_BE,
        "merged",
        0.92,
    ),
    Case("one person named both, but the legal form differs", _flag("other_form") & _CLOSE, "review", 0.4, True),
    Case("legal form differs", _flag("other_form"), "apart", 0.05),
    Case("one person named two companies of one name", _CLOSE & _ELSEWHERE, "review", 0.4),
    Case("one person named both; the same name", _SAME, "merged", 0.96),
    Case(
        "one person named both; names alike",
        _CLOSE | _is(Relation.ACRONYM, Relation.CUT) | _flag("own_town"),
        "merged",
        0.95,
    ),
    Case("one person named both; most words alike", _ALIKE & ~_ELSEWHERE, "merged", 0.94),
    Case(
        "one person named both; one name is short",
        _is(Relation.EXTRA) & _ONE_FORM & ~_ELSEWHERE & _SOME,
        "merged",
        0.93,
    ),
    Case("one person named both", _RELATED & _SOME & ~_ELSEWHERE, "review", 0.4),
)
"""For pairs that one person named, with the columns of `matching.accounts.linking.people.rows_of_one_person` and
those of `matching.accounts.linking.likeness` besides. What nobody else names is, in doubt, this person's slip: its
legal form and a single strange word are not believed."""

APART = Case("nothing in common but words", pl.lit(True), "apart", 0.01)


def judge(evidence: pl.DataFrame, rules: tuple[Case, ...]) -> pl.DataFrame:
    """Add outcome, probability, reason and contradicts to `evidence` (columns of `evidence.compare`).

    Among links of the same rule the one with more columns that agree is a little more probable.
    """
    table = [*rules, APART]
    found = evidence.select(rule=first_hit(rule.when for rule in table))["rule"]
    probability = pl.Series([r.probability for r in table], dtype=pl.Float32).gather(found)
    return evidence.with_columns(
        outcome=pl.Series([r.outcome for r in table]).gather(found),
        probability=(probability + 0.0005 * pl.col("agreeing")).clip(0, 1).cast(pl.Float32),
        reason=pl.Series([r.reason for r in table]).gather(found),
        contradicts=pl.Series([r.contradicts for r in table]).gather(found),
    )
