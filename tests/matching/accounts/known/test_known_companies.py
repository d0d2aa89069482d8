"""Known companies: which accounts are entries of a register, by exact names and numbers, and what it states of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from matching.accounts.known.known_companies import KNOWN, known_companies
from matching.accounts.shown.shown_accounts import shown_accounts
from tests.matching.accounts.companies import company_rows
from tests.matching.decisions.said import active

REGISTER = """\
Firma;Registergericht;Registernummer;Straße;Hausnummer;PLZ;Ort;Domain;Mutter
Adler Handelsgesellschaft mbH;Stuttgart;HRB 12;Hauptstraße;1;70173;Stuttgart;adler-handel.de;Adler Holding SE
Adler Holding SE;Stuttgart;HRB 99;Hauptstraße;1;70173;Stuttgart;;
Falke Optik GmbH;;HRB 5;;;80331;München;;
Falke Optik GmbH;;HRB 6;;;50667;Köln;;
Falke Optik AG;;HRB 8;;;20095;Hamburg;;
Quistberg Wälzlager GmbH & Co. KG;;;;;99084;Erfurt;quistberg.de;
"""

Rows = Sequence[dict[str, str | int | None]]


def found(folder: Path, rows: Rows, clusters: Sequence[int] | None = None) -> pl.DataFrame:
    names = company_rows(rows)
    numbers = pl.Series(clusters or range(len(rows)), dtype=pl.UInt32)
    return known_companies(folder, names, names.select("name", cluster=numbers))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "register"
    place.mkdir()
    (place / "companies.csv").write_text(REGISTER, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("row", "number"),
    [
        ({"company": "Adler Handelsges. mbH", "postcode": "70173"}, "Stuttgart HRB 12"),
        ({"company": "ADLER HANDELSGESELLSCHAFT", "city": "Stuttgart"}, "Stuttgart HRB 12"),
        ({"company": "Adler-Handel", "register_no": "Stuttgart HRB 12"}, "Stuttgart HRB 12"),
        ({"company": "Falke Optik", "city": "München"}, "HRB 5"),
        ({"company": "Falke Optik GmbH", "city": "Köln"}, "HRB 6"),
        ({"company": "Falke Optik GmbH", "register_no": "HRB 5"}, "HRB 5"),
        ({"company": "Falke Optik GmbH", "city": "Hamburg"}, None),
        ({"company": "Falke Optik GmbH", "city": "Dresden"}, None),
        ({"company": "Falke Optik GmbH"}, None),
        ({"company": "Falk Optik GmbH", "city": "München"}, None),
        ({"company": "Falke Optik GmbH", "city": "München", "country": "AT"}, None),
        ({"company": "Falke Optik GmbH", "city": "München", "register_no": "HRB 77"}, None),
        ({"company": "Tischlerei Ohm", "register_no": "HRB 5", "city": "Bremen"}, None),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_an_account_is_an_entry_by_name_and_place_or_by_number(
    row: dict[str, str | int | None], number: str | None, folder: Path
) -> None:
    assert found(folder, [row])["register_no"].to_list() == [number] * (number is not None)


def test_the_only_entry_of_a_domain_is_its_account(folder: Path) -> None:
    told = found(folder, [{"company": "Quistberg", "domain": "quistberg.de", "city": "Jena"}])
    assert told.select("name", "postcode").rows() == [("Quistberg Wälzlager GmbH & Co. KG", "99084")]


def test_name_and_place_may_stand_in_two_rows_of_the_account(folder: Path) -> None:
    rows: Rows = [{"company": "Falke Optik GmbH"}, {"company": "Falcke Optik GmbH", "city": "Köln"}]
    assert found(folder, rows, [0, 0])["register_no"].to_list() == ["HRB 6"]


def test_a_name_stays_as_registered_and_its_address_is_the_registers(folder: Path) -> None:
    names = company_rows([{"company": "Adler Handelsgesellschaft GmbH", "street": "Am Markt", "postcode": "70173"}])
    clusters = pl.DataFrame(
        {"name": [0], "cluster": [0], "account_id": ["A0"]}, schema_overrides={"name": pl.UInt32, "cluster": pl.UInt32}
    )
    before = pl.DataFrame({"account_id": ["A0"], "name": ["Adler Handelsgesellschaft GmbH"]})
    shown = shown_accounts(names, clusters, active(), before, known=known_companies(folder, names, clusters))
    assert shown.select("name", "legal_form", "register_no", "street", "house_number", "city", "domain").rows() == [
        (
            "Adler Handelsgesellschaft mbH",
            "GmbH",
            "Stuttgart HRB 12",
            "Hauptstraße",
            "1",
            "Stuttgart",
            "adler-handel.de",
        )
    ]


def test_a_parent_that_is_an_account_too_stands_above(folder: Path) -> None:
    rows: Rows = [
        {"company": "Adler Handelsgesellschaft mbH", "city": "Stuttgart"},
        {"company": "Adler Holding SE", "city": "Stuttgart"},
    ]
    assert found(folder, rows).select("cluster", "parent").rows() == [(0, 1), (1, None)]


def test_gleif_tells_who_belongs_to_whom(tmp_path: Path) -> None:
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "lei2.csv").write_text(
        '"LEI","Entity.LegalName","Entity.LegalAddress.FirstAddressLine","Entity.LegalAddress.City",'
        '"Entity.LegalAddress.Country","Entity.LegalAddress.PostalCode","Entity.HeadquartersAddress.City",'
        '"Entity.RegistrationAuthority.RegistrationAuthorityEntityID","Entity.LegalForm.EntityLegalFormCode",'
        '"Entity.EntityStatus"\n'
        '"529900T8BM49AURSDO55","Falke Optik GmbH","Ring 3","Jena","DE","07743","Erfurt","HRB 5","2HBR","ACTIVE"\n'
        '"529900KUSU4MNCM5TB53","Falke Gruppe AG","Ring 3","Jena","DE","07743","Jena","HRB 9","6QQB","ACTIVE"\n',
        encoding="utf-8",
    )
    (folder / "rr.csv").write_text(
        '"Relationship.StartNode.NodeID","Relationship.StartNode.NodeIDType","Relationship.EndNode.NodeID",'
        '"Relationship.RelationshipType","Relationship.RelationshipStatus"\n'
        '"529900T8BM49AURSDO55","LEI","529900KUSU4MNCM5TB53","IS_ULTIMATELY_CONSOLIDATED_BY","ACTIVE"\n'
        '"529900KUSU4MNCM5TB53","LEI","529900T8BM49AURSDO55","IS_DIRECTLY_CONSOLIDATED_BY","INACTIVE"\n',
        encoding="utf-8",
    )
    told = found(folder, [{"company": "Falke Optik", "city": "Erfurt"}, {"company": "Falke Gruppe", "city": "Jena"}])
    assert told.select("name", "parent", "street", "city").rows() == [
        ("Falke Optik GmbH", 1, "Ring", "Jena"),
        ("Falke Gruppe AG", None, "Ring", "Jena"),
    ]


def test_a_company_struck_off_gives_way_to_one_that_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "register"
    folder.mkdir()
    entries = [
        {"name": "Falke Optik GmbH", "registered_address": "Ring 3, 07743 Jena.", "current_status": status, "n": n}
        | {"all_attributes": {"native_company_number": f"Jena HRB {n}"}, "jurisdiction_code": "de"}
        for n, status in ((5, "removed"), (6, "currently registered"))
    ]
    (folder / "de.jsonl").write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    assert found(folder, [{"company": "Falke Optik", "city": "Jena"}])["register_no"].to_list() == ["Jena HRB 6"]


@pytest.mark.parametrize(
    ("header", "row", "number"),
    [
        ("Firmenwortlaut;Firmenbuchnummer;PLZ;Ort;Land", "Falke Optik GmbH;123456a;1010;Wien;AT", "FN 123456a"),
        ("company_number;name;registered_address", "K1101R_HRB5;Falke Optik GmbH;Ring 3, 07743 Jena.", "HRB 5"),
        ("Firma;Registergericht;Registerart;Nummer;Sitz", "Falke Optik GmbH;Jena;HRB;5;Jena", "Jena HRB 5"),
    ],
    ids=["Firmenbuch", "number in the id", "kind and court in columns of their own"],
)
def test_numbers_are_read_as_registers_write_them(header: str, row: str, number: str, tmp_path: Path) -> None:
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "x.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    rows: Rows = [{"company": "Falke Optik", "city": "Wien"}, {"company": "Falke Optik", "city": "Jena"}]
    assert found(folder, rows)["register_no"].to_list() == [number]


def test_no_folder_states_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "register", [{"company": "Adler"}]).equals(pl.DataFrame(schema=KNOWN))


def test_the_order_of_entries_decides_nothing(folder: Path) -> None:
    rows: Rows = [{"company": "Falke Optik", "city": "Köln"}, {"company": "Adler Holding", "city": "Stuttgart"}]
    before = found(folder, rows)
    header, *lines = REGISTER.splitlines()
    (folder / "companies.csv").write_text("\n".join([header, *reversed(lines)]), encoding="utf-8")
    assert found(folder, rows).equals(before)
