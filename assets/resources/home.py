"""The home: where everything a Lead Refinery keeps lives on disk.

Belongs here: the names of the folders below `LEADS_HOME` and how the home is found. Does not belong here:
what is in them. The working directory never decides a path.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from assets.resources.plain_path import plain_path
from engine import rules_folder
from engine.swap import swap

PROJECT = Path(__file__).resolve().parents[2]
DAGSTER_SETTINGS = PROJECT / "deploy" / "dagster.yaml"
WORKSPACE = PROJECT / "deploy" / "workspace.yaml"
POSTGRES = "LEADS_DAGSTER_POSTGRES"
_IN_POSTGRES = f"""
storage:
  postgres:
    postgres_url:
      env: {POSTGRES}
"""
_STORAGE = re.compile(r"^storage\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Home:
    """Folders of one installation: `inbox/ lake/ published/ report/ sources/ rules/ overrides/ geoip/ dagster/` …"""

    root: Path

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def raw_store(self) -> Path:
        return self.lake / "raw"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def source_settings(self) -> Path:
        return self.root / "sources"

    @property
    def match_overrides(self) -> Path:
        return self.root / "overrides"

    @property
    def rules(self) -> Path:
        return self.root / rules_folder.NAME

    @property
    def qualification_rules(self) -> Path:
        return self.root / "qualification"

    @property
    def qualified(self) -> Path:
        return self.root / "qualified"

    @property
    def suppression(self) -> Path:
        return self.root / "suppression"

    @property
    def register(self) -> Path:
        return self.root / "register"

    @property
    def publishable(self) -> Path:
        return self.root / "publishable.csv"

    @property
    def geoip(self) -> Path:
        return self.root / "geoip"

    @property
    def streets(self) -> Path:
        return self.root / "streets.parquet"

    @property
    def mail_evidence(self) -> Path:
        return self.root / "mail_evidence.csv"

    @property
    def sync(self) -> Path:
        return self.root / "sync"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def as_of(self) -> Path:
        return self.root / "as_of"

    @property
    def dagster_settings(self) -> Path:
        return self.dagster / "dagster.yaml"

    def prepare(self) -> Home:
        """Make the folders and Dagster's own settings where they do not exist yet.

        Raises:
            OSError: the home cannot be written, or has a name that Dagster cannot use, and no other can be given.
        """
        plain_path(self.dagster)  # said before anything is made
        for folder in (self.inbox / "online", self.inbox / "offline", self.raw_store, self.published, self.dagster):
            folder.mkdir(parents=True, exist_ok=True)
        self._settle_dagster()
        return self

    def _settle_dagster(self) -> None:
        """Dagster's settings, and in them the storage where the environment names one and they name none."""
        file = self.dagster_settings
        there = file.read_bytes() if file.exists() else None
        said = DAGSTER_SETTINGS.read_bytes() if there is None else there
        if os.environ.get(POSTGRES) and not _STORAGE.search(said.decode(errors="replace")):
            said = said.rstrip() + b"\n" + _IN_POSTGRES.encode()
        if said != there:
            with swap(file) as new:
                new.write_bytes(said)


def resolve_home(given: Path | str | None = None) -> Home:
    """The home named by a flag, else by `LEADS_HOME`, else the one that belongs to the code."""
    return Home(Path(given or os.environ.get("LEADS_HOME") or _default_home()).expanduser().resolve())


def _default_home() -> Path:
    """`var/` of a checkout; where the code is installed, the user's folder for data."""
    is_checkout = (PROJECT / "pyproject.toml").is_file()
    return PROJECT / "var" if is_checkout else user_data_path("lead-refinery", appauthor=False)
