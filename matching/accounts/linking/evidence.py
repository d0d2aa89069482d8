"""The evidence on a pair of company rows: which numbers, places, domains and forms agree or contradict.

Belongs here: reading company rows into comparable codes, and comparing two of them column by column.
Does not belong here: what the evidence means together (`matching/accounts/linking/rules`). An unknown value is never
evidence against a match.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from enrichment.cells.distinct import each_once
from enrichment.cells.text import fold
from enrichment.cells.word_lists import any_of
from matching.accounts.linking.pairs import Places, Rows, pack, split
from matching.accounts.linking.relations import Related, Relation, relate
from matching.accounts.rows.domains import domain_label
from matching.accounts.rows.words import CompanyNames, Ints, terms
from reference.letters import level

FEW = 3
"""A domain used under at most so many different names may stand for its company."""

AGREEING = ("postcode", "domain", "phone", "address", "form")
"""Columns whose agreement makes one link of a rule a little more probable than another."""

SEATS = ("zentrale", "hauptverwaltung", "hauptsitz", "headquarters")
"""Site words that name the seat itself."""

DIRECT_DIGITS = 3
LONG_NUMBER = 11
"""Signs from which a number may end in an extension nobody has marked, and the digits that may be one."""

_CUT = r"(?:\p{L}{3}|[-.])\.(?:\s|$)"
"""A word cut short: `Gewerbe.`, `DLF-.`"""

_TOWN = ("town_text", "town_first")
_ABEYANCE = rf"(?i)[ ,(]*\b{any_of('line_words.csv', 'wound_up', 'wound_up_bare', 'founded', 'founded_bare')}\)?$"


SWISS = {"sa": "ag", "ltd": "ag", "srl": "gmbh", "sagl": "gmbh"}
"""Swiss companies bear one form in four languages: `Muster AG` is `Muster SA` (HRegV, EHRA guide to firm names)."""


def form_family(form: pl.Expr) -> pl.Expr:
    """Legal form reduced to what separates entities: `GmbH i.L.` is `gmbh`, `e.Kfr.` is `ek`."""
    return each_once(form, _family)


def _family(form: pl.Expr) -> pl.Expr:
    plain = form.str.replace(_ABEYANCE, "").str.to_lowercase().str.replace_all(r"\(.*\)|[^a-z&]", "")
    plain = plain.str.replace(r"&co$", "&cokg")  # a form cut short; other partnerships with partner are rare
    plain = plain.str.replace("^g(gmbh|ug|ag)$", "${1}")  # not for profit, and no form of its own (section 4 GmbHG)
    return plain.replace({"ekfr": "ek", "ekfm": "ek", "ekauffrau": "ek", "ekaufmann": "ek", "limited": "ltd", "": None})


def code_rows(names: pl.DataFrame, ids: Ints, town: pl.Series, by_town: pl.Series) -> pl.DataFrame:
    """Company rows as codes, sorted by name id, form and row.

    Args:
        names: contracts.matched.COMPANY_NAMES.
        ids: the name id of each row.
        town: the town of each row (`matching.accounts.rows.places.towns`).
        by_town: whether its name ended in that town.

    Returns:
        row, id, form, postcode, town, town_head (its first word), domain, label, phone, trunk (the number without what
        may be an extension), address, vat, register, country as codes (null where unknown), town_text, town_first (its
        first word), domain_label, domain_names (under how many names the domain is used), is_placed (town or postcode
        known), is_shop and is_branch (so the name says), is_cut (a dot says that a word breaks off), by_town, records,
        form_bits (information of the legal form) and homes (0 here).
    """
    form = form_family(pl.col("legal_form"))
    swiss = form.replace(SWISS)
    text = names.select(
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        id=pl.Series(ids),
        form=pl.when(pl.col("country") == "CH").then(swiss).otherwise(form),
        postcode=pl.col("postcode"),
        town_text=town,
        town_first=each_once(pl.lit(town), _first_word),
        domain=pl.col("domain"),
        label=each_once(pl.col("domain"), domain_label),
        phone=pl.col("phone_stem"),
        trunk=pl.when(pl.col("phone_stem").str.len_chars() >= LONG_NUMBER).then(
            pl.col("phone_stem").str.head(pl.col("phone_stem").str.len_chars() - DIRECT_DIGITS)
        ),
        street=each_once(pl.col("street"), _street),
        number=each_once(pl.col("house_number"), fold),
        vat=pl.col("vat_id"),
        register=pl.col("register_no"),
        country=pl.col("country"),
        records=pl.col("records"),
        is_shop=each_once(pl.col("company_key"), _is_shop, pl.Boolean).fill_null(False),
        is_branch=each_once(pl.col("company_site"), _is_branch, pl.Boolean).fill_null(False),
        domain_label=each_once(pl.col("domain"), domain_label),
        by_town=by_town,
        is_cut=pl.col("company").str.contains(_CUT).fill_null(False),
    )
    text = text.with_columns(
        town=each_once(pl.col("town_text"), level),
        town_head=each_once(pl.col("town_first"), level),
        address=pl.concat_str(pl.coalesce("postcode", "town_text"), "street", "number", separator="|"),
        is_placed=pl.col("town_text").is_not_null() | pl.col("postcode").is_not_null(),
        homes=pl.lit(0, pl.UInt32),
    ).drop("street", "number")
    coded = (
        *("form", "postcode", "town", "town_head", "domain", "label"),
        *("phone", "trunk", "address", "vat", "register", "country"),
    )
    return (
        text.with_columns(each_once(pl.col(c), _code, pl.Int32) for c in coded)
        .with_columns(
            domain_names=pl.col("id").n_unique().over("domain").cast(pl.UInt32),
            form_bits=pl.when(pl.col("form").is_not_null())
            .then(-(pl.len().over("form") / pl.col("form").count()).log(2))
            .otherwise(0.0),
        )
        .sort("id", "form", "row", nulls_last=True)
    )


def _street(street: pl.Expr) -> pl.Expr:
    short = street.str.replace(r"(?i)str(\.|asse|aße|\b)", "str")
    return level(fold(short)).str.replace_all(" ", "", literal=True)


def _first_word(text: pl.Expr) -> pl.Expr:
    return text.str.extract(r"^(\S+)")


def _is_shop(key: pl.Expr) -> pl.Expr:
    """Names that end a word with a kind of shop: `Adler Apotheke`, `Adlerapotheke`."""
    words = terms().filter(pl.col("kind") == "shop")["term"]
    return key.str.contains(rf"(?:{'|'.join(words)})(?: |$)")


def _is_branch(site: pl.Expr) -> pl.Expr:
    words = terms().filter((pl.col("kind") == "site") & ~pl.col("term").is_in(SEATS))["term"]
    return _first_word(fold(site)).is_in(words.implode())


def _code(text: pl.Expr) -> pl.Expr:
    """Numbers in the order of the texts."""
    return text.rank("dense").cast(pl.Int32)


def compare(rows: pl.DataFrame, names: CompanyNames, left: Rows, right: Rows) -> pl.DataFrame:
    """Evidence on each pair of rows: the columns `matching/accounts/linking/rules` speaks of, plus left and right.

    `rows` is `code_rows(...)` in order of row (with column homes where judged by name alone); `left`
    and `right` are row numbers.
    """
    a, b = rows[left], rows[right]
    pairs, which = np.unique(pack(a["id"].to_numpy(), b["id"].to_numpy()), return_inverse=True)
    low, high = split(pairs)
    related = relate(names, low.astype(np.int32), high.astype(np.int32))
    relation = related.relation[which]

    def same(column: str) -> pl.Series:
        return (a[column] == b[column]).fill_null(False).alias(f"same_{column}")

    def other(column: str) -> pl.Series:
        return (a[column] != b[column]).fill_null(False).alias(f"other_{column}")

    first = (a["town_text"] == b["town_first"]) | (b["town_text"] == a["town_first"])
    same_town = same("town") | first.fill_null(False)
    same_postcode = same("postcode")
    placed = (a["town"].is_not_null() & b["town"].is_not_null()) | (
        a["postcode"].is_not_null() & b["postcode"].is_not_null()
    )
    bits = pl.Series(names.bits)
    homes = pl.DataFrame({"a": a["homes"], "b": b["homes"]}).max_horizontal()
    return pl.select(
        relation=pl.Series(relation),
        shared=pl.Series(related.shared[which]),
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
        same_trunk=same("trunk"),
        same_vat=same("vat"),
        other_vat=other("vat") & ~other("country"),
        same_register=same("register"),
        other_register=other("register"),
        other_country=other("country"),
        same_form=same("form"),
        other_form=other("form"),
        agreeing=sum(same(column).cast(pl.UInt8) for column in AGREEING),
        form_missing=a["form"].is_null() | b["form"].is_null(),
        form_bits=a["form_bits"],
        both_homeless=~a["is_placed"] & ~b["is_placed"],
        homeless=a["is_placed"] != b["is_placed"],
        one_branch=a["is_branch"] != b["is_branch"],
        two_towns=a["by_town"] & b["by_town"] & placed & ~same_postcode & ~same_town,
        one_cut=a["is_cut"] != b["is_cut"],
        one_home=homes == 1,
        homes=homes,
        own_town=_own_town(a, b, names, related, which),
    )


def _own_town(a: pl.DataFrame, b: pl.DataFrame, names: CompanyNames, related: Related, which: Places) -> pl.Series:
    """Where the words only one name has are the town of either row, a department or site besides; `which` are the
    places in `related`.
    """
    relation = related.relation[which]
    more = np.flatnonzero(np.isin(relation, [Relation.EXTRA, Relation.SITE]))
    rest = pl.DataFrame({"left": related.rest_left, "right": related.rest_right})[which[more]]
    extra = rest.select(pl.when(pl.col("left") == "").then("right").otherwise("left")).to_series()
    besides = names.word.filter(names.beside).to_list()
    bare = each_once(pl.lit(extra), lambda text: _without(text, besides))
    towns = pl.DataFrame(
        {f"{column}_{side}": rows[column][more] for side, rows in (("a", a), ("b", b)) for column in _TOWN}
    )
    told = towns.select(
        pl.any_horizontal(pl.all() == bare)
        | pl.any_horizontal(bare.str.starts_with(pl.col(f"town_text_{side}") + " ") for side in "ab")
    ).to_series()
    return pl.repeat(False, len(relation), eager=True).scatter(more[told.fill_null(False).to_numpy()], True)


def _without(text: pl.Expr, words: list[str]) -> pl.Expr:
    return text.str.split(" ").list.eval(pl.element().filter(~pl.element().is_in(words))).list.join(" ")
