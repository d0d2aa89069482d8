"""Exports of CRMs, address books and directories: what is nested, grouped or flagged keeps its meaning."""

from __future__ import annotations

import json

import polars as pl
import pytest

from sources.budget import Budget
from sources.columns.data_rows import Watch
from sources.columns.headers import look_up
from sources.columns.mapping import map_columns
from sources.columns.naming import Namer
from sources.content import Content
from sources.formats.choose import read_content
from sources.formats.flatten import flat
from sources.problems import Problem
from sources.reading import ROW, Reading
from sources.settings import SourceSettings

BELOW = """
    org_id.name > company             | organization.name > company     | organizations.name > company
    employer.name > company           | companies.name > company        | currentCompany.name > company
    organizations.title > job_title   | positions.title > job_title     | experience.company > company
    organizations.department > department | org.website > website       | company.domain > website
    emailAddresses.address > email    | emails[].value > email          | emails[0].value > email
    emails.work > email               | primary_email.email > email     | emails2.value > email
    phoneNumbers.value > phone        | phones.main > phone             | phoneNumbers.mobile > mobile
    phones.workFax > fax              | phoneNumbers.canonicalForm > phone
    businessAddress.countryOrRegion > country | addresses.formattedValue > address
    emails.primary > None             | emailAddresses.name > None      | email.label > None
    owner.name > None                 | owner_id.email > None           | creator.organization.name > None
    urls.value > website
"""


@pytest.mark.parametrize("case", [one.strip() for one in BELOW.replace("\n", "|").split("|") if one.strip()])
def test_a_nested_name_keeps_its_parents_meaning(case: str) -> None:
    name, _, field = case.partition(" > ")
    assert str(look_up(name).field) == field


def fields(entry: dict[str, object]) -> dict[str, str]:
    """The fields of one object as it is read."""
    row = {name: value or "" for name, value in flat(entry).items()}
    frame = pl.DataFrame({str(place): [value] for place, value in enumerate(row.values())})
    mapping = map_columns(list(row), frame, SourceSettings())
    named = pl.DataFrame(Namer(mapping).named(frame.select(pl.lit(1, pl.Int64).alias(ROW), pl.all()), None, None))
    return {name: value for name, value in named.drop(ROW, "extra").to_dicts()[0].items() if value}


