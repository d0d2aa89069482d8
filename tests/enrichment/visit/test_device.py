"""User agents, languages and company domains: `cases/user_agent.csv`, `language.csv`, `company_domain.csv`."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clean import REPAIRS
from enrichment.company.domain import company_domain, own_domain, own_domains
from enrichment.visit.device import clean_device, language_of, read_agent

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def texts(**values: str) -> pl.DataFrame:
    """One record of text fields; empty is null."""
    return pl.DataFrame({name: pl.Series([value or None], dtype=pl.String) for name, value in values.items()})


@pytest.mark.parametrize("case", cases("user_agent"), ids=lambda case: case["input"][-60:])
def test_user_agent(case: dict[str, str]) -> None:
    found = clean_device(texts(user_agent=case["input"])).row(0, named=True)
    assert {name: found[name] or "" for name in ("browser", "operating_system", "device")} == {
        name: case[name] for name in ("browser", "operating_system", "device")
    }


@pytest.mark.parametrize("case", cases("language"), ids=lambda case: case["note"])
def test_language(case: dict[str, str]) -> None:
    found = clean_device(texts(language=case["input"]))["language"].to_list()
    assert found == [case["language"] or None]


@pytest.mark.parametrize("case", cases("company_domain"), ids=lambda case: case["note"])
def test_company_domain(case: dict[str, str]) -> None:
    record = texts(website=case["website"], email_domain=case["email_domain"])
    assert company_domain(record).to_list() == [case["domain"] or None]


def test_domains_read_at_once_are_those_read_one_by_one() -> None:
    suffixes = ("de", "co.uk", "uk", "gv.at", "sth.ac.at", "ck", "www.ck", "np", "kawasaki.jp", "city.kawasaki.jp", "x")
    hosts = [before + suffix for suffix in suffixes for before in ("", "a.", "b.a.", "https://www.b.a.")]
    mails = ["gmail.com", "x.gmail.com", "x.wixsite.com", "me@firma.de", "a.b:c@firma.de", "firma.de?a@b.de"]
    found = own_domains(pl.Series([*hosts, *mails])).to_list()
    assert found == [own_domain(text) for text in [*hosts, *mails]]


def test_the_stated_language_is_read_from_raw_and_clean_records() -> None:
    assert clean_device(pl.DataFrame({"language_stated": ["de_DE"]}))["language"].to_list() == ["de"]
    assert clean_device(pl.DataFrame({"language": ["de_DE"]}))["language"].to_list() == ["de"]


def test_an_unreadable_language_is_evidence_and_a_placeholder_is_not() -> None:
    clean = clean_device(pl.DataFrame({"language": ["klingon", "k.A.", "de", None]}))
    assert clean.columns == ["language", "browser", "operating_system", "device", REPAIRS.name]
    assert clean[REPAIRS.name].list.len().to_list() == [1, 0, 0, 0]
    assert clean[REPAIRS.name].to_list()[0][0]["reason"] == "language_unreadable"


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert language_of(text) is None or len(language_of(text) or "") == 2
    assert read_agent(text).device in {None, "desktop", "mobile", "tablet", "bot", "other"}
    assert company_domain(pl.DataFrame({"website": [text]})).len() == 1


@given(st.sampled_from(cases("company_domain")))
def test_domain_of_a_domain_is_itself(case: dict[str, str]) -> None:
    if case["domain"]:
        assert company_domain(pl.DataFrame({"website": [case["domain"]]})).to_list() == [case["domain"]]
