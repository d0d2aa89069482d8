"""Completeness: whether a file's end is there, told from its first and last bytes.

Belongs here: the end marks of each format. Does not belong here: waiting and looking again (`intake`).
A file may be complete and still look cut (a CSV without a last line end), so this only says who gets a
second look; it never rejects anything by itself.
"""

from __future__ import annotations

from engine.fence import Place

_TAIL = 1 << 16


def looks_cut(place: Place) -> bool:
    """Whether the file's end is missing by the rules of its format."""
    with place.open() as stream:
        head = stream.read(16)
        stream.seek(0, 2)
        size = stream.tell()
        stream.seek(max(0, size - _TAIL))
        tail = stream.read()
    if head.startswith(b"PK\x03\x04"):
        return b"PK\x05\x06" not in tail
    if head.startswith(b"PAR1"):
        return size < 12 or not tail.endswith(b"PAR1")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return size % 512 != 0
    if head.startswith(b"\x1f\x8b"):
        return size < 18  # whether a gzip stream ends can only be known by unpacking it
    text = tail.replace(b"\0", b"").rstrip(b" \t\x1a")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return text.rstrip()[-1:] not in (b"]", b"}")
    return not text.endswith((b"\n", b"\r"))
