"""Survivorship: the declared rules by which a person's records give the golden lead its values.

Belongs here: `SURVIVORSHIP`, a table to be read, the conditions that several of its rules share, the sources a home
prefers (`data/survivorship.csv`). Does not belong here: what keys and rules are (`matching/golden/rules`), applying
them (`matching/golden`), which spelling is a typo (`matching/golden/typos`), who is the same person
(`matching/leads/clustering`).
The ideas follow Bleiholder & Naumann, "Data Fusion" (ACM Computing Surveys 2008): conflict resolution by
declared preference, never by mixing parts of one value.

How a rule decides: records that may give the value are ranked by the rule's keys, first key first; what is
still equal goes to the newest evidence, then offline before online, then source and record id. So a newer
but empty or invalid value never displaces an older valid one, and the order of the input does not matter.
A *block* is taken from one record as a whole. Names and places are decided in two steps: which name or place
(the keys), then its fullest statement among the records that agree with it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from engine.word_lists import entries
from enrichment.carried import ORIGIN
from enrichment.cells.distinct import each_once
from enrichment.cells.lost_letters import LOST_LETTERS
from matching.golden.rules import (
    SurvivorshipRule,
    dotless,
    extends,
    first,
    fuller_given,
    inner_capital,
    is_initials,
    is_nickname,
    longer,
    marked,
    same_fold,
    same_place,
    steps,
    wordier,
    worst_last,
)
from matching.word_lists import LISTS

NAMED = pl.col("name_status").is_in(["valid", "swapped", "partial"])
MANUAL = first("manual correction > machine", pl.col("_manual"))
CURRENT = first("not of a former employer", ~pl.col("_former"))
SOUND = {
    name: first("all letters arrived", ~pl.col(name).str.contains(LOST_LETTERS + r"|\?"))
    for name in ("given_name", "family_name")
}
MEANT = {
    name: first("not a typo of a better supported name", ~pl.col(f"_{name}_typo"))
    for name in ("given_name", "family_name")
}
NAME = steps("name_status", ("valid", "swapped"), ("partial",))
PHONE = ("valid",), ("possible",)
PLACE = steps("address_status", ("house_number", "street", "locality", "corrected"), ("unverifiable",), ("conflict",))

# The table to read. One row per field or block, decided top to bottom.
_RULES: tuple[SurvivorshipRule, ...] = (
    SurvivorshipRule(
        "newest_valid_name_best_spelling",
        ("family_name",),
        pl.col("family_name").is_not_null() & NAMED,
        (
            SOUND["family_name"],
            NAME,
            MANUAL,
            MEANT["family_name"],
        ),
        "Marriage changes names, so the newest; but Müller beats Mueller. Junk, roles and two persons stand aside.",
        "family_name",
        same_fold,
        (MEANT["family_name"], marked("family_name"), dotless("family_name"), inner_capital("family_name")),
    ),
    SurvivorshipRule(
        "full_given_name",
        ("given_name",),
        pl.col("given_name").is_not_null() & NAMED,
        (
            SOUND["given_name"],
            first("record of the surviving family name", pl.col("_family_agrees")),
            first("full name > initials", ~is_initials(pl.col("given_name"))),
            MEANT["given_name"],
            NAME,
            MANUAL,
        ),
        "A full name beats initials, Hans-Peter beats HP and Hans, umlauts beat transliteration.",
        "given_name",
        fuller_given,
        (
            first("full name > initials", ~is_initials(pl.col("given_name"))),
            wordier("given_name"),
            first("full name > nickname", ~each_once(pl.col("given_name"), is_nickname, pl.Boolean)),
            MEANT["given_name"],
            marked("given_name"),
            dotless("given_name"),
            longer("given_name"),
        ),
    ),
    SurvivorshipRule(
        "newest_stated",
        ("salutation",),
        pl.col("salutation").is_not_null(),
        (first("record of the surviving family name", pl.col("_family_agrees")), MANUAL),
        "As the person or a colleague last stated it; never inferred.",
    ),
    SurvivorshipRule(
        "fullest_title",
        ("academic_title",),
        pl.col("academic_title").is_not_null(),
        (longer("academic_title"),),
        "Titles accumulate: Prof. Dr. beats Dr.",
    ),
    SurvivorshipRule(
        "deliverable_company_mailbox",
        ("email",),
        pl.col("email").is_not_null() | pl.col("email_status").is_in(["invalid", "unknown"]),
        (
            first("has a value", pl.col("email").is_not_null()),
            steps("email_status", ("valid",), ("unknown",), ("risky",)),
            worst_last(
                "company mailbox of the current employer",
                ("disposable", pl.col("email_kind") == "disposable"),
                ("role", pl.col("email_kind") == "role"),
                ("former employer's", pl.col("_former")),
                ("freemail", pl.col("email_kind") == "freemail"),
            ),
            MANUAL,
            first("not a typo of a better supported address", ~pl.col("_email_typo")),
            first("address the person agreed to", pl.col("consent_email").is_in(["confirmed", "granted"])),
        ),
        "Verified first, then the mailbox sales can use, then the one with consent.",
        carried=("email_status", "email_kind", "email_suggestion"),
    ),
    SurvivorshipRule(
        "valid_direct_number",
        ("phone",),
        (pl.col("phone").is_not_null() | (pl.col("phone_status") == "invalid")) & ~pl.col("_former"),
        (
            first("has a value", pl.col("phone").is_not_null() & (pl.col("phone_status") != "invalid").fill_null(True)),
            steps("phone_status", *PHONE),
            first("direct line > switchboard", (pl.col("phone_extension") != "0").fill_null(True)),
            MANUAL,
        ),
        "Valid beats possible, a switchboard comes last; with its extension where known. No desk left behind.",
        "phone",
        extends,
        (steps("phone_status", *PHONE), longer("phone")),
        carried=("phone_status",),
    ),
    SurvivorshipRule(
        "valid_mobile",
        ("mobile",),
        pl.col("mobile").is_not_null() | (pl.col("mobile_status") == "invalid"),
        (
            first(
                "has a value", pl.col("mobile").is_not_null() & (pl.col("mobile_status") != "invalid").fill_null(True)
            ),
            steps("mobile_status", *PHONE),
            MANUAL,
        ),
        "A mobile number moves with its person.",
        carried=("mobile_status",),
    ),
    SurvivorshipRule(
        "newest_title_current_employer",
        ("job_title",),
        pl.col("job_title").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "A title at a former employer says nothing of the present one.",
    ),
    SurvivorshipRule(
        "newest_department_current_employer",
        ("department",),
        pl.col("department").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "A department of a former employer says nothing of the present one.",
    ),
    SurvivorshipRule(
        "address_block_newest_place",
        ("street", "house_number", "postcode", "city", "region", "country"),
        pl.any_horizontal(pl.col("street", "postcode", "city", "country").is_not_null()),
        (first("names a town", pl.col("_place").is_not_null()), PLACE, CURRENT, MANUAL),
        "One record gives the whole address: the newest verified place, in its fullest statement.",
        "_place",
        same_place,
        (
            PLACE,
            first("has street", pl.col("street").is_not_null()),
            first("has house number", pl.col("house_number").is_not_null()),
            marked("street"),
            steps("address_status", ("house_number",), ("street",), ("locality",), ("corrected",)),
        ),
        carried=("address_status", "address_suggestion"),
    ),
    SurvivorshipRule(
        "newest_fax_current_employer",
        ("fax",),
        pl.col("fax").is_not_null() & ~pl.col("_former") & ~pl.col("_fax_closed"),
        (MANUAL,),
        "No machine left behind, none that somebody objected to.",
    ),
    SurvivorshipRule(
        "newest_page",
        ("linkedin_url",),
        pl.col("linkedin_url").is_not_null(),
        (MANUAL,),
        "A page moves with its person; a company's page is none.",
    ),
    SurvivorshipRule(
        "newest_website_current_employer",
        ("website",),
        pl.col("website").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "As a record of the present employer last stated it; a page on a network or a mail provider's is none.",
    ),
    SurvivorshipRule(
        "newest_industry_current_employer",
        ("industry",),
        pl.col("industry").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "As a record of the present employer last stated it.",
    ),
    SurvivorshipRule(
        "newest_size_current_employer",
        ("employees",),
        pl.col("employees").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "As a record of the present employer last stated it: companies grow.",
    ),
    SurvivorshipRule(
        "newest_vat_id_current_employer",
        ("vat_id",),
        pl.col("vat_id").is_not_null() & ~pl.col("_former"),
        (MANUAL,),
        "Only numbers whose check digits hold.",
    ),
    SurvivorshipRule(
        "newest_number_of_ours",
        ("customer_no",),
        pl.col("_our_number").is_not_null(),
        (MANUAL,),
        "A number that a partner or fair gave to its own customers is none of ours.",
    ),
    SurvivorshipRule(
        "newest_origin",
        ORIGIN,
        pl.any_horizontal(pl.col(ORIGIN).is_not_null()),
        (),
        "How the lead came last; one record gives all of it, so that no campaign stands beside the tags of another.",
    ),
    SurvivorshipRule(
        "newest_interest",
        ("interest",),
        pl.col("interest").is_not_null(),
        (),
        "What somebody asked for last is what they want now.",
    ),
    SurvivorshipRule(
        "newest_note",
        ("note",),
        pl.col("note").is_not_null(),
        (),
        "The last conversation; the others stay with their records. An objection in any of them counts all the same.",
    ),
    SurvivorshipRule(
        "newest_located",
        ("ip_country", "ip_city", "ip_network"),
        pl.any_horizontal(pl.col("ip_country", "ip_city", "ip_network").is_not_null()),
        (first("not a VPN or hosting network", ~pl.col("ip_network_kind").is_in(["vpn", "hosting"]).fill_null(False)),),
        "Evidence of where the form was filled in; never overrides the form.",
    ),
    SurvivorshipRule(
        "newest_stated_language",
        ("language",),
        pl.col("language").is_not_null(),
        (first("stated by the source", pl.col("language_stated").is_not_null()),),
        "The language of the last contact.",
    ),
    SurvivorshipRule(
        "opt_out_wins",
        ("consent_email",),
        pl.col("_consent_email").is_not_null(),
        (
            steps("_consent_email", ("refused",), ("unclear",), ("confirmed",), ("granted",)),
            first("says so itself", pl.col("consent_email") == pl.col("_consent_email")),
        ),
        "An objection wins, whenever it came and whoever made it for the address; doubt beats consent to this one.",
    ),
    SurvivorshipRule(
        "opt_out_wins",
        ("consent_phone",),
        pl.col("_consent_phone").is_not_null(),
        (
            steps("_consent_phone", ("refused",), ("unclear",), ("confirmed",), ("granted",)),
            first("says so itself", pl.col("consent_phone") == pl.col("_consent_phone")),
        ),
        "An objection wins, whenever it came and whoever made it for the number; doubt beats consent.",
    ),
)


def _preferring(rule: SurvivorshipRule) -> SurvivorshipRule:
    """The rule with the sources this home prefers among records that are equal otherwise."""
    sources = entries(_PREFERRED.get(rule.name, ""))
    return replace(rule, ranking=(*rule.ranking, steps("source", *((name,) for name in sources)))) if sources else rule


_PREFERRED = {row["rule"]: row["preferred"] for row in LISTS.rows("survivorship.csv")}
SURVIVORSHIP = tuple(map(_preferring, _RULES))
