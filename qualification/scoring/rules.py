"""Scoring rules: `rules/scoring.toml` as checked values.

Belongs here: what the file may say, and that it says it soundly. Does not belong here: applying it (`judged`, `fit`,
`standing`, `accounts` beside). A file with a fault is refused as a whole: half a scoring model is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from contracts import statuses
from contracts.published import LEADS
from qualification.rule_files import rule_file
from qualification.rule_keys import TOP, Section

FACTS = {
    "industry": "Industry, normalised",
    "employees_band": "1-9, 10-49, 50-249, 250-999 or 1000+",
    "budget_amount": "Budget stated",
    "timeframe_months": "Months until the purchase, as stated",
    "email_kind": "Whose mailbox it is",
}
"""Columns a fit rule may ask for beside those of leads."""

PER = {"lead": None, "content_id": "content_id", "mailing_id": "mailing_id", "campaign": "campaign_id"}
"""What `per` may say, and the column of touchpoints it means; null: the lead itself."""

_OPERATORS = ("in", "map", "equals", "at_least", "at_most")
_NUMBERS = ("budget_amount", "timeframe_months")
_ROLES = sorted(statuses.ROLE)
DERIVED = ("return_visit",)  # kinds a rule may name that no file tells of: the touchpoints room makes them


@dataclass(frozen=True, slots=True)
class Act:
    """What one kind of touchpoint gives."""

    kind: str
    points: float
    per: str | None
    max_per_day: int | None
    min_share: float | None
    trigger: bool
    until: str | None
    half_life: float
    """Days; 0: it does not decay."""
    group: str | None
    """Group whose ceiling holds for it."""


@dataclass(frozen=True, slots=True)
class Interest:
    """A product category whose touchpoints count more while a campaign runs; both days included."""

    category: str
    factor: float
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class FitRule:
    """One column, an operator, a value. `otherwise` is what a value gives that does not meet it, null included."""

    name: str
    column: str
    operator: str
    value: Any
    points: float
    otherwise: float


@dataclass(frozen=True, slots=True)
class AccountRules:
    """The score of a buying group."""

    weights: dict[str, float]
    engaged_from: float
    score: float
    engaged: int
    roles_any: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredictiveRules:
    """When the predictive score may be shown."""

    enabled: str
    auc_gain: float
    ece_at_most: float


@dataclass(frozen=True, slots=True)
class Scoring:
    """The whole file."""

    version: str
    """As written, and a hash of the text: `2026-12-01+1a2b3c4d`."""
    horizon: timedelta
    future_tolerance: timedelta
    fit_range: tuple[float, float]
    behaviour_range: tuple[float, float]
    drop_bots: bool
    human_maybe_factor: float
    acts: tuple[Act, ...]
    ceilings: dict[str, float]
    interests: tuple[Interest, ...]
    fit: tuple[FitRule, ...]
    fit_grades: tuple[tuple[str, float], ...]
    """Grade and lower bound, best first."""
    behaviour_grades: tuple[tuple[str, float], ...]
    mql: tuple[str, ...]
    customer_mql: tuple[str, ...]
    trigger_fit: str
    """Worst fit grade with which a trigger qualifies."""
    leave_margin: float
    leave_days: int
    customer_factor: float
    source_prior: dict[str, float]
    account: AccountRules
    predictive: PredictiveRules

    def enters_from(self, fit_grade: str, grades: Sequence[str]) -> float | None:
        """The behaviour from which a lead of this fit grade has one of the `grades`; null: never."""
        bounds = [bound for grade, bound in self.behaviour_grades if fit_grade + grade in grades]
        return min(bounds, default=None)

    def trigger_suffices(self, fit_grade: str) -> bool:
        """Whether a trigger qualifies a lead of this fit grade."""
        order = [grade for grade, _ in self.fit_grades]
        return order.index(fit_grade) <= order.index(self.trigger_fit)


def scoring_rules(home: Path | None = None) -> Scoring:
    """The scoring rules of the folder `home`, else the shipped ones.

    Raises:
        UnsoundRules: a key, type, kind or column is unknown or does not fit; names the file, the rule and the remedy.
    """
    file = rule_file("scoring.toml", home)
    channels = {row["kind"]: row["channel"] for row in rule_file("activity_types.csv", home).rows()}
    channels |= dict.fromkeys(DERIVED, "web")
    top = Section(file.path, TOP, file.toml())
    written = top.text("version")
    model, qualification = top.section("model"), top.section("qualification")
    decay = top.section("decay").all_numbers({"default", *channels, *channels.values()}, least=0)
    if "default" not in decay:
        top.section("decay").refuse("`default` is missing; add the half-life in days of all other kinds")
    ceilings = top.section("groups").all_numbers({*channels, *channels.values()}, least=0)
    fit_grades, behaviour_grades = _grades(top.section("grades"), model)
    rules = Scoring(
        version=f"{written}+{hashlib.sha256(file.text.encode()).hexdigest()[:8]}",
        horizon=timedelta(days=model.number("horizon_days", least=1)),
        future_tolerance=timedelta(minutes=model.number("future_tolerance_minutes", least=0)),
        fit_range=model.span("fit_range"),
        behaviour_range=model.span("behaviour_range"),
        drop_bots=model.text("bots", words=("drop", "count")) == "drop",
        human_maybe_factor=model.number("human_maybe_factor", least=0),
        acts=tuple(_acts(top, channels, decay, ceilings)),
        ceilings=ceilings,
        interests=tuple(map(_interest, top.sections("interest", "category"))),
        fit=tuple(_fit(top)),
        fit_grades=fit_grades,
        behaviour_grades=behaviour_grades,
        **_qualification(qualification, fit_grades, behaviour_grades),
        account=_account(top.section("account")),
        predictive=_predictive(top.section("predictive")),
    )
    for section in (model, top):
        section.close()
    return rules


def _acts(top: Section, channels: dict[str, str], decay: dict[str, float], ceilings: dict[str, float]) -> list[Act]:
    acts: dict[str, Act] = {}
    for given in top.sections("behaviour", "kind"):
        kind = given.text("kind", words=channels)
        if kind in acts:
            given.refuse("the kind has a rule already; remove one of them")
        of = [kind, channels[kind]]
        acts[kind] = Act(
            kind=kind,
            points=given.number("points"),
            per=given.optional_text("per", words=PER),
            max_per_day=given.whole("max_per_day", least=1) if given.has("max_per_day") else None,
            min_share=given.number("min_share", least=0) if given.has("min_share") else None,
            trigger=given.flag("trigger", False),
            until=given.optional_text("until", words=channels),
            half_life=next((decay[name] for name in of if name in decay), decay["default"]),
            group=next((name for name in of if name in ceilings), None),
        )
        given.close()
    if not acts:
        top.refuse("there is no [[behaviour]]; add one, or remove the file to use the shipped rules")
    return list(acts.values())


def _interest(given: Section) -> Interest:
    found = Interest(
        given.text("category"), given.number("factor", least=0), given.day("valid_from"), given.day("valid_to")
    )
    if found.valid_from > found.valid_to:
        given.refuse("`valid_to` lies before `valid_from`; exchange them")
    given.close()
    return found


def _fit(top: Section) -> list[FitRule]:
    found: dict[str, FitRule] = {}
    for given in top.sections("fit", "column"):
        column = given.text("column", words={*FACTS, *_plain_columns()})
        operators = [name for name in _OPERATORS if given.has(name)]
        if len(operators) != 1:
            given.refuse(f"it has {len(operators)} of the operators {', '.join(_OPERATORS)}; write one")
        operator = operators[0]
        if (operator in ("at_least", "at_most")) != (column in _NUMBERS):
            given.refuse(f"`{operator}` does not suit this column; at_least and at_most are for {', '.join(_NUMBERS)}")
        value: Any
        if operator == "map":
            value = given.numbers("map", _words(column))
        elif operator == "in":
            value = given.texts("in", _words(column))
        else:
            value = given.text("equals", words=_words(column)) if operator == "equals" else given.number(operator)
        shown = f" {value}" if operator == "equals" else f" {value:g}" if operator.startswith("at_") else ""
        name = given.text("name", default=f"{column} {operator}{shown}")
        if name in found:
            given.refuse(f"there are two rules called {name!r}; give one of them a `name` of its own")
        points = 0.0 if operator == "map" else given.number("points")
        found[name] = FitRule(name, column, operator, value, points, given.number("else", default=0))
        given.close()
    return list(found.values())


def _plain_columns() -> list[str]:
    texts = [column.name for column in LEADS.columns if str(column.dtype) == "String"]
    return [name for name in texts if not name.endswith("_id") and name not in ("content_hash", "run_id")]


def _words(column: str) -> list[str] | None:
    """The closed vocabulary of a column, null where it has none."""
    if column == "email_kind":
        return sorted(statuses.EMAIL_KIND)
    return next((sorted(it.words) for it in LEADS.columns if it.name == column and it.words is not None), None)


def _grades(given: Section, model: Section) -> tuple[tuple[tuple[str, float], ...], tuple[tuple[str, float], ...]]:
    found = []
    for name in ("fit", "behaviour"):
        bounds = given.numbers(name)
        ordered = tuple(sorted(bounds.items()))  # A before B, 1 before 2
        if [bound for _, bound in ordered] != sorted(set(bounds.values()), reverse=True):
            given.refuse(f"`{name}` does not fall from grade to grade; write the best grade with the highest bound")
        if ordered[-1][1] > model.span(f"{name}_range")[0]:
            given.refuse(f"`{name}` leaves the lowest scores without a grade; give {ordered[-1][0]} the range's bound")
        found.append(ordered)
    given.close()
    return found[0], found[1]


def _qualification(
    given: Section, fit: tuple[tuple[str, float], ...], behaviour: tuple[tuple[str, float], ...]
) -> dict[str, Any]:
    fits, behaviours = [grade for grade, _ in fit], [grade for grade, _ in behaviour]
    every = [letter + number for letter in fits for number in behaviours]
    customers = given.section("customers")
    found: dict[str, Any] = {
        "mql": given.texts("mql", words=every),
        "customer_mql": customers.texts("mql", words=every),
        "trigger_fit": given.text("trigger_fit", words=fits),
        "leave_margin": given.number("leave_margin", least=0),
        "leave_days": given.whole("leave_days", least=1),
        "customer_factor": customers.number("behaviour_factor", least=0),
        "source_prior": given.numbers("source_prior", words=("first_party", "bought_list")),
    }
    for place, grades in ((given, found["mql"]), (customers, found["customer_mql"])):
        for letter in fits:
            named = [letter + number in grades for number in behaviours]
            if named != sorted(named, reverse=True):
                place.refuse(f"`mql` names a grade of {letter} but not the better ones; add these")
    customers.close()
    given.close()
    return found


def _account(given: Section) -> AccountRules:
    given.text("formula", words=("noisy_or",))
    qualified = given.section("qualified")
    weights = given.numbers("weights", words=_ROLES, least=0)
    if odd := [role for role, weight in weights.items() if weight > 1]:
        given.refuse(f"the weight of {odd[0]} is above 1; write a number from 0 to 1")
    if missing := [role for role in _ROLES if role not in weights]:
        given.refuse(f"`weights` lacks {missing[0]}; add it")
    found = AccountRules(
        weights,
        given.number("engaged_from"),
        qualified.number("score"),
        qualified.whole("engaged"),
        qualified.texts("roles_any", words=_ROLES),
    )
    qualified.close()
    given.close()
    return found


def _predictive(given: Section) -> PredictiveRules:
    publish = given.section("publish_if")
    given.text("target", words=(TARGET,))
    given.text("split", words=("time",))
    found = PredictiveRules(
        given.text("enabled", words=("auto", "off")),
        publish.number("auc_gain"),
        publish.number("ece_at_most", least=0),
    )
    publish.close()
    given.close()
    return found


TARGET = "reaches stage equals >= 5 within 180 days of MQL"
