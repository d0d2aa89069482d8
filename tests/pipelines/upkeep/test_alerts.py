"""Alerts reach real receivers, are tried again, hold no secret, and cost nothing where nobody answers."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from pipelines.upkeep import alerts
from pipelines.upkeep.alerts import ATTEMPTS, alert

SUBJECT, LINES = "Lead Refinery: the night failed", ["clean_records failed: ComputeError", "Run 4711 – Müller-Straße"]


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEADS_ALERT_WEBHOOK", "LEADS_ALERT_EMAIL", "LEADS_ALERT_SMTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(alerts, "_PAUSE", 0.01)


class Web:
    """A receiver that answers with `answers` in turn, the last of them for ever."""

    def __init__(self, *answers: int) -> None:
        self.heard: list[dict[str, Any]] = []
        web, left = self, list(answers)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                web.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(left.pop(0) if len(left) > 1 else left[0])
                self.send_header("Location", "/elsewhere")
                self.send_header("Retry-After", "3600")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hooks/s3cr3t-token"


@pytest.fixture
def web(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    receiver = Web(*getattr(request, "param", [200]))
    monkeypatch.setenv("LEADS_ALERT_WEBHOOK", receiver.url)
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def test_without_receivers_nothing_is_said() -> None:
    assert alert(SUBJECT, LINES) == []


def test_a_webhook_gets_subject_and_lines_as_json(web: Web) -> None:
    assert alert(SUBJECT, LINES) == []
    assert web.heard == [{"text": "\n".join([SUBJECT, *LINES]), "subject": SUBJECT, "lines": LINES}]


@pytest.mark.parametrize("web", [[503, 429, 204]], indirect=True)
def test_a_busy_webhook_is_asked_again_and_does_not_say_when(web: Web) -> None:
    assert alert(SUBJECT, LINES) == []
    assert len(web.heard) == ATTEMPTS


@pytest.mark.parametrize(
    ("web", "asked", "said"),
    [
        ([500], ATTEMPTS, "answered 500"),
        ([404], 1, "answered 404"),
        ([302], 1, "answered 302"),  # where it leads is not ours to tell
    ],
    indirect=["web"],
)
def test_a_webhook_that_does_not_take_it_is_said(web: Web, asked: int, said: str) -> None:
    (unsaid,) = alert(SUBJECT, LINES)
    assert said in unsaid
    assert "LEADS_ALERT_WEBHOOK" in unsaid
    assert len(web.heard) == asked


@pytest.mark.parametrize(
    "receiver",
    [
        "http://127.0.0.1:1/hooks/s3cr3t-token",
        "http://no-such-host.invalid/s3cr3t-token",
        "s3cr3t-token",
        "ftp://127.0.0.1/s3cr3t-token",
        "https://[s3cr3t-token",
    ],
)
def test_a_dead_webhook_costs_nothing_and_its_address_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, receiver: str
) -> None:
    monkeypatch.setenv("LEADS_ALERT_WEBHOOK", receiver)
    (unsaid,) = alert(SUBJECT, LINES)
    assert "No alert by webhook" in unsaid
    assert "s3cr3t" not in unsaid


class Post:
    """A mail server that keeps what it takes, and refuses as many times as it is told to."""

    def __init__(self, *refusals: str) -> None:
        self.taken: list[Envelope] = []
        self.refusals = list(refusals)

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        self.taken.append(envelope)
        return "250 Taken"


@contextmanager
def listening(post: Post, **options: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def post(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    post = Post(*getattr(request, "param", []))
    with listening(post) as port:
        monkeypatch.setenv("LEADS_ALERT_EMAIL", "Nachtdienst <ops@example.org>, chief@example.org")
        monkeypatch.setenv("LEADS_ALERT_SMTP", f"smtp://127.0.0.1:{port}")
        yield post


def test_an_e_mail_reaches_everybody_named(post: Post) -> None:
    assert alert(SUBJECT, LINES) == []
    (taken,) = post.taken
    assert taken.rcpt_tos == ["ops@example.org", "chief@example.org"]
    message = message_from_bytes(taken.content or b"", policy=policy.default)
    assert message["Subject"] == SUBJECT
    assert message["Date"]
    assert message["Message-ID"]
    assert message.get_content().splitlines() == LINES


@pytest.mark.parametrize("post", [["451 Later", "421 Later"]], indirect=True)
def test_a_busy_mail_server_is_asked_again(post: Post) -> None:
    assert alert(SUBJECT, LINES) == []
    assert len(post.taken) == 1


@pytest.mark.parametrize("post", [["550 Nobody here", "550 Nobody here"]], indirect=True)
def test_a_mail_server_that_refuses_is_said(post: Post) -> None:
    (unsaid,) = alert(SUBJECT, LINES)
    assert "answered 550" in unsaid
    assert "LEADS_ALERT_EMAIL" in unsaid
    assert len(post.refusals) == 1, "what is refused for good is not tried again"


@pytest.mark.parametrize(
    "server", ["smtp://127.0.0.1:1", "http://127.0.0.1:25", "smtp://u:s3cr3t@no-such-host.invalid"]
)
def test_a_dead_mail_server_costs_nothing_and_shows_no_password(monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    monkeypatch.setenv("LEADS_ALERT_EMAIL", "ops@example.org")
    monkeypatch.setenv("LEADS_ALERT_SMTP", server)
    (unsaid,) = alert(SUBJECT, LINES)
    assert "No alert by e-mail" in unsaid
    assert "s3cr3t" not in unsaid


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    pem = tmp_path_factory.mktemp("tls") / "both.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", pem, *subject]
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    shown = subprocess.run(made, capture_output=True, check=True).stdout
    pem.write_bytes(pem.read_bytes() + shown)
    return pem


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_password_goes_only_to_a_server_that_proves_who_it_is(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, is_trusted: bool
) -> None:
    logins: list[LoginPassword] = []

    def login(server: object, session: object, envelope: object, mechanism: str, said: LoginPassword) -> AuthResult:
        logins.append(said)
        return AuthResult(success=said.password == b"p@ss:word")

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    options: dict[str, Any] = {"authenticator": login, "auth_require_tls": scheme == "smtp"}
    options |= {"tls_context": tls} if scheme == "smtp" else {"ssl_context": tls}
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with listening(post := Post(), **options) as port:
        monkeypatch.setenv("LEADS_ALERT_EMAIL", "ops@example.org")
        monkeypatch.setenv("LEADS_ALERT_SMTP", f"{scheme}://night%40example.org:p%40ss%3Aword@127.0.0.1:{port}")
        unsaid = alert(SUBJECT, LINES)
    if is_trusted:
        assert unsaid == []
        assert post.taken[0].mail_from == "night@example.org"
        assert logins
    else:
        assert "SSLCertVerificationError" in unsaid[0]
        assert (post.taken, logins) == ([], [])


def test_one_dead_receiver_does_not_silence_the_other(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_ALERT_WEBHOOK", "http://127.0.0.1:1/")
    (unsaid,) = alert(SUBJECT, LINES)
    assert "webhook" in unsaid
    assert len(post.taken) == 1


def test_a_subject_is_one_line(post: Post) -> None:
    """A header that another line could be smuggled into is refused by the library, and no night fails of it."""
    (unsaid,) = alert("the night failed\nBcc: thief@example.org", LINES)
    assert "No alert by e-mail" in unsaid
    assert post.taken == []
