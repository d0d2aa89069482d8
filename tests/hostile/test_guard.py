"""What the guard says to a request: the page's own go through, those of other pages do not, whatever they dress as."""

from __future__ import annotations

import asyncio
import socket
from typing import Any
from urllib.parse import quote

import pytest
from dagster_webserver.webserver import DagsterWebserver
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Scope

from pipelines.ui.address import Address, authorities, is_private
from pipelines.ui.guard import BODY_BYTES, DATA, GRAPHQL, Guard, is_query, refusal
from pipelines.ui.login import Login

HOST = "127.0.0.1:3000"
OURS = frozenset({HOST, "localhost:3000", "[::1]:3000"})
JSON = {"content-type": "application/json", "content-length": "20"}
PAGE = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin", "referer": f"http://{HOST}/assets"}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
MUTATION = "mutation { launchRun(executionParams: {}) { __typename } }"
Given = dict[str, str] | list[tuple[str, str]]


def request(method: str, target: str, headers: Given, kind: str = "http") -> Scope:
    path, _, query = target.partition("?")
    given = list(headers.items()) if isinstance(headers, dict) else list(headers)
    if not any(name == "host" for name, _ in given):
        given.append(("host", HOST))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given if value != "-"]
    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": raw, "scheme": "http"}
    return scope | ({"method": method} if kind == "http" else {})


def status(scope: Scope) -> int:
    refused = refusal(scope, OURS)
    return refused.status if refused else 200


# Names


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HOST, 200),
        ("localhost:3000", 200),
        ("LOCALHOST:3000", 200),
        ("[::1]:3000", 200),
        ("-", 403),  # none at all
        ("", 403),
        ("evil.example:3000", 403),
        ("evil.localhost:3000", 403),
        ("localhost.evil.example:3000", 403),
        ("127.0.0.1", 403),
        ("127.0.0.1:3001", 403),
        ("127.0.0.1:3000.evil.example", 403),
        ("127.0.0.1:3000@evil.example", 403),
        ("127.0.0.1:3000, evil.example", 403),
        ("127.0.0.2:3000", 403),
        ("127.1:3000", 403),
        ("2130706433:3000", 403),
        ("0.0.0.0:3000", 403),
        ("localhost.:3000", 403),
        ("[::ffff:127.0.0.1]:3000", 403),
        (" localhost:3000", 403),
        ("localhost:3000\x00", 403),
    ],
)
def test_only_our_own_name_leads_here(host: str, expected: int) -> None:
    for kind, headers in (("http", {}), ("websocket", {"origin": f"http://{host.strip().lower()}"})):
        assert status(request("GET", GRAPHQL, {"host": host, **headers}, kind)) == expected


@pytest.mark.parametrize("name", ["host", "origin", "referer", "sec-fetch-site", "content-type"])
def test_what_is_said_twice_is_not_believed(name: str) -> None:
    said = {"host": HOST, **PAGE, **JSON}[name]
    for other in (said, "http://evil.example"):
        pairs = [*{"host": HOST, **PAGE, **JSON}.items(), (name, other)]
        assert status(request("POST", GRAPHQL, pairs)) == 400
        assert status(request("GET", GRAPHQL, pairs, "websocket")) == 400


# Where a request comes from

