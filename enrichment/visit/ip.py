"""The IP address of a lead: read out of whatever a web server logged, located, and its network named.

Belongs here: finding the first public address of a list, what counts as private, the columns. Does not
belong here: databases (`reference/ip`), kinds of networks (`enrichment/visit/network_kind`).
Sources: RFC 6890 (special ranges), RFC 7239 (`Forwarded`), the X-Forwarded-For convention (client first),
RFC 4291 (mapped addresses), RFC 4007 (zones). Addresses set aside for documentation (RFC 5737, RFC 3849)
are treated as public ones no database knows, so that examples behave like the real thing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.clean import NETWORK, REPAIRS
from contracts.table import given_or_null
from enrichment.cells.evidence import Entry, repairs
from enrichment.cells.long_form import one_per_record
from enrichment.cells.placeholders import is_placeholder
from enrichment.visit.network_kind import network_kind
from reference.ip import Addresses, Databases

_NAMES = [column.name for column in NETWORK]
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_NO_ADDRESS = re.compile(r"(?i)unknown|_\w+")
_SEPARATORS = re.compile(r"[\s,;|]+")
_FORWARDED = re.compile(r"(?i)^(?:for|by|proto|host)\s*=\s*")
_V4 = re.compile(rf"(?i)(?:::ffff:)?({_PLAIN_V4})(?::[0-9]{{1,5}}|/[0-9]{{1,2}})?")
_BRACKETS = re.compile(r"^\[([0-9A-Fa-f:.%\w]+)\](?::\d{1,5})?$")

PRIVATE_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
PRIVATE_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("::/128", "::1/128", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8")
)
_FIRST_PRIVATE = [int(network.network_address) for network in PRIVATE_V4]  # from 0, so one is never above a value
_LAST_PRIVATE = [int(network.broadcast_address) for network in PRIVATE_V4]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SHAPE = {"raw": pl.String, "address": pl.String, "v6": pl.Boolean, "value": pl.UInt64, "read": pl.String}


def clean_ip(records: pl.DataFrame, databases: Databases, *, truncate: bool = False) -> pl.DataFrame:
    """Locate the address of every record and name its network.

    Args:
        records: `ip_address` as received: an address, or a list as proxies write it.
        databases: where to look; with none for places every public address is `skipped`.
        truncate: store addresses cut to /24 (IPv4) or /48 (IPv6); they are located in full first.

    Returns:
        contracts.clean.NETWORK plus `repairs`, same height, same order. `ip_address` is null unless public.

    Example:
        >>> from reference.ip import open_databases
        >>> records = pl.DataFrame({"ip_address": ["10.0.0.1, 217.0.0.1", "192.168.1.1", "localhost"]})
        >>> found = clean_ip(records, open_databases(), truncate=True)
        >>> found.select("ip_address", "ip_status", "ip_country")
        shape: (3, 3)
        ┌────────────┬───────────┬────────────┐
        │ ip_address ┆ ip_status ┆ ip_country │
        │ ---        ┆ ---       ┆ ---        │
        │ str        ┆ str       ┆ str        │
        ╞════════════╪═══════════╪════════════╡
        │ 217.0.0.0  ┆ located   ┆ DE         │
        │ null       ┆ private   ┆ null       │
        │ null       ┆ invalid   ┆ null       │
        └────────────┴───────────┴────────────┘
    """
    read = _read(records.select(given_or_null(records, ["ip_address"]))["ip_address"])
    frame = pl.concat([read, _facts(read, databases, truncate)], how="horizontal")
    # evidence must not keep what was truncated
    hidden = pl.lit(truncate) & (pl.col("ip_status") != "private")
    frame = frame.with_columns(
        shown=pl.when(~hidden).then("raw"),
        changed=pl.col("address") != pl.col("raw"),
        cut=pl.col("ip_address") != pl.col("address"),
        listed=pl.col("raw").str.contains(r"[,;\s]"),
    )
    return frame.select(_NAMES).with_columns(repairs(frame, _ENTRIES).alias(REPAIRS.name))


def _facts(read: pl.DataFrame, databases: Databases, truncate: bool) -> pl.DataFrame:
    """The network columns per row of `read`; only public addresses are looked up."""
    public = read["read"] == "public"
    asked = read.filter(public)
    addresses = Addresses(asked["address"], asked["v6"].to_numpy(), asked["value"].to_numpy())
    found = _with_kinds(databases.look_up(addresses)).select(
        public.arg_true().alias("row"),
        ip_country="country",
        ip_region="region",
        ip_city="city",
        ip_timezone="timezone",
        ip_network="owner",
        ip_network_kind="kind",
        ip_source=_source(databases),
    )
    judged = (
        pl.lit("skipped")
        if databases.place is None
        else pl.when(pl.col("ip_country").is_not_null()).then(pl.lit("located")).otherwise(pl.lit("not_found"))
    )
    return one_per_record(found, read.height).select(
        ip_address=_truncated(read) if truncate else read["address"],
        ip_status=pl.when(public).then(judged).otherwise(read["read"]),
        **{name: pl.col(name) for name in found.columns if name != "row"},
    )


def _with_kinds(found: pl.DataFrame) -> pl.DataFrame:
    """Add the kind of network where the database does not state it, and how sure it is."""
    owners = found.select("owner", "asn").unique()
    kinds = [network_kind(*row) for row in owners.iter_rows()]
    judged = owners.with_columns(
        pl.Series("judged", [kind and kind.kind for kind in kinds], dtype=pl.String),
        pl.Series("confidence", [kind and kind.confidence for kind in kinds], dtype=pl.String),
    )
    joined = found.join(judged, on=["owner", "asn"], how="left", maintain_order="left", nulls_equal=True)
    return joined.with_columns(
        kind=pl.coalesce("kind", "judged"),
        confidence=pl.when(pl.col("kind").is_not_null()).then(pl.lit("high")).otherwise("confidence"),
    )


def _source(databases: Databases) -> pl.Expr:
    """The databases that answered, and how sure the kind of network is."""
    parts: list[pl.Expr] = []
    if databases.place:
        parts.append(pl.when(pl.col("country").is_not_null()).then(pl.lit(databases.place.title)))
    if databases.owner:
        parts.append(pl.when(pl.col("owner").is_not_null()).then(pl.lit(databases.owner.title)))
    parts.append(pl.when(pl.col("confidence").is_not_null()).then(pl.concat_str(pl.lit("kind: "), "confidence")))
    joined = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


# ---------------------------------------------------------------------- reading


def _read(texts: pl.Series) -> pl.DataFrame:
    """Texts as raw, address, v6, value, read (public, private, invalid, missing); address and value of public ones."""
    frame = pl.DataFrame({"raw": texts}).with_row_index("_row").with_columns(bare=pl.col("raw").str.strip_chars())
    is_plain = pl.col("bare").str.contains(f"^{_PLAIN_V4}$").fill_null(False)
    plain = frame.filter(is_plain)
    octets = plain.select(pl.col("bare").str.split_exact(".", 3)).unnest("bare").cast(pl.UInt64)
    a, b, c, d = octets.get_columns()
    value = a * 2**24 + b * 2**16 + c * 2**8 + d
    public = pl.Series(~_private_v4(value.to_numpy()))
    plain = plain.select(
        "_row",
        "raw",
        address=pl.when(public).then("bare"),
        v6=pl.lit(False),
        value=pl.when(public).then(value),
        read=pl.when(public).then(pl.lit("public")).otherwise(pl.lit("private")),
    )
    odd = frame.filter(~is_plain).select("_row", "raw")
    rows = [(text, *read_text(text)) for text in odd["raw"].drop_nulls().unique().to_list()]
    odd = odd.join(pl.DataFrame(rows, schema=_SHAPE, orient="row"), on="raw", how="left")
    odd = odd.with_columns(pl.col("read").fill_null("missing"))
    return pl.concat([plain, odd]).sort("_row").drop("_row")


def read_text(text: str) -> tuple[str | None, bool, int | None, str]:
    """The first public address of a text: canonical form, IPv6 or not, value (upper 64 bits of IPv6), verdict."""
    seen = "missing"
    for candidate in _candidates(text):
        address = _address(candidate)
        if address is None:
            seen = "invalid" if seen == "missing" and not _NO_ADDRESS.fullmatch(candidate) else seen
        elif address.private:
            seen = "private"
        else:
            return address.text, address.v6, address.value, "public"
    return None, False, None, "missing" if seen == "invalid" and is_placeholder(text) else seen


def _candidates(text: str) -> Iterator[str]:
    bare = text.strip()
    if bare.startswith(('["', "['")):  # a JSON list
        bare = bare.strip("[]")
    for part in _SEPARATORS.split(bare):
        piece = part.strip("\"'`<>()")
        if found := _FORWARDED.match(piece):
            if not piece.lower().startswith("for"):
                continue
            piece = piece[found.end() :].strip("\"'")
        if piece:
            yield piece.rstrip(".")


class _Address(NamedTuple):
    text: str
    v6: bool
    value: int
    private: bool


def _address(text: str) -> _Address | None:
    bare = found[1] if (found := _BRACKETS.match(text)) else text
    bare = bare.split("%", 1)[0]
    if v4 := _V4.fullmatch(bare):
        return _v4(int.from_bytes(socket.inet_aton(v4[1])))
    try:
        address = ipaddress.IPv6Address(bare.split("/", 1)[0])
    except ValueError:
        return None
    if address.ipv4_mapped:
        return _v4(int(address.ipv4_mapped))
    if address in _NAT64:
        return _v4(int(address) & 0xFFFFFFFF)
    return _Address(str(address), True, int(address) >> 64, any(address in network for network in PRIVATE_V6))


def _v4(value: int) -> _Address:
    private = value <= _LAST_PRIVATE[bisect_right(_FIRST_PRIVATE, value) - 1]
    return _Address(socket.inet_ntoa(value.to_bytes(4)), False, value, private)


def _private_v4(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    at = np.searchsorted(np.array(_FIRST_PRIVATE, dtype=np.uint64), values, side="right") - 1
    return values <= np.array(_LAST_PRIVATE, dtype=np.uint64)[at]


def _truncated(read: pl.DataFrame) -> pl.Series:
    """Public addresses cut to /24 or /48."""
    prefixes = read.filter("v6")["value"].drop_nulls().unique()
    cut = {value: str(ipaddress.IPv6Address(value >> 16 << 80)) for value in prefixes.to_list()}
    long = pl.col("value").replace_strict(cut, default=None, return_dtype=pl.String)
    short = pl.col("address").str.replace(r"\.\d+$", ".0")
    return read.select(pl.when("v6").then(long).otherwise(short).alias("ip_address")).to_series()


_PUBLIC = pl.col("read") == "public"
_RAW, _KEPT, _ABSENT = pl.col("shown"), pl.col("ip_address"), pl.lit(None, pl.String)
_MOVED = _PUBLIC & pl.col("changed")
_SKIPPED = pl.col("ip_status") == "skipped"
_ENTRIES = [
    Entry("ip_address", _MOVED & pl.col("listed"), _RAW, _KEPT, "ip_first_public", "first_public"),
    Entry("ip_address", _MOVED & ~pl.col("listed"), _RAW, _KEPT, "ip_notation", "notation"),
    Entry("ip_address", _PUBLIC & pl.col("cut"), _ABSENT, _KEPT, "ip_truncated", "truncate"),
    Entry("ip_address", pl.col("ip_status") == "private", _RAW, None, "ip_private", "special_ranges"),
    Entry("ip_address", pl.col("ip_status") == "invalid", _RAW, None, "ip_invalid", "parse"),
    Entry("ip_status", _SKIPPED, _ABSENT, pl.lit("skipped"), "ip_database_missing", "databases"),
]
