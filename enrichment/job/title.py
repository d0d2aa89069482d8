"""Job titles: seniority, department and part in buying decisions, from rules a domain expert can read.

Belongs here: reading a title with the two tables `data/job_titles.csv` (which words say what) and
`data/buying_roles.csv` (which part a level and department play). Does not belong here: which words of a
title are the person's own post of today (`enrichment/job/post`), an account's buying center
(`matching/accounts/buying_center`). Roles are those of Webster & Wind (1972, A General Model for
Understanding Organizational Buying Behavior) plus the initiator of Bonoma (1982, Major Sales: Who
Really Does the Buying?). A title says what part is likely, not what happened: hence a confidence, and
`unknown` where the words say nothing.

Patterns are words of the folded title (lower case, ä as ae, signs as blanks, female endings and
(m/w/d) removed): `*` stands for any letters, ` ... ` for any words between, `|` for alternatives. For
each column the highest priority that fits wins, then the word that comes first.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from contracts import statuses
from enrichment.cells.first_true import first_true
from enrichment.cells.word_lists import frame
from enrichment.job.post import folded_title, own_post

ROLE = pl.Struct({"role": pl.String, "confidence": pl.Float32})
STATED = 0.75
"""Confidence of a role that a word of the title states by itself."""
GUESSED = 0.7
"""Factor where only the department is known and the level had to be assumed."""

_GENERAL = ("management", "administration")
_LOWER = {"c_level": "director", "director": "manager", "manager": "manager"}


class TitleRule(NamedTuple):
    """One row of job_titles.csv, its pattern as a regular expression."""

    pattern: str
    regex: str
    seniority: str | None
    department: str | None
    role: str | None
    priority: int


def classify(titles: pl.Series, departments: pl.Series | None = None) -> pl.DataFrame:
    """Seniority, department and buying role of each title.

    Args:
        titles: job titles as text, null where none is known.
        departments: department as stated; used where the title names none.

    Returns:
        Same height: seniority, department, role, role_confidence (0 to 1), role_evidence, and roles
        (list of {role, confidence}: the parts likely played, most likely first; [unknown, 0] if none).

    Example:
        >>> titles = pl.Series(["Leiterin Einkauf", "CTO", "Assistenz der Geschäftsführung", None])
        >>> classify(titles).select("seniority", "department", "role", "role_confidence")
        shape: (4, 4)
        ┌───────────┬────────────────┬────────────┬─────────────────┐
        │ seniority ┆ department     ┆ role       ┆ role_confidence │
        │ ---       ┆ ---            ┆ ---        ┆ ---             │
        │ str       ┆ str            ┆ str        ┆ f32             │
        ╞═══════════╪════════════════╪════════════╪═════════════════╡
        │ director  ┆ purchasing     ┆ buyer      ┆ 0.9             │
        │ c_level   ┆ engineering    ┆ decider    ┆ 0.9             │
        │ assistant ┆ administration ┆ gatekeeper ┆ 0.75            │
        │ unknown   ┆ unknown        ┆ unknown    ┆ 0.0             │
        └───────────┴────────────────┴────────────┴─────────────────┘
    """
    stated = pl.repeat(None, len(titles), dtype=pl.String, eager=True) if departments is None else departments
    given = pl.DataFrame({"title": titles, "stated": stated}, schema={"title": pl.String, "stated": pl.String})
    distinct = given.unique(maintain_order=True)
    read = pl.concat([distinct, _classify(distinct)], how="horizontal")
    return given.join(read, on=["title", "stated"], how="left", nulls_equal=True, maintain_order="left").drop(
        "title", "stated"
    )


@cache
def rules() -> tuple[TitleRule, ...]:
    """The rules of job_titles.csv, in its order.

    Raises:
        ValueError: a rule names a seniority or role that does not exist, or says nothing.
    """
    table = frame("job_titles.csv").with_columns(pl.col("priority").cast(pl.Int64))
    found = []
    for row in table.iter_rows(named=True):
        if row["seniority"] not in (None, "lower", *statuses.SENIORITY) or row["role"] not in (None, *statuses.ROLE):
            raise ValueError(f"job_titles.csv: unknown seniority or role for {row['pattern']}")
        if not (row["seniority"] or row["department"] or row["role"]):
            raise ValueError(f"job_titles.csv: {row['pattern']} says nothing")
        regex = _regex(row["pattern"])
        found.append(
            TitleRule(row["pattern"], regex, row["seniority"], row["department"], row["role"], row["priority"])
        )
    return tuple(found)


def _regex(pattern: str) -> str:
    alternatives = []
    for alternative in pattern.split("|"):
        words = [
            "(?:[^ ]+ )*?" if word == "..." else re.escape(word).replace(r"\*", "[^ ]*") + " "
            for word in alternative.split()
        ]
        alternatives.append("".join(words))
    return " (?:" + "|".join(alternatives) + ")"


def _classify(distinct: pl.DataFrame) -> pl.DataFrame:
    text = distinct.select(title=own_post(pl.col("title")), stated=folded_title(pl.col("stated")))
    height = distinct.height
    read = _read(pl.concat([text["title"], text["stated"]]))
    by_title, by_stated = read.head(height), read.tail(height)
    lowered = pl.col("seniority").replace(_LOWER)
    table = by_title.with_columns(
        seniority=pl.when("deputy").then(lowered).otherwise("seniority"),
        department=pl.coalesce("department", by_stated["department"]),
        words=pl.when(pl.col("department").is_null() & by_stated["department"].is_not_null())
        .then(
            pl.concat_list(pl.col("words"), by_stated["words"])
            .list.eval(pl.element().filter(pl.element() != ""))
            .list.join(", ")
        )
        .otherwise("words"),
    )
    guessed = pl.col("seniority").is_null() & pl.col("department").is_not_null()
    has_title = pl.Series(text["title"] != "")
    table = table.with_columns(
        level=pl.when(guessed).then(pl.lit("specialist")).otherwise(pl.col("seniority").fill_null("unknown")),
        factor=pl.when(guessed).then(GUESSED).otherwise(1.0),
        seniority=pl.when(guessed & has_title).then(pl.lit("specialist")).otherwise("seniority").fill_null("unknown"),
        department=pl.col("department").fill_null("unknown"),
        shown=pl.coalesce(pl.format("title `{}`", distinct["title"]), pl.format("department `{}`", distinct["stated"])),
    )
    return _with_roles(table)


def _read(text: pl.Series) -> pl.DataFrame:
    """seniority, department, role (null where no rule fits), deputy, and words: the patterns that decided."""
    height = len(text)
    best = {aspect: np.full(height, -1_000_000, np.int64) for aspect in ("seniority", "department", "role")}
    rank = {aspect: np.full(height, -1, np.int64) for aspect in best}
    deputy = np.zeros(height, bool)
    for number, rule in enumerate(rules()):
        at = text.str.find(rule.regex)
        rows = at.is_not_null().arg_true().to_numpy()
        if not len(rows):
            continue
        if rule.seniority == "lower":
            deputy[rows] = True
            continue
        position = np.minimum(at.gather(rows).to_numpy().astype(np.int64), 999)
        for aspect, value in (("seniority", rule.seniority), ("department", rule.department), ("role", rule.role)):
            if value is None:
                continue
            general = aspect == "department" and value in _GENERAL and rule.role is None
            score = (rule.priority - (100 if general else 0)) * 1_000 - position
            wins = score > best[aspect][rows]
            best[aspect][rows[wins]] = score[wins]
            rank[aspect][rows[wins]] = number
    read = {
        aspect: pl.Series([getattr(r, aspect) for r in rules()], dtype=pl.String).gather(
            pl.Series(number).set(pl.Series(number < 0), None)
        )
        for aspect, number in rank.items()
    }
    words = pl.DataFrame({aspect: _matched(text, number) for aspect, number in rank.items()})
    return pl.DataFrame(read).with_columns(
        pl.col("seniority").replace("unknown", None),
        deputy=pl.Series(deputy),
        words=words.select(
            pl.concat_list("seniority", "department", "role")
            .list.drop_nulls()
            .list.unique(maintain_order=True)
            .list.join(", ")
        ).to_series(),
    )


def _matched(text: pl.Series, number: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    """The words of each title that the rule it was decided by matched."""
    pairs = pl.DataFrame({"text": text, "number": number})
    regex = pl.Series([r.regex for r in rules()], dtype=pl.String)
    pairs = pairs.with_columns(regex=regex.gather(pairs["number"].set(pairs["number"] < 0, None)))
    parts = pairs.with_row_index("row").partition_by("regex", maintain_order=True)
    found = [
        part.select(
            "row",
            word=pl.lit(None, pl.String)
            if part["regex"][0] is None
            else pl.col("text").str.extract(f"({part['regex'][0]})").str.strip_chars(),
        )
        for part in parts
    ]
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "word": pl.String})
    return pl.concat([nothing, *found]).sort("row")["word"]


@cache
def roles_by_level() -> pl.DataFrame:
    """level, department, roles: the parts a level plays in a department, most likely first; * for any other."""
    table = frame("buying_roles.csv").with_columns(pl.col("confidence").cast(pl.Float32))
    return (
        table.filter(pl.col("role") != "unknown")
        .sort("confidence", descending=True, maintain_order=True)
        .group_by(level="seniority", department="department", maintain_order=True)
        .agg(roles=pl.struct("role", "confidence"))
    )


def _with_roles(table: pl.DataFrame) -> pl.DataFrame:
    """Add role, role_confidence, role_evidence and roles to titles with level, department, role, words."""
    usual = roles_by_level()
    joined = table.join(usual, on=["level", "department"], how="left", maintain_order="left").join(
        usual.filter(pl.col("department") == "*").select("level", general="roles"),
        on="level",
        how="left",
        maintain_order="left",
    )
    # a word that states a role counts where the level leaves it open: an innovation director still decides
    states = pl.col("role").is_not_null() & (
        pl.col("level").is_in(["manager", "specialist", "unknown"])
        | ((pl.col("level") == "assistant") & (pl.col("role") == "gatekeeper"))
    )
    said = (
        pl.when(states)
        .then(pl.concat_list(pl.struct("role", confidence=pl.lit(STATED, pl.Float32))))
        .otherwise(pl.lit([], pl.List(ROLE)))
    )
    usually = (
        pl.coalesce("roles", "general")
        .fill_null([])
        .list.eval(
            pl.struct(role=pl.element().struct.field("role"), confidence=pl.element().struct.field("confidence"))
        )
    )
    spread = (
        joined.select(row=pl.int_range(pl.len(), dtype=pl.UInt32), factor="factor", roles=pl.concat_list(said, usually))
        .explode("roles")
        .unnest("roles")
        .drop_nulls("role")
        .unique(["row", "role"], keep="first", maintain_order=True)
        .with_columns(confidence=(pl.col("confidence") * pl.col("factor")).round(2).cast(pl.Float32))
        .group_by("row", maintain_order=True)
        .agg(roles=pl.struct("role", "confidence"))
    )
    nothing = pl.lit([{"role": "unknown", "confidence": 0.0}], pl.List(ROLE))
    roles = (
        joined.select("words", "seniority", "department", "shown", row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .join(spread, on="row", how="left", maintain_order="left")
        .with_columns(roles=pl.coalesce("roles", nothing))
    )
    first = pl.col("roles").list.first()
    role = first.struct.field("role")
    return roles.select(
        "seniority",
        "department",
        role=role,
        role_confidence=first.struct.field("confidence"),
        role_evidence=first_true(
            (
                (pl.col("shown").is_null(), "no job title"),
                ((role == "unknown") & (pl.col("words") == ""), pl.format("{}: no rule fits", "shown")),
            ),
            pl.format("{}: {} by `{}` ({}, {})", "shown", role, "words", "seniority", "department"),
        ),
        roles="roles",
    )
