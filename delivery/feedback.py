"""Feedback: what is known of a target, as the tables `contracts.delivery` promises.

Belongs here: the state as tables. Does not belong here: where they are kept (`assets.sync`), or what follows from them.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from contracts.delivery import SYNC_EVENTS, SYNC_IDS, SYNC_ROWS
from delivery.state import State

_TABLES = ((SYNC_IDS, "bindings"), (SYNC_ROWS, "log"), (SYNC_EVENTS, "events"))


def tables(state: State) -> Mapping[str, pl.DataFrame]:
    """By name: ids, rows, events; empty texts are null."""
    return {
        table.name: table.conform(
            state.table(name).select(
                pl.col(it.name).replace("", None) if it.nullable else pl.col(it.name) for it in table.columns
            )
        )
        for table, name in _TABLES
    }
