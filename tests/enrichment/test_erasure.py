"""Who was erased stays erased, whichever list brings the person again; nobody else is touched."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from contracts.clean import CLEAN_RECORDS
from contracts.raw import REJECTS
from enrichment.erasure import Erasures, erase, hold_back_erased, read_erasures

ERIKA = {
    "given_name": "Erika",
    "family_name": "Beispiel",
    "email": "erika.beispiel@beispiel-werk.de",
    "email_kind": "company",
    "mobile": "+491715550101",
    "company_key": "beispiel werk",
    "postcode": "70173",
    "street": "Ringstraße",
    "house_number": "5",
    "linkedin_url": "https://www.linkedin.com/in/erika-beispiel/",
}
NOBODY = dict.fromkeys(ERIKA)


def clean(*people: dict[str, str | None]) -> pl.DataFrame:
    rows = [
        {"source": "partner", "channel": "offline", "source_record_id": str(n), "file": "f.csv", "row": n} | person
        for n, person in enumerate(people)
    ]
    return CLEAN_RECORDS.conform(pl.DataFrame(rows, infer_schema_length=None))


def keep_all(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame, REJECTS.empty()


@pytest.fixture
def erasures(tmp_path: Path) -> Erasures:
    assert erase(clean(ERIKA), tmp_path) == 5
    return read_erasures(tmp_path)


@pytest.mark.parametrize(
    "again",
    [
        NOBODY | {"email": "erika.beispiel@beispiel-werk.de"},
        NOBODY | {"mobile": "+491715550101", "given_name": "E."},
        NOBODY | {"given_name": "ERIKA", "family_name": "Beispiel", "company_key": "beispiel werk"},
        ERIKA | {"email": "e@neu.de", "mobile": None, "company_key": "neu"},
        NOBODY | {"email": "Erika.Beispiel+messe@beispiel-werk.de", "email_kind": "company"},
        NOBODY | {"email": "info@beispiel-werk.de", "other_emails": ["erika.beispiel@beispiel-werk.de"]},
        NOBODY | {"linkedin_url": "de.linkedin.com/in/Erika-Beispiel?trk=x"},
    ],
)
def test_a_record_with_a_trace_of_the_erased_is_counted_without_any_value(
    erasures: Erasures, again: dict[str, str | None]
) -> None:
    kept, rejects = hold_back_erased(erasures, keep_all, clean(again))
    assert kept.is_empty()
    (reject,) = rejects.to_dicts()
    assert (reject["reason_code"], reject["raw"], reject["source_record_id"]) == ("erased", None, "0")
    assert "beispiel" not in str(reject).lower()


@pytest.mark.parametrize(
    "other",
    [
        NOBODY,
        NOBODY | {"given_name": "Erika", "family_name": "Beispiel", "company_key": "andere"},
        NOBODY | {"given_name": "Max", "family_name": "Beispiel", "company_key": "beispiel werk"},
        NOBODY | {"given_name": "Max", "postcode": "70173", "street": "Ringstraße", "house_number": "5"},
    ],
)
def test_namesakes_colleagues_and_neighbours_go_on(erasures: Erasures, other: dict[str, str | None]) -> None:
    kept, rejects = hold_back_erased(erasures, keep_all, clean(other))
    assert kept.height == 1
    assert rejects.is_empty()


@pytest.mark.parametrize("mail", ["info@beispiel-werk.de", "max.mustermann@beispiel-werk.de"])
def test_a_shared_or_invented_mailbox_is_no_trace(tmp_path: Path, mail: str) -> None:
    shared = NOBODY | {"email": mail, "email_kind": "role"}
    assert erase(clean(shared), tmp_path) == 0
    kept, _ = hold_back_erased(read_erasures(tmp_path), keep_all, clean(shared))
    assert kept.height == 1


def test_the_file_names_nobody_and_is_of_no_use_without_its_key(tmp_path: Path) -> None:
    erase(clean(ERIKA), tmp_path)
    assert erase(clean(ERIKA), tmp_path) == 0
    text = (tmp_path / "erased.csv").read_text(encoding="utf-8").lower()
    assert len(text.splitlines()) == 6
    assert not any(str(value).lower() in text for value in ERIKA.values() if len(str(value)) > 5)
    assert (tmp_path / "erased.key").stat().st_mode & 0o077 == 0
    (tmp_path / "erased.key").unlink()
    with pytest.raises(ValueError, match="restore it"):
        read_erasures(tmp_path)


def test_nobody_erased_costs_nothing(tmp_path: Path) -> None:
    kept, rejects = hold_back_erased(read_erasures(tmp_path), keep_all, clean(ERIKA))
    assert (kept.height, rejects.height) == (1, 0)
