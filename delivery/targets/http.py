"""HTTP as all targets over the web speak it: paced, patient, bounded, and honest about what may have been done.

Belongs here: one client with two verbs, `Client.ask` and `Client.tell`, and logging in. Does not belong here: what a
path or an answer means (each target's adapter).

The difference that matters is whether a request may be sent twice. What is **asked** (reads, and writes that say the
same when said again) is sent again after every fault. What is **told** (creates above all) is sent again only where it
was certainly not done: no connection was made, or the system said "not now". Where the answer to it is lost, it raises
`UnansweredError`, and the adapter says `Status.UNKNOWN` of its rows.

The engine is synchronous, so the pace is pyrate-limiter's, the blocking sibling of aiolimiter. Waiting is stamina's;
`Retry-After` (RFC 9110, 10.2.3: seconds or a date) goes before its own. TLS is verified, a redirect is never followed
(it would carry the key elsewhere), and no message names more than the target and a status: paths hold addresses.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Self

import httpx
import stamina
from pyrate_limiter import Duration, Limiter, Rate

from delivery.target import TargetError, UnauthorisedError, UnreachableError

ATTEMPTS = 5  # of one request
PATIENCE = 120.0  # seconds that a `Retry-After` may ask for; who asks for more is left until the next run
LARGEST = 64 << 20  # bytes of one answer, unpacked
LONGEST = 600.0  # seconds of one answer, however steadily it drips
_IDLE = 2.0  # seconds a connection is kept: one that the server is about to end loses the answer to a write

for _name in ("httpx", "httpcore"):  # they log whole addresses, and headers with the key in them
    logging.getLogger(_name).setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([])  # they would print to who types, and say nothing of use


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system answered. `body` is what its JSON says, or its text where it sent something else."""

    status: int
    headers: Mapping[str, str]
    body: Any = None


class UnansweredError(UnreachableError):
    """The answer to a write is lost, or says that the system failed: it may have been done. `answer` is what there was.

    Plain `UnreachableError` from `Client.tell` means that it was certainly not done.
    """

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer


class Verdict(Enum):
    """What an answer says of its request, as far as sending it again goes."""

    ANSWERED = "the adapter reads it, whether it says yes or no"
    LIMITED = "not done: too much or too soon"
    UNAUTHORISED = "not done: the key is wrong or lacks a right"
    FAILED = "may have been done: the system, or something before it, broke"


def by_status(answer: Answer) -> Verdict:
    """The verdict that the status alone gives (RFC 9110, 15; RFC 6585 for 429)."""
    if answer.status == 429:
        return Verdict.LIMITED
    if answer.status in (401, 403):
        return Verdict.UNAUTHORISED
    return Verdict.FAILED if answer.status >= 500 else Verdict.ANSWERED


