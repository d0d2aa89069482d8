"""Row rules: a record that says nothing of anybody is held back, everything else goes on."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clean import CLEAN_RECORDS
from contracts.raw import REJECTS
from contracts.reasons import reasons
from expectations.row_rules import ROW_RULES, hold_back


def clean(*records: dict[str, Any]) -> pl.DataFrame:
    basis = {"source": "web", "channel": "online", "file": "online/web/a.csv", "repairs": []}
    rows = [basis | {"source_record_id": str(n), "row": n} | record for n, record in enumerate(records)]
    names = {name for row in rows for name in row}
    schema = {name: dtype for name, dtype in CLEAN_RECORDS.schema.items() if name in names}
    return CLEAN_RECORDS.conform(pl.DataFrame(rows, schema=schema))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "no_identity"),
        ({"city": "Stuttgart", "note": "called twice"}, "no_identity"),
        ({"name_status": "junk"}, "test_entry"),
        ({"given_name": "Test", "family_name": "Test", "name_status": "junk"}, "test_entry"),
        ({"given_name": "Test", "name_status": "junk", "company": "Firma GmbH"}, None),
        ({"given_name": "Test", "name_status": "junk", "email": "eva@firma.de"}, None),
        ({"family_name": "Meier", "name_status": "partial"}, None),
        ({"family_name": "Einkauf", "name_status": "role"}, None),
        ({"company": "Firma GmbH"}, None),
        ({"email": "eva@firma.de"}, None),
        ({"phone": "+4971112345"}, None),
        ({"mobile": "+491711234567"}, None),
        ({"fax": "+4971112346"}, None),
    ],
)
def test_who_is_held_back(record: dict[str, Any], reason: str | None) -> None:
    kept, rejects = hold_back(clean(record))
    assert rejects["reason_code"].to_list() == ([reason] if reason else [])
    assert kept.height == (0 if reason else 1)


def test_quarantine_says_where_it_stood_and_what_was_there() -> None:
    repair = {"field": "email", "raw": "eva(at)", "value": None, "reason": "email_syntax", "rule": "syntax"}
    _, rejects = hold_back(clean({"row": 7, "repairs": [repair, repair]}))
    row = rejects.row(0, named=True)
    assert (row["source"], row["file"], row["row"], row["raw"]) == ("web", "online/web/a.csv", 7, "email: eva(at)")
    assert row["field"] is None
    assert rejects.schema == pl.Schema(REJECTS.schema)


def test_every_rule_is_documented() -> None:
    assert {rule.reason for rule in ROW_RULES} <= set(reasons())


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "family_name": st.sampled_from([None, "Meier"]),
                "name_status": st.sampled_from([None, "valid", "junk", "missing"]),
                "email": st.sampled_from([None, "eva@firma.de"]),
                "company": st.sampled_from([None, "Firma"]),
            }
        ),
        max_size=8,
    )
)
def test_every_record_is_kept_or_held_back_and_never_both(records: list[dict[str, Any]]) -> None:
    frame = clean(*records) if records else CLEAN_RECORDS.empty()
    kept, rejects = hold_back(frame)
    ids = [*kept["source_record_id"], *rejects["source_record_id"]]
    assert sorted(ids) == sorted(frame["source_record_id"])
    assert kept.equals(frame.filter(pl.col("source_record_id").is_in(kept["source_record_id"].implode())))
    again, none = hold_back(kept)
    assert again.equals(kept)
    assert none.is_empty()
