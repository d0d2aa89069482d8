"""Entries of register files that accounts of this home may be: wanted rows, cleaned as records are.

Belongs here: which rows are worth a second look, and what they say in the notation of `contracts.clean`. Does not
belong here: reading files (`register_files`), which account an entry is (`known_companies`).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from enrichment.address.clean import clean_address
from enrichment.cells.text import fold_series
from enrichment.company.clean import company_key, spelt_alike
from enrichment.company.identifiers import clean_identifiers
from enrichment.company.legal_form import split_legal_form
from matching.accounts.known.register_columns import NO_ROWS, RELATION
from matching.accounts.known.register_files import register_rows
from matching.accounts.rows.places import town_words
from reference.places import load_places

BEGINNING = 8
"""Letters of a name by which rows are told that may be wanted."""

_FORM_CODE = r"^[A-Z0-9]{4}$"  # ISO 20275, where a name of the legal form is asked for
_AUSTRIAN = r"^\d{1,6}\s?[a-zA-Z]$"
_NUMBER_IN_ID = r"^[A-Z]\d{4}[A-Z]?_(HRA|HRB|VR|GnR|PR)(\d+)"
_GONE = r"(?i)^(?:inactive|removed|gelöscht|deleted|dissolved|erloschen)"
_DIRECT = "IS_DIRECTLY_CONSOLIDATED_BY"
_ABOVE = (_DIRECT, "IS_ULTIMATELY_CONSOLIDATED_BY", "IS_INTERNATIONAL_BRANCH_OF")


class Entries(NamedTuple):
    """What was found in register files.

    companies: entry (u32), id, name, company_key, former_key, legal_form, register_no, vat_id, domain, street,
    house_number, postcode, city, country, seat, other_postcode, other_city (towns as folded words), parent (as
    written), gone. above: below, above (ids of entries), direct.
    """

    companies: pl.DataFrame
    above: pl.DataFrame


class Wanted(NamedTuple):
    """What rows are told by: match keys, the digits of numbers, and domains; each once."""

    keys: pl.Series
    numbers: pl.Series
    domains: pl.Series

    def rows(self, told: pl.DataFrame) -> pl.Series:
        """Which rows may be wanted: `register_files.Keep`. A name is judged by its beginning alone."""
        names = [self._begins(told[column]) for column in ("name", "former_name")]
        number, domain = digits(pl.col("register_no", "vat_id")), bare_domain(pl.col("domain"))
        found = told.select(
            pl.any_horizontal(
                *names,
                number.is_in(self.numbers.implode()),
                domain.is_in(self.domains.implode()),
                pl.col(RELATION[0]).is_not_null(),
            ).fill_null(False)
        )
        return found.to_series()

    def _begins(self, names: pl.Series) -> pl.Series:
        beginnings = _beginnings(self.keys)
        said = spelt_alike(fold_series(names)).str.replace_all(" ", "", literal=True).to_frame("name")
        lengths = beginnings.str.len_chars().unique()
        return said.select(
            pl.any_horizontal(
                pl.lit(False),
                *(
                    pl.col("name").str.head(n).is_in(beginnings.filter(beginnings.str.len_chars() == n).implode())
                    for n in lengths
                ),
            ).fill_null(False)
        ).to_series()


def _beginnings(keys: pl.Series) -> pl.Series:
    return keys.str.replace_all(" ", "", literal=True).str.head(BEGINNING).unique().drop_nulls()


def solid(numbers: pl.Expr) -> pl.Expr:
    """Letters and digits of a number, small."""
    return numbers.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def digits(numbers: pl.Expr) -> pl.Expr:
    """The digits of a number; null where there are none."""
    bare = numbers.str.replace_all(r"\D+", "")
    return pl.when(bare != "").then(bare)


def bare_domain(text: pl.Expr) -> pl.Expr:
    """The domain of a web or mail address."""
    plain = text.str.to_lowercase().str.replace(r"^(?:https?://)?(?:www\.)?(?:.*@)?", "")
    return plain.str.replace(r"[/?#:].*$", "")


def read_entries(folder: Path, wanted: Wanted) -> Entries:
    """The companies of register files that are wanted, and who belongs to whom.

    Args:
        folder: `<home>/register/`; nothing is in one that is not there.
        wanted: what is asked for.

    Raises:
        BrokenRegister: a file cannot be used (`register_files`).
    """
    rows = pl.concat([NO_ROWS, *register_rows(folder, wanted.rows)])
    related = rows.filter(pl.col(RELATION[0]).is_not_null())
    companies = rows.filter(pl.col("name").is_not_null())
    companies = _read(companies) if companies.height else _read(NO_ROWS)
    return Entries(companies, _relations(related))


def check_register(folder: Path) -> None:
    """Look at every row of the register files, and keep none.

    Raises:
        BrokenRegister: a file cannot be used.
    """
    for _ in register_rows(folder, lambda told: pl.repeat(False, told.height, eager=True)):
        pass


def _relations(rows: pl.DataFrame) -> pl.DataFrame:
    active = rows.filter(
        pl.col("relation_status").str.to_uppercase().fill_null("ACTIVE").is_in(["ACTIVE", "PUBLISHED"])
    )
    meant = active.filter(pl.col("relation").is_null() | pl.col("relation").is_in(_ABOVE))
    return meant.select("below", "above", direct=pl.col("relation").fill_null(_DIRECT) == _DIRECT).unique(
        maintain_order=True
    )


def _read(rows: pl.DataFrame) -> pl.DataFrame:
    named = split_legal_form(rows["name"])
    stated = pl.when(~pl.col("legal_form").str.contains(_FORM_CODE)).then("legal_form")
    said = split_legal_form(rows.select(stated).to_series())["legal_form"]
    numbers = clean_identifiers(rows.select("vat_id", register_no=_number()))
    places = clean_address(
        rows.select(
            *("address", "street", "house_number", "postcode", "city"),
            country=pl.col("country").str.to_uppercase(),
            default_country=pl.coalesce(pl.col("country").str.to_uppercase(), pl.lit("DE")),
        ),
        load_places(),
    )
    return rows.select(
        entry=pl.int_range(pl.len(), dtype=pl.UInt32),
        id="id",
        name="name",
        company_key=company_key(rows["name"]),
        former_key=company_key(rows["former_name"]),
        legal_form=pl.coalesce(named["legal_form"], said),
        register_no=numbers["register_no"],
        vat_id=numbers["vat_id"],
        domain=bare_domain(pl.col("domain")),
        street=places["street"],
        house_number=places["house_number"],
        postcode=places["postcode"],
        city=places["city"],
        country=places["country"],
        seat=town_words(pl.col("seat")),
        other_postcode="other_postcode",
        other_city=town_words(pl.col("other_city")),
        parent="parent",
        gone=pl.col("status").str.contains(_GONE).fill_null(False),
    )


def _number() -> pl.Expr:
    """Number with its kind and court, as far as they stand in columns of their own."""
    of_id = pl.col("id").str.extract_groups(_NUMBER_IN_ID)  # `K1101R_HRB150148`, where nothing else tells it
    written = pl.concat_str(of_id.struct[0], pl.lit(" "), of_id.struct[1])
    number = pl.coalesce("register_no", written)
    bare = number.str.contains(r"^\d+$")
    kind = pl.when(bare).then(pl.col("register_kind"))
    court = pl.when(~number.str.contains(r"^\p{L}{4,} ")).then(pl.col("court"))
    german = pl.concat_str(court, kind, number, separator=" ", ignore_nulls=True)
    return pl.when(number.str.contains(_AUSTRIAN)).then(pl.lit("FN ") + number).when(number.is_not_null()).then(german)