FOREIGN: list[dict[str, str]] = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "http://localhost:3000"},  # ours, but of another name
    {"origin": "http://127.0.0.1:8000"},
    {"origin": "http://127.0.0.1"},
    {"origin": f"https://{HOST}"},
    {"origin": f"http://{HOST}.evil.example"},
    {"origin": f"http://{HOST}/"},
    {"origin": f"http://evil.example http://{HOST}"},
    {"origin": "chrome-extension://abcdefgh"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "SAME-ORIGIN"},
    {"sec-fetch-site": ""},
    {"referer": "http://evil.example/"},
    {"referer": f"http://{HOST}.evil.example/"},
    {"referer": f"http://evil.example/?http://{HOST}/"},
    {"referer": "http://127.0.0.1:8000/"},
    {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"},
    {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": f"http://{HOST}", "referer": "http://evil.example/"},
]


@pytest.mark.parametrize("signs", FOREIGN, ids=str)
def test_another_page_changes_nothing_and_reads_nothing(signs: dict[str, str]) -> None:
    assert status(request("POST", GRAPHQL, {**JSON, **signs})) == 403
    assert status(request("POST", "/report_asset_check/leads", {**JSON, **signs})) == 403
    assert status(request("GET", f"{GRAPHQL}?query={{version}}", signs)) == 403
    if signs.get("origin") != f"http://{HOST}":
        assert status(request("GET", GRAPHQL, signs, "websocket")) == 403
    for path in DATA:
        assert status(request("GET", path, signs)) == 403
        assert status(request("GET", path, {**LINK, **signs})) == 403


@pytest.mark.parametrize("signs", [{}, PAGE, {"sec-fetch-site": "none"}, {"referer": f"http://{HOST}"}], ids=str)
def test_the_page_itself_and_what_is_no_page_are_answered(signs: dict[str, str]) -> None:
    assert status(request("POST", GRAPHQL, {**JSON, **signs})) == 200
    assert status(request("GET", f"{GRAPHQL}?query={{version}}", signs)) == 200
    assert status(request("GET", "/assets/leads", signs)) == 200


@pytest.mark.parametrize(
    ("method", "path", "signs", "expected"),
    [
        ("GET", "/", LINK, 200),
        ("GET", "/assets/leads", {**LINK, "referer": "https://wiki.example/leads"}, 200),
        ("GET", "/assets/leads", {"referer": "http://wiki.example/"}, 200),  # of a browser that says no more
        ("HEAD", "/", LINK, 403),
        ("GET", "/", {**LINK, "origin": "http://evil.example"}, 403),
        ("GET", "/", {**LINK, "sec-fetch-dest": "iframe"}, 403),
        ("GET", "/", {**LINK, "sec-fetch-dest": "embed"}, 403),
        ("GET", "/", {**LINK, "sec-fetch-dest": "object"}, 403),
        ("GET", "/", {**LINK, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ("GET", "/vendor/x.js", {**LINK, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ("GET", "/logs/run/step.err", LINK, 403),
        ("GET", "/download_debug/run", LINK, 403),
        ("GET", f"{GRAPHQL}?query={{version}}", LINK, 403),
        ("POST", "/", LINK, 403),
    ],
)
def test_a_link_opens_the_page_and_no_more(method: str, path: str, signs: dict[str, str], expected: int) -> None:
    assert status(request(method, path, signs)) == expected


def test_the_list_of_what_is_no_page_is_dagsters_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DagsterWebserver, "build_static_routes", lambda _: [])
    routes: list[BaseRoute] = DagsterWebserver(None).build_routes()  # type: ignore[no-untyped-call]
    paths = {route.path for route in routes if isinstance(route, Route | WebSocketRoute)} - {"/", "/{path:path}"}
    assert {path.split("{")[0] for path in paths} == set(DATA)


# What is asked


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ version }", True),
        ("query { version }", True),
        ("query A { version } query B { version }", True),
        ("query A { ...F } fragment F on Query { version }", True),
        ('{ a(text: "mutation { b }") }', True),
        ("# mutation\n{ version }", True),
        (MUTATION, False),
        ("mutation{a:launchRun{__typename}}", False),
        ("  ,,\ufeff mutation M { a }", False),
        ("#{ version }\nmutation { a }", False),
        ("#{ version }\rmutation { a }", False),
        ("query Q { version } mutation M { a }", False),
        ("mutation M { a } query Q { version }", False),
        ("subscription { a }", False),
        ("query Q { version } subscription S { a }", False),
        ("", False),
        ("{", False),
        ("extend type Query { a: Int } mutation { a }", False),
        ("{a" * 20_000, False),
        ("{" + "a " * 100_000 + "}", False),
        ("{a(b:" + "[" * 50_000, False),
        ("\ud800", False),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_a_query_is_nothing_but_queries(document: str, expected: bool) -> None:
    assert is_query(document) is expected


QUERY, CHANGE = quote("{ version }"), quote(MUTATION)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (GRAPHQL, 200),  # shows the page to type queries in; nothing is run
        (f"{GRAPHQL}?query={QUERY}", 200),
        (f"{GRAPHQL}?query={QUERY}&operationName=A&variables=%7B%7D", 200),
        (f"{GRAPHQL}?query={CHANGE}", 405),
        (f"{GRAPHQL}?query={QUERY}&query={CHANGE}", 405),
        (f"{GRAPHQL}?query={CHANGE}&query={QUERY}", 405),
        (f"{GRAPHQL}?%71uery={CHANGE}", 405),
        (f"{GRAPHQL}?query={quote('query A { version } ' + MUTATION)}&operationName=A", 405),
        (f"{GRAPHQL}?query=", 405),
        (f"{GRAPHQL}?query={quote('[{' + MUTATION + '}]')}", 405),
        (f"{GRAPHQL}?extensions=%7B%22persistedQuery%22%3A%7B%7D%7D", 200),  # Dagster keeps none: no query, nothing run
        (f"/assets?query={CHANGE}", 200),  # the page; it takes no GraphQL
    ],
)
def test_by_get_only_queries_are_run(target: str, expected: int) -> None:
    for method in ("GET", "HEAD"):
        assert status(request(method, target, PAGE)) == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "QUERY", ""])
