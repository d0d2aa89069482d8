"""Deciding: from what a person types to decisions in the log.

Belongs here: finding the records and companies that are meant, so that nothing is written that means nothing or
contradicts what was decided. Does not belong here: the log and what it means (`matching.decisions`), what is typed
(`pipelines.commands`).

A lead is resolved to its records when it is decided upon, its founding record first: ids come and go, records stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.resources.home import Home
from assets.resources.lake import Lake
from contracts.forms import ACCOUNT_ID, LEAD_ID
from contracts.matched import DECISIONS
from matching.decisions.fields import checked
from matching.decisions.log import FILE, REVOKE, Decision, key_of, mistakes, read_decisions, record_decisions
from matching.decisions.records import record_pairs
from matching.decisions.review_file import SHOWN, read_review, review_rows, write_review
from matching.decisions.standing import PARTING, Standing, standing
from matching.decisions.unread import unread
from matching.identity import KEYS
from matching.leads.clustering import cluster
from publishing.current import CURRENT
from publishing.manifest import BrokenPublication, read_manifest
from publishing.previous import current_folder, moment

_NAMED = 10  # of what there is, in a message


class Refused(ValueError):  # noqa: N818 - a plain answer, not a fault
    """What was decided means nothing or cannot be; the message says why and what can be done."""


class Why(NamedTuple):
    """Why something is decided, and the last day it holds, if there is one."""

    because: str
    until: date | None = None


class Desk:
    """Where decisions about one home are taken: its log, and last night's tables to read them by.

    Args:
        home: the home.
        who: who decides.
    """

    def __init__(self, home: Home, who: str) -> None:
        self.home, self.who = home, who
        self.lake = Lake(home=str(home.root))
        self.folder = home.match_overrides

    @cached_property
    def keys(self) -> pl.DataFrame:
        return self.lake.read("enriched_records", [*KEYS])

    @cached_property
    def names(self) -> pl.DataFrame:
        return self.lake.read("company_names")

    @property
    def now(self) -> datetime:
        return moment(self.home.published).astimezone(UTC)

    def standing(self, more: Sequence[Decision] = ()) -> Standing:
        """How all decisions stand now, and would with some more."""
        lines = read_decisions(self.folder)
        added = [_as_lines(f"new {place}", it, self.who) for place, it in enumerate(more)]
        return standing(pl.concat([lines, *added]), self.keys, self.names, self.now.date())

    def unread(self) -> list[str]:
        """Files and lines of decisions that nobody can read, a sentence each."""
        return unread(self.folder) + mistakes(self.folder)

    def records_of(self, what: str) -> tuple[str, ...]:
        """The records a person means by SOURCE/ID or a lead id, the founding one first.

        Raises:
            Refused: there is no such record or lead.
        """
        if _is(LEAD_ID.pattern, what):
            return self.of_lead(what)
        source, slash, record_id = what.partition("/")
        if not slash:
            raise Refused(f"{what!r} is neither SOURCE/ID nor a lead id; `leads review` and `leads explain` show both")
        there = self.keys.filter(pl.col("source") == source)
        if there.is_empty():
            raise Refused(f"No source {source!r}; there are {_some(self.keys['source'].unique())}")
        if there.filter(pl.col("source_record_id") == record_id).is_empty():
            raise Refused(f"{source} has no record {record_id!r}; ids are in lead_crosswalk, column source_record_id")
        return (what,)

    def of_lead(self, lead_id: str) -> tuple[str, ...]:
        """The records of a lead of today, or of the one an older id leads to; the founding one first."""
        clusters = self.lake.read("lead_clusters", ["record", "lead_id"])
        mine = clusters.filter(pl.col("lead_id") == self._followed(lead_id))["record"].to_list()
        if not mine:
            raise Refused(f"No lead has the id {lead_id}; ids are in {self.home.published / CURRENT / 'leads.parquet'}")
        rows = self.keys[mine].sort(KEYS)
        return tuple(key_of(source, record) for source, record in rows.select("source", "source_record_id").iter_rows())

    def spelling_of(self, what: str) -> str:
        """The company a person means by a spelling or an account id.

        Raises:
            Refused: nobody names such a company, or no spelling is this account's alone.
        """
        if _is(ACCOUNT_ID.pattern, what):
            return self._spelling_of_account(what)
        asked = standing(
            _as_lines("0", Decision("account", "rename", (what,), value=what), ""), self.keys, self.names, date.min
        )
        if asked.active.is_empty():
            raise Refused(f"No record names a company {what!r}; spellings are in accounts, column spelling_variants")
        return what

    def record(self, *decisions: Decision) -> list[int]:
        """Add decisions to the log after making sure that they change something and contradict nothing.

        Raises:
            Refused: they were decided before, or contradict what was.
            ValueError, OSError: the log cannot be read or written.
        """
        before = self.standing()
        known = _said(before.active)
        for it in decisions:
            if same := next((known[what] for what in _said(_as_lines("", it, "")) if what in known), None):
                raise Refused(f"That was decided before: {same}; `leads decisions` shows it")
        after = self.standing(decisions)
        if new := [told for told in after.contradictions if told not in before.contradictions]:
            told = "; ".join(f"{it.what}; {it.remedy} first" for it in new)
            raise Refused(f"Not noted, it contradicts what was decided: {told}")
        return record_decisions(self.folder, decisions, self.who, self.now)

    def _followed(self, lead_id: str) -> str:
        folder = current_folder(self.home.published)
        if folder is None:
            return lead_id
        trail = pl.read_parquet(folder / "redirects.parquet", glob=False).filter(pl.col("old_id") == lead_id)
        return next(iter(trail["new_id"]), lead_id)

    def _spelling_of_account(self, account_id: str) -> str:
        clusters = self.lake.read("account_clusters", ["name", "account_id"])
        spelt = clusters.join(self.names.select("name", "company", "records"), on="name").drop_nulls("company")
        if spelt.filter(pl.col("account_id") == account_id).is_empty():
            raise Refused(
                f"No account has the id {account_id}; ids are in {self.home.published / CURRENT / 'accounts.parquet'}"
            )
        own = spelt.filter((pl.col("account_id") == account_id).all().over("company"))
        if own.is_empty():
            raise Refused(
                f"Every spelling of {account_id} is another account's too; keep those apart first, or name one"
            )
        counted = (
            own.group_by("company").agg(pl.col("records").sum()).sort("records", "company", descending=[True, False])
        )
        return str(counted["company"][0])


def link(desk: Desk, decision: str, one: str, other: str, why: Why) -> str:
    """Note that two records, or leads, are one person or two.

    Raises:
        Refused, ValueError, OSError: as `Desk.record`.
    """
    left, right = desk.records_of(one), desk.records_of(other)
    if set(left) & set(right):
        raise Refused(f"{one} and {other} are one lead; `leads decide unmerge` takes a lead apart")
    if decision == "must_link":  # one link is enough
        left, right = left[:1], right[:1]
    return _noted(desk, Decision("lead", decision, left, right, because=why.because, until=why.until))


def link_companies(desk: Desk, decision: str, one: str, other: str, why: Why) -> str:
    """Note that two companies are one, two, or that the second owns the first."""
    left, right = desk.spelling_of(one), desk.spelling_of(other)
    if left == right and decision != "cannot_link":
        raise Refused(f"Both are {left!r}")
    return _noted(desk, Decision("account", decision, (left,), (right,), because=why.because, until=why.until))


def rename(desk: Desk, company: str, name: str, why: Why) -> str:
    """Note the name a company is to be shown by."""
    if not name.strip():
        raise Refused("The name is empty; `leads decide revoke` takes a name back")
    spelling = desk.spelling_of(company)
    return _noted(
        desk, Decision("account", "rename", (spelling,), value=name.strip(), because=why.because, until=why.until)
    )


def set_field(desk: Desk, lead: str, field: str, value: str, why: Why) -> str:
    """Note the value of a field of a lead; it wins over every source.

    Raises:
        Refused, ValueError: the field cannot be set by hand, or the value is none of it.
    """
    records = desk.records_of(lead)
    rows = desk.lake.scan("enriched_records").select("source", "source_record_id", "country")
    source, _, record_id = records[0].partition("/")
    first = rows.filter(pl.col("source") == source, pl.col("source_record_id") == record_id).head(1).collect()
    kept = checked(field, value, next(iter(first["country"]), None))
    noted = _noted(
        desk, Decision("lead", "set_field", records, field=field, value=kept, because=why.because, until=why.until)
    )
    return f"{noted} {field}: {kept if kept is not None else 'none'}."


def unmerge(desk: Desk, lead_id: str, leaving: Sequence[str], why: Why) -> str:
    """Note that a lead is several persons: those records leave that are named, else those its last merge brought.

    Decisions that joined the parts are revoked with it.

    Raises:
        Refused: the lead is of one record, or nothing tells what its last merge joined.
    """
    records = desk.of_lead(lead_id)
    if leaving:
        groups = _named_groups(records, leaving)
    else:
        groups = _before_the_last_merge(desk, records) or _without_the_last_link(desk, records)
    if not groups:
        told = "No publication that is kept shows this lead in parts; name the records that leave"
        raise Refused(f"{told}. It has {', '.join(records)}")
    parts = [
        Decision(
            "lead",
            "unmerge",
            group,
            tuple(key for other in groups[:place] for key in other),
            because=why.because,
            until=why.until,
        )
        for place, group in enumerate(groups)
        if place
    ]
    joining = _that_join(desk, parts)
    by_hand = [said for said in joining if not said.isdecimal()]
    if by_hand:
        raise Refused(f"These lines join them; delete them: {', '.join(by_hand)}")
    revoked = [Decision("", REVOKE, (), value=said, because=why.because) for said in joining]
    numbers = desk.record(*revoked, *parts)
    apart = "; ".join(", ".join(group) for group in groups)
    also = f" Revoked with it: {', '.join(joining)}." if joining else ""
    return (
        f"Noted as {_numbers(numbers[len(revoked) :])}: from the next run on these are different people: {apart}.{also}"
    )


def revoke(desk: Desk, number: str, why: Why) -> str:
    """Note that a decision does not count any more; the log keeps both.

    Raises:
        Refused: there is no such decision, or it was revoked before.
    """
    if not number.isdecimal():
        raise Refused(
            f"{number!r} is no number of {FILE}; lines of leads.csv and accounts.csv are taken back by deleting them"
        )
    state = desk.standing().decisions.filter(pl.col("id") == number)["state"].unique().to_list()
    if not state:
        raise Refused(f"No decision has the number {number}; `leads decisions` lists them")
    if state == ["revoked"]:
        raise Refused(f"{number} was revoked before")
    return _noted(desk, Decision("", REVOKE, (), value=number, because=why.because))


def write_review_file(desk: Desk, path: Path) -> tuple[int, int]:
    """Write the pairs that wait into a file for Excel, for its owner's eyes only; how many of records and companies.

    Raises:
        OSError: it cannot be written.
    """
    leads, accounts = desk.lake.read("lead_review"), desk.lake.read("account_review")
    records = desk.lake.scan("enriched_records").select("source", "source_record_id", *SHOWN).with_row_index("record")
    seen = records.filter(pl.col("record").is_in(pl.concat([leads["left"], leads["right"]]).implode())).collect()
    rows = review_rows(leads, seen, accounts, desk.names)
    path.touch(0o600)
    write_review(rows, path)
    return leads.height, accounts.height


def read_review_file(desk: Desk, path: Path) -> tuple[str, list[str]]:
    """Take a review that came back into the log: what was noted, and what is wrong, a sentence for each row.

    Raises:
        ValueError, OSError: the file or the log cannot be read, or the log not be written.
    """
    taken = read_review(path, read_decisions(desk.folder), desk.keys, desk.names)
    numbers = record_decisions(desk.folder, taken.decisions, desk.who, desk.now)
    known = f"; {taken.known:,} were decided before" if taken.known else ""
    noted = f"{len(numbers):,} decisions noted in {desk.folder / FILE}{known}"
    return noted, [*taken.problems, *(told.tonight for told in desk.standing().contradictions)]


def _noted(desk: Desk, decision: Decision) -> str:
    return f"Noted as {_numbers(desk.record(decision))} in {desk.folder / FILE}; it counts from the next run on."


def _numbers(numbers: Iterable[int]) -> str:
    return "decision " + ", ".join(map(str, numbers))


def _named_groups(records: Sequence[str], leaving: Sequence[str]) -> list[tuple[str, ...]]:
    if strange := [key for key in leaving if key not in records]:
        raise Refused(f"The lead has no record {', '.join(strange)}; it has {', '.join(records)}")
    staying = tuple(key for key in records if key not in leaving)
    if not staying:
        raise Refused("All its records would leave; name those that are somebody else's")
    return [staying, tuple(dict.fromkeys(leaving))]


def _before_the_last_merge(desk: Desk, records: Sequence[str]) -> list[tuple[str, ...]]:
    """The records by the lead they were in, as last published before they were one; the founding record's first.

    None where no publication that is kept shows it.
    """
    for folder in _older_publications(desk.home.published):
        rows = pl.scan_parquet(folder / "lead_crosswalk.parquet", glob=False)
        key = pl.concat_str("source", pl.lit("/"), "source_record_id").alias("key")
        lead_of = dict(rows.select(key, "lead_id").filter(pl.col("key").is_in(list(records))).collect().iter_rows())
        groups: dict[str, list[str]] = {}
        for record in records:
            if record in lead_of:
                groups.setdefault(lead_of[record], []).append(record)
        if len(groups) > 1:
            return [tuple(group) for group in groups.values()]
    return []


def _without_the_last_link(desk: Desk, records: Sequence[str]) -> list[tuple[str, ...]]:
    """The records as they hang together without the last must_link among them; none where there is none."""
    said = desk.standing().active
    links = said.filter((pl.col("decision") == "must_link") & pl.all_horizontal(pl.col("left", "right").is_in(records)))
    if links.is_empty():
        return []
    rest = said.filter(pl.col("id") != links["id"][-1])
    must_link, cannot_link = (record_pairs(rest, desk.keys, *what) for what in (("must_link",), PARTING))
    judged = desk.lake.read("match_decisions")
    found = cluster(judged, desk.keys.height, must_link=must_link, cannot_link=cannot_link).clusters
    keys = desk.keys.select(pl.concat_str("source", pl.lit("/"), "source_record_id")).to_series()
    label = dict(zip(keys, found.sort("record")["cluster"], strict=True))
    groups: dict[int, list[str]] = {}
    for record in records:
        groups.setdefault(label[record], []).append(record)
    return [tuple(group) for group in groups.values()] if len(groups) > 1 else []


def _older_publications(published: Path) -> list[Path]:
    """Those that are kept beside the current one, the newest first."""
    found = []
    for path in published.glob("*/manifest.json"):
        try:
            found.append((read_manifest(path.parent).created_at, path.parent))
        except BrokenPublication:
            continue
    return [folder for _, folder in sorted(found, reverse=True) if folder.name != CURRENT]


def _that_join(desk: Desk, parts: Sequence[Decision]) -> list[str]:
    """The decisions whose must_link join what is to be parted."""
    found = desk.standing(parts).decisions
    return (
        found.filter((pl.col("state") == "contradicted") & ~pl.col("id").str.starts_with("new"))["id"]
        .unique()
        .sort()
        .to_list()
    )


def _as_lines(said: str, decision: Decision, who: str) -> pl.DataFrame:
    """A decision as the log would hold it."""
    width = max(len(decision.left), len(decision.right), 1)
    sides = {
        side: [*getattr(decision, side), *[None] * (width - len(getattr(decision, side)))] for side in ("left", "right")
    }
    frame = pl.DataFrame(sides, schema=dict.fromkeys(sides, pl.String)).with_columns(
        id=pl.lit(said),
        place=pl.lit("this decision"),
        who=pl.lit(who),
        about=pl.lit(decision.about or "lead"),
        decision=pl.lit(decision.decision),
        field=pl.lit(decision.field, pl.String),
        value=pl.lit(decision.value, pl.String),
        until=pl.lit(decision.until, pl.Date),
    )
    return DECISIONS.conform(frame).drop("state", "note")


def _said(lines: pl.DataFrame) -> dict[tuple[object, ...], str]:
    """What decisions say that can be said once only, and the number of each."""
    found: dict[tuple[object, ...], str] = {}
    once = lines.filter(pl.col("decision").is_in(["must_link", *PARTING]))
    for (number, about, decision, until), rows in once.group_by("id", "about", "decision", "until"):
        sides = frozenset(frozenset(rows[side].drop_nulls()) for side in ("left", "right"))
        found[about, decision, until, sides] = str(number)
    return found


def _is(pattern: str, text: str) -> bool:
    return bool(pl.Series([text]).str.contains(pattern)[0])


def _some(names: pl.Series) -> str:
    known = sorted(set(names))
    more = f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more
