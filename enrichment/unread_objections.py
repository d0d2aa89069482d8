"""Unread objections: what rows say against contact of which no record could be made.

Belongs here: the addresses and numbers in such rows, with what is refused. Does not belong here: why a row was held
back, reading consent (`enrichment/consent`), whom the objection closes (`matching/golden/objections`). A row with too
many cells is no lead, but whoever objects in it has objected: Art. 21 GDPR asks for no form.
A value with a line end that nobody quoted tears a row in two, so a row without address or number goes with the one
before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from math import ceil

import polars as pl

from engine.faults import is_fault
from enrichment.consent import clean_consent, objection, statement
from enrichment.email.clean import clean_email
from enrichment.phone.clean import clean_phone
from enrichment.rule_failures import PIECES

_APART = r"\s;,|<>\"'()\[\]"
_MAIL = rf"[^{_APART}@]+@[^{_APART}@]+\.[^{_APART}@]+"
_NUMBER = r"\+?\(?\d[\d ()/.\-]{5,}\d"
_CELLS = re.compile(r"[;,|\t\n\"]+")
_PLACE = ["channel", "source", "file", "sheet", "row"]
_READ: dict[str, Callable[[str], str | None]] = {
    "consent_email": partial(statement, channel="email"),
    "consent_phone": partial(statement, channel="phone"),
    "opt_out": objection,
}
_SAID = tuple(_READ)
_CHANNELS = ("all", "email", "phone")


def unread_objections(rejects: pl.DataFrame) -> pl.DataFrame:
    """The objections in rows that were held back.

    Args:
        rejects: contracts.raw.REJECTS.

    Returns:
        One row for each address or number in a row that refuses something, as the columns of contracts.clean that say
        so: those of the e-mail, the phone and consent_email, consent_phone and opt_out.

    Example:
        >>> from contracts.raw import REJECTS
        >>> raw = ["Eva;Klein;eva@klein.de;zu viel;Werbesperre", "Udo;Klein;udo@klein.de;zu viel;"]
        >>> rejects = REJECTS.conform(pl.DataFrame({"row": [3, 5], "raw": raw}))
        >>> unread_objections(rejects).select("email", "consent_email", "opt_out")
        shape: (1, 3)
        ┌──────────────┬───────────────┬─────────┐
        │ email        ┆ consent_email ┆ opt_out │
        │ ---          ┆ ---           ┆ ---     │
        │ str          ┆ str           ┆ bool    │
        ╞══════════════╪═══════════════╪═════════╡
        │ eva@klein.de ┆ refused       ┆ true    │
        └──────────────┴───────────────┴─────────┘
    """
    rows = _whole_rows(rejects)
    return _judged(rows, ceil(rows.height / PIECES))


def _judged(rows: pl.DataFrame, least: int) -> pl.DataFrame:
    """The objections in rows; where a rule breaks on no more than `least` of them, their addresses are closed."""
    try:
        return _read(rows)
    except BaseException as error:
        if not is_fault(error):
            raise
        if rows.height <= least:
            return _unjudged(rows)
    middle = rows.height // 2
    halves = (rows[:middle], rows[middle:])
    return pl.concat([_judged(half, least) for half in halves], how="diagonal_relaxed")


def _read(rows: pl.DataFrame) -> pl.DataFrame:
    told = pl.DataFrame(
        [_told(text, consent) for text, consent in rows.select("text", "consent").iter_rows()],
        schema=dict.fromkeys((*_SAID, "note", "extra"), pl.String),
        orient="row",
    )
    said = clean_consent(told).select(_SAID)
    objecting = rows.select("text", "default_country").hstack(said).filter(_refuses())
    cells = [("email", pl.col("text").str.extract_all(_MAIL)), ("phone", pl.col("text").str.extract_all(_NUMBER))]
    contacts = pl.concat(
        [objecting.with_columns(cell.alias(name)).explode(name).drop_nulls(name) for name, cell in cells],
        how="diagonal_relaxed",
    )
    parts = [clean_email(contacts), clean_phone(contacts)]
    return pl.concat([contacts.select(_SAID), *(part.drop("repairs") for part in parts)], how="horizontal")


def _unjudged(rows: pl.DataFrame) -> pl.DataFrame:
    """All addresses of rows of which nobody can say whether they object: better one mail too few."""
    mails = rows.select(email=pl.col("text").str.extract_all(_MAIL)).explode("email").drop_nulls("email")
    return mails.with_columns(consent_email=pl.lit("refused"), consent_phone=pl.lit("unknown"), opt_out=pl.lit(True))


def _refuses() -> pl.Expr:
    return pl.col("opt_out") | pl.any_horizontal(pl.col("consent_email", "consent_phone") == "refused")


def _whole_rows(rejects: pl.DataFrame) -> pl.DataFrame:
    """Rows with text, those torn in two together: text, consent (a list of JSON objects), default_country."""
    text = pl.coalesce("raw", pl.col("consent").str.json_path_match("$.row"))  # the latter where a rule broke
    held = rejects.with_columns(text=text).filter(pl.col("row").is_not_null(), pl.col("text") != "")
    held = held.sort(_PLACE, nulls_last=False)
    begins = pl.col("text").str.contains(_MAIL) | pl.col("text").str.contains(_NUMBER)
    follows = (pl.col("row").diff() == 1) & pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift()) for name in _PLACE[:-1]
    )
    return (
        held.with_columns(whole=(begins | ~follows.fill_null(False)).cum_sum())
        .group_by("whole", maintain_order=True)
        .agg(
            text=pl.col("text").str.join("\n"),
            consent=pl.col("consent").drop_nulls(),
            country=pl.first("default_country"),
        )
        .rename({"country": "default_country"})
    )


def _told(text: str, consent: list[str]) -> list[str | None]:
    """What a row says as consent_email, consent_phone, opt_out, note and extra of contracts.raw.

    A cell may stand in another's place, so what is not clearly a refusal says nothing.
    """
    said = [json.loads(told) for told in consent]
    cells = {
        name: "; ".join(
            cell for told in said for cell in told.get(name, []) if cell and read(cell) in ("refused", *_CHANNELS)
        )
        for name, read in _READ.items()
    }
    extra = dict(enumerate(cell.strip() for cell in _CELLS.split(text)))
    return [*(cells[name] or None for name in _SAID), text, json.dumps(extra)]
