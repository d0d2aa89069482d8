"""Alerts: a few lines to those who look after the nights, by webhook and by e-mail.

Belongs here: the two ways out. Does not belong here: when there is something to say, and what (`outcome`).

`LEADS_ALERT_WEBHOOK` is a URL that takes JSON by POST; `text` in it is what Slack, Mattermost and Teams show.
`LEADS_ALERT_EMAIL` names addresses, with commas between; `LEADS_ALERT_SMTP` the server that takes mail for them:
`smtp://host:25` in clear text, `smtp://user:password@host:587` over TLS that is asked for and verified (RFC 3207),
`smtps://user:password@host:465` over TLS from the start (RFC 8314). None of them is ever shown: they hold secrets.
"""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

ATTEMPTS = 3
SECONDS = 10  # that a receiver may take for an answer
_PAUSE = 0.5  # seconds before the second attempt, twice as many before the third
_BUSY = (429, 500, 502, 503, 504)


def alert(subject: str, lines: Sequence[str]) -> list[str]:
    """Tell every receiver the environment names.

    Args:
        subject: what happened, in one line.
        lines: the particulars; neither may hold what is said of a person.

    Returns:
        A sentence for each receiver that did not take it. Nothing is raised: an alert never costs a night.
    """
    unsaid = []
    for name, (way, tell) in _WAYS.items():
        if receiver := os.environ.get(name, "").strip():
            try:
                tell(receiver, subject, lines)
            except Exception as error:
                unsaid.append(f"No alert by {way}: {_without_secrets(error)}; look at {name}")
    return unsaid


def _without_secrets(error: Exception) -> str:
    """What kind of error it was: the texts of libraries quote addresses, and with them passwords and tokens."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the receiver answered {error.response.status_code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the server answered {error.smtp_code}"
    while isinstance(inner := getattr(error, "reason", None) or next(iter(error.args), None), Exception):
        error = inner
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _post(url: str, subject: str, lines: Sequence[str]) -> None:
    again = Retry(
        ATTEMPTS - 1,
        backoff_factor=_PAUSE,
        status_forcelist=_BUSY,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,  # it might name hours, and the night waits
    )
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=again))
        told = {"text": "\n".join([subject, *lines]), "subject": subject, "lines": [*lines]}
        with session.post(url, json=told, timeout=SECONDS, allow_redirects=False, stream=True) as answer:
            if not 200 <= answer.status_code < 300:
                raise requests.HTTPError(response=answer)


def _mail(addresses: str, subject: str, lines: Sequence[str]) -> None:
    server = urlsplit(os.environ.get("LEADS_ALERT_SMTP", "").strip() or "smtp://localhost")
    if server.scheme not in ("smtp", "smtps"):
        raise ValueError("LEADS_ALERT_SMTP begins with smtp:// or smtps://")
    recipients, user = [address for _, address in getaddresses([addresses])], unquote(server.username or "")
    message = EmailMessage()
    message["Subject"], message["Date"] = subject, formatdate()
    message["From"], message["To"] = user if "@" in user else recipients[0], ", ".join(recipients)
    message["Message-ID"] = make_msgid(domain=socket.gethostname())
    message.set_content("\n".join([*lines, ""]))
    for attempt in range(ATTEMPTS):
        try:
            with _connected(server, user) as smtp:
                smtp.send_message(message)
                return
        except (OSError, smtplib.SMTPException) as error:
            refused = isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
            if refused or isinstance(error, ssl.SSLError) or attempt == ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE * 2**attempt)


def _connected(server: SplitResult, user: str) -> smtplib.SMTP:
    host, password = server.hostname or "localhost", unquote(server.password or "")
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=SECONDS, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(host, server.port or (587 if user else 25), timeout=SECONDS)
    try:
        if user:
            if server.scheme == "smtp":
                smtp.starttls(context=ssl.create_default_context())
            smtp.login(user, password)
    except BaseException:
        smtp.close()
        raise
    return smtp


_WAYS = {"LEADS_ALERT_WEBHOOK": ("webhook", _post), "LEADS_ALERT_EMAIL": ("e-mail", _mail)}