class _AgainError(Exception):
    """This attempt came to nothing. `done` tells whether the request may have been carried out."""

    def __init__(self, reason: str, *, done: bool, wait: float | None = None, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.done, self.wait, self.answer = done, wait, answer


class Client:
    """Requests to one system, one at a time or from several threads."""

    def __init__(
        self,
        name: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | tuple[str, str] | None = None,
        rates: Mapping[float, int] | None = None,
        seconds: float = 60,
        judge: Callable[[Answer], Verdict] = by_status,
    ) -> None:
        """Nothing is sent yet.

        Args:
            name: the target's name, for messages.
            address: where all paths begin, without user, password or question mark.
            headers: sent with every request, such as the key.
            auth: how requests are signed, where a header is not enough.
            rates: the most requests in so many seconds (`{1: 10, 60: 400}`); any number where there are none.
            seconds: how long we wait for the next byte of an answer.
            judge: what an answer says of its request, where the status alone does not tell.

        Raises:
            TargetError: the address is none, or would carry the key in clear text over a network; the key is none.
        """
        self.name = name
        self._judge = judge
        self._limiter = _limiter(rates or {})
        self._http = httpx.Client(
            base_url=_safe(name, address),
            headers={"Accept": "application/json", **_plain(name, headers or {})},
            auth=auth,
            timeout=httpx.Timeout(seconds, connect=10, pool=10),
            limits=httpx.Limits(keepalive_expiry=_IDLE),
            follow_redirects=False,
        )

    def ask(self, method: str, path: str, **request: Any) -> Answer:
        """Send what may be sent twice, until it is answered.

        Args:
            method: GET, or any other that changes nothing the second time.
            path: below the address.
            request: `params`, `json`, `content`, `data`, `headers`, as httpx takes them.

        Raises:
            UnauthorisedError: the key is wrong or lacks a right.
            UnreachableError: no answer after `ATTEMPTS`.
            TargetError: the answer cannot be read.
        """
        return self._sent(method, path, request, twice=True)

    def tell(self, method: str, path: str, **request: Any) -> Answer:
        """Send what must not be done twice; arguments as with `ask`.

        Raises:
            UnauthorisedError: the key is wrong or lacks a right; not done.
            UnansweredError: it may have been done.
            UnreachableError: no connection, or too busy for all `ATTEMPTS`; not done.
        """
        return self._sent(method, path, request, twice=False)

    def close(self) -> None:
        """End all connections."""
        self._http.close()
        if self._limiter:
            self._limiter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _sent(self, method: str, path: str, request: dict[str, Any], *, twice: bool) -> Answer:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, _AgainError) or (error.done and not twice):
                return False
            if error.wait is None:
                return True
            return error.wait if error.wait <= PATIENCE else False

        try:
            for attempt in stamina.retry_context(again, attempts=ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=30):
                with attempt:
                    return self._once(method, path, request)
        except _AgainError as error:
            if error.done and not twice:
                raise UnansweredError(f"{self.name}: {error}; what was sent may have been done", error.answer) from None
            raise UnreachableError(f"{self.name}: {error}; run again later") from None
        raise AssertionError("an attempt returns or raises")

    def _once(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        if self._limiter:
            self._limiter.try_acquire(self.name)
        try:
            if httpx.URL(path).is_absolute_url:  # a next page elsewhere would take the key with it
                raise TargetError(f"{self.name} leads to another address than the one that is set")
            with self._http.stream(method, path, **request) as response:
                answer = Answer(response.status_code, response.headers, _body(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _AgainError(f"no connection ({type(error).__name__})", done=False) from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
            raise TargetError(f"{self.name}: the address or the request has signs that HTTP does not carry") from None
        except httpx.HTTPError as error:
            raise _AgainError(f"the answer was lost ({type(error).__name__})", done=True) from None
        match self._judge(answer):
            case Verdict.UNAUTHORISED:
                raise UnauthorisedError(
                    f"{self.name} refuses the key (HTTP {answer.status}): is it still valid, and has it the rights "
                    "that docs/targets.md lists?"
                )
            case Verdict.LIMITED:
                wait = _seconds(answer)
                asks = "" if wait is None else f", to be asked again in {wait:.0f} s"
                raise _AgainError(f"too busy (HTTP {answer.status}{asks})", done=False, wait=wait, answer=answer)
            case Verdict.FAILED:
                raise _AgainError(f"it failed (HTTP {answer.status})", done=True, wait=_seconds(answer), answer=answer)
        if 300 <= answer.status < 400 and "location" in answer.headers:
            raise TargetError(f"{self.name} lives at another address than the one that is set: correct that")
        return answer


class Login(httpx.Auth):
    """Signs requests with what a login gives, and logs in anew, once a request, where that has run out."""

    def __init__(self, asks: Callable[[], httpx.Request], header: Callable[[Any], str], refusal: str) -> None:
        """Nothing is sent yet.

        Args:
            asks: makes the request that logs in.
            header: `Authorization`, of what its JSON answers.
            refusal: what is said of a login that is refused.
        """
        self._asks, self._header, self._refusal = asks, header, refusal
        self._signature = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with its signature; once more with a new one where the first was refused."""
        for _ in range(2):
            if not self._signature:
                yield from self._login()
            request.headers["Authorization"] = self._signature
            response = yield request
            if response.status_code != 401:
                return
            self._signature = ""

    def _login(self) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield self._asks()
        if response.status_code >= 500 or response.status_code == 429:
            raise httpx.ConnectError("no login")  # nothing of the request itself has been sent
        response.read()
        try:
            self._signature = self._header(response.json())
        except (ValueError, KeyError, TypeError):
            raise UnauthorisedError(self._refusal) from None


def _body(response: httpx.Response) -> Any:
    """What the answer says, read no further than it may be large and no longer than it may be long."""
    parts, size, end = [], 0, time.monotonic() + LONGEST
    for part in response.iter_bytes():
        parts.append(part)
        if (size := size + len(part)) > LARGEST:
            raise _AgainError(f"the answer is larger than {LARGEST >> 20} MiB", done=True)
        if time.monotonic() > end:
            raise _AgainError(f"the answer took more than {LONGEST:.0f} s", done=True)
    content = b"".join(parts)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        return content.decode(response.charset_encoding or "utf-8", errors="replace")
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        raise _AgainError("the answer says that it is JSON and is not", done=True) from None


def _seconds(answer: Answer) -> float | None:
    """How long `Retry-After` asks us to wait; None where it does not say, or not in a way that RFC 9110 knows."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.replace(".", "", 1).isdigit():
        return float(said)
    try:
        then = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _limiter(rates: Mapping[float, int]) -> Limiter | None:
    if not rates:
        return None
    return Limiter([Rate(most, int(Duration.SECOND * seconds)) for seconds, most in sorted(rates.items())])


def _safe(name: str, address: str) -> str:
    """The address, if a key may be sent there."""
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or url.userinfo or url.query or url.fragment:
        raise TargetError(f"{name}: the address must be https://HOST, with no user, password or question mark in it")
    if url.scheme != "https" and not (url.scheme == "http" and _is_here(url.host)):
        raise TargetError(f"{name}: the address must begin with https:// (http:// only for this machine)")
    return str(url)


def _plain(name: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without spaces around them. What HTTP cannot carry is told here: libraries would quote it."""
    plain = {header: value.strip() for header, value in headers.items()}
    if not all(value.isascii() and value.isprintable() for value in plain.values()):
        raise TargetError(f"{name}: the key has signs that no key has: copy it anew")
    return plain


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
