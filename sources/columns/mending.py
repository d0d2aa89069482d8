"""Mending: cells with mojibake put right, and a note of what was received and what is lost.

Belongs here: finding the cells, mending them, the notes for `extra`. Does not belong here: how a text is mended
(`sources.mojibake`).

Two keys of `extra` are ours: `_received` holds the text as received where it was mended (column to original),
`_encoding_loss` lists the columns in which characters are lost for good.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from sources.mojibake import LOST, MARKS, repair_mojibake
from sources.reading import ROW, Rows

RECEIVED, LOSS = "_received", "_encoding_loss"


def mended(
    frame: pl.DataFrame, header: Sequence[str], doubtful: Rows | None = None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """Mend mojibake and note lost characters.

    Args:
        frame: `row` and cells.
        header: what the cells are called.
        doubtful: numbers of the rows to look at, all when None.

    Returns:
        The frame, and where anything was noted a column of JSON members for `extra` (null elsewhere).
    """
    places = _places(frame, doubtful)
    if not len(places):
        return frame, None
    suspects = frame[places]
    marked = suspects.select(pl.exclude(ROW).str.contains(MARKS).fill_null(False))
    notes: dict[int, dict[str, Any]] = {}
    mends: list[pl.Series] = []
    for name in marked.columns:
        hits = marked[name].arg_true()
        if not len(hits):
            continue
        label = header[int(name)].strip() or f"column {int(name) + 1}"
        found = places[hits]
        mends.append(frame[name].scatter(found, _mended(suspects[name].gather(hits), found.tolist(), label, notes)))
    if not mends:
        return frame, None
    said = pl.Series([json.dumps(members, ensure_ascii=False)[1:-1] for members in notes.values()], dtype=pl.String)
    column = pl.repeat(None, frame.height, dtype=pl.String, eager=True).scatter(list(notes), said)
    return frame.with_columns(mends), column


def _places(frame: pl.DataFrame, rows: Rows | None) -> Rows:
    """Where the rows of these numbers stand in the frame."""
    return np.arange(frame.height) if rows is None else np.flatnonzero(np.isin(frame[ROW].to_numpy(), rows))


def _mended(cells: pl.Series, places: Sequence[int], label: str, notes: dict[int, dict[str, Any]]) -> list[str]:
    """The cells with mojibake mended; what was received and what is lost goes to the notes of their rows."""
    values = []
    for place, original in zip(places, cells, strict=True):
        value = repair_mojibake(original)
        if value != original:
            notes.setdefault(place, {}).setdefault(RECEIVED, {})[label] = original
        if LOST in value:
            notes.setdefault(place, {}).setdefault(LOSS, []).append(label)
        values.append(value)
    return values
