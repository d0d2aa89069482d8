"""Packages are fetched with or without a pip at hand, and what cannot be fetched is said in a sentence."""

from __future__ import annotations

import os
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

from reference.build.fetch import NotFetchedError, npm_package, pip_package
from tests.conftest import Run
from tests.test_house import ROOT

ABOUT = "Metadata-Version: 2.1\nName: lists\nVersion: 1.2\n"
FETCH = """
import sys
from pathlib import Path
from reference.build.fetch import pip_package
assert "pip" not in sys.modules
package = pip_package("lists==1.2", Path(sys.argv[1]))
print(package.name, package.client, package.version, package.published, (package.folder / "lists/a.csv").read_text())
"""


def wheel(folder: Path) -> None:
    """A package with one list in it."""
    files = {"METADATA": ABOUT, "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", "RECORD": ""}
    files = {"lists/a.csv": "a,b"} | {f"lists-1.2.dist-info/{name}": text for name, text in files.items()}
    with zipfile.ZipFile(folder / "lists-1.2-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 3, 1, 0, 0, 0)), text)


def test_an_environment_without_pip_fetches_too(tmp_path: Path) -> None:
    bare, shelf, fetched = tmp_path / "bare", tmp_path / "shelf", tmp_path / "fetched"
    shelf.mkdir()
    fetched.mkdir()
    wheel(shelf)
    venv.create(bare, with_pip=False)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf)}
    command = [bare / "bin" / "python", "-c", FETCH, fetched]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "lists PyPI 1.2 2026-03-01 a,b", done.stderr


def test_a_package_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(NotFetchedError, match=r"^pip cannot fetch no-such-list: ERROR: No matching distribution"):
        pip_package("no-such-list", tmp_path)


def test_the_command_says_each_step_and_ends_with_a_sentence(
    leads: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    done = leads("reference", "build")
    first, last = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (2, "")
    assert first == "fetching countrystatecity-postal-codes"
    assert last.startswith(
        "The reference data stays as it was: pip cannot fetch countrystatecity-postal-codes: ERROR: No"
    )


def test_a_client_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFetchedError, match=r"^npm cannot fetch lists: npm is not installed$"):
        npm_package("lists", tmp_path)
