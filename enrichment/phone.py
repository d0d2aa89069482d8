"""Phone numbers: every notation to E.164, with a verdict, in the slot its type belongs to.

Belongs here: country of a number, extension, verdict, choice of phone, mobile, fax and others.
Does not belong here: reading a cell (`enrichment/phone_reading`) and the numbering plans
(`enrichment/phone_numbering`). Sources: ITU-T E.164, libphonenumber's metadata, BNetzA's
Nummernplan (national numbers of at most 11 digits, 13 with older direct dialling), DIN 5008.

Two decisions. A direct-dial extension is part of the number: `0711 1234-567` is +497111234567 with
extension 567, `-0` is the switchboard, and `DW 567` after `-0` replaces the 0. An internal one
(`App. 12`) stays beside the number, unless the number is so short that it must be a trunk.
A number whose country is only assumed after the stated one failed is `possible`, never `valid`.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product

import phonenumbers
import polars as pl

from enrichment.cells import lists_per_record, one_per_record
from enrichment.evidence import repairs_at, rows_with
from enrichment.phone_numbering import DIRECT_DIAL, area, calling_codes, is_valid, judge, plain_prefix, trunk_zero
from enrichment.phone_reading import written
from reference.phone_plans import plans

CELLS = ("phone", "phone_2", "phone_3", "mobile", "mobile_2", "fax")
_MOBILE_CELLS = ("mobile", "mobile_2")

LONGEST = {"49": 11}  # national digits a number may have by the regulator's plan where the metadata allows more
_LONGEST_HERE = {"DE": LONGEST["49"]}
SHORTEST = {"49": 6}
_MOBILE_BEGIN, SHORTEST_MOBILE = "^1[567]", 10  # of German mobile numbers
LONGEST_EVER = {"49": 13}  # with direct dialling of older blocks
SHORT_TRUNK = 6  # subscriber digits up to which a number with an extension beside it is taken for a trunk

_NEIGHBOURS = ("49", "43", "41", "423")  # whose mobile numbers turn up without plus in each other's lists

_MOBILE_PREFIXES = {
    "49": "^1[5-7][0-9]{1,2}$",
    "43": "^6(?:50|[6-8][0-9]|99)$",
    "41": "^7[5-9]$",
}  # as first block, without 0

# How those, a number of theirs without plus and France's mobile numbers begin where they are read as national ones.
_NEXT_DOOR = "^0(?:1[5-7]|4[139]|[67])"

_AREAS_OF_TWO = ("30", "40", "69", "89")  # Germany's area codes of two digits, which are countries' codes as well
LONGEST_LOCAL = 8  # digits of a number without area code

_SERVICE_RANGES = ["10", "13", "19"]  # in Germany: carriers, mass traffic, data and former premium rates; no landlines
_FRENCH_PAIRS = r"^\s*0[67](?:[ .][0-9]{2}){4}\s*$"  # no area code has two digits like these

_JUDGED = (
    *("row", "cell", "part", "text", "label", "rule"),
    *("e164", "extension", "kind", "country", "status", "reason"),
)

_TARGETS = {"phone": 0, "mobile": 1, "fax": 2}
_NOT_CONTACT = {
    "toll_free": "toll_free_number",
    "premium": "premium_number",
    "shared_cost": "shared_cost_number",
    "service": "service_number",
}


def clean_phone(records: pl.DataFrame) -> pl.DataFrame:
    """Phone columns of contracts.clean for raw records.

    Args:
        records: phone, phone_2, phone_3, phone_area, phone_extension, mobile, mobile_2, fax and
            default_country of contracts.raw, and `country_iso`, the cleaned country of the record.
            Missing columns count as empty.

    Returns:
        The PHONE columns of contracts.clean and `repairs`, same rows in the same order.
    """
    rows = rows_with(records, [*CELLS, "phone_area", "phone_extension", "country_iso", "default_country"])
    numbers = _judged(_resolved(written(_cells(rows))))
    return _assigned(rows, numbers)


def phone_stem(phone: pl.Expr, extension: pl.Expr) -> pl.Expr:
    """The number without its extension digits: what colleagues behind one switchboard share.

    `0711 1234-567` and `0711 1234-0` have the stem +497111234. An extension that is not part of the
    number (a plan without direct dialling, an internal one) leaves it as it is.
    """
    direct = pl.any_horizontal(phone.str.starts_with("+" + code) for code in DIRECT_DIAL)
    inside = direct & phone.str.ends_with(extension) & (extension.str.len_bytes() > 0)
    return pl.when(inside).then(phone.str.slice(0, phone.str.len_bytes() - extension.str.len_bytes())).otherwise(phone)


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Filled cells in long form: row, cell (position in CELLS), text, column extension, region, fallback."""
    rows = rows.with_row_index("row").with_columns(pl.col("phone").str.strip_chars())
    if rows["phone_area"].null_count() < rows.height:
        apart = rows.filter(pl.col("phone_area").is_not_null() & pl.col("phone").is_not_null())
        rows = rows.update(apart.select("row", phone=_with_area()), on="row", how="left")
    # An extension column alone, or one that says no more than a sign, is no extension.
    extension = pl.col("phone_extension").str.replace_all(r"[^0-9]", "").str.extract(r"^(\d{1,6})$")
    none = pl.lit(None, pl.String)
    parts = [
        rows.lazy()
        .filter(pl.col(cell).is_not_null())
        .select(
            "row",
            pl.lit(index, pl.UInt8).alias("cell"),
            pl.col(cell).alias("text"),
            (extension if cell == "phone" else none).alias("beside"),
            pl.coalesce("country_iso", "default_country").alias("region"),
            pl.col("default_country").alias("fallback"),
        )
        for index, cell in enumerate(CELLS)
        if rows[cell].null_count() < rows.height
    ]
    schema = {"row": pl.UInt32, "cell": pl.UInt8} | dict.fromkeys(("text", "beside", "region", "fallback"), pl.String)
    return pl.concat([pl.DataFrame(schema=schema).lazy(), *parts]).collect()


