"""Closed vocabularies: every status a column may hold, with its meaning.

Belongs here: the words and one sentence each. Does not belong here: the rules that choose one.
A verdict is dated evidence; `unknown` and `unverifiable` are honest answers.
"""

from __future__ import annotations

EMAIL = {
    "valid": "Syntax and domain are sound and nothing speaks against it",
    "risky": "Deliverable perhaps, but a role mailbox, disposable, catch-all or a suspected typo",
    "invalid": "Cannot be delivered: broken syntax, unknown top-level domain, no mail server",
    "unknown": "Could not be decided, e.g. name service did not answer",
    "missing": "No address given",
}
PHONE = {
    "valid": "A dialable number of a known type and range",
    "possible": "Right length, but range or region is not certain",
    "invalid": "Not a contact number: wrong length, damaged, dummy, service or premium number",
    "missing": "No number given",
}
ADDRESS = {
    "house_number": "Verified down to the house number by a street directory",
    "street": "Verified down to the street by a street directory",
    "locality": "Postcode and city agree",
    "corrected": "Postcode and city agree after a certain repair",
    "conflict": "Postcode, city and country contradict each other; nothing was overwritten",
    "unverifiable": "Plausible by format, but no reference data for the country, or parts are missing",
    "missing": "No address given",
}
NAME = {
    "valid": "Given and family name are plausible",
    "partial": "Only one of given and family name",
    "swapped": "Given and family name stood in each other's field and were put right",
    "two_persons": "Two persons in one cell; needs review, never matched as one person",
    "role": "A department or function stands in place of a person",
    "junk": "Test entry or placeholder",
    "missing": "No name given",
}
COMPANY = {
    "valid": "A company name",
    "liquidation": "A company in liquidation or insolvency; not routed to sales",
    "formation": "A company in formation (i.G.)",
    "education": "University, school or research institute",
    "public": "Public authority",
    "none": "Stated to be private, self-employed or a placeholder: no account",
    "missing": "No company given",
}
IP = {
    "located": "Public address found in the database",
    "not_found": "Public address the database does not know",
    "private": "Private, carrier-grade NAT, loopback or reserved address",
    "invalid": "Not an IP address",
    "skipped": "Database missing or too old; enrichment was not tried",
    "missing": "No address given",
}
CONSENT = {
    "confirmed": "Double opt-in confirmed",
    "granted": "Consent stated",
    "refused": "Consent refused or objected to",
    "unknown": "No statement, which is no consent (§ 7 UWG)",
}
