"""Clean records: what `enrichment` promises, one row per source record.

Belongs here: every normalised field, its verdict, and the evidence of what was repaired.
Does not belong here: the rules (one module per concept in `enrichment/`) or merged values (`contracts/matched`).
"""

from __future__ import annotations

import polars as pl

from contracts import forms, statuses
from contracts.raw import PROVENANCE, REJECTS
from contracts.table import TIMESTAMP, Column, Table, text, texts

REPAIR = pl.Struct({"field": pl.String, "raw": pl.String, "value": pl.String, "reason": pl.String, "rule": pl.String})
REPAIRS = Column(
    "repairs",
    pl.List(REPAIR),
    "Evidence: per repaired or judged field the raw text, the value kept (null = held back), reason code and rule",
    nullable=False,
)

PERSON = (
    text("salutation", "As the source states it; never inferred from a name", words=statuses.SALUTATION, strict=False),
    text("academic_title", "Titles in standard notation, e.g. Prof. Dr., Dipl.-Ing., Mag."),
    text("given_name", "Given name(s)"),
    text("family_name", "Family name with particles and noble titles"),
    text("name_status", "Verdict on the name", nullable=False, words=statuses.NAME),
    text("birth_date", "ISO 8601 date of birth where the source gives one"),
)
EMAIL = (
    text("email", "Primary address, IDN in Unicode form; null unless syntactically valid", form=forms.EMAIL),
    text("email_status", "Verdict on the address", nullable=False, words=statuses.EMAIL),
    text("email_reason", "Reason code behind the status"),
    text("email_suggestion", "What was probably meant where a typo is suspected; never applied silently"),
    text("email_kind", "Whose mailbox it is", words=statuses.EMAIL_KIND),
    text("email_domain", "Domain of the primary address, Unicode form"),
    Column("other_emails", pl.List(pl.String), "Further valid addresses of the record"),
)
PHONE = (
    text("phone", "Landline number; direct-dial digits are part of it, phone_extension says which", form=forms.E164),
    text("phone_extension", "Extension digits, the last of phone where they dial through; 0 means the switchboard"),
    text("phone_status", "Verdict on the landline number", nullable=False, words=statuses.PHONE),
    text("phone_reason", "Reason code behind the status"),
    text("phone_kind", "fixed_line, fixed_line_or_mobile, voip, uan; toll_free, premium, shared_cost, service"),
    text("phone_region", "ISO country of the number"),
    text("phone_location", "Place of the area code, e.g. Stuttgart"),
    text("mobile", "Mobile number", form=forms.E164),
    text("mobile_status", "Verdict on the mobile number", nullable=False, words=statuses.PHONE),
    text("mobile_reason", "Reason code behind the status"),
    text("fax", "Fax number", form=forms.E164),
    Column("other_phones", pl.List(pl.String), "Further valid numbers of the record, E.164"),
)
ADDRESS = (
    text("street", "Street name without house number"),
    text("house_number", "House number with addition or range, e.g. 12a, 5-7"),
    text("address_extra", "Building, floor, c/o and the like"),
    text("po_box", "PO box number"),
    text("po_box_postcode", "Postcode of the PO box or bulk recipient"),
    text("postcode", "Postcode in the country's notation"),
    text("city", "City in its official spelling where verified"),
    text("region", "First-level region (Bundesland, canton) where known"),
    text("country", "Country of the address", form=forms.COUNTRY),
    text("country_basis", "Where the country comes from", words=statuses.COUNTRY_BASIS, strict=False),
    text("address_status", "Verdict on the address", nullable=False, words=statuses.ADDRESS),
    text("address_reason", "Reason code behind the status"),
    text("address_suggestion", "What was probably meant where a conflict is suspected"),
)
COMPANY = (
    text("company", "Company name as to be shown, without department, z.Hd. or site"),
    text("company_core", "Name without legal form, as written"),
    text("company_key", "Folded match key of the core name: lower-case ASCII words, legal form and noise removed"),
    text("legal_form", "Legal form in standard notation, e.g. GmbH & Co. KG"),
    text("company_status", "Verdict on the company", nullable=False, words=statuses.COMPANY),
    text("company_site", "Branch, site or town suffix split off the name"),
    text("department", "Department as stated or split off the company line"),
    text("job_title", "Job title, trimmed and spelt out"),
    text("vat_id", "VAT number, compact, checked by python-stdnum"),
    text("register_no", "Register number in standard notation, e.g. HRB 12345"),
)
NETWORK = (
    text("ip_address", "First public address of the list"),
    text("ip_status", "Verdict on the IP address", nullable=False, words=statuses.IP),
    text("ip_country", "Country of the IP address", form=forms.COUNTRY, strict=False),
    text("ip_region", "Region of the IP address"),
    text("ip_city", "City of the IP address"),
    text("ip_timezone", "IANA time zone of the IP address"),
    text("ip_network", "Owner of the network, e.g. Deutsche Telekom AG"),
    text("ip_network_kind", "Kind of the network", words=statuses.NETWORK_KIND, strict=False),
    text("ip_source", "Database that answered, with its date"),
)
DEVICE = (
    text("language", "Preferred language, from the form, else Accept-Language", form=forms.LANGUAGE, strict=False),
    text("browser", "Browser family and major version"),
    text("operating_system", "Operating system family"),
    text("device", "Kind of device", words=statuses.DEVICE),
    text(
        "company_domain",
        "Domain of the company: from website, else the e-mail domain when it is not freemail or hosting",
    ),
)
CONSENT = (
    text("consent_email", "Consent to e-mail", words=statuses.CONSENT),
    text("consent_phone", "Consent to calls", words=statuses.CONSENT),
    text(
        "consent_email_basis", "What the consent to e-mail, or the lack of it, rests on", words=statuses.CONSENT_BASIS
    ),
    text("consent_phone_basis", "What the consent to calls, or the lack of it, rests on", words=statuses.CONSENT_BASIS),
    Column("consent_confirmed_at", TIMESTAMP, "When the address was confirmed by double opt-in, where that is a date"),
    text("consent_purpose", "What the consent is for, as written"),
    Column("opt_out", pl.Boolean, "True when the record states an objection or opt-out"),
    Column("collected_at", TIMESTAMP, "When the lead was collected"),
    text("collected_at_reason", "Reason code when the time was ambiguous or unreadable"),
    Column("observed_at", TIMESTAMP, "collected_at, else received_at: the date of the evidence", nullable=False),
)
CARRIED = texts(
    [
        ("lead_source", "As received"),
        ("campaign", "As received"),
        ("utm_source", "As received"),
        ("utm_medium", "As received"),
        ("utm_campaign", "As received"),
        ("utm_content", "As received"),
        ("utm_term", "As received"),
        ("customer_no", "As received"),
        ("industry", "As received"),
        ("employees", "As received"),
        ("linkedin_url", "As received"),
        ("interest", "As received"),
        ("note", "As received"),
        ("website", "As received"),
        ("user_agent", "As received"),
        ("language_stated", "Language, locale or Accept-Language as received"),
    ]
)