def _with_area() -> pl.Expr:
    """The number behind the area code of its own column, unless it is whole already."""
    area_code, text = pl.col("phone_area").str.strip_chars(), pl.col("phone")
    bare_area = area_code.str.replace_all(r"\D", "")
    whole = text.str.contains(r"^[\s(]*(?:\+|0)") | text.str.replace_all(r"\D", "").str.starts_with(bare_area)
    zero = pl.when(area_code.str.contains(r"^[\s(]*[1-9]")).then(pl.lit("0")).otherwise(pl.lit(""))
    country_only = area_code.str.contains(r"^[\s(]*(?:\+|00)[1-9]\d{0,2}[\s)]*$")
    kept = (bare_area == "") | (whole & ~(country_only & ~text.str.contains(r"^[\s(]*(?:\+|00)")))
    return pl.when(kept).then(text).otherwise(zero + area_code + " " + text)


def _resolved(numbers: pl.DataFrame) -> pl.DataFrame:
    """The international digits of each number and what its plan says: adds full, verdict, kind, country, code."""
    tail = pl.when(pl.col("how") == "hyphen").then("extension").otherwise(pl.lit(""))
    trunk = pl.col("region").replace_strict(_zeroed(), default=None, return_dtype=pl.String)
    international, digits = pl.col("international"), pl.col("digits")
    code = pl.when(international).then(pl.lit("")).when(digits.str.starts_with("0")).then(trunk)
    national = pl.when(international).then(digits).otherwise(digits.str.slice(1))
    full = pl.when(pl.col("problem").is_null()).then(pl.concat_str(code, national, tail))
    numbers = numbers.with_columns(full=full)
    numbers = pl.concat([numbers, _judge(numbers["full"])], how="horizontal")
    local = ~pl.col("international") & pl.col("how").is_null() & pl.col("digits").str.contains(_NEXT_DOOR)
    sure = (pl.col("verdict") == "valid") & (~local | (pl.col("kind") == "mobile"))
    numbers = numbers.with_columns(sure=sure.fill_null(False) | pl.col("problem").is_not_null())
    others = _read_otherwise(numbers.filter(~pl.col("sure")).with_columns(tail=tail).with_row_index("at"))
    numbers = pl.concat([numbers.filter("sure").drop("sure"), others.drop("at", "sure", "tail")])
    marked = pl.col("full").is_not_null() & (pl.col("extension").is_not_null() | pl.col("beside").is_not_null())
    numbers = numbers.with_columns(marked=marked)
    numbers = pl.concat([numbers.filter(~pl.col("marked")), _extended(numbers.filter("marked"))])
    return numbers.drop("beside", "marked")


