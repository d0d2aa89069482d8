"""The IP address of a lead: read out of whatever a web server logged, located, and its network named.

Belongs here: finding the first public address of a list, what counts as private, the columns. Does not
belong here: databases (`reference/ip`), kinds of networks (`enrichment/network_kind`).
Sources: RFC 6890 (special ranges), RFC 7239 (`Forwarded`), the X-Forwarded-For convention (client first),
RFC 4291 (mapped addresses), RFC 4007 (zones). Addresses set aside for documentation (RFC 5737, RFC 3849)
are treated as public ones no database knows, so that examples behave like the real thing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.clean import NETWORK, REPAIRS
from enrichment.evidence import Entry, repairs, rows_with
from enrichment.network_kind import network_kind
from enrichment.placeholders import PLACEHOLDER
from reference.ip import Addresses, Databases

_NAMES = [column.name for column in NETWORK]
_PLAIN_V4 = r"^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$"
_NO_ADDRESS = r"(?i)^(unknown|_\w+)$"
_SEPARATORS = re.compile(r"[\s,;|]+")
_FORWARDED = re.compile(r"(?i)^(?:for|by|proto|host)\s*=\s*")
_V4_PORT = re.compile(r"^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5}|/\d{1,2})?$")
_V6_BRACKETS = re.compile(r"^\[([0-9A-Fa-f:.%\w]+)\](?::\d{1,5})?$")

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
    """
    read = _read(rows_with(records, ["ip_address"])["ip_address"])
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
    """The network columns per row of `read`; 0.0.0.0, which nobody knows, stands for rows without a public address."""
    asked = Addresses(
        read["address"].fill_null("0.0.0.0"),
        read["v6"].fill_null(False).to_numpy(),
        read["value"].fill_null(0).to_numpy(),
    )
    found = _with_kinds(databases.look_up(asked))
    stored = _truncated(read) if truncate else read["address"]
    public = read["read"] == "public"
    judged = (
        pl.lit("skipped")
        if databases.place is None
        else pl.when(pl.col("country").is_not_null()).then(pl.lit("located")).otherwise(pl.lit("not_found"))
    )
    return found.select(
        ip_address=stored,
        ip_status=pl.when(public).then(judged).otherwise(read["read"]),
        ip_country="country",
        ip_region="region",
        ip_city="city",
        ip_timezone="timezone",
        ip_network="owner",
        ip_network_kind="kind",
        ip_source=_source(databases),
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
    octets = frame.select(pl.col("bare").str.extract_groups(_PLAIN_V4).alias("g")).unnest("g").cast(pl.UInt32)
    octets.columns = ["a", "b", "c", "d"]
    leading_zero = pl.col("bare").str.contains(r"(^|\.)0\d")
    value = (pl.col("a") * 16777216 + pl.col("b") * 65536 + pl.col("c") * 256 + pl.col("d")).cast(pl.UInt64)
    sound = pl.max_horizontal("a", "b", "c", "d") <= 255
    frame = pl.concat([frame, octets], how="horizontal").with_columns(value=pl.when(sound & ~leading_zero).then(value))
    plain = frame.filter(pl.col("value").is_not_null())
    private = pl.Series(_private_v4(plain["value"].to_numpy()))
    public = ~private
    plain = plain.select(
        "_row",
        "raw",
        address=pl.when(public).then("bare"),
        v6=pl.lit(False),
        value=pl.when(public).then("value"),
        read=pl.when(private).then(pl.lit("private")).otherwise(pl.lit("public")),
    )
    odd = frame.filter(pl.col("value").is_null()).select("_row", "raw")
    rows = [(text, *read_text(text)) for text in odd["raw"].drop_nulls().unique().to_list()]
    odd = odd.join(pl.DataFrame(rows, schema=_SHAPE, orient="row"), on="raw", how="left")
    odd = odd.with_columns(pl.col("read").fill_null("missing"))
    return pl.concat([plain, odd]).sort("_row").drop("_row")


@lru_cache(maxsize=200_000)
def read_text(text: str) -> tuple[str | None, bool, int | None, str]:
    """The first public address of a text: canonical form, IPv6 or not, value (upper 64 bits of IPv6), verdict."""
    if re.match(PLACEHOLDER, text.strip()) and "::" not in text:
        return None, False, None, "missing"
    seen = "missing"
    for candidate in _candidates(text):
        address = _address(candidate)
        if address is None:
            seen = "invalid" if seen == "missing" and not re.match(_NO_ADDRESS, candidate) else seen
        elif _is_private(address):
            seen = "private"
        else:
            v6 = address.version == 6
            return str(address), v6, int(address) >> 64 if v6 else int(address), "public"
    return None, False, None, seen


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


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = text
    if found := _V4_PORT.match(text) or _V6_BRACKETS.match(text):
        bare = found[1]
    bare = bare.split("%", 1)[0]
    if ":" in bare:
        bare = bare.split("/", 1)[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in network for network in PRIVATE_V4)
    return any(address in network for network in PRIVATE_V6)


def _private_v4(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    first = np.array([int(network.network_address) for network in PRIVATE_V4], dtype=np.uint64)
    last = np.array([int(network.broadcast_address) for network in PRIVATE_V4], dtype=np.uint64)
    at = np.searchsorted(first, values, side="right") - 1
    return (at >= 0) & (values <= last[np.maximum(at, 0)])


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
