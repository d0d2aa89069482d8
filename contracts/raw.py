"""Raw records: what `sources` promises, one row per source record as received.

Belongs here: provenance columns, the canonical fields every header is mapped to,
the file catalogue, and rejects. All field values are the text as received (trimmed, empty = null).
Does not belong here: the header synonyms (`sources/columns/headers.csv`) or any cleaning.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contracts import forms, statuses
from contracts.table import TIMESTAMP, Column, Table, text, texts

RECORD_ID = "source_record_id"
DATE_COLUMNS = ("collected_at", "birth_date", "consent_doi_at")
DEFAULT_DATE_ORDER = "dmy"
UNKNOWN_DATE_ORDER = "unknown"

PROVENANCE = (
    text("source", "Folder name of the source, below inbox/online/ or inbox/offline/", nullable=False),
    text("channel", "How the lead was collected", nullable=False, words=statuses.CHANNEL),
    text("source_record_id", "The source's own id, else a stable hash of the row", nullable=False),
    text("file", "Path of the file below the inbox, with / as separator", nullable=False),
    text("sheet", "Worksheet, or member of an archive; null where there is none"),
    Column("row", pl.Int64, "Line of a text file, row of a sheet, or ordinal of a card or object (from 1)"),
    text("encoding", "Text encoding the file was read with"),
    text("dialect", 'How the file was split, e.g. csv ; quote=" or xlsx or vcard 3.0'),
    text(
        "file_hash", "SHA-256 of the file's bytes (and of what it closes, if a list of objections), hex", nullable=False
    ),
    text(
        "content_hash", "Hash of the row's mapped and unmapped values, independent of file and position", nullable=False
    ),
    Column("received_at", TIMESTAMP, "Modification time of the file when first read", nullable=False),
    text("default_country", "ISO 3166-1 alpha-2 assumed for this source where a record names none"),
    text(
        "date_order",
        "Order of ambiguous dates: dmy, mdy, ymd or unknown; behind a dot that of dates with dots where it is not dmy; "
        "`column=order` where columns differ",
    ),
    text("timezone", "IANA zone of timestamps without one, e.g. Europe/Berlin"),
    text("consent_basis", "Consent basis declared for this source, e.g. form_opt_in, trade_fair; null if none"),
)

FIELDS = texts(
    [
        ("salutation", "Herr, Frau, Mr, Ms as written"),
        ("academic_title", "Dr., Prof., Dipl.-Ing. as written"),
        ("given_name", "First name(s)"),
        ("family_name", "Last name with particles"),
        ("full_name", "Name in one cell, any order, possibly with salutation and titles"),
        ("birth_date", "Date of birth as written"),
        ("company", "Company name"),
        ("company_addition", "Second company line: branch, site, department, z.Hd."),
        ("department", "Department"),
        ("job_title", "Job title or function"),
        ("attention", "z.Hd., c/o, attn."),
        ("address", "Whole address in one cell, one or many lines"),
        ("street", "Street, often with house number"),
        ("house_number", "House number in a column of its own"),
        ("address_extra", "Building, floor, suite"),
        ("po_box", "Postfach / P.O. box"),
        ("po_box_postcode", "Postcode of the PO box"),
        ("postcode", "Postcode"),
        ("city", "City"),
        ("postcode_city", "Postcode and city in one cell"),
        ("region", "State, canton, Bundesland"),
        ("country", "Country: name in any language, ISO code or plate code"),
        ("phone", "Phone"),
        ("phone_2", "Second phone column"),
        ("phone_3", "Third phone column"),
        ("phone_area", "Area code in a column of its own"),
        ("phone_extension", "Extension in a column of its own"),
        ("mobile", "Mobile phone"),
        ("mobile_2", "Second mobile column"),
        ("fax", "Fax"),
        ("email", "E-mail"),
        ("email_2", "Second e-mail column"),
        ("email_3", "Third e-mail column"),
        ("website", "Website or domain"),
        ("linkedin_url", "Social profile"),
        ("industry", "Industry"),
        ("employees", "Number of employees"),
        ("revenue", "Revenue"),
        ("vat_id", "VAT identification number"),
        ("register_no", "Commercial register number"),
        ("customer_no", "Customer number"),
        ("lead_source", "Fair, form, platform or other origin inside the source"),
        ("campaign", "Name of the campaign"),
        ("utm_source", "Where the visit came from, as the link was tagged (utm_source)"),
        ("utm_medium", "By which medium the visit came (utm_medium)"),
        ("utm_campaign", "For which campaign the link was tagged (utm_campaign)"),
        ("utm_content", "Which ad or link was followed (utm_content)"),
        ("utm_term", "The words searched for (utm_term)"),
        ("collected_at", "When the lead was collected, as written"),
        ("collected_by", "Who collected it"),
        ("consent_email", "E-mail consent as written"),
        ("consent_doi_at", "Double opt-in confirmation time as written"),
        ("consent_phone", "Phone consent as written"),
        ("consent_purpose", "What the consent was given for, text or version"),
        (
            "opt_out",
            "Opt-out, block or objection as written; several columns, or one whose header names a channel, are joined "
            "as `E-Mail: true; Telefon: 0`; a row of a list of objections begins with `Alle: gelistet`",
        ),
        ("ip_address", "IP address or X-Forwarded-For list"),
        ("user_agent", "Browser user agent"),
        ("language", "Language, locale or Accept-Language"),
        ("budget", "Budget"),
        ("timeframe", "Buying timeframe"),
        ("interest", "Product interest"),
        ("rating", "Rating by the collector"),
        ("note", "Free text"),
    ]
)

RAW_RECORDS = Table(
    "raw_records",
    "One row per source record as received.",
    (
        *PROVENANCE,
        *FIELDS,
        text("extra", "JSON object of columns that map to no field: header to value"),
        text(
            "refused_before",
            "What an older version of the record refuses and none after it agrees to",
            words=statuses.REFUSED_BEFORE,
        ),
    ),
    key=("source", "source_record_id"),
)

RECORD_VERSIONS = Table(
    "record_versions",
    "What records were over time: each content of a record that has had several, or that was withdrawn. A record that "
    "is not here has one version, and it is current.",
    (
        text("source", "Source folder", nullable=False),
        text("source_record_id", "Key of the record", nullable=False),
        text("content_hash", "Hash of the version's content", nullable=False),
        Column("first_seen_at", TIMESTAMP, "Earliest time the evidence itself gives; null where it gives none"),
        Column("last_seen_at", TIMESTAMP, "Latest time the evidence itself gives, however often it was delivered"),
        text("file", "File that delivered it first", nullable=False),
        Column("current", pl.Boolean, "Whether this version goes on; at most one of a record does", nullable=False),
        text("withdrawn_because", "Why it was withdrawn; null for the current version and for history"),
    ),
    key=("source", "source_record_id", "content_hash"),
)

FOLDER = {**statuses.CHANNEL, "activity": "What people did, costs and orders: no leads"}

REJECTS = Table(
    "rejects",
    "Files and rows that could not become a record, with the reason and the text as received.",
    (
        text("source", "Source folder", nullable=False),
        text("channel", "Folder of the inbox it lies in", nullable=False, words=FOLDER),
        text("source_record_id", "The record's id where it had one; null for files and unreadable rows"),
        text("file", "Path below the inbox", nullable=False),
        text("sheet", "Worksheet or archive member"),
        Column("row", pl.Int64, "Line or row in the file; null when the whole file is held back"),
        text("field", "Field that caused it; null when the whole row or file did"),
        text("reason_code", "Why it was held back", nullable=False, form=forms.REASON, strict=False),
        text("message", "What happened and what to do, in a sentence", nullable=False),
        text("raw", "The row's text as received (cut at 20,000 characters, for publication at 2,000)"),
        text("default_country", "ISO 3166-1 alpha-2 assumed for numbers in it; null where nobody is named in `raw`"),
        text(
            "consent",
            "JSON object of what the row says where consent and objections stand, by the place from either end of the "
            "row: consent_email, consent_phone, opt_out to a list of texts; where a rule broke also `row`, other cells",
        ),
    ),
)

FILES = Table(
    "files",
    "One row per file (and sheet or archive member) ever read: how it was read and what came of it.",
    (
        text("source", "Source folder", nullable=False),
        text("channel", "Folder of the inbox it lies in", nullable=False, words=FOLDER),
        text("file", "Path below the inbox", nullable=False),
        text("sheet", "Worksheet or archive member"),
        text("file_hash", "SHA-256 of the file's bytes, hex"),
        text("format", "csv, xlsx, json, jsonl, parquet, vcard, ..."),
        text("encoding", "Text encoding"),
        text("dialect", "Delimiter, quote, header row"),
        text("columns", "JSON object: canonical field to header as written"),
        text("status", "What came of the file", nullable=False, words=statuses.FILE),
        Column("rows", pl.Int64, "Data rows in the file"),
        Column("records", pl.Int64, "Rows that became records"),
        Column("duplicates", pl.Int64, "Rows that repeat a row of this file or of a file of this source read before"),
        Column("rejected", pl.Int64, "Rows held back"),
        text("warnings", "JSON list of sentences, e.g. schema drift"),
        Column("received_at", TIMESTAMP, "Modification time when first read"),
    ),
)


def date_orders(orders: Mapping[str, tuple[str, str]]) -> str:
    """The date_order of records whose columns have these orders, of dates with other signs and of those with dots."""
    told = {
        name: order if dotted == DEFAULT_DATE_ORDER else f"{order}.{dotted}" for name, (order, dotted) in orders.items()
    }
    if len(set(told.values())) <= 1:
        return next(iter(told.values()), DEFAULT_DATE_ORDER)
    return " ".join(f"{name}={order}" for name, order in told.items())


def date_order_of(column: str) -> pl.Expr:
    """The part of date_order that holds for a column; day first where it says nothing."""
    order = pl.col("date_order")
    own = order.str.extract(rf"(?:^| ){column}=(\S+)")
    return pl.coalesce(own, pl.when(~order.str.contains("=", literal=True)).then(order), pl.lit(DEFAULT_DATE_ORDER))
