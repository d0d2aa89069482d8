"""Licences of what is installed to run, as a page: `make docs` writes `docs/licences.md`, a test keeps it true.

Belongs here: the packages `pyproject.toml` asks for with all they ask for, and the licence each states. Does not belong
here: reference data, whose licences stand beside it (`reference/data/PROVENANCE.md`); packages for tests.
Source: core metadata 2.4 (License-Expression), before it classifiers and License.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assets.resources.home import PROJECT

PAGE = PROJECT / "docs" / "licences.md"
_LONGEST = 60  # of a licence's name; what is longer is its text
_STATED_ELSEWHERE = {"polars-hash": "MIT"}  # its wheel states none; the LICENSE of its repository does
_HEAD = """\
# Licences of what is installed to run

Every package that running needs, with the licence its own metadata states. Written by `make docs` from what is
installed; a test holds it to that and to having no package under the GPL or AGPL alone.

| package | licence |
| --- | --- |
"""


def runtime_packages() -> list[str]:
    """Names of all packages that running needs here, sorted."""
    found: set[str] = set()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        seen.add(key)
        try:
            asked = distribution(wanted.name).requires or ()
        except PackageNotFoundError:  # for another system
            continue
        found.add(key[0])
        needs = [Requirement(text) for text in asked]
        waiting += [need for need in needs if _is_needed(need, wanted.extras)]
    return sorted(found)


def _is_needed(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def licence(package: str) -> str:
    """The licence a package states; empty where it states none."""
    if package in _STATED_ELSEWHERE:
        return _STATED_ELSEWHERE[package]
    metadata = distribution(package).metadata
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [text.split(" :: ")[-1] for text in metadata.get_all("Classifier") or () if text[:9] == "License :"]
    if named := [name for name in classifiers if name != "OSI Approved"]:
        return " or ".join(sorted(named))
    stated = "".join(metadata.get_all("License") or ()).strip()
    return stated if len(stated) <= _LONGEST else stated.splitlines()[0].strip()


def is_copyleft(stated: str) -> bool:
    """Whether a licence leaves no choice but the GPL or AGPL; the LGPL asks nothing of who only uses it."""
    choices = re.split(r"(?i)\sor\s(?!later)", stated)
    return all(re.search(r"(?i)(?<!l)\ba?gpl|(?<!lesser )(?<!library )general public", text) for text in choices)


def page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(f"| {package} | {licence(package)} |\n" for package in runtime_packages())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
