"""Typos: which spellings and addresses of one lead are slips of another one that is better supported.

Belongs here: nearness and support within a lead. Does not belong here: what a typo loses by it
(`matching/golden/survivorship`), likeness between people (`matching/leads/comparison/compare`).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from matching.golden.lead_records import Leads
from matching.golden.rules import fold_name, places_of_marks
from matching.golden.survivorship import NAMED

_TYPO = 2  # letters wrong, missing, too many or swapped with their neighbour; one in short words
_LONG = 4  # letters of a name from which a slip can be told


def typos(records: pl.DataFrame, leads: Leads) -> list[pl.Series]:
    """Which names and addresses are a letter or two off another one of the lead that is better supported.

    Swapped names and wrong marks count as typos too.

    A name is supported by the records that carry it, then by the lead's mailboxes; an address by the records
    that carry it, then by containing the family name, then by all the data's use of its domain.
    """
    lead = leads.spread(pl.Series(np.arange(len(leads.starts))))
    needed = records.select("given_name", "family_name", "name_status", "email", "_domain_records", _lead=lead)
    shared = needed.filter(pl.Series(leads.shared()))
    named = shared.filter(NAMED)
    swapped = _flag(records, lead, ["given_name", "family_name"], _swapped(named))
    names = [
        (
            _flag(records, lead, name, _misspelt_names(shared, named, name))
            | _flag(records, lead, name, _mismarked_names(named, name))
            | swapped
        ).alias(f"_{name}_typo")
        for name in ("given_name", "family_name")
    ]
    return [*names, _flag(records, lead, "email", _misspelt_addresses(shared, named)).alias("_email_typo")]


def _misspelt_names(shared: pl.DataFrame, named: pl.DataFrame, name: str) -> pl.DataFrame:
    """The spellings of a lead's name (_lead, name) that are slips of a better supported one."""
    forms = named.select(name).unique().with_columns(form=fold_name(pl.col(name)))
    spellings = named.select("_lead", name).join(forms, on=name).filter(pl.col("form").str.len_chars() >= _LONG)
    near = _near(spellings)
    concerned = near.select("_lead").unique()
    mailboxes = shared.join(concerned, on="_lead", how="semi").select("_lead", mailbox=_local_part("email"))
    mailed = near.join(mailboxes.drop_nulls().unique(), on="_lead").filter(
        pl.col("mailbox").str.contains(pl.col("form").str.replace_all(" ", ""), literal=True)
    )
    worse = _worse(near, mailed, pl.lit(0))
    return spellings.join(worse, on=["_lead", "form"], how="semi").select("_lead", name).unique()


def _mismarked_names(named: pl.DataFrame, name: str) -> pl.DataFrame:
    """The spellings (_lead, name) with another mark on a letter than more of the lead's records: Renè, Emıne.

    Not Muller or Mueller: a mark is lost more often than made up, so Müller alone tells it of any number of them.
    """
    spellings = named.select("_lead", name, spelt=pl.col(name).str.to_lowercase()).drop_nulls()
    counts = spellings.group_by("_lead", "spelt").len("count").filter(pl.len().over("_lead") > 1)
    rivals = counts.with_columns(form=fold_name(pl.col("spelt")), marks=places_of_marks(pl.col("spelt")))
    both = rivals.join(rivals, on=["_lead", "form", "marks"], suffix="_other")
    worse = both.filter(pl.col("count") < pl.col("count_other"))
    return spellings.join(worse, on=["_lead", "spelt"], how="semi").select("_lead", name).unique()


