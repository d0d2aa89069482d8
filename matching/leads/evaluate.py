"""Evaluation: how right the matching is, against a truth file or, without one, by the model's own account.

Belongs here: pairwise, B-cubed and cluster figures, calibration, errors by kind, the bound the data sets,
samples for a person to label. Does not belong here: matching itself.
Sources: Bagga and Baldwin (1998) for B-cubed; the F1 of pairs as in Christen, Data Matching (2012).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.components import components

BAR = 20  # characters

Codes = npt.NDArray[np.int64]

CALIBRATION = {
    "outcome": pl.String,
    "from": pl.Float64,
    "to": pl.Float64,
    "pairs": pl.Int64,
    "predicted": pl.Float64,
    "true": pl.Float64,
}
COLOURS = {"merged": "#2a7f62", "review": "#c07a00", "apart": "#8a3ffc"}  # told apart with weak colour vision


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return (
            2 * self.precision * self.recall / (self.precision + self.recall) if self.precision + self.recall else 0.0
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`pairs`, `b_cubed`, `clusters` (whole clusters found exactly), and what went wrong.

    `records`, `true_clusters`, `found_clusters`, `exact_clusters`: counts.
    `errors`: kind, pairs: false merges and missed pairs by the reason the model gave or `no common key`.
    `examples`: kind, left, right (record numbers), some of each kind.
    `calibration`: outcome, from, to, pairs, predicted, true: are pairs called 90 % likely right nine times in ten,
    those merged, those in review and those apart inside a chain.
    """

    records: int
    true_clusters: int
    found_clusters: int
    exact_clusters: int
    pairs: Rates
    b_cubed: Rates
    clusters: Rates
    errors: pl.DataFrame = field(repr=False)
    examples: pl.DataFrame = field(repr=False)
    calibration: pl.DataFrame = field(repr=False)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the model expects of itself without truth; pairs that share no key are beyond its sight."""

    merged_pairs: int
    precision: float
    recall: float
    review_pairs: int
    to_label: pl.DataFrame = field(repr=False)


def evaluate(
    clusters: pl.Series, truth: pl.Series, decisions: pl.DataFrame | None = None, *, examples: int = 5
) -> Evaluation:
    """Compare found clusters with the truth.

    Args:
        clusters: cluster of each record.
        truth: true entity of each record; null where it is not known (such records are left out).
        decisions: contracts.matched.MATCH_DECISIONS, for calibration and the kinds of errors.
        examples: at most this many per kind of error.

    Raises:
        ValueError: the two differ in length.
    """
    if len(clusters) != len(truth):
        raise ValueError(f"{len(clusters)} clustered records, but {len(truth)} in the truth")
    known = truth.is_not_null().to_numpy()
    found, true = _codes(clusters)[known], _codes(truth)[known]
    cells = pl.DataFrame({"f": found, "t": true}).group_by("f", "t").len("k").sort("f", "t")
    k = cells["k"].cast(pl.Int64).to_numpy()
    found_size, true_size = np.bincount(found, minlength=1), np.bincount(true, minlength=1)
    in_found, in_true = found_size[cells["f"].to_numpy()], true_size[cells["t"].to_numpy()]
    right = int(_pairs(k).sum())
    n = max(len(found), 1)
    exact = int(((k == in_found) & (k == in_true)).sum())
    errors, shown = _errors(clusters, truth, decisions, examples)
    return Evaluation(
        records=len(found),
        true_clusters=int((true_size > 0).sum()),
        found_clusters=int((found_size > 0).sum()),
        exact_clusters=exact,
        pairs=Rates(_share(right, int(_pairs(found_size).sum())), _share(right, int(_pairs(true_size).sum()))),
        b_cubed=Rates(float((k * k / in_found).sum()) / n, float((k * k / in_true).sum()) / n),
        clusters=Rates(_share(exact, int((found_size > 0).sum())), _share(exact, int((true_size > 0).sum()))),
        errors=errors,
        examples=shown,
        calibration=calibration(decisions, truth) if decisions is not None else pl.DataFrame(schema=CALIBRATION),
    )


def calibration(decisions: pl.DataFrame, truth: pl.Series, *, bins: int = 10) -> pl.DataFrame:
    """Predicted against true share of same-person pairs, per outcome and band of probability."""
    scored = _with_truth(decisions, truth).drop_nulls("same")
    return (
        scored.with_columns(band=(pl.col("probability").cast(pl.Float64) * bins).floor().clip(0, bins - 1))
        .group_by("outcome", "band")
        .agg(
            pairs=pl.len().cast(pl.Int64),
            predicted=pl.col("probability").cast(pl.Float64).mean().round(6),
            true=pl.col("same").mean(),
        )
        .sort(pl.col("outcome").replace_strict(list(COLOURS), range(len(COLOURS))), "band")
        .select(
            "outcome",
            (pl.col("band") / bins).alias("from"),
            ((pl.col("band") + 1) / bins).alias("to"),
            "pairs",
            "predicted",
            "true",
        )
    )


def recall_bound(pairs: pl.DataFrame, truth: pl.Series) -> float:
    """Share of the true pairs that the candidates connect: no scoring could find more.

    Args:
        pairs: left, right: contracts.matched.CANDIDATE_PAIRS.
        truth: true entity of each record.
    """
    same = _with_truth(pairs, truth).filter("same")
    sizes = np.bincount(_codes(truth)[truth.is_not_null().to_numpy()], minlength=1)
    reached = components(same["left"].to_numpy(), same["right"].to_numpy(), len(truth))
    return _share(int(_pairs(np.bincount(reached)).sum()), int(_pairs(sizes).sum()))


def estimate(decisions: pl.DataFrame, *, sample: int = 50) -> Estimate:
    """Precision and recall the model expects, and the pairs whose labels would teach most.

    Precision is the mean probability of the merged pairs; recall is their expected matches over those of all
    scored pairs. The sample holds pairs spread evenly over the bands of probability, the doubtful ones first.
    """
    merged = decisions.filter(pl.col("outcome") == "merged")
    review = decisions.filter(pl.col("outcome") == "review")
    expected, missed = (float(np.add.reduce(part["probability"].to_numpy(), dtype=float)) for part in (merged, review))
    doubt = decisions.filter(pl.col("outcome") != "apart").with_columns(
        doubt=(pl.col("probability") - 0.5).abs().round(3),
        band=(pl.col("probability") * 10).floor().clip(0, 9),
    )
    per_band = -(-sample // max(doubt["band"].n_unique(), 1))
    to_label = (
        doubt.sort("doubt", "left", "right")
        .filter(pl.int_range(pl.len()).over("band") < per_band)
        .head(sample)
        .select("left", "right", "probability", "outcome", "reason")
    )
    return Estimate(
        merged_pairs=merged.height,
        precision=_share(expected, merged.height),
        recall=_share(expected, expected + missed),
        review_pairs=review.height,
        to_label=to_label,
    )


def review_queue(
    decisions: pl.DataFrame, cut: pl.DataFrame, clusters: pl.DataFrame, parted: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The grey pairs, ranked by what a decision would change: doubt times the pairs that it would join.

    Args:
        decisions: contracts.matched.MATCH_DECISIONS.
        cut: pairs cut by clustering (`Clustering.cut`).
        clusters: record, cluster.
        parted: left, right: records a person declared different; about their clusters nobody is asked again.

    Returns:
        left, right, probability, reason, joins (pairs of records a yes would join), stake; highest first.
    """
    sizes = clusters.join(clusters.group_by("cluster").len("size"), on="cluster").select("record", "cluster", "size")
    grey = pl.concat(
        [
            decisions.filter(pl.col("outcome") == "review").select("left", "right", "probability", "reason"),
            cut.select("left", "right", "probability", reason="chain cut: " + pl.col("reason")),
        ]
    )
    return (
        grey.join(sizes.rename({"record": "left", "cluster": "a", "size": "m"}), on="left")
        .join(sizes.rename({"record": "right", "cluster": "b", "size": "n"}), on="right")
        .filter(pl.col("a") != pl.col("b"))
        .join(_clusters_of(parted, clusters), on=["a", "b"], how="anti")
        .with_columns(joins=(pl.col("m") * pl.col("n")).cast(pl.Int64))
        .with_columns(stake=(pl.col("joins") * (1 - (2 * pl.col("probability").cast(pl.Float64) - 1).abs())).round(4))
        .select("left", "right", "probability", "reason", "joins", "stake")
        .sort("stake", "left", "right", descending=[True, False, False])
    )


