"""Raw leads: every file of the inbox read once, as received.

Belongs here: the two assets that read the inbox. Does not belong here: reading a format (`sources`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from typing import Any

import dagster as dg
import polars as pl

from assets.damage import mended
from assets.metadata import asset_options, markdown, materialised
from assets.resources.choices import Choices
from assets.resources.lake import Lake
from contracts.raw import RAW_RECORDS
from engine.escaping import for_log
from engine.journal import Damaged
from enrichment.erased_store import conceal
from enrichment.tombstones import read_erasures
from publishing.report.masking import without_contacts
from sources.inbox import read_inbox
from sources.lead_files import CHANNELS, strays
from sources.store.catalogue import load_files
from sources.store.channel_records import write_records

_OPTIONS = asset_options(RAW_RECORDS, "sources") | {
    "retry_policy": dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL),
}


@dg.asset(
    **_OPTIONS
    | {"name": "raw_online_leads", "description": "Leads from web forms, newsletters, webinars and ads, as received."}
)
def raw_online_leads(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    return _read(context, lake, choices, "online")


@dg.asset(
    **_OPTIONS
    | {
        "name": "raw_offline_leads",
        "description": "Leads from fairs, business cards, spreadsheets and partners, as received.",
    }
)
def raw_offline_leads(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    return _read(context, lake, choices, "offline")


def _read(context: dg.AssetExecutionContext, lake: Lake, choices: Choices, channel: str) -> dg.MaterializeResult[Any]:
    home = lake.where
    try:
        read = read_inbox(
            lake.inbox_folder,
            home.raw_store,
            home.source_settings,
            channels=(channel,),
            truncate_ips=choices.truncate_ips,
        )
    except Damaged as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    if read.mended:
        mended(context.log, f"the store did not hold what was written; read again: {', '.join(read.mended)}")
    loaded, known = read.count("loaded"), read.count("already_loaded")
    context.log.info(f"{loaded:,} files loaded, {known:,} already loaded, {read.rejected:,} rows held back")
    erasures = read_erasures(home.match_overrides)
    if erasures.torn:
        context.log.warning(
            "The last line of overrides/erased.csv breaks off; run `leads forget` again for that person"
        )
    conceal(home.raw_store, (channel,), erasures)
    path = lake.path(f"raw_{channel}_leads")
    write_records(home.raw_store, channel, path)
    files = load_files(home.raw_store).filter(pl.col("channel") == channel)
    for warnings in files["warnings"].drop_nulls().unique(maintain_order=True):
        context.log.warning(for_log(without_contacts(warnings)))
    if channel == CHANNELS[-1] and (lost := strays(lake.inbox_folder)):
        named = for_log(without_contacts(", ".join(lost[:10])))
        context.log.warning(f"{len(lost):,} files lie outside the channel folders and were not read: {named}")
    shown = files.select("source", "file", "sheet", "status", "encoding", "dialect", "rows", "records", "rejected")
    shown = shown.with_columns(pl.col("file", "sheet").map_elements(without_contacts, return_dtype=pl.String))
    return materialised(path, files=markdown(shown), file_count=files.height)
