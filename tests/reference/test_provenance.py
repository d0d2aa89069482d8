"""Every shipped file is accounted for: where from, under which licence, and unchanged since it was built."""

from __future__ import annotations

import hashlib
import re

import polars as pl

from reference.countries import DATA, country_names, folded, language_names

PAGE = (DATA / "PROVENANCE.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| (?P<file>[\w.]+) \| .* \| (?P<licence>[^|]+) \| [^|]+ \| `(?P<digest>[0-9a-f]{64})` \|$", re.MULTILINE
)
GENERATED = {row["file"]: row for row in ROW.finditer(PAGE)}


def test_generated_files_are_the_ones_the_page_tells_of() -> None:
    for name, row in GENERATED.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == row["digest"], name


def test_no_file_is_unaccounted_for() -> None:
    shipped = {path.name for path in DATA.iterdir() if path.is_file()} - {"PROVENANCE.md"}
    by_hand = {name for name in shipped - set(GENERATED) if f"`{name}`" in PAGE}
    assert shipped == set(GENERATED) | by_hand


def test_every_licence_is_there() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (DATA / "licences").iterdir())
    for name, row in GENERATED.items():
        if "public domain" not in row["licence"]:
            assert f"`{name}`" in texts, name


def test_shipped_data_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 15_000_000


def test_tables_are_sorted_and_hold_no_row_twice() -> None:
    towns = pl.read_parquet(DATA / "towns.parquet")
    assert towns.equals(towns.unique().sort("country", "postcode", "town", "district", "region"))
    assert set(towns["country"]) == {"DE", "AT", "CH", "LI"}
    for name in ("ip_places.parquet", "ip_intervals.parquet"):
        networks = pl.read_parquet(DATA / name)
        assert networks.equals(networks.sort("v6", "first"))
        assert (networks["first"] <= networks["last"]).all()
        gaps = networks.filter(pl.col("v6") == pl.col("v6").shift(), pl.col("first") <= pl.col("last").shift())
        assert gaps.height == 0, name


def test_names_are_found_whatever_their_spelling() -> None:
    assert folded("ÖSTERREICH") == folded("Österreich") == "osterreich"
    assert country_names()["oesterreich"] == country_names()["osterreich"] == "AT"
    assert language_names()["franzosisch"] == language_names()["franzoesisch"] == "fr"
