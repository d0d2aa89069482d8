"""Explaining a lead: may it be contacted, where does it stand, where do its values come from, why are its records one,
who nearly joined.

Belongs here: reading the publication and the lake for that, and telling it at the terminal. Does not belong here: whom
a person means (`pipelines.finding`), judging (`matching.leads.decision.explain`). What is told shows personal data to
the person who asked for it; nothing of it is logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from rich.console import Console

from assets.resources.home import PROJECT, Home
from assets.resources.lake import Lake
from engine.escaping import for_terminal
from engine.journal import digest_of
from engine.rule_tables import rule_tables
from engine.rules_folder import NAME, in_force
from matching.accounts.resolution import presumed_accounts
from matching.decisions.log import FILE
from matching.decisions.standing import active
from matching.decisions.values import RULE
from matching.leads.decision.explain import Waterfall, as_text, explain_cluster
from matching.leads.model.stored import OtherRules, from_table
from matching.leads.records.match_records import prepare, with_accounts
from pipelines.contact import told_contact
from pipelines.finding import lead_meant
from pipelines.place import told_place
from pipelines.standing import Standing, standing_of, told_standing
from publishing.gates.wording import in_short
from publishing.manifest import BrokenPublication, read_manifest
from publishing.permission import read_rules
from publishing.previous import current_folder
from publishing.repair import differing
from publishing.versions import Versions, causes, read_versions, rules_of, rules_of_home
from sources.store.catalogue import load_files

_JUDGING = ("matching/leads/", "matching/data/")  # rules that weigh a pair
# Raw columns that may hold a value in which it is not the only one, in the order they are looked at.
_NAME = ("full_name", "attention", "company_addition")
_PLACE = ("postcode_city", "address")
_COMPOSITES = {
    **dict.fromkeys(("salutation", "academic_title", "given_name", "family_name"), _NAME),
    **dict.fromkeys(("postcode", "city", "country"), _PLACE),
    **dict.fromkeys(("street", "house_number"), ("street", "address")),
    "department": ("company_addition", "company"),
    "phone": ("phone_2", "phone_3", "mobile"),
    "mobile": ("mobile_2", "phone", "phone_2"),
    "email": ("email_2", "email_3"),
    **dict.fromkeys(("ip_country", "ip_city", "ip_network"), ("ip_address",)),
}
_KEYS = ["source", "source_record_id"]


class Record(NamedTuple):
    """A source record and where it was delivered, as far as that is known."""

    source: str
    source_record_id: str
    file: str | None
    sheet: str | None
    row: int | None

    def __str__(self) -> str:
        place = self.place
        return f"{self.source} {self.source_record_id}" + (f" in {place}" if place else "")

    @property
    def place(self) -> str:
        return told_place(self.file, self.sheet, self.row)


@dataclass(frozen=True)
class Member:
    """A record of the lead, and what holds it in."""

    record: Record
    match_probability: float
    match_reason: str


@dataclass(frozen=True)
class Value:
    """A golden value: the rule that chose it, and the record, date and header it was read from."""

    field: str
    value: str
    rule: str
    record: Record
    column: str | None
    observed_at: date

    @property
    def origin(self) -> str:
        by_hand = self.rule.startswith(f"{RULE} ")
        places = (f"overrides/{FILE}",) if by_hand else (self.record.place, self.column)
        return " · ".join(part for part in (self.rule, *places, str(self.observed_at)) if part)


@dataclass(frozen=True)
class Compared:
    """Two records and the evidence for and against one person; `about_accounts` where companies need a word more."""

    left: Record
    right: Record
    evidence: Waterfall
    other_lead: str | None = None
    about_accounts: str | None = None


@dataclass
class Explained:
    """What is known of a lead. Its fields are the keys of `leads explain --json`."""

    lead_id: str
    merged_from: str | None
    records: list[Member]
    contact: list[str]
    values: list[Value]
    publication: str
    standing: Standing | None = None
    notices: list[str] = field(default_factory=list)
    links: list[Compared] = field(default_factory=list)
    near_misses: list[Compared] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values; a record of the lake has no number that anybody could look up."""
        told = asdict(self)
        told["records"] = [{**one.record._asdict(), **_without_record(asdict(one))} for one in self.records]
        told["values"] = [{**_without_record(asdict(one)), **one.record._asdict()} for one in self.values]
        for name in ("links", "near_misses"):
            told[name] = [_pair(one) for one in getattr(self, name)]
        return told


def _without_record(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "record"}


def _pair(one: Compared) -> dict[str, Any]:
    weighed = asdict(one.evidence)
    return {
        "left": one.left._asdict(),
        "right": one.right._asdict(),
        **{name: weighed[name] for name in ("outcome", "probability", "total", "prior", "steps")},
        "other_lead": one.other_lead,
        "about_accounts": one.about_accounts,
    }


