"""The country that the numbers, mail addresses and website of a record speak for, where nobody states one.

Belongs here: counting what each of them says. Does not belong here: stated countries and places, which outrank them
(`enrichment/address/locality`), which endings of domains say no country (`data/open_tlds.txt`). Sources: ITU-T E.164
calling codes, ISO 3166-1 as used in the root zone of the domain name system.

Each kind has one vote. A country wins that alone has most of them; where the source's own country has as many, the
record is taken for ordinary.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from contracts.table import given_or_null
from enrichment.cells.distinct import each_once
from enrichment.cells.word_lists import words
from enrichment.phone.numbering import calling_codes, judge
from reference.countries import country_codes
from reference.mail import freemail_domains

SEVERAL = "several"

_PHONES = ("phone", "phone_2", "phone_3", "mobile", "mobile_2")
_MAILS = ("email", "email_2")
_INTERNATIONAL = r"^[^\d+]*(?:\+|00)\s*\(?\s*([1-9][\d\s()./-]{5,20})"
_MAIL_ENDING = r"@[^\s@]*\.([A-Za-z]{2})[\s>;,.]*$"
_MAIL_DOMAIN = r"@([^\s@>;,]+)[\s>;,.]*$"
_SITE_ENDING = r"^(?:[a-zA-Z]+://)?[^/\s?#]*\.([A-Za-z]{2})(?:[:/?#]|\s*$)"
_KINDS = ("phone", "email", "website")


def evident_countries(records: pl.DataFrame) -> pl.DataFrame:
    """What the contact data of each record says of its country.

    Args:
        records: country, default_country, phones, mail addresses and website of contracts.raw; missing ones count as
            null.

    Returns:
        Same height: `evident_country`, ISO code or null where nothing or several things are said, and
        `evident_basis`, one of phone, email and website, or SEVERAL where they speak for different other countries.
    """
    rows = records.select(given_or_null(records, ["country", "default_country", *_PHONES, *_MAILS, "website"]))
    phone = pl.coalesce(each_once(pl.col(name).cast(pl.String), _called) for name in _PHONES)
    mail = pl.coalesce(each_once(pl.col(name).cast(pl.String), _mailed) for name in _MAILS)
    said = rows.select(
        pl.col("default_country").str.to_uppercase().alias("home"),
        phone=phone,
        email=mail,
        website=_country_of(pl.col("website").str.extract(_SITE_ENDING)),
    ).with_row_index("row")
    # Nearly all records speak for the country of their source or for none.
    abroad = pl.any_horizontal(pl.col(kind) != pl.col("home") for kind in _KINDS).fill_null(False)
    lone = said.select(pl.coalesce(pl.when(~abroad).then(pl.coalesce(_KINDS)))).to_series()
    counted = _most(said.filter(abroad | pl.col("home").is_null()))
    country = lone.scatter(counted["row"], counted["country"]).alias("evident_country")
    divided = (abroad & pl.lit(country).is_null()).fill_null(False)
    kinds = (pl.when(pl.col(kind) == country).then(pl.lit(kind)) for kind in _KINDS)
    return said.select(country, pl.coalesce(pl.when(divided).then(pl.lit(SEVERAL)), *kinds).alias("evident_basis"))


def _most(said: pl.DataFrame) -> pl.DataFrame:
    """row and the country most kinds speak for; null where two have as many and neither is the source's own."""
    votes = said.unpivot(_KINDS, index=["row", "home"], value_name="country").drop_nulls("country")
    votes = votes.group_by("row", "home", "country").len()
    votes = votes.filter(pl.col("len") == pl.col("len").max().over("row"))
    own = pl.col("country").eq_missing(pl.col("home"))
    alone = pl.len().over("row") == 1
    return votes.filter(own | (alone & ~own.any().over("row"))).select("row", "country")


def _country_of(ending: pl.Expr) -> pl.Expr:
    return ending.str.to_lowercase().replace_strict(_endings(), default=None, return_dtype=pl.String)


@cache
def _endings() -> dict[str, str]:
    known = {code.lower(): code for code in country_codes()} | {"uk": "GB"}
    return {ending: code for ending, code in known.items() if ending not in words("open_tlds.txt")}


def _mailed(mail: pl.Expr) -> pl.Expr:
    """The country of a firm's mail address; who has a mailbox at gmx.at may live anywhere."""
    domain = mail.str.to_lowercase().str.extract(_MAIL_DOMAIN)
    return _country_of(pl.when(~domain.is_in(list(freemail_domains()))).then(mail).str.extract(_MAIL_ENDING))


def _called(number: pl.Expr) -> pl.Expr:
    """The country of an international number: by its calling code, or by the number where several share one."""
    digits = number.str.extract(_INTERNATIONAL).str.replace_all(r"\D", "")
    return digits.map_batches(_regions, return_dtype=pl.String)


def _regions(digits: pl.Series) -> pl.Series:
    code = pl.coalesce(pl.col("digits").str.head(size).replace_strict(_sole(), default=None) for size in (3, 2, 1))
    found = digits.alias("digits").to_frame().select("digits", code=code)
    shared = found.select((pl.col("code").is_null() & pl.col("digits").is_not_null()).arg_true()).to_series()
    return found["code"].scatter(shared, judge(digits.gather(shared))["region"])


@cache
def _sole() -> dict[str, str]:
    """The country of each calling code that is one country's."""
    homes: dict[str, list[str]] = {}
    for country, code in calling_codes().items():
        homes.setdefault(code, []).append(country)
    return {code: countries[0] for code, countries in homes.items() if len(countries) == 1}
