"""The figures of the report page, counted from the published tables and the clean records.

Belongs here: counting and picking masked examples. Does not belong here: the page (`report`, `templates/`).
Every function takes frames in the shape of `contracts.published` or `contracts.clean` and works on empty ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from contracts.reasons import reasons
from publishing.masking import initials, masked

ROLES = ("initiator", "user", "influencer", "buyer", "decider", "gatekeeper")
CLASSES = ("valid", "repaired", "suspected", "invalid", "missing")


class Concept(NamedTuple):
    """A field of the quality chart: its status column, what each status counts as, and the columns it owns."""

    title: str
    status: str
    suspected: tuple[str, ...]
    invalid: tuple[str, ...]
    missing: tuple[str, ...]
    repaired: tuple[str, ...]
    columns: tuple[str, ...]


CONCEPTS = (
    Concept(
        "Name",
        "name_status",
        ("partial", "two_persons", "role"),
        ("junk",),
        ("missing",),
        ("swapped",),
        ("given_name", "family_name", "academic_title", "salutation", "name"),
    ),
    Concept("E-mail", "email_status", ("risky", "unknown"), ("invalid",), ("missing",), (), ("email", "other_emails")),
    Concept(
        "Phone",
        "phone_status",
        ("possible",),
        ("invalid",),
        ("missing",),
        (),
        ("phone", "phone_extension", "other_phones"),
    ),
    Concept("Mobile", "mobile_status", ("possible",), ("invalid",), ("missing",), (), ("mobile",)),
    Concept(
        "Address",
        "address_status",
        ("conflict", "unverifiable"),
        (),
        ("missing",),
        ("corrected",),
        ("street", "house_number", "address", "postcode", "city", "country", "po_box"),
    ),
    Concept(
        "Company",
        "company_status",
        ("liquidation", "formation"),
        (),
        ("missing", "none"),
        (),
        ("company", "legal_form", "company_site", "department"),
    ),
    Concept(
        "IP address", "ip_status", ("not_found", "private", "skipped"), ("invalid",), ("missing",), (), ("ip_address",)
    ),
)


class Quality(NamedTuple):
    """Records of one concept by class, in the order of `CLASSES`."""

    title: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """A reason with its sentence, how often it applied, and a masked example."""

    field: str
    code: str
    meaning: str
    remedy: str
    count: int
    before: str
    after: str


class SourceRow(NamedTuple):
    """One source: its records, how many have a working channel, how many describe a lead known from elsewhere."""

    source: str
    channel: str
    records: int
    reachable: int
    shared: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram."""

    label: str
    count: int


class Member(NamedTuple):
    """A person on the board: initials, title, seniority; no contact data."""

    initials: str
    title: str
    seniority: str


class Board(NamedTuple):
    """An account's buying center: members per role, and how many more there are."""

    account: str
    town: str
    contacts: int
    roles: tuple[tuple[str, tuple[Member, ...], int], ...]
    unknown: int


class AccountRow(NamedTuple):
    """An account with its spellings."""

    name: str
    town: str
    leads: int
    spellings: tuple[tuple[str, int], ...]
    more: int


def quality(clean: pl.LazyFrame) -> list[Quality]:
    """How good each field of the records is."""
    numbered = clean.select(pl.int_range(pl.len()).alias("row"), "repairs", *(concept.status for concept in CONCEPTS))
    changes = (
        numbered.explode("repairs")
        .unnest("repairs")
        .filter(pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value")))
    )
    # A sound value that was repaired counts as repaired, so only the changed rows need a closer look.
    counted = [
        frame.group_by(_class_of(concept).alias("class")).len()
        for concept in CONCEPTS
        for frame in (numbered, changes.filter(pl.col("field").is_in(concept.columns)).unique("row"))
    ]
    frames = iter(pl.collect_all(counted))
    found = []
    for concept, whole, changed in zip(CONCEPTS, frames, frames, strict=True):
        counts, touched = dict(whole.iter_rows()), dict(changed.iter_rows()).get("valid", 0)
        counts["valid"] = counts.get("valid", 0) - touched
        counts["repaired"] = counts.get("repaired", 0) + touched
        found.append(Quality(concept.title, tuple(counts.get(name, 0) for name in CLASSES)))
    return found


def _class_of(concept: Concept) -> pl.Expr:
    status = pl.col(concept.status)
    return (
        pl.when(status.is_null() | status.is_in(concept.missing))
        .then(pl.lit("missing"))
        .when(status.is_in(concept.invalid))
        .then(pl.lit("invalid"))
        .when(status.is_in(concept.suspected))
        .then(pl.lit("suspected"))
        .when(status.is_in(concept.repaired))
        .then(pl.lit("repaired"))
        .otherwise(pl.lit("valid"))
    )


def evidence(clean: pl.LazyFrame, *, kept: bool, most: int) -> list[ReasonCount]:
    """The most frequent repairs (`kept`) or values held back, each with its first example, masked."""
    long = (
        clean.select("source", "source_record_id", "repairs").explode("repairs").unnest("repairs").drop_nulls("reason")
    )
    changed = pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value"))
    chosen = long.filter(changed if kept else pl.col("value").is_null() & pl.col("raw").is_not_null())
    # The shortest raw text makes the plainest example; ties go by the text, so that the page is the same every night.
    example = pl.struct(pl.col("raw").str.len_chars().alias("length"), "raw", "value").min()
    table = (
        chosen.group_by("field", "reason")
        .agg(pl.len().alias("count"), example.alias("example"))
        .sort("count", "field", "reason", descending=[True, False, False])
        .head(most)
        .collect()
    )
    known = reasons()
    return [
        ReasonCount(
            field,
            code,
            known[code].meaning if code in known else code.replace("_", " "),
            known[code].remedy if code in known else "",
            count,
            masked(field, example["raw"]),
            masked(field, example["value"]),
        )
        for field, code, count, example in table.iter_rows()
    ]


def held_back(quarantine: pl.DataFrame) -> list[ReasonCount]:
    """Why files and records were quarantined; no raw text is shown."""
    known = reasons()
    table = quarantine.group_by("reason_code").agg(
        pl.len().alias("count"), pl.col("source").n_unique().alias("sources")
    )
    rows = table.sort("count", "reason_code", descending=[True, False]).iter_rows()
    return [
        ReasonCount(
            "",
            code,
            known[code].meaning if code in known else code.replace("_", " "),
            known[code].remedy if code in known else "",
            count,
            f"{sources} source{'s' if sources != 1 else ''}",
            "",
        )
        for code, count, sources in rows
    ]


def blocked(leads: pl.DataFrame) -> list[ReasonCount]:
    """Why leads are not handed to sales."""
    known = reasons()
    codes = leads.select(pl.col("block_reasons").explode().alias("code")).drop_nulls()
    rows = codes.group_by("code").len("count").sort("count", "code", descending=[True, False]).iter_rows()
    return [
        ReasonCount(
            "",
            code,
            known[code].meaning if code in known else code,
            known[code].remedy if code in known else "",
            count,
            "",
            "",
        )
        for code, count in rows
    ]


def sources(clean: pl.LazyFrame, crosswalk: pl.DataFrame, quarantine: pl.DataFrame) -> list[SourceRow]:
    """Each source, biggest first."""
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
    rejected = quarantine.group_by("source").len("held_back")
    table = (
        records.join(shared, on="source", how="left")
        .join(rejected, on="source", how="left")
        .with_columns(pl.col("shared", "held_back").fill_null(0))
        .sort("records", "source", descending=[True, False])
        .select(SourceRow._fields)
    )
    return [SourceRow(*row) for row in table.iter_rows()]


def records_per_lead(leads: pl.DataFrame) -> list[Bar]:
    """Leads by the number of source records merged into them."""
    return _histogram(leads["source_count"], ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 9), (10, None)))


