"""The guard: which requests reach Dagster's page.

Dagster's web server answers whoever asks: any name, any origin, changes by GET, plain text taken for GraphQL. So any
page its reader opens could start runs. The guard lets through what comes from the page itself, or from no page at all.

Belongs here: rules on one request, and the headers of the answers. Does not belong here: who its reader is
(`pipelines.ui.login`), or starting anything (`pipelines.ui.server`).

Sources: Fetch Metadata and Content Security Policy 3 (W3C), RFC 6454 (origins), RFC 6455 section 10.2 (web sockets).
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GRAPHQL = "/graphql"
LOGIN = "/login"
# What Dagster serves beside the page and its parts. No other page may open these, not even by a link.
DATA = (
    *(GRAPHQL, "/server_info", "/dagit_info", "/logs/", "/notebook", "/dagit/notebook", "/download_debug/"),
    *("/report_asset_materialization/", "/report_asset_check/", "/report_asset_observation/"),
)
WRITES = (GRAPHQL, LOGIN, *(path for path in DATA if path.startswith("/report_")))
BODY_BYTES = 1 << 20
_TOKENS = 10_000  # of a query by GET
_ONCE = ("host", "origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "content-type")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Beside Dagster's own policy, which holds too. Whatever text a page shows, it can load and send nothing elsewhere.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' ws://{host}; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Refusal(NamedTuple):
    """Why a request goes no further, and its HTTP status."""

    status: int
    reason: str


_FOREIGN = Refusal(403, "Refused: this was asked by another page")


class Guard:
    """An ASGI application in front of another one; `authorities` are the names it answers to, as `host:port`."""

    def __init__(self, app: ASGIApp, authorities: frozenset[str]) -> None:
        self._app, self._authorities = app, authorities

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = refusal(scope, self._authorities)
        if scope["type"] == "websocket":
            if refused:
                return await send({"type": "websocket.close", "code": 1008, "reason": refused.reason})
            return await self._app(scope, receive, send)
        app = PlainTextResponse(refused.reason, refused.status) if refused else self._app
        return await app(scope, receive, _secured(scope, send))


def refusal(scope: Scope, authorities: frozenset[str]) -> Refusal | None:
    """Why the request of an ASGI scope (`http` or `websocket`) goes no further; None where it may."""
    headers = Headers(scope=scope)
    if twice := [name for name in _ONCE if len(headers.getlist(name)) > 1]:
        return Refusal(400, f"Refused: more than one {twice[0]}")
    host = headers.get("host", "").lower()
    if host not in authorities:  # a name of somebody else's that leads here
        return Refusal(403, "Refused: this page answers only at the address that `leads ui` names")
    if scope["type"] == "websocket":
        # Any page may open one, but each browser says truly which page it was; other signs differ between browsers.
        ours = scope["path"] == GRAPHQL and headers.get("origin") == f"http://{host}"
        return None if ours else _FOREIGN
    if _is_foreign(headers, host) and not _is_visit(scope, headers):
        return _FOREIGN
    return _method(scope, headers) or _body(headers)


def is_query(document: str) -> bool:
    """Whether a GraphQL document can only ask, whichever of its operations is chosen."""
    try:
        definitions = parse(document, no_location=True, max_tokens=_TOKENS).definitions
    except (GraphQLError, RecursionError):
        return False
    return all(one.operation is OperationType.QUERY for one in definitions if isinstance(one, OperationDefinitionNode))


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether any sign says that another page asks. What is no browser gives no sign."""
    ours = f"http://{host}"
    origin, referer = headers.get("origin", ours), headers.get("referer", ours)
    site = headers.get("sec-fetch-site", "none")
    return origin != ours or not f"{referer}/".startswith(f"{ours}/") or site not in ("same-origin", "none")


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether another page's link leads a reader to ours: the page opens in a window of its own and does nothing."""
    return (
        scope["method"] == "GET"
        and "origin" not in headers
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
        and not scope["path"].startswith(DATA)
    )


def _method(scope: Scope, headers: Headers) -> Refusal | None:
    method, path = scope["method"], scope["path"]
    if method in ("GET", "HEAD"):
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if path.startswith(GRAPHQL) and not all(is_query(value) for name, value in asked if name == "query"):
            return Refusal(405, "Refused: by GET only queries are answered")
        return None
    if method != "POST" or not path.startswith(WRITES):
        return Refusal(405, "Refused: this method is not answered here")
    # What a form can send, a browser sends for any page without asking us first.
    taken = "application/x-www-form-urlencoded" if path == LOGIN else "application/json"
    if headers.get("content-type", "").split(";")[0].strip().lower() != taken:
        return Refusal(415, f"Refused: only {taken} is read here")
    return None


def _body(headers: Headers) -> Refusal | None:
    if "transfer-encoding" in headers:
        return Refusal(411, "Refused: the length of the body must be said first")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return Refusal(400, "Refused: the length of the body is no number")
    return Refusal(413, "Refused: the body is too long") if len(length) > 9 or int(length) > BODY_BYTES else None


def _secured(scope: Scope, send: Send) -> Send:
    """`send` with our headers on the answer."""
    policy = _POLICY.format(host=Headers(scope=scope).get("host", "").lower())

    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers.append("Content-Security-Policy", policy)
            if scope["path"].startswith(DATA):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return secured
