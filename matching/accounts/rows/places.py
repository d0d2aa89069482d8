"""Where a company row is: towns as words, towns known by their postcode, towns said twice.

Belongs here: the town of a row for comparison, and taking it off a name that only repeats it
(`Chips and More Freiburg` in Freiburg). Does not belong here: checking addresses (`enrichment`). A town
that carries the name (`Stadtwerke München`) stays in it as long as too little would be left.
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.distinct import each_once
from enrichment.cells.text import fold
from matching.accounts.rows.words import background, trade_stem

LEFT_BITS = 10.0
"""Bits the rest of a name must carry, by the register's word counts, for its own town to be taken off."""
UNSEEN = 15.0

_TAIL = r"[,;/(].*$| - .*$| ot .*$"


def town_words(city: pl.Expr) -> pl.Expr:
    """Folded town name without district, river or bracket: `Weinheim OT Sulzbach` is `weinheim`."""
    return each_once(city, lambda name: fold(name.str.to_lowercase().str.replace(_TAIL, "")))


def towns(names: pl.DataFrame) -> pl.Series:
    """The town of each company row as folded words: its city, else the town seen most with its postcode."""
    frame = names.select("postcode", "country", "records", town=town_words(pl.col("city")))
    usual = (
        frame.drop_nulls(["postcode", "town"])
        .group_by("postcode", "country", "town")
        .agg(pl.col("records").sum())
        .sort("postcode", "country", "records", "town", descending=[False, False, True, False])
        .unique(["postcode", "country"], keep="first", maintain_order=True)
        .select("postcode", "country", usual="town")
    )
    found = frame.join(usual, on=["postcode", "country"], how="left", nulls_equal=True, maintain_order="left")
    return found.select(town=pl.coalesce("town", "usual")).to_series()


def without_own_town(key: pl.Series, town: pl.Series) -> pl.DataFrame:
    """Match keys without the row's own town at the end, where enough of the name is left, and the town of each row.

    A row of which no town is known is told it by its name, where another row says that a company of that name is there:
    `Filmpalast Lüneburg` beside a `Filmpalast` or another `Filmpalast Lüneburg` in Lüneburg.

    Returns:
        key, town, in the order given.
    """
    frame = pl.DataFrame({"key": key, "town": town}).with_row_index("row")
    told = frame.filter(pl.col("key").str.ends_with(pl.concat_str(pl.lit(" "), "town")))
    short = frame.join(told, on="row", how="anti").with_columns(named=pl.col("town").str.extract(r"^(\S{4,})"))
    short = short.filter(pl.col("key").str.ends_with(pl.concat_str(pl.lit(" "), "named")))
    told = pl.concat([told.with_columns(named="town"), short])
    cut = _shortened(told.with_columns(rest=_without_end(pl.col("key"), pl.col("named"))))
    placed = frame.drop_nulls("town").join(cut.select("row", "rest"), on="row", how="left", maintain_order="left")
    at_home = placed.select("town", rest=pl.coalesce("rest", "key")).unique()
    with_town = at_home.with_columns(key=pl.concat_str("rest", pl.lit(" "), "town"))
    known = pl.concat([cut.select("key", "rest", "town"), with_town.select("key", "rest", "town")])
    known = known.sort("key", "rest", "town").unique("key", keep="first", maintain_order=True)
    homeless = frame.filter(pl.col("town").is_null()).drop("town").join(known, on="key")
    found = pl.concat([cut.select("row", "rest", "town"), _shortened(homeless).select("row", "rest", "town")])
    return frame.join(found, on="row", how="left", suffix="_said", maintain_order="left").select(
        key=pl.coalesce("rest", "key"), town=pl.coalesce("town", "town_said")
    )


def _without_end(key: pl.Expr, end: pl.Expr) -> pl.Expr:
    return key.str.head(key.str.len_chars() - end.str.len_chars() - 1)


def _shortened(told: pl.DataFrame) -> pl.DataFrame:
    """Those of `told` (row, rest, …) whose rest carries enough to be a name."""
    total = background().filter(pl.col("word") == "*")["count"][0]
    enough = (
        told.select("row", word=pl.col("rest").str.split(" "))
        .explode("word")
        .with_columns(trade_stem(pl.col("word")))
        .join(background(), on="word", how="left")
        .with_columns(bits=(total / pl.col("count")).log(2).fill_null(UNSEEN))
        .group_by("row")
        .agg(pl.col("bits").sum())
        .filter(pl.col("bits") >= LEFT_BITS)
    )
    return told.join(enough, on="row", how="semi")
