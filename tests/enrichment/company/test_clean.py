"""Companies: what else stands in the line is split off, the kind is told, the key makes spellings equal."""

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.clean import COMPANY
from contracts.reasons import reasons
from contracts.statuses import COMPANY as STATUSES
from enrichment.company.clean import clean_company, company_key

CASES = Path(__file__).parents[1] / "cases" / "company.csv"
SHOWN = ["company", "company_core", "company_key", "legal_form", "company_status", "company_site", "department"]
WORDS = (
    "Müller|MÜLLER|&|u.|und|Söhne|GmbH|gmbh|Co.|KG|AG|Verwaltungs-|,|-|(|)|Abt.|Einkauf|Werk|Nord|i.L.|Inh.|vormals|"
    "z.Hd.|Frau|Schmidt|Köln|A.|B.|+|e.K.|Die|Firma"
)
NAMES = st.one_of(
    st.text(max_size=25),
    st.lists(st.sampled_from(WORDS.split("|")), max_size=8).map(" ".join),
)


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_case() -> None:
    rows = cases()
    found = clean_company(pl.DataFrame({"company": [row["line"] for row in rows]}))
    wrong = []
    for row, values, repairs in zip(rows, found.select(SHOWN).iter_rows(), found["repairs"].to_list(), strict=True):
        told = " ".join(dict.fromkeys(entry["reason"] for entry in repairs))
        given_values = [value or "" for value in values] + [told]
        if given_values != list(row.values())[1:]:
            wrong.append((row["line"], given_values))
    assert wrong == []


def test_columns_are_those_promised_and_reasons_are_documented() -> None:
    found = clean_company(pl.DataFrame({"company": [row["line"] for row in cases()]}))
    assert found.columns == [column.name for column in COMPANY] + ["repairs"]
    assert set(found["company_status"]) <= set(STATUSES)
    told = found.select(pl.col("repairs").list.explode().struct.field("reason")).to_series().drop_nulls()
    assert set(told) <= set(reasons())


def test_a_clean_name_stays_as_it_is() -> None:
    once = clean_company(pl.DataFrame({"company": [row["line"] for row in cases()]}))
    again = clean_company(once.select("company"))
    for column in ("company", "company_core", "company_key", "legal_form"):
        assert again[column].to_list() == once[column].to_list()


@pytest.mark.parametrize(
    "same",
    [
        ("Müller GmbH & Co. KG", "Müller GmbH u. Co KG", "MÜLLER GMBH+CO.KG", "Mueller GmbH und Co. KG", "mueller"),
        ("Groß & Klein GmbH", "GROSS + KLEIN GMBH", "Gross und Klein", "Groß u. Klein AG"),
        ("H&M", "H & M", "HM", "H. + M."),
        ("Müller-Bau GmbH", "Müller Bau", "Müller – Bau KG"),
        ("Firma Müller", "Fa. Müller", "Die Firma Müller GmbH", "Müller & Co."),
    ],
)
def test_spellings_of_one_company_share_a_key(same: tuple[str, ...]) -> None:
    assert company_key(pl.Series(same)).n_unique() == 1


def test_different_companies_keep_different_keys() -> None:
    names = ["Bauer GmbH", "Bar GmbH", "Müller Verwaltungs-GmbH", "Müller GmbH", "Acme Group Ltd", "Acme Holdings Ltd"]
    assert company_key(pl.Series(names)).n_unique() == len(names)


def test_second_line_attention_and_title() -> None:
    found = clean_company(
        pl.DataFrame(
            {
                "company": ["Müller GmbH", "Müller GmbH", "Müller GmbH", "Müller GmbH"],
                "company_addition": ["z.Hd. Frau Schmidt, Einkauf", "Niederlassung Köln", "i.L.", None],
                "attention": [None, None, None, "Frau Schmidt, Abt. Vertrieb"],
                "department": [None, "EINKAUF", "Abt. Buha", None],
                "job_title": [" GF ", "-", "Leiter Einkauf", None],
            }
        )
    )
    assert found["company_site"].to_list() == [None, "Niederlassung Köln", None, None]
    assert found["company_status"].to_list() == ["valid", "valid", "liquidation", "valid"]
    assert found["department"].to_list() == ["Einkauf", "Einkauf", "Buchhaltung", "Vertrieb"]
    assert found["job_title"].to_list() == ["Geschäftsführung", None, "Leiter Einkauf", None]


@given(st.lists(NAMES, min_size=1, max_size=12))
@settings(max_examples=25)
def test_keys_of_keys_are_the_same_keys(names: list[str]) -> None:
    keys = company_key(pl.Series(names))
    assert company_key(keys).to_list() == keys.to_list()


@given(st.lists(NAMES, min_size=2, max_size=12))
@settings(max_examples=25)
def test_neighbours_do_not_matter(names: list[str]) -> None:
    found = clean_company(pl.DataFrame({"company": names}))
    assert clean_company(pl.DataFrame({"company": names[::-1]})).equals(found.reverse())
    assert clean_company(pl.DataFrame({"company": names[:1]})).equals(found.head(1))


def test_no_rows_and_no_columns() -> None:
    assert clean_company(pl.DataFrame({"company": []}, schema={"company": pl.String})).height == 0
    assert clean_company(pl.DataFrame({"given_name": ["Max"]}))["company_status"].to_list() == ["missing"]


@pytest.mark.parametrize(
    ("company", "country", "shown"),
    [
        ("Petit SARL", "FR", "Petit SARL"),
        ("Petit Sarl", "CH", "Petit Sàrl"),
        ("Petit S.à r.l.", "LU", "Petit Sàrl"),
        ("Petit Sàrl", "FR", "Petit SARL"),
        ("Silva Ltda.", "PT", "Silva Lda."),
        ("Petit SARL", None, "Petit SARL"),
    ],
)
def test_a_form_is_written_as_its_country_writes_it(company: str, country: str | None, shown: str) -> None:
    record = pl.DataFrame({"company": [company], "country_iso": pl.Series([country], dtype=pl.String)})
    found = clean_company(record)
    assert found["company"].item() == shown
    assert shown.endswith(found["legal_form"].item())
