"""Records of one source on their way from true to dirty, column by column.

Belongs here: `Sheet` (true values, written values, and the list of what was done to which row) and filling it from
people, employments and companies. Does not belong here: the dirt itself (`dirt`), notations (`notation`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl

from samples.draw import Draw, Ints, Mask, Objects
from samples.proportions import DIRT

TRUE_FIELDS = (
    "person_id",
    "account_id",
    "parent_account_id",
    "salutation",
    "academic_title",
    "given_name",
    "family_name",
    "birth_date",
    "email",
    "phone",
    "phone_stem",
    "phone_extension",
    "mobile",
    "street",
    "house_number",
    "postcode",
    "city",
    "country",
    "company",
    "legal_form",
    "role",
    "seniority",
    "job_title",
    "department",
)
DIALLING = {
    "DE": "49",
    "AT": "43",
    "CH": "41",
    "LI": "423",
    "GB": "44",
    "US": "1",
    "FR": "33",
    "NL": "31",
    "IT": "39",
    "PL": "48",
}


class World(NamedTuple):
    """Everything true: see `companies.make_companies` and `people.make_people`."""

    companies: pl.DataFrame
    people: pl.DataFrame
    employments: pl.DataFrame


class Sheet:
    """Records as columns of Python strings; `None` is an empty cell."""

    def __init__(self, records: pl.DataFrame, purpose: tuple[int | str, ...]) -> None:
        self.size = records.height
        self.records = records
        self.truth: dict[str, Objects] = {name: _array(records[name]) for name in TRUE_FIELDS}
        self.raw: dict[str, Objects] = {}
        self.marks: list[tuple[Ints, str]] = []
        self._purpose = purpose

    def draw(self, name: str) -> Draw:
        """A stream of its own for each purpose, so that one kind of dirt never moves another."""
        return Draw(*self._purpose, name)

    def has(self, field: str) -> Mask:
        return np.array([value is not None for value in self.raw[field]], dtype=bool)

    def true(self, name: str) -> Objects:
        """A helper column of the records."""
        return _array(self.records[name])

    def chosen(self, code: str, eligible: Mask, factor: float = 1.0) -> Ints:
        """Rows to damage: the stated share of the eligible ones."""
        return np.flatnonzero(eligible & self.draw(code).mask(self.size, DIRT[code].share * factor))

    def change(
        self,
        code: str,
        field: str,
        how: Callable[[str, float], str | None],
        eligible: Mask | None = None,
        factor: float = 1.0,
    ) -> Ints:
        """Apply `how` to the stated share of `field`; note the rows where it made a difference and return them."""
        present = self.has(field)
        rows = self.chosen(code, present if eligible is None else present & eligible, factor)
        column = self.raw[field]
        luck = self.draw(code + "/how").unit(len(rows)).tolist()
        changed = []
        for row, u in zip(rows.tolist(), luck, strict=True):
            value = how(column[row], u)
            if value != column[row]:
                column[row] = value
                changed.append(row)
        return self.mark(code, np.array(changed, dtype=np.int64))

    def mark(self, code: str, rows: Ints) -> Ints:
        if len(rows):
            self.marks.append((rows, code))
        return rows

    def unstate(self, rows: Ints, *fields: str) -> None:
        """The record does not state these: no true value either."""
        for field in fields:
            self.truth[field][rows] = None

    def empty(self, rows: Ints, *fields: str) -> None:
        """Empty cells, and nothing stated."""
        for field in fields:
            if field in self.raw:
                self.raw[field][rows] = None
            if field in self.truth:
                self.truth[field][rows] = None

    def distortions(self) -> pl.Series:
        """One list of codes per row, in the order they were applied."""
        if not self.marks:
            return pl.Series("distortions", [[]] * self.size, dtype=pl.List(pl.String))
        marks = pl.DataFrame(
            {
                "row": np.concatenate([rows for rows, _ in self.marks]),
                "code": [code for rows, code in self.marks for _ in range(len(rows))],
            }
        )
        lists = marks.unique(maintain_order=True).group_by("row", maintain_order=True).agg("code")
        every = pl.DataFrame({"row": np.arange(self.size)}).join(lists, on="row", how="left", maintain_order="left")
        return every["code"].fill_null([]).alias("distortions")


def _array(column: pl.Series) -> Objects:
    return np.array(column.to_list(), dtype=object)


def true_records(plan: pl.DataFrame, world: World) -> pl.DataFrame:
    """The records of `plan` with everything true about them: person, employment at that time, company."""
    people = world.people[plan["person"]].drop("person")
    work = world.employments[plan["employment"]].drop("person", "employment")
    firms = world.companies[work["company"]].rename(
        {"company": "company_row", "name": "company", "domain": "company_domain"}
    )
    private = work["private"]
    dial = pl.select(pl.when(private).then(people["private_country"]).otherwise(firms["country"])).to_series()
    dial = dial.replace_strict(DIALLING)
    joined = pl.concat([plan, people, work.drop("company"), firms], how="horizontal")
    employed = ~private
    stem = "+" + dial + pl.col("area_code") + pl.col("trunk")
    german = pl.col("country").is_in(["DE", "AT", "CH", "LI"])
    extension = (
        pl.when("switchboard_only")
        .then(
            pl.when(german & (pl.col("country") != "CH") & (pl.col("country") != "LI"))
            .then(pl.lit("0"))
            .otherwise(pl.lit("00"))
        )
        .otherwise("extension")
    )

    def at_work(column: str) -> pl.Expr:
        return pl.when(pl.lit(employed)).then(pl.col(column))

    def where(column: str) -> pl.Expr:
        return pl.when(pl.lit(employed)).then(pl.col(column)).otherwise(pl.col(f"private_{column}")).alias(column)

    married = pl.col("married_name").is_not_null() & (pl.col("part") > 0.5)
    return joined.with_columns(
        pl.lit(dial).alias("dial"),
        pl.when(married).then(pl.col("married_name")).otherwise(pl.col("family_name")).alias("family_name"),
        married.alias("married"),
        extension.alias("extension"),
    ).with_columns(
        at_work("account_id"),
        at_work("parent_account_id"),
        at_work("company"),
        at_work("legal_form"),
        at_work("department"),
        at_work("role"),
        at_work("seniority"),
        pl.when(pl.lit(employed)).then(pl.col("email")).otherwise(pl.col("private_email")).alias("email"),
        pl.when(pl.lit(employed)).then(pl.col("area_code")).otherwise(pl.col("home_area")).alias("area_code"),
        pl.when(pl.lit(employed)).then(pl.col("trunk")).otherwise(pl.col("home_digits")).alias("trunk"),
        at_work("extension").alias("phone_extension"),
        pl.when(pl.lit(employed))
        .then(stem + pl.col("extension"))
        .otherwise("+" + pl.lit(dial) + pl.col("home_area") + pl.col("home_digits"))
        .alias("phone"),
        at_work("company").is_not_null().alias("employed"),
        pl.when(pl.lit(employed)).then(stem).alias("phone_stem"),
        pl.col("mobile_country").replace_strict(DIALLING).alias("mobile_dial"),
        (
            pl.lit("+")
            + pl.col("mobile_country").replace_strict(DIALLING)
            + pl.col("mobile_prefix")
            + pl.col("mobile_digits")
        ).alias("mobile"),
        *(where(column) for column in ("street", "house_number", "postcode", "city", "country")),
        pl.when(pl.lit(employed)).then(pl.col("title_german")).alias("job_title"),
    )
