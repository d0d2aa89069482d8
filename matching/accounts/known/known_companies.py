"""Which accounts are entries of a company register, and what the register states of them.

Belongs here: the rules by which an account is an entry: exact names with a place, number or domain besides, and
numbers; never a likeness of names. Does not belong here: reading entries (`register_entries`), showing accounts
(`shown`).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from enrichment.cells.distinct import each_once
from enrichment.company.clean import company_key
from matching.accounts.known.register_entries import Entries, Wanted, bare_domain, digits, read_entries, solid
from matching.accounts.linking.evidence import form_family
from matching.accounts.rows.places import town_words, towns
from matching.accounts.rows.words import name_words
from matching.first_hit import first_hit

STATED = (
    "name",
    "legal_form",
    "register_no",
    "vat_id",
    "domain",
    "street",
    "house_number",
    "postcode",
    "city",
    "country",
)
"""What a register states of an account; an address is the register's as a whole."""

KNOWN = pl.Schema({"cluster": pl.UInt32, "parent": pl.UInt32} | dict.fromkeys(STATED, pl.String))


class EntryRule(NamedTuple):
    """When an account is the entry it is compared with; the first that holds is the strongest."""

    reason: str
    when: pl.Expr


_SAME, _NUMBER = pl.col("same_key"), pl.col("same_number")
_CONTRADICTS = (
    pl.col("other_country")
    | (pl.col("other_form") & ~pl.col("same_whole_number"))
    | (pl.col("other_number") & ~_NUMBER & ~pl.col("same_vat"))
)
_PLACE = pl.col("same_postcode") | pl.col("same_town")
RULES = (
    EntryRule("register number with its court", pl.col("same_whole_number")),
    EntryRule("name and register number", _SAME & _NUMBER),
    EntryRule("VAT number", pl.col("same_vat")),
    EntryRule("name and postcode", _SAME & pl.col("same_postcode")),
    EntryRule("name and town", _SAME & pl.col("same_town")),
    EntryRule("name and domain", _SAME & pl.col("same_domain")),
    EntryRule("former name and place", pl.col("same_former") & _PLACE),
    EntryRule("register number and place", _NUMBER & _PLACE),
    EntryRule(
        "domain of this entry alone",
        pl.col("same_domain") & (pl.col("entries_of_domain") == 1) & pl.col("same_beginning"),
    ),
)


