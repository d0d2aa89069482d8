"""A local server for a test: any ASGI application on a free port, with faults laid before its answers."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx
import uvicorn

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]


class Fault(Enum):
    """What goes wrong with one request, and whether it was done all the same."""

    LIMITED = "429 with Retry-After, not done"
    BROKEN = "502, not done"
    BROKEN_AFTER = "502, done"
    LOST = "the connection breaks within the answer, done"


@dataclass
class Faults:
    """An application with faults before it: each of `next` meets one request whose method and path begin with a text.

    A fault stays until such a request comes; `heard` has every request as "METHOD /path".
    """

    app: Asgi
    next: list[tuple[str, Fault]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    retry_after: str = "0"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = f"{scope['method']} {scope['path']}"
        self.heard.append(request)
        match self._met_by(request):
            case None:
                await self.app(scope, receive, send)
            case Fault.LIMITED:
                await answer(send, 429, [(b"retry-after", self.retry_after.encode())])
            case Fault.BROKEN:
                await answer(send, 502)
            case Fault.BROKEN_AFTER:
                await self.app(scope, receive, nowhere)
                await answer(send, 502)
            case Fault.LOST:
                await self.app(scope, receive, nowhere)
                await answer(send, 200, [(b"content-length", b"1000"), (b"content-type", b"application/json")])

    def _met_by(self, request: str) -> Fault | None:
        for place, (begins, fault) in enumerate(self.next):
            if request.startswith(begins):
                del self.next[place]
                return fault
        return None


async def nowhere(_: Message) -> None: ...


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers or []})
    await send({"type": "http.response.body", "body": b"{"})


@contextmanager
def serving(app: Asgi) -> Iterator[str]:
    """The address of `app` on a free port of this machine, until the block ends."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive(), "the server ended before it began"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Passed:
    """An application that passes each request on to a real server, so that faults can be laid before it."""

    address: str

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        async with httpx.AsyncClient(timeout=60) as client:
            passed = await client.request(scope["method"], self.address + scope["path"], content=body, headers=headers)
        kind = passed.headers.get("content-type", "application/json").encode()
        await send({"type": "http.response.start", "status": passed.status_code, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": passed.content})
