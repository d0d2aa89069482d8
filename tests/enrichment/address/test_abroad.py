"""Addresses abroad: verified, corrected, in conflict or left open, by lists that mostly name one town a postcode."""

from __future__ import annotations

import pytest

from enrichment.address.locality import Localities, Verdict
from reference.places import load_places
from reference.world_places import load_world_places


@pytest.fixture(scope="module")
def localities() -> Localities:
    return Localities(load_places(), load_world_places())


def judged(localities: Localities, place: str) -> Verdict:
    """The verdict on `FR 75008 Paris`: country, postcode up to the last word of digits, town."""
    country, postcode, city = place.split("|")
    return localities.judge(postcode, city, country, "DE")


@pytest.mark.parametrize(
    "place",
    [
        "FR|75008|Paris", "FR|69003|LYON", "FR|13001|Marseille", "FR|93200|Saint-Denis", "FR|06000|Nice",
        "IT|20121|Milano", "IT|39100|Bozen", "IT|39012|Meran", "IT|35131|Padova (PD)", "IT|00185|Roma",
        "ES|46001|Valencia", "ES|08001|Barcelona", "NL|2513 AA|Den Haag", "NL|1012AB|Amsterdam",
        "BE|1000|Bruxelles", "BE|1000|Brussel", "BE|4000|Liege", "LU|L-1855|Luxembourg",
        "GB|SW1A 1AA|London", "US|10001|New York", "US|10001|Manhattan", "US|20001|Washington D.C.",
        "CA|H3Z 2Y7|Montreal", "CA|M5V 2T6|Toronto", "PL|00-950|Warszawa", "CZ|110 00|Praha", "SK|811 01|Bratislava",
        "HU|1051|Budapest", "DK|1620|København V", "SE|111 22|Stockholm", "NO|0150|Oslo", "FI|00100|Helsingfors",
        "PT|1000-001|Lisboa", "TR|34744|Istanbul", "RO|010071|București", "GR|105 57|Athen", "GR|10557|Αθήνα",
        "SI|1000|Ljubljana", "HR|10000|Zagreb", "UA|01001|Kyiv", "AU|2000|Sydney", "NZ|1010|Auckland",
        "BR|01310-100|São Paulo", "MX|06600|Ciudad de México", "ZA|8001|Cape Town",
    ],
)  # fmt: skip
def test_town_and_postcode_that_agree_are_verified(localities: Localities, place: str) -> None:
    assert judged(localities, place).status == "locality"


@pytest.mark.parametrize(
    ("place", "city", "reason"),
    [
        ("IT|20121|Mailand", "Milano", "city_exonym"),
        ("BE|9000|Ghent", "Gent", "city_exonym"),
        ("PL|50-203|Breslau", "Wrocław", "city_exonym"),
        ("FR|67000|Straßburg", "Strasbourg", "city_exonym"),
        ("CZ|110 00|Prague", "Praha", "city_exonym"),
        ("US|94103|San Fransisco", "San Francisco", "city_misspelt"),
        ("FR|31000|Toulose", "Toulouse", "city_misspelt"),
        ("SE|722 18|Västeros", "Västerås", "city_misspelt"),
    ],
)
def test_another_language_and_a_slip_are_corrected(localities: Localities, place: str, city: str, reason: str) -> None:
    found = judged(localities, place)
    assert (found.status, found.city, found.city_reason) == ("corrected", city, reason)


@pytest.mark.parametrize(
    ("place", "suggestion"),
    [
        ("IT|10121|Roma", "10121 Torino"),
        ("FR|75008|Lyon", "75008 Paris"),
        ("US|60601|Boston", "60601 Chicago"),
        ("NL|1012 AB|Rotterdam", "1012 AB Amsterdam"),
    ],
)
def test_a_town_from_another_part_of_the_country_is_in_conflict(
    localities: Localities, place: str, suggestion: str
) -> None:
    found = judged(localities, place)
    assert (found.status, found.suggestion) == ("conflict", suggestion)
    assert found.city == place.rpartition("|")[2]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("GB|SG4 9XX|Hitchin", "city_unknown"),
        ("GB|PO30 1UD|Newport", "city_unknown"),
        ("IE|D02 X285|Dublin", "country_without_reference"),
        ("FR|75008|La Défense", "city_unknown"),
        ("US|10250|Los Angeles", "postcode_unknown"),
    ],
)
def test_what_the_lists_cannot_say_stays_open(localities: Localities, place: str, reason: str) -> None:
    found = judged(localities, place)
    assert (found.status, found.reason) == ("unverifiable", reason)
    assert found.city == place.rpartition("|")[2]


def test_a_postcode_of_the_wrong_form_is_a_conflict(localities: Localities) -> None:
    assert judged(localities, "FR|7500|Paris").reason == "postcode_format"
