"""A handful of records: what data would tell is held from the start, and one person's copies do not make it common."""

from __future__ import annotations

import polars as pl
import pytest

from matching.leads.clustering import cluster
from matching.leads.judgement import judge_pairs

Row = dict[str, str]
THOMAS: Row = {"given_name": "Thomas", "family_name": "Müller"}
OTTOKAR: Row = {"given_name": "Ottokar", "family_name": "Quellberger"}


def leads(*rows: Row) -> list[int]:
    """The lead of each row, as the number of its first record."""
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(source=pl.lit("web"), name_status=pl.lit("valid"))
    if "email" in frame.columns:
        domain = pl.col("email").str.split("@").list.last()
        kind = pl.when(domain.is_in(["gmx.de", "web.de"])).then(pl.lit("freemail")).otherwise(pl.lit("company"))
        frame = frame.with_columns(email_domain=domain, email_kind=pl.when(domain.is_not_null()).then(kind))
        frame = frame.with_columns(company_domain=pl.when(pl.col("email_kind") == "company").then("email_domain"))
    return cluster(judge_pairs(frame).decisions, frame.height).clusters["cluster"].to_list()


def strangers(number: int) -> list[Row]:
    given = ("Anna", "Uwe", "Petra", "Jens")
    return [
        {
            "given_name": given[k % 4],
            "family_name": f"Nach{k}",
            "company_key": f"firma{k}",
            "city": f"Stadt{k}",
            "email": f"a{k}@firma{k}.de",
        }
        for k in range(number)
    ]


NAMESAKES: dict[str, tuple[Row, Row]] = {
    "like firms of two towns": (
        {"company_key": "sparkasse köln", "city": "Köln"},
        {"company_key": "sparkasse leipzig", "city": "Leipzig"},
    ),
    "like firms, towns in their names alone": ({"company_key": "volksbank ulm"}, {"company_key": "volksbank trier"}),
    "two parts of the country": ({"company_key": "autohaus nord"}, {"company_key": "autohaus sued"}),
    "and one town": (
        {"company_key": "autohaus nord", "city": "Kiel"},
        {"company_key": "autohaus sued", "city": "Kiel"},
    ),
    "two domains": ({"email": "t.mueller@autohaus-nord.de"}, {"email": "t.mueller@autohaus-sued.de"}),
    "two domains without hyphen": ({"email": "t.mueller@autohausnord.de"}, {"email": "t.mueller@autohaussued.de"}),
    "two private mailboxes": (
        {"company_key": "autohaus nord", "email": "thomas@gmx.de"},
        {"company_key": "autohaus sued", "email": "tm@web.de"},
    ),
    "two trunks": (
        {"company_key": "stadtwerke bonn", "phone": "+49228123450", "phone_extension": "0"},
        {"company_key": "stadtwerke trier", "phone": "+49651123450", "phone_extension": "0"},
    ),
    "communities": ({"company_key": "gemeinde oberdorf"}, {"company_key": "gemeinde niederdorf"}),
    "a firm and its sister": (
        {"company_key": "pöschl", "city": "Pollenfeld"},
        {"company_key": "pöschl anlagenbau", "city": "Pollenfeld"},
    ),
    "a firm and its holding": ({"company_key": "kerler"}, {"company_key": "kerler holding"}),
}


@pytest.mark.parametrize("others", [0, 5, 60])
@pytest.mark.parametrize("person", [THOMAS, OTTOKAR], ids=["common name", "rare name"])
@pytest.mark.parametrize("case", NAMESAKES)
def test_namesakes_at_firms_that_resemble_each_other_stay_apart(case: str, person: Row, others: int) -> None:
    one, other = NAMESAKES[case]
    assert leads(person | one, person | other, *strangers(others))[:2] == [0, 1]


ONE_FIRM: dict[str, tuple[Row, Row]] = {
    "spelt alike": ({"company_key": "lang bau", "city": "Köln"}, {"company_key": "lang bau", "city": "Köln"}),
    "cut short": ({"company_key": "mauss spezialbau"}, {"company_key": "mauss spezial"}),
    "a slip": ({"company_key": "hinrichs holztechnik"}, {"company_key": "hinrichs hoiztechnik"}),
    "two words in one": ({"company_key": "park apotheke", "city": "Ulm"}, {"company_key": "parkapotheke"}),
    "its town behind it": (
        {"company_key": "kerler", "city": "Kiel"},
        {"company_key": "kerler kiel", "city": "Kiel"},
    ),
    "its domain": (
        {"company_key": "lang bau"},
        {"email": "o.quellberger@lang-bau.de"},
    ),
    "one mobile at two sisters": (
        {"company_key": "pöschl", "mobile": "+491701234567"},
        {"company_key": "pöschl anlagenbau", "mobile": "+491701234567"},
    ),
    "one number at two sisters": (
        {"company_key": "pöschl", "phone": "+498912345678"},
        {"company_key": "pöschl anlagenbau", "phone": "+498912345678"},
    ),
}


@pytest.mark.parametrize("others", [0, 5, 60])
@pytest.mark.parametrize("case", ONE_FIRM)
def test_one_person_at_one_firm_is_one_lead(case: str, others: int) -> None:
    one, other = ONE_FIRM[case]
    assert leads(OTTOKAR | one, OTTOKAR | other, *strangers(others))[:2] == [0, 0]


SABINE: Row = {"given_name": "Sabine", "family_name": "Keller"}
COPIES: dict[str, Row] = {
    "everything": SABINE
    | {"email": "sabine.keller@keller-bau.de", "mobile": "+491701234567", "company_key": "keller bau", "city": "Ulm"},
    "name and firm": SABINE | {"company_key": "keller bau"},
    "name and place": SABINE | {"postcode": "89073", "city": "Ulm", "street": "Hauptstr.", "house_number": "3"},
    "name and mailbox": SABINE | {"email": "sabine.keller@keller-bau.de"},
    "name and mobile": SABINE | {"mobile": "+491701234567"},
    "private mailbox alone": {"email": "sabine.keller@gmx.de"},
}


@pytest.mark.parametrize("number", [2, 100, 2_000])
@pytest.mark.parametrize("case", COPIES)
def test_copies_of_one_person_alone_in_a_home_are_one_lead(case: str, number: int) -> None:
    assert set(leads(*[COPIES[case]] * number)) == {0}


@pytest.mark.slow
def test_so_are_fifteen_thousand() -> None:
    assert set(leads(*[COPIES["name and firm"]] * 15_000)) == {0}


@pytest.mark.parametrize("case", COPIES)
def test_copies_change_nothing_for_others(case: str) -> None:
    others = strangers(60) + [THOMAS | NAMESAKES["two domains"][side] for side in (0, 1)]
    assert leads(*others, *[COPIES[case]] * 500)[: len(others)] == leads(*others)


def test_one_person_who_is_written_in_several_ways_and_alone_in_a_home_is_one_lead() -> None:
    ways = [
        COPIES["everything"] | change
        for change in (
            {},
            {"mobile": "+491701234568"},
            {"company_key": "keller bau ulm"},
            {"given_name": "S."},
            {"city": "Neu-Ulm"},
        )
    ]
    assert set(leads(*ways * 600)) == {0}


def test_a_name_alone_is_no_evidence_however_often_it_comes() -> None:
    assert len(set(leads(*[THOMAS] * 40))) == 40
