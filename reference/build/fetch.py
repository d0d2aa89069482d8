"""Fetching packages by name with the ordinary clients, so that no address of any registry is written here.

Belongs here: download, unpack, and what a package says of itself (version, date).
Does not belong here: what the data means.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import HeaderParser
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked package: its folder and what it says of itself."""

    name: str
    client: str
    version: str
    published: str
    folder: Path


class NotFetchedError(RuntimeError):
    """A package could not be fetched; the message says which, by what, and what that said."""


def pip_package(name: str, folder: Path) -> Package:
    """Download a wheel with pip and unpack it; `name` may ask for one version (`name==1.0`).

    Raises:
        NotFetchedError: pip could not get it.
    """
    target = folder / f"pip-{name}"
    options = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", str(target), name]
    _fetch(f"pip cannot fetch {name}", [_python_with_pip(folder), "-m", "pip", *options], folder)
    wheel = next(target.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
        published = max(datetime(*entry.date_time, tzinfo=UTC) for entry in archive.infolist())
    metadata = HeaderParser().parsestr(next(target.glob("*.dist-info/METADATA")).read_text(encoding="utf-8"))
    return Package(name.partition("==")[0], "PyPI", metadata["Version"], f"{published:%Y-%m-%d}", target)


def npm_package(name: str, folder: Path) -> Package:
    """Download a tarball with npm and unpack it. The date is the newest one among its data files' build dates
    or, since npm blanks file dates, the date inside its version (…YYYYMMDDHH).

    Raises:
        NotFetchedError: npm could not get it.
    """
    target = folder / f"npm-{name.replace('/', '-')}"
    target.mkdir(parents=True)
    packed = _fetch(f"npm cannot fetch {name}", ["npm", "pack", "--silent", name], target)
    with tarfile.open(target / packed.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    about = json.loads((target / "package" / "package.json").read_text(encoding="utf-8"))
    stamp = about["version"].rsplit(".", 1)[-1]
    published = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}" if len(stamp) == 10 else ""
    return Package(name, "npm", about["version"], published, target / "package")


def _python_with_pip(folder: Path) -> Path:
    """An interpreter with a pip of its own: the environment at hand may have none (uv, pipx)."""
    python = folder / "pip" / "bin" / "python"
    if not python.exists():
        _fetch("Python cannot make an environment with pip", [sys.executable, "-m", "venv", folder / "pip"], folder)
    return python


def _fetch(trouble: str, command: Sequence[str | Path], folder: Path) -> str:
    """What the command printed."""
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise NotFetchedError(f"{trouble}: {command[0]} is not installed") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
        raise NotFetchedError(f"{trouble}: {last or f'exit code {done.returncode}'}")
    return done.stdout
