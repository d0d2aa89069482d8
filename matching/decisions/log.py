"""The decision log: what people decided, who, when, why and until when, in `overrides/decisions.csv` of the home.

Belongs here: what a decision is, the log to which lines are only ever added, and the two files that people write by
hand beside it. Does not belong here: how a decision stands (`standing`) or what follows from it.

A decision is keyed by what it is about, never by an id of ours, so that it holds whatever becomes of leads and
accounts: records as SOURCE/ID, companies as a source spells them. One decision may have several lines, each with its
number.

`leads.csv` and `accounts.csv` hold lines that people write by hand and take back by deleting them:
`decision,left_source,left_id,right_source,right_id` (must_link, cannot_link) and `decision,left,right` (must_link,
cannot_link, rename, set_parent; for rename, right is the name to show; for set_parent, the parent company). A
cannot_link of a company with itself keeps companies of one name in different postcodes apart. Columns who, at, because
and until may stand beside them. What the log says comes after what these files say.

A line written by hand that says nothing costs no night: the others count, and it is named (`mistakes`) until somebody
corrects it. The log is written by commands; where a line of it says nothing, it was damaged, and nothing rests on it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import zip_longest
from pathlib import Path

import polars as pl

from contracts.matched import DECISIONS
from contracts.statuses import DECISION, ENTITY
from engine.escaping import for_csv, from_csv
from engine.fence import read_regular
from engine.swap import swap
from engine.table_file import decoded, even_rows, only_writer, parse_table, separator_of, with_rows

FILE = "decisions.csv"
COLUMNS = ("number", "at", "who", "about", "decision", "left", "right", "field", "value", "because", "until")
LEAD_COLUMNS = ("decision", "left_source", "left_id", "right_source", "right_id")
ACCOUNT_COLUMNS = ("decision", "left", "right")
BY_HAND = {
    "leads.csv": ("must_link", "cannot_link"),
    "accounts.csv": ("must_link", "cannot_link", "rename", "set_parent"),
}
REVOKE = "revoke"
ERASED = "erased"  # of a person who was forgotten
_BESIDE = ("who", "at", "because", "until")
_WORDS = {
    "lead": ("must_link", "cannot_link", "unmerge", "set_field"),
    "account": BY_HAND["accounts.csv"],
}
_LINES = [*DECISIONS.names[:-2]]
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True, slots=True)
class Decision:
    """Something a person decides; `left` and `right` as in `contracts.matched.DECISIONS`."""

    about: str
    decision: str
    left: tuple[str, ...]
    right: tuple[str, ...] = ()
    field: str | None = None
    value: str | None = None
    because: str = ""
    until: date | None = None
    who: str | None = None


def read_decisions(folder: Path) -> pl.DataFrame:
    """All that people decided, in the order in which it counts: files written by hand, then the log.

    Returns:
        `contracts.matched.DECISIONS` without state and note; lines of `revoke` among them.

    Raises:
        ValueError: a column is missing; in the log also a cell, or a decision or date is not known; names file, row and
            remedy.
        OSError: a file cannot be read.
    """
    return pl.concat([*(_by_hand(folder / name)[0] for name in BY_HAND), _log(folder / FILE)])


def mistakes(folder: Path) -> list[str]:
    """A sentence for each line written by hand that says nothing and does not count, with file, row and remedy.

    Raises:
        ValueError, OSError: as `read_decisions`.
    """
    return [told for name in BY_HAND for told in _by_hand(folder / name)[1]]


def record_decisions(folder: Path, decisions: Sequence[Decision], who: str, at: datetime) -> list[int]:
    """Add decisions to the log: all of them or none, on the disk when this returns; the number of each.

    The log is written anew beside itself and takes its own place, so that whoever is killed meanwhile leaves it as it
    was; the lines before stand byte for byte.

    Args:
        folder: the folder of the log.
        decisions: what was decided; one with a `who` of its own keeps it.
        who: who decided the others.
        at: when (UTC).

    Raises:
        ValueError, OSError: as `read_decisions`; nothing is added to a log that cannot be read.
    """
    if not decisions:
        return []
    path = folder / FILE
    with only_writer(path):
        _log(path)
        text = _whole_lines(path) or ",".join(COLUMNS) + "\n"
        first = max(map(int, _table(text, path)["number"].drop_nulls()), default=0) + 1
        numbers = list(range(first, first + len(decisions)))
        rows = [
            (
                *(str(number), at.astimezone(UTC).isoformat(timespec="seconds"), it.who or who, it.about, it.decision),
                *(left, right, it.field, it.value, it.because, it.until and it.until.isoformat()),
            )
            for number, it in zip(numbers, decisions, strict=True)
            for left, right in zip_longest(it.left or (None,), it.right)
        ]
        added = for_csv(pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row"))
        with swap(path, durable=True) as new:
            new.write_text(with_rows(text, added), encoding="utf-8", newline="")
    return numbers


def erase_decisions(folder: Path, keys: pl.DataFrame) -> int:
    """Empty the decisions about records of somebody who is forgotten; that somebody decided, and when, stays.

    Args:
        folder: the folder of the log.
        keys: source, source_record_id of the records.

    Returns:
        How many decisions.

    Raises:
        ValueError, OSError: as `read_decisions`.
    """
    path = folder / FILE
    with only_writer(path):
        text = _whole_lines(path)
        if not text:
            return 0
        frame = _table(text, path)
        named = frame.select(from_csv("left"), from_csv("right"))
        theirs = keys.select(pl.concat_str("source", pl.lit("/"), "source_record_id")).to_series().implode()
        numbers = frame.filter(named.select(pl.any_horizontal(pl.all().is_in(theirs))).to_series())["number"].unique()
        if numbers.is_empty():
            return 0
        about = pl.col("number").is_in(numbers.implode())
        emptied = frame.with_columns(
            pl.when(~about).then(name).alias(name) for name in ("left", "right", "field", "value", "because")
        ).with_columns(decision=pl.when(about).then(pl.lit(ERASED)).otherwise("decision"))
        with swap(path, durable=True) as new:
            emptied.write_csv(new)
        return numbers.len()


def torn(folder: Path) -> bool:
    """Whether the log ends within a line, as a copy that broke off does; such a line does not count."""
    text = _text(folder / FILE)
    return not _whole_lines(folder / FILE, text).startswith(text)


def read_date(text: str) -> date:
    """A day as people and Excel write it: 2026-12-31, 31.12.2026, 31/12/2026.

    Raises:
        ValueError: it is none, or 3/4/2026, which may be two days.
    """
    return _in_a_notation(text).date()


def _in_a_notation(text: str) -> datetime:
    shapes = (day + time for day in _DAYS for time in _TIMES)
    found = {moment for shape in shapes if (moment := _parsed(text.strip(), shape))}
    if len(found) != 1:
        raise ValueError(f"{text!r} is no date; write it as 2026-12-31")
    return found.pop()


def key_of(source: str, record_id: str) -> str:
    """A record as decisions name it; a source is a folder and has no / in its name."""
    return f"{source}/{record_id}"


def source_and_id(column: str) -> pl.Expr:
    """The two parts of such a name as a struct with the fields source and source_record_id."""
    parts = pl.col(column).str.splitn("/", 2)
    return parts.struct.rename_fields(["source", "source_record_id"])


def _table(text: str, path: Path) -> pl.DataFrame:
    """The log as it stands; Excel may have put empty cells behind its lines."""
    return parse_table(even_rows(text)[0], path, COLUMNS)


def _log(path: Path) -> pl.DataFrame:
    text = _whole_lines(path)
    if not text:
        return DECISIONS.empty().select(_LINES)
    text, uneven = even_rows(text)
    if uneven:
        first, why = next(iter(uneven.items()))
        raise ValueError(f"{path}, row {first}: {why}; correct it, or restore the file from a backup")
    frame = parse_table(text, path, COLUMNS).with_columns(from_csv(name) for name in COLUMNS)
    frame = frame.with_row_index("row", offset=2).filter(pl.any_horizontal(pl.col(COLUMNS).is_not_null()))
    frame = frame.filter(pl.col("decision").fill_null("") != ERASED)
    for row in frame.iter_rows(named=True):
        where = f"{path}, row {row['row']}"
        if not (row["number"] or "").isdecimal():
            raise ValueError(f"{where}: {row['number']!r} is no number; correct it, or restore the file from a backup")
        try:
            _check(row["about"], row["decision"], row)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
    return _lines(frame.with_columns(id="number"), path)


def _by_hand(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """The lines that count, and what is wrong with the others."""
    of_leads = path.name == "leads.csv"
    try:
        text, wrong = even_rows(decoded(read_regular(path)))
    except FileNotFoundError:
        return DECISIONS.empty().select(_LINES), []
    frame = parse_table(text, path, LEAD_COLUMNS if of_leads else ACCOUNT_COLUMNS, _BESIDE)
    frame = frame.with_row_index("row", offset=2)
    frame = frame.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))
    frame = frame.with_columns(pl.col("decision").str.to_lowercase(), about=pl.lit("lead" if of_leads else "account"))
    if of_leads:
        frame = frame.with_columns(
            pl.concat_str(f"{side}_source", pl.lit("/"), f"{side}_id").alias(side) for side in ("left", "right")
        )
    renames = pl.col("decision") == "rename"
    frame = frame.with_columns(
        id=pl.lit(f"{path.name}:") + pl.col("row").cast(pl.String),
        field=pl.lit(None, pl.String),
        value=pl.when(renames).then("right"),
        right=pl.when(~renames.fill_null(False)).then("right"),
    )
    for row in frame.iter_rows(named=True):
        try:
            if row["decision"] not in BY_HAND[path.name]:
                known = ", ".join(BY_HAND[path.name])
                raise ValueError(f"{row['decision']!r} is not a decision; use {known}")
            _check(row["about"], row["decision"], row)
        except ValueError as error:
            wrong[row["row"]] = str(error)
    told = [f"overrides/{path.name}, row {row}, does not count: {why}" for row, why in sorted(wrong.items())]
    return _lines(frame.filter(~pl.col("row").is_in(list(wrong))), path), told


def _check(about: str | None, decision: str | None, row: dict[str, str | None]) -> None:
    """Refuse a line that says nothing."""
    if decision not in DECISION:
        raise ValueError(f"{decision!r} is not a decision; use {', '.join(DECISION)}")
    for name in ("at", "until"):
        if row[name]:
            try:
                _moment(row[name] or "") if name == "at" else read_date(row[name] or "")
            except ValueError as error:
                raise ValueError(f"`{name}`: {error}") from error
    if decision == REVOKE:
        if not (row["value"] or "").isdecimal():
            raise ValueError("`value` has to be the number of a decision")
        return
    if about not in ENTITY or decision not in _WORDS[about]:
        raise ValueError(f"{decision} is no decision about {about!r}; use lead or account")
    pair = decision in ("must_link", "cannot_link", "set_parent")
    needed = ("left", "right") if pair else ("field", "left", "at") if decision == "set_field" else ()
    needed = (*needed, "left", "value") if decision == "rename" else needed
    if empty := [name for name in needed if not row[name]]:
        raise ValueError(f"`{'`, `'.join(empty)}` is empty; fill it in, or delete the line")


def _lines(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    frame = frame.with_columns(
        pl.Series("at", [text and _moment(text) for text in frame["at"]], DECISIONS.schema["at"]),
        pl.Series("until", [text and read_date(text) for text in frame["until"]], pl.Date),
        place=pl.lit(f"{path.name}, row ") + pl.col("row").cast(pl.String),
        about=pl.col("about").fill_null("lead"),
    )
    return DECISIONS.conform(frame.select(_LINES)).select(_LINES)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _in_a_notation(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parsed(text: str, shape: str) -> datetime | None:
    try:
        return datetime.strptime(text, shape)
    except ValueError:
        return None


def _text(path: Path) -> str:
    try:
        return decoded(read_regular(path))
    except FileNotFoundError:
        return ""


def _whole_lines(path: Path, text: str | None = None) -> str:
    """The text of the log without a last line that breaks off; one that only lacks its end is whole."""
    text = _text(path) if text is None else text
    if not text or text.endswith("\n"):
        return text
    head, end, last = text.rpartition("\n")
    try:
        cells = next(csv.reader([last], delimiter=separator_of(text), strict=True))
    except csv.Error:
        return head + end
    try:
        names = next(csv.reader([text.partition("\n")[0]], delimiter=separator_of(text)))
    except csv.Error as error:
        raise ValueError(f"{path}, row 1: {error}; the header is {','.join(COLUMNS)}") from error
    return text + "\n" if len(cells) == len(names) else head + end
