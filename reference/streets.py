"""An optional street directory: the user's own or a national register, lifting an address to street and number.

Belongs here: loading it and saying which of street and house number it knows. Does not belong here:
postcodes and towns (`reference/places`). See `reference/README.md` for where directories come from.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.fence import read_regular
from reference.letters import SPELT_OUT


class Streets:
    """Streets, and house numbers where the directory has them, by country and postcode."""

    def __init__(self, rows: pl.DataFrame) -> None:
        keyed = rows.select(
            "country", "postcode", key=street_key(pl.col("street")), number=number_key(pl.col("house_number"))
        )
        self._streets = keyed.select("country", "postcode", "key").unique().with_columns(street_known=pl.lit(True))
        self._numbers = keyed.filter(pl.col("number").is_not_null()).unique().with_columns(number_known=pl.lit(True))

    def __len__(self) -> int:
        """Distinct streets."""
        return self._streets.height

    def known(self, addresses: pl.DataFrame) -> pl.Series:
        """Per row of `addresses` (country, postcode, street, house_number): `house_number`, `street` or null."""
        keyed = addresses.select(
            "country", "postcode", key=street_key(pl.col("street")), number=number_key(pl.col("house_number"))
        )
        joined = keyed.join(self._streets, on=["country", "postcode", "key"], how="left", maintain_order="left")
        joined = joined.join(
            self._numbers, on=["country", "postcode", "key", "number"], how="left", maintain_order="left"
        )
        found = pl.when("number_known").then(pl.lit("house_number")).when("street_known").then(pl.lit("street"))
        return joined.select(found.alias("known")).to_series()


def load_streets(path: Path) -> Streets:
    """Load a directory from Parquet or CSV with the columns country, postcode, street and, if known,
    house_number (one row each) or house_numbers (a list, or text separated by `;`). Other columns are ignored.

    Raises:
        ValueError: a needed column is missing, the file is damaged or its type is not known.
        OSError: there is a pipe, a folder, a link that leads nowhere, or more than a gigabyte.
    """
    if path.suffix not in {".parquet", ".csv", ".tsv"}:
        raise ValueError(f"a street directory is .parquet, .csv or .tsv, not {path.suffix}")
    content = read_regular(path)
    try:
        if path.suffix == ".parquet":
            rows = pl.read_parquet(content, glob=False)
        else:
            separator = "\t" if path.suffix == ".tsv" else ","
            rows = pl.read_csv(content, separator=separator, infer_schema=False, glob=False)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path} cannot be read ({error}); save it again, or remove it") from error
    if missing := {"country", "postcode", "street"} - set(rows.columns):
        raise ValueError(f"{path.name} lacks the columns {', '.join(sorted(missing))}")
    if "house_numbers" in rows.columns:
        numbers = pl.col("house_numbers")
        rows = rows.with_columns(
            house_number=numbers.str.split(";") if rows["house_numbers"].dtype == pl.String else numbers
        )
        rows = rows.drop("house_numbers").explode("house_number", empty_as_null=True)
    elif "house_number" not in rows.columns:
        rows = rows.with_columns(house_number=pl.lit(None, pl.String))
    return Streets(rows.select(pl.col("country", "postcode", "street", "house_number").cast(pl.String)))


def street_key(street: pl.Expr) -> pl.Expr:
    """A street's comparable form: letters spelt out and digits, `straße` in one spelling."""
    key = SPELT_OUT.column(street).str.replace_all(r"str(\.|\b)", "strasse").str.replace_all(r"[^a-z0-9]+", "")
    return key.replace("", None)


def number_key(number: pl.Expr) -> pl.Expr:
    """A house number's comparable form: lower case, no blanks; of a range the first number."""
    return number.str.to_lowercase().str.replace_all(r"\s+", "").str.replace(r"[-+&,].*$", "")
