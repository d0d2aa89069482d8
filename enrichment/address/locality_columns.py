"""Localities judged by column: the plain ones by one join, the others one by one.

Belongs here: which localities need no thought, and verdicts as columns. Does not belong here: what is certain
(`enrichment/address/locality`); a plain locality gets the verdict that gives, which a test holds it to.
"""

from __future__ import annotations

import polars as pl

from enrichment.address.locality import Localities, Verdict
from enrichment.cells.first_true import first_true

KEYS = ("postcode", "city", "stated", "default_country")

_NOTATION = r"^(?:([A-Z]{1,2})-)?(\d{4,5})(?:\.0)?$"
_PREFIXES = {"D": "DE", "DE": "DE", "A": "AT", "AT": "AT", "CH": "CH"}
_SCHEMA = dict.fromkeys((f"v_{name}" for name in Verdict._fields), pl.String)


def judged(distinct: pl.DataFrame, localities: Localities) -> pl.DataFrame:
    """The verdicts on distinct localities.

    Args:
        distinct: KEYS, each combination once.
        localities: the judge.

    Returns:
        KEYS and the fields of `Verdict` as `v_...`.
    """
    plain = _plain(distinct, localities.places.sole)
    rest = distinct.join(plain, on=KEYS, how="anti", nulls_equal=True)
    return pl.concat([plain, pl.concat([rest, _one_by_one(rest, localities)], how="horizontal")])


def _plain(distinct: pl.DataFrame, sole: pl.DataFrame) -> pl.DataFrame:
    """Postcodes of one official town that stands beside them as it is spelt, or is left out."""
    written = pl.col("postcode").str.extract_groups(_NOTATION).struct
    prefix = written[0].replace_strict(_PREFIXES, default=None, return_dtype=pl.String)
    german = pl.when(written[1].str.len_bytes() == 5).then(pl.lit("DE"))
    known = distinct.with_columns(code=written[1], prefix=prefix, lettered=written[0].is_not_null()).filter(
        pl.col("code").is_not_null() & (pl.col("prefix").is_not_null() | ~pl.col("lettered"))
    )
    known = known.with_columns(country=pl.coalesce("stated", "prefix", german))
    found = known.join(sole, left_on=["country", "code"], right_on=["country", "postcode"], how="inner")
    alone = pl.col("city").is_null()
    named = pl.coalesce("stated", "prefix").is_not_null()
    found = found.filter((pl.col("city") == pl.col("town")) | (alone & (named | (pl.col("default_country") == "DE"))))
    noted = pl.col("code") != pl.col("postcode")
    none = pl.lit(None, pl.String)
    return found.select(
        *KEYS,
        v_postcode="code",
        v_city="city",
        v_region="region",
        v_country="country",
        v_basis=first_true(((pl.col("stated").is_not_null(), "stated"), (named | ~alone, "address")), "default"),
        v_status=pl.when(alone).then(pl.lit("unverifiable")).otherwise(pl.lit("locality")),
        v_reason=pl.when(alone).then(pl.lit("city_missing")),
        v_suggestion=pl.when(alone).then(pl.concat_str("code", "town", separator=" ")),
        v_district=none,
        v_postcode_reason=pl.when(noted).then(pl.lit("postcode_notation")),
        v_city_reason=none,
    )


def _one_by_one(distinct: pl.DataFrame, localities: Localities) -> pl.DataFrame:
    verdicts = [localities.judge(*row) for row in distinct.iter_rows()]
    return pl.DataFrame(verdicts, schema=_SCHEMA, orient="row")
