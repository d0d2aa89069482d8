"""The account boards of the report: who takes part in a purchase, who is missing, and what the account is called.

Belongs here: choosing the accounts and people that are shown, as initials with a title. Does not belong here: who
plays which part (`matching.accounts.buying_center`), the page (`report`, `templates/`).
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import polars as pl

from contracts.statuses import SENIORITY
from matching.accounts.buying_center import FILLED, PARTS
from publishing.report.masking import initials, masked, names_of

ACCOUNTS, MEMBERS, NAMES = 6, 3, 5  # shown at most: accounts, people in a part, other names


class Member(NamedTuple):
    """A person on the board: initials and job title (else department, else nothing); no contact data."""

    initials: str
    title: str


class Role(NamedTuple):
    """A part of the buying center: the people first met in it, and how many play it."""

    name: str
    members: tuple[Member, ...]
    people: int


class Board(NamedTuple):
    """An account with its buying center."""

    account: str
    place: str
    domain: str
    contacts: int
    ready: int
    unknown: int
    senior: Member | None
    roles: tuple[Role, ...]
    spellings: tuple[tuple[str, int], ...]
    parent: str
    subsidiaries: tuple[str, ...]

    @property
    def filled(self) -> int:
        return sum(role.people > 0 for role in self.roles)


def boards(accounts: pl.DataFrame, leads: pl.DataFrame, centers: pl.DataFrame) -> list[Board]:
    """The accounts with the most contacts; a person stands under every role that counts as filled by them."""
    top = accounts.sort("lead_count", "account_id", descending=[True, False]).head(ACCOUNTS)
    level = pl.DataFrame({"seniority": list(SENIORITY)}).with_row_index("level")
    people = (
        leads.filter(pl.col("account_id").is_in(top["account_id"].implode()))
        .join(level, on="seniority", how="left")
        .sort("level", "lead_id", nulls_last=True)
    )
    likeliest = pl.col("role_confidence") == pl.col("role_confidence").max().over("account_id", "lead_id")
    parts = centers.filter((pl.col("role") != "unknown") & (likeliest | (pl.col("role_confidence") >= FILLED)))
    called = dict(accounts.select("account_id", "name").iter_rows())
    persons = names_of(leads)
    return [
        _board(
            account,
            people.filter(pl.col("account_id") == account["account_id"]),
            parts.filter(pl.col("account_id") == account["account_id"]),
            parent=called.get(account["parent_account_id"], ""),
            subsidiaries=accounts.filter(pl.col("parent_account_id") == account["account_id"])["name"].sort(),
            persons=persons,
        )
        for account in top.iter_rows(named=True)
    ]


def _board(
    account: dict[str, object],
    people: pl.DataFrame,
    parts: pl.DataFrame,
    *,
    parent: str,
    subsidiaries: pl.Series,
    persons: frozenset[str],
) -> Board:
    playing = people.join(parts.select("lead_id", "role", "role_confidence"), on="lead_id").sort(
        "role_confidence", "level", "lead_id", descending=[True, False, False], nulls_last=True
    )
    variants = account["spelling_variants"]
    assert isinstance(variants, list), "the contract has a list"
    company = partial(masked, "company", persons=persons)
    other = [(company(v["name"]), v["records"]) for v in variants if v["name"] != account["name"]]
    senior = people.filter(pl.col("seniority") != "unknown")
    return Board(
        account=company(str(account["name"])),
        place=" ".join(masked(part, str(account[part])) for part in ("postcode", "city") if account[part]),
        domain=str(account["domain"] or ""),
        contacts=people.height,
        ready=int(people["publishable"].sum()),
        unknown=people.join(parts, on="lead_id", how="anti").height,
        senior=_members(senior.head(1))[0] if senior.height else None,
        roles=tuple(
            Role(role, _members(here.head(MEMBERS)), here.height)
            for role in PARTS
            for here in (playing.filter(pl.col("role") == role),)
        ),
        spellings=tuple(other[:NAMES]),
        parent=company(parent),
        subsidiaries=tuple(map(company, subsidiaries.head(NAMES))),
    )


def _members(people: pl.DataFrame) -> tuple[Member, ...]:
    rows = people.select("given_name", "family_name", "job_title", "department").iter_rows()
    return tuple(
        Member(initials(given, family), masked("job_title", title or department))
        for given, family, title, department in rows
    )
