"""Free names: what a value is called whose name is taken, so that it is not lost.

Belongs here: counting on from where the count stopped, so that a name said a million times costs a million steps. Does
not belong here: which values are kept.
"""

from __future__ import annotations

from collections.abc import Container


class FreeNames:
    """Names that are not among those taken yet.

    Args:
        taken: the names that are, looked at anew each time.
        shape: of a name with its number.
    """

    def __init__(self, taken: Container[str], shape: str = "{} {}") -> None:
        self._taken, self._shape = taken, shape
        self._counts: dict[str, int] = {}

    def of(self, name: str) -> str:
        """The name itself, or with the first number from 2 that makes it a new one."""
        count, free = self._counts.get(name, 1), name
        while free in self._taken:
            count += 1
            free = self._shape.format(name, count)
        self._counts[name] = count
        return free
