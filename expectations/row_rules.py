"""Row rules: named expressions that decide whether a cleaned record may go on at all.

Belongs here: rules about a whole record, each with its reason code. Does not belong here: judging one field
(`enrichment`), contracts of whole tables (`expectations.suites`). A rule holds back as little as possible: a
record that says anything about a person or a company stays, with its verdicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from contracts.raw import REJECTS

RAW_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class RowRule:
    """A reason code, the records it holds back (`when`), and the sentence shown in quarantine before its remedy."""

    reason: str
    when: pl.Expr
    message: str


def _none_of(*columns: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(*columns).is_null())


_NO_NAME = _none_of("given_name", "family_name") | pl.col("name_status").is_in(["junk", "missing"])
_NO_COMPANY = _none_of("company", "company_key")
_NO_CHANNEL = _none_of("email", "phone", "mobile", "fax", "linkedin_url")

# First rule that applies names the reason.
ROW_RULES: tuple[RowRule, ...] = (
    RowRule(
        "test_entry",
        (pl.col("name_status") == "junk").fill_null(False) & _NO_CHANNEL & _NO_COMPANY,
        "The name is a test entry or placeholder and nothing else identifies a person or company",
    ),
    RowRule(
        "no_identity",
        _NO_NAME & _NO_CHANNEL & _NO_COMPANY,
        "The record has no usable e-mail, phone, mobile, name or company",
    ),
)


def hold_back(clean: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split cleaned records into those that go on and those held back.

    Args:
        clean: rows of `contracts.clean.CLEAN_RECORDS`.

    Returns:
        The kept rows, unchanged and in order, and one row of `contracts.raw.REJECTS` per record held back.
        Every row is in exactly one of the two. `raw` lists the field values as received where a rule of
        `enrichment` had judged them.
    """
    applies = reduce(or_, (rule.when.fill_null(False) for rule in ROW_RULES))
    held = clean.filter(applies)
    if held.is_empty():
        return clean, REJECTS.empty()
    which = pl.coalesce(
        pl.when(rule.when.fill_null(False)).then(pl.lit(place, pl.Int64)) for place, rule in enumerate(ROW_RULES)
    )
    said = pl.element().struct.field("field") + pl.lit(": ") + pl.element().struct.field("raw")
    received = pl.col("repairs").list.eval(said.drop_nulls()).list.unique(maintain_order=True).list.join("; ")
    rejects = held.select(
        *("source", "channel", "source_record_id", "file", "sheet", "row"),
        pl.lit(None, pl.String).alias("field"),
        which.replace_strict(dict(enumerate(rule.reason for rule in ROW_RULES))).alias("reason_code"),
        which.replace_strict(dict(enumerate(rule.message for rule in ROW_RULES))).alias("message"),
        pl.when(received != "").then(received.str.head(RAW_LENGTH)).alias("raw"),
    )
    return clean.filter(~applies), REJECTS.conform(rejects)
