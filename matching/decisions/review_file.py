"""The review as a file: pairs that wait go out for Excel, and come back decided.

Belongs here: the file's columns, reading it back whatever Excel made of it. Does not belong here: which pairs wait
(`matching.leads.evaluate`, `matching.accounts`), the log (`log`).

A row is decided by a word in `decision` (must_link, cannot_link; set_parent for companies). Only `decision`, `left` and
`right` are needed; columns may stand in any order, be missing or be added, rows be deleted or sorted, cells be parted
by semicolons, commas or tabs, in UTF-8, UTF-16 or Windows' encoding. `left` and `right` name records and companies as
they are in tonight's tables, so that a row whose names a spreadsheet has changed is refused and not misread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.escaping import for_csv
from engine.table_file import read_table
from matching.decisions.log import Decision, read_date

SHOWN = ("given_name", "family_name", "company", "job_title", "email", "phone", "mobile", "postcode", "city")
"""What a person needs to see of two records to tell whether they are one person."""
SHOWN_OF_COMPANIES = ("legal_form", "domain", "street", "postcode", "city", "vat_id")
WORDS = {"lead": ("must_link", "cannot_link"), "account": ("must_link", "cannot_link", "set_parent")}
_NEEDED = ("decision", "left", "right")
_BESIDE = ("because", "until", "about", "who")
_HEAD = ("decision", "because", "until", "about", "probability", "reason", "left", "right")


class Taken(NamedTuple):
    """`decisions`: what is new. `known`: rows that say what was decided before. `problems`: a sentence per bad row."""

    decisions: list[Decision]
    known: int
    problems: list[str]


def review_rows(
    leads: pl.DataFrame, records: pl.DataFrame, accounts: pl.DataFrame, names: pl.DataFrame
) -> pl.DataFrame:
    """The pairs that wait, one row each, `decision`, `because` and `until` to be filled in.

    Args:
        leads: `contracts.matched.LEAD_REVIEW`.
        records: record, source, source_record_id and `SHOWN`, at least of those pairs.
        accounts: `contracts.matched.ACCOUNT_REVIEW`.
        names: `contracts.matched.COMPANY_NAMES`.

    Returns:
        Text columns decision, because, until, about, probability (whole percent), reason, left, right, and what is
        known of both sides as left_… and right_….
    """
    key = pl.concat_str("source", pl.lit("/"), "source_record_id")
    of_leads = _both_sides(leads, records.select(pl.col("record").alias("row"), key.alias("key"), *SHOWN), "lead")
    of_names = names.select(pl.col("name").alias("row"), pl.col("company").alias("key"), *SHOWN_OF_COMPANIES)
    of_accounts = _both_sides(accounts, of_names, "account")
    frame = pl.concat([of_leads, of_accounts], how="diagonal")
    shown = dict.fromkeys((*SHOWN, *SHOWN_OF_COMPANIES))
    return frame.select(*_HEAD, *(f"{side}_{name}" for name in shown for side in ("left", "right")))


def write_review(rows: pl.DataFrame, path: Path) -> None:
    """Write `review_rows` as Excel reads it by a double click: UTF-8 with its mark, semicolons, no formulas.

    Raises:
        OSError: the file cannot be written.
    """
    for_csv(rows).write_csv(path, separator=";", include_bom=True, line_terminator="\r\n")


def read_review(path: Path, lines: pl.DataFrame, keys: pl.DataFrame, names: pl.DataFrame) -> Taken:
    """What a file that came back decides. Reading it again, or rows of it in another file, adds nothing.

    Args:
        path: the file.
        lines: `matching.decisions.log.read_decisions`: a pair that was ever decided so is not decided again, or a file
            left lying would bring back what somebody revoked.
        keys: source, source_record_id of tonight's records.
        names: company of tonight's company names.

    Raises:
        ValueError: a needed column is missing, or rows have more cells than the header.
        OSError: it cannot be read.
    """
    frame = read_table(path, _NEEDED, _BESIDE).with_row_index("row", offset=2).drop_nulls("decision")
    sides = pl.concat([frame["left"], frame["right"]]).drop_nulls().unique()
    known = {"lead": _known(sides, keys), "account": _known(sides, names)}
    before = {
        _pair(about, decision, left, right)
        for about, decision, left, right in lines.select("about", "decision", "left", "right").iter_rows()
    }
    decisions: list[Decision] = []
    problems: list[str] = []
    repeated = 0
    for row in frame.iter_rows(named=True):
        try:
            found = _decision(row, known)
        except ValueError as error:
            problems.append(f"{path.name}, row {row['row']}: {error}")
            continue
        pair = _pair(found.about, found.decision, found.left[0], found.right[0])
        repeated += pair in before
        if pair not in before:
            decisions.append(found)
        before.add(pair)
    return Taken(decisions, repeated, problems)


def _both_sides(pairs: pl.DataFrame, known: pl.DataFrame, about: str) -> pl.DataFrame:
    percent = (pl.col("probability").cast(pl.Float64) * 100).floor().cast(pl.Int64).cast(pl.String) + " %"
    rows = pairs.select(
        *(pl.lit("").alias(name) for name in ("decision", "because", "until")),
        *(pl.lit(about).alias("about"), percent.alias("probability"), "reason"),
        *(pl.col(side).alias(f"_{side}") for side in ("left", "right")),
    )
    for side in ("left", "right"):
        named = known.rename({name: f"{side}_{name}" for name in known.columns if name not in ("row", "key")})
        rows = rows.join(
            named.rename({"row": f"_{side}", "key": side}), on=f"_{side}", how="left", maintain_order="left"
        )
    return rows.drop("_left", "_right")


def _known(asked: pl.Series, there: pl.DataFrame) -> dict[str, str]:
    """Which of the names in a file are tonight's, also as they are escaped in it: written, meant."""
    if "company" in there.columns:
        meant = there.select(meant="company").drop_nulls().unique()
    else:
        ids = asked.str.extract(r"/(.*)$").drop_nulls()
        some = there.filter(pl.col("source_record_id").is_in(ids.implode()))
        escaped = asked.filter(asked.str.contains("'"))
        some = there if escaped.len() > 0 else some
        meant = some.select(meant=pl.concat_str("source", pl.lit("/"), "source_record_id"))
    meant = meant.with_columns(for_csv(meant).select(written="meant"))
    pairs = pl.concat(
        [
            meant.select("written", "meant"),
            meant.select("meant", also="meant").rename({"meant": "written", "also": "meant"}),
        ]
    )
    trimmed = pairs.with_columns(pl.col("written").str.strip_chars())
    return dict(trimmed.filter(pl.col("written").is_in(asked.implode())).iter_rows())


