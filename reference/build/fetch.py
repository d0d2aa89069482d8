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


def pip_package(name: str, folder: Path) -> Package:
    """Download a wheel with pip and unpack it; `name` may ask for one version (`name==1.0`).

    Raises:
        subprocess.CalledProcessError: pip could not get it.
    """
    target = folder / f"pip-{name}"
    command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "-d", target, name]
    subprocess.run(command, check=True)
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
        subprocess.CalledProcessError: npm could not get it.
    """
    target = folder / f"npm-{name.replace('/', '-')}"
    target.mkdir(parents=True)
    packed = subprocess.run(["npm", "pack", "--silent", name], cwd=target, check=True, capture_output=True, text=True)
    with tarfile.open(target / packed.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    about = json.loads((target / "package" / "package.json").read_text(encoding="utf-8"))
    stamp = about["version"].rsplit(".", 1)[-1]
    published = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}" if len(stamp) == 10 else ""
    return Package(name, "npm", about["version"], published, target / "package")