def explain_lead(home: Home, said: str) -> Explained:
    """What a lead may be used for, where its values come from, why its records are one, and who nearly joined.

    All of it is told of the publication that is current. Pairs are weighed on the tables of the last night: where those
    are others, their evidence speaks of other leads, and is left out.

    Args:
        said: whom, as `pipelines.finding.lead_meant` takes it.

    Raises:
        NobodyMeant, SeveralMeant: no published lead is or was meant, or more than one.
        FileNotFoundError, BrokenPublication: nothing is published, or it is damaged.
        ValueError: the home's `publishable.csv` has an error.
    """
    current = whole_publication(home)
    lead_id = lead_meant(current, said)
    lake = Lake(home=str(home.root))
    members = _members(current / "lead_crosswalk.parquet", lead_id)
    enriched = lake.read("enriched_records")
    rows = members.join(
        enriched.select(*_KEYS, "file", "sheet", "row").with_row_index("record"),
        on=_KEYS,
        how="left",
        maintain_order="left",
    )
    found = Explained(
        lead_id,
        merged_from=said.strip() if _is_redirected(current, said.strip()) else None,
        records=[
            Member(_record(row), row["match_probability"], row["match_reason"]) for row in rows.iter_rows(named=True)
        ],
        contact=list(
            told_contact(current, lead_id, enriched[rows["record"].drop_nulls()], read_rules(home.publishable))
        ),
        values=list(_values(home, current, lead_id, enriched)),
        publication=current.resolve().name,
        standing=standing_of(home, current, lead_id),
    )
    if _has_evidence(lake, current, members, found.notices):
        _weigh(found, lake, current, enriched)
    return found


def tell(found: Explained, console: Console) -> None:
    """Print what is known of a lead."""

    def say(text: str, **style: Any) -> None:
        console.print(text, soft_wrap=True, highlight=False, **style)

    if found.merged_from:
        say(f"{for_terminal(found.merged_from)} was merged into {for_terminal(found.lead_id)}")
    records = f"{len(found.records)} source record" + "s" * (len(found.records) != 1)
    say(f"[bold]{for_terminal(found.lead_id)}[/bold]: {records}")
    for one in found.records:
        key = f"{one.record.source} {one.record.source_record_id}"
        say(f"{one.match_probability:.3f}  {for_terminal(key)} [dim]in {for_terminal(one.record.place)}[/dim]")
        say(f"       {for_terminal(one.match_reason)}")
    say("\n[bold]What it may be used for[/bold]")
    for line in found.contact:
        say(for_terminal(line))
    if found.standing:
        say("\n[bold]Score and stage[/bold]")
        for line in told_standing(found.standing, found.publication):
            say(for_terminal(line))
    say("\n[bold]Where each value comes from[/bold]")
    for value in found.values:
        say(f"{value.field:16}{for_terminal(value.value)}")
        say(f"{'':16}[dim]{for_terminal(value.origin)}[/dim]")
    for notice in found.notices:
        say(f"\n[yellow]{for_terminal(notice)}[/yellow]")
    for title, pairs in (("Why they are one person", found.links), ("Near misses", found.near_misses)):
        if pairs:
            say(f"\n[bold]{title}[/bold]")
        for pair in pairs:
            beside = f"; that is lead {pair.other_lead}" if pair.other_lead else ""
            say(for_terminal(f"{pair.left} and {pair.right}{beside}"), style="dim")
            for line in as_text(pair.evidence).splitlines():
                console.print(for_terminal(line), highlight=False)
            if pair.about_accounts:
                say(f"[dim]{for_terminal(pair.about_accounts)}[/dim]")


def whole_publication(home: Home) -> Path:
    """The current publication, after making sure that it is what was written.

    Raises:
        FileNotFoundError: nothing was published yet.
        BrokenPublication: it is damaged.
    """
    folder = current_folder(home.published)
    if folder is None:
        raise FileNotFoundError(f"{home.published} holds no publication; leads run --home {home.root}")
    if wrong := differing(folder):
        raise BrokenPublication(f"{', '.join(wrong)} in {folder} is not what was written; `leads run` mends it")
    return folder


def _values(home: Home, current: Path, lead_id: str, enriched: pl.DataFrame) -> Iterator[Value]:
    provenance = pl.scan_parquet(current / "field_provenance.parquet", glob=False).filter(pl.col("lead_id") == lead_id)
    places = enriched.select(*_KEYS, "file", "sheet", "row").unique(_KEYS)
    origin = provenance.collect().join(places, on=_KEYS, how="left", maintain_order="left")
    files = load_files(home.raw_store).select("file", "sheet", "columns")
    headers = {(file, sheet): json.loads(columns or "{}") for file, sheet, columns in files.iter_rows()}
    for row in origin.iter_rows(named=True):
        above = _header(headers.get((row["file"], row["sheet"]), {}), row["field"])
        yield Value(row["field"], row["value"], row["rule"], _record(row), above, row["observed_at"].date())


