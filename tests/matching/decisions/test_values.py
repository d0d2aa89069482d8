"""Which lead a value set by hand belongs to, whatever becomes of the leads; and what it does to the golden lead."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from matching.decisions.log import Decision
from matching.decisions.values import decided_values
from matching.golden.golden_leads import golden_slices
from tests.matching.decisions.said import AT, active, keys

MEMBERS = ["web/a", "web/b", "fair/c"]


def city(value: str | None, *records: str) -> Decision:
    return Decision("lead", "set_field", records, field="city", value=value)


def members(*leads: str) -> pl.DataFrame:
    return keys(*MEMBERS).with_columns(lead_id=pl.Series(leads))


@pytest.mark.parametrize(
    ("leads", "decisions", "expected"),
    [
        (("L1", "L1", "L2"), [city("Ulm", "web/a", "web/b")], {"L1": "Ulm"}),
        (("L1", "L2", "L2"), [city("Ulm", "web/a", "web/b")], {"L1": "Ulm"}),  # after an unmerge: who has the id
        (("L1", "L1", "L1"), [city("Ulm", "web/a"), city("Bonn", "fair/c")], {"L1": "Bonn"}),  # after a merge: the last
        (("L1", "L1", "L2"), [city("Ulm", "web/gone", "fair/c")], {"L2": "Ulm"}),
        (("L1", "L1", "L2"), [city(None, "web/a")], {"L1": None}),
        (("L1", "L1", "L2"), [city("Ulm", "web/gone")], {}),
    ],
)
def test_the_lead_of_a_value(
    leads: tuple[str, ...], decisions: list[Decision], expected: dict[str, str | None]
) -> None:
    found = decided_values(active(*decisions), members(*leads))
    assert {lead: value for lead, field, value in found.values.iter_rows() if field == "city"} == expected
    assert found.provenance.height == sum(value is not None for value in expected.values())


RECORDS = pl.DataFrame(
    {
        "source": ["web", "web", "fair"],
        "source_record_id": ["a", "b", "c"],
        "given_name": ["Anna", "Anna", "Otto"],
        "family_name": ["Klein", "Klein", "Groß"],
        "email": ["anna@klein.de", None, "closed@gross.de"],
        "email_status": ["valid", "missing", "valid"],
        "name_status": ["valid"] * 3,
        "consent_email": ["confirmed", "unknown", "refused"],
        "observed_at": [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)],
    }
)
CLUSTERS = pl.DataFrame({"record": [0, 1, 2], "lead_id": ["L1", "L1", "L2"]}, schema_overrides={"record": pl.UInt32})


def golden(*decisions: Decision) -> tuple[pl.DataFrame, pl.DataFrame]:
    decided = decided_values(active(*decisions), members("L1", "L1", "L2"))
    ((leads, provenance, _),) = golden_slices(RECORDS, CLUSTERS, decided)
    return leads, provenance


def set_field(field: str, value: str | None) -> Decision:
    return Decision("lead", "set_field", ("web/a", "web/b"), field=field, value=value)


def test_a_value_set_by_hand_wins_and_says_who_and_when() -> None:
    leads, provenance = golden(set_field("family_name", "Klein-Groß"), set_field("city", "Ulm"))
    assert leads.select("family_name", "city").rows() == [("Klein-Groß", "Ulm"), ("Groß", None)]
    said = provenance.filter(pl.col("lead_id") == "L1", pl.col("rule").str.starts_with("decision"))
    assert said.select("field", "value", "rule", "observed_at").rows() == [
        ("city", "Ulm", "decision 2 of anna", AT),
        ("family_name", "Klein-Groß", "decision 1 of anna", AT),
    ]
    assert provenance.select("lead_id", "field").is_unique().all()
    assert provenance.equals(provenance.sort("lead_id", "field"))


def test_no_value_is_a_value_too() -> None:
    leads, provenance = golden(set_field("email", None))
    assert leads.select("email", "email_status").row(0) == (None, "missing")
    assert provenance.filter(lead_id="L1", field="email").is_empty()


def test_consent_is_for_the_address_and_an_objection_to_it_holds_wherever_it_is_put() -> None:
    assert golden()[0]["consent_email"].to_list() == ["confirmed", "refused"]
    assert golden(set_field("email", "new@klein.de"))[0]["consent_email"][0] == "unknown"
    assert golden(set_field("email", "closed@gross.de"))[0]["consent_email"][0] == "refused"
    assert golden(set_field("consent_email", "refused"))[0]["consent_email"].to_list() == ["refused", "refused"]


def test_without_decisions_nothing_changes() -> None:
    leads, provenance = golden()
    ((plain, origin, _),) = golden_slices(RECORDS, CLUSTERS)
    assert leads.equals(plain)
    assert provenance.equals(origin)
