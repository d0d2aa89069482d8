"""A real name server on loopback, UDP and TCP, for a zone given as data."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[str, dict[str, list[str]] | str]  # records by type, or "servfail", "silence", "slow", "truncated"


class NameServer:
    """Answers from `zone`; counts questions and how many it had at once."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self.port = 0

    def reply(self, wire: bytes, *, tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text().rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked[name] += 1
        response = dns.message.make_response(query)
        entry = self.zone.get(name)
        if entry == "silence":
            return None
        if entry == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif entry is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif entry == "truncated" and not tcp:
            response.flags |= dns.flags.TC
        else:
            records = entry if isinstance(entry, dict) else {"MX": ["10 mail.test."]}
            if kind in records:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records[kind]))
        return response.to_wire()

    async def delayed(self, wire: bytes, *, tcp: bool) -> bytes | None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        name = dns.message.from_wire(wire).question[0].name.to_text().rstrip(".").lower()
        await asyncio.sleep(0.02 if self.zone.get(name) == "slow" else 0)
        self.at_once -= 1
        return self.reply(wire, tcp=tcp)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: NameServer) -> None:
        self.server = server
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(data, addr))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self.server.delayed(data, tcp=False)
        if reply is not None:
            self.transport.sendto(reply, addr)


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    """A running server; its port is `server.port`."""
    server = NameServer(zone)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        reply = await server.delayed(await reader.readexactly(size), tcp=True)
        if reply is not None:
            writer.write(len(reply).to_bytes(2) + reply)
            await writer.drain()
        writer.close()

    async def start() -> tuple[asyncio.DatagramTransport, asyncio.Server]:
        streams = await asyncio.start_server(stream, "127.0.0.1", 0)
        server.port = streams.sockets[0].getsockname()[1]
        datagrams, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(server), local_addr=("127.0.0.1", server.port)
        )
        return datagrams, streams

    def run() -> None:
        asyncio.set_event_loop(loop)
        datagrams, streams = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        datagrams.close()
        streams.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