def _decision(row: Mapping[str, str | int | None], known: Mapping[str, Mapping[str, str]]) -> Decision:
    sides = {side: str(row[side] or "") for side in ("left", "right")}
    abouts: Sequence[str] = [about for about in known if all(name in known[about] for name in sides.values())]
    if row["about"]:
        abouts = [about for about in abouts if about == str(row["about"]).lower()]
    word = re.sub(r"[\s_-]+", "_", str(row["decision"]).lower())
    allowed = WORDS[abouts[0]] if abouts else tuple(dict.fromkeys(word for words in WORDS.values() for word in words))
    if word not in allowed:
        raise ValueError(f"`decision` is none of its words; use {', '.join(allowed)}, or leave the cell empty")
    if not abouts:
        lost = [f"`{side}`" for side, name in sides.items() if not any(name in there for there in known.values())]
        raise ValueError(
            f"{' and '.join(lost) or 'the pair'} names no record or company of the last night; a spreadsheet may have "
            "changed it: take it from a new `leads review --csv`"
        )
    until = _until(row["until"])
    left, right = (known[abouts[0]][name] for name in sides.values())
    if left == right and (abouts[0], word) != ("account", "cannot_link"):
        raise ValueError("`left` and `right` are the same")
    return Decision(
        abouts[0], word, (left,), (right,), because=str(row["because"] or ""), until=until, who=_text(row["who"])
    )


def _until(cell: str | int | None) -> date | None:
    if not cell:
        return None
    try:
        return read_date(str(cell))
    except ValueError as error:
        raise ValueError("`until` is no date; write it as 2026-12-31") from error


def _text(cell: str | int | None) -> str | None:
    return str(cell) if cell else None


def _pair(about: str, decision: str, left: str | None, right: str | None) -> tuple[str, ...]:
    """What a row says, whichever side is which; who is whose parent depends on that."""
    sides = (str(left), str(right)) if decision == "set_parent" else tuple(sorted((str(left), str(right))))
    return (about, decision, *sides)
