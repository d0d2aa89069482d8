"""KPIs: the table of all figures as of a run.

Belongs here: the figures together. Does not belong here: each of them (the files beside).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import polars as pl

from contracts.qualified import KPIS
from qualification.attribution.conversions import conversions
from qualification.attribution.credits import Attribution
from qualification.figures.bottleneck import bottlenecks
from qualification.figures.conversion import conversion_rates, leads_needed
from qualification.figures.costs import budgets, cost_figures, earnings
from qualification.figures.cycle import cycle_figures, sales_cycles
from qualification.figures.figure import month
from qualification.figures.response import response_figures, stage_window_figures
from qualification.figures.rules import KpiRules
from qualification.handover.sla import SlaRules
from qualification.handover.stage_windows import stage_windows
from qualification.handover.told import ids_of


class Measured(NamedTuple):
    """What figures are made of, each as of `contracts.published` and `contracts.qualified`."""

    leads: pl.DataFrame
    accounts: pl.DataFrame
    touchpoints: pl.DataFrame
    stages: pl.DataFrame  # of the chosen model
    handovers: pl.DataFrame
    redirects: pl.DataFrame
    opportunities: pl.DataFrame
    costs: pl.DataFrame
    attribution: Attribution

    def followed(self) -> pl.DataFrame:
        """The hand-overs under the ids their leads have today; the table itself keeps those that were handed over."""
        return self.handovers.with_columns(pl.col("lead_id").replace(dict(ids_of(self.redirects).leads)))


class Basis(NamedTuple):
    """By which rules figures are made, and as of when."""

    rules: KpiRules
    ranks: Mapping[str, int]  # as of `qualification.figures.rules.funnel`
    rates: pl.DataFrame  # as of `qualification.figures.rules.exchange_rates`
    stage_model: str
    shown: str  # the model of attribution whose credits are shown
    as_of: datetime
    sla: SlaRules

    @property
    def timezone(self) -> str:
        """That of the business calendar, by which months and days are counted."""
        return self.sla.timezone


def kpis(measured: Measured, basis: Basis) -> pl.DataFrame:
    """All figures: `contracts.qualified.KPIS`, sorted by its key.

    Who was merged counts once: the way of a lead before it went into another is left out.
    """
    measured = measured._replace(stages=measured.stages.filter(pl.col("merged_from").is_null()))
    rules, as_of, zone = basis.rules, basis.as_of, basis.timezone
    rates = conversion_rates(measured.stages, basis.ranks, rules, as_of, zone)
    cycles = sales_cycles(measured.opportunities, measured.touchpoints, measured.accounts, as_of, zone)
    period = pl.select(month(pl.lit(as_of), zone)).item()
    return pl.concat(
        [
            rates,
            leads_needed(rates, basis.ranks, rules, period),
            cost_figures(budgets(measured.costs, basis.rates), earned(measured, basis)),
            cycle_figures(cycles, rules, as_of, zone),
            response_figures(measured.followed(), measured.stages, rules, as_of, zone),
            stage_window_figures(stage_windows(measured.stages, basis.ranks, basis.sla, as_of), zone),
            bottlenecks(measured.stages, basis.ranks, as_of, zone),
        ]
    ).sort(KPIS.key)


def earned(measured: Measured, basis: Basis) -> pl.DataFrame:
    """What each campaign is credited with by the shown model, as of `qualification.figures.costs.earnings`."""
    dated = conversions(measured.stages, measured.opportunities, measured.leads, basis.stage_model)
    credited = measured.attribution.credits.filter(pl.col("model") == basis.shown)
    return earnings(credited, dated, basis.rates, basis.timezone)