@cache
def _zeroed() -> dict[str, str]:
    """Calling codes by country, of the plans that write a trunk 0."""
    return {region: code for region, code in calling_codes().items() if trunk_zero(code)}


def _read_otherwise(numbers: pl.DataFrame) -> pl.DataFrame:
    """Numbers that are not valid as they stand, or may be a neighbour's: another reading where it is better."""
    numbers = numbers.update(_next_door(numbers), on="at", how="left", include_nulls=False)
    numbers = numbers.update(_without_plus(numbers), on="at", how="left", include_nulls=False)
    retry = numbers.filter(pl.col("problem").is_null() & (pl.col("verdict").is_null() | (pl.col("verdict") != "valid")))
    return numbers.update(_tried(retry), on="at", how="left", include_nulls=False)


def _next_door(numbers: pl.DataFrame) -> pl.DataFrame:
    """Neighbours' mobile numbers that happen to be landlines here: `0171 ...` in Austria, `0664 ...` in Germany.

    The blocks tell them apart: no area code ends where the first block does, but a neighbour's mobile prefix.
    """
    block = pl.col("text").str.extract(r"^\s*\(?0([1-9][0-9]{1,4})\)?[\s/.-]")
    doubtful = numbers.filter(
        ((pl.col("kind") == "fixed_line") | (pl.col("verdict") == "possible"))
        & ~pl.col("international")
        & pl.col("digits").str.contains(_NEXT_DOOR)
        & pl.col("how").is_null()
    ).with_columns(block=block)
    doubtful = pl.concat([doubtful, area(doubtful["full"])], how="horizontal").filter(
        pl.col("block").is_not_null()
        & (pl.col("block").str.len_bytes() + pl.col("code").str.len_bytes()).ne_missing(pl.col("area_length"))
    )
    prefixed = (
        doubtful.filter((pl.col("code") != code) & pl.col("block").str.contains(prefix)).select(
            "at", full=code + pl.col("digits").str.slice(1), kinds=pl.lit("mobile")
        )
        for code, prefix in _MOBILE_PREFIXES.items()
    )
    plus_lost = doubtful.filter(pl.col("block").is_in(_NEIGHBOURS)).select(
        "at", full=pl.col("digits").str.slice(1), kinds=pl.lit("mobile fixed_line")
    )
    tries = pl.concat([*prefixed, plus_lost, _french(numbers)])
    tries = pl.concat([tries, _judge(tries["full"])], how="horizontal")
    fitting = tries.filter(pl.col("kinds").str.contains(pl.col("kind"), literal=True))
    best = fitting.unique("at", keep="first", maintain_order=True).drop("kinds")
    return best.with_columns(rule=pl.lit("region_uncertain"))


def _french(numbers: pl.DataFrame) -> pl.DataFrame:
    """Mobile numbers in pairs, as only France writes them, that are landlines here: `06 12 34 56 78`."""
    digits = pl.col("digits")
    ten = numbers.filter(
        digits.str.head(2).is_in(["06", "07"])
        & (digits.str.len_bytes() == 10)
        & (pl.col("kind") != "mobile").fill_null(True)
        & pl.col("how").is_null()
    )
    return ten.filter(pl.col("text").str.contains(_FRENCH_PAIRS)).select(
        "at", full=pl.lit("33") + digits.str.slice(1), kinds=pl.lit("mobile")
    )


def _without_plus(numbers: pl.DataFrame) -> pl.DataFrame:
    """Numbers whose first block is a country's code and no area code of Germany or Austria: `41 44 ...`."""
    block = pl.col("text").str.extract(r"^\s*([1-9][0-9]{1,2})[\s./-]")
    codes = [code for code in plans() if len(code) == 2 and code not in _AREAS_OF_TWO] + ["423"]
    tries = numbers.filter(
        pl.col("full").is_null()
        & pl.col("problem").is_null()
        & ~pl.col("international")
        & pl.col("extension").is_null()
        & pl.col("region").is_in(["DE", "AT"])
        & (pl.col("digits").str.len_bytes() > LONGEST_LOCAL)
        & block.is_in(codes)
    ).select("at", full="digits")
    tries = pl.concat([tries, _judge(tries["full"])], how="horizontal")
    return tries.filter(pl.col("verdict") == "valid").with_columns(rule=pl.lit("plus_lost"))


