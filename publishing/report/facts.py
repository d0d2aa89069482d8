"""The figures of the report page, counted from the published tables and the clean records.

Belongs here: counting and picking masked examples. Does not belong here: the page (`report`, `templates/`).
Every function takes frames in the shape of `contracts.published` or `contracts.clean` and works on empty ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import polars as pl

from contracts.reasons import reasons
from enrichment.cells.first_true import first_true
from matching.accounts.buying_center import PARTS
from publishing.report.masking import NOBODY, masked, without_contacts

CHECK = "_contract"
EXAMPLE_LENGTH = 22
BINS = 20  # of match probability
NO_ACTION = ("Nothing", "None", "Do not")  # how the remedies begin that ask for nothing
JUDGED = ("email", "phone", "mobile", "address")
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
    """A reason with its sentence, how often it applied, a masked example, and where it was met first."""

    field: str
    code: str
    meaning: str
    remedy: str
    count: int
    before: str
    after: str
    where: str = ""

    @property
    def wants_action(self) -> bool:
        """Whether somebody can do something about it."""
        return not self.remedy.startswith(NO_ACTION)


class SourceRow(NamedTuple):
    """One source: its records, how many have a working channel, how many describe a lead known from elsewhere.

    `before` is the number of its records in the publication before.
    """

    source: str
    channel: str
    records: int
    reachable: int
    shared: int
    held_back: int
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


def stages(seconds: Mapping[str, float]) -> dict[str, float]:
    """Seconds per stage in the order they ran; table contracts and stages under 2 % of the night are summed up."""
    checks = {name for name in seconds if name.endswith(CHECK)}
    quick = {name for name, value in seconds.items() if value < 0.02 * sum(seconds.values())} - checks
    shown = {name: value for name, value in seconds.items() if name not in checks | quick}
    for names, label in ((quick, "quicker stages"), (checks, "table contracts")):
        if names:
            shown[f"{len(names)} {label}"] = sum(seconds[name] for name in names)
    return shown


def quality(clean: pl.LazyFrame) -> list[Quality]:
    """How good each field of the records is."""
    classes = clean.select(_class_of(concept).cast(pl.Enum(CLASSES)).alias(concept.title) for concept in CONCEPTS)
    owner = {column: number for number, concept in enumerate(CONCEPTS) for column in concept.columns}
    repaired = (
        clean.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "repairs")
        .explode("repairs")
        .unnest("repairs")
        .filter(pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value")))
        .select("row", pl.col("field").replace_strict(owner, default=None, return_dtype=pl.UInt8).alias("concept"))
        .drop_nulls()
        .unique()
    )
    verdicts, touched = pl.collect_all([classes, repaired], engine="streaming")
    found = []
    for number, concept in enumerate(CONCEPTS):
        verdict = verdicts[concept.title]
        counts = dict(verdict.value_counts().iter_rows())
        # A sound value that was repaired counts as repaired.
        sound = int((verdict.gather(touched.filter(pl.col("concept") == number)["row"]) == "valid").sum())
        counts["valid"] = counts.get("valid", 0) - sound
        counts["repaired"] = counts.get("repaired", 0) + sound
        found.append(Quality(concept.title, tuple(counts.get(name, 0) for name in CLASSES)))
    return found


def _class_of(concept: Concept) -> pl.Expr:
    status = pl.col(concept.status)
    return first_true(
        (
            (status.is_null() | status.is_in(concept.missing), "missing"),
            (status.is_in(concept.invalid), "invalid"),
            (status.is_in(concept.suspected), "suspected"),
            (status.is_in(concept.repaired), "repaired"),
        ),
        "valid",
    )


def evidence(clean: pl.LazyFrame, *, kept: bool, most: int, persons: frozenset[str] = NOBODY) -> list[ReasonCount]:
    """The most frequent repairs (`kept`) or values held back, at most three of a field, with a masked example."""
    long = clean.select("repairs").explode("repairs").unnest("repairs").drop_nulls("reason")
    changed = pl.col("value").is_not_null() & (pl.col("raw") != pl.col("value"))
    changed &= ~pl.col("field").str.ends_with("_status") & ~pl.col("reason").is_in(_verdicts(clean))
    chosen = long.filter(changed if kept else pl.col("value").is_null() & pl.col("raw").is_not_null())
    # The text nearest to an ordinary length makes the plainest example; the records are sorted, so it stays the same.
    plainest = (pl.col("raw").str.len_chars().cast(pl.Int64) - EXAMPLE_LENGTH).abs().arg_min()
    table = (
        chosen.group_by("field", "reason")
        .agg(pl.len().alias("count"), pl.struct("raw", "value").get(plainest).alias("example"))
        .collect(engine="streaming")
        .sort("count", "field", "reason", descending=[True, False, False])
        .filter(pl.int_range(pl.len()).over("field") < 3)
        .head(most)
    )
    return [
        ReasonCount(
            field=field.removesuffix("_status"),
            code=code,
            meaning=_meaning(code),
            remedy=_remedy(code),
            count=count,
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


def _meaning(code: str) -> str:
    return reasons()[code].meaning if code in reasons() else code.replace("_", " ")


def _remedy(code: str) -> str:
    return reasons()[code].remedy if code in reasons() else ""


def held_back(quarantine: pl.DataFrame) -> list[ReasonCount]:
    """Why files and records were quarantined, what can be corrected first; no raw text is shown."""
    places = quarantine.group_by("reason_code").agg(pl.struct("file", "sheet", "row").sort_by("file", "row").first())
    first = {code: _place(**place) for code, place in places.iter_rows()}
    rows = [
        replace(row, where=first[row.code]) for row in _counted(quarantine.select(pl.col("reason_code").alias("code")))
    ]
    return sorted(rows, key=lambda row: not row.wants_action)


def _place(file: str, sheet: str | None, row: int | None) -> str:
    parts = (without_contacts(file), without_contacts(sheet or ""), f"row {row:,}" if row else "")
    return ", ".join(filter(None, parts))


def blocked(leads: pl.DataFrame) -> list[ReasonCount]:
    """Why leads are not handed to sales."""
    return _counted(leads.select(pl.col("block_reasons").explode().alias("code")).drop_nulls())


def _counted(codes: pl.DataFrame) -> list[ReasonCount]:
    rows = codes.group_by("code").len("count").sort("count", "code", descending=[True, False]).iter_rows()
    return [ReasonCount("", code, _meaning(code), _remedy(code), count, "", "") for code, count in rows]


def sources(
    clean: pl.LazyFrame, crosswalk: pl.DataFrame, quarantine: pl.DataFrame, before: Mapping[str, int] | None = None
) -> list[SourceRow]:
    """Each source, biggest first; `before` holds the records of each in the publication before."""
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


def probabilities(decisions: pl.LazyFrame) -> list[tuple[str, int, int, int]]:
    """Scored pairs by probability: label of the bin, pairs merged, up for review, apart."""
    place = (pl.col("probability").cast(pl.Float64) * BINS).floor().clip(0, BINS - 1).cast(pl.Int64)
    rows = decisions.group_by(place.alias("bin"), "outcome").len().collect()
    counts = {(at, outcome): count for at, outcome, count in rows.iter_rows()}
    label = [f"{at / BINS:.2f}–{(at + 1) / BINS:.2f}" for at in range(BINS)]
    return [
        (label[at], *(counts.get((at, outcome), 0) for outcome in ("merged", "review", "apart"))) for at in range(BINS)
    ]


def expected(decisions: pl.LazyFrame) -> tuple[float, float]:
    """Precision and recall the model expects of itself, as in `matching.leads.evaluate.estimate`."""
    sums = decisions.group_by("outcome").agg(pl.len(), pl.col("probability").cast(pl.Float64).sum()).collect()
    at = {outcome: (pairs, mass) for outcome, pairs, mass in sums.iter_rows()}
    (pairs, matches), (_, missed) = (at.get(outcome, (0, 0.0)) for outcome in ("merged", "review"))
    return (matches / pairs, matches / (matches + missed)) if pairs else (0.0, 0.0)


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
