"""Objections: addresses and numbers that somebody asked not to be contacted by, closed for everybody's lead.

Belongs here: which values are closed, over all records and the rows no record could be made of. Does not belong here:
what a lead's own records consent to (`matching/golden/survivorship`), reading consent (`enrichment`).
A couple with one mailbox are two leads, yet the objection was made for the mailbox. A landline may be a whole firm's:
a number on a list, which names nobody, and an objection close it for everybody; that somebody with a name did not
agree to calls, or objects at a switchboard, closes it for this person only. What is unclear closes nothing, but no
consent of another record for the same address or number stands beside it.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from contracts.table import given_or_null
from enrichment.email.mailbox import mailbox

_NEEDED = (
    dict.fromkeys(("email", "mobile", "phone", "phone_extension", "given_name", "family_name"), pl.String)
    | dict.fromkeys(("consent_email", "consent_phone"), pl.String)
    | dict.fromkeys(("other_emails", "other_phones"), pl.List(pl.String))
    | {"opt_out": pl.Boolean}
)
_NAMES_NOBODY = pl.all_horizontal(pl.col("given_name", "family_name").is_null())
_SWITCHBOARD = (pl.col("phone_extension") == "0").fill_null(False)


class Values(NamedTuple):
    """Mailboxes (`mailbox_of`) and numbers (E.164), each once."""

    mailboxes: pl.Series
    numbers: pl.Series


class Objections(NamedTuple):
    """The values that are closed, and those of which somebody said something that is neither yes nor no."""

    closed: Values
    unclear: Values


def objects_to_all() -> pl.Expr:
    """Whether a record objects to every contact: objecting to one channel closes that channel, not the person."""
    closed = [(pl.col(name) == "refused").fill_null(False) for name in ("consent_email", "consent_phone")]
    return pl.col("opt_out").fill_null(False) & (closed[0] == closed[1])


def mailbox_of(email: pl.Series) -> pl.Series:
    """What is closed where an address is: its mailbox, in any case and with any note behind a plus."""
    return mailbox(email.str.to_lowercase())


def objections(*records: pl.DataFrame | pl.LazyFrame) -> Objections:
    """The values of contracts.clean.ENRICHED_RECORDS that are closed or unclear; missing columns count as null."""
    said = ("refused", "unclear")
    told = pl.concat(frame.lazy().select(given_or_null(frame, _NEEDED)) for frame in records)
    spoken = told.filter(objects_to_all() | pl.any_horizontal(pl.col("consent_email", "consent_phone").is_in(said)))
    found = spoken.collect()
    return Objections(*(_values(found, word) for word in said))


def _values(found: pl.DataFrame, word: str) -> Values:
    """The addresses and numbers of which records say this word, or which they close by objecting to all."""
    to_all = objects_to_all() if word == "refused" else pl.lit(False)
    by_mail = found.filter(to_all | (pl.col("consent_email") == word))
    by_phone = found.filter(to_all | (pl.col("consent_phone") == word))
    for_all = by_phone.filter(_NAMES_NOBODY | (pl.col("opt_out").fill_null(False) & ~_SWITCHBOARD))
    emails = [by_mail["email"], by_mail["other_emails"].explode(empty_as_null=True)]
    numbers = [by_phone["mobile"], for_all["phone"], for_all["other_phones"].explode(empty_as_null=True)]
    return Values(
        mailbox_of(pl.concat(part.rename("mailbox") for part in emails).drop_nulls()).unique(),
        pl.concat(part.rename("number") for part in numbers).drop_nulls().unique(),
    )
