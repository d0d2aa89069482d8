"""VAT and register numbers are read in every notation, and held back when their check fails."""

import polars as pl
import pytest

from enrichment.company.identifiers import clean_identifiers


def cleaned(column: str, text: str) -> str | None:
    value: str | None = clean_identifiers(pl.DataFrame({column: [text]}))[column][0]
    return value


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("DE136695976", "DE136695976"),
        ("DE 136 695 976", "DE136695976"),
        ("USt-IdNr.: DE136695976", "DE136695976"),
        ("USt-ID DE136695976", "DE136695976"),
        ("de136695976", "DE136695976"),
        ("ATU13585627", "ATU13585627"),
        ("U13585627", "ATU13585627"),
        ("UID: ATU 135 856 27", "ATU13585627"),
        ("CHE-107.787.577 MWST", "CHE107787577MWST"),
        ("CHE-107.787.577 IVA", "CHE107787577IVA"),
        ("CHE107787577", "CHE107787577MWST"),
        ("FR 61 954 506 077", "FR61954506077"),
        ("GB 980 7806 84", "GB980780684"),
        ("DE136695977", None),
        ("136695976", None),
        ("12/345/67890", None),
        ("keine", None),
    ],
)
def test_vat_numbers(written: str, clean: str | None) -> None:
    assert cleaned("vat_id", written) == clean


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("HRB 12345", "HRB 12345"),
        ("HRB12345", "HRB 12345"),
        ("hrb 12345", "HRB 12345"),
        ("HRB Nr. 12345", "HRB 12345"),
        ("HRB 12345 B", "HRB 12345 B"),
        ("HR B 12345", "HRB 12345"),
        ("Amtsgericht Stuttgart HRB 12345", "Stuttgart HRB 12345"),
        ("AG Stuttgart, HRB 12345", "Stuttgart HRB 12345"),
        ("HRB 12345 (Amtsgericht Stuttgart)", "Stuttgart HRB 12345"),
        ("HRB 12345, AG München", "München HRB 12345"),
        ("Handelsregister: Köln HRA 99", "Köln HRA 99"),
        ("VR 123", "VR 123"),
        ("GnR 12", "GnR 12"),
        ("FN 123456a", "FN 123456a"),
        ("FN 123456 a", "FN 123456a"),
        ("CHE-107.787.577", "CHE-107.787.577"),
        ("unbekannt", None),
    ],
)
def test_register_numbers(written: str, clean: str | None) -> None:
    assert cleaned("register_no", written) == clean


def test_what_was_changed_or_held_back_is_told() -> None:
    found = clean_identifiers(pl.DataFrame({"vat_id": ["DE 136695976", "DE1"], "register_no": [None, "HRB 1"]}))
    assert [[entry["reason"] for entry in row] for row in found["repairs"].to_list()] == [
        ["vat_id_notation"],
        ["vat_id_invalid"],
    ]
