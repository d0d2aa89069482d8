"""The history: Dagster's own storage of a home, checked before a run writes to it.

Belongs here: setting damaged storage aside, so that a run begins a new one. Does not belong here: what a run does. The
history is for people; no table rests on it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from assets.resources.home import Home

_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
_SETTINGS = "dagster.yaml"


def mend_history(home: Home) -> list[str]:
    """Set aside what Dagster could not open; nobody else may be using it.

    Returns:
        A sentence for each thing set aside.

    Raises:
        OSError: it cannot be moved.
    """
    said = []
    settings = home.dagster / _SETTINGS
    if not _is_settings(settings):
        said.append(f"{settings} is no settings file; it is made anew, and the old one is {_aside(settings)}")
        home.prepare()
    for name in _DATABASES:
        path = home.dagster / name
        if path.exists() and not _is_whole(path):
            folder = home.dagster / Path(name).parts[0]
            said.append(f"{path} cannot be read; a new history begins, and the old one is {_aside(folder)}")
    return said


def _is_whole(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as database:
            tables = database.execute("select count(*) from sqlite_master").fetchone()[0]
            (said,) = database.execute("pragma quick_check(1)").fetchone()
            return bool(tables) and said == "ok"
    except sqlite3.OperationalError as error:  # it is in use, or may not be read: no damage
        return "malformed" not in str(error) and "disk I/O" not in str(error)
    except sqlite3.DatabaseError:
        return False


def _is_settings(path: Path) -> bool:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and all(isinstance(key, str) for key in content)


def _aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    path.rename(aside)
    return aside
