"""The lake: one Parquet file, or folder of them, per asset, replaced as a whole.

Belongs here: where an asset's table lies and how it gets there without ever being seen half written.
Does not belong here: what is in a table (`contracts`), or the published tables (`publishing`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import polars as pl

from assets.damage import lost, mended
from assets.resources.home import Home, resolve_home
from assets.resources.home_version import upgrade
from assets.resources.owner import close_to_others, keep_private
from engine.journal import Damaged, Journal, digest_of
from engine.parts import sink
from engine.rules_folder import check
from engine.swap import swap, sweep
from engine.temporary import own_temporary_folder
from publishing.repair import repair

WRITTEN = "written.jsonl"
_KNOWN: set[tuple[str, int, int, int]] = set()  # tables this process has written, or has held against the journal


class HomeInUse(Exception):  # noqa: N818 - a state of the disk, not a programming error
    """Another run works in this home."""


@contextmanager
def only_run(home: Home) -> Iterator[None]:
    """Hold the home; the kernel frees it however the process ends.

    Raises:
        HomeInUse: somebody else holds it.
    """
    with (home.root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUse(f"Another run is at work in {home.root}; wait for it and give the command again") from error
        yield


class Lake(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Tables between the steps, under `<home>/lake/<name>.parquet`."""

    home: str = ""  # empty: LEADS_HOME, else var/ of a checkout or the user's data folder; read when the run starts
    inbox: str = ""  # empty: the inbox of the home

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Lake]:
        """Hold the home for the run, and clear away what a killed run left.

        Raises:
            HomeInUse: two runs would overwrite each other's tables.
            UnsoundRules: `<home>/rules/` holds what cannot be used.
            UnknownHome: a newer Lead Refinery wrote the home.
        """
        with only_run(self.where):
            check(self.where.root)
            for what in upgrade(self.where):
                if context.log is not None:
                    context.log.info(what)
            for folder in (self.where.lake, self.where.report):
                sweep(folder)
            keep_private()
            close_to_others(self.where.root)
            self._repair(context.log)
            with own_temporary_folder():
                yield self

    def _repair(self, log: dg.DagsterLogManager | None) -> None:
        """Keep one line a table in the journal, and make the last publication whole, before anything rests on it."""
        lines = {line["name"]: line for line in self._journal.lines()}
        self._journal.replace(lines.values())
        done = repair(self.where.published, self.where.lake)
        for tell, told in ((mended, done.mended), (lost, done.lost)):
            for what in told:
                if log is not None:
                    tell(log, what)

    @property
    def where(self) -> Home:
        return resolve_home(self.home).prepare()

    @property
    def inbox_folder(self) -> Path:
        return Path(self.inbox) if self.inbox else self.where.inbox

    @property
    def _journal(self) -> Journal:
        return Journal(self.where.lake / WRITTEN)

    def path(self, name: str) -> Path:
        return self.where.lake / f"{name}.parquet"

    def sound(self, name: str) -> Path:
        """Where the table lies, after making sure that it is what was written.

        Raises:
            FileNotFoundError: the asset has not been materialised yet.
            Damaged: the table is not what was written.
        """
        path = self.path(name)
        if not path.exists():
            raise FileNotFoundError(
                f"{path} does not exist yet; `leads run` makes it, or materialising the asset {name}"
            )
        if (state := _state(path)) not in _KNOWN:
            told = [line["digest"] for line in self._journal.lines() if line["name"] == name][-2:]
            if told and digest_of(path) not in told:
                raise Damaged(f"{path} is not what was written; `leads run` makes it again, or materialising {name}")
            _KNOWN.add(state)
        return path

    def scan(self, name: str) -> pl.LazyFrame:
        """The table as a lazy frame; raises as `sound` does."""
        return pl.scan_parquet(self.sound(name), glob=False)

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        frame = self.scan(name)
        return (frame.select(columns) if columns else frame).collect()

    @contextmanager
    def writing(self, *names: str) -> Iterator[list[Path]]:
        """Temporary paths that take the tables' places together when the block ends well."""
        with ExitStack() as stack:
            paths = [stack.enter_context(swap(self.path(name))) for name in names]
            yield paths
            for name, path in zip(names, paths, strict=True):
                self._journal.append({"name": name, "digest": digest_of(path)})
        _KNOWN.update(_state(self.path(name)) for name in names)

    def vouch(self, name: str) -> None:
        """A table that was replaced in place, by a function that knows nothing of the lake, is what was written."""
        self._journal.append({"name": name, "digest": digest_of(self.path(name))})

    def write(self, name: str, frame: pl.DataFrame | pl.LazyFrame) -> Path:
        """Replace the table by `frame`; a reader sees the old or the new one, never a mixture."""
        with self.writing(name) as (path,):
            if isinstance(frame, pl.LazyFrame):
                sink(frame, path)
            else:
                frame.write_parquet(path, compression="lz4")
        return self.path(name)


def damaged_tables(home: Home) -> list[Path]:
    """The tables of a home's lake that are not what was written, or are gone."""
    told: dict[str, list[str | None]] = {}
    for line in Journal(home.lake / WRITTEN).lines():
        told.setdefault(str(line["name"]), []).append(line["digest"])
    places = ((home.lake / f"{name}.parquet", digests[-2:]) for name, digests in told.items())
    return [path for path, digests in places if digest_of(path) not in digests]


def _state(path: Path) -> tuple[str, int, int, int]:
    stat = path.stat()
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns
