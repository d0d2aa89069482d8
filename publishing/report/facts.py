"""The figures of the report page, counted from the published tables and the clean records.

Belongs here: counting and picking masked examples. Does not belong here: the page (`report`, `templates/`).
Every function takes frames in the shape of `contracts.published` or `contracts.clean` and works on empty ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import polars as pl

from contracts.statuses import CHANNEL
from matching.accounts.buying_center import PARTS
from publishing.report.masking import NOBODY, masked, without_contacts
from publishing.report.words import wants_action

EXAMPLE_LENGTH = 22
JUDGED = ("email", "phone", "mobile", "address")


class Place(NamedTuple):
    """Where something stands, without personal data: `row` is None where it is a whole file."""

    file: str
    sheet: str
    row: int | None


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason, how often it applied, a masked example where there is one, and the place it was met first."""

    code: str
    count: int
    field: str = ""
    before: str = ""
    after: str = ""
    place: Place | None = None

    @property
    def wants_action(self) -> bool:
        """Whether somebody can do something about it."""
        return wants_action(self.code)


class SourceRow(NamedTuple):
    """One source: its records, how many have a working channel, how many describe a lead known from elsewhere.

    `files` and `rows` are held back, a file as a whole or a row of one that was read. `before` is the number of its
    records in the publication before.
    """

    source: str
    channel: str
    records: int
    reachable: int
    shared: int
    files: int
    rows: int
    before: int