PEOPLE = [
    (  # Pipedrive
        '{"name":"Horst Bieber","email":[{"label":"work","value":"h@bieber.de","primary":true}],"phone":['
        '{"label":"work","value":"0711 66"},{"label":"mobile","value":"0171 66"}],"org_id":{"name":"Bieber GmbH"},'
        '"owner_id":{"name":"V"}}',
        {"full_name": "Horst Bieber", "email": "h@bieber.de", "phone": "0711 66", "mobile": "0171 66",
         "company": "Bieber GmbH"},
    ),
    (  # Microsoft Graph
        '{"givenName":"Pia","surname":"Laub","emailAddresses":[{"address":"p@laub.de","name":"Pia Laub"}],'
        '"businessAddress":{"countryOrRegion":"Österreich","city":"Wien"},"homeAddress":{"city":"Graz"},'
        '"businessPhones":["01 51"]}',
        {"given_name": "Pia", "family_name": "Laub", "email": "p@laub.de", "country": "Österreich", "city": "Wien",
         "phone": "01 51"},
    ),
    (  # Google People
        '{"names":[{"familyName":"Kern","givenName":"Olli"}],"organizations":[{"name":"Kern GmbH","title":"Chef"}],'
        '"phoneNumbers":[{"value":"0711 66","type":"work"},{"value":"0711 99","type":"workFax"}],'
        '"addresses":[{"type":"home","city":"Berlin"},{"type":"work","city":"München"}]}',
        {"family_name": "Kern", "given_name": "Olli", "company": "Kern GmbH", "job_title": "Chef", "phone": "0711 66",
         "fax": "0711 99", "city": "München"},
    ),
    (  # a form's pairs are named by what was asked
        '{"field_data":[{"name":"email","values":["a@b.de"]},{"name":"full_name","values":["Anna Berg"]}]}',
        {"email": "a@b.de", "full_name": "Anna Berg"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PEOPLE, ids=["pipedrive", "graph", "people", "form"])
def test_a_person_of_an_api(text: str, expected: dict[str, str]) -> None:
    assert fields(json.loads(text)) == expected


def read(text: str, name: str) -> Reading:
    reading = next(read_content(Content.of_bytes(name, text.encode(), Budget()), SourceSettings()))
    assert isinstance(reading, Reading)
    return reading


LDIF = """version: 1
# people
dn: cn=Jens Voss,ou=people,dc=voss,dc=de
objectClass: inetOrgPerson
cn: Jens Voss
mail: jens@voss.de
mobile: +49 171
  5555551

dn: cn=Voss GmbH,dc=voss,dc=de
objectClass: organization
o: Voss GmbH
mail: info@voss.de

dn: ou=people,dc=voss,dc=de
objectClass: organizationalUnit
ou: people

dn: cn=room 5,dc=voss,dc=de
objectClass: room
cn: room 5

dn: cn=Ute,dc=voss,dc=de
cn:: w5xydGUgVm/Dnw==
sn: Voß
telephoneNumber;lang-de: 0711 5553335
"""


def test_a_directory_is_read_entry_by_entry() -> None:
    reading = read(LDIF, "people.ldif")
    rows = [row for batch in reading.batches for row in batch.frame().drop(ROW).rows()]
    found = [{name: cell for name, cell in zip(reading.header, row, strict=True) if cell} for row in rows]
    assert found == [
        {"full_name": "Jens Voss", "email": "jens@voss.de", "mobile": "+49 171 5555551"},
        {"company": "Voss GmbH", "email": "info@voss.de"},
        {"full_name": "Ürte Voß", "family_name": "Voß", "phone": "0711 5553335"},
    ]
    assert [problem.reason for problem in reading.problems] == ["no_person_card", "no_person_card"]
    assert reading.rows_in_file() == 5


@pytest.mark.parametrize(
    ("head", "company"),
    [
        ("Gruppe Eins GmbH (2 records)", "Gruppe Eins GmbH"),
        ("Gruppe Eins GmbH (1.204 Datensätze)", "Gruppe Eins GmbH"),
        ("Firma: Gruppe Eins GmbH (2 Einträge)", "Gruppe Eins GmbH"),
    ],
)
def test_the_rows_of_a_group_have_its_name(head: str, company: str) -> None:
    rows = [(head, None, None), (None, "Gina", "Erst"), (None, "Gustav", "Zweit"), ("Andere AG", "Ina", "Kehl")]
    last = [
        ("Gruppe Zwei AG (1 record)", None, None),
        (None, "Gero", "Dritt"),
        ("Grand Totals (3 records)", None, None),
    ]
    frame = pl.DataFrame([*rows, *last], schema=["0", "1", "2"], orient="row").with_row_index(ROW)
    problems: list[Problem] = []
    watch = Watch(["Firma", "Vorname", "Nachname"], problems)
    frame = frame.with_columns(pl.col(ROW).cast(pl.Int64))
    found = pl.concat([watch.clean(frame[:2]), watch.clean(frame[2:])])
    assert found["0"].to_list() == [company, company, "Andere AG", "Gruppe Zwei AG"]
    assert [problem.reason for problem in problems] == ["group_row", "group_row", "total_row"]


@pytest.mark.parametrize(
    "cells", [("Muster GmbH Ergebnis", None, "12"), ("Summe", None, "12"), ("Total (3 records)", None, None)]
)
def test_totals_of_groups_are_no_leads(cells: tuple[str | None, ...]) -> None:
    problems: list[Problem] = []
    frame = pl.DataFrame([cells], schema={"0": pl.String, "1": pl.String, "2": pl.String}, orient="row")
    frame = frame.select(pl.lit(1, pl.Int64).alias(ROW), pl.all())
    assert Watch(["Firma", "Vorname", "Anzahl"], problems).clean(frame).height == 0
    assert [problem.reason for problem in problems] == ["total_row"]


def test_a_flag_tells_organisations_from_persons() -> None:
    header = ["display_name", "is_company", "parent_id/name", "email"]
    rows = [
        ("Azurblau Möbel, Brita Frei", "False", "Azurblau Möbel", "b@azurblau.de"),
        ("Azurblau Möbel", "True", None, "info@azurblau.de"),
        ("Ida Ast", "False", None, "i@ast.de"),
    ]
    frame = pl.DataFrame(rows, schema=["0", "1", "2", "3"], orient="row")
    mapping = map_columns(header, frame, SourceSettings())
    named = Namer(mapping).named(frame.select(pl.lit(1, pl.Int64).alias(ROW), pl.all()), None, None)
    found = pl.DataFrame(named).select("full_name", "company").rows()
    assert found == [("Brita Frei", "Azurblau Möbel"), (None, "Azurblau Möbel"), ("Ida Ast", None)]
