"""Raw leads: every file of the inbox read once, as received, and what its records were over time.

Belongs here: the two assets that read the inbox, the versions of records. Does not belong here: reading a format, what
makes a version (`sources`).
"""

# No postponed annotations here: Dagster reads the annotation of `context` as it stands.

from typing import Any

import dagster as dg
import polars as pl

from assets.damage import lost, mended
from assets.markdown import markdown, tally
from assets.metadata import asset_options, materialised
from assets.over_time import over_time
from assets.resources.choices import Choices
from assets.resources.home import Home
from assets.resources.lake import Lake
from contracts import statuses
from contracts.raw import RAW_RECORDS, RECORD_VERSIONS
from engine.escaping import for_log
from engine.journal import Damaged
from enrichment.erased_store import conceal
from enrichment.tombstones import Erasures, read_erasures
from publishing.report.masking import without_contacts
from sources.inbox import FilesReport, read_inbox
from sources.lead_files import CHANNELS, strays
from sources.store.catalogue import load_files
from sources.store.channel_records import load_versions, write_records
from sources.store.deliveries import refused_snapshots
from sources.store.thinning import thin

_OPTIONS = asset_options(RAW_RECORDS, "sources") | {
    "retry_policy": dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL),
}
_ONLINE = {
    "name": "raw_online_leads",
    "description": "Leads from web forms, newsletters, webinars and ads: every row of inbox/online as received.",
}
_OFFLINE = {
    "name": "raw_offline_leads",
    "description": "Leads from fairs, business cards, sheets and partners: every row of inbox/offline as received.",
}


@dg.asset(**_OPTIONS | _ONLINE)
def raw_online_leads(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    return _read(context.log, lake, choices, "online")


@dg.asset(**_OPTIONS | _OFFLINE)
def raw_offline_leads(context: dg.AssetExecutionContext, lake: Lake, choices: Choices) -> dg.MaterializeResult[Any]:
    return _read(context.log, lake, choices, "offline")


@dg.asset(**asset_options(RECORD_VERSIONS, "sources"), deps=["raw_offline_leads", "raw_online_leads"])
def record_versions(lake: Lake) -> dg.MaterializeResult[Any]:
    table = load_versions(lake.where.raw_store, over_time(lake.where))
    told = table.select("current", withdrawn=pl.col("withdrawn_because").is_not_null())
    return materialised(lake.write("record_versions", table), versions=tally(told, "current", "withdrawn"))


def _read(log: dg.DagsterLogManager, lake: Lake, choices: Choices, channel: str) -> dg.MaterializeResult[Any]:
    store, settings, truncate = lake.where.raw_store, lake.where.source_settings, choices.truncate_ips
    rules = over_time(lake.where)
    try:
        read = read_inbox(lake.inbox_folder, store, settings, channels=(channel,), truncate_ips=truncate)
    except Damaged as error:
        raise dg.Failure(without_contacts(str(error)), allow_retries=False) from error
    conceal(store, (channel,), _erasures(log, lake.where))
    path = lake.path(f"raw_{channel}_leads")
    write_records(store, channel, path, rules)
    thin(store, channel, rules.withdrawals)
    files = load_files(store).filter(pl.col("channel") == channel)
    _tell(log, read, files)
    for refused in refused_snapshots(store, channel, rules.withdrawals):
        lost(log, for_log(without_contacts(refused)))
    if channel == CHANNELS[-1]:
        _tell_strays(log, strays(lake.inbox_folder))
    return materialised(path, **_counts(files), files=_shown(files))


def _counts(files: pl.DataFrame) -> dict[str, int]:
    """Files and sheets of the channel ever read, and what came of their rows."""
    status = dict(files["status"].value_counts().iter_rows())
    rows = files.select(pl.col("rows", "records", "rejected").sum()).row(0, named=True)
    return {"files/all": files.height, **{f"files/{word}": status.get(word, 0) for word in statuses.FILE}} | {
        f"rows/{name}": int(value or 0) for name, value in rows.items()
    }


def _erasures(log: dg.DagsterLogManager, home: Home) -> Erasures:
    found = read_erasures(home.match_overrides)
    if found.torn:
        log.warning("The last line of overrides/erased.csv breaks off; run `leads forget` again for that person")
    return found


def _tell(log: dg.DagsterLogManager, read: FilesReport, files: pl.DataFrame) -> None:
    if read.mended:
        mended(log, f"the store did not hold what was written; read again: {', '.join(read.mended)}")
    loaded, known = read.count("loaded"), read.count("already_loaded")
    log.info(f"{loaded:,} files loaded, {known:,} already loaded, {read.rejected:,} rows held back")
    for warnings in files["warnings"].drop_nulls().unique(maintain_order=True):
        log.warning(for_log(without_contacts(warnings)))


def _tell_strays(log: dg.DagsterLogManager, outside: list[str]) -> None:
    if outside:
        named = for_log(without_contacts(", ".join(outside[:10])))
        log.warning(f"{len(outside):,} files lie outside the channel folders and were not read: {named}")


def _shown(files: pl.DataFrame) -> dg.MarkdownMetadataValue:
    shown = files.select("source", "file", "sheet", "status", "encoding", "dialect", "rows", "records", "rejected")
    names = pl.col("source", "file", "sheet")
    return markdown(shown.with_columns(names.map_elements(without_contacts, return_dtype=pl.String)))
