"""What the people of a sample did, with known truth: `write_activity`.

Belongs here: acts, orders and campaign costs of drawn people, as the systems that know of them export them. Does not
belong here: the people and their leads (`generate`). Whoever means to buy acts more and orders more often: `truth`
says how likely each order was and which campaign had brought it about.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from samples.draw import Draw, Mask

CAMPAIGNS = ("hannover-messe", "webinar-energie", "newsletter-herbst", "google-brand", "linkedin-wachstum")
COSTS = (8_400, 1_200, 350, 5_600, 3_900)  # EUR a month
_KINDS = ("page_view", "price_page_view", "download", "email_click", "demo_request")
_WANT = (0.0, 0.65, 0.5, 0.4, 0.85)  # how much somebody wants to buy who does such a thing
_MOST_ACTS = 9
_BASE, _BY_INTENT = 0.01, 0.45  # probability of an order: of nobody's intent, and what all of it adds
_OF_ORDERS = 900  # EUR, least
_DAYS = 60  # from first contact within which people act
_ORDER_AFTER = 75  # days
_REFUSE = 0.01


class ActivitySummary(NamedTuple):
    """What was written."""

    acts: int
    orders: int
    files: int
    truth: Path


def write_activity(home: Path, sample: Path, seed: int) -> ActivitySummary:
    """Write `home/inbox/activity/<source>/<file>` and `home/truth_activity.parquet`; equal arguments give equal bytes.

    Args:
        home: of a sample.
        sample: its truth, Parquet with person_id, email and collected_at; a person may have several rows.
        seed: that of the sample.

    Returns:
        Counts and the path of the truth: person_id, email, intent (0 to 1), probability (of an order), campaign (what
        brought the person), acts, ordered, amount (EUR, null without an order).
    """
    people = pl.read_parquet(sample, columns=["person_id", "email", "collected_at"], glob=False)
    known = people.drop_nulls(["person_id", "email", "collected_at"]).sort("person_id", "collected_at", "email")
    known = known.unique("person_id", keep="first", maintain_order=True)
    size, draw = known.height, Draw(seed, "activity")
    intent = draw.unit(size)
    campaign = draw.below(size, len(CAMPAIGNS))
    acts = (intent**2 * draw.unit(size) * _MOST_ACTS * 2).astype(np.int64).clip(0, _MOST_ACTS)
    probability = _BASE + _BY_INTENT * intent**3
    ordered: Mask = draw.unit(size) < probability
    amount = _OF_ORDERS + draw.below(size, 60_000)
    truth = known.select("person_id", "email", "collected_at").with_columns(
        intent=intent,
        probability=probability,
        campaign=pl.Series([CAMPAIGNS[one] for one in campaign], dtype=pl.String),
        acts=pl.Series(acts, dtype=pl.UInt8),
        ordered=pl.Series(ordered),
        amount=pl.when(pl.Series(ordered)).then(pl.Series(amount)),
    )
    done = _acts(truth, draw)
    written = [
        _write(done, home, "website/acts.csv"),
        _write(_mails(truth, draw), home, "newsletter_tool/email_events.csv"),
        _write(_orders(truth, draw), home, "erp/orders.csv"),
        _write(_costs(truth), home, "marketing/budget.csv", separator=";"),
    ]
    path = home / "truth_activity.parquet"
    truth.drop("collected_at").write_parquet(path)
    return ActivitySummary(done.height, int(ordered.sum()), len(written), path)


def _acts(truth: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """Rows of a website's own log, the shape `plain`."""
    rows = truth.filter(pl.col("acts") > 0).select(
        "email", "collected_at", "intent", "campaign", pl.int_ranges(0, "acts").alias("number")
    )
    each = rows.explode("number")
    size = each.height
    mood = pl.Series(draw.unit(size)) * 0.5 + each["intent"] * 0.5
    kind = pl.lit(_KINDS[0])
    for name, want in sorted(zip(_KINDS[1:], _WANT[1:], strict=True), key=lambda pair: pair[1]):
        kind = pl.when(pl.lit(mood) > want).then(pl.lit(name)).otherwise(kind)
    minutes = pl.lit(pl.Series(draw.below(size, _DAYS * 24 * 60)))
    return each.select(
        kind=kind,
        occurred_at=_stamp(pl.col("collected_at") + pl.duration(minutes=minutes)),
        email="email",
        campaign="campaign",
        content_id=pl.concat_str(pl.lit("inhalt-"), pl.col("number").cast(pl.String)),
    ).sort(pl.all())


def _mails(truth: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """Rows as HubSpot exports mail events: everybody is sent one, some open it, a few refuse further ones."""
    luck = pl.Series(draw.unit(truth.height))
    sent = truth.select("email", at=pl.col("collected_at") + pl.duration(days=7), luck=luck, intent="intent")
    opened = sent.filter(pl.col("luck") < 0.3 + 0.4 * pl.col("intent"))
    refused = sent.filter(pl.col("luck") > 1 - _REFUSE)
    parts = [(sent, "SENT", 0, ""), (opened, "OPEN", 90, ""), (refused, "STATUSCHANGE", 200, "UNSUBSCRIBED")]
    events = pl.concat(
        part.select(
            type=pl.lit(word),
            created=_stamp(pl.col("at") + pl.duration(minutes=after)),
            recipient="email",
            email_campaign_id=pl.lit("newsletter-1"),
            portal_subscription_status=pl.lit(state),
        )
        for part, word, after, state in parts
    ).sort(pl.all())
    return events.with_row_index("id")


def _orders(truth: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    days = pl.lit(pl.Series(draw.below(truth.height, _ORDER_AFTER))) + 1
    dated = truth.with_columns(date=(pl.col("collected_at") + pl.duration(days=days)).dt.strftime("%Y-%m-%d"))
    return dated.filter("ordered").select(
        pl.format("A-{}", pl.col("person_id")).alias("order_id"),
        order_date="date",
        amount="amount",
        currency=pl.lit("EUR"),
        email="email",
        campaign="campaign",
    )


def _costs(truth: pl.DataFrame) -> pl.DataFrame:
    """A budget sheet as people keep it: German numbers, and a row of totals below."""
    months = sorted(truth.select(pl.col("collected_at").dt.strftime("%Y-%m")).to_series().unique().to_list())
    rows = [
        (name, month, _german(cost), "EUR") for month in months for name, cost in zip(CAMPAIGNS, COSTS, strict=True)
    ]
    rows.append(("Summe", "", _german(sum(COSTS) * len(months)), "EUR"))
    return pl.DataFrame(rows, schema=["Kampagne", "Monat", "Ist-Kosten", "Währung"], orient="row")


def _german(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + ",00"


def _stamp(at: pl.Expr) -> pl.Expr:
    return at.dt.replace_time_zone(None).dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(table: pl.DataFrame, home: Path, name: str, separator: str = ",") -> Path:
    path = home / "inbox" / "activity" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_csv(path, separator=separator)
    return path
