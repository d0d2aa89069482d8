"""Phone numbers: every notation to E.164, with a verdict, in the slot its type belongs to.

Belongs here: the cells of a record put together, choice of phone, mobile, fax and others. Does not belong here:
reading a cell (`enrichment/phone/reading`), which number it is (`enrichment/phone/country`) and what that is worth
(`enrichment/phone/verdict`). Sources: ITU-T E.164, DIN 5008.

Two decisions. A direct-dial extension is part of the number: `0711 1234-567` is +497111234567 with
extension 567, `-0` is the switchboard, and `DW 567` after `-0` replaces the 0. An internal one
(`App. 12`) stays beside the number, unless the number is so short that it must be a trunk.
A number whose country is only assumed after the stated one failed is `possible`, never `valid`.
"""

from __future__ import annotations

import polars as pl

from contracts.table import given_or_null
from enrichment.cells.evidence import Entry, evidence_of, repairs_at
from enrichment.cells.first_true import first_true
from enrichment.cells.long_form import lists_per_record, one_per_record
from enrichment.phone.country import resolved
from enrichment.phone.numbering import area
from enrichment.phone.reading import written
from enrichment.phone.verdict import judged

CELLS = ("phone", "phone_2", "phone_3", "mobile", "mobile_2", "fax")
_MOBILE_CELLS = ("mobile", "mobile_2")
_TARGETS = {"phone": 0, "mobile": 1, "fax": 2}
_BESIDE = ("phone_area", "phone_extension", "country_iso", "default_country")


def clean_phone(records: pl.DataFrame) -> pl.DataFrame:
    """Phone columns of contracts.clean for raw records.

    Args:
        records: phone, phone_2, phone_3, phone_area, phone_extension, mobile, mobile_2, fax and
            default_country of contracts.raw, `country_iso`, the cleaned country of the record, and `country_open`,
            whether that is a mere guess: a national number is `possible` then. Missing columns count as empty.

    Returns:
        The PHONE columns of contracts.clean and `repairs`, same rows in the same order.

    Example:
        >>> records = pl.DataFrame({"phone": ["0711/1234-567", "+43 664 1234567", "siehe Mail"]})
        >>> clean_phone(records).select("phone", "phone_extension", "mobile", "phone_status", "phone_reason")
        shape: (3, 5)
        ┌───────┬─────────────────┬───────────────┬──────────────┬───────────────────────┐
        │ phone ┆ phone_extension ┆ mobile        ┆ phone_status ┆ phone_reason          │
        │ ---   ┆ ---             ┆ ---           ┆ ---          ┆ ---                   │
        │ str   ┆ str             ┆ str           ┆ str          ┆ str                   │
        ╞═══════╪═════════════════╪═══════════════╪══════════════╪═══════════════════════╡
        │ null  ┆ null            ┆ null          ┆ possible     ┆ phone_country_unknown │
        │ null  ┆ null            ┆ +436641234567 ┆ missing      ┆ null                  │
        │ null  ┆ null            ┆ null          ┆ invalid      ┆ letters_in_number     │
        └───────┴─────────────────┴───────────────┴──────────────┴───────────────────────┘
    """
    texts = dict.fromkeys((*CELLS, *_BESIDE), pl.String)
    rows = records.select(given_or_null(records, {**texts, "country_open": pl.Boolean}))
    numbers = judged(resolved(written(_cells(rows))))
    return _assigned(rows, numbers)


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
            pl.when(~pl.col("country_open").fill_null(False))
            .then(pl.coalesce("country_iso", "default_country"))
            .alias("region"),
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


def _assigned(rows: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The numbers of each record put where their type belongs."""
    in_mobile = pl.col("cell").is_in([CELLS.index(cell) for cell in _MOBILE_CELLS])
    in_fax = (pl.col("cell") == CELLS.index("fax")) | (pl.col("label") == "fax")
    mobile = (pl.col("kind") == "mobile") | (
        (pl.col("kind") == "fixed_line_or_mobile") & (in_mobile | (pl.col("label") == "mobile"))
    )
    home = pl.when(in_mobile).then(pl.lit("mobile")).otherwise(pl.lit("phone"))
    target = first_true(
        ((in_fax, "fax"), (pl.col("e164").is_null(), home), (mobile.fill_null(False), "mobile")), "phone"
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
    noted = pl.col("rule").is_not_null() & (pl.col("rule") != "")
    kinds = [
        (pl.col("reason").is_not_null(), pl.col("reason"), "phone_verdict"),
        (noted & (pl.col("reason") != pl.col("rule")).fill_null(True), pl.col("rule"), "phone_notation"),
        (pl.col("e164").is_not_null() & pl.col("moved"), pl.lit("column_mismatch"), "phone_slot"),
        (pl.col("part") > 0, pl.lit("several_numbers"), "phone_notation"),
    ]
    field, text, value = pl.col("target"), pl.col("text"), pl.col("e164")
    entries = [Entry(field, when, text, value, reason, rule) for when, reason, rule in kinds]
    told = numbers.filter(pl.any_horizontal(entry.when for entry in entries)).sort("row", "cell", "part")
    return repairs_at(evidence_of(told, entries), height)
