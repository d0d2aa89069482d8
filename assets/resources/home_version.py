"""The version of a home: which form its files have, and the way from one form to the next.

Belongs here: the mark `home.json`, and one small function for each step. Does not belong here: the version of the
published tables (`contracts.published_schema`), which readers follow. Whoever upgrades holds the home.

A change of what lies in a home, of which the code before could make nothing, is a new version: a function in `_STEPS`
that can be run again where it was killed, and a test on a home of the version before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version as version_of_package

from assets.resources.home import DAGSTER_SETTINGS, Home
from engine.swap import swap

MARK = "home.json"
PACKAGE = "lead-refinery"
_FIRST_SETTINGS = (
    b"telemetry:\n  enabled: false\nnux:\n  enabled: false\nrun_queue:\n  max_concurrent_runs: 1\n"  # of version 0
)


class UnknownHome(Exception):  # noqa: N818 - a state of the home, not a fault of the program
    """The home was written by a newer Lead Refinery, or its mark cannot be read; nothing in it was touched."""


def version_of(home: Home) -> int:
    """The version a home bears; 0 where it bears none, as all did before there were versions.

    Raises:
        UnknownHome: this code does not know it.
    """
    mark = home.root / MARK
    try:
        found = json.loads(mark.read_bytes())["version"]
    except FileNotFoundError:
        return 0
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnknownHome(
            f"{mark} cannot be read, so the version of this home is not known; take it from a backup. Where no newer "
            "Lead Refinery ever ran here, delete it: the next run writes it anew"
        ) from error
    if not isinstance(found, int) or not 0 < found <= CURRENT:
        raise UnknownHome(
            f"{home.root} is a home of version {found}, and this Lead Refinery ({version_of_package(PACKAGE)}) knows "
            f"none after {CURRENT}; install the newer one again, or restore the backup from before"
        )
    return found


def upgrade(home: Home) -> list[str]:
    """Bring a home to the version of this code, step by step.

    Returns:
        A sentence for each step that was taken; none for a home that is new.

    Raises:
        UnknownHome: it is of no version this code knows.
        OSError: it cannot be written.
    """
    found = version_of(home)
    is_new = not any(home.raw_store.iterdir()) and not any(home.published.iterdir())
    for step in _STEPS[found:]:
        step(home)
    if found < CURRENT:
        told = {
            "version": CURRENT,
            "written_by": f"{PACKAGE} {version_of_package(PACKAGE)}",
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with swap(home.root / MARK, durable=True, private=True) as new:
            new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return [] if is_new or found == CURRENT else [f"the home went from version {found} to {CURRENT}"]


def _settings_of_a_server(home: Home) -> None:
    """0 to 1: Dagster watches its runs and lets its ticks go; settings that somebody changed stay as they are."""
    if home.dagster_settings.read_bytes() == _FIRST_SETTINGS:
        with swap(home.dagster_settings) as new:
            new.write_bytes(DAGSTER_SETTINGS.read_bytes())


_STEPS: tuple[Callable[[Home], None], ...] = (_settings_of_a_server,)
CURRENT = len(_STEPS)
