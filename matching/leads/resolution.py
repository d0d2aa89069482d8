"""Resolution of leads: scored pairs become persons with stable ids, and the pairs a person should decide.

Belongs here: the course of it: people's decisions, clustering, ids, review queue. Does not belong here: the single
steps (`matching.leads.clustering`, `matching.identity`, `matching.leads.evaluate`) or reading and writing tables.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.matched import LEAD_CLUSTERS, LEAD_REDIRECTS, LEAD_REVIEW
from matching.decisions.records import record_pairs
from matching.decisions.standing import PARTING
from matching.identity import assign_ids
from matching.leads.clustering import cluster
from matching.leads.evaluate import review_queue
from matching.leads.records.codes import Ints


class ResolvedLeads(NamedTuple):
    """`contracts.matched` LEAD_CLUSTERS, LEAD_REVIEW and LEAD_REDIRECTS, and what a person should know.

    `alarms`: as of `matching.leads.clustering.Clustering`.
    """

    clusters: pl.DataFrame
    review: pl.DataFrame
    redirects: pl.DataFrame
    alarms: pl.DataFrame


def resolve_leads(
    decisions: pl.DataFrame,
    keys: pl.DataFrame,
    said: pl.DataFrame,
    *,
    previous: pl.DataFrame,
    retired: pl.DataFrame,
    at: datetime,
    before: Ints | None = None,
) -> ResolvedLeads:
    """Decide which records are one person.

    Args:
        decisions: `contracts.matched.MATCH_DECISIONS`.
        keys: record, observed_at, source, source_record_id of every record, in order.
        said: what people decided, `contracts.matched.DECISIONS`, those that count.
        previous: source, source_record_id, id as last published.
        retired: `contracts.matched.RETIRED` as last published.
        at: time of this run.
        before: per record the lead that it keeps (`matching.leads.decision.published.leads_before`).
    """
    must_link, cannot_link = record_pairs(said, keys, "must_link"), record_pairs(said, keys, *PARTING)
    found = cluster(decisions, keys.height, must_link=must_link, cannot_link=cannot_link, before=before)
    ids, trail = assign_ids(found.clusters, keys, previous, "lead", retired=retired, at=at)
    named = found.clusters.join(ids.rename({"id": "lead_id"}), on="cluster", how="left")
    return ResolvedLeads(
        clusters=LEAD_CLUSTERS.conform(named).sort("record"),
        review=LEAD_REVIEW.conform(review_queue(decisions, found.cut, found.clusters, cannot_link)),
        redirects=LEAD_REDIRECTS.conform(trail),
        alarms=found.alarms.sort("records", "cluster", descending=[True, False]),
    )
