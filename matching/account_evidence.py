"""The evidence on a pair of company rows: which numbers, places, domains and forms agree or contradict.

Belongs here: reading company rows into comparable codes, and comparing two of them column by column.
Does not belong here: what the evidence means together (`account_rules`). An unknown value is never
evidence against a match.
"""

from __future__ import annotations

import polars as pl

from enrichment.text import fold
from matching.account_domains import domain_label
from matching.account_pairs import Rows
from matching.account_relations import Relation, relate
from matching.account_words import Ints, Names, level_umlauts, terms

FEW = 3
"""A domain used under at most so many different names may stand for its company."""

SEATS = ("zentrale", "hauptverwaltung", "hauptsitz", "headquarters")
"""Site words that name the seat itself."""

_ABEYANCE = r"(?i)[ ,(]*\b(i\.? ?l\.?|i\.? ?i\.?|i\.? ?gr?\.?|in liquidation|in insolvenz|in gründung)\)?$"


_SWISS = {"sa": "ag", "ltd": "ag", "srl": "gmbh", "sagl": "gmbh"}
"""Swiss companies bear one form in four languages: `Muster AG` is `Muster SA` (HRegV, EHRA guide to firm names)."""


def form_family(form: pl.Expr) -> pl.Expr:
    """Legal form reduced to what separates entities: `GmbH i.L.` is `gmbh`, `e.Kfr.` is `ek`."""
    plain = form.str.replace(_ABEYANCE, "").str.to_lowercase().str.replace_all(r"\(.*\)|[^a-z&]", "")
    plain = plain.str.replace(r"&co$", "&cokg")  # a form cut short; other partnerships with partner are rare
    return plain.replace({"ekfr": "ek", "ekfm": "ek", "ekauffrau": "ek", "ekaufmann": "ek", "limited": "ltd", "": None})


def code_rows(names: pl.DataFrame, ids: Ints, town: pl.Series) -> pl.DataFrame:
    """Company rows (contracts.matched.COMPANY_NAMES) as codes, sorted by name id, form and row.

    `ids` is the name id of each row, `town` its town (`account_places.towns`).

    Returns:
        row, id, form, postcode, town, town_head (its first word), domain, label, phone, address, vat, register,
        country as codes (null where unknown), town_text, domain_names (under how many names the domain is
        used), is_placed (town or postcode known), is_shop and is_branch (so the name says), form_bits (information of
        the legal form) and homes (0 here).
    """
    form = form_family(pl.col("legal_form"))
    swiss = form.replace(_SWISS)
    text = names.select(
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        id=pl.Series(ids),
        form=pl.when(pl.col("country") == "CH").then(swiss).otherwise(form),
        postcode=pl.col("postcode"),
        town_text=town,
        domain=pl.col("domain"),
        label=domain_label(pl.col("domain")),
        phone=pl.col("phone_stem"),
        street=level_umlauts(fold(pl.col("street").str.replace(r"(?i)str(\.|asse|aße|\b)", "str"))).str.replace_all(
            " ", ""
        ),
        number=fold(pl.col("house_number")),
        vat=pl.col("vat_id"),
        register=pl.col("register_no"),
        country=pl.col("country"),
        is_shop=pl.col("company_key").str.contains(_shops()).fill_null(False),
        is_branch=fold(pl.col("company_site")).str.extract(r"^(\S+)").is_in(_branch_words()).fill_null(False),
    )
    text = text.with_columns(
        town=level_umlauts(pl.col("town_text")),
        town_head=level_umlauts(pl.col("town_text").str.extract(r"^(\S+)")),
        address=pl.concat_str(pl.coalesce("postcode", "town_text"), "street", "number", separator="|"),
        domain_names=pl.col("id").n_unique().over("domain").cast(pl.UInt32),
        is_placed=pl.col("town_text").is_not_null() | pl.col("postcode").is_not_null(),
        homes=pl.lit(0, pl.UInt32),
        form_bits=pl.when(pl.col("form").is_not_null())
        .then(-(pl.len().over("form") / pl.col("form").count()).log(2))
        .otherwise(0.0),
    ).drop("street", "number")
    coded = (
        "form",
        "postcode",
        "town",
        "town_head",
        "domain",
        "label",
        "phone",
        "address",
        "vat",
        "register",
        "country",
    )
    return text.with_columns(_code(pl.col(c)) for c in coded).sort("id", "form", "row", nulls_last=True)


def _shops() -> str:
    """Names that end a word with a kind of shop: `Adler Apotheke`, `Adlerapotheke`."""
    words = terms().filter(pl.col("kind") == "shop")["term"]
    return rf"(?:{'|'.join(words)})(?: |$)"


def _branch_words() -> list[str]:
    return terms().filter((pl.col("kind") == "site") & ~pl.col("term").is_in(SEATS))["term"].to_list()


def _code(text: pl.Expr) -> pl.Expr:
    return pl.when(text.is_not_null()).then(text.rank("dense")).cast(pl.Int32)


def compare(rows: pl.DataFrame, names: Names, left: Rows, right: Rows) -> pl.DataFrame:
    """Evidence on each pair of rows: the columns `account_rules` speaks of, plus left and right.

    `rows` is `code_rows(...)` in order of row (with column homes where judged by name alone); `left`
    and `right` are row numbers.
    """
    a, b = rows[left], rows[right]
    pair = pl.DataFrame({"i": a["id"], "j": b["id"]}).select(
        low=pl.min_horizontal("i", "j"), high=pl.max_horizontal("i", "j"), swapped=pl.col("i") > pl.col("j")
    )
    distinct = pair.select("low", "high").unique().sort("low", "high")
    related = relate(names, distinct["low"].to_numpy(), distinct["high"].to_numpy())
    distinct = distinct.with_columns(
        relation=pl.Series(related.relation),
        shared=pl.Series(related.shared),
        rest_low=related.rest_left,
        rest_high=related.rest_right,
    )
    pair = pair.join(distinct, on=["low", "high"], how="left", maintain_order="left")

    def same(column: str) -> pl.Series:
        return (a[column] == b[column]).fill_null(False).alias(f"same_{column}")

    def other(column: str) -> pl.Series:
        return (a[column] != b[column]).fill_null(False).alias(f"other_{column}")

    town_a, town_b = a["town_text"], b["town_text"]
    first = pl.DataFrame({"a": town_a, "b": town_b}).select(
        (pl.col("a") == pl.col("b").str.extract(r"^(\S+)")) | (pl.col("b") == pl.col("a").str.extract(r"^(\S+)"))
    )
    same_town = same("town") | first.to_series().fill_null(False)
    same_postcode = same("postcode")
    placed = (a["town"].is_not_null() & b["town"].is_not_null()) | (
        a["postcode"].is_not_null() & b["postcode"].is_not_null()
    )
    bits = pl.Series(names.bits)
    homes = pl.DataFrame({"a": a["homes"], "b": b["homes"]}).max_horizontal()
    found = pair.select("relation", "shared", "rest_low", "rest_high", "swapped").with_columns(
        left=pl.Series(left, dtype=pl.UInt32),
        right=pl.Series(right, dtype=pl.UInt32),
        bits=pl.DataFrame({"a": bits.gather(a["id"]), "b": bits.gather(b["id"])}).min_horizontal(),
        is_shop=a["is_shop"] & b["is_shop"],
        same_postcode=same_postcode,
        other_postcode=other("postcode"),
        same_town=same_town,
        other_town=placed & ~same_postcode & ~same_town,
        same_address=same("address"),
        other_address=other("address"),
        same_domain=same("domain"),
        other_domain=other("domain"),
        same_label=same("label"),
        domain_of_few=(a["domain_names"] <= FEW) & a["domain"].is_not_null(),
        same_phone=same("phone"),
        same_vat=same("vat"),
        other_vat=other("vat") & ~other("country"),
        same_register=same("register"),
        other_register=other("register"),
        other_country=other("country"),
        same_form=same("form"),
        other_form=other("form"),
        agreeing=same("postcode").cast(pl.UInt8)
        + same("domain").cast(pl.UInt8)
        + same("phone").cast(pl.UInt8)
        + same("address").cast(pl.UInt8)
        + same("form").cast(pl.UInt8),
        form_missing=a["form"].is_null() | b["form"].is_null(),
        form_bits=a["form_bits"],
        both_homeless=~a["is_placed"] & ~b["is_placed"],
        homeless=a["is_placed"] != b["is_placed"],
        one_branch=a["is_branch"] != b["is_branch"],
        one_home=homes == 1,
        homes=homes,
        town_left=town_a,
        town_right=town_b,
    )
    extra = pl.when(pl.col("rest_low") == "").then("rest_high").otherwise("rest_low")
    towns = (extra == pl.col("town_left")) | (extra == pl.col("town_right"))
    stems = (extra == pl.col("town_left").str.extract(r"^(\S+)")) | (
        extra == pl.col("town_right").str.extract(r"^(\S+)")
    )
    own_town = pl.col("relation").is_in([int(Relation.EXTRA), int(Relation.SITE)]) & (towns | stems).fill_null(False)
    return found.with_columns(own_town=own_town).drop("rest_low", "rest_high", "swapped", "town_left", "town_right")
