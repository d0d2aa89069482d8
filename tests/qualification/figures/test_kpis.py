"""Figures: cases LM46 to LM52 of lead management, the examples of kpis.toml, and no division by zero anywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.published import ACCOUNTS, REDIRECTS
from contracts.qualified import CAMPAIGN_COSTS, HANDOVERS, KPIS, OPPORTUNITIES, STAGE_HISTORY, TOUCHPOINTS
from contracts.reasons import reasons
from qualification.attribution.credits import attribution
from qualification.attribution.rules import attribution_rules
from qualification.figures.conversion import needed_leads
from qualification.figures.cycle import quantile
from qualification.figures.kpis import Basis, Measured, kpis
from qualification.figures.rules import exchange_rates, funnel, kpi_rules
from qualification.handover.rules import handover_rules
from qualification.rule_files import rule_file
from tests.qualification.homes import LADDER, frame

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EXAMPLES = {name: rule["example"] for name, rule in rule_file("kpis.toml").toml().items() if "example" in rule}
BASIS = Basis(kpi_rules(), funnel("marketo"), exchange_rates(), "marketo", "first", NOW, handover_rules().sla)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Told:
    """What is known, added act by act; `value` asks one figure."""

    def __init__(self) -> None:
        self.leads: dict[str, str | None] = {}
        self.made: tuple[Basis, tuple[int, ...], pl.DataFrame] | None = None
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: []
            for name in ("touchpoints", "stages", "handovers", "opportunities", "costs", "accounts", "redirects")
        }

    def lead(self, lead_id: str, *steps: tuple[str, str], number: int = 1, account: str | None = None) -> Told:
        self.leads[lead_id] = account
        for index, (stage, moment) in enumerate(steps):
            left = at(steps[index + 1][1]) if index + 1 < len(steps) else None
            self.rows["stages"].append(
                {
                    "lead_id": lead_id,
                    "model": "marketo",
                    "pass": number,
                    "stage": stage,
                    "ladder": LADDER[stage],
                    "entered_at": at(moment),
                    "left_at": left,
                    "known_at": at(moment),
                    "by": "rule",
                }
            )
        return self

    def touch(self, lead_id: str | None, moment: str, campaign: str | None = "c", **told: Any) -> Told:
        row = {
            "touchpoint_id": f"t{len(self.rows['touchpoints'])}",
            "lead_id": lead_id,
            "account_id": self.leads.get(lead_id or ""),
            "kind": "download",
            "channel": "web",
            "occurred_at": at(moment),
            "known_at": at(moment),
            "campaign_id": campaign,
            "human": "yes",
        }
        self.rows["touchpoints"].append(row | told)
        return self

    def deal(self, account: str, outcome: str, amount: str | None = None, **told: Any) -> Told:
        row = {
            "opportunity_id": f"o{len(self.rows['opportunities'])}",
            "account_id": account,
            "lead_ids": [],
            "outcome": outcome,
            "amount": Decimal(amount) if amount else None,
            "currency": "EUR",
            "created_at": at("2026-03-10"),
            "closed_at": at("2026-04-01") if outcome != "open" else None,
            "known_at": at("2026-04-01"),
        }
        self.rows["opportunities"].append(row | told)
        return self

    def cost(self, actual: str | None = None, planned: str | None = None, **told: Any) -> Told:
        row = {"campaign_id": "c", "month": "2026-03", "currency": "EUR", "source": "plan", "file": "budget.csv"}
        row |= {name: Decimal(value) for name, value in (("actual", actual), ("planned", planned)) if value}
        self.rows["costs"].append(row | told)
        return self

    def measured(self) -> Measured:
        tables = {"touchpoints": TOUCHPOINTS, "stages": STAGE_HISTORY, "handovers": HANDOVERS}
        tables |= {
            "opportunities": OPPORTUNITIES,
            "costs": CAMPAIGN_COSTS,
            "accounts": ACCOUNTS,
            "redirects": REDIRECTS,
        }
        made = {name: frame(table, self.rows[name]) for name, table in tables.items()}
        leads = pl.DataFrame(
            {"lead_id": list(self.leads), "account_id": list(self.leads.values())},
            schema={"lead_id": pl.String, "account_id": pl.String},
        )
        credited = attribution(
            made["touchpoints"],
            made["stages"],
            made["opportunities"],
            leads,
            rules=attribution_rules(),
            model="marketo",
        )
        return Measured(leads=leads, attribution=credited, **made)

    def figures(self, basis: Basis = BASIS) -> pl.DataFrame:
        known = tuple(len(rows) for rows in self.rows.values())
        if self.made is None or self.made[0] is not basis or self.made[1] != known:
            self.made = basis, known, kpis(self.measured(), basis)
        return self.made[2]

    def value(self, kpi: str, period: str, key: str, basis: Basis = BASIS) -> tuple[float | None, str | None]:
        rows = self.figures(basis).filter(
            pl.col("kpi") == kpi, pl.col("period") == period, pl.col("key") == key, pl.col("dimension") != "owner"
        )
        return rows.select("value", "reason").row(0)


# Conversion


def test_conversion_counts_who_skips_and_each_lead_once() -> None:
    """LM50 and the example of kpis.toml."""
    example = EXAMPLES["conversion_rate"]
    told = Told()
    for number in range(example["entered"]):
        steps = [("engaged", "2026-03-05")]
        if number < 3:
            steps.append(("sql", "2026-03-09"))  # skips
        elif number < 4:
            steps += [("mql", "2026-03-09"), ("engaged", "2026-03-12"), ("mql", "2026-03-20")]  # twice
        elif number < example["reached"]:
            steps.append(("mql", "2026-05-09"))
        told.lead(f"l{number}", *steps)
    assert told.value("conversion_rate", "2026-03", "engaged") == (example["result"], None)


def test_who_was_merged_counts_once() -> None:
    """LM17."""
    told = Told().lead("new", ("sql", "2026-03-05")).lead("new", ("mql", "2026-03-20"))
    told.rows["stages"][-1] |= {"merged_from": "old"}
    rows = told.figures().filter(pl.col("kpi") == "conversion_rate", pl.col("key") == "mql")
    assert rows.select("period", "numerator", "denominator").rows() == [("2026-03", 1.0, 1.0)]


def test_a_second_pass_is_another_cohort() -> None:
    told = Told().lead("l1", ("engaged", "2026-03-05"), ("mql", "2026-03-06"), ("nurturing", "2026-04-01"))
    told.lead("l1", ("engaged", "2026-05-05"), number=2)
    assert told.value("conversion_rate", "2026-03", "engaged") == (1.0, None)
    assert told.value("conversion_rate", "2026-05", "engaged") == (0.0, None)


@pytest.mark.parametrize(
    ("entered", "reason"),
    [("2026-08-31T21:59", None), ("2026-08-31T22:00", "still_running"), ("2026-09-02", "still_running")],
)
def test_a_young_cohort_is_still_running(entered: str, reason: str | None) -> None:
    """The cohort of August ends with August in Berlin, 91 and some days before; that of September does not."""
    month = "2026-08" if reason is None else "2026-09"
    assert Told().lead("l1", ("mql", entered)).value("conversion_rate", month, "mql")[1] == reason


def test_leads_needed() -> None:
    example = EXAMPLES["leads_needed"]
    assert needed_leads(example["target"], example["rates"]) == example["result"]
    assert needed_leads(12, [0.5, 0.0]) is None
    assert needed_leads(1, [0.3]) == 4


def test_leads_needed_of_a_funnel_nobody_got_through_is_null_with_a_reason() -> None:
    told = Told().lead("l1", ("lead", "2026-03-05"))
    assert told.value("leads_needed", "2026-12", "(none)") == (None, "no_grown_up_cohort")


# Costs


def campaign(mql: int, orders: int, amount: str = "48000.00") -> Told:
    """Leads of a campaign in March, the first of which order for the amount in all."""
    told = Told()
    for number in range(mql):
        told.lead(f"l{number}", ("mql", "2026-03-09"), account=f"a{number}").touch(f"l{number}", "2026-03-02")
    for number in range(orders):
        price = Decimal(amount) / orders
        told.deal(f"a{number}", "won", str(price.quantize(Decimal("0.01"))))
    rest = Decimal(amount) - sum(row["amount"] for row in told.rows["opportunities"])
    if orders:
        told.rows["opportunities"][0]["amount"] += rest
    return told


def test_cost_per_lead_and_order_and_return() -> None:
    """LM49 and the examples of kpis.toml."""
    lead, order, roi = (EXAMPLES[name] for name in ("cost_per_lead", "cost_per_order", "roi"))
    told = campaign(lead["mql"], order["orders"], str(roi["amount"])).cost("8400.00", "10000.00")
    assert lead["budget"] == order["budget"] == roi["budget"] == 8400
    for key in ("c", "(none)"):
        assert told.value("cost_per_lead", "all", key) == (lead["result"], None)
        assert told.value("cost_per_order", "all", key) == (order["result"], None)
        assert told.value("roi", "all", key) == (roi["result"], None)
    assert told.value("cost_per_lead", "2026-03", "c") == (lead["result"], None)
    assert told.value("cost_per_order", "2026-03", "c") == (None, "no_order")
    assert told.value("cost_per_order", "2026-04", "c") == (None, "no_budget")


@pytest.mark.parametrize(
    ("told", "kpi", "expected"),
    [
        (campaign(0, 0).cost("100.00"), "cost_per_lead", (None, "no_mql")),
        (campaign(2, 0).cost("100.00"), "cost_per_order", (None, "no_order")),
        (campaign(2, 1), "cost_per_lead", (None, "no_budget")),
        (campaign(2, 1), "roi", (None, "no_budget")),
        (campaign(2, 1).cost("0.00"), "cost_per_lead", (0.0, None)),
        (campaign(2, 1).cost("0.00"), "roi", (None, "zero_budget")),
        (campaign(2, 0).cost("100.00"), "roi", (-1.0, None)),
        (campaign(2, 0).cost(planned="50.00"), "cost_per_lead", (25.0, None)),
        (campaign(2, 0).cost("10.00", "50.00"), "cost_per_lead", (5.0, None)),
        (campaign(2, 0).cost("10.00").cost(planned="30.00", month="2026-04"), "cost_per_lead", (20.0, None)),
        (campaign(2, 0).cost(), "cost_per_lead", (None, "no_budget")),
        (campaign(2, 1).deal("a1", "won", None).cost("100.00"), "roi", (None, "order_without_amount")),
        (campaign(2, 0).deal("a1", "cancelled", "48000.00").cost("9.00"), "cost_per_order", (None, "no_order")),
        (campaign(2, 0).cost("10.00").cost("10.00", currency="CHF"), "cost_per_lead", (None, "mixed_currency")),
        (campaign(2, 0).cost("10.00", currency="CHF"), "cost_per_lead", (5.0, None)),
        (campaign(2, 1).cost("10.00", currency="CHF"), "roi", (None, "mixed_currency")),
    ],
    ids=[
        "no mql",
        "no order",
        "no budget",
        "no budget for a return",
        "nothing is a budget",
        "no return on nothing",
        "nothing came back",
        "planned",
        "actual before planned",
        "two months, one of them planned",
        "a cost without an amount",
        "an order without an amount",
        "LM47 cancelled",
        "LM52 two currencies",
        "one foreign currency",
        "spent in one, earned in another",
    ],
)
def test_null_has_a_reason(told: Told, kpi: str, expected: tuple[float | None, str | None]) -> None:
    assert told.value(kpi, "all", "c") == expected


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([("CHF", "2026-01-01", "1.10")], (10.5, None)),
        ([("CHF", "2026-01-01", "1.10"), ("CHF", "2026-03-01", "1.00")], (10.0, None)),
        ([("CHF", "2026-04-01", "1.10")], (None, "mixed_currency")),
        ([("USD", "2026-01-01", "0.90")], (None, "mixed_currency")),
    ],
    ids=["rate", "the latest before the month", "later than the cost", "another currency"],
)
def test_a_dated_rate_adds_currencies_up(
    rates: list[tuple[str, str, str]], expected: tuple[float | None, str | None]
) -> None:
    """LM52."""
    rows = [(currency, date.fromisoformat(day), Decimal(rate)) for currency, day, rate in rates]
    given_rates = pl.concat([BASIS.rates, pl.DataFrame(rows, schema=BASIS.rates.schema, orient="row")])
    told = campaign(2, 0).cost("10.00").cost("10.00", currency="CHF")
    assert told.value("cost_per_lead", "all", "c", BASIS._replace(rates=given_rates)) == expected


# Cycle


@pytest.mark.parametrize(
    ("watched", "median"),
    [
        ([], None),
        ([(74, True)], 74),
        ([(10, True), (20, True), (30, True)], 20),
        ([(10, True), (20, True), (30, True), (40, True)], 25),
        ([(10, True), (90, False)], 10),
        ([(10, True), (20, False), (30, False)], None),
        ([(5, False), (10, True), (20, True), (30, True)], 20),  # was not watched long enough to count
        ([(10, True), (10, True), (10, False)], 10),
    ],
    ids=str,
)
def test_open_deals_count_as_long_as_they_were_watched(watched: list[tuple[float, bool]], median: float | None) -> None:
    assert quantile(watched, 0.5) == median


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_without_open_deals_the_median_is_the_median(days: list[int]) -> None:
    assert quantile([(count, True) for count in days], 0.5) == pytest.approx(pl.Series(days).median())


def test_sales_cycle_from_the_first_identified_contact_of_anybody() -> None:
    example = EXAMPLES["sales_cycle"]
    told = Told().lead("l1", ("lead", "2026-03-09"), account="a").lead("l2", ("lead", "2026-03-02"), account="a")
    told.touch("l1", "2026-03-09").touch("l2", str(example["first_contact"]))
    told.touch(None, "2026-01-01", account_id="a").touch("l2", "2026-01-02", kind="email_sent", human="no")
    told.deal("a", "won", "1.00", closed_at=at(str(example["contract"])))
    assert told.value("sales_cycle_median", "2026-12", "(none)") == (example["result"], None)


def test_a_reopened_deal_is_one_order() -> None:
    """LM46."""
    told = Told().lead("l1", ("opportunity", "2026-03-10"), ("nurturing", "2026-04-01"), account="a")
    told.touch("l1", "2026-03-02").deal("a", "won", "1.00", closed_at=at("2026-05-15"))
    assert told.value("sales_cycle_median", "2026-12", "(none)") == (74.0, None)


def test_a_second_order_starts_after_the_first() -> None:
    told = Told().lead("l1", ("lead", "2026-01-01"), account="a").touch("l1", "2026-01-01").touch("l1", "2026-05-01")
    told.deal("a", "won", "1.00", closed_at=at("2026-01-11")).deal("a", "won", "1.00", closed_at=at("2026-05-31"))
    assert told.value("sales_cycle_median", "2026-12", "(none)") == (20.0, None)


@pytest.mark.parametrize(
    ("deals", "expected"),
    [
        ([], (None, "no_order")),
        ([("open", None)], (None, "no_order")),
        ([("lost", "1.00")], (None, "no_order")),
        ([("won", "1.00"), ("open", None), ("open", None)], (None, "too_many_open")),
    ],
)
def test_no_cycle_without_enough_orders(deals: list[Any], expected: tuple[float | None, str | None]) -> None:
    told = Told()
    for outcome, amount in deals:
        told.deal("a", outcome, amount)
    assert told.value("sales_cycle_median", "2026-12", "(none)") == expected


@pytest.mark.parametrize(
    ("industry", "late"), [("Maschinenbau", 0.0), ("maschinenbau", 0.0), ("Chemie", 1.0), (None, 1.0)]
)
def test_limits_go_by_industry(industry: str | None, late: float) -> None:
    told = Told().lead("l1", ("lead", "2026-07-01"), account="a").touch("l1", "2026-07-01").deal("a", "open")
    told.rows["accounts"].append({"account_id": "a", "name": "A", "industry": industry})
    assert told.value("sales_cycle_over_limit", "2026-12", "(none)") == (late, None)


# Response


def handover(number: int, **told: Any) -> dict[str, Any]:
    row = {"handover_id": f"h{number}", "lead_id": f"l{number}", "status": "accepted", "window": "hot", "owner": "o"}
    return row | {"qualified_at": at("2026-03-05"), "handed_over_at": at("2026-03-05")} | told


def test_speed_to_lead_and_what_became_of_it() -> None:
    told = Told().lead("l0", ("sql", "2026-03-06"))
    told.rows["handovers"] = [
        handover(0, wall_minutes=30.0, wall_bucket="<1h", sla="met"),
        handover(1, wall_minutes=90.0, wall_bucket="1-2h", sla="met"),
        handover(2, wall_minutes=50.0, wall_bucket="<1h", sla="breached"),
        handover(3, sla="breached"),
        handover(4, sla="running"),
        handover(5, sla="withdrawn"),
    ]
    assert told.value("speed_to_lead", "2026-03", "<1h") == (0.5, None)
    assert told.value("speed_to_lead", "2026-03", "no_response") == (0.25, None)
    assert told.value("speed_to_lead_conversion", "2026-03", "<1h") == (0.5, None)
    assert told.value("speed_to_lead_minutes", "2026-03", "(none)") == (50.0, None)
    assert told.value("sla_kept", "2026-03", "(none)") == (0.5, None)
    assert told.value("sla_kept", "2026-03", "window:hot") == (0.5, None)


def test_what_became_of_a_lead_that_was_merged_away_is_found_under_its_new_id() -> None:
    told = Told().lead("new", ("sql", "2026-03-06"))
    told.rows["handovers"] = [handover(0, wall_minutes=30.0, wall_bucket="<1h", sla="met")]
    told.rows["redirects"] = [{"entity": "lead", "old_id": "l0", "new_id": "new", "at": NOW}]
    assert told.value("speed_to_lead_conversion", "2026-03", "<1h") == (1.0, None)


def test_sla_of_a_month_in_which_all_still_runs() -> None:
    told = Told()
    told.rows["handovers"] = [handover(0, sla="running")]
    assert told.value("sla_kept", "2026-03", "(none)") == (None, "still_running")


# Bottleneck


def test_the_stage_that_piles_up() -> None:
    told = Told()
    for number in range(60):
        entered = NOW - timedelta(weeks=10) if number < 20 else NOW - timedelta(days=3)
        told.lead(f"l{number}", ("mql", entered.replace(tzinfo=None).isoformat()))
    assert told.value("bottleneck_open", "2026-12", "mql") == (3.0, None)
    assert told.value("bottleneck", "2026-12", "mql") == (3.0, None)
    assert told.value("bottleneck", "2026-12", "sql") == (None, "fewer_than_20")


def test_a_stage_without_history_has_none_to_compare_with() -> None:
    told = Told()
    for number in range(20):
        told.lead(f"l{number}", ("mql", "2026-11-30"))
    assert told.value("bottleneck", "2026-12", "mql") == (None, "no_history")


# Every world


@given(
    seed=st.integers(0, 99), mql=st.integers(0, 4), orders=st.integers(0, 3), cost=st.sampled_from([None, "0", "7.5"])
)
@settings(max_examples=25, deadline=None)
def test_a_value_or_a_reason_and_order_decides_nothing(seed: int, mql: int, orders: int, cost: str | None) -> None:
    told = campaign(mql, orders).cost(cost).cost("3.33", campaign_id="d", currency="CHF")
    told.rows["handovers"] = [handover(0, wall_minutes=30.0, wall_bucket="<1h", sla="met"), handover(1, sla="running")]
    measured = told.measured()
    once = kpis(measured, BASIS)
    assert once.filter(pl.col("value").is_null() == pl.col("reason").is_null()).height == 0
    assert once["value"].is_finite().drop_nulls().all()
    assert set(once["reason"].drop_nulls()) <= reasons().keys()
    assert once.select(KPIS.key).is_unique().all()
    mixed = {
        name: table.sample(fraction=1.0, shuffle=True, seed=seed)
        for name, table in measured._asdict().items()
        if name != "attribution"
    }
    assert kpis(measured._replace(**mixed), BASIS).equals(once)