def leads_per_account(accounts: pl.DataFrame) -> list[Bar]:
    """Accounts by the number of golden leads."""
    return _histogram(accounts["lead_count"], ((0, 0), (1, 1), (2, 3), (4, 6), (7, 10), (11, 20), (21, 50), (51, None)))


def _histogram(values: pl.Series, ranges: tuple[tuple[int, int | None], ...]) -> list[Bar]:
    bars = []
    for low, high in ranges:
        label = f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"
        inside = (values >= low) & (values <= high) if high is not None else values >= low
        bars.append(Bar(label, int(inside.sum())))
    while len(bars) > 1 and bars[-1].count == 0:
        bars.pop()
    return bars[1:] if bars[0] == Bar("0", 0) else bars


def probabilities(decisions: pl.LazyFrame, bins: int = 20) -> list[tuple[str, int, int, int]]:
    """Scored pairs by probability: label of the bin, pairs merged, up for review, apart."""
    place = (pl.col("probability").cast(pl.Float64) * bins).floor().clip(0, bins - 1).cast(pl.Int64)
    rows = decisions.group_by(place.alias("bin"), "outcome").len().collect()
    counts = {(at, outcome): count for at, outcome, count in rows.iter_rows()}
    label = [f"{at / bins:.2f}–{(at + 1) / bins:.2f}" for at in range(bins)]
    return [
        (label[at], *(counts.get((at, outcome), 0) for outcome in ("merged", "review", "apart"))) for at in range(bins)
    ]


def biggest_accounts(accounts: pl.DataFrame, most: int = 10) -> list[AccountRow]:
    """Accounts written in the most ways."""
    table = accounts.with_columns(pl.col("spelling_variants").list.len().alias("ways"))
    table = table.sort("ways", "lead_count", "account_id", descending=[True, True, False]).head(most)
    rows = []
    for name, city, leads, variants in table.select("name", "city", "lead_count", "spelling_variants").iter_rows():
        shown = tuple((variant["name"], variant["records"]) for variant in variants[:8])
        rows.append(AccountRow(name, city or "", leads, shown, max(0, len(variants) - len(shown))))
    return rows


def boards(
    accounts: pl.DataFrame, leads: pl.DataFrame, centers: pl.DataFrame, most: int = 6, shown: int = 3
) -> list[Board]:
    """The buying centers of the accounts with the most contacts; each person stands under the likeliest role."""
    top = accounts.sort("lead_count", "account_id", descending=[True, False]).head(most)
    likeliest = (
        centers.filter(pl.col("account_id").is_in(top["account_id"].implode()))
        .sort("account_id", "lead_id", "role_confidence", "role", descending=[False, False, True, False])
        .unique(["account_id", "lead_id"], keep="first", maintain_order=True)
    )
    people = likeliest.join(
        leads.select("lead_id", "given_name", "family_name", "job_title", "seniority"), on="lead_id", how="left"
    ).sort("role_confidence", "lead_id", descending=[True, False])
    found = []
    for account_id, name, city, count in top.select("account_id", "name", "city", "lead_count").iter_rows():
        here = people.filter(pl.col("account_id") == account_id)
        columns = []
        for role in ROLES:
            members = here.filter(pl.col("role") == role)
            cards = tuple(
                Member(
                    initials(given, family),
                    title or "title unknown",
                    "" if seniority in {None, "unknown"} else seniority,
                )
                for given, family, title, seniority in members.head(shown)
                .select("given_name", "family_name", "job_title", "seniority")
                .iter_rows()
            )
            columns.append((role, cards, max(0, members.height - shown)))
        found.append(Board(name, city or "", count, tuple(columns), here.filter(pl.col("role") == "unknown").height))
    return found
