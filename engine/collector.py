"""The collector of Python's garbage: seldom, and without what is there for good.

Belongs here: how often it looks. Does not belong here: freeing a known object (del, close). Frames lie outside of its
reach; what it would look at again and again is the modules of large libraries.
"""

from __future__ import annotations

import gc


def look_away() -> None:
    """What this process holds by now is there to stay; of what comes, garbage is looked for seldom."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