def test_other_methods_are_not_answered(method: str) -> None:
    assert status(request(method, GRAPHQL, {**PAGE, **JSON})) == 405


@pytest.mark.parametrize("path", ["/", "/assets", "/graph", "/server_info", "/logs/x", "/download_debug/x"])
def test_nothing_is_posted_to_what_only_shows(path: str) -> None:
    assert status(request("POST", path, {**PAGE, **JSON})) == 405


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("-", 415),
        ("", 415),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("text/plain;charset=application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=application/json", 415),
        ("application/graphql", 415),
        ("application/jsonx", 415),
        ("application/graphql+json", 415),
        ("application/csp-report", 415),
        ("application/json, text/plain", 415),
    ],
)
def test_only_json_is_read(kind: str, expected: int) -> None:
    for path in (GRAPHQL, "/report_asset_check/leads", "/report_asset_materialization/leads"):
        assert status(request("POST", path, {**PAGE, **JSON, "content-type": kind})) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-length": str(BODY_BYTES)}, 200),
        ({"content-length": str(BODY_BYTES + 1)}, 413),
        ({"content-length": "9" * 5_000}, 413),
        ({"content-length": "0" * 30 + "9" * 30}, 413),
        ({"content-length": "-1"}, 400),
        ({"content-length": "²"}, 400),
        ({"content-length": "1e3"}, 400),
        ({"content-length": "-", "transfer-encoding": "chunked"}, 411),
        ({"transfer-encoding": "chunked"}, 411),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bodies_have_a_known_and_bounded_length(headers: dict[str, str], expected: int) -> None:
    assert status(request("POST", GRAPHQL, {**PAGE, **JSON, **headers})) == expected


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (GRAPHQL, {"origin": f"http://{HOST}"}, 200),
        (GRAPHQL, {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}, 200),
        (GRAPHQL, {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"}, 200),  # so say some, of another scheme
        (GRAPHQL, {}, 403),  # a browser says where it comes from; nothing else needs one
        (GRAPHQL, {"sec-fetch-site": "same-origin"}, 403),
        (GRAPHQL, {"origin": f"ws://{HOST}"}, 403),
        ("/", {"origin": f"http://{HOST}"}, 403),
        ("/graphql/", {"origin": f"http://{HOST}"}, 403),
    ],
)
def test_a_web_socket_is_opened_by_the_page_alone(path: str, headers: dict[str, str], expected: int) -> None:
    assert status(request("GET", path, headers, "websocket")) == expected


# What is answered


async def echo(scope: Scope, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [(b"referrer-policy", b"unsafe-url"), (b"content-security-policy", b"script-src 'nonce-1'")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"Dagster"})


def answered(app: ASGIApp, scope: Scope, body: bytes = b"") -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body; a web socket that is not opened counts as 403."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    if scope["type"] == "websocket":
        return (200 if sent[0]["type"] == "websocket.accept" else 403), [], ""
    headers = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]).decode()


@pytest.mark.parametrize("signs", [PAGE, {"origin": "http://evil.example"}], ids=["answered", "refused"])
def test_every_answer_says_what_a_browser_may_do_with_it(signs: dict[str, str]) -> None:
    _, pairs, _ = answered(Guard(echo, OURS), request("GET", GRAPHQL, signs))
    headers = dict(pairs)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert [value for name, value in pairs if name == "referrer-policy"] == ["same-origin"]
    policies = [value for name, value in pairs if name == "content-security-policy"]
    assert "frame-ancestors 'none'" in policies[-1]
    assert f"connect-src 'self' ws://{HOST}" in policies[-1]
    assert len(policies) == 1 + (signs is PAGE), "Dagster's own policy stays"
    assert not any(name.startswith("access-control-") for name in headers)


def test_a_refusal_repeats_nothing_of_the_request() -> None:
    scope = request("GET", "/logs/<script>", {"origin": "<script>", "host": HOST})
    assert "script>" not in answered(Guard(echo, OURS), scope)[2]


# Who asks

