"""Scoring: the probability that two records are the same person, and the three outcomes.

Belongs here: deciding pairs by a learnt model (Fellegi and Sunter, A Theory for Record Linkage, 1969), and what
speaks against a chain of merged pairs. Does not belong here: making pairs, comparing fields, learning
(`matching/leads/model/learning`).

A pair that agrees may be the *same person*, or a stranger who agrees by chance, a *colleague* (company, place,
trunk and mail domain agree for a reason) or a *relative* (family name, place and phone agree for a reason).
The prior is the expected number of a record's duplicates over the number of records, so the evidence asked for grows
with the data. All sums run in a fixed order, so equal records give equal decisions bit by bit.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from contracts.matched import MATCH_DECISIONS
from matching.leads.clustering import CONFLICT, CONTRADICTION, chained
from matching.leads.comparison.compare import compare
from matching.leads.comparison.facts import Pairs
from matching.leads.comparison.firm_words import two_firms
from matching.leads.comparison.levels import FAMILY, GIVEN, at
from matching.leads.comparison.patterns import reasons
from matching.leads.decision.calibration import calibrated
from matching.leads.decision.caution import ambiguous, conflicting, contradicting, doubtful, held, may_be_sisters
from matching.leads.decision.published import REASON, fallen_apart, one_lead
from matching.leads.model.chance import weigh
from matching.leads.model.parameters import Model, same_bits
from matching.leads.records.codes import Ints
from matching.leads.records.match_records import MatchRecords
from matching.word_lists import LISTS

_BARS = {row["name"]: float(row["value"]) for row in LISTS.rows("thresholds.csv")}
MERGE_AT, MERGE_DOUBTFUL_AT, REVIEW_AT = (_BARS[name] for name in ("merge_at", "merge_doubtful_at", "review_at"))
NEVER = 2.0
UNLIKELY = 0.2  # a pair less probable speaks against the chain that joins it
CHUNK = 100_000  # pairs judged at once
THREADS = 2  # more gain little: comparing strings holds the interpreter's lock


def score(records: MatchRecords, pairs: pl.DataFrame, model: Model, before: Ints | None = None) -> pl.DataFrame:
    """Decide every candidate pair.

    Args:
        records: the records.
        pairs: contracts.matched.CANDIDATE_PAIRS.
        model: what was learnt of them.
        before: per record the lead it was published in (`matching.leads.decision.published.leads_before`).

    Returns:
        contracts.matched.MATCH_DECISIONS, sorted by left, right: the pairs to merge or review, and as `apart`
        the pairs inside a chain of merged ones that contradict each other.

    Example:
        >>> from matching.leads.blocking import candidate_pairs
        >>> from matching.leads.model.learning import learn
        >>> from matching.leads.records.match_records import prepare
        >>> columns = ["given_name", "family_name", "email", "company_key"]
        >>> rows = [
        ...     ("Anna", "Klein", "anna.klein@nord.de", "nord"),
        ...     ("A.", "Klein", "anna.klein@nord.de", "nord"),
        ...     ("Anne", "Klein", "klein@sued.de", "sued"),
        ... ]
        >>> records = prepare(pl.DataFrame(rows, columns, orient="row"))
        >>> pairs = candidate_pairs(records)
        >>> score(records, pairs, learn(records, pairs)).select("left", "right", "probability", "outcome")
        shape: (1, 4)
        ┌──────┬───────┬─────────────┬─────────┐
        │ left ┆ right ┆ probability ┆ outcome │
        │ ---  ┆ ---   ┆ ---         ┆ ---     │
        │ u32  ┆ u32   ┆ f32         ┆ str     │
        ╞══════╪═══════╪═════════════╪═════════╡
        │ 0    ┆ 1     ┆ 0.999296    ┆ merged  │
        └──────┴───────┴─────────────┴─────────┘
    """

    def chunk(start: int) -> pl.DataFrame:
        piece = pairs.slice(start, CHUNK)
        left, right = piece["left"].to_numpy(), piece["right"].to_numpy()
        return _decide(records, left, right, model, apart=False)

    with ThreadPoolExecutor(THREADS) as threads:
        decisions = pl.concat([MATCH_DECISIONS.empty(), *threads.map(chunk, range(0, pairs.height, CHUNK))])
    if before is not None:
        decisions = _kept(records, decisions, model, before)
    against = _contradictions(records, decisions, model, before)
    decisions = _hold_torn(records, decisions, against)
    decided = pl.concat([decisions.join(against, on=["left", "right"], how="anti"), against]).sort("left", "right")
    return calibrated(decided, MERGE_AT)


def _kept(records: MatchRecords, decisions: pl.DataFrame, model: Model, before: Ints) -> pl.DataFrame:
    """The decisions, with what was published as one lead merged where nothing of its records speaks against it."""
    left, right = fallen_apart(before, decisions.filter(pl.col("outcome") == "merged"))
    if not len(left):
        return decisions
    compared, nobody = compare(records, left, right), np.zeros(len(left), bool)
    firms = may_be_sisters(compared) & two_firms(records, left, right)
    rarest = np.full(len(left), np.inf, np.float32)
    against = held(compared, rarest, firms) | contradicting(compared, nobody)
    kept = decide(records, left[~against], right[~against], model).with_columns(
        outcome=pl.lit("merged"), reason=REASON + ": " + pl.col("reason")
    )
    return pl.concat([decisions.join(kept, on=["left", "right"], how="anti"), kept]).sort("left", "right")


def _contradictions(records: MatchRecords, decisions: pl.DataFrame, model: Model, before: Ints | None) -> pl.DataFrame:
    """Pairs that hang together only through others and speak against it, as decisions `apart`.

    A contradiction (`matching.leads.decision.caution`) parts them whatever the links; a conflict gives way to sure
    links: two firms, numbers or towns and unlikely to be one person, or two mailboxes of one kind. Inside what was
    published as one lead only contradictions count that no statistic moves.
    """
    links = decisions.filter(pl.col("outcome") == "merged").select("left", "right")
    left, right = chained(links, records.n)
    if not len(left):
        return MATCH_DECISIONS.empty()
    found = decide(records, left, right, model)
    compared = compare(records, left, right)
    two_leads = ~one_lead(before, left, right)
    apart = (found["outcome"] == "apart").to_numpy() & two_leads
    unlikely = (found["probability"] < UNLIKELY).to_numpy()
    strict, conflict = contradicting(compared, apart), two_leads & conflicting(compared, unlikely)
    kinds = pl.Series(np.select([strict, conflict], [CONTRADICTION, CONFLICT], ""))
    return (
        found.with_columns(kind=kinds, outcome=pl.lit("apart"))
        .filter((pl.col("kind") != "") & pl.Series(found["outcome"] != "merged"))
        .with_columns(reason=pl.col("kind") + ": " + pl.col("reason"))
        .select(MATCH_DECISIONS.names)
    )


def _hold_torn(records: MatchRecords, decisions: pl.DataFrame, against: pl.DataFrame) -> pl.DataFrame:
    """`M. Rabenau` fits Maria and Martin: of links by an initial to two people neither is better, both wait."""
    foes = against.filter(pl.col("reason").str.starts_with(CONTRADICTION)).select("left", "right")
    merged = decisions.filter(pl.col("outcome") == "merged").select("left", "right")
    ends = pl.concat([merged.select(a="left", b="right"), merged.select(a="right", b="left")])
    torn = foes.join(ends, left_on="left", right_on="a").join(
        ends.rename({"b": "other"}), left_on=["right", "b"], right_on=["a", "other"]
    )
    sides = [torn.select(middle="b", end=side) for side in ("left", "right")]
    links = pl.concat(sides).select(left=pl.min_horizontal("middle", "end"), right=pl.max_horizontal("middle", "end"))
    links = links.unique().sort("left", "right")
    vague = ambiguous(compare(records, links["left"].to_numpy(), links["right"].to_numpy()))
    waiting = links.filter(pl.Series(vague, dtype=pl.Boolean)).with_columns(waits=pl.lit(True))
    return (
        decisions.join(waiting, on=["left", "right"], how="left", maintain_order="left")
        .with_columns(outcome=pl.when("waits").then(pl.lit("review")).otherwise("outcome"))
        .drop("waits")
    )


def decide(records: MatchRecords, left: Pairs, right: Pairs, model: Model) -> pl.DataFrame:
    """contracts.matched.MATCH_DECISIONS of the given pairs as the evidence has them, those that stay apart included."""
    return _decide(records, left, right, model, apart=True)


def _decide(records: MatchRecords, left: Pairs, right: Pairs, model: Model, *, apart: bool) -> pl.DataFrame:
    evidence = weigh(records, left, right, model)
    bits = same_bits(evidence.comparison, model) - evidence.apart
    bits = np.rint(bits * 1000) / 1000
    probability = 1.0 / (1.0 + np.exp2(-np.clip(bits + model.prior_bits, -60, 60)))
    bar = np.where(doubtful(evidence.comparison), MERGE_DOUBTFUL_AT, MERGE_AT)
    likely = np.flatnonzero((probability >= bar) & may_be_sisters(evidence.comparison))
    sisters = np.zeros(len(left), bool)
    sisters[likely] = two_firms(records, left[likely], right[likely])
    rare = -(evidence.chance[at(GIVEN)] + evidence.chance[at(FAMILY)])
    bar[held(evidence.comparison, rare, sisters)] = NEVER
    kept = np.flatnonzero(apart | (probability >= REVIEW_AT))
    outcome = np.select([probability >= bar, probability >= REVIEW_AT], ["merged", "review"], "apart")
    return pl.DataFrame(
        {
            "left": left[kept].astype(np.uint32),
            "right": right[kept].astype(np.uint32),
            "probability": probability[kept].astype(np.float32),
            "bits": bits[kept].astype(np.float32),
            "outcome": outcome[kept],
            "reason": reasons(evidence.comparison.levels[:, kept]),
        },
        schema=MATCH_DECISIONS.schema,
    )
