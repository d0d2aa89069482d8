"""Place: where a record was delivered, in words.

Belongs here: naming file, sheet and row for a person. Does not belong here: escaping it for where it is shown
(`engine.escaping`).
"""

from __future__ import annotations


def told_place(file: str | None, sheet: str | None, row: int | None) -> str:
    """File, sheet and row as far as they are known.

    >>> told_place("offline/fair/a.xlsx", "Tag 2", 1037)
    'offline/fair/a.xlsx, Tag 2, row 1,037'
    >>> told_place("online/form/a.csv", None, None)
    'online/form/a.csv'
    """
    return ", ".join(str(part) for part in (file, sheet, row and f"row {row:,}") if part)