def _judge(full: pl.Series) -> pl.DataFrame:
    verdict = judge(full.fill_null(""))
    known = full.is_not_null()
    return verdict.select(pl.when(known).then(pl.col("verdict", "kind", "region", "code"))).rename(
        {"region": "country"}
    )


def _tried(numbers: pl.DataFrame) -> pl.DataFrame:
    """Other readings of the numbers that are not valid as they stand: the first that is, by `at`."""
    distinct = ["digits", "international", "tail", "region", "fallback"]
    keys = numbers.select(distinct).unique(maintain_order=True).with_row_index("key")
    tries: list[tuple[int, str, str, str]] = []
    for key, digits, international, tail, region, fallback in keys.rows():
        tries += [(key, *reading) for reading in _readings(digits, international, tail or "", region, fallback)]
    schema = {"key": pl.UInt32, "full": pl.String, "rule": pl.String, "kinds": pl.String}
    frame = pl.DataFrame(tries, schema=schema, orient="row")
    frame = pl.concat([frame, _judge(frame["full"])], how="horizontal")
    best = frame.filter(
        (pl.col("verdict") == "valid") & ((pl.col("kinds") == "") | (pl.col("kind") == pl.col("kinds")))
    ).unique("key", keep="first", maintain_order=True)
    return (
        numbers.select("at", *distinct)
        .join(keys, on=distinct, how="inner", nulls_equal=True)
        .join(best.drop("kinds"), on="key", how="inner")
        .select("at", "full", "rule", "verdict", "kind", "country", "code")
    )


def _readings(
    digits: str, international: bool, tail: str, region: str | None, fallback: str | None
) -> list[tuple[str, str, str]]:
    """Ways to read a number that is not valid as written: (international digits, rule, kind it must have)."""
    whole = digits + tail
    if international:
        return _international_readings(whole)
    found: list[tuple[str, str, str]] = []
    code = calling_codes().get(region) if region else None
    if code and trunk_zero(code):
        if not digits.startswith("0"):
            if whole.startswith(code):
                needed = "" if len(whole) >= 11 else "mobile"
                found.append((code + whole[len(code) :].lstrip("0"), "plus_lost", needed))
            if len(whole) >= 11 and whole.startswith(_NEIGHBOURS):
                found.append((whole, "plus_lost", "mobile"))
            if 9 <= len(whole) <= LONGEST.get(code, 13):
                abroad = len(whole) >= 11 and whole.startswith(_NEIGHBOURS) and _exists(whole)
                found.append((code + whole, "region_uncertain" if abroad else "trunk_zero_lost", ""))
            if whole.startswith(_NEIGHBOURS) and len(whole) > LONGEST.get(code, 13):
                found.append((whole, "plus_lost", ""))
            if whole.startswith(code) and len(whole) >= 9:
                found.append((whole, "plus_lost", ""))
    elif region and (parsed := _library(whole, region)):
        found.append((parsed, "", ""))
    if not digits.startswith("0") and len(whole) >= 11:
        found.append((whole, "plus_lost", "mobile"))
    if fallback and region and fallback != region:
        others = [(full, kind) for full, _, kind in _readings(digits, international, tail, fallback, None)]
        other = calling_codes().get(fallback)
        if digits.startswith("0") and other and trunk_zero(other):
            short = bool(code) and re.match(_MOBILE_PREFIXES.get(code or "", "^$").rstrip("$"), whole[1:])
            others.append(
                (other + whole[1:], "mobile" if short else "")
            )  # no landline there if a mobile's beginning here
        found += [(full, "region_uncertain", kind) for full, kind in others]
    return found


def _international_readings(whole: str) -> list[tuple[str, str, str]]:
    for size in (1, 2, 3):
        code, rest = whole[:size], whole[size:]
        if code in plans() and plain_prefix(code):
            zero = rest.startswith("0") and trunk_zero(code)
            return [(code + rest.lstrip("0"), "", "")] if zero else []
    parsed = _library("+" + whole, None)
    return [(parsed, "", "")] if parsed else []


def _exists(whole: str) -> bool:
    """Whether international digits of a neighbour are a valid number once trunk zeros are off."""
    code = next(code for code in _NEIGHBOURS if whole.startswith(code))
    return is_valid(code, whole.removeprefix(code).lstrip("0"))