def known_companies(folder: Path, names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """What register files state of the accounts that are in them.

    Args:
        folder: `<home>/register/`, optional.
        names: contracts.matched.COMPANY_NAMES.
        clusters: name, cluster.

    Returns:
        cluster, parent (cluster of the parent company, null where it is no account) and `STATED`, sorted by cluster.

    Raises:
        BrokenRegister: a register file cannot be used.
    """
    if not folder.exists():
        return pl.DataFrame(schema=KNOWN)
    rows = _account_rows(names, clusters)
    numbers = pl.concat([rows.select(digits(pl.col(column)).alias("n"))["n"] for column in ("register_no", "vat_id")])
    columns = (names["company_key"], numbers, rows["domain"])
    wanted = Wanted(*(column.drop_nulls().unique() for column in columns))
    entries = read_entries(folder, wanted)
    if entries.companies.is_empty():
        return pl.DataFrame(schema=KNOWN)
    found = entry_of_account(rows, entries.companies)
    parents = _parents(found, entries)
    told = found.join(entries.companies.drop("parent"), on="entry").join(parents, on="cluster", how="left")
    return told.select(list(KNOWN)).cast(KNOWN).sort("cluster")


def _account_rows(names: pl.DataFrame, clusters: pl.DataFrame) -> pl.DataFrame:
    """Every different way an account is described, as entries are compared with it."""
    return (
        names.with_columns(town=towns(names))
        .join(clusters.select("name", "cluster"), on="name")
        .select(
            *("cluster", "postcode", "town", "country", "register_no", "vat_id"),
            company_key=_spelt_out("company_key"),
            form=form_family(pl.col("legal_form")),
            number=_bare_number(pl.col("register_no")),
            domain=bare_domain(pl.col("domain")),
        )
        .unique(maintain_order=True)
    )


def _spelt_out(column: str) -> pl.Expr:
    """A match key with its abbreviations spelt out: `Handelsges.` is `Handelsgesellschaft`."""
    return each_once(pl.col(column), lambda keys: keys.map_batches(_words, return_dtype=pl.String))


def _words(keys: pl.Series) -> pl.Series:
    words = name_words(keys.fill_null("")).list.join(" ")
    return words.set(words == "", None)


def _bare_number(number: pl.Expr) -> pl.Expr:
    """`HRB 12345` of `Stuttgart HRB 12345`."""
    return number.str.extract(r"((?:HRA|HRB|VR|GnR|GsR|PR|GüR|FN|CHE).*)$")


def entry_of_account(rows: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """cluster, entry: the one entry each account is, by the strongest rule; none where two are as likely.

    Args:
        rows: `_account_rows`.
        companies: `register_entries.Entries.companies`.
    """
    entries = companies.with_columns(
        company_key=_spelt_out("company_key"),
        former_key=_spelt_out("former_key"),
        number=_bare_number(pl.col("register_no")),
        form=form_family(pl.col("legal_form")),
        entries_of_domain=pl.len().over("domain"),
    )
    pairs = pl.concat(
        [
            _paired(rows, entries, column, other)
            for column, other in (
                ("company_key", "company_key"),
                ("company_key", "former_key"),
                ("number", "number"),
                ("vat_id", "vat_id"),
                ("domain", "domain"),
            )
        ]
    ).unique()
    compared = pairs.join(rows, on="cluster").join(entries, on="entry", suffix="_entry")
    evidence = compared.group_by("cluster", "entry").agg(pl.col("gone").first(), **_evidence())
    fitting = evidence.filter(~_CONTRADICTS).with_columns(rule=first_hit(rule.when for rule in RULES))
    ranked = fitting.drop_nulls("rule").with_columns(rank=2 * pl.col("rule") + pl.col("gone"))
    best = ranked.filter(pl.col("rank") == pl.col("rank").min().over("cluster"))
    return best.filter(pl.len().over("cluster") == 1).select("cluster", "entry").sort("cluster")


def _paired(rows: pl.DataFrame, entries: pl.DataFrame, column: str, other: str) -> pl.DataFrame:
    left, right = rows.select("cluster", key=column), entries.select("entry", key=other)
    return left.drop_nulls().unique().join(right.drop_nulls(), on="key").select("cluster", "entry")


def _evidence() -> dict[str, pl.Expr]:
    """What any description of the account shares with the entry, and what of it contradicts."""

    def same(column: str, other: str | None = None) -> pl.Expr:
        return (pl.col(column) == pl.col(other or f"{column}_entry")).fill_null(False)

    def first(column: str) -> pl.Expr:
        return pl.col(column).str.extract(r"^(\S{3,})")

    towns_of_entry = (town_words(pl.col("city")), pl.col("seat"), pl.col("other_city"))
    whole = same("register_no") & pl.col("register_no").str.contains(
        r"^(?:\p{L}.* (?:HR[AB]|VR|GnR|GsR|PR|GüR)|FN|CHE)\b"
    )
    there = {
        "same_key": same("company_key"),
        "same_former": same("company_key", "former_key"),
        "same_number": same("number"),
        "same_whole_number": whole,
        "same_vat": same("vat_id"),
        "same_postcode": same("postcode") | same("postcode", "other_postcode"),
        "same_town": pl.any_horizontal((pl.col("town") == town).fill_null(False) for town in towns_of_entry),
        "same_domain": same("domain"),
        "same_beginning": (first("company_key") == first("company_key_entry")).fill_null(False),
        "other_form": (pl.col("form") != pl.col("form_entry")).fill_null(False),
        "other_country": (pl.col("country") != pl.col("country_entry")).fill_null(False),
        "other_number": (pl.col("number") != pl.col("number_entry")).fill_null(False),
    }
    return {name: expression.any() for name, expression in there.items()} | {
        "entries_of_domain": pl.col("entries_of_domain").first()
    }


def _parents(found: pl.DataFrame, entries: Entries) -> pl.DataFrame:
    """cluster, parent: whose parent is an account too, by id or number, else by the only account of its name.

    A direct parent goes before the ultimate one; of parents that are no accounts, the next above.
    """
    companies = entries.companies
    accounts = found.join(companies, on="entry")
    by_ref = pl.concat(
        [
            accounts.select(ref=solid(pl.col("id")), parent="cluster"),
            accounts.select(ref=solid(pl.col("register_no")), parent="cluster"),
            accounts.select(ref=pl.col("company_key"), parent="cluster"),
        ]
    ).drop_nulls("ref")
    by_ref = by_ref.unique().filter(pl.len().over("ref") == 1)
    named = accounts.drop_nulls("parent").select("cluster", "parent")
    named = named.with_columns(key=company_key(named["parent"]))
    refs = pl.concat(
        [
            named.select("cluster", ref=solid(pl.col("parent")), rank=0),
            named.select("cluster", ref="key", rank=1),
            accounts.join(entries.above, left_on="id", right_on="below").select(
                "cluster", ref=solid(pl.col("above")), rank=pl.when("direct").then(2).otherwise(3)
            ),
        ],
        how="vertical_relaxed",
    )
    return (
        refs.join(by_ref, on="ref")
        .filter(pl.col("cluster") != pl.col("parent"))
        .sort("cluster", "rank", "parent")
        .unique("cluster", keep="first", maintain_order=True)
        .select("cluster", "parent")
    )
