"""Rule failures: the records on which a rule breaks, found by halving their batch, and held back.

Belongs here: naming the rule that broke, narrowing a batch down to the records that break it, what quarantine says of
them. Does not belong here: any rule, or whether the night goes on (`LEADS_RULE_FAILURES`). A bug in a rule is a fault
of ours: the record waits in quarantine until the rule is mended, and the next run takes it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

import polars as pl

from contracts.clean import CLEAN_RECORDS
from contracts.raw import REJECTS
from contracts.table import given_or_null
from engine.faults import is_fault, told

REASON = "rule_failed"
_SAID = ("consent_email", "consent_phone", "opt_out")
_TEXTS = (
    *("email", "email_2", "email_3", "phone", "phone_2", "phone_3", "mobile", "mobile_2"),
    *("note", "interest", "rating", "extra"),
)
PIECES = 256  # of a batch that may fail before it is no longer halved: then a rule breaks on everything

Answer = TypeVar("Answer")
Split = Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]]


class RuleFailed(Exception):  # noqa: N818 - named for what happened
    """A rule broke on a batch. Its text says where in the code, without a value of a record."""

    def __init__(self, rule: str, error: BaseException) -> None:
        super().__init__(f"The rule for {rule} broke: {told(error)}")
        self.rule = rule


@contextmanager
def rule(name: str) -> Iterator[None]:
    """What breaks in this block is a failure of the rule called `name`.

    Raises:
        RuleFailed: whatever broke; what stops the night is left alone.
    """
    try:
        yield
    except BaseException as error:
        if not is_fault(error):
            raise
        raise RuleFailed(name, error) from error


def judged(
    name: str, judge: Callable[..., pl.DataFrame], raw: pl.DataFrame, *known: object, **more: object
) -> pl.DataFrame:
    """What `judge` says of the records.

    Raises:
        RuleFailed: it broke, or does not say something of each record.
    """
    with rule(name):
        said = judge(raw, *known, **more)
        if said.height != raw.height:
            raise ValueError(f"{said.height} rows for {raw.height} records")
    return said


def answered(
    name: str, ask: Callable[[pl.LazyFrame], Answer], records: pl.LazyFrame
) -> tuple[Answer | None, list[str]]:
    """What a rule says of all records together; where it breaks nothing, and a sentence that says so."""
    try:
        with rule(name):
            return ask(records), []
    except RuleFailed as failure:
        return None, [f"{failure}. The records are judged without what it says"]


def without_failures(raw: pl.DataFrame, split: Split) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split records into those that go on and those held back, where a rule breaks on some of them.

    Args:
        raw: contracts.raw.RAW_RECORDS.
        split: cleans records and gives those kept and the rejects; may raise RuleFailed.

    Returns:
        contracts.clean.CLEAN_RECORDS and contracts.raw.REJECTS: what `split` gives for all records on which no rule
        breaks, order kept; the others are among the rejects.
    """
    pieces = [_tried(raw, split)]
    while any(piece.divisible for piece in pieces) and sum(piece.failure is not None for piece in pieces) <= PIECES:
        pieces = [part for piece in pieces for part in (_halved(piece, split) if piece.divisible else [piece])]
    kept = [piece.kept for piece in pieces if piece.kept is not None]
    return pl.concat(kept) if kept else CLEAN_RECORDS.empty(), pl.concat([piece.held for piece in pieces])


def failures(rejects: pl.DataFrame) -> list[str]:
    """A sentence for each rule that broke: how many records it holds back, where the first is, what broke.

    Args:
        rejects: contracts.raw.REJECTS.
    """
    broken = rejects.filter(pl.col("reason_code") == REASON).sort("field", "file", "row")
    firsts = broken.group_by("field", maintain_order=True).agg(pl.len(), pl.col("message", "file", "row").first())
    return [
        f"{message}. Records held back: {count:,}, the first in {file}, row {row}"
        for _, count, message, file, row in firsts.iter_rows()
    ]


def _consent(raw: pl.DataFrame) -> pl.DataFrame:
    """What records say against contact holds although a rule broke: default_country and consent of the rejects."""
    said = raw.select(given_or_null(raw, [*_SAID, *_TEXTS, "default_country"]))
    told = pl.struct(*map(pl.concat_list, _SAID), row=pl.concat_str(_TEXTS, separator="; ", ignore_nulls=True))
    return said.select("default_country", consent=told.struct.json_encode())


class _Piece(NamedTuple):
    rows: pl.DataFrame
    kept: pl.DataFrame | None
    held: pl.DataFrame
    failure: RuleFailed | None = None

    @property
    def divisible(self) -> bool:
        return self.failure is not None and self.rows.height > 1


def _tried(rows: pl.DataFrame, split: Split) -> _Piece:
    try:
        return _Piece(rows, *split(rows))
    except RuleFailed as failure:
        held = (
            rows.select("source", "channel", "source_record_id", "file", "sheet", "row")
            .hstack(_consent(rows))
            .with_columns(field=pl.lit(failure.rule), reason_code=pl.lit(REASON), message=pl.lit(str(failure)))
        )
        return _Piece(rows, None, REJECTS.conform(held), failure)


def _halved(piece: _Piece, split: Split) -> list[_Piece]:
    middle = piece.rows.height // 2
    return [_tried(piece.rows[:middle], split), _tried(piece.rows[middle:], split)]
