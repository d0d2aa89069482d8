"""The qualified contract: touchpoints, stages, scores, hand-overs, deals, costs, credits and figures.

Belongs here: the tables of qualification, those it publishes and the two it is computed from (`ACTIVITIES`,
`CRM_FEEDBACK`). Does not belong here: how they are filled (`qualification`), who a lead is (`contracts.published`).
What decays with time stays out of `leads`: a score there would change every lead every night.
Times are UTC. `known_at` is the run that first knew a row, so any past night can be rebuilt and nothing learns from
the future; money is decimal with two places and its currency beside it, ISO 4217.
"""

from __future__ import annotations

import polars as pl

from contracts import forms
from contracts.raw import REJECTS
from contracts.table import TIMESTAMP, Column, Table, text

MONEY = pl.Decimal(18, 2)


def _at(name: str, description: str, nullable: bool = True) -> Column:
    return Column(name, TIMESTAMP, description, nullable=nullable)


def _number(name: str, description: str, nullable: bool = True) -> Column:
    return Column(name, pl.Float64, description, nullable=nullable)


def _money(name: str, description: str) -> Column:
    return Column(name, MONEY, description)


EVIDENCE = pl.List(pl.Struct({"source": pl.String, "source_record_id": pl.String, "file": pl.String, "row": pl.Int64}))

_WHERE = (
    text("source", "Source folder", nullable=False),
    text("source_record_id", "The act's id at its source, or a hash of what the row says", nullable=False),
    text("file", "File as delivered", nullable=False),
    Column("row", pl.Int64, "Row in the file", nullable=False),
)

ACTIVITIES = Table(
    "activities",
    "One row per act as one system saw it, before it is joined to a person.",
    (
        *_WHERE,
        text("system", "Maker of the system that saw it; null: a lead record"),
        text("kind", "Word of rules/activity_types.csv", nullable=False),
        _at("occurred_at", "When it happened", False),
        _at("known_at", "Run that first knew it", False),
        text("email", "Address it names"),
        text("crm_source", "Source whose record id `crm_id` is"),
        text("crm_id", "Record id it names"),
        text("visitor_id", "Browser id"),
        Column("tracking_consent", pl.Boolean, "Consent to read the browser id; null: not stated, which is no consent"),
        text("ip_address", "Address it came from"),
        text("user_agent", "Device it came from"),
        text("campaign_id", "Campaign"),
        text("utm_source", "As received"),
        text("utm_medium", "As received"),
        text("utm_campaign", "As received"),
        text("mailing_id", "Mailing"),
        text("content_id", "Whitepaper, mailing, webinar or page"),
        text("page_url", "Page or link target"),
        text("category", "Product category"),
        _number("share", "Share of a webinar attended, 0 to 1; sessions of one person added up"),
        text("machine", "Why it was no human, as the source says; null: it does not say"),
    ),
    key=("source", "source_record_id"),
)

ACTIVITY_REJECTS = Table(
    "activity_rejects", "Rows of activity of which nothing could be told, with the reason.", REJECTS.columns
)

CRM_FEEDBACK = Table(
    "crm_feedback",
    "What the CRM says happened to a person: a stage, an acceptance, a refusal. Joined to the lead.",
    (
        *_WHERE,
        text("lead_id", "Lead; null where the record is unknown yet", form=forms.LEAD_ID),
        text("account_id", "Account"),
        text("crm_source", "Source whose record id `crm_id` is"),
        text("crm_id", "Record id it names"),
        text("email", "Address it names"),
        text("field", "stage or status", nullable=False),
        text("old_value", "As received"),
        text("new_value", "As received"),
        text("reason", "Reason of sales, as received"),
        text("owner", "Who did it, as received"),
        _at("occurred_at", "When it happened", False),
        _at("known_at", "Run that first knew it", False),
    ),
    key=("source", "source_record_id", "field", "occurred_at"),
)

LEAD_FACTS = Table(
    "lead_facts",
    "What the records of a lead declare of need and size, as numbers; of each fact what the newest one says.",
    (
        text("lead_id", "Lead", nullable=False, form=forms.LEAD_ID),
        text("industry", "Industry, as received"),
        text("employees_band", "1-9, 10-49, 50-249, 250-999 or 1000+"),
        _number("budget_amount", "Budget, as stated; of a range the lower end"),
        _number("timeframe_months", "Months until they want to buy; of a range the upper end"),
        text("interest", "Product of interest, as received"),
        text("rating", "Rating of whoever collected it, as received"),
    ),
    key=("lead_id",),
)

