"""Returned mail is read as dated evidence, and mistakes in the file are explained."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from enrichment.email.evidence_file import read_mail_evidence


def test_no_file_is_no_evidence(tmp_path: Path) -> None:
    assert read_mail_evidence(tmp_path / "mail_evidence.csv").height == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-05-01T08:30:00Z", datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        ("2026-05-01T08:30:00+02:00", datetime(2026, 5, 1, 6, 30, tzinfo=UTC)),
        ("2026-05-01 08:30:00", datetime(2026, 5, 1, 8, 30, tzinfo=UTC)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
    ],
)
def test_times(tmp_path: Path, written: str, meant: datetime) -> None:
    path = tmp_path / "mail_evidence.csv"
    path.write_text(f"subject,outcome,observed_at\nMax@Firma.de ,mailbox_bounced,{written}\n", encoding="utf-8")
    assert read_mail_evidence(path).rows() == [("max@firma.de", "mailbox_bounced", meant)]


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("subject,outcome\na@b.de,mailbox_bounced\n", "column observed_at is missing"),
        ("subject,outcome,observed_at\na@b.de,lost,2026-05-01\n", "row 2: 'lost' is no outcome"),
        ("subject,outcome,observed_at\na@b.de,mailbox_bounced,May\n", "row 2: observed_at is not a time"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, text: str, explanation: str) -> None:
    path = tmp_path / "mail_evidence.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=explanation):
        read_mail_evidence(path)
