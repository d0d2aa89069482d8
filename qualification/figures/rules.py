"""Rules: kpis.toml and rates.csv as read and checked, and the stages a funnel counts.

Belongs here: what an expert says of the figures. Does not belong here: the figures (the files beside).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from qualification.rule_files import RuleFile, UnsoundRules, rule_file

RATES: dict[str, pl.DataType | type[pl.DataType]] = {
    "currency": pl.String,
    "valid_from": pl.Date,
    "rate": pl.Decimal(18, 6),
}
BASE = "EUR"
_KEYS = {
    *("conversion_rate", "leads_needed", "cost_per_lead", "cost_per_order", "sales_cycle", "roi"),
    *("speed_to_lead", "bottleneck"),
}


class Limit(NamedTuple):
    """How long a sale may take in one industry, or with one product."""

    name: str
    word: str
    days: float


class KpiRules(NamedTuple):
    """kpis.toml; `limits` in the order in which they are asked, `default_limit` where none fits."""

    immature_days: int
    target: float
    limits: tuple[Limit, ...]
    default_limit: float


def kpi_rules(home: Path | None = None) -> KpiRules:
    """The rules of a home, the shipped ones where it has none of its own.

    Raises:
        UnsoundRules: names the file, the key and the remedy.
    """
    file = rule_file("kpis.toml", home)
    rules = file.toml()
    if unknown := sorted(set(rules) - _KEYS):
        raise UnsoundRules(f"{file.path}: {unknown[0]} is not known; known are {', '.join(sorted(_KEYS))}")
    try:
        limits = dict(rules["sales_cycle"]["limits"])
        default = float(limits.pop("default"))
        return KpiRules(
            int(rules["conversion_rate"]["immature_days"]),
            float(rules["leads_needed"]["target"]),
            tuple(sorted((_limit(file, name, days) for name, days in limits.items()), reverse=True)),
            default,
        )
    except KeyError as fault:
        raise UnsoundRules(f"{file.path}: {fault.args[0]} is missing; the shipped file has it") from None
    except (TypeError, ValueError, AttributeError) as fault:
        raise UnsoundRules(f"{file.path}: {fault}; write numbers of days") from None


def funnel(model: str, home: Path | None = None) -> dict[str, int]:
    """The stages a lead climbs in a model, lowest first, with their ranks; those of visitors are none.

    A stage that only leads back ranks below 0; one that leads climb from as well has its rank.

    Raises:
        UnsoundRules: the file is none of stages.
    """
    file = rule_file(f"stages/{model}.toml", home)
    rules = file.toml()
    try:
        stages = [stage for stage in rules["stage"] if stage["equals"] >= 1 and stage["rank"] >= 0]
        return {stage["name"]: stage["rank"] for stage in sorted(stages, key=lambda stage: stage["rank"])}
    except (KeyError, TypeError) as fault:
        raise UnsoundRules(f"{file.path}: each [[stage]] has a name, a rank and equals ({fault})") from None


def exchange_rates(home: Path | None = None) -> pl.DataFrame:
    """The dated rates of rates.csv: currency, valid_from, rate (EUR for one unit); EUR itself is 1.

    Raises:
        UnsoundRules: a day or number cannot be read, or a rate is not more than 0.
    """
    file = rule_file("rates.csv", home)
    rows = [_rate(file, row) for row in file.rows()]
    rates = pl.DataFrame(rows, schema=RATES, orient="row")
    own = pl.DataFrame([(BASE, date(1, 1, 1), Decimal(1))], schema=RATES, orient="row")
    return pl.concat([own, rates.filter(pl.col("currency") != BASE)]).sort("currency", "valid_from")


def _limit(file: RuleFile, name: str, days: Any) -> Limit:
    kind, _, word = name.partition(":")
    if kind not in ("industry", "product") or not word:
        raise UnsoundRules(f"{file.path}: [sales_cycle] limits: {name}: write industry:<word> or product:<word>")
    return Limit(kind, word, float(days))


def _rate(file: RuleFile, row: Mapping[str, str]) -> tuple[str, date, Decimal]:
    try:
        rate = Decimal(row["rate"].replace(",", "."))
        if rate <= 0:
            raise ValueError(f"{rate} is no rate")
        return row["currency"], date.fromisoformat(row["valid_from"]), rate
    except (KeyError, ValueError, InvalidOperation) as fault:
        raise UnsoundRules(
            f"{file.path}: {row.get('currency') or 'a row'}: {fault}; write a line such as CHF,2026-01-01,1.07"
        ) from None
