"""Whole addresses without a sign between street and town, and addresses of the world in one line."""

from __future__ import annotations

import polars as pl
import pytest

from enrichment.address.clean import clean_address
from reference.places import load_places

# address | street | number | extra | postcode | city | region | country
ADDRESSES = """
70173 Stuttgart Königstraße 5|Königstraße|5||70173|Stuttgart|Baden-Württemberg|DE
20537 Hamburg Wendenstr. 414|Wendenstraße|414||20537|Hamburg|Hamburg|DE
CH-8001 Zürich Bahnhofstrasse 12|Bahnhofstrasse|12||8001|Zürich|Zürich|CH
73728 Esslingen am Neckar Marktplatz 3|Marktplatz|3||73728|Esslingen am Neckar|Baden-Württemberg|DE
75008 Paris 12 avenue des Champs-Élysées|avenue des Champs-Élysées|12||75008|Paris||FR
123 Main St Apt 456 Oakland CA 94601|Main St|123|Apt 456|94601|Oakland|CA|US
660 Nostrand Ave, Brooklyn, N.Y., 11216|Nostrand Ave|660||11216|Brooklyn|NY|US
25050 ALESSANDRO BLVD, STE B, MORENO VALLEY, CA, 92553-4313|Alessandro Blvd|25050|STE B|92553-4313|MORENO VALLEY|CA|US
103 BEAL PKWY SE, FT WALTON BEACH, FL|Beal Pkwy Se|103|||FT WALTON BEACH|FL|US
Flat 6, 12 High Street, Oxford OX1 4AB|High Street|12|Flat 6|OX1 4AB|Oxford||GB
12 rue de Rivoli, 75001 Paris|rue de Rivoli|12||75001|Paris||FR
Kerkstraat 13 bus 201, 9000 Gent|Kerkstraat|13|bus 201|9000|Gent||BE
Via Roma 15/B int. 4, 10121 Torino|Via Roma|15/B|int. 4|10121|Torino||IT
Calle Mayor 5, 3º B, 28013 Madrid|Calle Mayor|5|3º B|28013|Madrid||ES
Avenida da Liberdade 110, 2º Esq., 1250-146 Lisboa|Avenida da Liberdade|110|2º Esq.|1250-146|Lisboa||PT
Sveavägen 12 lgh 1101, 111 57 Stockholm|Sveavägen|12|lgh 1101|111 57|Stockholm||SE
ul. Marszałkowska 10 lok. 5, 00-590 Warszawa|ul. Marszałkowska|10|lok. 5|00-590|Warszawa||PL
Rue Neuve 12 bte 4, 1000 Bruxelles|Rue Neuve|12|bte 4|1000|Bruxelles||BE
""".strip().splitlines()
PARTS = ["street", "house_number", "address_extra", "postcode", "city", "region", "country"]


@pytest.fixture(scope="module")
def judged() -> dict[str, dict[str, str | None]]:
    lines = [line.split("|")[0] for line in ADDRESSES]
    records = pl.DataFrame({"address": lines}).with_columns(default_country=pl.lit("DE"))
    return dict(zip(lines, clean_address(records, load_places()).iter_rows(named=True), strict=True))


@pytest.mark.parametrize("line", ADDRESSES)
def test_an_address_in_one_line_is_taken_apart(judged: dict[str, dict[str, str | None]], line: str) -> None:
    text, *expected = line.split("|")
    assert [judged[text][part] or "" for part in PARTS] == expected


@pytest.mark.parametrize(
    ("country", "box", "expected"),
    [
        ("NL", "Postbus 12345", "12345"), ("US", "PO Box 1234", "1234"), ("FR", "BP 123", "123"),
        ("ES", "Apartado 1234", "1234"), ("BR", "Caixa Postal 1234", "1234"), ("PL", "Skr. poczt. 12", "12"),
        ("NO", "Postboks 1234", "1234"), ("DE", "Postfach 10203", "1 02 03"),
    ],
)  # fmt: skip
def test_boxes_stand_in_the_notation_of_their_country(country: str, box: str, expected: str) -> None:
    found = clean_address(pl.DataFrame({"street": [box], "country": [country]}), load_places())
    assert found.select("po_box", "street").row(0) == (expected, None)


@pytest.mark.parametrize(
    ("country", "written", "expected"),
    [
        ("PT", "4050262", "4050-262"), ("IE", "d07-r6ye", "D07 R6YE"), ("BR", "01310100", "01310-100"),
        ("CA", "m5v2t6", "M5V 2T6"), ("GB", "sw1a1aa", "SW1A 1AA"), ("SE", "11122", "111 22"),
        ("NL", "1012ab", "1012 AB"),
    ],
)  # fmt: skip
def test_postcodes_stand_in_the_notation_of_their_country(country: str, written: str, expected: str) -> None:
    records = pl.DataFrame({"street": ["Street 1"], "postcode": [written], "city": ["X"], "country": [country]})
    found = clean_address(records, load_places())
    assert found["postcode"].item() == expected
    assert found["address_status"].item() != "conflict"
