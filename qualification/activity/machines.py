"""Machines: acts that no person did.

Belongs here: what a source says of itself, user agents, clicks faster than any reader, all links of a mailing at once.
Does not belong here: the user agents (`machines.csv`), that machines score nothing
(`qualification/rules/scoring.toml`).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from engine.word_lists import WordLists

_AGENTS = [(row["kind"], row["word"]) for row in WordLists(Path(__file__).parent).rows("machines.csv")]
QUICK = timedelta(seconds=2)  # between sending and a click: nobody reads so fast
BURST, BURST_LINKS = "10s", 3  # so many links of one mailing within so short a time are a scanner's
_MAILED = ("email_click", "email_open")


def of_agent(agents: pl.Series) -> pl.Series:
    """Why an act with this user agent is no person's; null where it may be one."""
    distinct = agents.drop_nulls().unique()
    low = distinct.str.to_lowercase()
    found = pl.DataFrame({"agent": distinct}).with_columns(why=pl.lit(None, pl.String))
    for kind, word in _AGENTS:
        hit = low.str.contains(word.lower(), literal=True)
        found = found.with_columns(why=pl.coalesce("why", pl.when(hit).then(pl.lit(f"{kind}: {word}"))))
    known = found.drop_nulls("why")
    return agents.replace_strict(known["agent"], known["why"], default=None, return_dtype=pl.String)


def too_quick(activities: pl.DataFrame) -> pl.DataFrame:
    """Activities with `machine` also where a click came within two seconds of the mail, or all links at once.

    Args:
        activities: the columns of contracts.qualified.ACTIVITIES, and `sent_at`.
    """
    mailed = activities.with_row_index("place").filter(pl.col("kind").is_in([*_MAILED, "email_sent"]))
    if not mailed.height:
        return activities
    who = pl.coalesce("email", pl.col("crm_source") + "\0" + pl.col("crm_id"))
    mailed = mailed.select("place", "kind", "occurred_at", "mailing_id", "page_url", "sent_at", who=who, of="source")
    mailed = mailed.drop_nulls("who")
    key = ["of", "who", "mailing_id"]
    sent = mailed.filter(pl.col("kind") == "email_sent").select(*key, sent="occurred_at").unique().sort("sent")
    acts = mailed.filter(pl.col("kind") != "email_sent").sort("occurred_at", "place")
    # Exports that name no mailing are held against the last mail to that address.
    near = acts.with_columns(pl.col("mailing_id").fill_null("")).join_asof(
        sent.with_columns(pl.col("mailing_id").fill_null("")),
        left_on="occurred_at",
        right_on="sent",
        by=key,
        strategy="backward",
        check_sortedness=False,
    )
    quick = near.filter(pl.col("occurred_at") - pl.coalesce("sent_at", "sent") < QUICK)["place"]
    clicks = acts.filter(pl.col("kind") == "email_click", pl.col("page_url").is_not_null()).sort(
        *key, "occurred_at", "place"
    )
    first = pl.col("occurred_at").dt.truncate(BURST)
    burst = clicks.filter(pl.col("page_url").n_unique().over([*key, first]) >= BURST_LINKS)["place"]
    told = pl.concat(
        [
            quick.to_frame().with_columns(why=pl.lit("within 2 s of the mail")),
            burst.to_frame().with_columns(why=pl.lit("all links at once")),
        ]
    ).unique("place", keep="first", maintain_order=True)
    if not told.height:
        return activities
    why = activities.with_row_index("place").select("place").join(told, on="place", how="left", maintain_order="left")
    return activities.with_columns(machine=pl.coalesce("machine", why["why"]))
