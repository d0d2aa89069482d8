"""Provenance: where every value of a golden lead comes from, and by which rule.

Belongs here: the origin of a field per lead, and its long form. Does not belong here: deciding
(`matching/golden`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from contracts.published import FIELD_PROVENANCE
from matching.golden.lead_records import Rows
from matching.golden.survivorship import SURVIVORSHIP

_FULLEST = "+fullest_statement"
_LISTS = ("other_emails", "other_phones")  # of these the newest record that has one of the items is named
_FIELDS = sorted([*_LISTS, *(field for rule in SURVIVORSHIP for field in rule.fields)])
_SLICE = 100_000  # leads


@dataclass(frozen=True, slots=True)
class Origin:
    """Per lead, the record that gave a field."""

    rule: str
    rows: Rows
    refined: npt.NDArray[np.bool_]  # per lead: the fullest statement came from another record than the choice


def provenance(table: pl.DataFrame, records: pl.DataFrame, origin: dict[str, Origin]) -> pl.DataFrame:
    """Long form of the golden values, not yet dated, in slices of leads so that no full-size copy is ever sorted."""
    labels = pl.Series([origin[field].rule + suffix for field in _FIELDS for suffix in ("", _FULLEST)])
    slices = [FIELD_PROVENANCE.empty()]
    table = table.with_columns(pl.col(_LISTS).list.join("; "))
    for start in range(0, table.height, _SLICE):
        part = table.slice(start, _SLICE)
        origins = np.column_stack([origin[name].rows[start : start + _SLICE] for name in _FIELDS])
        there = np.column_stack([part[name].is_not_null().to_numpy() for name in _FIELDS]) & (origins >= 0)
        lead, field = there.nonzero()
        rows = origins[lead, field]
        refined = np.column_stack([origin[name].refined[start : start + _SLICE] for name in _FIELDS])[lead, field]
        values = pl.concat([part[name].alias("value") for name in _FIELDS])
        slices.append(
            FIELD_PROVENANCE.conform(
                pl.DataFrame(
                    {
                        "lead_id": part["lead_id"].gather(lead),
                        "field": pl.Series(_FIELDS).gather(field),
                        "value": values.gather(field * part.height + lead),
                        "source": records["source"].gather(rows),
                        "source_record_id": records["source_record_id"].gather(rows),
                        "rule": labels.gather(2 * field + refined),
                        "observed_at": records["observed_at"].gather(rows),
                    }
                )
            )
        )
    return pl.concat(slices)
