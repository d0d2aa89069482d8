"""Whole addresses in English order, taken apart from the postcode backwards."""

from __future__ import annotations

import pytest

from enrichment.address.english_lines import read_english

# address | street | extra | box | postcode | city | region
ADDRESSES = """
660 Nostrand Ave, Brooklyn, N.Y., 11216|660 Nostrand Ave|||11216|Brooklyn|NY
Planned Parents, 44 Court St, 6th Floor, Albany, NY 12201|44 Court St|Planned Parents, 6th Floor||12201|Albany|NY
2120 E Hill Street #104 Signal Hill CA 90755|2120 E Hill Street|#104||90755|Signal Hill|CA
4411 Stone Way North Seattle, King County, WA 98103|4411 Stone Way North|King County||98103|Seattle|WA
912-914 8TH ST, CLARKSTON, WA 99403|912-914 8TH ST|||99403|CLARKSTON|WA
1011 South Dr, Indiana, Pennsylvania 15705|1011 South Dr|||15705|Indiana|Pennsylvania
PO Box 1, Seattle, WA 98103||| 1|98103|Seattle|WA
18312 SE Brooklyn CT Gresham OR|18312 SE Brooklyn CT||||Gresham|OR
332 Menzies Street, Victoria, BC V8V 2G9|332 Menzies Street|||V8V 2G9|Victoria|BC
14 George St, Sydney NSW 2000|14 George St|||2000|Sydney|NSW
Club 1 Leonard St, London, Greater London, England, N1 4RH|1 Leonard St|Club, England||N1 4RH|London|Greater London
318 Upper Street, N1 2XQ London|318 Upper Street|||N1 2XQ|London|
21, Kingswood Road SW2 4JE, London|21 Kingswood Road|||SW2 4JE|London|
Aston House, Cornwall Avenue, London, N3 1LF|Cornwall Avenue|Aston House||N3 1LF|London|
Flat 14, The Building, 60-66 Saffron Hill, London, EC1N 8QX|60-66 Saffron Hill|Flat 14, The Building||EC1N 8QX|London|
Unit 26 Roper Close, Canterbury, CT2 7EP|Roper Close|Unit 26||CT2 7EP|Canterbury|
29 Lottbridge Drove, Eastbourne, East Sussex BN23 6QD|29 Lottbridge Drove|||BN23 6QD|Eastbourne|East Sussex
""".strip().splitlines()


@pytest.mark.parametrize("line", ADDRESSES)
def test_an_address_is_read_from_its_end(line: str) -> None:
    text, street, extra, box, postcode, city, region = line.split("|")
    found = read_english(text, None)
    assert found is not None
    assert found[:6] == tuple(part.strip() or None for part in (street, extra, box, postcode, city, region))


@pytest.mark.parametrize(
    "text",
    ["Musterstraße 12, 70173 Stuttgart", "12 rue de Rivoli, 75001 Paris", "Am Markt 5 IN", "Hauptstr. 5", "", "Kiel"],
)
def test_other_addresses_are_left_to_others(text: str) -> None:
    assert read_english(text, None) is None


def test_an_address_of_another_country_is_not_read_so() -> None:
    assert read_english("Main Street 5, OX1 4AB", "FR") is None
