"""Ways to write the same true value: phone numbers, times, countries, consents, network addresses.

Belongs here: correct notations that sources differ in. Does not belong here: damage (`damage`).
"""

from __future__ import annotations

import ipaddress

import numpy as np
import polars as pl

from samples import lists
from samples.draw import Draw, Ints, Mask, Objects

NATIONAL = (
    "0{area} {trunk}-{ext}",
    "0{area}/{trunk}-{ext}",
    "0{area} / {trunk} - {ext}",
    "(0{area}) {trunk}-{ext}",
    "0{area}{trunk}{ext}",
    "0{area}-{trunk}{ext}",
)
INTERNATIONAL = (
    "+{dial} {area} {trunk}-{ext}",
    "+{dial} (0){area} {trunk}-{ext}",
    "+{dial} (0) {area} / {trunk}-{ext}",
    "00{dial} {area} {trunk}{ext}",
    "+{dial}{area}{trunk}{ext}",
    "+{dial}.{area}.{trunk}{ext}",
    "+{dial}-{area}-{trunk}-{ext}",
)
ABROAD = (
    "+{dial} {area} {trunk}{ext}",
    "+{dial}{area}{trunk}{ext}",
    "00{dial}{area}{trunk}{ext}",
    "+{dial} ({area}) {trunk}{ext}",
)
MOBILE_NATIONAL = ("0{area} {trunk}", "0{area}/{trunk}", "0{area}-{trunk}", "0{area}{trunk}", "(0{area}) {trunk}")
MOBILE_INTERNATIONAL = (
    "+{dial} {area} {trunk}",
    "+{dial}{area}{trunk}",
    "00{dial}{area}{trunk}",
    "+{dial} (0){area} {trunk}",
)

COUNTRY_NAMES = {
    "DE": ("Deutschland", "DE", "D", "Germany", "BRD", "GER"),
    "AT": ("Österreich", "AT", "A", "Austria", "Oesterreich", "AUT"),
    "CH": ("Schweiz", "CH", "CH", "Switzerland", "Suisse", "CHE"),
    "LI": ("Liechtenstein", "LI", "FL", "Liechtenstein", "Fürstentum Liechtenstein", "LIE"),
    "GB": ("Großbritannien", "GB", "UK", "United Kingdom", "England", "GBR"),
    "US": ("USA", "US", "USA", "United States", "U.S.A.", "USA"),
    "FR": ("Frankreich", "FR", "F", "France", "Frankreich", "FRA"),
    "NL": ("Niederlande", "NL", "NL", "Netherlands", "Holland", "NLD"),
    "IT": ("Italien", "IT", "I", "Italy", "Italia", "ITA"),
    "PL": ("Polen", "PL", "PL", "Poland", "Polska", "POL"),
}
"""German name, ISO code, plate code, English name, another name, three-letter code."""

TIMES = {
    "iso_local": ("%Y-%m-%d %H:%M:%S", True),
    "german": ("%d.%m.%Y %H:%M", True),
    "german_date": ("%d.%m.%Y", True),
    "german_short": ("%d.%m.%y", True),
    "german_browser": ("%-d.%-m.%Y, %H:%M:%S", True),
    "slashes": ("%Y/%m/%d %H:%M", True),
    "iso_utc": ("%Y-%m-%dT%H:%M:%SZ", False),
    "iso_millis": ("%Y-%m-%dT%H:%M:%S.000Z", False),
    "iso_offset": ("%Y-%m-%dT%H:%M:%S%z", True),
    "basic_utc": ("%Y%m%dT%H%M%SZ", False),
}
"""Format, and whether it is written in local (Berlin) time."""