TOUCHPOINTS = Table(
    "touchpoints",
    "One row per act of a person, however many systems saw it.",
    (
        text("touchpoint_id", "Stable id of kind, time and first evidence", nullable=False),
        text("lead_id", "Lead; null for anonymous visitors and shared mailboxes", form=forms.LEAD_ID),
        text("account_id", "Account", form=forms.ACCOUNT_ID),
        text("visitor_id", "Browser id"),
        text("kind", "Word of rules/activity_types.csv", nullable=False),
        text("channel", "Channel of rules/activity_types.csv", nullable=False),
        _at("occurred_at", "When it happened", False),
        _at("known_at", "Run that first knew it", False),
        text("campaign_id", "Campaign"),
        text("utm_source", "As received"),
        text("utm_medium", "As received"),
        text("mailing_id", "Mailing"),
        text("content_id", "Whitepaper, mailing, webinar or page"),
        text("category", "Product category"),
        _number("share", "Share of a webinar attended, 0 to 1"),
        text("human", "yes, maybe or no", nullable=False),
        text("join_rule", "record, crm_id, email, visitor, company_network or none", nullable=False),
        text("reason", "Why it scores nothing or is not joined"),
        Column("evidence", EVIDENCE, "Every record that shows it, sorted", nullable=False),
    ),
    key=("touchpoint_id",),
)

LEAD_SCORES = Table(
    "lead_scores",
    "Where each lead stands as of this publication.",
    (
        text("lead_id", "Lead", nullable=False, form=forms.LEAD_ID),
        _at("as_of", "Moment of the calculation", False),
        text("rules_version", "Version and hash of scoring.toml", nullable=False),
        _number("fit", "-100 to 100"),
        text("fit_grade", "A to D", nullable=False),
        _number("behaviour", "-100 to 100; null when the person objected"),
        text("behaviour_grade", "1 to 4; null when the person objected"),
        Column("qualified", pl.Boolean, "Marketing-qualified by the rules", nullable=False),
        text("qualified_by", "Grade, trigger, or what prevents it"),
        _at("grade_until", "When decay alone will change the grade; null: never"),
        _number("probability", "Calibrated; null while the model is off"),
        text("probability_note", "Version of the model, or why it is off"),
        text("stage", "Stage in the chosen model", nullable=False),
        _at("stage_since", "Since when", False),
        text("content_hash", "Of grades, qualified and stage: what a CRM needs to know", nullable=False),
    ),
    key=("lead_id",),
)

SCORE_EXPLANATIONS = Table(
    "score_explanations",
    "Rows that sum to the score, each with its rule and its evidence.",
    (
        text("lead_id", "Lead", nullable=False, form=forms.LEAD_ID),
        text("part", "fit, behaviour or cap", nullable=False),
        text("rule", "Rule in scoring.toml", nullable=False),
        text("touchpoint_id", "For behaviour"),
        text("field", "For fit; its record is in field_provenance"),
        _number("points", "As in the rule"),
        _number("factor", "Decay and interest"),
        _number("contribution", "What counts", False),
        text("reason", "Why it counts less, e.g. daily_cap, beyond_horizon, machine"),
    ),
    key=("lead_id", "part", "rule", "touchpoint_id", "field"),
)

ACCOUNT_SCORES = Table(
    "account_scores",
    "How far the buying group of each account is.",
    (
        text("account_id", "Account", nullable=False, form=forms.ACCOUNT_ID),
        _number("score", "0 to 100", False),
        Column("engaged", pl.UInt32, "People whose behaviour reaches [account] engaged_from", nullable=False),
        Column("roles_engaged", pl.List(pl.String), "Roles with an engaged person, sorted", nullable=False),
        Column("roles_missing", pl.List(pl.String), "Roles nobody engaged fills, sorted", nullable=False),
        Column("qualified", pl.Boolean, "Qualified account", nullable=False),
        _at("last_touch_at", "Latest touchpoint of anybody"),
    ),
    key=("account_id",),
)

STAGE_HISTORY = Table(
    "stage_history",
    "Each lead's way through each stage model; rows are added, never changed but for `left_at`.",
    (
        text("lead_id", "Lead", nullable=False, form=forms.LEAD_ID),
        text("model", "Stage model", nullable=False),
        Column("pass", pl.UInt16, "1 for the first way through the funnel, 2 for a customer's next", nullable=False),
        text("stage", "Stage", nullable=False),
        Column("ladder", pl.Int8, "Common ladder, 0 anonymous to 7 customer", nullable=False),
        _at("entered_at", "Effective", False),
        _at("left_at", "Effective; null: still there"),
        _at("known_at", "Run that first knew it", False),
        text("by", "rule, crm, order or person", nullable=False),
        text("reason", "Why, e.g. decayed, cancelled, lost"),
        text("evidence", "Rule and version, or source and record", nullable=False),
        text("merged_from", "Lead whose row this was before a merge", form=forms.LEAD_ID),
        Column("late", pl.Boolean, "Known after a later row", nullable=False),
    ),
    key=("lead_id", "model", "pass", "stage", "entered_at", "merged_from"),
)

