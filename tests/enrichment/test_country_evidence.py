"""Country: decided by what the record says, with its basis; a number read by a mere guess is never valid."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.raw import RAW_RECORDS
from enrichment.clean_records import Context, ContextSource, clean_batch


@pytest.fixture(scope="module")
def context() -> Context:
    return ContextSource().open()


def clean(context: Context, **record: str) -> dict[str, object]:
    raw = RAW_RECORDS.conform(pl.DataFrame([{"default_country": "DE"} | record]))
    return clean_batch(raw, context).to_dicts()[0]


def cells(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(" | "))


EVIDENCE = """
    city=Torino                                       > IT address
    city=New York | postcode=10118                    > US address
    city=New York, NY | postcode=10118                > US address
    city=Milano MI | postcode=20121                   > IT address
    city=İstanbul | postcode=34758                    > TR address
    city=Stockholm | postcode=111 22                  > SE address
    city=Москва | postcode=101000                     > RU address
    city=København K | postcode=1050                  > DK address
    city=Brüssel | postcode=1000                      > BE address
    postcode=SW1A 1AA                                 > GB address
    address=Via Roma 15, 10121 Torino                 > IT address
    city=Zürich                                       > CH address
    city=Wien                                         > AT address
    city=Altona | postcode=22767                      > DE address
    city=Stuttgart                                    > DE default
    city=Stuttgart | email=a@bei-allen.at             > DE address
    city=Torino | country=Schweiz                     > CH stated
    city=Valencia | postcode=46001                    > ES address
    mobile=+380 67 123 45 68 | email=olha@agro.ua     > UA phone
    mobile=00380 67 123 45 68                         > UA phone
    phone=067 123 45 68 | email=olha@agro.ua          > UA email
    mobile=+1 416 736 5002                            > CA phone
    mobile=+1 212 736 5002                            > US phone
    mobile=+7 701 123 45 67                           > KZ phone
    website=https://www.firma.fr/contact              > FR website
    email=a@firma.co.uk                               > GB email
    email=a@gmx.at                                    > DE default
    email=a@firma.io                                  > DE default
    email=a@firma.eu                                  > DE default
    email=a@firma.de                                  > DE default
    mobile=+43 664 1234567 | email=a@firma.de         > DE default
    mobile=+43 664 1234567 | email=a@firma.com        > AT phone
    mobile=+43 664 1234567 | email=a@firma.ch         > None None
    mobile=+41 79 123 45 67 | email=a@firma.ch        > CH phone
    phone=0711 1234567                                > DE default
"""


@pytest.mark.parametrize("case", [line.strip() for line in EVIDENCE.strip().splitlines()])
def test_the_country_and_its_basis(case: str, context: Context) -> None:
    record, _, expected = case.partition(">")
    found = clean(context, **cells(record.strip()))
    assert f"{found['country']} {found['country_basis']}" == expected.strip()


@pytest.mark.parametrize(
    ("record", "number", "status"),
    [
        ("phone=333 1234569 | city=Torino", "+393331234569", "valid"),
        ("phone=(212) 736-5002 | city=New York | postcode=10118", "+12127365002", "valid"),
        ("phone=08-123 456 79 | city=Stockholm | postcode=111 22", "+46812345679", "valid"),
        ("phone=0532 123 45 69 | city=İstanbul", "+905321234569", "valid"),
        ("phone=0711 1234567", "+497111234567", "valid"),
        ("phone=089 1234567 | city=München-Schwabing", "+49891234567", "valid"),
        ("phone=0174 4678963 | postcode=1187 | email=a@firma.de", "+491744678963", "valid"),
        ("phone=0174 4678963 | postcode=1187", "+491744678963", "possible"),
        ("phone=0711 1234567 | email=a@gmx.at", "+497111234567", "valid"),
        ("phone=0711 1234567 | city=Stuttgart", "+497111234567", "valid"),
        ("phone=030 1234567 | city=Hintertupfing", "+49301234567", "possible"),
        ("phone=030 1234567 | city=Hintertupfing | email=a@b.de", "+49301234567", "valid"),
        ("phone=+49 30 1234567 | city=Hintertupfing", "+49301234567", "valid"),
        ("phone=0711 1234567 | email=a@firma.at", "+497111234567", "possible"),
    ],
)
def test_no_number_is_valid_by_a_guessed_country(record: str, number: str, status: str, context: Context) -> None:
    found = clean(context, **cells(record))
    slot = "mobile" if found["mobile"] else "phone"
    assert (found[slot], found[f"{slot}_status"]) == (number, status)
