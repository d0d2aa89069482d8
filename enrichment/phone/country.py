"""International numbers: the digits as written become a number of some country, extension settled.

Belongs here: the country a number is of, other readings of one that is not valid as it stands, which extension
dials through. Does not belong here: reading a cell (`enrichment/phone/reading`), what the number is worth
(`enrichment/phone/verdict`), the numbering plans (`enrichment/phone/numbering`). Sources: ITU-T E.164, DIN 5008.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
import polars as pl

from enrichment.cells.first_true import first_true
from enrichment.cells.word_lists import rows
from enrichment.phone.numbering import (
    DIRECT_DIAL,
    LONGEST,
    LONGEST_LOCAL,
    area,
    calling_codes,
    is_valid,
    judge,
    plain_prefix,
    trunk_zero,
)
from reference.phone_plans import plans

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
_FULL = 11  # digits from which on a number may have its country's code
_FRENCH_PAIRS = r"^\s*0[67](?:[ .][0-9]{2}){4}\s*$"  # no area code has two digits like these


def resolved(numbers: pl.DataFrame) -> pl.DataFrame:
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
    numbers = numbers.update(_behind_zero(numbers), on="at", how="left", include_nulls=False)
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


def _behind_zero(numbers: pl.DataFrame) -> pl.DataFrame:
    """Mobile numbers of the record's country, its code behind a single 0, too long for a landline: `0491712345678`."""
    own = pl.lit("0") + pl.col("region").replace_strict(_zeroed(), default="-", return_dtype=pl.String)
    tries = numbers.filter(
        ~pl.col("international")
        & pl.col("how").is_null()
        & pl.col("digits").str.starts_with(own)
        & (pl.col("digits").str.len_bytes() - 1 > LONGEST["49"])
    ).select("at", full=pl.col("digits").str.slice(1))
    tries = pl.concat([tries, _judge(tries["full"])], how="horizontal")
    return tries.filter((pl.col("verdict") == "valid") & (pl.col("kind") == "mobile")).with_columns(
        rule=pl.lit("plus_lost")
    )


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
        return [*_renumbered(whole), *_international_readings(whole)]
    found: list[tuple[str, str, str]] = []
    code = calling_codes().get(region) if region else None
    if code and trunk_zero(code):
        if not digits.startswith("0"):
            found += _zeroless_readings(whole, code)
    elif region and (parsed := _library(whole, region)):
        found.append((parsed, "", ""))
    if code:
        found += _renumbered(code + whole.lstrip("0"))
    if not digits.startswith("0") and len(whole) >= _FULL:
        found += [(whole, "plus_lost", "mobile"), *_renumbered(whole)]
    if fallback and fallback != region:
        found += _fallback_readings(digits, tail, code, fallback)
    return found


def _zeroless_readings(whole: str, code: str) -> list[tuple[str, str, str]]:
    """Readings of a number without plus and trunk zero where the plan writes one: either may have got lost."""
    longest = LONGEST.get(code, 13)
    own, neighbours, full = whole.startswith(code), whole.startswith(_NEIGHBOURS), len(whole) >= _FULL
    zero_lost = "region_uncertain" if full and neighbours and _exists(whole) else "trunk_zero_lost"
    readings = (
        (own, (code + whole[len(code) :].lstrip("0"), "plus_lost", "" if full else "mobile")),
        (full and neighbours, (whole, "plus_lost", "mobile")),
        (9 <= len(whole) <= longest, (code + whole, zero_lost, "")),
        (neighbours and len(whole) > longest, (whole, "plus_lost", "")),
        (own and len(whole) >= 9, (whole, "plus_lost", "")),
    )
    return [reading for fits, reading in readings if fits]


