"""The address: where the page is served, and by which names browsers may call it.

Belongs here: one place to listen at, and that a home has one. Does not belong here: what is answered there.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


class UiIsUp(Exception):  # noqa: N818 - a state of the home, not a programming error
    """Another process serves this home; the message is where, and which."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or number, and a port."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """For a browser on this machine."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
        return f"http://{_authority(everywhere.get(self.host, self.host), self.port)}"

    def listen(self) -> socket.socket:
        """A bound socket; nobody else can have the port from then on.

        Raises:
            OSError: the host is none of this machine's, or the port is taken or not ours to take.
        """
        family, kind, protocol, _, place = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was let go of a moment ago is free
            bound.bind(place)
        except OSError:
            bound.close()
            raise
        return bound


@contextmanager
def only_one(file: Path, address: Address) -> Iterator[None]:
    """Hold the file for `address`; the kernel frees it however the process ends.

    Raises:
        UiIsUp: another process holds it. Two schedulers would start two nights.
    """
    with file.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise UiIsUp(lock.read()) from error
        lock.truncate(0)
        lock.write(f"{address.url} (process {os.getpid()})")
        lock.flush()
        yield


def is_private(bound: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


def authorities(address: Address, bound: socket.socket) -> frozenset[str]:
    """What the `Host` of a request may say, in lower case. A name that is not the machine's own never leads here."""
    own = bound.getsockname()[0]
    hosts = {address.host.lower(), own}
    if is_private(bound):
        hosts |= {"localhost", "127.0.0.1", "::1"}
    elif ipaddress.ip_address(own).is_unspecified:
        numbers = {one.address.split("%")[0] for card in psutil.net_if_addrs().values() for one in card}
        hosts |= {number for number in numbers if _is_number(number)} | {"localhost", socket.gethostname().lower()}
    named = {_authority(host, address.port) for host in hosts}
    return frozenset(named | {name.removesuffix(":80") for name in named})


def _is_number(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _authority(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
