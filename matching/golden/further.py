"""Further addresses and numbers: what a lead's records have beside the ones that survived.

Belongs here: gathering them, and leaving out what is closed for everybody. Does not belong here: which address or
number is the best one (`matching/golden/survivorship`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from enrichment.suppression import Suppression
from matching.golden.lead_records import Leads, Rows
from matching.golden.objections import Objections, mailbox_of

EVERY_OTHER = "every_other"
WHY = "All that any record has and nobody objected to, but for desks at former employers."

Closed = Callable[[pl.Series], pl.Series]


class Further(NamedTuple):
    """Per lead the values, sorted, and the newest record that has one of them, -1 for none."""

    values: pl.Series
    rows: Rows


def closed_mail(objected: Objections, lists: Suppression) -> Closed:
    """Whether an address is one that somebody objected to, or on a suppression list."""
    mailboxes = objected.closed.mailboxes.implode()
    return lambda mails: mailbox_of(mails).is_in(mailboxes) | lists.has_address(mails) | lists.has_domain(mails)


def closed_numbers(objected: Objections, lists: Suppression) -> Closed:
    """Whether a number is one that somebody objected to, or on a suppression list."""
    numbers = objected.closed.numbers.implode()
    return lambda given: given.is_in(numbers) | lists.has_number(given)


def further_emails(records: pl.DataFrame, leads: Leads, golden: pl.DataFrame, closed: Closed) -> Further:
    """Addresses beside the golden one.

    Args:
        records: email, other_emails.
        leads: whose records they are.
        golden: email, per lead.
        closed: which addresses are left out.
    """
    return _further(records, leads, golden.select("email"), [pl.col("email")], more="other_emails", closed=closed)


def further_phones(records: pl.DataFrame, leads: Leads, golden: pl.DataFrame, closed: Closed) -> Further:
    """Numbers beside the golden ones; no desk left behind, nothing that is no contact number.

    Args:
        records: phone, phone_status, mobile, mobile_status, other_phones, _former.
        leads: whose records they are.
        golden: phone, mobile, fax, per lead.
        closed: which numbers are left out.
    """
    usable = {name: (pl.col(f"{name}_status") != "invalid").fill_null(True) for name in ("phone", "mobile")}
    own = [
        pl.when(usable["phone"] & ~pl.col("_former")).then("phone"),
        pl.when(usable["mobile"]).then("mobile"),
    ]
    return _further(records, leads, golden.select("phone", "mobile", "fax"), own, more="other_phones", closed=closed)


def _further(
    records: pl.DataFrame, leads: Leads, golden: pl.DataFrame, own: Sequence[pl.Expr], *, more: str, closed: Closed
) -> Further:
    newest = np.empty(records.height, dtype=np.int64)
    newest[leads.order] = np.arange(records.height)
    placed = records.with_columns(
        _row=pl.int_range(pl.len(), dtype=pl.Int64),
        _newest=pl.Series(newest),
        _of=leads.spread(pl.Series(np.arange(len(leads.starts)))),
    )
    keys = ("_row", "_newest", "_of")
    single = [placed.select(*keys, value=value).drop_nulls("value") for value in own]
    listed = placed.filter(pl.col(more).list.len() > 0).select(*keys, value=more).explode("value")
    survived = golden.with_row_index("_of").unpivot(index="_of", value_name="value").drop_nulls("value")
    found = pl.concat([*single, listed.drop_nulls("value")]).join(
        survived.select(pl.col("_of").cast(pl.Int64), "value"), on=["_of", "value"], how="anti"
    )
    shut = found["value"].unique()
    shut = shut.filter(closed(shut).fill_null(False))
    told = (
        found.filter(~pl.col("value").is_in(shut.implode()))
        .sort("_newest")
        .group_by("_of", maintain_order=True)
        .agg(pl.col("value").unique().sort(), pl.col("_row").first())
    )
    each = pl.DataFrame({"_of": np.arange(len(leads.starts))}).join(told, on="_of", how="left", maintain_order="left")
    rows = each["_row"].fill_null(-1).to_numpy()
    return Further(each.select(pl.col("value").fill_null([])).to_series(), rows)
