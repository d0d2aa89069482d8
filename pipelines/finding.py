"""Finding: which lead a person means by an e-mail address, a name, a record or an id.

Belongs here: reading the publication for whom was asked about. Does not belong here: what is asked about them
(`pipelines.explaining`, `pipelines.forgetting`). Nobody is guessed: where several are meant, all are told, by their
ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl

from contracts.forms import ACCOUNT_ID, LEAD_ID
from enrichment.cells.text import fold, fold_text
from enrichment.email.clean import clean_email
from enrichment.email.mailbox import mailbox

_NAME = ("given_name", "family_name")
_BESIDE_NAME = ("salutation", "academic_title", "account_name", "postcode", "city")
_SHOWN = 20  # of leads that are meant alike
WAYS = "an e-mail address, a name, SOURCE/ID or the id of a record, a customer number, or a lead id"


class NobodyMeant(LookupError):  # noqa: N818 - a plain answer to a question, not a fault
    """No lead, past or present, is meant by what was given."""


class SeveralMeant(LookupError):  # noqa: N818 - a plain answer to a question, not a fault
    """Several leads are meant; `leads` tells each in a line that begins with its id."""

    def __init__(self, said: str, leads: pl.DataFrame) -> None:
        more = leads.height - _SHOWN
        super().__init__(
            f"{said} means {leads.height:,} leads; give the id of one, or more of its name, company, postcode and city"
        )
        self.leads = [_line(row) for row in leads.head(_SHOWN).iter_rows(named=True)]
        if more > 0:
            self.leads.append(f"and {more:,} more")


def lead_meant(current: Path, said: str) -> str:
    """The id in use of the one lead that is meant.

    Args:
        current: the publication.
        said: a lead id of today or before; an address, in whatever notation; `SOURCE/ID`, a `source_record_id` or a
            customer number; else words of a name, in any order and spelling of umlauts, and of company, postcode and
            city beside it.

    Raises:
        NobodyMeant: nobody, or somebody who is gone.
        SeveralMeant: more than one.
    """
    said = said.strip()
    if re.search(LEAD_ID.pattern, said):
        return _in_use(current, said)
    ways: tuple[Callable[[Path, str], pl.DataFrame], ...] = (
        (_by_address,) if "@" in said else (_by_record, _by_customer_number, _by_name)
    )
    for way in ways:
        found = way(current, said)
        if found.height > 1:
            raise SeveralMeant(said, found)
        if found.height:
            return str(found["lead_id"].item())
    if re.search(ACCOUNT_ID.pattern, said):
        raise NobodyMeant(f"{said} is the id of an account; its leads are those of leads with this account_id")
    raise NobodyMeant(f"no lead is meant by {said!r}; what can be given is {WAYS}")


def _in_use(current: Path, lead_id: str) -> str:
    """The id in use for a lead id of today or before."""
    trail = {}
    for table, column in (("redirects", "new_id"), ("tombstones", "at")):
        rows = pl.scan_parquet(current / f"{table}.parquet", glob=False).filter(pl.col("old_id") == lead_id)
        trail[table] = rows.collect()[column].to_list()
    if trail["tombstones"]:
        raise NobodyMeant(f"{lead_id} is gone since {trail['tombstones'][0]:%Y-%m-%d}: no record of the person is left")
    now = str(next(iter(trail["redirects"]), lead_id))
    if _leads(current).filter(pl.col("lead_id") == now).collect().is_empty():
        raise NobodyMeant(f"no lead has the id {lead_id}; ids are in {current / 'leads.parquet'}")
    return now


def _by_address(current: Path, said: str) -> pl.DataFrame:
    """Leads of whose addresses one is this mailbox, however it is written."""
    asked = mailbox(clean_email(pl.DataFrame({"email": [said]}))["email"])
    addresses = pl.concat_list(pl.col("email"), pl.col("other_emails").fill_null([])).alias("address")
    leads = _leads(current)
    theirs = leads.select("lead_id", addresses).explode("address").drop_nulls().collect()
    hit = theirs.filter(mailbox(theirs["address"]).is_in(asked.drop_nulls().implode()))
    return leads.filter(pl.col("lead_id").is_in(hit["lead_id"].unique().implode())).collect()


def _by_record(current: Path, said: str) -> pl.DataFrame:
    """Leads of the record SOURCE/ID, or of the records that have this id at any source."""
    key = pl.concat_str("source", pl.lit("/"), "source_record_id")
    rows = pl.scan_parquet(current / "lead_crosswalk.parquet", glob=False)
    mine = rows.filter((key == said) | (pl.col("source_record_id") == said)).select("lead_id").unique()
    return _leads(current).join(mine, on="lead_id", how="semi").collect()


def _by_customer_number(current: Path, said: str) -> pl.DataFrame:
    return _leads(current).filter(pl.col("customer_no") == said).collect()


def _by_name(current: Path, said: str) -> pl.DataFrame:
    """Leads that have all the words, one of them at least in the name."""
    words = fold_text(said).split()
    if not words:
        return _leads(current).clear().collect()
    name, all_of_it = (
        fold(pl.concat_str(columns, separator=" ", ignore_nulls=True)).fill_null("").str.split(" ")
        for columns in ([*_NAME], [*_NAME, *_BESIDE_NAME])
    )
    named = pl.any_horizontal(name.list.contains(word) for word in words)
    return _leads(current).filter(named, *(all_of_it.list.contains(word) for word in words)).collect()


def _leads(current: Path) -> pl.LazyFrame:
    return pl.scan_parquet(current / "leads.parquet", glob=False).sort("lead_id")


def _line(row: dict[str, str | None]) -> str:
    """What tells a lead from another of the same name, without the ways to reach it."""
    said = (("academic_title", *_NAME), ("account_name",), ("job_title",), ("postcode", "city"))
    parts = (" ".join(filter(None, (row[column] for column in columns))) for columns in said)
    return f"{row['lead_id']}  {' · '.join(filter(None, parts))}"