def _fallback_readings(digits: str, tail: str, code: str | None, fallback: str) -> list[tuple[str, str, str]]:
    """Readings as a number of the source's country, where the record's own, of calling code `code`, has none such."""
    found = [(full, "region_uncertain", kind) for full, _, kind in _readings(digits, False, tail, fallback, None)]
    other = calling_codes().get(fallback)
    if digits.startswith("0") and other and trunk_zero(other):
        national = digits[1:] + tail
        # no landline there if a mobile's beginning here
        mobile = bool(code) and re.match(_MOBILE_PREFIXES.get(code or "", "^$").rstrip("$"), national)
        found.append((other + national, "region_uncertain", "mobile" if mobile else ""))
    return found


def _international_readings(whole: str) -> list[tuple[str, str, str]]:
    for size in (1, 2, 3):
        code, rest = whole[:size], whole[size:]
        if code in plans() and plain_prefix(code):
            zero = rest.startswith("0") and trunk_zero(code)
            return [(code + rest.lstrip("0"), "", "")] if zero else []
    parsed = _library("+" + whole, None)
    return [(parsed, "", "")] if parsed else []


def _renumbered(whole: str) -> list[tuple[str, str, str]]:
    """What became of a number of a plan that has been changed since (`data/renumbered.csv`)."""
    size = next((size for size in (1, 2, 3) if whole[:size] in plans()), 0)
    code, national = whole[:size], whole[size:].lstrip("0")
    changes = ((was, now) for was, now in _changes().get(code, ()) if was.fullmatch(national))
    return [(code + was.sub(now, national), "number_renumbered", "") for was, now in changes]


@cache
def _changes() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """The changes of each plan: what its numbers were, and are today as a template of `re`."""
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for row in rows("renumbered.csv"):
        now = re.sub(r"\$\{?(\d)\}?", r"\\g<\1>", row["now"])
        found.setdefault(row["code"], []).append((re.compile(row["was"]), now))
    return found


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
        first_true(((switchboard, "direct"), (pl.col("extension").is_not_null(), pl.col("how"))), "column").alias(
            "how"
        ),
        pl.when(switchboard | pl.col("extension").is_null()).then("beside").otherwise("extension").alias("extension"),
    )
    columns = marked.columns
    marked = pl.concat([marked, area(marked["full"])], how="horizontal")
    digits, extension = pl.col("full"), pl.col("extension")
    area_length = pl.col("area_length").fill_null(99)
    subscriber = digits.str.len_bytes() - area_length
    compact = pl.col("text").str.contains(r"^\s*\+\d+\s*$")
    inside = digits.str.ends_with(extension) & (pl.col("how") == "column") & (compact | (subscriber > SHORT_TRUNK))
    dials = direct_plan & first_true(
        (
            (pl.col("how") == "direct", pl.lit(True)),
            (pl.col("how") == "slash", pl.col("code") == "43"),  # an extension in Austria, other last digits in Germany
            (pl.col("how") == "internal", subscriber <= SHORT_TRUNK),
            (pl.col("how") == "column", ~inside & (~compact | (subscriber <= SHORT_TRUNK))),
        ),
        pl.lit(False),
    )
    # Digits said to dial through may make a number longer than the plan has them, an assumed extension may not.
    usual = pl.col("code").replace_strict(LONGEST, default=13, return_dtype=pl.Int64)
    longest = pl.when(pl.col("how") == "direct").then(13).otherwise(usual)
    fits = digits.str.len_bytes() + extension.str.len_bytes() - pl.col("code").str.len_bytes() <= longest
    marked = marked.with_columns((dials & fits & landline).alias("dials"), inside.alias("inside"))
    # A hyphen sets off an extension only behind a landline's area code and trunk.
    behind = direct_plan & landline & (digits.str.len_bytes() - extension.str.len_bytes() > area_length)
    usable = (pl.col("how") != "slash") | (pl.col("code") == "43")
    kept = pl.when(pl.col("how") == "hyphen").then(behind).otherwise(usable)
    marked = marked.with_columns(
        pl.when("dials").then(digits + extension).otherwise(digits).alias("full"),
        pl.when(kept).then(extension).alias("extension"),
    )
    return marked.with_columns(_judge(marked["full"]).get_columns()).select(columns)
