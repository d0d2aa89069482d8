"""A spelling a person names means the rows written so, or else the rows with its match key."""

import polars as pl

from contracts.matched import COMPANY_NAMES
from enrichment.company.clean import company_key
from matching.decisions.spellings import renames, spelling_pairs
from tests.matching.decisions.said import active, company

SPELLINGS = ["Müller GmbH", "MUELLER GMBH", "Schmidt AG", "Schmidt Holding AG"]
NAMES = COMPANY_NAMES.conform(
    pl.DataFrame(
        {
            "name": range(len(SPELLINGS)),
            "company": SPELLINGS,
            "company_key": company_key(pl.Series(SPELLINGS)),
            "records": [1] * len(SPELLINGS),
        }
    )
)


def said_of(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return active(*(company(*row) for row in rows))


def test_exact_spelling_first() -> None:
    said = said_of(("must_link", "Müller GmbH", "Schmidt AG"))
    assert spelling_pairs(said, NAMES, "must_link").rows() == [(0, 2, "1")]


def test_other_spelling_of_the_same_key() -> None:
    said = said_of(("cannot_link", "müller gmbh", "Schmidt AG"), ("must_link", "Müller GmbH", "Unknown AG"))
    assert spelling_pairs(said, NAMES, "cannot_link").rows() == [(0, 2, "1"), (1, 2, "1")]
    assert spelling_pairs(said, NAMES, "must_link").rows() == []


def test_last_rename_wins() -> None:
    clusters = pl.DataFrame({"name": [0, 1, 2, 3], "cluster": [0, 0, 2, 3]}, schema_overrides={"name": pl.UInt32})
    said = said_of(("rename", "Müller GmbH", "Müller"), ("rename", "MUELLER GMBH", "Müller Werke"))
    assert renames(said, NAMES, clusters).rows() == [(0, "Müller Werke")]


def test_a_name_kept_apart_from_itself_means_companies_in_different_postcodes() -> None:
    shops = COMPANY_NAMES.conform(
        pl.DataFrame({"name": range(4), "company": ["Adler Apotheke"] * 4, "records": [1] * 4}).with_columns(
            company_key=pl.lit("adler apotheke"), postcode=pl.Series(["50667", "51147", "50667", None])
        )
    )
    said = said_of(("cannot_link", "Adler Apotheke", "Adler Apotheke"))
    assert {tuple(sorted(pair[:2])) for pair in spelling_pairs(said, shops, "cannot_link").rows()} == {
        *((0, 1), (1, 2), (0, 3), (1, 3), (2, 3))
    }
    said = said_of(("must_link", "Adler Apotheke", "Adler Apotheke"))
    assert (0, 1, "1") in spelling_pairs(said, shops, "must_link").rows()