def _library(text: str, region: str | None) -> str | None:
    """International digits by phonenumbers, for the plans whose national prefix is more than a trunk 0."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]


def _extended(marked: pl.DataFrame) -> pl.DataFrame:
    """Extensions settled: part of `full` where they dial through, beside it where not, none where a mere hyphen."""
    head = pl.col("full")
    direct_plan = pl.col("code").is_in(DIRECT_DIAL)
    landline = (pl.col("kind") == "fixed_line").fill_null(False)
    hyphen = pl.col("how") == "hyphen"
    # An extension column may repeat what the number ends in, or say what `-0` stands for.
    switchboard = hyphen & pl.col("extension").is_in(["0", "00"]) & pl.col("beside").is_not_null()
    marked = marked.with_columns(
        pl.when(switchboard)
        .then(pl.col("full").str.slice(0, head.str.len_bytes() - pl.col("extension").str.len_bytes()))
        .otherwise("full")
        .alias("full"),
        pl.when(switchboard)
        .then(pl.lit("direct"))
        .when(pl.col("extension").is_not_null())
        .then("how")
        .otherwise(pl.lit("column"))
        .alias("how"),
        pl.when(switchboard | pl.col("extension").is_null()).then("beside").otherwise("extension").alias("extension"),
    )
    columns = marked.columns
    marked = pl.concat([marked, area(marked["full"])], how="horizontal")
    digits, extension = pl.col("full"), pl.col("extension")
    area_length = pl.col("area_length").fill_null(99)
    subscriber = digits.str.len_bytes() - area_length
    compact = pl.col("text").str.contains(r"^\s*\+\d+\s*$")
    inside = digits.str.ends_with(extension) & (pl.col("how") == "column") & (compact | (subscriber > SHORT_TRUNK))
    dials = (
        pl.when(pl.col("how") == "direct")
        .then(True)
        .when(pl.col("how") == "slash")  # an extension in Austria, other last digits in Germany
        .then(pl.col("code") == "43")
        .when(pl.col("how") == "internal")
        .then(subscriber <= SHORT_TRUNK)
        .when(pl.col("how") == "column")
        .then(~inside & (~compact | (subscriber <= SHORT_TRUNK)))
        .otherwise(False)
    ) & direct_plan
    # Digits said to dial through may make a number longer than the plan has them, an assumed extension may not.
    usual = pl.col("code").replace_strict(LONGEST, default=13, return_dtype=pl.Int64)
    longest = pl.when(pl.col("how") == "direct").then(13).otherwise(usual)
    fits = digits.str.len_bytes() + extension.str.len_bytes() - pl.col("code").str.len_bytes() <= longest
    marked = marked.with_columns((dials & fits & landline).alias("dials"), inside.alias("inside"))
    marked = marked.with_columns(
        pl.when("dials").then(digits + extension).otherwise(digits).alias("full"),
        # A hyphen sets off an extension only behind a landline's area code and trunk.
        pl.when(pl.col("how") == "hyphen")
        .then(
            pl.when(direct_plan & landline & (digits.str.len_bytes() - extension.str.len_bytes() > area_length)).then(
                extension
            )
        )
        .when((pl.col("how") != "slash") | (pl.col("code") == "43"))
        .then(extension)
        .alias("extension"),
    )
    return marked.with_columns(_judge(marked["full"]).get_columns()).select(columns)


def _judged(numbers: pl.DataFrame) -> pl.DataFrame:
    """Adds status, reason and e164 (null where the number is held back) to each number."""
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
    judged = pl.concat([part.select(_JUDGED) for part in (good, _judged_closely(numbers.filter(~pl.col("plain"))))])
    return judged.rechunk()


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


_REPEATED = r"0{6}$|" + "|".join(f"{digit}{{7}}$|^{digit}+$" for digit in range(10))


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


def _assigned(rows: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The numbers of each record put where their type belongs."""
    in_mobile = pl.col("cell").is_in([CELLS.index(cell) for cell in _MOBILE_CELLS])
    in_fax = (pl.col("cell") == CELLS.index("fax")) | (pl.col("label") == "fax")
    mobile = (pl.col("kind") == "mobile") | (
        (pl.col("kind") == "fixed_line_or_mobile") & (in_mobile | (pl.col("label") == "mobile"))
    )
    home = pl.when(in_mobile).then(pl.lit("mobile")).otherwise(pl.lit("phone"))
    target = (
        pl.when(in_fax)
        .then(pl.lit("fax"))
        .when(pl.col("e164").is_null())
        .then(home)
        .when(mobile.fill_null(False))
        .then(pl.lit("mobile"))
        .otherwise(pl.lit("phone"))
    )
    rank = pl.col("status").replace_strict(
        {"valid": 0, "possible": 1, "invalid": 2, "missing": 3}, return_dtype=pl.UInt8
    )
    numbers = numbers.with_columns(
        target.alias("target"), (home != target).alias("moved"), (rank + pl.col("e164").is_null()).alias("rank")
    )
    # Of several candidates the best verdict wins, then the one that stands in its own column, then the first.
    order = (
        (pl.col("row").cast(pl.UInt64) * 2**32)
        + (pl.col("target").replace_strict(_TARGETS, return_dtype=pl.UInt64) * 2**30)
        + (pl.col("rank").cast(pl.UInt64) * 2**26)
        + (pl.col("moved").cast(pl.UInt64) * 2**25)
        + (pl.col("cell").cast(pl.UInt64) * 2**20)
        + pl.col("part")
    )
    numbers = numbers.with_columns(order.alias("order")).sort("order")
    slot = pl.col("order") // 2**30
    numbers = numbers.with_columns((slot != slot.shift()).fill_null(True).alias("first"))
    first = numbers.filter("first")
    phone, cell, fax = (first.filter(pl.col("target") == name) for name in _TARGETS)
    place = area(phone["e164"].str.slice(1))["location"].replace("", None)
    phone = phone.select("row", "e164", "extension", "status", "reason", "kind", "country").with_columns(place)
    phone = one_per_record(phone, rows.height)
    cell = one_per_record(cell.select("row", "e164", "status", "reason"), rows.height)
    fax = one_per_record(fax.select("row", "e164"), rows.height)
    others = lists_per_record(_spare(numbers, first), "e164", rows.height)
    kind = pl.when(pl.col("status") != "missing").then("kind")
    clean = pl.DataFrame(
        [
            phone["e164"].alias("phone"),
            phone["extension"].alias("phone_extension"),
            phone["status"].fill_null("missing").alias("phone_status"),
            phone["reason"].alias("phone_reason"),
            phone.select(kind)["kind"].alias("phone_kind"),
            phone["country"].alias("phone_region"),
            phone["location"].alias("phone_location"),
            cell["e164"].alias("mobile"),
            cell["status"].fill_null("missing").alias("mobile_status"),
            cell["reason"].alias("mobile_reason"),
            fax["e164"].alias("fax"),
            others.alias("other_phones"),
        ]
    )
    return clean.with_columns(_evidence(rows.height, numbers))


