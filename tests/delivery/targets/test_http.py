"""What may be sent twice is, what may not is not; nothing shows a key, nothing waits for ever."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import stamina
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from delivery.target import TargetError, UnauthorisedError, UnreachableError
from delivery.targets import http
from delivery.targets.http import ATTEMPTS, Answer, Client, UnansweredError, Verdict, by_status
from tests.delivery.servers.serving import Fault, Faults, serving

SECRET = "s3cr3t-k3y"


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """All attempts, without the pauses between them (`Retry-After` is waited for all the same)."""
    with stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


async def dripping() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b"."
        await asyncio.sleep(0.02)


class System:
    """A system that counts what was done, and answers as the path says."""

    def __init__(self) -> None:
        self.done = 0
        self.faults = Faults(Starlette(routes=[Route("/{how:path}", self.do, methods=["GET", "POST"])]))

    async def do(self, request: Request) -> Response:
        how = request.path_params["how"]
        self.done += 1
        if how.isdigit():
            return JSONResponse({"said": "no"}, int(how))
        match how:
            case "moved":
                return RedirectResponse("https://elsewhere.example/", 307)
            case "large":
                return PlainTextResponse("x" * 4096)
            case "no-json":
                return Response("<html>", media_type="application/json")
            case "deep-json":
                return Response("[" * 100_000, media_type="application/json")
            case "drip":
                return StreamingResponse(dripping())
            case "text":
                return PlainTextResponse("Größe")
        return JSONResponse({"done": self.done, "key": request.headers.get("authorization")})


@contextmanager
def talking(system: System, **options: Any) -> Iterator[Client]:
    key = {"Authorization": SECRET}
    with serving(system.faults) as address, Client("Test CRM", address, headers=key, **options) as client:
        yield client


def test_an_answer_is_its_status_its_headers_and_what_its_json_says() -> None:
    with talking(System()) as client:
        answer = client.ask("GET", "/")
        assert (answer.status, answer.body) == (200, {"done": 1, "key": SECRET})
        assert client.ask("GET", "/text").body == "Größe"
        assert client.ask("GET", "/404").body == {"said": "no"}  # a no is an answer: the adapter reads it


FAULTS = {
    # what happens     asked: sent, done     told: sent, done, raised
    Fault.LIMITED: ((2, 1), (2, 1, None)),
    Fault.BROKEN: ((2, 1), (1, 0, UnansweredError)),
    Fault.BROKEN_AFTER: ((2, 2), (1, 1, UnansweredError)),
    Fault.LOST: ((2, 2), (1, 1, UnansweredError)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_asked_is_sent_again(fault: Fault) -> None:
    system = System()
    system.faults.next = [("", fault)]
    with talking(system) as client:
        client.ask("POST", "/")
    assert (len(system.faults.heard), system.done) == FAULTS[fault][0]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_told_is_sent_again_only_if_it_was_not_done(fault: Fault) -> None:
    sent, done, error = FAULTS[fault][1]
    system = System()
    system.faults.next = [("", fault)]
    with talking(system) as client:
        if error:
            with pytest.raises(error, match="may have been done"):
                client.tell("POST", "/")
        else:
            client.tell("POST", "/")
    assert (len(system.faults.heard), system.done) == (sent, done)


@pytest.mark.parametrize("verb", ["ask", "tell"])
def test_who_is_always_too_busy_is_unreachable_and_nothing_was_done(verb: str) -> None:
    system = System()
    system.faults.next = [("", Fault.LIMITED)] * ATTEMPTS
    with talking(system) as client, pytest.raises(UnreachableError, match="too busy") as error:
        getattr(client, verb)("POST", "/")
    assert not isinstance(error.value, UnansweredError)
    assert (len(system.faults.heard), system.done) == (ATTEMPTS, 0)


@pytest.mark.parametrize("verb", ["ask", "tell"])
def test_nobody_there_is_unreachable_and_nothing_was_done(verb: str) -> None:
    with socket.socket() as bound:  # and not listening
        bound.bind(("127.0.0.1", 0))
        client = Client("Test CRM", f"http://127.0.0.1:{bound.getsockname()[1]}")
        with client, pytest.raises(UnreachableError, match="no connection") as error:
            getattr(client, verb)("GET", "/")
    assert not isinstance(error.value, UnansweredError)


@pytest.mark.parametrize("path", ["/large", "/no-json", "/deep-json"])
def test_an_answer_that_cannot_be_read_is_a_lost_one(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST", 1000 if path == "/large" else http.LARGEST)
    with talking(System()) as client:
        with pytest.raises(UnansweredError):
            client.tell("POST", path)
        with pytest.raises(UnreachableError):
            client.ask("GET", path)


def test_an_answer_that_takes_too_long_is_a_lost_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client("Test CRM", f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.1)
        with client, pytest.raises(UnansweredError, match="ReadTimeout"):
            client.tell("POST", "/")


def test_an_answer_that_never_ends_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST", 0.1)
    with talking(System()) as client, pytest.raises(UnansweredError, match="took more than"):
        client.tell("POST", "/drip")


@pytest.mark.parametrize("verb", ["ask", "tell"])
@pytest.mark.parametrize("status", ["401", "403"])
def test_a_wrong_key_ends_at_once(verb: str, status: str) -> None:
    system = System()
    with talking(system) as client, pytest.raises(UnauthorisedError, match=status):
        getattr(client, verb)("GET", f"/{status}")
    assert len(system.faults.heard) == 1


def test_a_redirect_is_not_followed() -> None:
    system = System()
    with talking(system) as client, pytest.raises(TargetError, match="another address"):
        client.ask("GET", "/moved")
    assert len(system.faults.heard) == 1


def test_a_page_elsewhere_does_not_get_the_key() -> None:
    elsewhere = System()
    with (
        serving(elsewhere.faults) as address,
        talking(System()) as client,
        pytest.raises(TargetError, match="another address"),
    ):
        client.ask("GET", f"{address}/next")
    assert elsewhere.faults.heard == []


def test_a_system_may_say_limited_in_its_own_way() -> None:
    def judge(answer: Answer) -> Verdict:
        return Verdict.LIMITED if answer.body == {"said": "no"} else by_status(answer)

    system = System()
    with talking(system, judge=judge) as client, pytest.raises(UnreachableError, match="too busy"):
        client.tell("POST", "/403")
    assert len(system.faults.heard) == ATTEMPTS


RETRY_AFTER = [
    # said, seconds
    ("", None),
    ("0", 0),
    ("7", 7),
    (" 1.5 ", 1.5),
    ("-3", None),
    ("later", None),
    ("²", None),
    ("Sun, 01 Nov 2026 08:49:37 GMT", 0),
    ("Sun, 99 Nov 2026 08:49:37 GMT", None),
    ("Sun, 01 Nov 20261111111111111111 08:49:37 GMT", None),
    ("Sun, 01 Nov 2026 99999999999:49:37 GMT", None),
    ("9" * 400, float("inf")),
]


@pytest.mark.parametrize(("said", "seconds"), RETRY_AFTER)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float | None) -> None:
    found = http._seconds(Answer(429, {"retry-after": said} if said else {}))
    assert found == seconds


def test_a_date_to_come_is_so_many_seconds_away() -> None:
    said = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert http._seconds(Answer(429, {"retry-after": said})) == pytest.approx(3600, abs=60)


def test_retry_after_is_waited_for() -> None:
    system = System()
    system.faults.next, system.faults.retry_after = [("", Fault.LIMITED)], "1"
    with stamina.set_testing(False), talking(system) as client:
        begun = time.monotonic()
        client.ask("GET", "/")
    assert time.monotonic() - begun >= 1


def test_who_asks_for_more_patience_than_there_is_is_left_at_once() -> None:
    system = System()
    system.faults.next, system.faults.retry_after = [("", Fault.LIMITED)], "86400"
    with talking(system) as client, pytest.raises(UnreachableError, match="86400 s"):
        client.ask("GET", "/")


def test_the_pace_is_kept() -> None:
    with talking(System(), rates={0.2: 2}) as client:
        begun = time.monotonic()
        for _ in range(5):
            client.ask("GET", "/")
    assert time.monotonic() - begun >= 0.4


ADDRESSES = [
    # address, may be used
    ("https://crm.example", True),
    ("https://crm.example:8443/base/", True),
    ("http://localhost:8069", True),
    ("http://127.0.0.1:8069", True),
    ("http://[::1]:8069", True),
    ("http://crm.example", False),
    ("http://localhost.example", False),
    ("http://127.0.0.1.example", False),
    ("ftp://crm.example", False),
    ("crm.example", False),
    ("https://", False),
    ("", False),
    (f"https://user:{SECRET}@crm.example", False),
    (f"https://crm.example/?key={SECRET}", False),
    ("https://crm.example\n/", False),
]


@pytest.mark.parametrize(("address", "may"), ADDRESSES)
def test_a_key_is_sent_over_tls_or_to_this_machine(address: str, may: bool) -> None:
    if may:
        Client("Test CRM", address).close()
    else:
        with pytest.raises(TargetError) as error:
            Client("Test CRM", address)
        assert SECRET not in str(error.value)


@pytest.mark.parametrize("key", [f"{SECRET}\x00", f"{SECRET}\nX-More: 1", f"{SECRET}ü"])
def test_a_key_that_is_none_is_told_without_it(key: str) -> None:
    with serving(System().faults) as address, pytest.raises(TargetError) as error:
        Client("Test CRM", address, headers={"Authorization": key}).ask("GET", "/")
    assert SECRET not in str(error.value)
    assert error.value.__cause__ is None


def test_no_log_shows_a_key_or_a_path(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    system = System()
    system.faults.next = [("", Fault.BROKEN)] * ATTEMPTS
    with talking(system) as client, pytest.raises(UnreachableError) as error:
        client.ask("GET", "/people/anna@example.org", params={"email": "anna@example.org"})
    shown = f"{error.value} {[{**record.__dict__} for record in caplog.records]}"
    assert SECRET not in shown
    assert "anna" not in shown
