"""Backup and restore: a home as one file, and a home made of it.

Belongs here: the archive, its manifest, and what is left out. Does not belong here: when it is made, where it is kept.

An archive is a plain POSIX.1-2001 (pax) tar; what fills it is compressed already. Its last member names every
file with its SHA-256, so that an archive which was cut off is none. In it is all that a home cannot make again:
store, lake, publications, reports, people's decisions, settings, Dagster's history in SQLite. Left out are `inbox/`,
which holds what others deliver (restore it beside, or leave it empty: what was read is in the store), `as_of/`, which
can be made again, locks, and a history in PostgreSQL.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from assets.resources.home import Home
from assets.resources.home_version import CURRENT, MARK, version_of
from assets.resources.lake import only_run
from assets.resources.owner import keep_private
from engine.swap import scratch, swap

FORMAT = 1
MANIFEST = "backup.json"
LEFT_OUT = frozenset({"inbox", "as_of"})
_LARGEST_MANIFEST = 256 << 20  # bytes
_OF_SQLITE = ("-wal", "-shm", "-journal")
_BLOCK = 1 << 20
# What reading an archive raises that is none, or in which one thing would lie where another does.
_CONTENT = (tarfile.TarError, EOFError, ValueError, LookupError, TypeError, AttributeError)
_PLACES = (FileExistsError, NotADirectoryError)


class NotABackup(Exception):  # noqa: N818 - says what was found
    """The file is no whole backup, or holds what no backup holds; nothing was restored."""


class InUse(Exception):  # noqa: N818 - a state of the disk
    """What is there would be overwritten."""


class Kept(NamedTuple):
    """How much an archive holds."""

    files: int
    bytes: int


def back_up(home: Home, archive: Path) -> Kept:
    """Write a home into one file, readable by its owner alone, while no night is at work.

    Raises:
        HomeInUse: a night is.
        OSError: the home cannot be read, or the archive not be written.
    """
    if archive.resolve().is_relative_to(home.root.resolve()):
        raise InUse(f"{archive} lies in the home itself, and would be lost with it; name a place elsewhere")
    version = version_of(home)
    told: dict[str, dict[str, Any]] = {}
    with only_run(home), swap(archive, durable=True, private=True) as new, tarfile.open(new, "w") as tar:
        for path in _worth_keeping(home.root):
            name = path.relative_to(home.root).as_posix()
            if path.is_symlink():
                told[name] = {"link": str(path.readlink())}
                continue
            with _still(path) as (size, stream):
                hashed = _Hashing(stream)
                tar.addfile(_member(name, size), hashed)  # type: ignore[arg-type] # it reads, and nothing else
                told[name] = {"sha256": hashed.digest.hexdigest(), "bytes": size}
        manifest = {"format": FORMAT, "home_version": version, "at": datetime.now(UTC).isoformat(), "files": told}
        text = json.dumps(manifest).encode()
        tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return Kept(len(told), sum(entry.get("bytes", 0) for entry in told.values()))


def restore(archive: Path, home: Home) -> Kept:
    """Make a home of an archive; where anything is wrong with it, nothing is there.

    Args:
        archive: what `back_up` wrote.
        home: a folder that is not there yet, or holds nothing but an `inbox`.

    Raises:
        NotABackup: it is damaged, cut off, newer than this code, or names places outside a home.
        InUse: there is something in the folder.
        OSError: it cannot be written.
    """
    there = [path.name for path in home.root.iterdir() if path.name != "inbox"] if home.root.is_dir() else []
    if there:
        raise InUse(f"{home.root} holds {there[0]} already; name a folder that is not there yet")
    if not archive.is_file():  # a pipe would be waited for
        raise NotABackup(f"{archive} is no whole backup: it is no file")
    keep_private()
    with scratch(home.root) as new:
        new.mkdir()
        try:
            with tarfile.open(archive, "r:") as tar:
                members = {member.name: member for member in tar}
                manifest = _manifest(tar, members.pop(MANIFEST, None))
                told = manifest["files"]
                if members.keys() != {name for name, entry in told.items() if "sha256" in entry}:
                    raise NotABackup(f"{archive} does not hold the files that it names")
                for name, entry in sorted(
                    told.items(), key=lambda one: "link" in one[1]
                ):  # no file goes through a link
                    _put(tar, members.get(name), _place(new, name), entry)
        except (*_CONTENT, *_PLACES) as error:
            raise NotABackup(f"{archive} is no whole backup: {error}") from error
        home.root.mkdir(parents=True, exist_ok=True)
        # The mark comes last, so that a home whose restoring was cut short does not pass for whole.
        for path in sorted(new.iterdir(), key=lambda path: path.name == MARK):
            path.rename(home.root / path.name)
    return Kept(len(told), sum(entry.get("bytes", 0) for entry in told.values()))


def _worth_keeping(root: Path) -> Iterator[Path]:
    """Files and links of a home, in an order that is always the same."""
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name
            for name in folders
            if name not in links and not _is_passing(name) and not (here == root and name in LEFT_OUT)
        )
        for name in sorted([*files, *links]):
            path = here / name
            if not _is_passing(name) and (path.is_symlink() or path.is_file()):
                yield path


def _is_passing(name: str) -> bool:
    """Locks, what a killed run left, and what SQLite writes beside a database."""
    return name.endswith((".lock", *_OF_SQLITE)) or (name.startswith(".") and name.endswith(".tmp"))


@contextmanager
def _still(path: Path) -> Iterator[tuple[int, IO[bytes]]]:
    """A file that nobody changes while it is read: of a database, which a daemon may be writing, a copy."""
    if path.suffix != ".db":
        with path.open("rb") as stream:
            yield os.fstat(stream.fileno()).st_size, stream
        return
    with tempfile.NamedTemporaryFile(suffix=".db") as copy:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy.name)) as target:
            source.backup(target)
        yield os.fstat(copy.fileno()).st_size, copy


class _Hashing:
    """A stream that knows the SHA-256 of what was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int) -> bytes:
        text = self._stream.read(size)
        self.digest.update(text)
        return text


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _manifest(tar: tarfile.TarFile, member: tarfile.TarInfo | None) -> dict[str, Any]:
    if member is None or not member.isreg() or member.size > _LARGEST_MANIFEST:
        raise ValueError("the list of its files is missing; it was cut off or is something else")
    manifest: dict[str, Any] = json.loads(_opened(tar, member).read())
    if manifest["format"] > FORMAT or manifest["home_version"] > CURRENT:
        raise NotABackup("it was written by a newer Lead Refinery; install that one to restore it")
    return manifest


def _place(root: Path, name: str) -> Path:
    """Where a file goes.

    Raises:
        ValueError: the name leads out of the home.
    """
    steps = PurePosixPath(name).parts
    if not steps or name.startswith("/") or ".." in steps or steps[0] in LEFT_OUT or "\0" in name:
        raise ValueError(f"it names a place outside a home: {name!r}")
    return root.joinpath(*steps)


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo | None, place: Path, entry: dict[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if "link" in entry:
        if entry["link"] in ("", "..") or PurePosixPath(entry["link"]).name != entry["link"]:
            raise ValueError(f"a link in it leads elsewhere: {place.name}")
        place.symlink_to(entry["link"])
        return
    if member is None or not member.isreg():
        raise ValueError(f"it holds what is no file: {place.name}")
    with place.open("xb") as new:
        shutil.copyfileobj(_opened(tar, member), new, _BLOCK)
    with place.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != entry["sha256"]:
            raise ValueError(f"{member.name} is not what was saved")


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(member)
    assert stream is not None  # a regular file has one
    return stream