def _spare(numbers: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Further numbers that may be called, those already in a slot left out, in the order of the record."""
    return (
        numbers.filter(~pl.col("first") & pl.col("e164").is_not_null() & (pl.col("target") != "fax"))
        .join(first, on=["row", "e164"], how="anti", maintain_order="left")
        .sort("row", "cell", "part", maintain_order=True)
    )


def _evidence(height: int, numbers: pl.DataFrame) -> pl.Series:
    """Repairs: what was undone to read a number, what was held back, what was moved to another column."""
    told = numbers.filter(
        pl.col("reason").is_not_null()
        | (pl.col("rule").is_not_null() & (pl.col("rule") != ""))
        | pl.col("moved")
        | (pl.col("part") > 0)
    ).sort("row", "cell", "part")
    noted = pl.col("rule").is_not_null() & (pl.col("rule") != "")
    kinds = [
        (pl.col("reason").is_not_null(), pl.col("reason"), "phone_verdict"),
        (noted & (pl.col("reason") != pl.col("rule")).fill_null(True), pl.col("rule"), "phone_notation"),
        (pl.col("e164").is_not_null() & pl.col("moved"), pl.lit("column_mismatch"), "phone_slot"),
        (pl.col("part") > 0, pl.lit("several_numbers"), "phone_notation"),
    ]
    long = [
        told.filter(when).select(
            "row",
            pl.col("target").alias("field"),
            pl.col("text").alias("raw"),
            pl.col("e164").alias("value"),
            reason.alias("reason"),
            pl.lit(rule).alias("rule"),
        )
        for when, reason, rule in kinds
    ]
    return repairs_at(pl.concat(long), height)
