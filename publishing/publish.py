"""Publishing: the tables go out together, or not at all.

Belongs here: writing a run's folder, verifying it, swapping `published/current`, cleaning up. Does not belong
here: what the tables hold (`publishing.tables`) or whether they are sound (`publishing.integrity`).

    published/
      current -> 2026-03-01T02-00-00     a symbolic link, replaced by os.replace: POSIX rename is atomic
      2026-03-01T02-00-00/*.parquet + manifest.json
      .<name>.<random>.tmp               being written or removed; left by a killed run, removed by the next

A reader resolves `current` once and reads below that folder. A run killed at any moment leaves `current` where
it was or where it should be; nothing in between exists.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from engine.disk import remedy
from engine.swap import put, scratch, swap, sweep, sync
from publishing.integrity import Problem, check
from publishing.manifest import NAME, BrokenPublication, FileEntry, Manifest, describe, read_manifest
from publishing.previous import CURRENT, later
from publishing.repair import tell

_LOCK = ".lock"


class PublishError(Exception):
    """Nothing was published and `current` is as it was; the message says why and what to do."""


class IntegrityError(PublishError):
    """The tables break their contract; `problems` has one entry per broken promise."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        lines = [f"{p.table}: {p.message}" + (f" ({p.rows:,} rows)" if p.rows else "") for p in problems]
        super().__init__("not published, the contract is broken: " + "; ".join(lines))


def publish(
    tables: Mapping[str, pl.DataFrame | Path], published: Path, run_id: str, *, at: datetime, keep: int = 7
) -> Manifest:
    """Publish the tables as one.

    Publishing what `current` already holds, byte for byte and under the same run id, changes nothing; under a new
    run id it makes a new folder with equal files.

    Args:
        tables: all tables of `contracts.published.PUBLISHED`, as frames or as Parquet files to copy.
        published: the folder of publications; made if it does not exist.
        run_id: name of the run and of its folder.
        at: time of the publication, for the manifest.
        keep: how many publications stay, the new one included; at least 2, so that a reader of the last one is safe.

    Raises:
        IntegrityError: a table breaks its contract.
        PublishError: another publication is running, the disk is full, a permission is missing.
    """
    if not run_id or run_id.startswith(".") or run_id == CURRENT or Path(run_id).name != run_id:
        raise PublishError(f"{run_id!r} cannot name a folder; give the run another id")
    try:
        published.mkdir(parents=True, exist_ok=True)
        with only_publisher(published):
            sweep(published)
            manifest = _publish(tables, published, run_id, at)
            _remove_old(published, max(keep, 2))
            return manifest
    except (OSError, pl.exceptions.PolarsError) as error:
        raise PublishError(
            f"not published to {published}: {error}; {remedy(error) or 'check the disk and run again'}"
        ) from error


def _publish(tables: Mapping[str, pl.DataFrame | Path], published: Path, run_id: str, at: datetime) -> Manifest:
    folder = published / run_id
    at = later(at, published)
    with scratch(folder) as new:
        new.mkdir()
        files = {name: _write(table, new / f"{name}.parquet") for name, table in tables.items()}
        problems = check(files)  # on what was written, so this is the verification by reading back as well
        if problems:
            raise IntegrityError(problems)
        manifest = Manifest(run_id, at, {name: _entry(path) for name, path in files.items()})
        (new / NAME).write_text(manifest.to_json(), encoding="utf-8")
        for path in (new / NAME, new):
            sync(path)

        if folder.name == _current_name(published):
            before = read_manifest(folder)
            if before.same_content(manifest):
                return before
            folder = free_name(folder)
        tell(published, folder, manifest)
        put(new, folder)  # where one lies, it is of a run that died before its swap
    sync(published)
    with swap(published / CURRENT, durable=True) as link:
        link.symlink_to(folder.name, target_is_directory=True)
    return manifest


def _write(table: pl.DataFrame | Path, path: Path) -> Path:
    if isinstance(table, Path):
        shutil.copyfile(table, path)
    else:
        table.write_parquet(path)
    sync(path)
    return path


def _entry(path: Path) -> FileEntry:
    frame = pl.scan_parquet(path, glob=False)
    return describe(path, frame.collect_schema(), frame.select(pl.len()).collect().item())


def _current_name(published: Path) -> str | None:
    link = published / CURRENT
    return link.readlink().name if link.is_symlink() else None


def free_name(folder: Path) -> Path:
    """Beside a folder that is being read: the same run published other tables before."""
    attempts = (folder.with_name(f"{folder.name}.{number}") for number in range(2, 1_000))
    return next(path for path in attempts if not path.exists())


@contextmanager
def only_publisher(published: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel releases it however the process ends.

    Raises:
        PublishError: another run holds it.
    """
    with (published / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PublishError(f"another run is publishing to {published}; wait for it and run again") from error
        yield


def _remove_old(published: Path, keep: int) -> None:
    """All but the newest `keep` publications. Only whole publications are touched, never the current one."""
    current = _current_name(published)
    manifests = [path for path in published.glob(f"*/{NAME}") if not path.parent.is_symlink()]
    newest = sorted(manifests, key=_dated, reverse=True)
    for manifest in newest[keep:]:
        if manifest.parent.name != current:
            with scratch(manifest.parent) as gone:  # so that it is never seen half removed
                manifest.parent.rename(gone)


def _dated(manifest: Path) -> tuple[datetime, int]:
    """When a publication was made, by its manifest; clocks and copies change the time of its files."""
    changed = manifest.stat().st_mtime_ns
    with suppress(BrokenPublication):
        return read_manifest(manifest.parent).created_at, changed
    return datetime.fromtimestamp(changed / 1e9, UTC), changed
