"""Events: rows of which each is an act of somebody.

Belongs here: the kind of an act by the words of its shape, what is asked of a row to be one. Does not belong here: the
kinds (`rules/activity_types.csv`), attendance, which takes several rows (`attendance`).
"""

from __future__ import annotations

import polars as pl

from qualification.activity.ids import hashed
from qualification.activity.machines import of_agent
from qualification.activity.parts import Parts
from qualification.activity.taken import Taken, addresses, bare_id, is_true
from qualification.rule_files import rule_file

_TEXTS = ("ip_address", "user_agent", "campaign_id", "utm_source", "utm_medium", "utm_campaign", "mailing_id")
_SAYS = ("kind", "occurred_at", "email", "crm_id", "visitor_id", "content_id", "page_url", "mailing_id")
_TAKEN_AT_ITS_WORD = ("unsubscribe", "spam_report", "bounce", "email_sent")
_PAID = ("cpc", "ppc", "paid", "paidsearch", "paid_search", "paidsocial", "paid_social", "cpm", "display", "ads")


def read_events(taken: Taken) -> Parts:
    """The acts of a table, and the rows that are none with the reason: unknown_kind, unknown_time, nobody_named."""
    parts = Parts()
    word = _word(taken)
    acts = pl.DataFrame(
        {
            "row": taken.place,
            "word": word,
            "kind": _kinds(taken, word),
            "occurred_at": taken.time("occurred_at"),
            "sent_at": taken.time("sent_at"),
            "email": addresses(taken.text("email")),
            "crm_id": bare_id(taken.text("crm_id")),
            "visitor_id": visitor(taken.text("visitor_id")),
            "tracking_consent": is_true(taken.text("tracking_consent")),
            "page_url": taken.text("page_url"),
            "content_id": taken.text("content_id"),
            "category": taken.text("category"),
            "filtered": is_true(taken.text("filtered")),
            "said_id": taken.text("source_record_id"),
            "gclid": taken.text("gclid"),
            **{name: taken.text(name) for name in _TEXTS},
        }
    ).with_columns(**taken.where)
    acts = acts.filter(pl.col("kind").ne_missing("-"))
    if taken.shape.other != "=" and (taken.has("gclid") or taken.has("utm_medium")):
        paid = pl.col("gclid").is_not_null() | pl.col("utm_medium").str.to_lowercase().is_in(_PAID)
        acts = acts.filter((pl.col("kind") != "ad_click") | paid.fill_null(False))
    nobody = pl.all_horizontal(pl.col("email", "crm_id", "visitor_id", "ip_address").is_null())
    reason = (
        pl.when(pl.col("kind").is_null())
        .then(pl.lit("unknown_kind"))
        .when(pl.col("occurred_at").is_null())
        .then(pl.lit("unknown_time"))
        .when(nobody)
        .then(pl.lit("nobody_named"))
    )
    acts = acts.with_columns(reason_code=reason)
    parts.add("rejects", _rejected(acts.filter(pl.col("reason_code").is_not_null())))
    acts = acts.filter(pl.col("reason_code").is_null())
    # What a person has to be taken at its word for is never put down to a machine.
    own_act = ~acts["kind"].is_in(_TAKEN_AT_ITS_WORD)
    said = pl.when(pl.col("filtered")).then(pl.lit("filtered by the source"))
    acts = acts.with_columns(said=hashed(acts, _SAYS))
    several = acts.select("said_id", "said").unique().filter(pl.col("said_id").is_duplicated())["said_id"].unique()
    own = pl.col("said_id").is_not_null() & ~pl.col("said_id").is_in(several.implode())
    acts = acts.with_columns(
        source_record_id=pl.when(own).then("said_id").otherwise("said"),
        machine=pl.when(own_act).then(pl.coalesce(said, of_agent(acts["user_agent"]))),
        kind=_by_page(acts["kind"], acts["page_url"]),
        campaign_id=pl.coalesce("utm_campaign", "campaign_id"),
        crm_source=pl.when(pl.col("crm_id").is_not_null()).then(pl.lit(taken.crm_source)),
        system=pl.lit(taken.shape.system),
    )
    parts.add("activities", acts)
    return parts


def visitor(texts: pl.Series) -> pl.Series:
    """The browser id in whatever is delivered: `GA1.2.123.456`, as the cookie holds it, is 123.456."""
    return texts.str.replace(r"^GA\d\.\d+(?:-\d+)?\.(\d+\.\d+)$", "$1")


def _word(taken: Taken) -> pl.Series:
    """The cells that name the kind, joined by a blank."""
    if "kind" in taken.told.columns.values():
        return taken.text("kind").rename("word")
    nothing = pl.lit(None, pl.String)
    cells = [
        pl.coalesce([cell for name in names.split("|") for cell in taken.cells(name)] or [nothing])
        for names in taken.shape.kind_from
    ]
    joined = pl.concat_str(cells or [nothing], separator=" ", ignore_nulls=True)
    return taken.rows.select("row", word=joined)["word"]


def _kinds(taken: Taken, word: pl.Series) -> pl.Series:
    """The kind of each word; "-" where it is known to be none, null where it is not known."""
    known = {name.lower(): kind for name, kind in {**taken.shape.kinds, **taken.told.kinds}.items()}
    low = word.str.to_lowercase().str.strip_chars()
    shorter = low.str.extract(r"^(\S+)\s", 1)
    other = pl.lit(taken.shape.other)
    if taken.shape.other == "=":
        kinds = [row["kind"] for row in rule_file("activity_types.csv").rows()]
        other = pl.when(low.is_in(kinds)).then(low)
    whole, begins = (texts.replace_strict(known, default=None, return_dtype=pl.String) for texts in (low, shorter))
    return pl.select(pl.coalesce(whole, begins, other).alias("kind")).to_series()


def _by_page(kinds: pl.Series, pages: pl.Series) -> pl.Series:
    """Pages that say more than others: prices, careers."""
    path = pages.str.to_lowercase().str.replace(r"^https?://[^/]+", "")
    found = pl.lit(kinds)
    for row in reversed(rule_file("pages.csv").rows()):
        hit = (kinds == row["of"]) & path.str.contains(row["path"], literal=True).fill_null(False)
        found = pl.when(hit).then(pl.lit(row["kind"])).otherwise(found)
    return pl.select(found.alias("kind")).to_series()


_MESSAGES = {
    "unknown_kind": "What was done, `{}`, is no known kind; write it under kinds in [activity] of the settings",
    "unknown_time": "When it was is not told, or not in a notation that is known",
    "nobody_named": "Neither an address, a record, a browser nor a network says who it was",
}


def _rejected(acts: pl.DataFrame) -> pl.DataFrame:
    shown = pl.col("word").fill_null("").str.slice(0, 80)
    message = pl.when(pl.col("reason_code") == "unknown_kind").then(pl.format(_MESSAGES["unknown_kind"], shown))
    other = pl.col("reason_code").replace_strict(_MESSAGES, default=None, return_dtype=pl.String)
    raw = pl.concat_str(pl.col("word", "email", "crm_id", "page_url"), separator=";", ignore_nulls=True)
    return acts.with_columns(message=pl.coalesce(message, other), raw=raw)
