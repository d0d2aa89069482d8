"""Supply: what is installed may be used, is what was pinned, and can be installed on every Python we promise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.licences import PAGE, is_copyleft, licence, page, runtime_packages
from tests.test_house import ROOT

PROMISED = ["3.11", "3.12", "3.13"]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the page is written by the oldest Python we promise")
def test_the_page_of_licences_is_what_is_installed() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make docs writes it anew"


def test_no_package_at_run_time_is_under_the_gpl_alone() -> None:
    stated = {package: licence(package) for package in runtime_packages()}
    assert len(stated) > 50
    assert {package: name for package, name in stated.items() if not name or is_copyleft(name)} == {}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-or-later", True),
        ("GNU General Public License v2 or later (GPLv2+)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-2.1-or-later", False),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("MIT OR GPL-2.0-only", False),
        ("MIT AND GPL-2.0-only", True),
        ("MIT", False),
    ],
)
def test_what_counts_as_the_gpl(stated: str, expected: bool) -> None:
    assert is_copyleft(stated) is expected


def _interpreter(version: str) -> str | None:
    """An interpreter of this version that starts."""
    name = f"python{version}"
    for path in [shutil.which(name), *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))]:
        if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", PROMISED)
def test_the_pins_install(version: str, tmp_path: Path) -> None:
    python = _interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    asked = ["-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--require-hashes", "--quiet"]
    command = [python, *asked, "--disable-pip-version-check", "-r", str(ROOT / "constraints.txt")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
