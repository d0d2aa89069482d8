"""A whole record cleaned: every field rule applied in the order their evidence needs.

Belongs here: which column function runs on what, and how their results are put side by side.
Does not belong here: any rule of a field, reading or writing files (`enrichment/batches`), what is added to a clean
record (`enrichment/enriched_records`).
The order matters once only: what the contact data says of the country goes before the address, and the address before
the numbers, because its country decides how they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts.clean import CLEAN_RECORDS, REPAIRS
from enrichment.address.clean import clean_address, is_open
from enrichment.cells.evidence import merge_repairs
from enrichment.cells.no_value import held_back
from enrichment.cells.text_mark import unmarked
from enrichment.collected_at import clean_collected_at
from enrichment.company.clean import clean_company
from enrichment.consent import clean_consent
from enrichment.country_evidence import evident_countries
from enrichment.email.clean import clean_email
from enrichment.person.clean import clean_person
from enrichment.phone.clean import clean_phone
from enrichment.rule_failures import judged, rule
from enrichment.visit.ip import clean_ip
from reference.ip import Databases, open_databases
from reference.places import Places, load_places
from reference.streets import Streets, load_streets


@dataclass(frozen=True, slots=True)
class Context:
    """What the rules may know beyond the record: reference data and the data set's own mail domains."""

    places: Places
    databases: Databases
    streets: Streets | None
    frequent_domains: frozenset[str]
    truncate_ips: bool


@dataclass(frozen=True, slots=True)
class ContextSource:
    """Where a `Context` comes from; small and picklable, so that each worker opens its own."""

    geoip_folder: Path | None = None
    streets_file: Path | None = None
    frequent_domains: frozenset[str] = frozenset()
    truncate_ips: bool = False

    def open(self) -> Context:
        return Context(
            places=load_places(),
            databases=open_databases(self.geoip_folder),
            streets=load_streets(self.streets_file) if self.streets_file else None,
            frequent_domains=self.frequent_domains,
            truncate_ips=self.truncate_ips,
        )


def clean_batch(raw: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Clean raw records.

    Args:
        raw: contracts.raw.RAW_RECORDS, any number of rows.
        context: reference data, the same for every batch of a run.

    Returns:
        contracts.clean.CLEAN_RECORDS, same rows in the same order.

    Raises:
        RuleFailed: a rule broke on one of the records.

    Example:
        >>> from contracts.raw import RAW_RECORDS
        >>> context = ContextSource().open()
        >>> stated = {"full_name": "Dr. Anna Klein", "phone": "0711 1234567", "postcode_city": "D-70173 Stuttgart"}
        >>> raw = RAW_RECORDS.conform(pl.DataFrame([stated]))
        >>> clean_batch(raw, context).select("given_name", "phone", "city", "country", "address_status")
        shape: (1, 5)
        ┌────────────┬───────────────┬───────────┬─────────┬────────────────┐
        │ given_name ┆ phone         ┆ city      ┆ country ┆ address_status │
        │ ---        ┆ ---           ┆ ---       ┆ ---     ┆ ---            │
        │ str        ┆ str           ┆ str       ┆ str     ┆ str            │
        ╞════════════╪═══════════════╪═══════════╪═════════╪════════════════╡
        │ Anna       ┆ +497111234567 ┆ Stuttgart ┆ DE      ┆ locality       │
        └────────────┴───────────────┴───────────┴─────────┴────────────────┘
    """
    with rule("cells"):
        raw, marks = unmarked(raw)
        raw, long = held_back(raw)
    told = judged("address", evident_countries, raw)
    address = judged("address", clean_address, raw.hstack(told), context.places, streets=context.streets)
    guessed = is_open(address, told, context.places)
    evident = pl.lit(told["evident_country"])
    country = address.select(pl.coalesce("country", evident).alias("country_iso")).to_series()
    located = raw.with_columns(country, country_open=guessed)
    parts = [
        judged("name", clean_person, raw),
        judged("email", clean_email, raw, frequent_domains=context.frequent_domains),
        judged("phone", clean_phone, located),
        address,
        judged("company", clean_company, located),
        judged("ip", clean_ip, raw, context.databases, truncate=context.truncate_ips),
        judged("consent", clean_consent, raw),
        judged("collected_at", clean_collected_at, raw),
    ]
    with rule("record"):
        said = pl.concat([part.drop(REPAIRS.name) for part in parts], how="horizontal")
        carried = raw.select(pl.exclude(said.columns)).rename({"language": "language_stated"})
        frame = pl.concat([carried, said], how="horizontal")
        frame = frame.with_columns(merge_repairs([marks, long, *(part[REPAIRS.name] for part in parts)]))
        return CLEAN_RECORDS.conform(frame.select(CLEAN_RECORDS.names))
