"""Clean, enriched and quarantined records: each source record judged field by field.

Belongs here: the assets of the enrichment stage. Does not belong here: a rule (`enrichment`) or the decision
to hold a record back (`expectations.row_rules`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.damage import lost
from assets.metadata import asset_options, asset_spec, materialised
from assets.over_time import over_time
from assets.resources.choices import Choices
from assets.resources.home import Home
from assets.resources.lake import Lake
from assets.stamping import stamp_of
from contracts.clean import CLEAN_RECORDS, ENRICHED_RECORDS, HELD_BACK, MAIL_DOMAINS
from contracts.published import QUARANTINE
from engine.escaping import for_log
from engine.journal import Damaged
from enrichment.batches import Progress, clean_table
from enrichment.clean_records import ContextSource
from enrichment.email.clean import frequent_domains
from enrichment.email.deliverability import check_domains
from enrichment.email.evidence_file import read_mail_evidence
from enrichment.enriched_records import enrich_table
from enrichment.erased_store import take_out
from enrichment.erasure import REASON, hold_back_erased
from enrichment.retention import REASON as EXPIRED
from enrichment.retention import hold_back_expired, read_retention, take_out_expired
from enrichment.rule_failures import Split, answered, failures
from enrichment.tombstones import read_erasures
from expectations.row_rules import hold_back
from publishing.previous import moment
from publishing.report.masking import without_contacts
from publishing.tables import quarantine_table
from sources.lead_files import CHANNELS
from sources.store.catalogue import load_rejects
from sources.store.channel_records import both_channels, write_records

_RAW = ["raw_online_leads", "raw_offline_leads"]


class RulesBroke(Exception):  # noqa: N818 - named for what happened
    """Rules broke on some records, and the setting says that nothing is to be published then."""


@dg.multi_asset(
    name="clean_records",
    specs=[asset_spec(CLEAN_RECORDS, "enrichment", _RAW), asset_spec(HELD_BACK, "quarantine", _RAW)],
)
def clean_records(
    context: dg.AssetExecutionContext, lake: Lake, choices: Choices
) -> Iterator[dg.MaterializeResult[Any]]:
    raw = both_channels(lake.scan("raw_online_leads"), lake.scan("raw_offline_leads"))
    source, unknown = _context_source(lake.where, choices, raw)
    with lake.writing("clean_records", "held_back") as (clean, rejects):
        kept, held = clean_table(raw, clean, rejects, source, _split(lake.where), progress=_progress(context))
        broken = _told(context, choices, [*unknown, *failures(pl.read_parquet(rejects, glob=False))])
        _forget_again(lake, raw, rejects)
    context.log.info(f"{kept:,} records cleaned, {held:,} held back")
    yield materialised(lake.path("clean_records"))
    yield materialised(lake.path("held_back"), rule_failures=broken)


def _split(home: Home) -> Split:
    """Who goes no further: the erased, then those past their time, then those of whom nothing can be said."""
    expired = partial(hold_back_expired, read_retention(home.source_settings, moment(home.published)), hold_back)
    return partial(hold_back_erased, read_erasures(home.match_overrides), expired)


def _context_source(home: Home, choices: Choices, raw: pl.LazyFrame) -> tuple[ContextSource, list[str]]:
    """What cleaning knows beside the records, and which of its rules broke."""
    streets = home.streets if os.path.lexists(home.streets) else None
    domains, unknown = answered("frequent_domains", frequent_domains, raw.select("email"))
    return ContextSource(home.geoip, streets, domains or frozenset(), truncate_ips=choices.truncate_ips), unknown


def _forget_again(lake: Lake, raw: pl.LazyFrame, rejects: Path) -> None:
    """The erased and what is past its time leave the store, which tells of them by file and row, and the raw tables."""
    held, store = pl.read_parquet(rejects, glob=False), lake.where.raw_store
    erased = held.filter(pl.col("reason_code") == REASON)
    if take_out(store, raw, erased.select("source", "source_record_id")).height + take_out_expired(store, raw, held):
        held.filter(~pl.col("reason_code").is_in([REASON, EXPIRED])).write_parquet(rejects)
        for channel in CHANNELS:
            path = lake.path(f"raw_{channel}_leads")
            write_records(lake.where.raw_store, channel, path, over_time(lake.where))


@dg.asset(**asset_options(MAIL_DOMAINS, "enrichment"), deps=["clean_records"])
def mail_domains(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    if not _known(context, lake):
        lake.write("mail_domains", MAIL_DOMAINS.empty())
    path = lake.path("mail_domains")
    if choices.check_deliverability:
        check_domains(lake.read("clean_records", ["email_domain"])["email_domain"].unique(), path)
        lake.vouch("mail_domains")
    return materialised(path)


def _known(context: dg.AssetExecutionContext, lake: Lake) -> bool:
    """Whether the answers of earlier nights are there, and as they were written."""
    try:
        return lake.path("mail_domains").exists() and bool(lake.sound("mail_domains"))
    except Damaged as error:
        lost(context.log, f"{error}; the answers of the name service kept so far are dropped")
        return False


@dg.asset(**asset_options(ENRICHED_RECORDS, "enrichment"), deps=["clean_records", "mail_domains"])
def enriched_records(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    evidence = read_mail_evidence(lake.where.mail_evidence)
    if choices.check_deliverability:
        evidence = pl.concat([evidence, lake.read("mail_domains")])
    with lake.writing("enriched_records") as (path,):
        broken = _told(context, choices, enrich_table(lake.sound("clean_records"), path, evidence))
    return materialised(lake.path("enriched_records"), mail_evidence=evidence.height, rule_failures=broken)


@dg.asset(**asset_options(QUARANTINE, "quarantine"), deps=[*_RAW, "held_back", "activity_rejects"])
def quarantine(context: dg.AssetExecutionContext, lake: Lake) -> dg.MaterializeResult[Any]:
    held = pl.concat([load_rejects(lake.where.raw_store), lake.read("held_back"), lake.read("activity_rejects")])
    table = quarantine_table(held, stamp_of(context, lake))
    return materialised(lake.write("quarantine", table))


def _told(context: dg.AssetExecutionContext, choices: Choices, broken: list[str]) -> list[str]:
    """`broken` as it may be shown, said in the log; the end of the run reads it in the metadata `rule_failures`.

    Raises:
        RulesBroke: the setting wants nothing published then.
    """
    shown = [for_log(without_contacts(failure)) for failure in broken]  # a file may be named for a person
    if shown and choices.rule_failures == "stop":
        raise RulesBroke(" ".join(shown))
    for failure in shown:
        context.log.error(failure)
    return shown


def _progress(context: dg.AssetExecutionContext) -> Progress:
    return lambda done, total: context.log.debug(f"{done:,} of {total:,} records")
