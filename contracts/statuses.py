"""Closed vocabularies: every status, kind and role a column may hold, with its meaning.

Belongs here: the words and one sentence each, in the order people know them. Does not belong here: the rules that
choose one. A verdict is dated evidence; `unknown` and `unverifiable` are honest answers.
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
    "partial": "Only one of given and family name, or letters of them were lost on the way",
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
    "unclear": "Something is stated that is neither yes nor no, which is no consent and outranks one",
    "unknown": "No statement, which is no consent (§ 7 UWG)",
}
CONSENT_BASIS = {
    "double_opt_in": "The address was confirmed; `confirmed_at` says when, where the source does",
    "stated": "The record says so itself",
    "declared": "The record says nothing; the settings of its source declare it (`consent_basis`)",
    "existing_customer": "The settings of the source declare its people customers, which is no consent",
    "other_record": "Another record of the same address or number, a list of objections, or a person's decision",
}
PERMISSION = {
    "consented": "May be used: the consent suffices for the law of the lead's country",
    "existing_customer": "May be used for similar goods of one's own: the law asks no consent of customers",
    "presumed": "May be used: the law lets consent be presumed, and nothing speaks against it",
    "unconfirmed": "May not be used: consent is stated, but not confirmed by double opt-in",
    "not_consented": "May not be used: nobody consented",
    "in_doubt": "May not be used: what is stated is neither yes nor no",
    "objected": "May not be used: refused or objected to",
    "suppressed": "May not be used: on a suppression list",
    "missing": "There is no usable address or number",
}
REACH = {"email": "E-mail", "phone": "Calls, to a landline or a mobile"}
CHANNEL = {
    "online": "Web forms, newsletters, webinars, ads",
    "offline": "Fairs, business cards, spreadsheets, partners",
}
SALUTATION = {
    "Herr": "A man, as a source states it",
    "Frau": "A woman, as a source states it",
    "Mx": "Neither, as a source states it",
}
EMAIL_KIND = {
    "company": "A person at a company's own domain",
    "freemail": "A mailbox at a provider for everybody",
    "role": "A shared mailbox such as info@ or einkauf@",
    "disposable": "A throw-away mailbox",
}
COUNTRY_BASIS = {
    "stated": "The record names the country",
    "address": "Postcode or city say it",
    "phone": "The number's country code says it",
    "email": "The country's ending of the mail address says it",
    "website": "The country's ending of the website says it",
    "default": "Assumed for the source",
}
NETWORK_KIND = {
    "isp": "Access provider: says nothing of the visitor's company",
    "hosting": "Hosting, cloud or content delivery",
    "vpn": "Anonymiser: the place is not the visitor's",
    "company": "A company's own network",
    "education": "University, school or research network",
    "unknown": "The owner fits no rule",
}
DEVICE = {
    "desktop": "Desktop or laptop",
    "mobile": "Phone",
    "tablet": "Tablet",
    "bot": "Crawler or script",
    "other": "Something else, or unreadable",
}
SENIORITY = {
    "c_level": "Management board, managing director, owner",
    "director": "Head of a division or area",
    "manager": "Head of a department or team",
    "specialist": "Expert or clerk without a team",
    "assistant": "Assistant to somebody",
    "trainee": "Trainee, intern or working student",
    "unknown": "The title does not say",
}
ROLE = {
    "initiator": "Sees the need first (Bonoma 1982)",
    "user": "Will work with what is bought",
    "influencer": "Sets requirements, compares, advises",
    "buyer": "Negotiates and orders",
    "decider": "Decides or signs",
    "gatekeeper": "Controls who reaches the others",
    "unknown": "The title does not say",
}
ENTITY = {"lead": "A person", "account": "A company"}
DECISION = {
    "must_link": "Left and right are one",
    "cannot_link": "Left and right are two",
    "unmerge": "The records on the left are somebody else than those on the right",
    "set_field": "The lead that holds the first of these records has this value in this field",
    "rename": "The company is shown by this name",
    "set_parent": "The company belongs to the one on the right",
    "revoke": "The decision of this number does not count any more",
}
DECISION_NOTICE = {
    "unread": "A file or line nobody can read",
    "contradicted": "Decisions that contradict each other",
    "unused": "A decision about records or companies that were not read",
}
DECISION_STATE = {
    "active": "It is obeyed",
    "expired": "Its last day has passed",
    "revoked": "It was taken back",
    "replaced": "A later one says something else of the same",
    "unused": "It names a record that was not read, or a company nobody names",
    "contradicted": "It contradicts others, and stands aside",
}
MATCH = {
    "merged": "One person",
    "review": "A person should look",
    "apart": "Two persons, although something agrees",
}
EMPLOYMENT = {
    "assigned": "The record belongs to the account",
    "review": "A person should look at the candidate",
    "none": "No company, or stated to be private",
}
FILE = {
    "loaded": "Read, and its rows taken up",
    "already_loaded": "Read before; nothing new",
    "quarantined": "Held back as a whole",
    "activity": "Read as what people did, costs or orders; none of its rows is a lead",
}
REFUSED_BEFORE = {
    "email": "Advertising by e-mail",
    "phone": "Calls",
    "email_and_phone": "Both channels",
    "all": "Every contact: an objection, not two answers",
}
