"""IP addresses cut to their networks, before anything of a file is kept.

Belongs here: finding addresses in cells and in raw lines, cutting them: IPv4 to /24, IPv6 to /48. Does not belong here:
what an address says of a lead (`enrichment/visit/ip.py`), who asks for it (`LEADS_TRUNCATE_IPS`).
Sources: RFC 6890 and RFC 4291 (mapped addresses), RFC 3056 (6to4 holds an IPv4 address in its first 48 bits); the
lengths are those web analytics uses to make an address no personal data.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import polars as pl

IP_FIELD = "ip_address"
_NUMBERS = ("phone", "mobile", "fax")  # begin the fields in which four groups of digits may be something else
_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_V4 = re.compile(rf"(?<![\d.])((?:{_OCTET}\.){{3}}){_OCTET}(?!\.?\d|\.in-addr)")
# As providers name their customers' hosts, p217-0-0-9.dip.example.net, and as addresses are looked up backwards.
_IN_HOST = re.compile(rf"(?<=[A-Za-z])([-_.]?(?:{_OCTET}[-_]){{3}}){_OCTET}(?=[-_.][A-Za-z])")
_BACKWARDS = re.compile(rf"(?<![\d.]){_OCTET}((?:\.{_OCTET}){{3}}\.in-addr)", re.IGNORECASE)
_BACKWARDS_V6 = re.compile(r"(?<![\w.])(?:[0-9a-f]\.){20}((?:[0-9a-f]\.){12}ip6\.arpa)", re.IGNORECASE)
_HEX = "[0-9A-Fa-f]{0,4}"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){3}"
_V6 = re.compile(
    rf"(?:(?<![0-9A-Za-z:])|(?<=[A-Za-z][A-Za-z]:)){_HEX}(?::{_HEX}){{2,8}}(?::{_DOTTED})?(?!\.?[0-9A-Za-z:])"
)
_ALONE = r"(?:(?:(?:0|[1-9]\d{0,2})\.){3}\d{1,3}|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]+\]?)(?::\d+)?"  # and no phone number
_MAY_HOLD_ONE = r"\d[-_.]\d{1,3}[-_.]\d{1,3}[-_.]\d|:[0-9A-Fa-f]{0,4}:|\.ip6\."
_ADDRESSES = rf"^{_ALONE}(?:[\s,;]+{_ALONE})*$"
_AS_NUMBER = r"^\s*\d{8,10}\s*$"
_HOLDS_V4 = {"::ffff:0:0/96": 120, "64:ff9b::/96": 120, "2002::/16": 40}
_PREFIXES = {ipaddress.IPv6Network(network): length for network, length in _HOLDS_V4.items()}


def cut(text: str) -> str:
    """`text` with every IP address in it cut to its network.

    Example:
        >>> cut("217.0.0.9, 2001:db8:1:2::3 at 12:30:15")
        '217.0.0.0, 2001:db8:1:: at 12:30:15'
    """
    text = _V4.sub(r"\g<1>0", _BACKWARDS.sub(r"0\g<1>", text))
    return _V6.sub(_network, _BACKWARDS_V6.sub("0." * 20 + r"\g<1>", _IN_HOST.sub(r"\g<1>0", text)))


def cut_cells(cells: pl.Expr) -> pl.Expr:
    """A text column with every IP address in it cut to its network."""
    return (
        pl.when(cells.str.contains(_MAY_HOLD_ONE))
        .then(cells.map_elements(cut, return_dtype=pl.String, skip_nulls=True))
        .otherwise(cells)
    )


def cut_ip_cells(cells: pl.Expr) -> pl.Expr:
    """The same for a column of addresses, in which one may stand as a number."""
    whole = cells.str.strip_chars().cast(pl.Int64, strict=False)
    number = (whole - whole % 256).cast(pl.String)
    return pl.when(cells.str.contains(_AS_NUMBER)).then(number).otherwise(cut_cells(cells))


def cut_field(field: str) -> Callable[[pl.Expr], pl.Expr]:
    """How the column of a field is cut, whatever a sender took it for."""
    if field == IP_FIELD:
        return cut_ip_cells
    return _cut_whole_cells if field.startswith(_NUMBERS) else cut_cells


def _cut_whole_cells(cells: pl.Expr) -> pl.Expr:
    """A column in which only a cell that is nothing but addresses holds any."""
    return pl.when(cells.str.contains(_ADDRESSES)).then(cut_cells(cells)).otherwise(cells)


def _network(found: re.Match[str]) -> str:
    try:
        address = ipaddress.IPv6Address(found[0])
    except ValueError:  # a time, a hardware address
        return found[0]
    length = next((length for network, length in _PREFIXES.items() if address in network), 48)
    kept = ipaddress.IPv6Network((address, length), strict=False).network_address
    return f"::ffff:{kept.ipv4_mapped}" if kept.ipv4_mapped else str(kept)
