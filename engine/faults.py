"""Faults: telling what broke in the work from what asks the work to stop.

Belongs here: the judgement on an exception, shared by all who go on without the part that broke. Does not belong here:
what becomes of the part.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from engine.disk import is_full

_ROOT = Path(__file__).parents[1]

# The last is all that a library in Rust says where it could not reserve what it needs.
_NO_MEMORY = (
    *("Failed to launch worker thread", "Cannot allocate memory", "memory allocation of"),
    "called `Result::unwrap()` on an `Err` value: ()",
)


def is_fault(error: BaseException) -> bool:
    """Whether the work on one part broke: no signal or interrupt, and no full disk, which breaks every part.

    Libraries in Rust panic with classes of their own that share no base but a name.
    """
    if is_full(error):
        return False
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def lacks_memory(error: BaseException) -> bool:
    """Whether there was no memory left, as Python says it or as a library does that got none for a thread."""
    return isinstance(error, MemoryError) or any(said in str(error) for said in _NO_MEMORY)


def told(error: BaseException) -> str:
    """The kind of an error and where in this project it came up, without its text: that may quote a person's data."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in frames if path.is_relative_to(_ROOT) and "site-packages" not in path.parts]
    if not ours:
        return type(error).__name__
    path, line = ours[-1]
    return f"{type(error).__name__} in {path.relative_to(_ROOT).as_posix()}, line {line}"
