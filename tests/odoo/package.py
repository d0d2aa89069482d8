"""Odoo 19 as Debian packs it: fetched once into the user's cache, unpacked there, installed nowhere.

The system's own mirror is asked for Debian sid, with package lists of our own, so that the system's sources stay as
they are. apt checks the signature of the lists with Debian's keyring, and each package against the lists; Odoo itself
must moreover be the version and have the SHA-256 written here, for the tests rest on how that version behaves. What is
unpacked is the user's own (mode 0700) and not checked again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

VERSION = "19.0.0+dfsg-1"
SHA256 = "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
# Links in Odoo's package point into these: scripts and fonts of its pages.
BESIDE = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
)
# Country packs, shops and most languages: 1.2 GB become 0.3.
LEFT_OUT = (
    "*/addons/l10n_*",
    "*/addons/pos_*",
    "*/addons/website_*",
    "*/addons/mrp*",
    "*/addons/theme_*",
    "*/addons/spreadsheet_dashboard_*",
    "*/i18n/[!d]*.po",
    "*/i18n/d[!e]*.po",
)
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
LIBRARY = "usr/lib/python3/dist-packages"


class NotToBeHadError(Exception):
    """Odoo cannot be had on this machine; the message says why, and what would help."""


def odoo(cache: Path) -> Path:
    """The folder to import Odoo from; the first call fetches 130 MB into `cache`.

    Raises:
        NotToBeHadError: there is no apt, no mirror, no keyring, or the mirror has another version by now.
    """
    root = cache / f"odoo-{VERSION}"
    if not root.exists():
        with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
            packages = _fetched(Path(folder))
            _unpack(packages, Path(folder) / "root")
            (Path(folder) / "root").rename(root)  # whole or not at all
    return root / LIBRARY


def _fetched(folder: Path) -> list[Path]:
    """The packages, as files that were checked."""
    missing = [tool for tool in ("apt-get", "dpkg-deb", "tar") if not shutil.which(tool)]
    if missing:
        raise NotToBeHadError(f"no {', '.join(missing)} here: Odoo's package can be fetched on Debian and Ubuntu only")
    keyring = next((path for path in KEYRINGS if Path(path).exists()), None)
    if keyring is None:
        raise NotToBeHadError("Debian's keyring is not here: install the package debian-archive-keyring")
    for path in ("lists/partial", "cache/archives/partial", "sources", "packages"):
        (folder / path).mkdir(parents=True)
    for path in ("none", "status"):
        (folder / path).touch()
    source = f"Types: deb\nURIs: {_mirror()}\nSuites: sid\nComponents: main\nSigned-By: {keyring}\n"
    (folder / "sources" / "sid.sources").write_text(source, encoding="utf-8")
    settings = {
        "Dir::Etc::SourceList": folder / "none",
        "Dir::Etc::SourceParts": folder / "sources",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Retries": 3,
    }
    (folder / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    _run(folder, "apt-get", "-qq", "update")
    _run(folder, "apt-get", "-qq", "download", f"odoo-19={VERSION}", *BESIDE)
    packages = sorted((folder / "packages").glob("*.deb"))
    (package,) = (it for it in packages if it.name.startswith("odoo-19_"))
    if hashlib.sha256(package.read_bytes()).hexdigest() != SHA256:
        raise NotToBeHadError(f"{package.name} is not the file these tests were written for: its SHA-256 differs")
    return packages


def _mirror() -> str:
    """The address the system gets its packages from, security updates aside."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    mirrors = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    mirror = min(mirrors, key=lambda address: ("security" in address, address), default=None)
    if mirror is None:
        raise NotToBeHadError("apt has no source set on this machine")
    return mirror


def _run(folder: Path, *command: str) -> None:
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder / "packages", env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise NotToBeHadError(
            f"{' '.join(command[:3])} failed: {' '.join(said) or done.stderr[-300:]} (a mirror of Debian with sid is "
            f"needed; where sid has a newer odoo-19 than {VERSION}, try the tests with it and write it into {__name__})"
        )


def _unpack(packages: list[Path], root: Path) -> None:
    root.mkdir(mode=0o700)
    for package in packages:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as archive:
            left_out = [f"--exclude={pattern}" for pattern in LEFT_OUT]
            subprocess.run(
                ["tar", "-x", "--no-same-owner", "-C", root, "--wildcards", *left_out], stdin=archive.stdout, check=True
            )
        if archive.returncode:
            raise NotToBeHadError(f"{package.name} could not be unpacked")