class RoleKnown(NamedTuple):
    """A part of the buying center: at how many accounts with contacts it is played, and the biggest one without."""

    role: str
    known: int
    accounts: int
    biggest_gap: str
    contacts: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram."""

    label: str
    count: int


class AccountRow(NamedTuple):
    """An account with its spellings."""

    name: str
    town: str
    leads: int
    spellings: tuple[tuple[str, int], ...]
    more: int


def repairs(clean: pl.LazyFrame, *, most: int, persons: frozenset[str] = NOBODY) -> list[ReasonCount]:
    """The most frequent repairs, at most three of a field, with a masked example."""
    long = clean.select("repairs").explode("repairs").unnest("repairs").drop_nulls("reason")
    changed = pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value"))
    changed &= ~pl.col("field").str.ends_with("_status") & ~pl.col("reason").is_in(_verdicts(clean))
    # The text nearest to an ordinary length makes the plainest example; the records are sorted, so it stays the same.
    plainest = (pl.col("raw").str.len_chars().cast(pl.Int64) - EXAMPLE_LENGTH).abs().arg_min()
    table = (
        long.filter(changed)
        .group_by("field", "reason")
        .agg(pl.len().alias("count"), pl.struct("raw", "value").get(plainest).alias("example"))
        .collect(engine="streaming")
        .sort("count", "field", "reason", descending=[True, False, False])
        .filter(pl.int_range(pl.len()).over("field") < 3)
        .head(most)
    )
    return [
        ReasonCount(
            code,
            count,
            field=field,
            before=masked(field, example["raw"], persons),
            after=masked(field, example["value"], persons),
        )
        for field, code, count, example in table.iter_rows()
    ]


def _verdicts(clean: pl.LazyFrame) -> list[str]:
    """Reasons that explain doubtful statuses: as evidence they judge a value and repair nothing."""
    doubtful = [
        clean.filter(~pl.col(f"{field}_status").is_in(["valid", "corrected"])).select(
            pl.col(f"{field}_reason").unique()
        )
        for field in JUDGED
    ]
    return sorted({code for frame in pl.collect_all(doubtful) for code in frame.to_series().drop_nulls()})


def held_back(quarantine: pl.DataFrame) -> list[ReasonCount]:
    """Why files and rows were quarantined, what can be corrected first; no raw text is shown."""
    places = quarantine.group_by("reason_code").agg(
        pl.len().alias("count"), pl.struct("file", "sheet", "row").sort_by("file", "row").first().alias("place")
    )
    rows = [
        ReasonCount(code, count, place=_place(**place))
        for code, count, place in places.sort("count", "reason_code", descending=[True, False]).iter_rows()
    ]
    return sorted(rows, key=lambda row: not row.wants_action)


def _place(file: str, sheet: str | None, row: int | None) -> Place:
    return Place(without_contacts(file), without_contacts(sheet or ""), row)


def blocked(leads: pl.DataFrame) -> list[ReasonCount]:
    """Why leads are not handed to sales, each with the masked address or number of one of them."""
    channels = ("email", "phone", "mobile")
    found = (
        leads.select("lead_id", *channels, code="block_reasons")
        .explode("code")
        .drop_nulls("code")
        .group_by("code")
        .agg(pl.len().alias("count"), *(pl.col(name).sort_by("lead_id").drop_nulls().first() for name in channels))
        .sort("count", "code", descending=[True, False])
    )
    return [
        ReasonCount(
            row["code"], row["count"], before=next((masked(name, row[name]) for name in channels if row[name]), "")
        )
        for row in found.iter_rows(named=True)
    ]


def sources(
    clean: pl.LazyFrame, crosswalk: pl.DataFrame, quarantine: pl.DataFrame, before: Mapping[str, int] | None = None
) -> list[SourceRow]:
    """Each source, biggest first, those of which all is held back too; `before`: records of each before."""
    working = ["valid", "possible"]
    reachable = (
        pl.col("email_status").is_in(["valid", "risky"])
        | pl.col("phone_status").is_in(working)
        | pl.col("mobile_status").is_in(working)
    )
    records = (
        clean.group_by("source", "channel").agg(pl.len().alias("records"), reachable.sum().alias("reachable")).collect()
    )
    shared = (
        crosswalk.select("source", (pl.len().over("lead_id") > 1).alias("shared"))
        .group_by("source")
        .agg(pl.col("shared").sum())
    )
    whole = pl.col("row").is_null()
    rejected = quarantine.group_by("source").agg(
        whole.sum().alias("files"),
        (~whole).sum().alias("rows"),
        pl.col("file").first().str.split("/").list.first().alias("folder"),
    )
    table = (
        records.join(rejected, on="source", how="full", coalesce=True)
        .join(shared, on="source", how="left")
        .with_columns(
            pl.col("records", "reachable", "shared", "files", "rows").fill_null(0),
            pl.coalesce("channel", pl.when(pl.col("folder").is_in(list(CHANNEL))).then("folder"), pl.lit("")),
        )
        .sort("records", "source", descending=[True, False])
        .select(SourceRow._fields[:-1])
    )
    return [
        SourceRow(**row | {"source": without_contacts(row["source"])}, before=(before or {}).get(row["source"], 0))
        for row in table.iter_rows(named=True)
    ]


def roles_known(accounts: pl.DataFrame, persons: frozenset[str] = NOBODY) -> list[RoleKnown]:
    """Each part of the buying center over all accounts that have contacts."""
    met = accounts.filter(pl.col("lead_count") > 0).sort("lead_count", "account_id", descending=[True, False])
    found = []
    for role in PARTS:
        known = met["roles_present"].list.contains(role)
        gap = met.filter(~known).select("name", "lead_count").head(1)
        name, contacts = gap.row(0) if gap.height else ("", 0)
        found.append(RoleKnown(role, int(known.sum()), met.height, masked("company", name, persons), contacts))
    return found


def records_per_lead(leads: pl.DataFrame) -> list[Bar]:
    """Leads by the number of source records merged into them."""
    return _histogram(leads["source_count"], ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 9), (10, None)))


def _histogram(values: pl.Series, ranges: tuple[tuple[int, int | None], ...]) -> list[Bar]:
    bars = []
    for low, high in ranges:
        label = f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"
        inside = (values >= low) & (values <= high) if high is not None else values >= low
        bars.append(Bar(label, int(inside.sum())))
    while len(bars) > 1 and bars[-1].count == 0:
        bars.pop()
    return bars[1:] if bars[0] == Bar("0", 0) else bars


def expected(decisions: pl.LazyFrame) -> float:
    """The share of merged pairs the model expects to be right, as in `matching.leads.evaluate.estimate`."""
    merged = decisions.filter(pl.col("outcome") == "merged")
    return float(merged.select(pl.col("probability").cast(pl.Float64).mean()).collect().item() or 0.0)


def biggest_accounts(accounts: pl.DataFrame, persons: frozenset[str] = NOBODY) -> list[AccountRow]:
    """The ten accounts written in the most ways."""
    table = accounts.with_columns(pl.col("spelling_variants").list.len().alias("ways"))
    table = table.sort("ways", "lead_count", "account_id", descending=[True, True, False]).head(10)
    rows = []
    company = partial(masked, "company", persons=persons)
    for name, city, leads, variants in table.select("name", "city", "lead_count", "spelling_variants").iter_rows():
        shown = tuple((company(variant["name"]), variant["records"]) for variant in variants[:8])
        rows.append(AccountRow(company(name), masked("city", city), leads, shown, max(0, len(variants) - len(shown))))
    return rows