CLEAN_RECORDS = Table(
    "clean_records",
    "One row per source record: every field in standard notation, with a verdict on it and the repairs made. "
    "Online before offline, then sorted by source, source_record_id.",
    (
        *PROVENANCE[:7],
        *PROVENANCE[8:11],
        *PERSON,
        *EMAIL,
        *PHONE,
        *ADDRESS,
        *COMPANY,
        *NETWORK,
        *CONSENT,
        *CARRIED,
        REPAIRS,
    ),
    key=("source", "source_record_id"),
)

HELD_BACK = Table(
    "held_back",
    "Records held back as a whole after cleaning: they say nothing of anybody, or their person was erased.",
    REJECTS.columns,
)

MAIL_DOMAINS = Table(
    "mail_domains",
    "What the name service said of mail domains, dated; kept from night to night, empty unless "
    "LEADS_CHECK_DELIVERABILITY asks for it.",
    (
        text("subject", "An address, or a domain (Unicode form, lower case)", nullable=False),
        text("outcome", "A key of enrichment.email.deliverability.OUTCOMES", nullable=False),
        Column("observed_at", TIMESTAMP, "When it was observed", nullable=False),
    ),
    key=("subject",),
)

ENRICHED_RECORDS = Table(
    "enriched_records",
    "Clean records plus what follows from them: language, device, company domain, and what returned mail says of the "
    "address. Same rows, same order.",
    (*CLEAN_RECORDS.columns, *DEVICE),
    key=CLEAN_RECORDS.key,
)
