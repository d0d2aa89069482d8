"""Qualify: all tables of qualification of one moment, from what is known to what is published.

Belongs here: the order of the rooms, and what a home has chosen among their rules. Does not belong here: any rule (the
rooms beside), scores and stages by themselves (`qualification.night`), reading and writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import polars as pl

from qualification.attribution.credits import Attribution, attribution
from qualification.attribution.rules import AttributionRules, attribution_rules
from qualification.figures.board import Board, board
from qualification.figures.kpis import Basis, Measured, kpis
from qualification.figures.rules import KpiRules, exchange_rates, funnel, kpi_rules
from qualification.handover.handovers import Tables, handovers
from qualification.handover.rules import HandoverRules, handover_rules
from qualification.handover.signals import handover_signals
from qualification.night import Known, Rules, Told, rules_of, told
from qualification.rule_files import UnsoundRules, check_names, rule_file
from qualification.stages.models import MODELS

_OF_FACTS = ("budget_amount", "interest", "industry", "employees_band")


class RuleSet(NamedTuple):
    """All rules of qualification, read and checked."""

    night: Rules
    handover: HandoverRules
    attribution: AttributionRules
    kpis: KpiRules
    ranks: Mapping[str, int]
    rates: pl.DataFrame

    @property
    def model(self) -> str:
        """The chosen stage model."""
        return self.night.chosen

    def basis(self, as_of: datetime) -> Basis:
        return Basis(self.kpis, self.ranks, self.rates, self.model, self.attribution.shown, as_of, self.handover.sla)


class Before(NamedTuple):
    """What the night before left, empty on the first."""

    stage_history: pl.DataFrame
    handovers: pl.DataFrame
    lead_scores: pl.DataFrame

    @property
    def at(self) -> datetime | None:
        """When it was; null on the first night."""
        last: datetime | None = self.lead_scores["as_of"].max()  # type: ignore[assignment]
        return last


class Qualified(NamedTuple):
    """The tables of a moment by name, and what is told beside them."""

    tables: dict[str, pl.DataFrame]
    """Those of `contracts.qualified.QUALIFIED` that are made here."""
    told: Told
    credits: Attribution


def rule_set(home: Path | None = None) -> RuleSet:
    """The rules of the folder `home`, the shipped ones where it has none of a name.

    Raises:
        UnsoundRules: a file is unsound; names it, the place in it and the remedy.
    """
    if home is not None:
        check_names(home)
    file = rule_file("lead_management.toml", home)
    if (model := file.toml().get("stage_model")) not in MODELS:
        raise UnsoundRules(f"{file.path}: stage_model is {model!r}; it has to be one of {', '.join(MODELS)}")
    handover = handover_rules(home)
    return RuleSet(
        rules_of(home, model, handover.sla.timezone),
        handover,
        attribution_rules(home),
        kpi_rules(home),
        funnel(model, home),
        exchange_rates(home),
    )


def qualify(known: Known, costs: pl.DataFrame, before: Before, rules: RuleSet, as_of: datetime) -> Qualified:
    """All tables of qualification as of a moment.

    Args:
        known: its `others` are filled in here, from the hand-overs of the night before.
        costs: `contracts.qualified.CAMPAIGN_COSTS`.
        as_of: with its zone, the moment of publication.

    The same tables give the same bytes, in whatever order their rows stand.
    """
    others = handover_signals(before.handovers, known.redirects, rules.handover)
    night = told(known._replace(others=others), rules.night, before.stage_history, as_of=as_of, before=before.at)
    given = handovers(
        Tables(
            with_facts(known),
            known.accounts,
            known.redirects,
            night.lead_scores,
            night.stage_history,
            known.touchpoints,
            known.opportunities,
            before.handovers,
        ),
        rules.handover,
        rules.model,
        as_of,
    )
    credited = attribution(
        known.touchpoints,
        night.stage_history,
        known.opportunities,
        known.leads,
        rules=rules.attribution,
        model=rules.model,
    )
    seen = _measured(known, costs, (night.stage_history, given), credited, rules.model)
    tables = {
        "lead_scores": night.lead_scores,
        "score_explanations": night.explanations,
        "account_scores": night.account_scores,
        "stage_history": night.stage_history,
        "handovers": given,
        "attribution": credited.credits,
        "kpis": kpis(seen, rules.basis(as_of)),
    }
    return Qualified(tables, night, credited)


def with_facts(known: Known) -> pl.DataFrame:
    """The leads with what their records declare, as hand-overs ask for it."""
    missing = [name for name in _OF_FACTS if name in known.facts.columns and name not in known.leads.columns]
    return known.leads.join(known.facts.select("lead_id", *missing), on="lead_id", how="left")


def board_of(tables: Mapping[str, pl.DataFrame], known: Known, silent: pl.DataFrame, rules: RuleSet) -> Board:
    """The board of published tables.

    Args:
        tables: those of `contracts.qualified.QUALIFIED`.
        known: leads, accounts and redirects they speak of.
        silent: as of `qualification.attribution.credits.Attribution`.
    """
    as_of: datetime = tables["lead_scores"]["as_of"].max()  # type: ignore[assignment]
    credited = Attribution(tables["attribution"], silent)
    known = known._replace(touchpoints=tables["touchpoints"], opportunities=tables["opportunities"])
    rows = tables["stage_history"], tables["handovers"]
    seen = _measured(known, tables["campaign_costs"], rows, credited, rules.model)
    return board(seen, tables["lead_scores"], tables["kpis"], rules.basis(as_of), rules.handover)


def _measured(
    known: Known,
    costs: pl.DataFrame,
    history: tuple[pl.DataFrame, pl.DataFrame],
    credited: Attribution,
    model: str,
) -> Measured:
    stages, given = history
    return Measured(
        known.leads,
        known.accounts,
        known.touchpoints,
        stages.filter(pl.col("model") == model),
        given,
        known.redirects,
        known.opportunities,
        costs,
        credited,
    )
