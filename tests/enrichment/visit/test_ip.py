"""IP addresses as web servers log them: `cases/ip.csv`, networks' kinds, truncation, missing databases."""

from __future__ import annotations

import csv
import ipaddress
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from contracts.clean import NETWORK, REPAIRS
from contracts.reasons import reasons
from contracts.statuses import IP as STATUSES
from enrichment.visit.ip import clean_ip
from enrichment.visit.network_kind import network_kind
from reference.ip import Databases, open_databases

CASES = list(csv.DictReader((Path(__file__).parents[1] / "cases" / "ip.csv").open(encoding="utf-8")))
NO_DATABASES = Databases(place=None, owner=None, kind=None)


@pytest.fixture(scope="module")
def databases() -> Databases:
    return open_databases(max_age_days=36_500)


def raw(texts: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"ip_address": texts}, schema={"ip_address": pl.String})


def test_cases(databases: Databases) -> None:
    clean = clean_ip(raw([case["input"] or None for case in CASES]), databases)
    got = list(zip(clean["ip_address"], clean["ip_status"], clean["ip_country"], strict=True))
    expected = [(case["address"] or None, case["status"], case["country"] or None) for case in CASES]
    different = [
        f"{case['input']} ({case['note']}): {have}"
        for case, have, want in zip(CASES, got, expected, strict=True)
        if have != want
    ]
    assert different == []


def test_place_network_and_source(databases: Databases) -> None:
    row = clean_ip(raw(["141.58.1.1"]), databases).row(0, named=True)
    assert row["ip_country"] == "DE"
    assert row["ip_region"] == "Baden-Württemberg"
    assert row["ip_city"] == "Stuttgart"
    assert row["ip_timezone"] == "Europe/Berlin"
    assert row["ip_network"] == "Universitaet Stuttgart"
    assert row["ip_network_kind"] == "education"
    assert row["ip_source"].startswith("DB-IP City Lite 2")
    assert row["ip_source"].endswith("kind: high")


def test_columns_and_evidence_are_the_promised_ones(databases: Databases) -> None:
    clean = clean_ip(raw([case["input"] or None for case in CASES]), databases)
    assert clean.columns == [column.name for column in NETWORK] + [REPAIRS.name]
    assert clean.schema[REPAIRS.name] == REPAIRS.dtype
    assert set(clean["ip_status"]) <= set(STATUSES)
    evidence = clean[REPAIRS.name].explode(empty_as_null=False).struct.unnest()
    assert set(evidence["reason"]) <= set(reasons())


@pytest.mark.parametrize(
    ("text", "reason", "value"),
    [
        ("80.128.0.1", None, None),
        ("10.0.0.1, 80.128.0.1", "ip_first_public", "80.128.0.1"),
        ("80.128.0.1:5678", "ip_notation", "80.128.0.1"),
        ("10.0.0.1", "ip_private", None),
        ("abc", "ip_invalid", None),
    ],
)
def test_evidence(databases: Databases, text: str, reason: str | None, value: str | None) -> None:
    found = clean_ip(raw([text]), databases)[REPAIRS.name].to_list()[0]
    assert [(entry["raw"], entry["reason"], entry["value"]) for entry in found] == (
        [(text, reason, value)] if reason else []
    )


def test_a_private_address_says_nothing_of_a_place(databases: Databases) -> None:
    row = clean_ip(raw(["10.0.0.5"]), databases).drop(REPAIRS.name).row(0, named=True)
    assert {name for name, value in row.items() if value is not None} == {"ip_status"}


def test_stored_addresses_can_be_truncated_after_locating_them_in_full(databases: Databases) -> None:
    texts = ["141.58.1.1", "2003:1:2:3:4::5", "::ffff:203.0.113.7"]
    full, cut = clean_ip(raw(texts), databases), clean_ip(raw(texts), databases, truncate=True)
    assert cut["ip_address"].to_list() == ["141.58.1.0", "2003:1:2::", "203.0.113.0"]
    places = ["ip_status", "ip_country", "ip_city", "ip_network"]
    assert_frame_equal(full.select(places), cut.select(places))
    evidence = cut[REPAIRS.name].explode(empty_as_null=False).struct.unnest()
    assert not set(evidence["raw"].drop_nulls()) & {"141.58.1.1", "2003:1:2:3:4::5", "::ffff:203.0.113.7"}


