"""Clean, enriched and quarantined records: each source record judged field by field.

Belongs here: the assets of the enrichment stage. Does not belong here: a rule (`enrichment`) or the decision
to hold a record back (`expectations.row_rules`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.damage import lost
from assets.metadata import asset_options, asset_spec, markdown, materialised, shares, tally
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from contracts.clean import CLEAN_RECORDS, ENRICHED_RECORDS, HELD_BACK, MAIL_DOMAINS
from contracts.published import QUARANTINE
from engine.journal import Damaged
from enrichment.batches import clean_table
from enrichment.clean_records import ContextSource
from enrichment.email.clean import frequent_domains
from enrichment.email.deliverability import check_domains
from enrichment.email.evidence_file import read_mail_evidence
from enrichment.enriched_records import enrich_table
from enrichment.erased_store import take_out
from enrichment.erasure import REASON, hold_back_erased
from enrichment.rule_failures import failures
from enrichment.tombstones import read_erasures
from expectations.row_rules import hold_back
from publishing.tables import quarantine_table
from sources.lead_files import CHANNELS
from sources.store.catalogue import load_rejects
from sources.store.channel_records import both_channels, write_records

_STATUSES = (
    "email_status",
    "phone_status",
    "mobile_status",
    "address_status",
    "name_status",
    "company_status",
    "ip_status",
)


_RAW = ["raw_online_leads", "raw_offline_leads"]


class RulesBroke(Exception):  # noqa: N818 - named for what happened
    """Rules broke on some records, and the setting says that nothing is to be published then."""


@dg.multi_asset(
    name="clean_records", specs=[asset_spec(table, "enrichment", _RAW) for table in (CLEAN_RECORDS, HELD_BACK)]
)
def clean_records(
    context: dg.AssetExecutionContext, lake: Lake, choices: Choices
) -> Iterator[dg.MaterializeResult[Any]]:
    home = lake.where
    raw = both_channels(lake.scan("raw_online_leads"), lake.scan("raw_offline_leads"))
    source = ContextSource(
        geoip_folder=home.geoip,
        streets_file=home.streets if home.streets.exists() else None,
        truncate_ips=choices.truncate_ips,
        frequent_domains=frequent_domains(raw.select("email")),
    )
    split = partial(hold_back_erased, read_erasures(home.match_overrides), hold_back)
    with lake.writing("clean_records", "held_back") as (clean, rejects):
        kept, held = clean_table(raw, clean, rejects, source, split, progress=_progress(context))
        broken = failures(pl.read_parquet(rejects, glob=False))
        _tell(context, choices, broken)
        _forget_again(lake, raw, rejects)
    context.log.info(f"{kept:,} records cleaned, {held:,} held back")
    yield _clean_result(lake)
    yield _reasons_result(lake.path("held_back"), rule_failures=broken)


def _forget_again(lake: Lake, raw: pl.LazyFrame, rejects: Path) -> None:
    """Records of the erased leave the store, which keeps them as rejects by file and row, and the raw tables."""
    held = pl.read_parquet(rejects, glob=False)
    erased = held.filter(pl.col("reason_code") == REASON)
    if take_out(lake.where.raw_store, raw, erased.select("source", "source_record_id")):
        held.filter(pl.col("reason_code") != REASON).write_parquet(rejects)
        for channel in CHANNELS:
            write_records(lake.where.raw_store, channel, lake.path(f"raw_{channel}_leads"))


def _clean_result(lake: Lake) -> dg.MaterializeResult[Any]:
    table = lake.scan("clean_records")
    repairs = table.select(pl.col("repairs").explode().struct.field("field", "reason")).drop_nulls("reason")
    counted = repairs.group_by("field", "reason").len("rows").sort("rows", "reason", descending=[True, False])
    return materialised(
        lake.path("clean_records"),
        verdicts=markdown(shares(table, _STATUSES), limit=60),
        repairs=markdown(counted.collect()),
    )


def _reasons_result(path: Path, **more: Any) -> dg.MaterializeResult[Any]:
    reasons = pl.read_parquet(path, columns=["reason_code"], glob=False)
    return materialised(path, reasons=tally(reasons, "reason_code"), **more)


@dg.asset(**asset_options(MAIL_DOMAINS, "enrichment"), deps=["clean_records"])
def mail_domains(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    path = lake.path("mail_domains")
    try:
        known = path.exists() and lake.sound("mail_domains")
    except Damaged as error:
        lost(context.log, f"{error}; the answers of the name service kept so far are dropped")
        known = False
    if not known:
        lake.write("mail_domains", MAIL_DOMAINS.empty())
    if choices.check_deliverability:
        check_domains(lake.read("clean_records", ["email_domain"])["email_domain"].unique(), path)
        lake.vouch("mail_domains")
    return materialised(path, outcomes=tally(lake.read("mail_domains"), "outcome", of="domains"))


@dg.asset(**asset_options(ENRICHED_RECORDS, "enrichment"), deps=["clean_records", "mail_domains"])
def enriched_records(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    evidence = read_mail_evidence(lake.where.mail_evidence)
    if choices.check_deliverability:
        evidence = pl.concat([evidence, lake.read("mail_domains")])
    with lake.writing("enriched_records") as (path,):
        broken = enrich_table(lake.sound("clean_records"), path, evidence)
        _tell(context, choices, broken)
    columns = ["email_status", "language", "browser", "operating_system", "device", "ip_network_kind"]
    added = markdown(shares(lake.scan("enriched_records"), columns), limit=40)
    path = lake.path("enriched_records")
    return materialised(path, mail_evidence=evidence.height, added=added, rule_failures=broken)


@dg.asset(**asset_options(QUARANTINE, "enrichment"), deps=[*_RAW, "held_back"])
def quarantine(lake: Lake) -> dg.MaterializeResult[Any]:
    table = quarantine_table(pl.concat([load_rejects(lake.where.raw_store), lake.read("held_back")]))
    return _reasons_result(lake.write("quarantine", table))


def _tell(context: dg.AssetExecutionContext, choices: Choices, broken: list[str]) -> None:
    """Say which rules broke; what the run says of it in the end is their asset's metadata `rule_failures`."""
    if broken and choices.rule_failures == "stop":
        raise RulesBroke(" ".join(broken))
    for failure in broken:
        context.log.error(failure)


def _progress(context: dg.AssetExecutionContext) -> Any:
    def report(done: int, total: int) -> None:
        context.log.debug(f"{done:,} of {total:,} records")

    return report
