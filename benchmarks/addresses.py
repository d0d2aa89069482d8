"""Share of real addresses verified on postcode and town: `python -m benchmarks.addresses REGISTER.tsv.gz`.

Belongs here: measuring `enrichment.address` on the German register's addresses and grouping what is left.
Does not belong here: speed of the whole stage (`benchmarks/night`). Input columns: street, nr, plz, city.
The file is not part of this project; rows without town or postcode are counted apart, all others stay in.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import polars as pl

from enrichment.address.clean import clean_address
from reference.places import load_places
from reference.streets import Streets

VERIFIED = ["locality", "corrected", "street", "house_number"]


def read_register(path: Path) -> pl.DataFrame:
    """The register's addresses in the shape of raw records, without telling that they are German."""
    rows = pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False)
    return rows.select(street="street", house_number="nr", postcode="plz", city="city")


def report(path: Path) -> None:
    """Print the share verified, with and without the country known, what is left by kind, and speed."""
    raw = read_register(path)
    places = load_places()
    for label, frame in (("country unknown", raw), ("country known", raw.with_columns(default_country=pl.lit("DE")))):
        began = time.perf_counter()
        clean = clean_address(frame, places)
        cold = time.perf_counter() - began
        began = time.perf_counter()
        clean_address(frame, places)
        warm = time.perf_counter() - began
        verified = clean["address_status"].is_in(VERIFIED).sum()
        rates = f"{raw.height / cold:,.0f} rows/s the first time, {raw.height / warm:,.0f} again"
        print(f"{label}: {verified:,} of {raw.height:,} verified ({verified / raw.height:.2%}); {rates}")
    left = pl.concat([raw.select(raw_postcode="postcode", raw_city="city"), clean], how="horizontal").filter(
        ~pl.col("address_status").is_in(VERIFIED)
    )
    kinds = left.group_by("address_status", "address_reason").len().sort("len", descending=True)
    for status, reason, count in kinds.iter_rows():
        examples = left.filter(pl.col("address_reason").eq_missing(reason)).head(4)
        shown = "; ".join(
            f"{code} {(city or '')[:40]}" for code, city in examples.select("raw_postcode", "raw_city").iter_rows()
        )
        print(f"  {count:4} {status}, {reason}: {shown}")
    _with_directory(raw, clean)


def _with_directory(raw: pl.DataFrame, clean: pl.DataFrame) -> None:
    """Build a street directory from half of the addresses and judge the other half with it."""
    half = pl.int_range(pl.len()) % 2 == 0
    directory = Streets(clean.filter(half).select("country", "postcode", "street", "house_number").drop_nulls("street"))
    rest = raw.filter(~half).with_columns(default_country=pl.lit("DE"))
    judged = clean_address(rest, load_places(), streets=directory)
    shares = judged["address_status"].value_counts(sort=True)
    print(f"street directory of {len(directory):,} streets from one half, judging the other:")
    for status, count in shares.iter_rows():
        print(f"  {count:6,} {status} ({count / judged.height:.1%})")


if __name__ == "__main__":
    report(Path(sys.argv[1]))
