"""Phone verdicts: whether a resolved number can be called, or why not.

Belongs here: status and reason of a number. Does not belong here: which number it is
(`enrichment/phone/country`), where it is kept (`enrichment/phone`). Sources: BNetzA's Nummernplan (national
numbers of at most 11 digits, 13 with older direct dialling), libphonenumber's metadata of short numbers.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import phonenumbers
import polars as pl

from enrichment.phone.numbering import LONGEST, calling_codes

_LONGEST_HERE = {"DE": LONGEST["49"]}
SHORTEST = {"49": 6}
_MOBILE_BEGIN, SHORTEST_MOBILE = "^1[567]", 10  # of German mobile numbers
LONGEST_EVER = {"49": 13}  # with direct dialling of older blocks
_SERVICE_RANGES = ["10", "13", "19"]  # in Germany: carriers, mass traffic, data and former premium rates; no landlines
_JUDGED = (
    *("row", "cell", "part", "text", "label", "rule"),
    *("e164", "extension", "kind", "country", "status", "reason"),
)
_NOT_CONTACT = {
    "toll_free": "toll_free_number",
    "premium": "premium_number",
    "shared_cost": "shared_cost_number",
    "service": "service_number",
}
_REPEATED = r"0{6}$|" + "|".join(f"{digit}{{7}}$|^{digit}+$" for digit in range(10))


def judged(numbers: pl.DataFrame) -> pl.DataFrame:
    """The columns of _JUDGED: status, reason and e164 (null where the number is held back) of each number."""
    full, length = pl.col("full"), pl.col("length")
    national = full.str.slice(pl.col("code").str.len_bytes())
    tail = pl.when(pl.col("how") == "hyphen").then("extension").otherwise(pl.lit("")).fill_null("")
    unresolved = pl.when(full.is_null()).then(pl.col("digits")).str.strip_chars_start("0") + tail
    numbers = numbers.with_columns(national=national).with_columns(spelled=pl.coalesce("national", unresolved))
    dummy = pl.col("spelled").is_in(_sequences()) | pl.col("spelled").str.contains(_REPEATED)
    numbers = numbers.with_columns(
        dummy=dummy | (pl.col("digits").str.contains("^0*$") & pl.col("problem").is_null()),
        length=pl.col("spelled").str.len_bytes(),
    )
    plain = (
        (pl.col("verdict") == "valid")
        & ~pl.col("dummy")
        & ~pl.col("kind").is_in(list(_NOT_CONTACT))
        & (length <= min(LONGEST.values()))
        & pl.col("rule").ne_missing("region_uncertain")
    )
    numbers = numbers.with_columns(plain=plain.fill_null(False))
    good = numbers.filter("plain").with_columns(reason=pl.lit(None, pl.String), status=pl.lit("valid"), e164="+" + full)
    parts = (good, _judged_closely(numbers.filter(~pl.col("plain"))))
    return pl.concat([part.select(_JUDGED) for part in parts], rechunk=True)


def _judged_closely(numbers: pl.DataFrame) -> pl.DataFrame:
    """Numbers that are not valid, or not every day's: adds status, reason and e164."""
    national = pl.col("national")
    short = _short_numbers(numbers)
    longest = pl.col("code").replace_strict(LONGEST, default=99, return_dtype=pl.Int64)
    shortest = pl.col("code").replace_strict(SHORTEST, default=0, return_dtype=pl.Int64)
    here = pl.col("region").replace_strict(_LONGEST_HERE, default=99, return_dtype=pl.Int64)
    ever = pl.col("code").replace_strict(LONGEST_EVER, default=99, return_dtype=pl.Int64)
    landline = pl.col("kind") == "fixed_line"
    verdict = pl.col("verdict")
    unknown = verdict.is_null()
    reason = (
        pl.when(pl.col("problem").is_not_null())
        .then("problem")
        .when("dummy")
        .then(pl.lit("dummy_number"))
        .when(short)
        .then(pl.lit("short_number"))
        .when((verdict == "valid") & pl.col("kind").is_in(list(_NOT_CONTACT)))
        .then(pl.col("kind").replace_strict(_NOT_CONTACT, default=None, return_dtype=pl.String))
        .when(landline & (pl.col("length") > ever))
        .then(pl.lit("number_too_long"))
        .when(landline & (pl.col("length") > longest))
        .then(pl.lit("longer_than_plan"))
        .when(pl.col("rule") == "region_uncertain")
        .then(pl.lit("region_uncertain"))
        .when(verdict == "valid")
        .then(None)
        .when(pl.col("length") > pl.when(unknown).then(here).otherwise(longest))
        .then(pl.lit("number_too_long"))
        .when(
            verdict.is_in(["too_short", "local_only"])
            | (national.str.contains(_MOBILE_BEGIN) & (pl.col("code") == "49") & (pl.col("length") < SHORTEST_MOBILE))
            | (pl.col("length") < shortest)
            | (pl.col("full").str.len_bytes() < 7)
        )
        .then(pl.lit("number_too_short"))
        .when((verdict == "possible") & (pl.col("code") == "49") & national.str.head(2).is_in(_SERVICE_RANGES))
        .then(pl.lit("service_number"))
        .when(verdict == "possible")
        .then(pl.lit("range_unknown"))
        .when(unknown & pl.col("region").is_not_null() & (pl.col("length") <= 8))
        .then(pl.lit("area_code_missing"))
        .when(unknown & pl.col("region").is_null())
        .then(pl.lit("phone_country_unknown"))
        .when(unknown | (verdict == "wrong_length") | (verdict == "unknown_code"))
        .then(pl.lit("number_not_plausible"))
        .otherwise(pl.lit("number_too_long"))
    )
    numbers = numbers.with_columns(reason.alias("reason"))
    possible = ["range_unknown", "region_uncertain", "area_code_missing", "phone_country_unknown"]
    reached = pl.col("reason").is_null() | (pl.col("reason") == "longer_than_plan")  # direct dialling makes them work
    status = (
        pl.when(reached)
        .then(pl.lit("valid"))
        .when(pl.col("reason") == "phone_placeholder")
        .then(pl.lit("missing"))
        .when(pl.col("reason").is_in(possible))
        .then(pl.lit("possible"))
        .otherwise(pl.lit("invalid"))
    )
    kept = reached | pl.col("reason").is_in(possible[:2])
    return numbers.with_columns(
        status.alias("status"),
        pl.when(kept).then("+" + pl.col("full")).alias("e164"),
        pl.when(kept).then("extension").alias("extension"),
    )


