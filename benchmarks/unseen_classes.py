"""The unseen inbox by class: who is wrongly merged or missed, by kind of people and by what the matcher said.

    python -m benchmarks.unseen_classes HOME [HOME ...]

Belongs here: the table of one or several homes of `benchmarks.unseen` after `leads run`, as Markdown. Does not belong
here: making them (`benchmarks/unseen`), the figures of the whole (`leads evaluate`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from assets.resources.lake import Lake

_KEY = ("source", "source_record_id")
_WORDS = {
    "review": "waits for a person",
    "contradiction": "contradicts itself in a chain",
    "conflict": "conflicts in a chain",
    "merged": "chain cut, or joined through others",
}
_NOTHING = "no common key, or too unlikely"


def classes(home: Path) -> pl.DataFrame:
    """error (`missed` or `false`), kind (of person), said (of the pair), pairs; of each pair with known truth."""
    lake = Lake(home=str(home))
    truth = pl.read_parquet(home / "truth.parquet")
    records = lake.read("enriched_records", [*_KEY]).with_columns(lake.read("lead_clusters").sort("record")["cluster"])
    known = (
        records.with_row_index("record")
        .join(truth.select(*_KEY, "person_id", "kind"), on=_KEY, how="inner")
        .drop_nulls("person_id")
    )
    wrong = [_pairs(known, "person_id", "cluster", "missed"), _pairs(known, "cluster", "person_id", "false")]
    decisions = lake.read("match_decisions").select("left", "right", "outcome", "reason")
    chain = pl.col("reason").str.extract(r"^(contradiction|conflict):")
    said = pl.coalesce(chain, "outcome").replace(_WORDS).fill_null(_NOTHING)
    found = pl.concat(wrong).join(decisions, on=["left", "right"], how="left").with_columns(said=said)
    return found.group_by("error", "kind", "said").agg(pairs=pl.len())


def table(homes: Sequence[Path]) -> str:
    """The classes of all homes together, the largest first."""
    found = pl.concat(classes(home) for home in homes)
    whole = found.group_by("error", "kind", "said").agg(pl.col("pairs").sum())
    rows = whole.sort("error", "pairs", "kind", "said", descending=[True, True, False, False])
    lines = ["| error | people | what was said of the pair | pairs |", "| --- | --- | --- | ---: |"]
    return "\n".join([*lines, *(f"| {error} | {kind} | {said} | {n:,} |" for error, kind, said, n in rows.iter_rows())])


def _pairs(known: pl.DataFrame, alike: str, unlike: str, error: str) -> pl.DataFrame:
    """left, right, kind, error: pairs alike in one column that differ in the other; the rarer kind of person counts."""
    both = known.join(known, on=alike, suffix="_right").filter(
        pl.col("record") < pl.col("record_right"), pl.col(unlike) != pl.col(f"{unlike}_right")
    )
    kind = pl.when(pl.col("kind") == "usual").then("kind_right").otherwise("kind")
    return both.select(left="record", right="record_right", kind=kind, error=pl.lit(error))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen_classes", description=__doc__.split("\n")[0])
    parser.add_argument("homes", type=Path, nargs="+")
    print(table(parser.parse_args(arguments).homes))


if __name__ == "__main__":
    main()
