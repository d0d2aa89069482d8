"""Every proportion of the sample, in one place.

Belongs here: how much of what the generator makes: sources, people, companies, and each kind of dirt with the
sentence that explains it. The codes are what `truth.parquet` lists in `distortions`.
Does not belong here: how a value is damaged (`damage`) or how files are laid out (`layouts`).
The shares are estimates of an ordinary mid-size B2B lead inbox, raised for rare kinds so that
10,000 leads show each of them at least a few times.
"""

from __future__ import annotations

from typing import Final, NamedTuple

SOURCES: Final = {
    "web_form": 0.25,
    "newsletter": 0.13,
    "webinar": 0.10,
    "linkedin_ads": 0.10,
    "whitepaper": 0.08,
    "demo_request": 0.04,
    "trade_fair_scan": 0.10,
    "business_cards": 0.06,
    "field_sales": 0.05,
    "partner_list": 0.05,
    "event_guests": 0.02,
    "call_center": 0.02,
}
"""Share of the source records that arrive by each source."""

FILL: Final[dict[str, dict[str, float]]] = {
    "web_form": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.98, "phone": 0.6, "company": 0.9, "job_title": 0.6,
        "street": 0.3, "house_number": 1.0, "postcode": 0.55, "city": 0.55, "country": 0.9, "note": 0.3,
        "consent_email": 0.95, "ip_address": 0.97, "user_agent": 0.97, "language": 0.9, "lead_source": 0.8,
    },
    "newsletter": {
        "salutation": 0.7, "given_name": 1.0, "family_name": 1.0, "email": 1.0, "company": 0.45, "language": 0.9,
        "consent_doi_at": 0.8, "consent_email": 1.0, "opt_out": 1.0, "ip_address": 0.9,
    },
    "webinar": {
        "given_name": 1.0, "family_name": 1.0, "email": 1.0, "company": 0.92, "job_title": 0.85, "country": 0.9,
        "phone": 0.3, "lead_source": 1.0, "consent_email": 0.9, "language": 0.6,
    },
    "linkedin_ads": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.97, "phone": 0.4, "company": 0.97, "job_title": 0.95,
        "country": 0.8, "lead_source": 1.0,
    },
    "whitepaper": {
        "given_name": 1.0, "family_name": 1.0, "email": 1.0, "phone": 0.35, "job_title": 0.7, "company": 0.9,
        "postcode": 0.5, "city": 0.6, "country": 0.9, "consent_email": 1.0, "consent_purpose": 0.9,
        "ip_address": 0.97, "user_agent": 0.97, "language": 0.9, "lead_source": 1.0,
    },
    "demo_request": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.99, "phone": 0.8, "mobile": 0.5, "company": 0.97,
        "job_title": 0.7, "street": 0.9, "house_number": 1.0, "postcode": 0.95, "city": 0.97, "country": 0.9,
        "note": 0.5, "consent_email": 0.9, "ip_address": 0.95, "user_agent": 0.95, "budget": 0.4, "timeframe": 0.5,
    },
    "trade_fair_scan": {
        "salutation": 0.8, "academic_title": 0.9, "given_name": 1.0, "family_name": 1.0, "email": 0.9, "phone": 0.7,
        "mobile": 0.5, "company": 0.98, "department": 0.4, "job_title": 0.75, "street": 0.9, "house_number": 1.0,
        "postcode": 0.95, "city": 0.97, "country": 0.9, "interest": 0.6, "note": 0.4, "consent_email": 0.4,
        "rating": 0.8,
    },
    "business_cards": {
        "academic_title": 0.95, "given_name": 1.0, "family_name": 1.0, "email": 0.93, "phone": 0.9, "mobile": 0.7,
        "company": 0.98, "department": 0.3, "job_title": 0.85, "street": 0.9, "house_number": 1.0, "postcode": 0.95,
        "city": 0.97, "country": 0.9, "note": 0.15,
    },
    "field_sales": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.7, "phone": 0.85, "mobile": 0.5, "company": 0.99,
        "department": 0.3, "job_title": 0.6, "street": 0.9, "house_number": 1.0, "postcode": 0.95, "city": 0.97,
        "country": 0.9, "birth_date": 0.15, "vat_id": 0.3, "customer_no": 0.06, "note": 0.5,
    },
    "partner_list": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.8, "phone": 0.85, "fax": 0.3, "company": 1.0,
        "company_addition": 0.12, "department": 0.2, "street": 0.9, "house_number": 1.0, "postcode": 0.95,
        "city": 0.97, "country": 0.9, "birth_date": 0.2, "vat_id": 0.5, "opt_out": 1.0,
    },
    "event_guests": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.75, "phone": 0.6, "company": 0.95, "postcode": 0.8,
        "city": 0.9, "country": 0.6,
    },
    "call_center": {
        "given_name": 1.0, "family_name": 1.0, "email": 0.4, "phone": 0.95, "mobile": 0.4, "company": 0.97,
        "opt_out": 1.0, "note": 0.6,
    },
}  # fmt: skip
"""The fields each source carries, and how often they are filled in where the person has them."""