def phone_numbers(
    dial: Objects, area: Objects, trunk: Objects, extension: Objects, *, abroad: Mask, draw: Draw
) -> list[str]:
    """Each landline in a random notation; numbers abroad always with their country code.

    `abroad`: rows whose country the source does not state or is not of the home market. Extension "0" is the
    switchboard; null means a private line without one.
    """
    size = len(dial)
    style, luck = draw.unit(size).tolist(), draw.unit(size).tolist()
    written = []
    for cc, a, t, e, far, u, v in zip(dial, area, trunk, extension, abroad.tolist(), style, luck, strict=True):
        fixed = cc not in {"49", "43"}
        if cc == "423":
            written.append((f"+423 {t[:3]} {t[3:]}{e or ''}", f"00423{t}{e or ''}", f"+423{t}{e or ''}")[int(v * 3)])
            continue
        if cc not in {"49", "43", "41"}:
            forms: tuple[str, ...] = ABROAD
        elif far:
            forms = INTERNATIONAL
        else:
            forms = NATIONAL if u < 0.55 else INTERNATIONAL
        form = forms[int(v * len(forms))]
        if e is None or fixed:
            form = form.replace("-{ext}", "{ext}").replace(" - {ext}", "{ext}")
        written.append(form.format(dial=cc, area=a, trunk=t, ext=e or ""))
    return written


def mobile_numbers(dial: Objects, prefix: Objects, digits: Objects, abroad: Mask, draw: Draw) -> list[str | None]:
    """Each mobile number in a random notation; null where there is none."""
    size = len(dial)
    style, luck = draw.unit(size).tolist(), draw.unit(size).tolist()
    written: list[str | None] = []
    for cc, p, d, far, u, v in zip(dial, prefix, digits, abroad.tolist(), style, luck, strict=True):
        if p is None:
            written.append(None)
            continue
        forms = MOBILE_INTERNATIONAL if far or u > 0.6 else MOBILE_NATIONAL
        shown = f"{d[:3]} {d[3:5]} {d[5:]}" if u * 100 % 1 < 0.15 else d
        written.append(forms[int(v * len(forms))].format(dial=cc, area=p, trunk=shown))
    return written


def times(at: pl.Series, notation: str) -> list[str]:
    """UTC times in one of `TIMES`, or `epoch` milliseconds, or `german_words`."""
    if notation == "epoch":
        return at.dt.epoch("ms").cast(pl.String).to_list()
    if notation == "german_words":
        months = [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ]
        local = at.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
        parts = zip(local.dt.day(), local.dt.month(), local.dt.year(), strict=True)
        return [f"{day}. {months[month - 1]} {year}" for day, month, year in parts]
    pattern, local_time = TIMES[notation]
    moment = at.dt.replace_time_zone("UTC")
    return (moment.dt.convert_time_zone("Europe/Berlin") if local_time else moment).dt.strftime(pattern).to_list()


def countries(codes: Objects, styles: tuple[int, ...], draw: Draw) -> list[str]:
    """Country names or codes; `styles` are positions in `COUNTRY_NAMES`, drawn evenly."""
    luck = draw.unit(len(codes)).tolist()
    return [COUNTRY_NAMES[code][styles[int(u * len(styles))]] for code, u in zip(codes, luck, strict=True)]


def addresses_in(codes: Objects, draw: Draw) -> Objects:
    """An IPv4 address of a provider of each row's country (German where none is listed)."""
    known = {network.country for network in lists.networks()}
    home = np.array([code if code in known else "DE" for code in codes], dtype=object)
    found = np.empty(len(codes), dtype=object)
    for country in sorted(known):
        nets = [
            (ipaddress.IPv4Network(network.network), network.weight)
            for network in lists.networks()
            if network.country == country
        ]
        rows = np.flatnonzero(home == country)
        which = draw.pick(len(rows), [weight for _, weight in nets])
        host = draw.unit(len(rows))
        first = np.array([int(net.network_address) for net, _ in nets], dtype=np.int64)[which]
        room = np.array([net.num_addresses for net, _ in nets], dtype=np.int64)[which]
        found[rows] = _dotted(first + np.asarray(host * room, dtype=np.int64))
    return found


def _dotted(numbers: Ints) -> list[str]:
    return [f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in numbers.tolist()]
