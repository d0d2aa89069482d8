"""The lists behind the sample: real towns with their own postcodes and dialling codes."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter, defaultdict
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from samples import lists

SHAPES = {
    **dict.fromkeys(("DE", "FR", "IT", "US"), r"\d{5}"),
    **dict.fromkeys(("AT", "CH"), r"\d{4}"),
    "LI": r"94\d\d",
    "NL": r"\d{4} [A-Z]{2}",
    "PL": r"\d\d-\d{3}",
    "GB": r"[A-Z]{1,2}\d[0-9A-Z]? \d[A-Z]{2}",
}
REGISTER = Path(__file__).parents[3] / "shared" / "data" / "register_companies.tsv.gz"


def test_there_are_many_towns_and_each_postcode_has_its_countrys_form() -> None:
    assert len(lists.towns()) > 300
    for town in lists.towns():
        assert town.postcodes, town
        for postcode in town.postcodes:
            assert re.fullmatch(SHAPES[town.country], postcode), town


def test_a_german_postcode_belongs_to_one_town_only() -> None:
    postcodes = Counter(postcode for town in lists.towns() if town.country == "DE" for postcode in town.postcodes)
    assert [postcode for postcode, count in postcodes.items() if count > 1] == []


@pytest.mark.skipif(not REGISTER.exists(), reason="the register of companies is not on this machine")
def test_german_postcodes_agree_with_the_register_of_companies() -> None:
    registered: dict[str, set[str]] = defaultdict(set)
    with gzip.open(REGISTER, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            registered[row["plz"]].add((row["city"] or "")[:4])
    ours = [(code, town.city[:4]) for town in lists.towns() if town.country == "DE" for code in town.postcodes]
    known = [(code, city) for code, city in ours if code in registered]
    assert len(known) > 1000
    assert [pair for pair in known if pair[1] not in registered[pair[0]] and pair[0] != "06862"] == []


def test_given_names_have_a_gender_a_weight_and_an_origin_with_family_names() -> None:
    for name in lists.given_names():
        assert name.gender in {"m", "f"} and name.weight > 0
        assert name.origin == "de" or lists.family_names_abroad()[name.origin]
    assert len(set(lists.family_names())) == len(lists.family_names()) > 200


def test_networks_are_public() -> None:
    assert all(IPv4Network(network.network).is_global for network in lists.networks())


def test_job_titles_cover_every_buying_role() -> None:
    roles = {title.role for title in lists.job_titles()}
    assert roles == {"decider", "buyer", "influencer", "user", "initiator", "gatekeeper", "unknown"}