@cache
def _sequences() -> list[str]:
    """Digits in counting order, up or down: 123456, 0123456789, 987654321."""
    runs = ("12345678901234567890", "98765432109876543210")
    return sorted({run[start : start + size] for run, start, size in product(runs, range(10), range(5, 13))})


def _short_numbers(numbers: pl.DataFrame) -> pl.Series:
    """Numbers that only work inside a country: emergency, 116117, 118xx."""
    candidate = pl.col("verdict").is_null() | (pl.col("verdict") != "valid")
    frame = numbers.select(
        pl.when(candidate & (pl.col("length") <= 6)).then(pl.coalesce("country", "region")).alias("region"),
        pl.coalesce(pl.col("full").str.slice(pl.col("code").str.len_bytes()), "digits").alias("digits"),
    )
    known = [
        pair
        for pair in frame.drop_nulls().unique().rows()
        if pair[1] and _is_short(pair[1].lstrip("0") or "0", pair[0])
    ]
    found = pl.DataFrame(known, schema={"region": pl.String, "digits": pl.String}, orient="row")
    found = found.with_columns(pl.lit(True).alias("short"))
    return frame.join(found, on=["region", "digits"], how="left", maintain_order="left")["short"].fill_null(False)


def _is_short(digits: str, region: str) -> bool:
    code = calling_codes().get(region)
    if code is None or len(digits) < 2:
        return False
    number = phonenumbers.PhoneNumber(country_code=int(code), national_number=int(digits))
    return phonenumbers.is_valid_short_number_for_region(number, region)