HANDOVERS = Table(
    "handovers",
    "Every hand-over to sales and every hold, with its clock.",
    (
        text("handover_id", "Id", nullable=False),
        text("lead_id", "Lead", nullable=False, form=forms.LEAD_ID),
        text("account_id", "Account", form=forms.ACCOUNT_ID),
        text("status", "held, queued, handed_over, attached, accepted, rejected or withdrawn", nullable=False),
        text("hold_code", "Hold of handover.toml that keeps it back"),
        text("channel", "How sales may reach the person: email, phone, phone_presumed"),
        text("team", "Team"),
        text("owner", "Owner"),
        text("rule", "Row of routing.csv and why"),
        _at("qualified_at", "Effective", False),
        _at("handed_over_at", "Publication"),
        text("window", "Window of sla.toml"),
        _at("due_at", "End of the window by the business clock"),
        _at("first_response_at", "First activity of sales"),
        _number("pipeline_minutes", "Wall minutes from request to publication"),
        _number("business_minutes", "Business minutes of sales"),
        _number("wall_minutes", "Wall minutes from request to response"),
        text("wall_bucket", "Class of the wall minutes: <1h, 1-2h, 2-24h or >24h"),
        text("sla", "running, met, breached or withdrawn"),
        text("cause", "Whose minutes broke it: pipeline 130 min, sales 10 min"),
        text("outcome", "Reason of sales"),
    ),
    key=("handover_id",),
)

OPPORTUNITIES = Table(
    "opportunities",
    "Deals and orders as the CRM states them.",
    (
        text("opportunity_id", "Source and id", nullable=False),
        text("account_id", "Account", form=forms.ACCOUNT_ID),
        Column("lead_ids", pl.List(pl.String), "People, sorted", nullable=False),
        text("stage", "As received"),
        _money("amount", "Amount"),
        text("currency", "ISO 4217"),
        _at("created_at", "Created"),
        _at("closed_at", "Closed"),
        text("outcome", "open, won, lost or cancelled", nullable=False),
        text("campaign_id", "Primary campaign"),
        text("owner", "Owner, as received"),
        _at("known_at", "Run that first knew this state", False),
    ),
    key=("opportunity_id",),
)

CAMPAIGN_COSTS = Table(
    "campaign_costs",
    "Costs per campaign and month.",
    (
        text("campaign_id", "Campaign", nullable=False),
        text("month", "YYYY-MM", nullable=False),
        text("channel", "As received"),
        _money("planned", "Planned"),
        _money("actual", "Actual"),
        text("currency", "ISO 4217", nullable=False),
        text("source", "Source folder", nullable=False),
        text("file", "File as delivered", nullable=False),
    ),
    key=("campaign_id", "month", "channel", "currency", "source"),
)

ATTRIBUTION = Table(
    "attribution",
    "Credit of a touchpoint for a conversion; credits of one conversion and model sum to 1.",
    (
        text("conversion_id", "Conversion", nullable=False),
        text("conversion", "mql, opportunity or order", nullable=False),
        text("model", "Model of attribution.toml", nullable=False),
        text("touchpoint_id", "Null: unattributed"),
        text("lead_id", "Person", form=forms.LEAD_ID),
        text("account_id", "Account", form=forms.ACCOUNT_ID),
        text("campaign_id", "Campaign"),
        _number("credit", "0 to 1", False),
        _money("amount", "Share of the order"),
        text("currency", "ISO 4217"),
    ),
    key=("conversion_id", "model", "touchpoint_id"),
)

KPIS = Table(
    "kpis",
    "Figures with numerator, denominator and reason.",
    (
        text("kpi", "Figure of kpis.toml", nullable=False),
        text("period", "YYYY-MM, or all", nullable=False),
        text("dimension", "all, campaign, stage, owner or segment", nullable=False),
        text("key", "Value of the dimension; (none) where there is none", nullable=False),
        _number("value", "Null with a reason"),
        _number("numerator", "Above"),
        _number("denominator", "Below"),
        text(
            "unit", "share, ratio, leads, days, minutes or a currency; null where neither value nor currency is known"
        ),
        text("reason", "Why there is no value, e.g. no_mql, no_budget, no_order, mixed_currency, still_running"),
    ),
    key=("kpi", "period", "dimension", "key"),
)

QUALIFIED = (
    TOUCHPOINTS,
    LEAD_SCORES,
    SCORE_EXPLANATIONS,
    ACCOUNT_SCORES,
    STAGE_HISTORY,
    HANDOVERS,
    OPPORTUNITIES,
    CAMPAIGN_COSTS,
    ATTRIBUTION,
    KPIS,
)