def test_without_databases_the_enrichment_is_skipped_and_nothing_fails() -> None:
    clean = clean_ip(raw(["80.128.0.1", "10.0.0.1", None]), NO_DATABASES)
    assert clean["ip_status"].to_list() == ["skipped", "private", "missing"]
    assert clean["ip_address"].to_list() == ["80.128.0.1", None, None]
    assert clean[REPAIRS.name].to_list()[0][0]["reason"] == "ip_database_missing"


@pytest.mark.parametrize(
    ("owner", "number", "kind"),
    [
        ("Deutsche Telekom AG", 3320, "isp"),
        ("Vodafone GmbH", 31334, "isp"),
        ("Swisscom (Schweiz) AG", 3303, "isp"),
        ("A1 Telekom Austria AG", 8447, "isp"),
        ("Stadtwerke Musterstadt GmbH", 64500, "isp"),
        ("Glasfaser Nord GmbH", 64501, "isp"),
        ("Hetzner Online GmbH", 24940, "hosting"),
        ("Muster Webhosting UG", 64502, "hosting"),
        ("AMAZON-02", 16509, "hosting"),
        ("M247 Europe SRL", 9009, "vpn"),
        ("Muster VPN Ltd", 64503, "vpn"),
        ("Verein zur Foerderung eines Deutschen Forschungsnetzes e.V.", 680, "education"),
        ("Hochschule Musterstadt", 64504, "education"),
        ("Max-Planck-Gesellschaft", 64505, "education"),
        ("Muster Maschinenbau GmbH", 64506, "company"),
        ("Zyx", 64507, "unknown"),
        ("Zyx", None, "unknown"),
    ],
)
def test_network_kind(owner: str, number: int | None, kind: str) -> None:
    found = network_kind(owner, number)
    assert found is not None
    assert found.kind == kind


def test_no_owner_no_kind() -> None:
    assert network_kind(None, None) is None


ADDRESSES = st.ip_addresses().map(str)


@settings(max_examples=60)
@given(st.lists(ADDRESSES | st.text(max_size=20), min_size=1, max_size=20))
def test_any_text_gives_one_row_each_and_clean_of_clean_is_clean(databases: Databases, texts: list[str]) -> None:
    once = clean_ip(raw(texts), databases)
    assert once.height == len(texts)
    kept = once.filter(pl.col("ip_address").is_not_null()).drop(REPAIRS.name)
    assert_frame_equal(clean_ip(kept, databases).drop(REPAIRS.name), kept)


@settings(max_examples=100)
@given(st.lists(st.ip_addresses(), min_size=1, max_size=20))
def test_public_and_private_as_the_standard_library_sees_them(
    databases: Databases, addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address]
) -> None:
    """What the standard library calls global is public here; we differ by ranges named in enrichment/visit/ip only."""
    statuses = clean_ip(raw([str(a) for a in addresses]), databases)["ip_status"]
    # special purpose, site-local, and NAT64, which stands for the IPv4 address inside
    ours = [ipaddress.ip_network(text) for text in ("192.0.0.0/24", "fec0::/10", "64:ff9b::/96")]
    for shown, status in zip(addresses, statuses, strict=True):
        address = getattr(shown, "ipv4_mapped", None) or shown  # a mapped address is the IPv4 address it maps
        if address.is_global and not address.is_multicast and not any(address in network for network in ours):
            assert status in {"located", "not_found"}


def test_order_does_not_matter(databases: Databases) -> None:
    frame = raw([case["input"] or None for case in CASES])
    assert_frame_equal(clean_ip(frame, databases), clean_ip(frame.reverse(), databases).reverse())