def _misspelt_addresses(shared: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """The addresses of a lead (_lead, email) that are slips of a better supported one under the same ending."""
    addresses = shared.filter(pl.col("email").is_not_null()).select("_lead", "_domain_records", form="email")
    ending = pl.col("form").str.extract(r"\.([^.]+)$") == pl.col("other").str.extract(r"\.([^.]+)$")
    near = _near(addresses).filter(ending)
    concerned = near.select("_lead").unique()
    families = named.join(concerned, on="_lead", how="semi").select("_lead", family=_letters(pl.col("family_name")))
    fitting = (
        near.with_columns(local=_local_part("form"))
        .join(families.drop_nulls().unique(), on="_lead")
        .filter(pl.col("local").str.contains(pl.col("family"), literal=True))
    )
    used = addresses.select("form", "_domain_records").unique("form")
    worse = _worse(near.join(used, on="form"), fitting, pl.col("_domain_records"))
    return worse.select("_lead", email="form")


def _swapped(named: pl.DataFrame) -> pl.DataFrame:
    """The full names of a lead that more of its records write the other way round: Meier Eva for Eva Meier."""
    pairs = named.group_by("_lead", "given_name", "family_name").len("count").drop_nulls()
    reverse = pairs.rename({"given_name": "family_name", "family_name": "given_name"})
    both = pairs.join(reverse, on=["_lead", "given_name", "family_name"], suffix="_reverse")
    return both.filter(pl.col("count") < pl.col("count_reverse")).select("_lead", "given_name", "family_name")


def _letters(text: pl.Expr) -> pl.Expr:
    return fold_name(text).str.replace_all(" ", "")


def _local_part(column: str) -> pl.Expr:
    return _letters(pl.col(column).str.extract(r"^([^@]+)@"))


def _near(spellings: pl.DataFrame) -> pl.DataFrame:
    """Forms of one lead that are a typo apart, both ways round: _lead, form, count (of form), other."""
    counts = spellings.group_by("_lead", "form").len("count")
    rivals = counts.filter(pl.len().over("_lead") > 1)
    others = rivals.select("_lead", other="form")
    pairs = rivals.join(others, on="_lead").filter(pl.col("form") != pl.col("other"))
    apart = pl.col("form").str.len_chars().cast(pl.Int32) - pl.col("other").str.len_chars().cast(pl.Int32)
    few = pairs.select("form", "other").unique().filter(apart.abs() <= _TYPO)
    distance = cpdist(few["form"].to_list(), few["other"].to_list(), scorer=OSA.distance, score_cutoff=_TYPO)
    shorter = pl.min_horizontal(pl.col("form").str.len_chars(), pl.col("other").str.len_chars())
    close = few.with_columns(distance=pl.Series(distance, dtype=pl.Int64)).filter(
        pl.col("distance") <= pl.when(shorter >= 7).then(_TYPO).otherwise(1)
    )
    return pairs.join(close, on=["form", "other"], how="semi")


def _worse(near: pl.DataFrame, witnessed: pl.DataFrame, use: pl.Expr) -> pl.DataFrame:
    """The forms (_lead, form) with less support than the other one: records, then a witness, then `use`."""
    support = (
        near.with_columns(use=use)
        .join(witnessed.select("_lead", "form", witness=1).unique(), on=["_lead", "form"], how="left")
        .select("_lead", "form", support=pl.struct("count", pl.col("witness").fill_null(0), "use"))
        .unique(["_lead", "form"])
    )
    both = near.join(support, on=["_lead", "form"]).join(
        support.rename({"form": "other", "support": "better"}), on=["_lead", "other"]
    )
    less: pl.Expr = pl.lit(False)
    for part in ("use", "witness", "count"):
        mine, theirs = pl.col("support").struct.field(part), pl.col("better").struct.field(part)
        less = (mine < theirs) | ((mine == theirs) & less)
    return both.filter(less).select("_lead", "form").unique()


def _flag(records: pl.DataFrame, lead: pl.Series, columns: str | list[str], listed: pl.DataFrame) -> pl.Series:
    """Which records have one of the `listed` (_lead and the columns) values."""
    return (
        records.select(columns, _lead=lead)
        .join(listed.with_columns(_listed=True), on=listed.columns, how="left", maintain_order="left")
        .get_column("_listed")
        .fill_null(False)
    )
