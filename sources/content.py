"""Content: the bytes of a file or archive member, to be opened as often as a reader needs.

Belongs here: opening, looking at the head and tail, reading whole within a limit.
Does not belong here: what the bytes mean.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO

from engine.fence import Place
from sources.problems import Unreadable

BLOCK = 8 << 20
NEAR = 1 << 16  # bytes beyond a block in which its line may end
WHOLE_LIMIT = 2 << 30  # bytes of a format that can only be read in one piece


@dataclass(frozen=True)
class Content:
    """Bytes with a name. `size` is the number of bytes `open` gives."""

    name: str
    size: int
    open: Callable[[], BinaryIO]
    path: Path | None = None

    @classmethod
    def of_file(cls, place: Place) -> Content:
        return cls(place.name, place.status().st_size, place.open)

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Content:
        return cls(name, len(data), lambda: io.BytesIO(data))

    def head(self, size: int) -> bytes:
        with self.open() as stream:
            return stream.read(size)

    def whole(self) -> bytes:
        if self.size > WHOLE_LIMIT:
            raise Unreadable(
                "archive_too_large", f"{self.size:,} bytes of a format that is read in one piece; the limit is 2 GB"
            )
        with self.open() as stream:
            return stream.read()

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The content in blocks, which end at a line end if one is near: nobody has to copy them to cut them.

        The first is a quarter of one, so that the work on it begins soon.
        """
        with self.open() as stream:
            for part in chain([size // 4], repeat(size)):
                start = stream.tell()
                stream.seek(start + part)
                rest = len(stream.readline(NEAR))
                stream.seek(start)
                if not (block := stream.read(part + rest)):
                    return
                yield block
