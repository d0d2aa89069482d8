"""Compared: what the gates need to know of a night's tables and of the publication before them.

Belongs here: reading both sides, a few narrow columns of each. Does not belong here: measuring (`measures`). Ids are
compared by 64-bit hashes, which is exact enough to count; `names` gives back the ids of a few of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import polars as pl

from contracts.published import PUBLISHED

FIELDS = (
    *("given_name", "family_name", "email", "phone", "mobile", "job_title", "street", "postcode", "city", "account_id"),
)
"""Columns of leads whose emptiness and change are measured: who it is, where to reach them, whom they work for."""
VERDICTS = {"email": "invalid", "phone": "invalid", "mobile": "invalid", "address": "conflict"}
"""Fields with a verdict, and the word that says a value is no good."""
CHANNELS = ("email", "phone")
"""Each has a consent of its own."""
TOLD = (*FIELDS, *(f"consent_{channel}" for channel in CHANNELS))
"""Columns of leads that fall silent with a column of a source: values, and whether consent was given or refused."""

_PROMISED = {table.name: table for table in PUBLISHED}


class Side:
    """One publication, or a night's tables that may become one.

    Attributes:
        leads: id, content, account, publishable, opted_out, the two consents; per field `filled_<field>`, and per
            verdict `given_<field>` and `bad_<field>`.
        records: record, source, id (of its lead).
        accounts: id.
        redirects: entity, old, new.
        held: rows and files of each source held back as a whole, the erased left out.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.leads = self._read("leads", *_lead_columns())
        self.records = self._read(
            "lead_crosswalk",
            pl.struct("source", "source_record_id").hash().alias("record"),
            "source",
            _id("lead_id"),
        )
        self.accounts = self._read("accounts", _id("account_id"))
        self.redirects = self._read("redirects", "entity", _id("old_id", "old"), _id("new_id", "new"))
        whole = pl.col("field").is_null() & (pl.col("reason_code") != "erased")
        self.held: dict[str, int] = dict(
            self._scan("quarantine").filter(whole).group_by("source").len().collect().iter_rows()
        )

    @cached_property
    def of_source(self) -> pl.DataFrame:
        """source, id: the leads each source has something to say of."""
        return self.records.select("source", "id").unique()

    def names(self, table: str, ids: Iterable[int]) -> dict[int, str]:
        """The ids of `leads` or `accounts` behind hashes; what is not there is left out."""
        column = f"{table.removesuffix('s')}_id"
        wanted = pl.Series(list(ids), dtype=pl.UInt64)
        found = self._scan(table).select(_id(column), name=column).filter(pl.col("id").is_in(wanted.implode()))
        return dict(found.collect().iter_rows())

    def values(self, ids: pl.Series) -> pl.DataFrame:
        """id and `FIELDS` of these leads."""
        leads = self._scan("leads").filter(pl.col("lead_id").hash().is_in(ids.implode()))
        return leads.select(_id("lead_id"), *FIELDS).collect(engine="streaming")

    def _read(self, table: str, *columns: pl.Expr | str) -> pl.DataFrame:
        return self._scan(table).select(*columns).collect()

    def _scan(self, table: str) -> pl.LazyFrame:
        """The table; a column it had not been promised yet is null."""
        frame = pl.scan_parquet(self.folder / f"{table}.parquet", glob=False)
        present = frame.collect_schema()
        promised = _PROMISED[table].schema.items()
        return frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in promised if name not in present)


class Compared:
    """A night's tables beside the publication before.

    Attributes:
        before, now: both sides.
        both: the columns of `Side.leads` for leads in both, those of before ending in `_before`.
        new: columns of `Side.leads` for leads that were not there before.
        lost: id of each lead that was there before.
        first_told: id of the leads that a source has something to say of which never delivered before.
    """

    def __init__(self, before: Path, now: Path) -> None:
        self.before, self.now = Side(before), Side(now)
        old, new = self.before.leads, self.now.leads
        self.both = new.join(old, on="id", suffix="_before")
        self.new = new.join(old, on="id", how="anti")
        self.lost = old.join(new, on="id", how="anti")
        known = self.before.records.select("source").unique()
        self.first_told = self.now.of_source.join(known, on="source", how="anti").select("id").unique()

    @cached_property
    def redirected(self) -> pl.DataFrame:
        """old, new: leads that were there before and are merged into another."""
        return self._redirected("lead", self.lost, self.now.leads)

    @cached_property
    def redirected_accounts(self) -> pl.DataFrame:
        """old, new: accounts that were there before and are merged into another."""
        lost = self.before.accounts.join(self.now.accounts, on="id", how="anti")
        return self._redirected("account", lost, self.now.accounts)

    @cached_property
    def alive(self) -> pl.DataFrame:
        """record, id_before, id: records that are on both sides."""
        now = self.now.records.select("record", "id")
        return self.before.records.select("record", id_before="id").join(now, on="record")

    @cached_property
    def unlike(self) -> pl.Series:
        """id of the leads in both whose content differs."""
        return self.both.filter(pl.col("content") != pl.col("content_before"))["id"]

    def _redirected(self, entity: str, lost: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
        redirects = self.now.redirects.filter(pl.col("entity") == entity).select("old", "new")
        of_lost = redirects.join(lost, left_on="old", right_on="id", how="semi")
        return of_lost.join(now, left_on="new", right_on="id", how="semi")


def _id(column: str, alias: str = "id") -> pl.Expr:
    return pl.col(column).hash().alias(alias)


def _lead_columns() -> list[pl.Expr | str]:
    columns: list[pl.Expr | str] = [
        _id("lead_id"),
        pl.col("content_hash").hash().alias("content"),
        pl.when(pl.col("account_id").is_not_null()).then(pl.col("account_id").hash()).alias("account"),
        pl.col("publishable"),
        pl.col("block_reasons").list.contains("opted_out").alias("opted_out"),
    ]
    columns += [pl.col(f"consent_{channel}").fill_null("unknown") for channel in CHANNELS]
    columns += [(pl.col(name).fill_null("unknown") != "unknown").alias(f"filled_{name}") for name in TOLD]
    for field, bad in VERDICTS.items():
        status = pl.col(f"{field}_status").fill_null("missing")
        columns += [(status != "missing").alias(f"given_{field}"), (status == bad).alias(f"bad_{field}")]
    return columns
