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


def without_own_town(key: pl.Series, town: pl.Series) -> pl.Series:
    """Match keys without the row's own town at the end, where enough of the name is left."""
    frame = pl.DataFrame({"key": key, "town": town}).with_row_index("row")
    told = frame.filter(pl.col("key").str.ends_with(pl.concat_str(pl.lit(" "), "town")))
    short = frame.join(told, on="row", how="anti").with_columns(town=pl.col("town").str.extract(r"^(\S{4,})"))
    told = pl.concat([told, short.filter(pl.col("key").str.ends_with(pl.concat_str(pl.lit(" "), "town")))])
    told = told.with_columns(
        rest=pl.col("key").str.head(pl.col("key").str.len_chars() - pl.col("town").str.len_chars() - 1)
    )
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
    cut = told.join(enough, on="row", how="semi").select("row", "rest")
    return frame.join(cut, on="row", how="left", maintain_order="left").select(pl.coalesce("rest", "key")).to_series()
