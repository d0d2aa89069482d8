"""Values people gave to leads: which lead gets which, and where it says so.

Belongs here: finding the lead, the last value of each field, its provenance. Does not belong here: what a value has to
be (`fields`), putting it into the lead (`matching.golden.golden_leads`).

A value is kept with the records the lead had when it was given, its founding record first. The lead that holds the
first of them that is still there has the value: after a merge the merged one, after an unmerge the part that has the
id.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from contracts.published import FIELD_PROVENANCE
from matching.decisions.fields import verdicts
from matching.decisions.records import named_records

RULE = "decision"


class Decided(NamedTuple):
    """`values`: lead_id, field, value (null for none), verdicts among the fields. `provenance`: FIELD_PROVENANCE."""

    values: pl.DataFrame
    provenance: pl.DataFrame


NOTHING = Decided(
    pl.DataFrame(schema=dict.fromkeys(("lead_id", "field", "value"), pl.String)), FIELD_PROVENANCE.empty()
)


def decided_values(decisions: pl.DataFrame, members: pl.DataFrame) -> Decided:
    """What people said of the leads' values.

    Args:
        decisions: `contracts.matched.DECISIONS`, those that count, in the order in which they were said.
        members: source, source_record_id, lead_id; row position = record.
    """
    said = decisions.filter(pl.col("decision") == "set_field")
    if said.is_empty():
        return NOTHING
    first = named_records(said, "left", members).unique("id", keep="first", maintain_order=True)
    named = first.with_columns(members.select("source", "source_record_id", "lead_id")[first["record"].to_list()])
    order = said.unique("id", keep="first", maintain_order=True).with_row_index("order")
    last = (
        order.select("order", "id", "field", "value", "at", "who")
        .join(named, on="id")
        .sort("order")
        .unique(["lead_id", "field"], keep="last", maintain_order=True)
    )
    judged = verdicts(last.select("id", "field", "value")).join(last.select("id", "lead_id"), on="id")
    named_by_hand = last.filter((pl.col("field") == "family_name") & pl.col("value").is_not_null())
    by = pl.concat_str(pl.lit(f"{RULE} "), "id", pl.lit(" of "), pl.col("who").fill_null("somebody"))
    provenance = last.drop_nulls("value").with_columns(rule=by, observed_at="at")
    return Decided(
        pl.concat(
            [
                last.select("lead_id", "field", "value"),
                judged.select("lead_id", "field", "value"),
                named_by_hand.select("lead_id", field=pl.lit("name_status"), value=pl.lit("valid")),
            ]
        ),
        FIELD_PROVENANCE.conform(
            provenance.select(name for name in FIELD_PROVENANCE.names if name in provenance.columns)
        ),
    )