def _weigh(found: Explained, lake: Lake, current: Path, enriched: pl.DataFrame) -> None:
    """Add the evidence within the lead and beside it."""
    try:
        model = from_table(lake.read("match_model"))
    except OtherRules as error:
        found.notices.append(f"No evidence in bits: {error}")
        return
    found.notices.extend(_other_rules(current))
    clusters, names, named = lake.read("lead_clusters"), lake.read("company_names"), lake.read("record_company")["name"]
    lead_of = dict(clusters.select("record", "lead_id").iter_rows())
    together, near = explain_cluster(
        enriched,
        prepare(with_accounts(enriched, presumed_accounts(enriched, names, named, active(lake.read("decisions"))))),
        model,
        decisions=lake.read("match_decisions"),
        clusters=clusters.select("record", "cluster"),
        cluster=clusters.filter(pl.col("lead_id") == found.lead_id)["cluster"][0],
    )
    accounts = _Accounts(current, enriched)
    for waterfalls, told in ((together, found.links), (near, found.near_misses)):
        for one in waterfalls:
            left, right = (_record(enriched.row(side, named=True)) for side in (one.left, one.right))
            others = {lead_of[one.left], lead_of[one.right]} - {found.lead_id}
            told.append(Compared(left, right, one, next(iter(others), None), accounts.beside(one, left, right)))


class _Accounts:
    """What was decided of the companies of two records, beside how the records name them."""

    def __init__(self, current: Path, enriched: pl.DataFrame) -> None:
        crosswalk = pl.read_parquet(current / "lead_crosswalk.parquet", glob=False)
        self.account_of = {(source, record): at for source, record, at in crosswalk[[*_KEYS, "account_id"]].iter_rows()}
        self.name_of = dict(
            pl.read_parquet(current / "accounts.parquet", columns=["account_id", "name"], glob=False).iter_rows()
        )
        self.enriched = enriched

    def beside(self, one: Waterfall, left: Record, right: Record) -> str | None:
        """A sentence where evidence on the company and the accounts seem to contradict each other.

        What was weighed begins with how two records name a company; that the account found from all records is one
        counts where they name it unlike, that it is not counts where little else agrees.
        """
        bits = sum(step.bits for step in one.steps if step.field == "company")
        accounts = [self.account_of.get((side.source, side.source_record_id)) for side in (left, right)]
        if bits == 0 or None in accounts or (bits > 0) == (accounts[0] == accounts[1]):
            return None
        named = " and ".join(map(self._named, (one.left, one.right)))
        weighed = f"What cost {-bits:.1f} bits" if bits < 0 else f"What counts {bits:.1f} bits"
        names = [f"{self.name_of.get(str(at), at)} ({at})" for at in dict.fromkeys(accounts)]
        if len(names) == 1:
            decided = f"were found to be one account, from all records: {names[0]}"
        else:
            decided = f"were found to be two accounts, from all records: {' and '.join(names)}"
        return f"{weighed} is how these two records name their company, {named}; these {decided}."

    def _named(self, record: int) -> str:
        row = self.enriched.row(record, named=True)
        return f"“{row['company'] or row['company_domain'] or ''}”"


def _has_evidence(lake: Lake, current: Path, members: pl.DataFrame, notices: list[str]) -> bool:
    """Whether the lake decided of a lead as the publication has it; tells where it is of another night."""
    decided = lake.path("lead_crosswalk")
    if digest_of(decided) == read_manifest(current).tables["lead_crosswalk"].sha256:
        return True
    same = _members(decided, members["lead_id"][0]).equals(members)
    notices.append(
        "What follows is weighed on the tables of a later night, which is not published; of this lead it decided the "
        "same."
        if same
        else f"No evidence in bits: this is what {current.name} says, which is published; a later night, "
        "which is not, decided otherwise. leads diff --candidate compares the two"
    )
    return same


def _other_rules(current: Path) -> Iterator[str]:
    """Where the evidence is weighed by rules that are others than those that decided."""
    told, rules = read_versions(current), rules_of(PROJECT) | rules_of_home(in_force())
    changed = causes(told and Versions({"rules": told.parts.get("rules", rules)}), Versions({"rules": rules}))
    homes = {f"{NAME}/{table.file}": f"{table.folder}/" for table in rule_tables().values()}
    if judging := [str(cause) for cause in changed if homes.get(cause.name, cause.name).startswith(_JUDGING)]:
        yield (
            f"{in_short(judging)} changed since: probabilities and outcomes are those decided, "
            "by the model that decided; bits are weighed by the rules of now."
        )


def _is_redirected(current: Path, said: str) -> bool:
    trail = pl.scan_parquet(current / "redirects.parquet", glob=False)
    return not trail.filter(pl.col("old_id") == said).collect().is_empty()


def _members(crosswalk: Path, lead_id: str) -> pl.DataFrame:
    """The rows of a lead."""
    return pl.read_parquet(crosswalk, glob=False).filter(pl.col("lead_id") == lead_id)


def _record(row: dict[str, Any]) -> Record:
    return Record(*(row[name] for name in Record._fields))


def _header(headers: dict[str, str], field: str) -> str | None:
    """The header over the cell a value was read from; the composite column's where it had none of its own."""
    return next((headers[name] for name in (field, *_COMPOSITES.get(field, ())) if name in headers), None)
