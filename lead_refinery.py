"""Where `leads` begins: are the rooms it is about to import its own?

Their names are ordinary words, and Python takes the first module of a name that it meets: a file `assets.py` in the
working directory, a package `engine` of somebody else. What then breaks names neither.

Belongs here: asking before any room is imported, hence nothing but the standard library. Does not belong here: any
command (`pipelines.cli`).
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOMS = (
    *("engine", "contracts", "reference", "sources", "enrichment", "matching", "qualification", "publishing"),
    *("delivery", "samples", "expectations", "assets", "pipelines", "benchmarks"),
)


class ForeignRoomError(ImportError):
    """A module of somebody else has the name of a room and is found before it."""


def own_rooms() -> None:
    """Find every room, and import none.

    Raises:
        ForeignRoomError: one is not ours; the message names the file and the remedy.
    """
    for room in ROOMS:
        spec = find_spec(room)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found != HERE / room / "__init__.py":
            raise ForeignRoomError(f"Lead Refinery cannot begin: {_trouble(HERE / room, found)}")


def _trouble(room: Path, found: Path | None) -> str:
    if not found:
        return f"{room} is gone; install it again, into an environment of its own."
    return (
        f"`{room.name}` should be {room}, and Python finds {found} instead; rename that or take its folder from "
        "PYTHONPATH, or install Lead Refinery into an environment of its own and start it from another folder."
    )


def main() -> None:
    """The `leads` command."""
    try:
        own_rooms()
    except ForeignRoomError as error:
        sys.exit(_refused(error))
    from pipelines.cli import app

    app()


def _refused(error: ForeignRoomError) -> int:
    """Say it; 2 is the exit code of a command that could not begin."""
    print(error, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