def _clusters_of(pairs: pl.DataFrame | None, clusters: pl.DataFrame) -> pl.DataFrame:
    """a, b: the clusters of the pairs, both ways round."""
    if pairs is None:
        return clusters.select(a="cluster", b="cluster").clear()
    known = clusters.select("record", "cluster")
    found = pairs.join(known.rename({"record": "left", "cluster": "a"}), on="left").join(
        known.rename({"record": "right", "cluster": "b"}), on="right"
    )
    return pl.concat([found.select("a", "b"), found.select(a="b", b="a")]).unique()


def as_markdown(evaluation: Evaluation) -> str:
    """The figures as Markdown."""
    e = evaluation
    lines = [
        f"{e.records:,} records, {e.true_clusters:,} true and {e.found_clusters:,} found persons, "
        f"{e.exact_clusters:,} found exactly.",
        "",
        "| measure | precision | recall | F1 |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {name} | {rates.precision:.4f} | {rates.recall:.4f} | {rates.f1:.4f} |"
            for name, rates in (("pairs", e.pairs), ("B-cubed", e.b_cubed), ("whole clusters", e.clusters))
        ),
    ]
    if e.calibration.height:
        lines += [
            "",
            "| outcome | probability | pairs | predicted | true | |",
            "| --- | --- | ---: | ---: | ---: | --- |",
        ]
        lines += [
            f"| {outcome} | {low:.1f} to {high:.1f} | {pairs:,} | {said:.3f} | {true:.3f} | {_bar(said, true)} |"
            for outcome, low, high, pairs, said, true in e.calibration.iter_rows()
        ]
    if e.errors.height:
        lines += ["", "| error | pairs |", "| --- | ---: |"]
        lines += [f"| {kind} | {pairs:,} |" for kind, pairs in e.errors.head(12).iter_rows()]
    return "\n".join(lines)


