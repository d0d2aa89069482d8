"""Databases of addresses: a user's files of any schema work unchanged; broken or old ones are reported, never fatal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import geoip2.database
import numpy as np
import polars as pl
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from reference.ip import Addresses, Databases, open_databases, read_record

NETWORK = "80.128.0.0/11"
INSIDE, OUTSIDE = "80.128.0.1", "203.0.113.7"

GEOIP2_CITY = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "HE", "names": {"de": "Hessen", "en": "Hesse"}}],
    "city": {"names": {"de": "Köln", "en": "Cologne"}},
    "location": {"time_zone": "Europe/Berlin"},
}
IPINFO_LITE = {"asn": "AS3320", "as_name": "Deutsche Telekom AG", "country": "Germany", "country_code": "DE"}
SCHEMAS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("GeoLite2-City", GEOIP2_CITY, {"country": "DE", "region": "Hessen", "city": "Köln", "timezone": "Europe/Berlin"}),
    ("GeoIP2-City", GEOIP2_CITY, {"country": "DE", "city": "Köln"}),
    ("GeoLite2-Country", {"registered_country": {"iso_code": "DE"}, "country": {"iso_code": "AT"}}, {"country": "AT"}),
    (
        "GeoLite2-ASN",
        {"autonomous_system_number": 3320, "autonomous_system_organization": "Deutsche Telekom AG"},
        {"owner": "Deutsche Telekom AG", "asn": 3320},
    ),
    (
        "GeoIP2-ISP",
        {"autonomous_system_number": 3320, "isp": "Telekom", "organization": "Muster Maschinenbau GmbH"},
        {"owner": "Muster Maschinenbau GmbH", "asn": 3320},
    ),
    (
        "GeoIP2-Enterprise",
        GEOIP2_CITY | {"traits": {"organization": "Muster GmbH", "user_type": "business"}},
        {"country": "DE", "owner": "Muster GmbH", "kind": "company"},
    ),
    ("GeoIP2-Anonymous-IP", {"is_anonymous": True, "is_anonymous_vpn": True}, {"kind": "vpn"}),
    ("GeoIP2-Anonymous-IP", {"is_anonymous": True, "is_hosting_provider": True}, {"kind": "hosting"}),
    ("DBIP-City-Lite", GEOIP2_CITY, {"country": "DE", "city": "Köln"}),
    ("DBIP-Country-Lite", {"country": {"iso_code": "DE"}}, {"country": "DE"}),
    (
        "DBIP-ASN-Lite (compat=GeoLite2-ASN)",
        {"autonomous_system_number": 3320, "autonomous_system_organization": "DTAG"},
        {"owner": "DTAG", "asn": 3320},
    ),
    ("ipinfo bundle_location_lite.mmdb", IPINFO_LITE, {"country": "DE", "owner": "Deutsche Telekom AG", "asn": 3320}),
    (
        "ipinfo generic_country_asn_free.mmdb",
        {"country": "DE", "country_name": "Germany", "asn": "AS3320", "as_name": "DTAG"},
        {"country": "DE", "asn": 3320, "owner": "DTAG"},
    ),
    (
        "ipinfo standard_location.mmdb",
        {"country": "DE", "region": "Hesse", "city": "Kassel", "timezone": "Europe/Berlin"},
        {"city": "Kassel", "region": "Hesse", "timezone": "Europe/Berlin"},
    ),
    (
        "ipinfo asn.mmdb",
        {"asn": "AS24940", "name": "Hetzner Online GmbH", "type": "hosting"},
        {"owner": "Hetzner Online GmbH", "kind": "hosting"},
    ),
    ("ipinfo privacy.mmdb", {"vpn": "true", "hosting": ""}, {"kind": "vpn"}),
    (
        "city ipv4",
        {"country_code": "DE", "state1": "Hesse", "city": "Kassel", "timezone": ""},
        {"country": "DE", "region": "Hesse", "city": "Kassel"},
    ),
]


def write(path: Path, database_type: str, record: dict[str, Any], *, age_days: int = 0, ip_version: int = 4) -> Path:
    """A small database that knows one network."""
    writer = MMDBWriter(ip_version=ip_version, database_type=database_type, ipv4_compatible=ip_version == 6)
    writer.insert_network(IPSet([NETWORK]), record)
    writer.to_db_file(str(path))
    # the writer always stamps the present; the stamp is four big-endian bytes behind its name and two type bytes
    content = bytearray(path.read_bytes())
    at = content.index(b"build_epoch") + len(b"build_epoch") + 2
    content[at : at + 4] = int((datetime.now(UTC) - timedelta(days=age_days)).timestamp()).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def asked(*texts: str) -> Addresses:
    parsed = [ip_address(text) for text in texts]
    v6 = np.array([address.version == 6 for address in parsed], dtype=bool)
    value = np.array([int(a) >> (64 if a.version == 6 else 0) for a in parsed], dtype=np.uint64)
    return Addresses(pl.Series(texts, dtype=pl.String), v6, value)


def facts(databases: Databases, text: str) -> dict[str, Any]:
    row = databases.look_up(asked(text)).row(0, named=True)
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize(
    ("database_type", "record", "expected"), SCHEMAS, ids=[f"{s[0]}-{i}" for i, s in enumerate(SCHEMAS)]
)
def test_every_known_schema_is_read(
    tmp_path: Path, database_type: str, record: dict[str, Any], expected: dict[str, Any]
) -> None:
    write(tmp_path / "own.mmdb", database_type, record)
    databases = open_databases(tmp_path, shipped=tmp_path / "nothing shipped")
    found = facts(databases, INSIDE)
    assert {name: found.get(name) for name in expected} == expected
    assert facts(databases, OUTSIDE) == {}


def test_the_official_reader_reads_the_files_these_tests_write(tmp_path: Path) -> None:
    with geoip2.database.Reader(write(tmp_path / "city.mmdb", "GeoLite2-City", GEOIP2_CITY)) as reader:
        assert reader.city(INSIDE).city.names["de"] == "Köln"


def test_an_ipv6_file_answers_both_kinds_of_address(tmp_path: Path) -> None:
    write(tmp_path / "own.mmdb", "GeoLite2-Country", {"country": {"iso_code": "DE"}}, ip_version=6)
    databases = open_databases(tmp_path, shipped=tmp_path / "nothing shipped")
    assert facts(databases, INSIDE) == {"country": "DE"}
    assert facts(databases, "2003::1") == {}


def test_the_users_files_come_first_and_the_shipped_ones_fill_in(tmp_path: Path) -> None:
    write(tmp_path / "GeoIP2-City.mmdb", "GeoIP2-City", GEOIP2_CITY)
    databases = open_databases(tmp_path, max_age_days=36_500)
    found = facts(databases, INSIDE)
    assert (found["city"], found["owner"]) == ("Köln", "Deutsche Telekom AG")


def test_a_city_file_is_preferred_to_a_newer_country_file(tmp_path: Path) -> None:
    write(tmp_path / "a.mmdb", "GeoLite2-City", GEOIP2_CITY, age_days=30)
    write(tmp_path / "b.mmdb", "GeoLite2-Country", {"country": {"iso_code": "AT"}})
    assert facts(open_databases(tmp_path), INSIDE)["country"] == "DE"


def test_the_newer_of_two_files_answers(tmp_path: Path) -> None:
    old = GEOIP2_CITY | {"city": {"names": {"en": "Kassel"}}}
    write(tmp_path / "a.mmdb", "GeoLite2-City", old, age_days=100)
    write(tmp_path / "b.mmdb", "GeoLite2-City", GEOIP2_CITY, age_days=1)
    assert facts(open_databases(tmp_path), INSIDE)["city"] == "Köln"


def test_a_stale_file_is_left_out_and_reported(tmp_path: Path) -> None:
    write(tmp_path / "old.mmdb", "GeoLite2-City", GEOIP2_CITY, age_days=500)
    databases = open_databases(tmp_path, shipped=tmp_path / "nothing shipped")
    assert databases.place is None
    assert any(
        "GeoLite2-City" in sentence and "500 days old (limit 365)" in sentence for sentence in databases.problems
    )


def test_shipped_data_grows_old_too() -> None:
    databases = open_databases(today=date(2099, 1, 1))
    assert databases.place is None and databases.owner is None
    assert len(databases.problems) == 2


def test_broken_and_strange_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "broken.mmdb").write_bytes(b"this is no database")
    (tmp_path / "empty.mmdb").write_bytes(b"")
    write(tmp_path / "strange.mmdb", "Weather", {"temperature": 21})
    databases = open_databases(tmp_path, max_age_days=36_500)
    assert [sentence.split()[0] for sentence in databases.problems] == ["broken.mmdb", "empty.mmdb", "strange.mmdb"]
    assert facts(databases, INSIDE)["country"] == "DE"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("build_epoch", b"\x08\x02" + b"\xff" * 8),
        ("build_epoch", b"\x08\x02\x7f" + b"\xff" * 7),
        ("build_epoch", b"\x08\x02" + (253_402_300_799).to_bytes(8)),
        ("build_epoch", b"\x08\x02" + (253_402_300_800).to_bytes(8)),
        ("build_epoch", b"\x00\x02"),
        ("build_epoch", b"\x41x"),
        ("build_epoch", b"\x68\x7f\xf0" + bytes(6)),
        ("node_count", b"\xc4" + b"\xff" * 4),
        ("node_count", b"\xc0"),
        ("record_size", b"\xa0"),
        ("record_size", b"\xa1\x07"),
        ("record_size", b"\xa2\xff\xff"),
        ("record_size", b"\x41x"),
        ("ip_version", b"\xa1\x09"),
        ("database_type", b"\xa1\x09"),
        ("binary_format_major_version", b"\xa1\x09"),
    ],
)
def test_absurd_metadata_leave_a_database_out(tmp_path: Path, key: str, value: bytes) -> None:
    path = write(tmp_path / "city.mmdb", "GeoLite2-City", GEOIP2_CITY)
    whole = path.read_bytes()
    at = whole.rindex(key.encode()) + len(key)
    control = whole[at]  # its type in the upper three bits, 0 where a second byte has it; its size below
    path.write_bytes(whole[:at] + value + whole[at + 1 + (control >> 5 == 0) + (control & 31) :])
    databases = open_databases(tmp_path, max_age_days=36_500)
    (problem,) = databases.problems
    assert problem.startswith("city.mmdb cannot be read and was left out: ")
    assert facts(databases, INSIDE)["country"] == "DE"


def test_a_database_that_is_gone_when_it_is_asked_knows_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "city.mmdb", "GeoLite2-City", GEOIP2_CITY)
    databases = open_databases(tmp_path)
    path.unlink()
    assert databases.look_up(asked(INSIDE))["country"].to_list() == [None]


def test_no_folder_is_no_problem(tmp_path: Path) -> None:
    assert open_databases(tmp_path / "missing", max_age_days=36_500).problems == ()
    assert open_databases(None, max_age_days=36_500).problems == ()


def test_missing_shipped_files_are_reported(tmp_path: Path) -> None:
    databases = open_databases(None, shipped=tmp_path)
    assert databases.place is None and databases.owner is None
    assert len(databases.problems) == 2


def test_shipped_intervals_answer_at_their_edges() -> None:
    databases = open_databases(max_age_days=36_500)
    assert databases.place is not None
    found = databases.look_up(asked("80.128.0.0", "80.159.255.255", "0.0.0.1", "255.255.255.254", "2003::", "::1"))
    assert found["country"].to_list() == ["DE", "DE", None, None, "DE", None]
    assert found.height == 6
    assert databases.look_up(asked()).height == 0


@pytest.mark.parametrize("record", [None, 5, "text", [], {}, {"country": None}, {"city": 5}, {"subdivisions": []}])
def test_odd_records_say_nothing(record: object) -> None:
    assert set(read_record(record).values()) == {None}


@pytest.mark.slow
def test_a_damaged_database_never_ends_the_run(tmp_path: Path) -> None:
    """The library segfaults, or fails with an error of any name, where a pointer leads astray."""
    whole = write(tmp_path / "city.mmdb", "GeoLite2-City", GEOIP2_CITY).read_bytes()
    for number in range(24):
        damaged = bytearray(whole)
        for place in range(number, len(damaged), 24):
            damaged[place] ^= 0x7F if number % 2 else 0xE0
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "city.mmdb").write_bytes(bytes(damaged))
        databases = open_databases(folder)
        assert databases.look_up(asked(INSIDE, OUTSIDE)).height == 2
