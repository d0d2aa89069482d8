"""Leads with the skew that breaks matching: one employer of every twentieth person, switchboards, Müllers.

Belongs here: drawing them, at any size, in seconds. Does not belong here: realistic dirt (`samples`).
A fifth of the records repeat an earlier person with a value missing or a typing slip.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

FAMILY = ("Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann")
GIVEN = ("Thomas", "Michael", "Andreas", "Sabine", "Petra", "Claudia", "Stefan", "Peter", "Monika", "Jürgen")
DUPLICATES = 0.2


def skewed_leads(n: int, seed: int) -> tuple[pl.DataFrame, pl.Series]:
    """`n` records under the column names of contracts.clean.ENRICHED_RECORDS, and the person of each."""
    draw = np.random.default_rng(seed)
    people = max(int(n * (1 - DUPLICATES)), 1)
    person = np.concatenate([np.arange(people), draw.integers(0, people, n - people)])
    draw.shuffle(person)
    family, given = _zipf(draw, people, 40_000), _zipf(draw, people, 3_000)
    company = np.where(draw.random(people) < 0.05, 0, draw.integers(1, max(people // 12, 2), people))
    place = company % 4_000
    extension, mobile = draw.integers(10, 99_999, people), draw.integers(10**7, 10**8, people)
    frame = pl.DataFrame(
        {
            "family": family[person],
            "given": given[person],
            "company": company[person],
            "place": place[person],
            "extension": extension[person],
            "mobile": mobile[person],
            "person": person,
            "chance": draw.random(n),
            "missing": draw.random(n),
        }
    )
    leads = frame.select(
        given_name=_name("given", GIVEN, "Vorname"),
        family_name=_name("family", FAMILY, "Familie")
        + pl.when(pl.col("chance") < 0.02).then(pl.lit("e")).otherwise(pl.lit("")),
        email=pl.when(pl.col("missing") < 0.3)
        .then(None)
        .when(pl.col("chance") > 0.95)
        .then(pl.format("info@firma{}.de", "company"))
        .otherwise(pl.format("p{}@firma{}.de", "person", "company")),
        email_kind=pl.when(pl.col("missing") < 0.3)
        .then(None)
        .when(pl.col("chance") > 0.95)
        .then(pl.lit("role"))
        .otherwise(pl.lit("company")),
        email_domain=pl.format("firma{}.de", "company"),
        phone=pl.format("+49711{}", pl.col("company") + 100_000),
        phone_extension=pl.when(pl.col("chance") < 0.5)
        .then(pl.lit("0"))
        .otherwise(pl.col("extension").cast(pl.String)),
        mobile=pl.when(pl.col("missing") > 0.7).then(pl.format("+49151{}", "mobile")),
        company_key=pl.format("firma {}", "company"),
        postcode=(pl.col("place") + 10_000).cast(pl.String),
        city=pl.format("ort {}", pl.col("place") % 900),
    )
    return leads, pl.Series("person", person)


def _zipf(draw: np.random.Generator, n: int, kinds: int) -> npt.NDArray[np.int64]:
    """Ranks 0, 1, ... with frequency falling as one over the rank."""
    shares = 1 / np.arange(1, kinds + 1)
    return np.searchsorted(np.cumsum(shares) / shares.sum(), draw.random(n)).astype(np.int64)


def _name(column: str, common: tuple[str, ...], other: str) -> pl.Expr:
    """The commonest names by name; the others as letters of their rank, so that they look unlike each other."""
    rank = pl.col(column)
    alphabet = pl.lit("bcdfghjklmnpqrstvwxyz")
    letters = [alphabet.str.slice((rank // 21**k) % 21, 1) + "aeio"[k] for k in range(4)]
    known = rank.replace_strict(range(len(common)), common, default=None, return_dtype=pl.String)
    return pl.coalesce(known, pl.concat_str(pl.lit(other[:2]), *letters))
