"""Golden leads: the rules of survivorship applied to every person's records.

Belongs here: what the rules need to know of each record and lead, deciding rule by rule, facts of a lead as a
whole. Does not belong here: the rules (`matching/golden/survivorship`), typos (`matching/golden/typos`), ids
(`matching/identity`), what sales may use (`publishing.tables`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from contracts.published import LEADS
from contracts.table import TIMESTAMP, Column, Table, given_or_null, text
from engine.workers import in_threads
from enrichment.carried import CARRIED, carried
from enrichment.suppression import Suppression
from matching.customer_numbers import our_customer_number
from matching.decisions.values import NOTHING, Decided
from matching.golden.consents import CHANNELS, consents
from matching.golden.further import EVERY_OTHER, closed_mail, closed_numbers, further_emails, further_phones
from matching.golden.lead_records import Leads, Ranks, Rows, take
from matching.golden.objections import Objections, Values, mailbox_of, objections, objects_to_all
from matching.golden.provenance import Origin, provenance
from matching.golden.rules import Key, SurvivorshipRule, same_fold, steps
from matching.golden.survivorship import MANUAL, SURVIVORSHIP
from matching.golden.typos import typos

_CLEAN_TEXTS = (
    *("source", "channel", "source_record_id", "salutation", "academic_title", "given_name", "family_name"),
    *("name_status", "email", "email_status", "email_kind", "phone", "phone_extension", "phone_status"),
    *("mobile", "mobile_status", "street", "house_number", "postcode", "city", "region", "country"),
    *("address_status", "company_key", "company_status", "department", "job_title", "ip_status", "ip_country"),
    *("ip_city", "ip_network", "ip_network_kind", "language", "language_stated", "consent_email"),
    *("consent_phone", "consent_email_basis", "consent_phone_basis", "consent_purpose"),
    *("customer_no", "device", "company_domain", "email_suggestion", "address_suggestion", "fax", "vat_id"),
    *CARRIED,
)

_CLEAN_OTHERS = {
    "opt_out": pl.Boolean,
    "consent_confirmed_at": TIMESTAMP,
    **dict.fromkeys(("other_emails", "other_phones"), pl.List(pl.String)),
}

GOLDEN = Table(
    "golden_leads",
    "One row per lead: the surviving values, and what `publishing` needs to judge the lead. Sorted by lead_id.",
    (
        *(
            column
            for column in LEADS.columns
            if column.name
            not in {
                *("account_id", "account_name", "seniority", "buying_role", "publishable", "block_reasons"),
                *("may_email", "email_permission", "may_call", "call_permission"),
                *("content_hash", "updated_at", "run_id"),
            }
        ),
        Column("employment_record", pl.UInt32, "Record that states the current employer; null for none"),
        text("name_status", "contracts.statuses.NAME of the surviving name, else of the best record"),
        text("email_kind", "company, freemail, role or disposable, of the surviving address"),
        text("company_status", "contracts.statuses.COMPANY of the current employer, else none or missing"),
        text("company_domain", "Company domain of the current employer, else of the surviving address's record"),
        Column("opted_out", pl.Boolean, "True when any record objects to being contacted at all", nullable=False),
        Column("email_suppressed", pl.Boolean, "True when a suppression list has an address of theirs", nullable=False),
        Column("phone_suppressed", pl.Boolean, "True when a suppression list has a number of theirs", nullable=False),
        Column("email_customer", pl.Boolean, "True when a source declares the mailbox a customer's", nullable=False),
        Column("phone_customer", pl.Boolean, "True when a source declares the person a customer", nullable=False),
        Column("is_customer", pl.Boolean, "True when any record carries a customer number of ours", nullable=False),
        Column("is_bot", pl.Boolean, "True when every record came from a bot", nullable=False),
    ),
    key=("lead_id",),
)

_STATED = {  # what a verdict or a statement is when no record gives one
    **dict.fromkeys(("email_status", "phone_status", "mobile_status", "address_status"), "missing"),
    **dict.fromkeys(("name_status", "company_status"), "missing"),
    **dict.fromkeys(("consent_email", "consent_phone"), "unknown"),
}
_DOMAIN = pl.col("email").str.extract(r"@(.+)$")
_MANUAL_SOURCE = r"(?i)manu[ae]l|korrektur|correction|steward"  # folders where a person corrects by hand
_NAME_VERDICT = steps(
    "name_status", ("valid", "swapped"), ("partial",), ("two_persons",), ("role",), ("junk",), ("missing",)
)
_DERIVED = {"consent_email": "_consent_email", "consent_phone": "_consent_phone"}


class Slice(NamedTuple):
    """The golden leads of a range of ids, and what goes with them."""

    leads: pl.DataFrame
    provenance: pl.DataFrame
    consents: pl.DataFrame


def golden_slices(
    enriched: pl.DataFrame | pl.LazyFrame,
    clusters: pl.DataFrame,
    decided: Decided = NOTHING,
    *,
    records: int = 200_000,
    unread: pl.DataFrame | None = None,
    suppressed: Suppression | None = None,
) -> Iterator[Slice]:
    """One golden lead per lead id, where each of its values comes from, and what its consents rest on.

    A range of lead ids at a time, one per core, so that memory depends on `records` and cores only.

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`; columns that are missing count as null. The row position is the
            record number. A lazy frame over a Parquet file is read once per slice.
        clusters: record, lead_id; each record at most once. With a column account_id, that decides which records
            state the same employer; without it the company key does.
        decided: the values people gave to leads, which win over every rule.
        records: about how many records a slice has; a lead is never cut.
        unread: objections in rows of which no record could be made (`enrichment.unread_objections`), and in older
            versions of records (`enrichment.earlier_objections`).
        suppressed: the suppression lists of the home.

    Yields:
        `GOLDEN` (one row per lead_id), `contracts.published.FIELD_PROVENANCE` and `contracts.published.CONSENTS` of
        the next range, each sorted by its key. Verdicts travel with their value and have no provenance of their own.

    Example:
        >>> from datetime import UTC, datetime
        >>> enriched = pl.DataFrame({
        ...     "source": ["fair", "web"], "source_record_id": ["7", "12"], "given_name": ["A.", "Anna"],
        ...     "family_name": ["Klein", "Klein"], "job_title": ["Einkauf", None],
        ...     "name_status": ["partial", "valid"],
        ...     "observed_at": [datetime(2025, 1, 7, tzinfo=UTC), datetime(2025, 3, 24, tzinfo=UTC)],
        ... })
        >>> clusters = pl.DataFrame({"record": [0, 1], "lead_id": ["L-1", "L-1"]})
        >>> ((golden, provenance, _),) = golden_slices(enriched, clusters)
        >>> golden.select("lead_id", "given_name", "family_name", "job_title")
        shape: (1, 4)
        ┌─────────┬────────────┬─────────────┬───────────┐
        │ lead_id ┆ given_name ┆ family_name ┆ job_title │
        │ ---     ┆ ---        ┆ ---         ┆ ---       │
        │ str     ┆ str        ┆ str         ┆ str       │
        ╞═════════╪════════════╪═════════════╪═══════════╡
        │ L-1     ┆ Anna       ┆ Klein       ┆ Einkauf   │
        └─────────┴────────────┴─────────────┴───────────┘
        >>> provenance.select("field", "value", "source", "rule")
        shape: (3, 4)
        ┌─────────────┬─────────┬────────┬─────────────────────────────────┐
        │ field       ┆ value   ┆ source ┆ rule                            │
        │ ---         ┆ ---     ┆ ---    ┆ ---                             │
        │ str         ┆ str     ┆ str    ┆ str                             │
        ╞═════════════╪═════════╪════════╪═════════════════════════════════╡
        │ family_name ┆ Klein   ┆ web    ┆ newest_valid_name_best_spellin… │
        │ given_name  ┆ Anna    ┆ web    ┆ full_given_name                 │
        │ job_title   ┆ Einkauf ┆ fair   ┆ newest_title_current_employer   │
        └─────────────┴─────────┴────────┴─────────────────────────────────┘
    """
    ordered = clusters.sort("lead_id").with_columns(lead=pl.col("lead_id").rle_id())
    lead = ordered["lead"]
    cuts = [0, *(int(lead.search_sorted(lead[at], side="right")) for at in range(records - 1, len(lead), records))]
    if clusters.height:
        cuts.append(clusters.height)
    domains, objected = _domains(enriched), objections(enriched, *([] if unread is None else [unread]))
    lists = suppressed or Suppression()

    def decide(span: tuple[int, int]) -> Slice:
        records = _records(enriched, ordered[slice(*span)].sort("record"), domains, objected)
        return _golden(records.with_columns(_suppressed(records, lists)), decided, objected, lists)

    yield from in_threads(decide, pairwise(sorted(set(cuts))))


def _domains(enriched: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """How many records use each mail domain."""
    frame = enriched.lazy()
    if "email" not in frame.collect_schema().names():
        return pl.DataFrame(schema={"_domain": pl.String, "_domain_records": pl.UInt32})
    return frame.select(_domain=_DOMAIN).drop_nulls().group_by("_domain").len("_domain_records").collect()


def _golden(records: pl.DataFrame, decided: Decided, objected: Objections, lists: Suppression) -> Slice:
    leads = Leads.of(records)
    records = records.with_columns(_family_agrees=pl.lit(True), _consent_email=pl.lit(None, pl.String))
    employment = leads.best(_ranks(records, pl.col("_employer").is_not_null(), (MANUAL,)))
    records = records.with_columns(_former(records, leads, employment), *typos(records, leads))
    no_mail, no_number = closed_mail(objected, lists), closed_numbers(objected, lists)
    records = records.with_columns(
        our_customer_number().alias("_our_number"), _fax_closed=no_number(records["fax"]).fill_null(False)
    )

    golden: dict[str, pl.Series] = {"lead_id": leads.ids}
    origin: dict[str, Origin] = {}
    for rule in SURVIVORSHIP:
        found = _decide(rule, records, leads)
        for field in (*rule.fields, *rule.carried):
            column = _DERIVED.get(field, field)
            golden[field] = _said(take(records[column], found.rows).alias(field), leads.ids, decided.values)
        origin |= dict.fromkeys(rule.fields, found)
        if rule.fields == ("family_name",):
            agrees = _agreement(same_fold, records["family_name"], golden["family_name"], leads)
            records = records.with_columns(_family_agrees=agrees | records["family_name"].is_null())
        if rule.fields == ("email",):
            records = records.with_columns(
                _consent_for(records, leads, golden["email"]),
                _same_mailbox=(records["email"] == leads.spread(golden["email"])).fill_null(False),
            )

    table = pl.DataFrame(golden).with_columns(
        pl.when(pl.col(f"{number}_status").eq_missing("invalid")).then(None).otherwise(pl.col(number)).alias(number)
        for number in ("phone", "mobile")
    )
    further = {
        "other_emails": further_emails(records, leads, table, no_mail),
        "other_phones": further_phones(records, leads, table, no_number),
    }
    for field, more in further.items():
        table = table.with_columns(more.values.alias(field))
        origin[field] = Origin(EVERY_OTHER, more.rows, np.zeros(table.height, dtype=np.bool_))
    table = table.with_columns(_facts(records, leads, employment, origin["email"].rows))
    table = table.with_columns(
        _said(table["name_status"], leads.ids, decided.values),
        *_objected(table, decided, objected),
        address_suggestion=pl.when(~_placed_by_hand(decided)).then("address_suggestion"),
    )
    table = table.with_columns(pl.col(field).fill_null(word) for field, word in _STATED.items())
    deciding = {channel: _or_newest(origin[f"consent_{channel}"].rows, table, channel, leads) for channel in CHANNELS}
    customers = {channel: leads.best(_ranks(records, _customer(channel), ())) for channel in CHANNELS}
    table = table.with_columns(pl.Series(f"{channel}_customer", rows >= 0) for channel, rows in customers.items())
    table = GOLDEN.conform(table.select(GOLDEN.names))
    origins = _with_decisions(provenance(table, records, origin), decided)
    return Slice(table, origins, consents(table, records, deciding, customers))


def _or_newest(rows: Rows, table: pl.DataFrame, channel: str, leads: Leads) -> Rows:
    """The rows that decided on a consent; the newest where a person did, or what is said of the address elsewhere."""
    stated = (table[f"consent_{channel}"] != "unknown").to_numpy()
    return np.where((rows < 0) & stated, leads.order[leads.starts], rows)


def _said(found: pl.Series, ids: pl.Series, values: pl.DataFrame) -> pl.Series:
    """A column of the leads with what people said of it in the place of what was found."""
    said = values.filter(pl.col("field") == found.name)
    if said.is_empty():
        return found
    asked = pl.DataFrame({"lead_id": ids, "found": found})
    joined = asked.join(said.with_columns(by_hand=True), on="lead_id", how="left", maintain_order="left")
    return joined.select(pl.when("by_hand").then("value").otherwise("found").alias(found.name)).to_series()


def _placed_by_hand(decided: Decided) -> pl.Expr:
    """Whether a person gave a part of the lead's address: no doubt of a record speaks of it any more."""
    placed = decided.values.filter(pl.col("field").is_in(["street", "house_number", "postcode", "city", "country"]))
    return pl.col("lead_id").is_in(placed["lead_id"].unique().implode())


def _objected(table: pl.DataFrame, decided: Decided, objected: Objections) -> list[pl.Expr]:
    """What was said against an address or number holds for it on every lead, also where a person put it there."""
    by_hand = pl.col("lead_id").is_in(decided.values["lead_id"].unique().implode())
    mailbox = mailbox_of(table["email"])

    def told(consent: str, found: Callable[[Values], pl.Series]) -> pl.Expr:
        closed, unclear = (by_hand & found(values).fill_null(False) for values in objected)
        agreed = pl.col(consent).is_in(["confirmed", "granted"])
        worse = pl.when(closed).then(pl.lit("refused")).when(unclear & agreed).then(pl.lit("unclear"))
        return worse.otherwise(consent).alias(consent)

    def numbers(values: Values) -> pl.Series:
        return table.select(pl.any_horizontal(pl.col("phone", "mobile").is_in(values.numbers.implode()))).to_series()

    return [told("consent_email", lambda it: mailbox.is_in(it.mailboxes.implode())), told("consent_phone", numbers)]


def _with_decisions(found: pl.DataFrame, decided: Decided) -> pl.DataFrame:
    """Provenance, where a person's word took the place of a rule."""
    own = decided.provenance.join(found.select("lead_id").unique(), on="lead_id", how="semi")
    if decided.values.is_empty():
        return found
    others = found.join(decided.values, on=["lead_id", "field"], how="anti", maintain_order="left")
    return pl.concat([others, own]).sort("lead_id", "field")


def _by_mail_suppressed(records: pl.DataFrame) -> pl.Series:
    """Any address of a person that is on a list closes their mail; a domain only what lies in it."""
    return records["_address_suppressed"] | (records["_domain_suppressed"] & records["_same_mailbox"])


def _customer(channel: str) -> pl.Expr:
    """Whether a record's source declares its person a customer: by e-mail only for the very address they gave."""
    declared = pl.col(f"consent_{channel}_basis") == "existing_customer"
    return declared & pl.col("_same_mailbox") if channel == "email" else declared


def _records(
    enriched: pl.DataFrame | pl.LazyFrame, clusters: pl.DataFrame, domains: pl.DataFrame, objected: Objections
) -> pl.DataFrame:
    """The columns the rules need, with their lead, one row per record of `clusters`, which is sorted by record."""
    wanted = given_or_null(enriched, dict.fromkeys(_CLEAN_TEXTS, pl.String) | _CLEAN_OTHERS)
    account = pl.col("account_id") if "account_id" in clusters.columns else pl.lit(None, pl.String)
    records = (
        enriched.lazy()
        .select(*wanted, "observed_at")
        .with_row_index("record")
        .filter(pl.col("record").is_in(clusters["record"].implode()))  # in less time than a join would take
        .collect()
        .hstack(clusters.select("lead_id", "lead", account_id=account))
    )
    return (
        records.with_columns(*carried(records), _mailbox=mailbox_of(records["email"]))
        .with_columns(
            opt_out=objects_to_all(),
            _mail_closed=_among("_mailbox", objected.closed.mailboxes),
            _mail_unclear=_among("_mailbox", objected.unclear.mailboxes),
            _domain=_DOMAIN,
            _manual=pl.col("source").str.contains(_MANUAL_SOURCE),
            _employer=pl.coalesce(
                "account_id",
                pl.when(~pl.col("company_status").is_in(["none", "missing"]).fill_null(False)).then("company_key"),
            ),
            _place=pl.coalesce("postcode", "city"),
            _consent_phone=pl.when(objects_to_all() | _by_number(objected.closed))
            .then(pl.lit("refused"))
            .when(pl.col("consent_phone") == "refused")
            .then(pl.lit("refused"))
            .when(_by_number(objected.unclear))
            .then(pl.lit("unclear"))
            .when(pl.col("consent_phone").is_in(["unclear", "confirmed", "granted"]))
            .then("consent_phone"),
        )
        .drop("_mailbox")
        .join(domains, on="_domain", how="left", maintain_order="left")
        .rechunk()  # a column added in one piece would otherwise have Polars copy the frame for each rule
    )


def _suppressed(records: pl.DataFrame, lists: Suppression) -> list[pl.Series]:
    """Which records have an address, a domain or a number that is on a suppression list."""
    addresses = _listed(records, ["email"], "other_emails", lists.has_address)
    numbers = _listed(records, ["phone", "mobile"], "other_phones", lists.has_number)
    return [
        addresses.alias("_address_suppressed"),
        lists.has_domain(records["email"]).alias("_domain_suppressed"),
        numbers.alias("_number_suppressed"),
    ]


def _listed(
    records: pl.DataFrame, single: list[str], several: str, is_listed: Callable[[pl.Series], pl.Series]
) -> pl.Series:
    """Which records have a value that is on a list in one of these columns, of which the last one holds several."""
    rows = pl.int_range(records.height, dtype=pl.UInt32, eager=True).alias("row")
    values = [records.select(rows, value=name).drop_nulls() for name in single]
    values.append(records.select(rows, value=several).explode("value", empty_as_null=True).drop_nulls())
    told = pl.concat(values)
    return rows.is_in(told.filter(is_listed(told["value"]))["row"].unique().implode())


def _among(column: str, values: pl.Series) -> pl.Expr:
    return pl.col(column).is_in(values.implode()).fill_null(False)


def _by_number(values: Values) -> pl.Expr:
    """Whether a number of the record is among the values."""
    return _among("mobile", values.numbers) | _among("phone", values.numbers)


def _ranks(records: pl.DataFrame, may: pl.Expr, keys: tuple[Key, ...]) -> Ranks:
    """The keys of each record packed into one number, -1 where it may not give the value."""
    packed: pl.Expr = pl.lit(0, pl.Int64)
    for key in keys:
        packed = packed * key.size + key.rank.fill_null(key.size - 1)
    ranks = records.select(pl.when(may.fill_null(False)).then(packed).otherwise(-1).cast(pl.Int64).alias("rank"))
    return ranks["rank"].to_numpy()


def _decide(rule: SurvivorshipRule, records: pl.DataFrame, leads: Leads) -> Origin:
    chosen = leads.best(_ranks(records, rule.may, rule.ranking))
    if rule.agrees is None:
        return Origin(rule.name, chosen, np.zeros(len(chosen), dtype=np.bool_))
    agrees = _agreement(rule.agrees, records[rule.guide], take(records[rule.guide], chosen), leads)
    ranks = np.where(agrees.to_numpy(), _ranks(records, rule.may, rule.fullest), -1)
    fullest = leads.best(ranks)
    rows = np.where(fullest < 0, chosen, fullest)
    return Origin(rule.name, rows, rows != chosen)


def _agreement(
    agrees: Callable[[pl.Expr, pl.Expr], pl.Expr], values: pl.Series, winners: pl.Series, leads: Leads
) -> pl.Series:
    """Which records agree with their lead's winner. Only distinct unequal pairs are looked at: there are few."""
    pairs = pl.DataFrame({"mine": values, "winner": leads.spread(winners)})
    unequal = pairs.filter(pl.col("mine") != pl.col("winner")).unique()
    judged = unequal.with_columns(agrees(pl.col("mine"), pl.col("winner")).alias("agrees"))
    agreed = judged.filter("agrees").select("mine", "winner", agrees=True)
    return (
        pairs.join(agreed, on=["mine", "winner"], how="left", maintain_order="left")
        .select(pl.col("agrees").fill_null(pl.col("mine") == pl.col("winner")).fill_null(False))
        .to_series()
    )


def _former(records: pl.DataFrame, leads: Leads, employment: Rows) -> pl.Series:
    """Which records speak of an employer the person has left: another company and another domain."""
    employer = leads.spread(take(records["_employer"], employment))
    domain = leads.spread(take(records["company_domain"], employment))
    same_domain = (records["company_domain"] == domain).fill_null(False)
    return ((records["_employer"] != employer).fill_null(False) & ~same_domain).alias("_former")


def _consent_for(records: pl.DataFrame, leads: Leads, email: pl.Series) -> pl.Series:
    """What each record says of mailing this very address: an objection or a doubt always counts, consent only for it.

    So does what another lead's record says against this address.
    """
    same = pl.col("email") == pl.col("_email")
    agreed = pl.col("consent_email").is_in(["confirmed", "granted"]) & (pl.col("email").is_null() | same)
    objects = pl.col("opt_out") | (pl.col("consent_email") == "refused") | (pl.col("_mail_closed") & same)
    unclear = (pl.col("consent_email") == "unclear") | (pl.col("_mail_unclear") & same)
    said = pl.when(objects).then(pl.lit("refused")).when(unclear).then(pl.lit("unclear")).when(agreed)
    columns = ("opt_out", "consent_email", "email", "_mail_closed", "_mail_unclear")
    return (
        records.select(*columns, _email=leads.spread(email))
        .select(_consent_email=said.then("consent_email"))
        .to_series()
    )


def _facts(records: pl.DataFrame, leads: Leads, employment: Rows, mailbox: Rows) -> list[pl.Series]:
    """What is true of a lead's records as a whole."""
    starts, ends = leads.starts, np.append(leads.starts[1:], len(leads.order)) - 1
    online, offline = (leads.any((records["channel"] == name).fill_null(False)) for name in ("online", "offline"))
    combinations = pl.Series([[], ["online"], ["offline"], ["offline", "online"]], dtype=pl.List(pl.String))
    channels = combinations.gather(online.cast(pl.UInt32) + 2 * offline.cast(pl.UInt32))
    every = pl.lit(True)
    name = leads.best(_ranks(records, every, (_NAME_VERDICT,)))
    private = leads.best(_ranks(records, pl.col("company_status") == "none", ()))
    company_status = [take(records["company_status"], rows) for rows in (employment, private)]
    domain = [take(records["company_domain"], rows) for rows in (employment, mailbox)]
    person = leads.any((records["device"] != "bot").fill_null(True))
    return [
        pl.Series("source_count", ends - starts + 1, dtype=pl.UInt32),
        channels.alias("channels"),
        _sources(records, leads),
        records["observed_at"].gather(leads.order[ends]).alias("first_seen_at"),
        records["observed_at"].gather(leads.order[starts]).alias("last_seen_at"),
        take(records["record"], employment).alias("employment_record"),
        take(records["name_status"], name).alias("name_status"),
        company_status[0].zip_with(company_status[0].is_not_null(), company_status[1]).alias("company_status"),
        domain[0].zip_with(domain[0].is_not_null(), domain[1]).alias("company_domain"),
        leads.any(records["opt_out"]).alias("opted_out"),
        leads.any(_by_mail_suppressed(records)).alias("email_suppressed"),
        leads.any(records["_number_suppressed"]).alias("phone_suppressed"),
        leads.any(records["_our_number"].is_not_null()).alias("is_customer"),
        (~person).alias("is_bot"),
    ]


def _sources(records: pl.DataFrame, leads: Leads) -> pl.Series:
    """The sources that know each lead, sorted."""
    lead = leads.spread(pl.Series(np.arange(len(leads.starts))))
    pairs = records.select("source", _of=lead).unique().sort("_of", "source")
    return pairs.group_by("_of", maintain_order=True).agg("source").get_column("source").alias("sources")
