"""Problems: what could not be read, said so that the sender can act on it.

Belongs here: the exception for a whole file and the note for a single row, both carrying a code of
`contracts/reasons/sources.csv`. Does not belong here: who writes them where (`ledger`).
"""

from __future__ import annotations

from typing import NamedTuple

RAW_LIMIT = 2000
ROW_LIMIT = 20_000  # of a row that is held back: an address or an objection in it still counts


class Problem(NamedTuple):
    """One row held back: its place in the file, the code, a sentence and the text as received."""

    row: int | None
    reason: str
    message: str
    raw: str | None
    field: str | None = None


class Unreadable(Exception):  # noqa: N818 - reads as a judgement on the file, not as a fault of ours
    """A file (or sheet, or archive member) that cannot become records.

    Attributes:
        reason: code of contracts/reasons/sources.csv.
        passing: true when waiting may cure it, so that the next run tries again.
    """

    def __init__(self, reason: str, message: str, raw: str | None = None, *, passing: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = _as_text(message)
        self.raw = raw if raw is None else _as_text(raw)
        self.passing = passing


def _as_text(said: str) -> str:
    """Text that can be stored: halves of a character pair and bytes that are not UTF-8 are spelt out as `\\udcfc`."""
    return said.encode(errors="backslashreplace").decode()[:RAW_LIMIT]
