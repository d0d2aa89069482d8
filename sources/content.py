"""Content: the bytes of a file or archive member, to be opened as often as a reader needs.

Belongs here: opening, looking at the head and tail, reading whole within a limit.
Does not belong here: what the bytes mean.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO

from engine.fence import Place
from sources.budget import Budget

BLOCK = 8 << 20
NEAR = 1 << 16  # bytes beyond a block in which its line may end


@dataclass(frozen=True)
class Content:
    """Bytes with a name. `size` is the number of bytes `open` gives, `budget` that of the delivered file."""

    name: str
    size: int
    open: Callable[[], BinaryIO]
    path: Path | None = None
    budget: Budget = field(default_factory=Budget, compare=False)

    @classmethod
    def of_file(cls, place: Place, budget: Budget | None = None) -> Content:
        size = place.status().st_size
        return cls(place.name, size, place.open, budget=budget or Budget(size=size))

    @classmethod
    def of_bytes(cls, name: str, data: bytes, budget: Budget | None = None) -> Content:
        return cls(name, len(data), lambda: io.BytesIO(data), budget=budget or Budget(size=len(data)))

    def head(self, size: int) -> bytes:
        with self.open() as stream:
            return stream.read(size)

    def tail(self, size: int) -> bytes:
        """The last bytes, from a place at which a letter of four bytes may begin."""
        with self.open() as stream:
            stream.seek(max(self.size - size, 0) // 4 * 4)
            return stream.read()

    def whole(self) -> bytes:
        self.budget.whole(self.size)
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
