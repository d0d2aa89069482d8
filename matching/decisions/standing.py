"""Standing: whether each decision of people counts tonight, and if not, why.

Belongs here: revoked, expired, unused, replaced and contradicted decisions. Does not belong here: reading them
(`log`), what follows from those that count.

What parts wins over what joins. A cannot_link or unmerge that a chain of must_link contradicts is obeyed, and the
must_link on the chain stand aside, all of them: none is known to be the wrong one, two persons taken for one is the
dearer mistake, and the machine's own evidence decides in their stead. It is said with every line, and the night goes
on. Of several values, names or parents for the same, the last counts.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import polars as pl

from contracts.matched import DECISIONS
from enrichment.company.clean import company_key
from matching.decisions.contradictions import contradictions
from matching.decisions.log import REVOKE
from matching.decisions.records import named_records, record_pairs
from matching.decisions.spellings import rows_of, spelling_pairs

PARTING = ("cannot_link", "unmerge")


class Told(NamedTuple):
    """A contradiction in words: `what` contradicts what, and the `remedy`."""

    what: str
    remedy: str

    @property
    def tonight(self) -> str:
        """What the run says of it."""
        return f"{self.what}. What parts is obeyed, what joins stands aside; {self.remedy}."


class Standing(NamedTuple):
    """`decisions`: `contracts.matched.DECISIONS`. `contradictions`: each with every line."""

    decisions: pl.DataFrame
    contradictions: list[Told]

    @property
    def active(self) -> pl.DataFrame:
        return active(self.decisions)


def active(decisions: pl.DataFrame) -> pl.DataFrame:
    """The lines of the decisions that are obeyed."""
    return decisions.filter(pl.col("state") == "active")


def standing(lines: pl.DataFrame, keys: pl.DataFrame, names: pl.DataFrame, today: date) -> Standing:
    """How each decision stands.

    Args:
        lines: `matching.decisions.log.read_decisions`.
        keys: source, source_record_id of tonight's records; row position = record.
        names: `contracts.matched.COMPANY_NAMES`, at least name, company, company_key and postcode.
        today: a decision counts up to and with its last day.
    """
    revoked = _revoked(lines)
    lines = lines.filter(pl.col("decision") != REVOKE)
    notes: dict[str, tuple[str, str]] = {}
    for said, until in lines.filter(pl.col("until") < today).select("id", "until").iter_rows():
        notes[said] = ("expired", f"it held until {until}")
    notes |= {said: ("revoked", why) for said, why in revoked.items()}
    left = _without(lines, notes)
    notes |= _unused(left, keys, names)
    left = _without(left, notes)
    notes |= _replaced(left)
    left = _without(left, notes)
    told, aside = _contradicted(left, keys, names)
    notes |= aside
    known = pl.DataFrame(
        [(said, state, note) for said, (state, note) in notes.items()],
        schema={"id": pl.String, "state": pl.String, "note": pl.String},
        orient="row",
    )
    found = lines.join(known, on="id", how="left", maintain_order="left")
    return Standing(DECISIONS.conform(found.with_columns(pl.col("state").fill_null("active"))), told)


def _without(lines: pl.DataFrame, notes: dict[str, tuple[str, str]]) -> pl.DataFrame:
    return lines.filter(~pl.col("id").is_in(list(notes)))


def _revoked(lines: pl.DataFrame) -> dict[str, str]:
    """Per number that was revoked, by whom, when and why."""
    said = lines.filter(pl.col("decision") == REVOKE).select("value", "id", "who", "at", "because")
    return {
        number: f"by {line}, {who or 'somebody'}{f' on {at:%Y-%m-%d}' if at else ''}{f': {why}' if why else ''}"
        for number, line, who, at, why in said.iter_rows()
    }


def _unused(lines: pl.DataFrame, keys: pl.DataFrame, names: pl.DataFrame) -> dict[str, tuple[str, str]]:
    of_leads, of_accounts = (lines.filter(pl.col("about") == about) for about in ("lead", "account"))
    pairs = [
        record_pairs(of_leads, keys, "must_link", *PARTING),
        *(spelling_pairs(of_accounts, names, what) for what in ("must_link", "cannot_link", "set_parent")),
    ]
    renamed = of_accounts.filter(pl.col("decision") == "rename")
    used = [
        *(found["id"] for found in pairs),
        named_records(of_leads.filter(pl.col("decision") == "set_field"), "left", keys)["id"],
        rows_of(renamed["id"], renamed["left"], names)["id"],
    ]
    unused = lines.filter(~pl.col("id").is_in(pl.concat(used).unique().implode()))
    unknown = {side: unused.join(_found(unused, side, keys, names), on="id", how="anti") for side in ("left", "right")}
    missing = {side: set(left.drop_nulls(side)["id"]) for side, left in unknown.items()}
    return {
        said: ("unused", _why_unused(about, [side for side in missing if said in missing[side]]))
        for said, about in unused.select("id", "about").unique(maintain_order=True).iter_rows()
    }


def _found(lines: pl.DataFrame, side: str, keys: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """id of the decisions on whose side stands something that was read tonight."""
    of_leads, of_accounts = (lines.filter(pl.col("about") == about) for about in ("lead", "account"))
    records = named_records(of_leads, side, keys).select("id")
    return pl.concat([records, rows_of(of_accounts["id"], of_accounts[side], names).select("id")])


def _why_unused(about: str, missing: list[str]) -> str:
    if not missing:
        return "both sides are one and the same"
    sides = " and ".join(f"`{side}`" for side in missing)
    known = "no record that was read tonight" if about == "lead" else "no company that a record of tonight names so"
    return f"{sides} {'is' if len(missing) == 1 else 'are'} {known}"


def _replaced(lines: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Earlier values, names and parents, where a later decision speaks of the same."""
    last: dict[tuple[str | None, ...], str] = {}
    said = lines.filter(pl.col("decision").is_in(["set_field", "rename", "set_parent"]))
    subject = said.with_columns(
        subject=pl.when(pl.col("about") == "account").then(company_key(said["left"])).otherwise("left")
    ).with_columns(pl.coalesce("subject", "left"))
    earlier: dict[str, tuple[str, str]] = {}
    for number, *of in subject.select("id", "decision", "field", "subject").iter_rows():
        before = last.get(tuple(of))
        if before is not None and before != number:
            earlier[before] = ("replaced", f"by {number}")
        last[tuple(of)] = number
    return earlier


