"""Same act: rows of several systems that show one act of one person.

Belongs here: which rows go together. Does not belong here: whose they are (`people`, `visitors`), what the touchpoint
then says (`touchpoints`).
Rows of one system are acts of their own, however close: three visits of a page in five minutes are three. Rows of
different systems are one act where person and kind are the same and no more than five minutes lie between.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from qualification.rule_files import rule_file

WINDOW = timedelta(minutes=5)
_ROUNDS = 100  # acts of one person and kind without five minutes of rest; what goes beyond stays apart
_PAGES = ("page_view", "price_page_view", "careers_page_view", "email_click")


def same_acts(acts: pl.DataFrame) -> pl.Series:
    """For each row the number of its act (UInt32): rows of one act share it.

    Args:
        acts: who (UInt64, null where nobody can tell), kind, occurred_at, source, system, source_record_id, page_url;
            sorted by time, then by what does not depend on the order of files.
    """
    rows = acts.select(
        "who",
        "kind",
        "occurred_at",
        "source_record_id",
        source=pl.concat_str("source", pl.lit("/"), pl.col("system").fill_null("record")),
        what=pl.when(pl.col("kind").is_in(_PAGES)).then(_path("page_url")).otherwise(pl.lit(None, pl.String)),
    ).with_row_index("place")
    apart = rows.select("place", act="place")
    near = _near(rows.filter(pl.col("who").is_not_null()))
    if not near.height:
        return apart["act"]
    found = [part for part in (_together(near), _plainer(rows, near)) if part.height]
    return _joined(apart, found)


def _path(url: str) -> pl.Expr:
    """The page without host and what follows a question mark: systems note links in their own ways."""
    return (
        pl.col(url)
        .str.to_lowercase()
        .str.replace(r"^[a-z]+://[^/?#]+", "")
        .str.replace(r"[?#].*$", "")
        .str.strip_chars_end("/")
    )


def _near(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that have one of another source, the same kind and person no more than five minutes away.

    `chain` numbers the stretches without five minutes of rest.
    """
    family = _family(rows["kind"])
    codes = family.cast(pl.Categorical).to_physical()
    rows = rows.with_columns(family=family, code=codes).sort("who", "code", "occurred_at", maintain_order=True)
    new = (
        (pl.col("who") != pl.col("who").shift())
        | (pl.col("code") != pl.col("code").shift())
        | (pl.col("occurred_at") - pl.col("occurred_at").shift() > WINDOW)
    ).fill_null(True)
    rows = rows.with_columns(chain=new.cum_sum())
    # A stretch of several sources has a place where a row of another one follows: quicker than to look at each stretch.
    other = (pl.col("chain") == pl.col("chain").shift()) & (pl.col("source") != pl.col("source").shift())
    mixed = rows.filter(other)["chain"].unique()
    return rows.drop("code").filter(pl.col("chain").is_in(mixed.implode()))


def _family(kinds: pl.Series) -> pl.Series:
    plainer = {row["kind"]: row["seen_as"] for row in rule_file("same_act.csv").rows()}
    return kinds.replace(plainer)


def _together(near: pl.DataFrame) -> pl.DataFrame:
    """place and act of rows of one kind: within five minutes of the earliest, one row of each source."""
    left, found = near, []
    key = ["chain", "kind"]
    for _ in range(_ROUNDS):
        if not left.height:
            break
        first = pl.col("occurred_at").first().over(key)
        page = pl.col("what").first().over(key)
        fits = pl.col("what").is_null() | page.is_null() | (pl.col("what") == page)
        within = (pl.col("occurred_at") - first <= WINDOW) & fits
        left = left.with_columns(within=within)
        taken = left.filter("within").unique([*key, "source"], keep="first", maintain_order=True)
        found.append(taken.select("place", act=pl.col("place").first().over(key)))
        left = left.join(taken.select("place"), on="place", how="anti", maintain_order="left")
        # A stretch that has rows of one source alone left holds no act of several any more.
        several = (pl.col("source") != pl.col("source").first().over(key)).any().over(key)
        left = left.filter(several)
    return pl.concat(found) if found else near.select("place", act="place").clear()


def _plainer(rows: pl.DataFrame, near: pl.DataFrame) -> pl.DataFrame:
    """place and act of plain rows (form_fill) beside one that says more (demo_request) of another source."""
    special = near.filter(pl.col("kind") != pl.col("family"))
    plain = near.filter(pl.col("kind") == pl.col("family"))
    if not special.height or not plain.height:
        return rows.select("place", act="place").clear()
    pairs = plain.join(
        special.select("chain", act="place", at="occurred_at", of="source", page="what"), on="chain", how="inner"
    )
    gap = (pl.col("occurred_at") - pl.col("at")).abs()
    same_page = pl.col("what").is_null() | pl.col("page").is_null() | (pl.col("what") == pl.col("page"))
    pairs = pairs.filter(gap <= WINDOW, pl.col("source") != pl.col("of"), same_page).with_columns(gap=gap)
    nearest = pairs.sort("gap", "act").unique("place", keep="first", maintain_order=True)
    # Of one source a special row takes one plain row.
    return nearest.unique(["act", "source"], keep="first", maintain_order=True).select("place", "act")


def _joined(apart: pl.DataFrame, found: list[pl.DataFrame]) -> pl.Series:
    """The acts of all rows; a plain row that goes with a special one takes along those it goes together with."""
    acts = apart
    if len(found) == 1:
        return _updated(acts, found[0])["act"]
    together, plainer = found
    acts = _updated(acts, together)
    # The plain act as a whole becomes the special one's act.
    moved = plainer.join(acts.rename({"act": "plain"}), on="place").join(
        acts.rename({"act": "special"}), left_on="act", right_on="place"
    )
    moved = moved.sort("plain", "special").unique("plain", keep="first", maintain_order=True)
    to = moved.select("plain", "special")
    return acts.join(to, left_on="act", right_on="plain", how="left", maintain_order="left").select(
        pl.coalesce("special", "act").alias("act")
    )["act"]


def _updated(acts: pl.DataFrame, some: pl.DataFrame) -> pl.DataFrame:
    return acts.join(some, on="place", how="left", suffix="_new", maintain_order="left").select(
        "place", act=pl.coalesce("act_new", "act")
    )
