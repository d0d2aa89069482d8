"""Judgement of pairs: from enriched records to the decision on every pair that may be one person.

Belongs here: the course of it: features, candidate pairs, a model learnt from them, decisions. Does not belong here:
the single steps, what follows from the decisions (`matching.leads.resolution`) or reading and writing tables.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from matching.leads.blocking import candidate_pairs
from matching.leads.decision.scoring import score
from matching.leads.model.learning import learn
from matching.leads.model.parameters import Model
from matching.leads.records.codes import Ints
from matching.leads.records.match_records import MatchRecords, prepare


class JudgedPairs(NamedTuple):
    """`contracts.matched` CANDIDATE_PAIRS and MATCH_DECISIONS, with the records and the model that they rest on."""

    records: MatchRecords
    model: Model
    pairs: pl.DataFrame
    decisions: pl.DataFrame


def judge_pairs(enriched: pl.DataFrame, before: Ints | None = None) -> JudgedPairs:
    """Find the pairs of records that may be one person, and decide each.

    Args:
        enriched: `contracts.clean.ENRICHED_RECORDS`, of which `matching.leads.records.match_records.COLUMNS` are read;
            the row position is the record number.
        before: per record the lead it was published in (`matching.leads.decision.published.leads_before`).
    """
    records = prepare(enriched)
    pairs = candidate_pairs(records)
    model = learn(records, pairs)
    return JudgedPairs(records, model, pairs, score(records, pairs, model, before))