def _contradicted(
    lines: pl.DataFrame, keys: pl.DataFrame, names: pl.DataFrame
) -> tuple[list[Told], dict[str, tuple[str, str]]]:
    found = [
        *contradictions(record_pairs(lines, keys, "must_link"), record_pairs(lines, keys, *PARTING)),
        *contradictions(spelling_pairs(lines, names, "must_link"), spelling_pairs(lines, names, "cannot_link")),
    ]
    named = {row["id"]: _line(row) for row in lines.unique("id", keep="first").iter_rows(named=True)}
    sentences: list[Told] = []
    aside: dict[str, tuple[str, str]] = {}
    for apart, chain in found:
        joined = " and ".join(named[said] for said in chain)
        verb = "joins" if len(chain) == 1 else "join"
        sentences.append(Told(f"{named[apart]} parts what {joined} {verb}", _remedy((apart, *chain))))
        aside |= dict.fromkeys(chain, ("contradicted", f"by {named[apart]}"))
    for circle in _circles(lines):
        told = f"{' and '.join(named[said] for said in circle)} make companies own each other"
        sentences.append(Told(told, _remedy(circle)))
        aside |= dict.fromkeys(circle, ("contradicted", "it closes a circle of owners"))
    return list(dict.fromkeys(sentences)), aside


def _circles(lines: pl.DataFrame) -> list[tuple[str, ...]]:
    """The set_parent by which a company comes to own itself, circle by circle."""
    said = lines.filter(pl.col("decision") == "set_parent")
    keys = said.select("id", **{side: company_key(said[side]).fill_null(said[side]) for side in ("left", "right")})
    owner = {left: (right, number) for number, left, right in keys.iter_rows()}
    circles, seen = [], set[str]()
    for start in sorted(owner):
        path: list[str] = []
        here = start
        while here in owner and here not in seen and here not in path:
            path.append(here)
            here = owner[here][0]
        if here in path:
            circles.append(tuple(owner[company][1] for company in path[path.index(here) :]))
        seen.update(path)
    return circles


def _line(row: dict[str, object]) -> str:
    """A decision as a message names it: what, where, who, when; nothing of what it is about."""
    known = [str(row["place"]), str(row["who"] or ""), f"{row['at']:%Y-%m-%d}" if row["at"] else ""]
    return f"{row['decision']} ({', '.join(filter(None, known))})"


def _remedy(said: tuple[str, ...]) -> str:
    logged = [number for number in said if number.isdecimal()]
    ways = [f"`leads decide revoke {' or '.join(logged)}`"] if logged else []
    if any(":" in line for line in said):  # of a file that people write
        ways.append("delete one of the lines in overrides/")
    return " or ".join(ways)
