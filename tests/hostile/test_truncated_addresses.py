"""`LEADS_TRUNCATE_IPS` holds everywhere: no full address lies in a home after a night, wherever it came from."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import ipc

from sources.addresses import cut, cut_ip_cells
from sources.inbox import read_inbox
from sources.store.catalogue import load_rejects
from sources.store.channel_records import load_records

# (as received, as kept)
TEXTS = [
    ("217.0.0.9", "217.0.0.0"),
    ("217.0.0.9:8080", "217.0.0.0:8080"),
    ("217.000.000.009", "217.000.000.0"),
    ("10.0.0.1, 217.0.0.9", "10.0.0.0, 217.0.0.0"),
    ('for=217.0.0.9;by="[2001:db8:1:2::3]:4711"', 'for=217.0.0.0;by="[2001:db8:1::]:4711"'),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
    ("2001:DB8:1:2::3/64", "2001:db8:1::/64"),
    ("fe80::1%eth0", "fe80::%eth0"),
    ("::ffff:217.0.0.9", "::ffff:217.0.0.0"),
    ("::ffff:d900:9", "::ffff:217.0.0.0"),
    ("64:ff9b::217.0.0.9", "64:ff9b::d900:0"),
    ("2002:d900:9::1", "2002:d900::"),
    ("http://217.0.0.9/x?ip=217.0.0.8", "http://217.0.0.0/x?ip=217.0.0.0"),
    ("IP:217.0.0.9", "IP:217.0.0.0"),
    ("source:2001:db8:1:2::3", "source:2001:db8:1::"),
    ("p217-0-0-9.dip0.t-ipconnect.de", "p217-0-0-0.dip0.t-ipconnect.de"),
    ("host.217_0_0_9.example.net", "host.217_0_0_0.example.net"),
    ("9.0.0.217.in-addr.arpa, 217.0.0.9", "0.0.0.217.in-addr.arpa, 217.0.0.0"),
    (f"{'1.' * 20}{'2.' * 12}ip6.arpa", f"{'0.' * 20}{'2.' * 12}ip6.arpa"),
    ("Tel 089-12-34-56", "Tel 089-12-34-56"),
    ("DE 12-34-56-78", "DE 12-34-56-78"),
    ("12:30:15", "12:30:15"),
    ("00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7"),
    ("Version 1.2.3", "Version 1.2.3"),
    ("01.02.2024", "01.02.2024"),
    ("Chrome/120.0.6099.71", "Chrome/120.0.6099.71"),
    ("", ""),
]


@pytest.mark.parametrize(("received", "kept"), TEXTS)
def test_addresses_are_cut_and_nothing_else(received: str, kept: str) -> None:
    assert cut(received) == kept


def test_an_address_may_be_a_number() -> None:
    cells = pl.DataFrame({"ip": ["3640655881", " 217.0.0.9 ", None, "x"]})
    assert cells.select(cut_ip_cells(pl.col("ip"))).to_series().to_list() == ["3640655872", " 217.0.0.0 ", None, "x"]


def _inbox(folder: Path) -> None:
    source = folder / "online" / "form"
    source.mkdir(parents=True)
    (source / "a.csv").write_text(
        "Vorname;Nachname;E-Mail;IP-Adresse;Über 217.77.0.97;Telefon;Bemerkung;Firma;Opt-out\n"
        "Uwe;Lang;uwe@lang.de;217.77.0.91;10.77.0.92, 217.77.0.93;217.77.0.98, 217.77.0.99;IP 217.77.0.91;217.77.0.92"
        ";\n"
        "Ute;Tal;ute@tal.de;2001:db8:77:2::94;x;0711.12.34.56;;;\n"
        "zu;viele;Zellen;217.77.0.95;in;dieser;Zeile;;217.77.0.96;STOP von 217.77.0.99\n",
        encoding="utf-8",
    )
    (source / "b.json").write_text(
        '[{"email": "udo@see.de", "ip": "217.77.0.97", "meta": {"hop": "217.77.0.98"}}]', encoding="utf-8"
    )


def _everything(store: Path) -> str:
    """All text in the store, whatever is compressed or encoded."""
    said = []
    for path in store.rglob("*"):
        if path.suffix == ".parquet":
            said.append(str(pl.read_parquet(path).to_dicts()))
        elif path.suffix == ".arrow":
            with ipc.open_file(pa.memory_map(str(path))) as file:
                said.append(str(file.read_all().to_pylist()))
    return "\n".join(said)


FULL = [f".{last}" for last in range(91, 100)] + ["2::94"]


@pytest.mark.parametrize("before", [False, True], ids=["from the first night on", "set later, files gone"])
def test_no_full_address_is_kept(tmp_path: Path, before: bool) -> None:
    _inbox(tmp_path / "inbox")
    store = tmp_path / "store"
    ids = None
    if before:
        read_inbox(tmp_path / "inbox", store, tmp_path / "sources", settle=0)
        assert "217.77.0.91" in _everything(store)
        ids = load_records(store, "online").collect()["source_record_id"].to_list()
        for file in (tmp_path / "inbox").rglob("*.*"):
            file.unlink()
    read_inbox(tmp_path / "inbox", store, tmp_path / "sources", settle=0, truncate_ips=True)
    records = load_records(store, "online").collect()
    assert sorted(records["ip_address"].drop_nulls()) == ["2001:db8:77::", "217.77.0.0", "217.77.0.0"]
    assert sorted(records["phone"].drop_nulls()) == ["0711.12.34.56", "217.77.0.0, 217.77.0.0"]
    assert load_rejects(store)["raw"].str.contains("217.77.0.0", literal=True).any()
    said = _everything(store)
    assert [end for end in FULL if end in said] == []
    assert ids is None or records["source_record_id"].to_list() == ids
