"""The rules folder: `<home>/rules/`, whose tables are laid over the shipped ones of the same name.

Belongs here: reading the folder, behind the fence and once per process, what of it is in force, what is wrong with it.
Does not belong here: which tables there are (`engine/rule_tables`), laying one over another (`engine/laid_over`).

The home is that of `LEADS_HOME`, which spawned workers inherit. Tables are read where modules load, so a process has
the rules of one home, as they were when it first asked: whoever works on a home calls `check` first, and again before
it publishes. So nothing is published by half a file, or by rules that were changed while they were in use.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from engine.fence import Kind, NotAFile, walk
from engine.laid_over import Laid, Line, laid_over, laid_settings
from engine.rule_tables import Row, RuleTable, rule_tables, shipped_rows

NAME = "rules"
_MOST = 10 << 20  # bytes of a file: two hundred thousand lines
_DIGITS = 16  # hexadecimal digits of a digest
_TOLD = 10  # problems that are named at once


class UnsoundRules(ValueError):  # noqa: N818 - says what was found
    """Rules of a home that cannot be used; says in which file and row, and what to do."""


class Read(NamedTuple):
    """What lies in a folder of rules: the content of each file by its name, and why a thing could not be read."""

    files: dict[str, bytes]
    refused: dict[str, str]

    @property
    def digests(self) -> dict[str, str]:
        """The version of each file."""
        return {name: hashlib.sha256(content).hexdigest()[:_DIGITS] for name, content in self.files.items()}


def read_folder(home: Path) -> Read:
    """What lies in `<home>/rules/`; no link is followed and no pipe waited for."""
    files: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    for found in walk(home, (NAME,), lambda name: not name.startswith((".", "~"))):
        name = "/".join(found.place.steps[1:]) or NAME
        try:
            if len(found.place.steps) > 2:
                raise NotAFile(Kind.FOLDER, name)
            with found.place.open() as file:
                content = file.read(_MOST + 1)
        except NotAFile as error:
            refused[name] = f"is {error.kind.value}, and only files are read; put the file itself there"
            continue
        except OSError as error:
            refused[name] = f"cannot be read ({error.strerror}); give its owner the right to, or delete it"
            continue
        if name == NAME:
            refused[name] = "is no folder; put the tables into one of that name"
            continue
        if len(content) > _MOST:
            refused[name] = f"has more than {_MOST:,} bytes; it is no table of rules"
            continue
        files[name] = content
    return Read(files, refused)


@cache
def in_force() -> Read:
    """The rules of this process's home, as they were when it first asked."""
    home = os.environ.get("LEADS_HOME")
    return read_folder(Path(home).expanduser().resolve()) if home else Read({}, {})


def over(path: Path, shipped: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows of a shipped table under the sound lines of the home."""
    table = rule_tables().get(path)
    content = in_force().files.get(path.name) if table else None
    return shipped if table is None or content is None else laid_over(table, shipped, content).rows


def settings(path: Path) -> dict[str, Any]:
    """The tables of a shipped TOML file under what the home says."""
    shipped = tomllib.loads(path.read_text(encoding="utf-8"))
    content = in_force().files.get(path.name)
    return shipped if content is None else laid_settings(shipped, content)[0]


def lines_of(table: RuleTable, content: bytes) -> tuple[Line, ...]:
    """Each line of a home's file with its state."""
    if table.form == "settings":
        return laid_settings(tomllib.loads(table.path.read_text(encoding="utf-8")), content)[1]
    laid: Laid = laid_over(table, shipped_rows(table.path, table.form), content)
    return laid.lines


def problems(read: Read) -> list[str]:
    """Why a folder's rules cannot be used: one sentence each, with file, row and remedy; empty where they can."""
    tables = {table.file: table for table in rule_tables().values()}
    found = [f"{NAME}/{name} {why}" if name != NAME else f"{NAME} {why}" for name, why in read.refused.items()]
    for name, content in read.files.items():
        if name not in tables:
            found.append(f"{NAME}/{name} is read by nobody; `leads rules` lists the names, or delete it")
            continue
        unsound = (line for line in lines_of(tables[name], content) if line.state == "unsound")
        found += [f"{NAME}/{name}, row {line.number}: {line.why}" for line in unsound]
    return found


def check(home: Path) -> None:
    """Make sure that the rules of a home are sound, and are those that this process has in force.

    Raises:
        UnsoundRules: they are not.
    """
    read = read_folder(home)
    if said := problems(read):
        more = f"; and {len(said) - _TOLD:,} more" if len(said) > _TOLD else ""
        raise UnsoundRules(f"{'; '.join(said[:_TOLD])}{more}")
    if read.digests != in_force().digests:
        changed = sorted(dict(read.digests.items() ^ in_force().digests.items()))
        raise UnsoundRules(
            f"{', '.join(f'{NAME}/{name}' for name in changed)}: not what this process has read; a process has the "
            "rules of one home, as they were when it began. Begin again (`leads run`, or `leads ui` anew)"
        )