RECORDS_PER_PERSON: Final = (0.56, 0.22, 0.11, 0.06, 0.03, 0.02)
"""Share of people who appear in 1, 2, 3, ... source records."""

PEOPLE_PER_COMPANY: Final = 2.6
"""Mean contacts per company; sizes follow a power law, so that the biggest have dozens."""

COUNTRIES: Final = {
    "DE": 0.80,
    "AT": 0.07,
    "CH": 0.075,
    "LI": 0.005,
    "GB": 0.012,
    "US": 0.010,
    "FR": 0.009,
    "NL": 0.008,
    "IT": 0.006,
    "PL": 0.005,
}
"""Share of companies by country."""

COMPANY_KINDS: Final = {
    "founder": 0.30,
    "founder_trade": 0.20,
    "invented": 0.24,
    "acronym": 0.10,
    "trade_town": 0.08,
    "public": 0.05,
    "group": 0.03,
}
"""How company names are made."""

SIBLINGS: Final = {
    "same_core_other_form": 0.015,
    "same_core_other_town": 0.02,
    "subsidiary": 0.03,
    "general_partner": 0.006,
}
"""Share of companies that get a look-alike or a subsidiary, which is another company."""

UMLAUT_DOMAINS: Final = 0.06
"""Share of the German companies with an umlaut in the name that have it in their mail domain too."""

LONG_EXTENSIONS: Final = 0.3
"""Share of the German and Austrian companies whose extensions have three digits instead of two."""

PEOPLE: Final = {
    "male": 0.62,
    "private": 0.04,
    "job_change": 0.04,
    "married": 0.012,
    "couple": 0.012,
    "father_and_son": 0.002,
    "freelancer_with_client_mail": 0.004,
    "has_mobile": 0.72,
    "has_private_email": 0.40,
    "switchboard_only": 0.14,
    "double_family_name": 0.025,
    "particle": 0.015,
    "composed_family_name": 0.30,
    "foreign_origin": 0.13,
}
"""Share of people with a trait."""

BURSTS: Final = {"double_submit": 0.006, "bot_people_per_record": 1 / 20000, "bot_downloads": 30}
"""Forms sent twice within seconds (share of records), and bots that fetch one white paper thirty times."""

BIG_FILE_ROWS: Final = 50_000
"""Rows after which a source starts its next file."""


REPEATED: Final = {"newsletter": "copied", "event_guests": "re-sorted"}
"""Sources whose last file is delivered once more under another name."""

LOOSE_ROWS: Final = {"ragged": 0.0006, "header_repeated": 0.4, "total": 1.0}
"""Lines that are no lead and not in the truth: rows cut off or with cells too many (share of the leads), the header
again in the middle, a total below (share of the text files)."""


class Dirt(NamedTuple):
    """A kind of damage or variation: the share of the records that carry the field, and what it is."""

    share: float
    meaning: str


