"""Clean records: what `enrichment` promises, one row per source record.

Belongs here: every normalised field, its verdict, and the evidence of what was repaired.
Does not belong here: the rules (one module per concept in `enrichment/`) or merged values (`contracts/matched`).
"""

from __future__ import annotations

import polars as pl

from contracts.raw import PROVENANCE
from contracts.table import TIMESTAMP, Column, Table, text, texts

REPAIR = pl.Struct({"field": pl.String, "raw": pl.String, "value": pl.String, "reason": pl.String, "rule": pl.String})
REPAIRS = Column(
    "repairs",
    pl.List(REPAIR),
    "Evidence: per repaired or judged field the raw text, the value kept (null = held back), reason code and rule",
    nullable=False,
)

PERSON = texts(
    [
        ("salutation", "Herr, Frau or Mx as the source states it; never inferred from a name"),
        ("academic_title", "Titles in standard notation, e.g. Prof. Dr., Dipl.-Ing., Mag."),
        ("given_name", "Given name(s)"),
        ("family_name", "Family name with particles and noble titles"),
        ("name_status", "contracts.statuses.NAME"),
        ("birth_date", "ISO 8601 date of birth where the source gives one"),
    ]
)
EMAIL = (
    *texts(
        [
            ("email", "Normalised primary address (lower case, IDN in Unicode form); null unless syntactically valid"),
            ("email_status", "contracts.statuses.EMAIL"),
            ("email_reason", "Reason code behind the status"),
            ("email_suggestion", "What was probably meant where a typo is suspected; never applied silently"),
            ("email_kind", "company, freemail, role or disposable"),
            ("email_domain", "Domain of the primary address, Unicode form"),
        ]
    ),
    Column("other_emails", pl.List(pl.String), "Further valid addresses of the record"),
)
PHONE = (
    *texts(
        [
            ("phone", "Landline number, E.164; direct-dial digits are part of it, phone_extension says which"),
            ("phone_extension", "Extension digits, the last of phone where they dial through; 0 means the switchboard"),
            ("phone_status", "contracts.statuses.PHONE"),
            ("phone_reason", "Reason code behind the status"),
            ("phone_kind", "fixed_line, fixed_line_or_mobile, voip, uan; toll_free, premium, shared_cost, service"),
            ("phone_region", "ISO country of the number"),
            ("phone_location", "Place of the area code, e.g. Stuttgart"),
            ("mobile", "Mobile number, E.164"),
            ("mobile_status", "contracts.statuses.PHONE"),
            ("mobile_reason", "Reason code behind the status"),
            ("fax", "Fax number, E.164"),
        ]
    ),
    Column("other_phones", pl.List(pl.String), "Further valid numbers of the record, E.164"),
)
ADDRESS = texts(
    [
        ("street", "Street name without house number"),
        ("house_number", "House number with addition or range, e.g. 12a, 5-7"),
        ("address_extra", "Building, floor, c/o and the like"),
        ("po_box", "PO box number"),
        ("po_box_postcode", "Postcode of the PO box or bulk recipient"),
        ("postcode", "Postcode in the country's notation"),
        ("city", "City in its official spelling where verified"),
        ("region", "First-level region (Bundesland, canton) where known"),
        ("country", "ISO 3166-1 alpha-2"),
        ("country_basis", "Where the country comes from: stated, address, phone, default"),
        ("address_status", "contracts.statuses.ADDRESS"),
        ("address_reason", "Reason code behind the status"),
        ("address_suggestion", "What was probably meant where a conflict is suspected"),
    ]
)
COMPANY = texts(
    [
        ("company", "Company name as to be shown, without department, z.Hd. or site"),
        ("company_core", "Name without legal form, as written"),
        ("company_key", "Folded match key of the core name: lower-case ASCII words, legal form and noise removed"),
        ("legal_form", "Legal form in standard notation, e.g. GmbH & Co. KG"),
        ("company_status", "contracts.statuses.COMPANY"),
        ("company_site", "Branch, site or town suffix split off the name"),
        ("department", "Department as stated or split off the company line"),
        ("job_title", "Job title, trimmed and spelt out"),
        ("vat_id", "VAT number, compact, checked by python-stdnum"),
        ("register_no", "Register number in standard notation, e.g. HRB 12345"),
    ]
)
NETWORK = texts(
    [
        ("ip_address", "First public address of the list"),
        ("ip_status", "contracts.statuses.IP"),
        ("ip_country", "ISO country of the address"),
        ("ip_region", "Region of the address"),
        ("ip_city", "City of the address"),
        ("ip_timezone", "IANA time zone of the address"),
        ("ip_network", "Owner of the network, e.g. Deutsche Telekom AG"),
        ("ip_network_kind", "isp, hosting, vpn, company, education or unknown"),
        ("ip_source", "Database that answered, with its date"),
    ]
)
DEVICE = texts(
    [
        ("language", "Preferred language, ISO 639-1 (from the form, else Accept-Language)"),
        ("browser", "Browser family and major version"),
        ("operating_system", "Operating system family"),
        ("device", "desktop, mobile, tablet, bot or other"),
        (
            "company_domain",
            "Domain of the company: from website, else the e-mail domain when it is not freemail or hosting",
        ),
    ]
)
CONSENT = (
    *texts(
        [
            ("consent_email", "granted, confirmed (double opt-in), refused or unknown"),
            ("consent_phone", "granted, refused or unknown"),
            ("consent_purpose", "What the consent is for, as written"),
        ]
    ),
    Column("opt_out", pl.Boolean, "True when the record states an objection or opt-out"),
    Column("collected_at", TIMESTAMP, "When the lead was collected"),
    text("collected_at_reason", "Reason code when the time was ambiguous or unreadable"),
    Column("observed_at", TIMESTAMP, "collected_at, else received_at: the date of the evidence", nullable=False),
)
CARRIED = texts(
    [
        ("lead_source", "As received"),
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
    "One row per source record: every field normalised, with a verdict and the repairs made. "
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

ENRICHED_RECORDS = Table(
    "enriched_records",
    "Clean records plus language, device and company domain. Same rows, same order.",
    (*CLEAN_RECORDS.columns, *DEVICE),
    key=CLEAN_RECORDS.key,
)
