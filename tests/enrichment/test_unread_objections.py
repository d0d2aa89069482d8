"""Unread objections: a row of which no record could be made still closes what it names."""

from __future__ import annotations

import json

import polars as pl
import pytest

from contracts.raw import RAW_RECORDS, REJECTS
from enrichment.email.clean import clean_email
from enrichment.rule_failures import RuleFailed, without_failures
from enrichment.unread_objections import unread_objections

Said = list[tuple[str | None, str, str]]  # address or number, consent to e-mail and to calls


def said(*rows: str, consent: dict[str, list[str]] | None = None) -> Said:
    told = json.dumps(consent) if consent else None
    rejects = {"source": "a", "channel": "online", "file": "f", "default_country": "DE", "consent": told}
    frame = pl.DataFrame([rejects | {"row": number, "raw": raw} for number, raw in enumerate(rows, 5)])
    found = unread_objections(REJECTS.conform(frame))
    value = pl.coalesce("email", "mobile", "phone")
    return sorted(found.select(value, "consent_email", "consent_phone").drop_nulls("email").rows())


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Eva;Klein;eva@klein.de;zu viel;Werbesperre", [("eva@klein.de", "refused", "refused")]),
        ("Eva,Klein,eva@klein.de,zu viel,STOP", [("eva@klein.de", "refused", "refused")]),
        ("Eva\tKlein\teva@klein.de\tzu viel\tunsubscribed", [("eva@klein.de", "refused", "refused")]),
        ('"Eva;Klein;<eva@klein.de>;bitte keine Werbung', [("eva@klein.de", "refused", "refused")]),
        ("Eva;0711 1234567;DNC;zu viel", [("+497111234567", "unknown", "refused")]),
        ("Eva;0171 5512345;nicht anrufen;zu viel", [("+491715512345", "unknown", "refused")]),
        (
            "eva@klein.de;0711 1234567;Art. 21 DSGVO;zu viel",
            [("+497111234567", "refused", "refused"), ("eva@klein.de", "refused", "refused")],
        ),
        (
            "Eva;Klein;eva@klein.de;zu viel;" + "Bla. " * 1_000 + "Keine Werbung!",
            [("eva@klein.de", "refused", "refused")],
        ),
        ("Eva;Klein;eva@klein.de;zu viel;ja", []),
        ("Eva;Klein;eva@klein.de;zu viel;keine Werbesperre", []),
        ("Eva;Klein;niemand;zu viel;Werbesperre", []),
    ],
)
def test_an_address_or_number_in_a_row_that_refuses_is_closed(row: str, expected: Said) -> None:
    assert said(row) == expected


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        ({"opt_out": ["Alle: gelistet"]}, ("refused", "refused")),
        ({"opt_out": ["E-Mail: gelistet"]}, ("refused", "unknown")),
        ({"opt_out": ["Alle: Ulm", "Alle: x"]}, ("refused", "refused")),
        ({"consent_email": ["Ulm", "nein"]}, ("refused", "unknown")),
        ({"consent_email": ["nein", "ja"]}, ("refused", "unknown")),
        ({"opt_out": ["Alle: Ulm"], "consent_email": ["Ulm"]}, None),
        ({"opt_out": ["Alle: nein"]}, None),
    ],
)
def test_its_cells_count_by_their_place_from_either_end(
    consent: dict[str, list[str]], expected: tuple[str, str] | None
) -> None:
    assert said("eva@klein.de;;;", consent=consent) == ([("eva@klein.de", *expected)] if expected else [])


def test_a_row_torn_in_two_is_one() -> None:
    assert said("eva@klein.de;Am 3.4. gesprochen,", "bitte keine Werbung;") == [("eva@klein.de", "refused", "refused")]
    assert said("eva@klein.de;Am 3.4. gesprochen", "udo@klein.de;Werbesperre;") == [
        ("udo@klein.de", "refused", "refused")
    ]


def test_a_record_on_which_a_rule_breaks_objects_too() -> None:
    raw = pl.DataFrame({"row": [1, 2], "email": ["eva@klein.de", "udo@klein.de"], "opt_out": ["x", None]})

    def broken(_: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        raise RuleFailed("name", ValueError("broke"))

    _, rejects = without_failures(RAW_RECORDS.conform(raw), broken)
    assert unread_objections(rejects).select("email", "consent_email").rows() == [("eva@klein.de", "refused")]


def test_a_rule_that_breaks_on_such_a_row_costs_no_night(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(records: pl.DataFrame) -> pl.DataFrame:
        if records["email"].str.contains("eva").any():
            raise ValueError("broke")
        return clean_email(records)

    monkeypatch.setattr("enrichment.unread_objections.clean_email", broken)
    rows = ("eva@klein.de;STOP", "udo@klein.de;STOP", "ina@klein.de;ja")
    assert [(mail, email) for mail, email, _ in said(*rows)] == [
        ("eva@klein.de", "refused"),
        ("udo@klein.de", "refused"),
    ]


def test_nothing_held_back_objects_to_nothing() -> None:
    assert unread_objections(REJECTS.empty()).is_empty()
