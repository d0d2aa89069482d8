"""The login: a token for a cookie, where others than the machine's owner can reach the page.

Belongs here: the token, the cookie, the form. Does not belong here: from where a request may come
(`pipelines.ui.guard`, which stands in front).

A browser sends a cookie to every port of a host, so whoever serves another page on the same machine could use it too.
Without TLS the network sees both; `ssh -L` hides them.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.ui.guard import LOGIN

TOKEN_SIGNS = 16  # of a token of the owner's own; a shorter one can be guessed
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Lead Refinery: log in</title>
<style>body {{ font: 16px system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem }}
input, button {{ font: inherit; padding: .4rem .6rem; width: 100%; box-sizing: border-box; margin: .4rem 0 }}</style>
<h1>Lead Refinery</h1>
<form method="post" action="{action}">
<label>Token<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open</button></form>
<p>{said}</p>"""
_HINT = "It is what LEADS_UI_TOKEN held when leads ui started, or what leads ui printed."


class Login:
    """An ASGI application in front of another one, which answers only who has shown `token`."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token.encode()
        self._cookie, self._session = f"leads_ui_{port}", secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._is_known(scope) and scope["path"] != LOGIN:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008, "reason": "Log in first"})
        request = Request(scope, receive)
        answer = await self._exchanged(request) if request.method == "POST" and scope["path"] == LOGIN else None
        return await (answer or _asked(request))(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        shown = HTTPConnection(scope).cookies.get(self._cookie, "")
        return secrets.compare_digest(shown.encode(), self._session.encode())

    async def _exchanged(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        shown = form.get("token", [""])[0].strip()
        if not secrets.compare_digest(shown.encode(), self._token):
            return _form("That is not the token.")
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict")
        return answer


def _asked(request: Request) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return _form(_HINT)
    return PlainTextResponse("Log in first", 401)


def _form(said: str) -> Response:
    return HTMLResponse(_PAGE.format(action=LOGIN, said=said), 401, {"Cache-Control": "no-store"})
