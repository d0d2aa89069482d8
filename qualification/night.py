"""Night: from touchpoints, the CRM and orders to scores, stages and buying groups of one moment.

Belongs here: the order in which scores, stages and the predictive score need each other. Does not belong here: any of
them (the rooms beside), hand-over and figures, reading and writing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from qualification.predictive.features import features
from qualification.predictive.model import Predictive, probabilities, trained
from qualification.predictive.outcomes import outcomes
from qualification.rule_files import rule_file
from qualification.scoring.accounts import account_scores
from qualification.scoring.people import people
from qualification.scoring.rules import Scoring, scoring_rules
from qualification.scoring.standing import lead_scores, standing
from qualification.stages.crm_words import crm_words, unknown_words
from qualification.stages.history import stage_history, standing_stages
from qualification.stages.models import Model, own_names, stage_models
from qualification.stages.signals import customers, from_others, signals


class Rules(NamedTuple):
    """The rule files scores and stages are made by."""

    scoring: Scoring
    models: tuple[Model, ...]
    words: dict[str, str]
    activity_types: pl.DataFrame
    chosen: str
    """Stage model of `lead_scores`."""
    zone: str
    """IANA zone of business days."""


class Known(NamedTuple):
    """What is known on a night, with the ids of that night."""

    touchpoints: pl.DataFrame
    feedback: pl.DataFrame
    opportunities: pl.DataFrame
    leads: pl.DataFrame
    facts: pl.DataFrame
    """lead_id and what fit rules ask for beside leads: `scoring.rules.FACTS`, source_kind."""
    accounts: pl.DataFrame
    buying_centers: pl.DataFrame
    redirects: pl.DataFrame
    redirects_before: pl.DataFrame
    """Of the night before."""
    others: pl.DataFrame
    """lead_id, signal, at, evidence: what the hand-over tells, `handed_over` and `acceptance_missed`."""


class Told(NamedTuple):
    """What scores and stages say on a night."""

    lead_scores: pl.DataFrame
    explanations: pl.DataFrame
    account_scores: pl.DataFrame
    stage_history: pl.DataFrame
    predictive: Predictive
    reasons: pl.DataFrame
    """`predictive.model.REASONS`."""
    unknown_words: pl.DataFrame
    """CRM words that moved nobody because nobody has said what they mean."""


def rules_of(home: Path | None, chosen: str, zone: str) -> Rules:
    """The rules of the folder `home`, else the shipped ones.

    Raises:
        UnsoundRules: a file is unsound; names it, the place in it and the remedy.
    """
    types = pl.DataFrame(rule_file("activity_types.csv", home).rows())
    return Rules(scoring_rules(home), stage_models(home), crm_words(home), types, chosen, zone)


def told(known: Known, rules: Rules, previous: pl.DataFrame, *, as_of: datetime, before: datetime | None) -> Told:
    """Scores and stages as of a moment.

    Args:
        previous: `contracts.qualified.STAGE_HISTORY` of the night before, empty on the first.
        as_of: with its zone.
        before: `as_of` of the night `previous` is of; null on the first.
    """
    scoring, version = rules.scoring, rules.scoring.version
    chosen = next(model for model in rules.models if model.name == rules.chosen)
    orders = customers(known.opportunities)
    who = people(known.leads, known.facts, orders)
    bounds = sorted({bound for model in rules.models for bound in model.thresholds})
    stands = standing(known.touchpoints, who, scoring, as_of, zone=rules.zone, thresholds=bounds)
    given = signals(
        known.touchpoints,
        known.leads,
        known.feedback,
        known.opportunities,
        stands.moves,
        activity_types=rules.activity_types,
        words=rules.words,
        rules_version=version,
    )
    history = stage_history(
        pl.concat([given, from_others(known.others)]),
        rules.models,
        previous,
        redirects=known.redirects,
        redirects_before=known.redirects_before,
        leads=known.leads,
        as_of=as_of,
        before=before,
        rules_version=version,
    )
    past = outcomes(history, chosen.name, as_of)
    learned = features(known.touchpoints, who, past.select("lead_id", "at"), scoring, as_of=as_of, zone=rules.zone)
    model = trained(learned.join(past.select("lead_id", "outcome"), on="lead_id"), scoring.predictive)
    open_ = stands.leads.filter("qualified").select("lead_id", at="as_of")
    now = features(known.touchpoints, who, open_, scoring, as_of=as_of, zone=rules.zone)
    chances, reasons = probabilities(model, now, known.leads)
    scores = lead_scores(stands.leads, standing_stages(history, chosen, known.leads), chances)
    groups = account_scores(
        stands.leads,
        stands.accounts,
        accounts=known.accounts,
        buying_centers=known.buying_centers,
        leads=known.leads,
        touchpoints=known.touchpoints,
        rules=scoring,
    )
    named = {name for stages in rules.models for name in own_names(stages)}
    words = unknown_words(known.feedback, rules.words, named)
    return Told(scores, stands.explanations, groups, history, model, reasons, words)
