"""Block reasons: why a golden lead is not handed to sales.

Belongs here: the rules and their codes (`contracts/reasons/publishing.csv` has a sentence each), and the words
of titles and interests in `title_blocks.csv`. Does not belong here: what the law says of a channel
(`publishing.permission`), which blocks the channel and not the lead: who may only be called is handed on, and
`may_email` and `may_call` say how.
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from engine.word_lists import WordLists
from enrichment.cells.lost_letters import LOST_LETTERS
from publishing.permission import CALL, MAIL

_NO_NAME = pl.col("family_name").is_null() & pl.col("given_name").is_null()
_NO_COMPANY = pl.col("account_id").is_null() & pl.col("company_domain").is_null()
_OBJECTIONS = ("objected", "suppressed")
_CLOSED = (*_OBJECTIONS, "in_doubt")
_CODES = ("student", "job_applicant")  # of title_blocks.csv, where `nobody` are words about others than the person
_STUDENT_MAIL = (
    r"@(?:[\w-]+\.)*(?:stud|students?|studenti|studierende|etu|etud|etudiants?)\.[\w-]+\.\w"  # stud.uni-jena.de
)


def _each_channel(*verdicts: str) -> pl.Expr:
    """Whether every channel there is has one of these verdicts."""
    mail, call = (pl.col(f"{channel}_permission").is_in(verdicts) for channel in ("email", "call"))
    return (MAIL | CALL) & (~MAIL | mail) & (~CALL | call)


def block_reasons(leads: pl.DataFrame, competitor_domains: Set[str] = frozenset()) -> pl.Series:
    """The column block_reasons: reason codes per lead, in the order of the rules, empty when none applies.

    Args:
        leads: `matching.golden.golden_leads.GOLDEN` with account_id and `publishing.permission.permissions`.
        competitor_domains: company domains never handed to sales.
    """
    student_mail = pl.col("email").str.contains(_STUDENT_MAIL).fill_null(False)
    titles, interests = _said(leads, "job_title"), _said(leads, "interest")
    rules = {
        "junk_name": _NO_NAME & (pl.col("name_status") == "junk"),
        "damaged_name": pl.any_horizontal(pl.col("given_name", "family_name").str.contains(LOST_LETTERS)),
        "two_persons": pl.col("name_status") == "two_persons",
        "no_person": _NO_NAME & _NO_COMPANY,
        "no_contact_channel": ~MAIL & ~CALL,
        "email_invalid": ~MAIL & ~CALL & (pl.col("email_status") == "invalid"),
        "disposable_email": MAIL & ~CALL & (pl.col("email_kind") == "disposable"),
        "opted_out": pl.col("opted_out") | _each_channel("objected"),
        "suppressed": _each_channel(*_OBJECTIONS) & ~_each_channel("objected"),
        "consent_in_doubt": _each_channel(*_CLOSED) & ~_each_channel(*_OBJECTIONS),
        "no_permission": _each_channel(*_CLOSED, "unconfirmed", "not_consented") & ~_each_channel(*_CLOSED),
        "company_in_liquidation": pl.col("company_status") == "liquidation",
        "private_person": (pl.col("company_status") == "none") & _NO_COMPANY,
        "student": pl.col("job_title_student") | pl.col("interest_student") | student_mail,
        "job_applicant": pl.col("job_title_job_applicant") | pl.col("interest_job_applicant"),
        "competitor": pl.col("company_domain").is_in(sorted(competitor_domains)),
        "existing_customer": pl.col("is_customer"),
        "bot": pl.col("is_bot"),
    }
    applies = (
        leads.join(titles, on="job_title", how="left", maintain_order="left", nulls_equal=True)
        .join(interests, on="interest", how="left", maintain_order="left", nulls_equal=True)
        .select(rule.fill_null(False).alias(code) for code, rule in rules.items())
    )
    blocked = applies.select(pl.any_horizontal(pl.all())).to_series()
    codes = applies.filter(blocked).select(
        pl.concat_list(pl.when(code).then(pl.lit(code)) for code in rules).list.drop_nulls().alias("block_reasons")
    )
    # Most leads have none, so lists are made for the others only; the empty one stands at the end.
    lists = pl.concat([codes.to_series(), pl.Series("block_reasons", [[]], dtype=pl.List(pl.String))])
    return lists.gather(np.where(blocked, np.cumsum(blocked) - 1, codes.height))


def _said(leads: pl.DataFrame, column: str) -> pl.DataFrame:
    """Per distinct text of the column, `<column>_<code>`: whether it says that its person is none to sell to."""
    patterns = _patterns(column)
    told = pl.col(column).str.to_lowercase().str.replace_all(patterns["nobody"], " ")
    said = {f"{column}_{code}": told.str.contains(patterns[code]).fill_null(False) for code in _CODES}
    return leads.select(column).unique().with_columns(**said)


@cache
def _patterns(column: str) -> dict[str, str]:
    """One pattern per code: any of its words for the column, as whole words of the lower-case text."""
    words: dict[str, list[str]] = {}
    for row in WordLists(Path(__file__).parent).rows("title_blocks.csv"):
        if row["where"] in (column, "both"):
            words.setdefault(row["code"], []).append(row["pattern"])
    return {code: rf"(?:^|[^\p{{L}}])(?:{'|'.join(patterns)})(?:$|[^\p{{L}}])" for code, patterns in words.items()}
