"""Resolution of leads: scored pairs become persons with stable ids, and the pairs a person should decide.

Belongs here: the course of it: people's decisions, clustering, ids, review queue. Does not belong here: the single
steps (`matching.leads.clustering`, `matching.identity`, `matching.leads.evaluate`) or reading and writing tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.matched import LEAD_CLUSTERS, LEAD_REDIRECTS, LEAD_REVIEW
from matching.identity import assign_ids
from matching.leads.clustering import Clustering, ContradictionError, cluster
from matching.leads.evaluate import review_queue
from matching.overrides import LEAD_DECISIONS, record_pairs


class ResolvedLeads(NamedTuple):
    """`contracts.matched` LEAD_CLUSTERS, LEAD_REVIEW and LEAD_REDIRECTS, and what a person should know.

    `alarms`: as of `matching.leads.clustering.Clustering`. `unused`: number of overrides that name a record that was
    not read, or one pair twice.
    """

    clusters: pl.DataFrame
    review: pl.DataFrame
    redirects: pl.DataFrame
    alarms: pl.DataFrame
    unused: int


def resolve_leads(
    decisions: pl.DataFrame,
    keys: pl.DataFrame,
    overrides: pl.DataFrame,
    *,
    previous: pl.DataFrame,
    retired: pl.DataFrame,
    at: datetime,
) -> ResolvedLeads:
    """Decide which records are one person.

    Args:
        decisions: `contracts.matched.MATCH_DECISIONS`.
        keys: record, observed_at, source, source_record_id of every record, in order.
        overrides: `matching.overrides.read_lead_overrides`.
        previous: source, source_record_id, id as last published.
        retired: `contracts.matched.RETIRED` as last published.
        at: time of this run.

    Raises:
        ValueError: overrides contradict each other; names the records and the remedy.
    """
    stated = {decision: record_pairs(overrides, keys, decision) for decision in LEAD_DECISIONS}
    found = _clustered(decisions, keys, stated)
    ids, trail = assign_ids(found.clusters, keys, previous, "lead", retired=retired, at=at)
    named = found.clusters.join(ids.rename({"id": "lead_id"}), on="cluster", how="left")
    return ResolvedLeads(
        clusters=LEAD_CLUSTERS.conform(named).sort("record"),
        review=LEAD_REVIEW.conform(review_queue(decisions, found.cut, found.clusters)),
        redirects=LEAD_REDIRECTS.conform(trail),
        alarms=found.alarms.sort("records", "cluster", descending=[True, False]),
        unused=overrides.height - sum(pairs.height for pairs in stated.values()),
    )


def _clustered(decisions: pl.DataFrame, keys: pl.DataFrame, stated: dict[str, pl.DataFrame]) -> Clustering:
    try:
        return cluster(decisions, keys.height, **stated)
    except ContradictionError as error:
        names = keys.select("source", "source_record_id")
        one, other = (" ".join(names.row(record)) for record in error.records)
        raise ValueError(
            f"overrides/leads.csv: cannot_link keeps {one} and {other} apart, yet must_link lines join them; delete "
            "one of these lines"
        ) from error