DIRT: Final = {
    # whole record
    "junk": Dirt(0.006, "Test entry or placeholder instead of a person; belongs to nobody (person_id null)"),
    "two_persons": Dirt(0.002, "Two persons in one cell; belongs to no single person (person_id null)"),
    "formula": Dirt(0.0008, "A spreadsheet formula in a text field"),
    "mojibake": Dirt(0.004, "UTF-8 read as Windows text: Ã¼ for ü, repairable"),
    "encoding_loss": Dirt(0.003, "Letters lost to an encoding: replacement character, not repairable"),
    # name
    "nickname": Dirt(0.05, "Short or everyday form of the given name"),
    "initial": Dirt(0.05, "Only the initial of the given name"),
    "given_missing": Dirt(0.02, "No given name"),
    "half_double_given": Dirt(0.30, "Only the first half of a double given name"),
    "swapped": Dirt(0.015, "Given and family name in each other's field"),
    "last_first": Dirt(0.05, "`Family, Given` where the source has one name cell"),
    "umlaut_written_out": Dirt(0.07, "ae, oe, ue, ss for ä, ö, ü, ß"),
    "umlaut_dropped": Dirt(0.02, "a, o, u for ä, ö, ü"),
    "given_typo": Dirt(0.015, "One letter wrong, missing, doubled or swapped"),
    "family_typo": Dirt(0.02, "One letter wrong, missing, doubled or swapped"),
    "name_upper": Dirt(0.03, "NAME IN CAPITALS"),
    "name_lower": Dirt(0.02, "name in small letters"),
    "title_in_name": Dirt(0.5, "Academic title in the name field"),
    "salutation_in_name": Dirt(0.01, "Herr or Frau in the name field"),
    "department_as_name": Dirt(0.004, "A department in place of a person (person_id null)"),
    "name_spaces": Dirt(0.02, "Doubled, leading, trailing or non-breaking spaces"),
    "married": Dirt(1.0, "Family name changed by marriage in later records"),
    # e-mail
    "email_private": Dirt(0.10, "Private mailbox although employed"),
    "email_shared": Dirt(0.05, "Shared company mailbox such as info@"),
    "email_upper": Dirt(0.05, "Capitals"),
    "email_spaces": Dirt(0.03, "Spaces, zero-width or non-breaking characters"),
    "email_display_name": Dirt(0.012, "`Max Muster <max@...>`"),
    "email_mailto": Dirt(0.008, "mailto: in front"),
    "email_at_word": Dirt(0.012, "(at), [at] or ` at ` for @"),
    "email_two": Dirt(0.010, "Two addresses in a cell, the person's own first"),
    "email_two_reversed": Dirt(0.004, "Two addresses in a cell, a shared mailbox first"),
    "email_domain_typo": Dirt(0.012, "Misspelt domain or top-level domain; suggested, never changed"),
    "email_broken": Dirt(0.008, "No mailbox can be made out of it"),
    "email_stray": Dirt(0.012, "Stray dot, comma, bracket or quote around the address"),
    "email_disposable": Dirt(0.003, "Throw-away mailbox"),
    "email_punycode": Dirt(0.3, "An umlaut domain in its xn-- form"),
    # phone
    "phone_switchboard": Dirt(0.06, "Switchboard instead of the direct line"),
    "phone_no_plus": Dirt(0.03, "Country code without plus or zeros: 49 711 ..."),
    "phone_words": Dirt(0.04, "Extension in words: DW 12, App. 12, Durchwahl 12, ext. 12"),
    "phone_prefix": Dirt(0.02, "Tel.:, p: or Fon in front"),
    "phone_two": Dirt(0.012, "Two numbers in a cell, the own first"),
    "phone_in_mobile": Dirt(0.015, "Landline in the mobile column"),
    "mobile_in_phone": Dirt(0.05, "Mobile number in the phone column"),
    "phone_excel": Dirt(0.006, "Damaged by Excel: 4,92064E+12; lost"),
    "phone_lost_zero": Dirt(0.012, "Leading zero lost: 711 12345"),
    "phone_float": Dirt(0.006, "A number's decimal tail: 4971112345.0"),
    "phone_dummy": Dirt(0.006, "0000000, 123456 or the like; no number"),
    "phone_service": Dirt(0.003, "Hotline or premium number; not a contact number"),
    "phone_broken": Dirt(0.004, "Digits missing; lost"),
    "phone_typo": Dirt(0.006, "One digit wrong; cannot be seen"),
    # address
    "postcode_lost_zero": Dirt(0.5, "Leading zero of an East German postcode lost"),
    "postcode_float": Dirt(0.012, "70173.0"),
    "postcode_prefix": Dirt(0.02, "D-70173"),
    "postcode_typo": Dirt(0.008, "One digit wrong or two swapped"),
    "postcode_missing": Dirt(0.03, "No postcode"),
    "city_in_postcode": Dirt(0.006, "`70173 Stuttgart` in the postcode cell"),
    "city_conflict": Dirt(0.004, "Another town's name beside the postcode"),
    "city_typo": Dirt(0.012, "Misspelt town"),
    "city_folded": Dirt(0.05, "Town with ae, oe, ue or in capitals"),
    "city_variant": Dirt(0.4, "Frankfurt/Main, Halle/Saale, Kempten: another usual form of the town"),
    "country_missing": Dirt(0.35, "No country"),
    "street_short": Dirt(0.25, "Str. for Straße"),
    "street_ss": Dirt(0.10, "Strasse for Straße"),
    "street_typo": Dirt(0.01, "Misspelt street"),
    "house_number_spaced": Dirt(0.3, "12 a for 12a, 5 - 7 for 5-7"),
    "po_box": Dirt(0.012, "Postfach instead of street"),
    "care_of": Dirt(0.004, "c/o or z.Hd. in the street cell"),
    # company
    "company_no_form": Dirt(0.16, "Without legal form"),
    "company_form_long": Dirt(0.03, "Legal form spelt out"),
    "company_form_variant": Dirt(0.08, "Legal form in another notation: G.m.b.H., GMBH+CO.KG, mbH"),
    "company_upper": Dirt(0.05, "CAPITALS"),
    "company_lower": Dirt(0.02, "small letters"),
    "company_and": Dirt(0.35, "&, und, u. or + exchanged"),
    "company_umlaut": Dirt(0.08, "ae, oe, ue, ss for ä, ö, ü, ß"),
    "company_typo": Dirt(0.015, "One letter wrong"),
    "company_abbreviated": Dirt(0.08, "A long word shortened: Maschb., Techn., Vers."),
    "company_alias": Dirt(0.5, "The name everybody uses: VW"),
    "company_department": Dirt(0.015, "Department behind the name: `, Abt. Einkauf`"),
    "company_attention": Dirt(0.004, "`z.Hd. Frau Schmidt, Einkauf` behind the name"),
    "company_site": Dirt(0.025, "Branch, works or town behind the name"),
    "company_missing": Dirt(0.04, "No company"),
    "company_liquidation": Dirt(0.003, "i.L. or in Insolvenz behind the name"),
    "company_quotes": Dirt(0.008, 'Quotes or "Fa." around the name'),
    "company_private": Dirt(1.0, "privat, selbständig or a dash: a private person"),
    # network, time, consent
    "ip_private": Dirt(0.03, "Private, carrier or loopback address"),
    "ip_list": Dirt(0.10, "Forwarded list, the client first"),
    "ip_mapped": Dirt(0.02, "IPv4 mapped to IPv6"),
    "ip_invalid": Dirt(0.01, "`unknown` or not an address"),
    "ip_elsewhere": Dirt(0.04, "Address from another country"),
    "time_ambiguous": Dirt(0.003, "An hour that occurs twice when summer time ends, without zone"),
    "time_missing": Dirt(0.01, "No time"),
    "opt_out": Dirt(0.04, "Objection to advertising"),
    # files
    "letters_lost": Dirt(1.0, "Letters the file's encoding does not have, written as question marks"),
}
"""Each kind of dirt, by code."""