TOKEN = "correct horse battery staple"
FORM = {**PAGE, "content-type": "application/x-www-form-urlencoded", "content-length": "20"}


@pytest.fixture
def asked() -> ASGIApp:
    return Guard(Login(echo, TOKEN, 3000), OURS)


def cookie(app: ASGIApp) -> str:
    _, headers, _ = answered(app, request("POST", "/login", FORM), f"token={quote(TOKEN)}".encode())
    return dict(headers)["set-cookie"]


def test_the_token_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_sends(asked: ASGIApp) -> None:
    given = cookie(asked)
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in given.split(";")}
    assert quote(TOKEN) not in given
    assert TOKEN not in given
    shown = {"cookie": given.split(";")[0]}
    assert answered(asked, request("GET", "/", {**PAGE, **shown}))[2] == "Dagster"
    assert answered(asked, request("POST", GRAPHQL, {**PAGE, **JSON, **shown}))[0] == 200
    assert answered(asked, request("GET", GRAPHQL, {**PAGE, **shown}, "websocket"))[0] == 200
    assert answered(asked, request("POST", GRAPHQL, {**JSON, **shown, "origin": "http://evil.example"}))[0] == 403
    assert answered(asked, request("GET", GRAPHQL, {**shown, "origin": "http://evil.example"}, "websocket"))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "leads_ui_3000="},
        {"cookie": f"leads_ui_3000={TOKEN}"},
        {"cookie": "leads_ui_3000=\xff\xfe"},
        {"cookie": "a=b; leads_ui_3001=x"},
        {"authorization": f"Bearer {TOKEN}"},
    ],
    ids=str,
)
def test_without_the_cookie_nothing_of_dagster_is_seen(asked: ASGIApp, headers: dict[str, str]) -> None:
    for method, target in [("GET", "/"), ("GET", f"/?token={TOKEN}"), ("GET", "/vendor/x.js"), ("POST", GRAPHQL)]:
        said = answered(asked, request(method, target.replace(" ", "%20"), {**PAGE, **JSON, **headers}))
        assert said[0] == 401
        assert "Dagster" not in said[2]
    assert answered(asked, request("GET", GRAPHQL, {**PAGE, **headers}, "websocket"))[0] == 403


@pytest.mark.parametrize("path", ["/", "/assets/leads", "/login"])
def test_a_reader_is_shown_the_form(asked: ASGIApp, path: str) -> None:
    code, headers, page = answered(asked, request("GET", path, {"accept": "text/html", **LINK}))
    assert code == 401
    assert '<form method="post" action="/login">' in page
    assert dict(headers)["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    ["", "token=", "token", "token=wrong", f"token={TOKEN}x", "token=%00", "token=%ff", "%ff" * 9, f"Token={TOKEN}"],
)
def test_another_token_is_not_taken(asked: ASGIApp, body: str) -> None:
    code, headers, page = answered(asked, request("POST", "/login", FORM), body.encode())
    assert code == 401
    assert "set-cookie" not in dict(headers)
    assert "That is not the token" in page


def test_too_many_fields_are_no_token(asked: ASGIApp) -> None:
    assert answered(asked, request("POST", "/login", FORM), b"a=&" * 1000)[0] == 401


def test_another_page_cannot_log_in(asked: ASGIApp) -> None:
    assert answered(asked, request("POST", "/login", {**FORM, "origin": "http://evil.example"}))[0] == 403
    assert answered(asked, request("POST", "/login", {**FORM, "content-type": "text/plain"}))[0] == 415


# Where it listens


@pytest.mark.parametrize(
    ("host", "private", "named", "unnamed"),
    [
        ("127.0.0.1", True, ["127.0.0.1", "localhost", "[::1]"], ["0.0.0.0", "evil.example"]),
        ("localhost", True, ["127.0.0.1", "localhost"], ["evil.example"]),
        ("127.0.0.2", True, ["127.0.0.2", "localhost"], ["127.0.0.3"]),
        ("0.0.0.0", False, ["127.0.0.1", "localhost", socket.gethostname().lower()], ["evil.example", "203.0.113.9"]),
    ],
)
def test_the_names_are_those_of_the_place(host: str, private: bool, named: list[str], unnamed: list[str]) -> None:
    with Address(host, 0).listen() as bound:  # bound, and never listening
        address = Address(host, bound.getsockname()[1])
        names = authorities(address, bound)
        assert is_private(bound) is private
    assert {f"{name}:{address.port}" for name in named} <= names
    assert not {f"{name}:{address.port}" for name in unnamed} & names
