"""Deliverability against a real name server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from contracts.clean import REPAIR
from enrichment.email.deliverability import EVIDENCE, OUTCOMES, NameService, apply_evidence, check_domains, newest
from tests.enrichment.email.name_server import NameServer, Zone, name_server

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

ZONE: Zone = {
    "canary.test": {"MX": ["10 mail.canary.test."]},
    "firma.de": {"MX": ["10 a.firma.de.", "20 b.firma.de."]},
    "nur-adresse.de": {"A": ["192.0.2.1"]},
    "nur-ipv6.de": {"AAAA": ["2001:db8::1"]},
    "ohne-post.de": {"MX": ["0 ."], "A": ["192.0.2.1"]},
    "leer.de": {"TXT": ["nichts"]},
    "kaputt.de": "servfail",
    "stumm.de": "silence",
    "gross.de": "truncated",
    "xn--mller-kva.de": {"MX": ["10 mail.test."]},
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server(dict(ZONE)) as running:
        yield running


def ask(domains: list[str], server: NameServer, cache: Path, now: datetime = NOW, **settings: object) -> dict[str, str]:
    service = NameService(("127.0.0.1",), server.port, timeout=0.5, canary="canary.test", **settings)  # type: ignore[arg-type]
    found = check_domains(domains, cache, service, now=now)
    return dict(found.select("subject", "outcome").rows())


def test_each_answer_of_the_name_service_has_its_outcome(server: NameServer, tmp_path: Path) -> None:
    assert ask([*ZONE, "müller.de", "gibt-es-nicht.de", "stumm.de"], server, tmp_path / "cache.parquet") == {
        "canary.test": "mail_server",
        "firma.de": "mail_server",
        "nur-adresse.de": "mail_server",
        "nur-ipv6.de": "mail_server",
        "ohne-post.de": "null_mx",
        "leer.de": "no_mail_server",
        "kaputt.de": "no_answer",
        "stumm.de": "no_answer",
        "gross.de": "mail_server",
        "xn--mller-kva.de": "mail_server",
        "müller.de": "mail_server",
        "gibt-es-nicht.de": "no_such_domain",
    }


def test_without_a_name_service_nothing_is_known(tmp_path: Path) -> None:
    service = NameService(("127.0.0.1",), 9, timeout=0.3, canary="canary.test")
    found = check_domains(["firma.de", "gibt-es-nicht.de"], tmp_path / "cache.parquet", service, now=NOW)
    assert found["outcome"].to_list() == ["no_answer", "no_answer"]


def test_a_name_service_that_denies_the_canary_is_not_believed(server: NameServer, tmp_path: Path) -> None:
    del server.zone["canary.test"]
    assert ask(["gibt-es-nicht.de"], server, tmp_path / "c.parquet") == {"gibt-es-nicht.de": "no_answer"}


def test_a_name_service_that_answers_for_names_that_cannot_exist_is_not_believed(
    server: NameServer, tmp_path: Path
) -> None:
    server.zone["no-such-name.invalid"] = {"A": ["192.0.2.66"]}
    assert ask(["firma.de"], server, tmp_path / "c.parquet") == {"firma.de": "no_answer"}


def test_answers_are_kept_until_their_time_is_up(server: NameServer, tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache.parquet"
    ask(["firma.de", "stumm.de"], server, cache)
    asked = server.asked["firma.de"]
    ask(["firma.de"], server, cache, NOW + timedelta(days=29))
    assert server.asked["firma.de"] == asked
    del server.zone["firma.de"]
    assert ask(["firma.de"], server, cache, NOW + timedelta(days=31)) == {"firma.de": "no_such_domain"}
    # No answer is retried soon.
    server.zone["stumm.de"] = {"MX": ["10 mail.test."]}
    assert ask(["stumm.de"], server, cache, NOW + timedelta(days=31)) == {"stumm.de": "mail_server"}
    assert pl.read_parquet(cache).schema == pl.Schema(EVIDENCE.schema)
    assert [path.name for path in cache.parent.iterdir()] == ["cache.parquet"]


def test_no_more_questions_at_once_than_allowed(server: NameServer, tmp_path: Path) -> None:
    domains = [f"d{number}.de" for number in range(60)]
    server.zone.update(dict.fromkeys(domains, "slow"))
    found = ask(domains, server, tmp_path / "c.parquet", at_once=7)
    assert set(found.values()) == {"mail_server"}
    assert 1 < server.most_at_once <= 7


def clean(**columns: list[str | None]) -> pl.DataFrame:
    frame = pl.DataFrame(columns)
    empty = pl.Series("repairs", [[] for _ in range(frame.height)], dtype=pl.List(REPAIR))
    return frame.with_columns(pl.col("email").str.extract("@(.*)").alias("email_domain"), empty)


def evidence(*rows: tuple[str, str, datetime]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=EVIDENCE.schema, orient="row")


def verdict(status: str, *rows: tuple[str, str, datetime], reason: str | None = None) -> tuple[str, str | None]:
    records = clean(email=["max@firma.de"], email_status=[status], email_reason=[reason])
    judged = apply_evidence(records, evidence(*rows), now=NOW)
    return judged["email_status"][0], judged["email_reason"][0]


MARCH, MAY = datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 5, 15, tzinfo=UTC)


def test_the_newest_evidence_wins_and_says_when_it_was_made() -> None:
    accepted, bounced = ("max@firma.de", "mailbox_accepted", MARCH), ("max@firma.de", "mailbox_bounced", MAY)
    assert verdict("valid", accepted, bounced) == ("invalid", "mailbox_bounced")
    assert verdict("valid", bounced, accepted) == ("invalid", "mailbox_bounced")
    again = ("max@firma.de", "mailbox_accepted", MAY + timedelta(days=2))
    assert verdict("unknown", again, bounced) == ("valid", None)
    records = clean(email=["max@firma.de"], email_status=["valid"], email_reason=[None])
    told = apply_evidence(records, evidence(accepted, bounced), now=NOW)["repairs"].to_list()
    assert told == [
        [
            {
                "field": "email",
                "raw": "mailbox_bounced 2026-05-15",
                "value": "max@firma.de",
                "reason": "mailbox_bounced",
                "rule": "email_evidence",
            }
        ]
    ]


def test_old_evidence_is_not_used_again() -> None:
    assert verdict("valid", ("max@firma.de", "mailbox_bounced", datetime(2025, 6, 1, tzinfo=UTC))) == ("valid", None)


@pytest.mark.parametrize(
    ("outcome", "subject", "expected"),
    [
        ("accept_all", "firma.de", ("risky", "accept_all")),
        ("greylisted", "max@firma.de", ("unknown", "greylisted")),
        ("no_answer", "firma.de", ("unknown", "no_answer")),
        ("null_mx", "firma.de", ("invalid", "null_mx")),
        ("no_such_domain", "firma.de", ("invalid", "no_such_domain")),
        ("mail_server", "firma.de", ("valid", None)),
    ],
)
def test_outcomes_become_verdicts(outcome: str, subject: str, expected: tuple[str, str | None]) -> None:
    assert verdict("valid", (subject, outcome, NOW)) == expected


def test_a_mail_server_does_not_clear_a_returned_mail() -> None:
    box, server = ("max@firma.de", "mailbox_bounced", MAY), ("firma.de", "mail_server", NOW)
    assert verdict("valid", box, server) == ("invalid", "mailbox_bounced")


def test_evidence_neither_mends_a_broken_address_nor_clears_a_risk() -> None:
    assert verdict("invalid", ("firma.de", "mail_server", NOW), reason="unknown_tld") == ("invalid", "unknown_tld")
    assert verdict("risky", ("firma.de", "mail_server", NOW), reason="role_mailbox") == ("risky", "role_mailbox")


def test_newest_evidence_does_not_depend_on_order() -> None:
    rows = [("a.de", outcome, NOW - timedelta(minutes=minute)) for minute, outcome in enumerate(OUTCOMES)]
    assert newest(evidence(*rows), NOW).rows() == newest(evidence(*reversed(rows)), NOW).rows()
