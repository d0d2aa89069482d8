"""The history: Dagster's own storage of a home, checked before a run writes to it.

Belongs here: setting damaged storage aside, so that a run begins a new one, and opening it. Does not belong here: what
a run does. The history is for people; no table rests on it.

It lies in SQLite below the home, or in PostgreSQL where `LEADS_DAGSTER_POSTGRES` holds a URL: the settings name that
variable, so that its password is in no file, no argument and no log.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import dagster as dg
import yaml  # type: ignore[import-untyped]

from assets.resources.home import POSTGRES, Home
from assets.resources.plain_path import plain_path

_DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")
# SQLAlchemy 2.1 takes a URL that names no driver for one of psycopg 3; dagster-postgres comes with psycopg2.
_PLAIN, _DRIVER = re.compile(r"^postgres(?:ql)?://"), "postgresql+psycopg2://"


class NoHistory(Exception):  # noqa: N818 - an answer to a wrong setting, or a server that is down
    """Dagster's history cannot be opened; the message says what to do and holds no password."""


def open_history(home: Home) -> dg.DagsterInstance:
    """Dagster's instance of a home, to be closed by whoever opened it.

    Raises:
        NoHistory: it lies in PostgreSQL, which cannot be reached or is not named.
        DagsterError, OSError, SQLAlchemyError: the settings are wrong, or SQLite cannot be written.
    """
    folder, settings, url = plain_path(home.dagster), home.dagster_settings, os.environ.get(POSTGRES, "")
    if f"env: {POSTGRES}" not in settings.read_text(encoding="utf-8", errors="replace"):
        return dg.DagsterInstance.from_config(str(folder), settings.name)
    if not url:
        raise NoHistory(
            f"The history of {home.root} lies in PostgreSQL, and {POSTGRES} is not set; set it, or delete {settings} "
            "to begin a new history in the home"
        )
    if find_spec("dagster_postgres") is None:
        raise NoHistory(
            f"{POSTGRES} is set, but dagster-postgres is not installed: pip install lead-refinery[postgres]"
        )
    os.environ[POSTGRES] = url = _PLAIN.sub(_DRIVER, url)  # for what is started from here, too
    try:
        return dg.DagsterInstance.from_config(str(folder), settings.name)
    except Exception as error:  # Dagster's, SQLAlchemy's or the driver's own
        raise NoHistory(
            f"The history in PostgreSQL cannot be opened: {_without_password(error, url)}; look at the server and at "
            f"{POSTGRES}"
        ) from None


def _without_password(error: BaseException, url: str) -> str:
    """What was at fault first, in one line. A URL that cannot be read is not quoted at all."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    try:
        secret = urlsplit(url).password or ""
    except ValueError:
        return type(error).__name__
    said = str(error).strip().partition("\n")[0]
    known = {url, secret, unquote(secret)} - {""}
    return type(error).__name__ if any(text in said for text in known) else said


def mend_history(home: Home) -> list[str]:
    """Set aside what Dagster could not open; nobody else may be using it.

    Returns:
        A sentence for each thing set aside.

    Raises:
        OSError: it cannot be moved.
    """
    said = []
    settings = home.dagster_settings
    if not _is_settings(settings):
        said.append(f"{settings} is no settings file; it is made anew, and the old one is {_aside(settings)}")
        home.prepare()
    for name in _DATABASES:
        path = home.dagster / name
        if path.exists() and not _is_whole(path):
            folder = home.dagster / Path(name).parts[0]
            said.append(f"{path} cannot be read; a new history begins, and the old one is {_aside(folder)}")
    return said


def damaged_history(home: Home) -> list[Path]:
    """What `mend_history` would set aside; all is left as it lies: what SQLite opens, it may write to.

    Raises:
        OSError: it cannot be read.
    """
    settings = home.dagster_settings
    return [
        *([settings] if settings.exists() and not _is_settings(settings) else []),
        *(path for name in _DATABASES if (path := home.dagster / name).exists() and not _is_whole_copy(path)),
    ]


def _is_whole_copy(path: Path) -> bool:
    with TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{path.name}*"):  # with what was not yet written into it
            shutil.copyfile(part, Path(folder) / part.name)
        return _is_whole(Path(folder) / path.name)


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
