"""Objections: addresses and mobile numbers that somebody asked not to be contacted by, closed for everybody's lead.

Belongs here: which values are closed, over all records. Does not belong here: what a lead's own records consent
to (`matching/golden/survivorship`), reading consent (`enrichment`).
A couple with one mailbox are two leads, yet the objection was made for the mailbox. A landline may be a whole
firm's: an objection closes it for its person only.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from contracts.table import given_or_null

_NEEDED = {"email": pl.String, "mobile": pl.String, "opt_out": pl.Boolean} | dict.fromkeys(
    ("consent_email", "consent_phone"), pl.String
)


class Objections(NamedTuple):
    """The closed values, each once."""

    emails: pl.Series
    mobiles: pl.Series


def objects_to_all() -> pl.Expr:
    """Whether a record objects to every contact: objecting to one channel closes that channel, not the person."""
    closed = [(pl.col(name) == "refused").fill_null(False) for name in ("consent_email", "consent_phone")]
    return pl.col("opt_out").fill_null(False) & (closed[0] == closed[1])


def objections(enriched: pl.DataFrame | pl.LazyFrame) -> Objections:
    """The closed values of contracts.clean.ENRICHED_RECORDS; columns that are missing count as null."""
    told = enriched.lazy().select(given_or_null(enriched, _NEEDED))
    found = []
    for value, consent in (("email", "consent_email"), ("mobile", "consent_phone")):
        closed = told.filter(objects_to_all() | (pl.col(consent) == "refused"), pl.col(value).is_not_null())
        found.append(closed.select(pl.col(value).unique()).collect().to_series())
    return Objections(*found)
