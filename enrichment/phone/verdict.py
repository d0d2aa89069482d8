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

from enrichment.cells.first_true import first_true
from enrichment.phone.numbering import LONGEST, LONGEST_LOCAL, calling_codes

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
    reason = first_true(_reasons(_short_numbers(numbers)))
    numbers = numbers.with_columns(reason.alias("reason"))
    possible = ["range_unknown", "region_uncertain", "area_code_missing", "phone_country_unknown"]
    reached = pl.col("reason").is_null() | (pl.col("reason") == "longer_than_plan")  # direct dialling makes them work
    status = first_true(
        (
            (reached, "valid"),
            (pl.col("reason") == "phone_placeholder", "missing"),
            (pl.col("reason").is_in(possible), "possible"),
        ),
        "invalid",
    )
    kept = reached | pl.col("reason").is_in(possible[:2])
    return numbers.with_columns(
        status.alias("status"),
        pl.when(kept).then("+" + pl.col("full")).alias("e164"),
        pl.when(kept).then("extension").alias("extension"),
    )


def _reasons(short: pl.Series) -> tuple[tuple[pl.Expr, pl.Expr | str | None], ...]:
    """What is wrong with a number, the first that is; null where it can be called. `short`: works inside a country."""
    verdict, length, kind, national = (pl.col(name) for name in ("verdict", "length", "kind", "national"))
    unknown, valid, possible = verdict.is_null(), verdict == "valid", verdict == "possible"
    landline, german = kind == "fixed_line", pl.col("code") == "49"
    longest, ever = _digits_of("code", LONGEST, 99), _digits_of("code", LONGEST_EVER, 99)
    usual = pl.when(unknown).then(_digits_of("region", _LONGEST_HERE, 99)).otherwise(longest)
    too_short = (
        verdict.is_in(["too_short", "local_only"])
        | (national.str.contains(_MOBILE_BEGIN) & german & (length < SHORTEST_MOBILE))
        | (length < _digits_of("code", SHORTEST, 0))
        | (pl.col("full").str.len_bytes() < 7)
    )
    not_contact = kind.replace_strict(_NOT_CONTACT, default=None, return_dtype=pl.String)
    return (
        (pl.col("problem").is_not_null(), pl.col("problem")),
        (pl.col("dummy"), "dummy_number"),
        (pl.lit(short), "short_number"),
        (valid & kind.is_in(list(_NOT_CONTACT)), not_contact),
        (landline & (length > ever), "number_too_long"),
        (landline & (length > longest), "longer_than_plan"),
        (pl.col("rule") == "region_uncertain", "region_uncertain"),
        (valid, None),
        (length > usual, "number_too_long"),
        (too_short, "number_too_short"),
        (possible & german & national.str.head(2).is_in(_SERVICE_RANGES), "service_number"),
        (possible, "range_unknown"),
        (unknown & pl.col("region").is_not_null() & (length <= LONGEST_LOCAL), "area_code_missing"),
        (unknown & pl.col("region").is_null(), "phone_country_unknown"),
        (unknown | verdict.is_in(["wrong_length", "unknown_code"]), "number_not_plausible"),
        (pl.lit(True), "number_too_long"),
    )


def _digits_of(column: str, digits: dict[str, int], default: int) -> pl.Expr:
    """A number of digits by calling code or country."""
    return pl.col(column).replace_strict(digits, default=default, return_dtype=pl.Int64)


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