def _bar(predicted: float, true: float) -> str:
    """A reliability plot of one line: what is true as a bar, what was said as a stroke across."""
    bar = ["█" if place < round(true * BAR) else "·" for place in range(BAR)]
    bar[min(int(predicted * BAR), BAR - 1)] = "│"
    return "".join(bar)


def calibration_svg(table: pl.DataFrame) -> str:
    """A small calibration plot as SVG: predicted against true share, a colour an outcome, the diagonal is perfect."""
    side, edge = 260, 30
    points = "".join(
        f'<circle cx="{edge + p * side:.1f}" cy="{edge + (1 - t) * side:.1f}" r="{2 + np.log10(n):.1f}" '
        f'fill="{COLOURS[outcome]}"/>'
        for outcome, _, _, n, p, t in table.iter_rows()
    )
    told = "".join(
        f'<text x="{edge + 130 + 50 * place}" y="{edge - 10}" fill="{colour}">{outcome}</text>'
        for place, (outcome, colour) in enumerate(COLOURS.items())
    )
    far = edge + side
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 2 * edge}" height="{side + 2 * edge}" '
        'font-family="sans-serif" font-size="11">'
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#999"/>'
        f'<line x1="{edge}" y1="{far}" x2="{far}" y2="{edge}" stroke="#999" stroke-dasharray="4"/>'
        f"<g>{points}</g>{told}"
        f'<text x="{edge}" y="{far + 20}">predicted probability</text>'
        f'<text x="{edge}" y="{edge - 10}">true share</text></svg>'
    )


def _errors(
    clusters: pl.Series, truth: pl.Series, decisions: pl.DataFrame | None, examples: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """False merges and missed pairs, by what the model said of them."""
    records = pl.DataFrame(
        {"record": np.arange(len(truth), dtype=np.uint32), "f": _codes(clusters), "t": _codes(truth)}
    ).filter(pl.Series(truth.is_not_null()))
    wrong = pl.concat(
        [
            _within(records, "f", "t").with_columns(error=pl.lit("false merge")),
            _within(records, "t", "f").with_columns(error=pl.lit("missed")),
        ]
    )
    if decisions is None:
        said = wrong.with_columns(kind=pl.col("error"))
    else:
        pairs = decisions.select("left", "right", "outcome", "reason")
        said = wrong.join(pairs, on=["left", "right"], how="left").with_columns(
            kind=pl.concat_str(
                pl.col("error"),
                pl.lit(": "),
                pl.coalesce(
                    pl.when(pl.col("outcome") == "review").then(pl.lit("in review, ") + pl.col("reason")),
                    "reason",
                    pl.when(pl.col("error") == "missed").then(pl.lit("too little in common")),
                    pl.lit("joined through others"),
                ),
            )
        )
    errors = said.group_by("kind").len("pairs").sort("pairs", "kind", descending=[True, False])
    shown = said.sort("kind", "left", "right").filter(pl.int_range(pl.len()).over("kind") < examples)
    return errors, shown.select("kind", "left", "right")


def _within(records: pl.DataFrame, by: str, unlike: str) -> pl.DataFrame:
    """Pairs alike in `by` and different in `unlike` (only blocks that hold both)."""
    mixed = records.filter(pl.col(unlike).n_unique().over(by) > 1)
    return (
        mixed.join(mixed, on=by, suffix="_right")
        .filter((pl.col("record") < pl.col("record_right")) & (pl.col(unlike) != pl.col(f"{unlike}_right")))
        .select(left="record", right="record_right")
    )


def _with_truth(pairs: pl.DataFrame, truth: pl.Series) -> pl.DataFrame:
    codes = pl.Series(_codes(truth)).set(truth.is_null(), None)
    return pairs.with_columns(same=codes.gather(pairs["left"]) == codes.gather(pairs["right"]))


def _codes(labels: pl.Series) -> Codes:
    """Dense codes; a null is a code of its own."""
    return (labels.rank("dense").cast(pl.Int64).fill_null(0)).to_numpy()


def _pairs(sizes: npt.NDArray[np.integer]) -> Codes:
    wide = np.asarray(sizes, np.int64)
    return wide * (wide - 1) // 2


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else 1.0
