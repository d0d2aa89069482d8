"""Repair: a publication whose bytes are not what was written is made whole again, or leaves its place to an older one.

Belongs here: holding publications against their manifests, and what takes the place of what differs. Does not belong
here: writing a publication (`publishing.publish`), reading the one before (`publishing.previous`).

The journal beside the publications (`publishing.written`) keeps each manifest, so that one that is damaged is written
again. A damaged table is copied from wherever the same bytes still lie: the lake, another publication; a flat twin is
made again from its table; a file of changes leaves, for its readers can do without it. What cannot be made whole is
set aside as `.damaged-<name>`, and `current` points at the newest publication that is whole; those that somebody went
back behind come last. Without any, the next run publishes from scratch: ids are minted from records, so nearly all are
the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from engine.journal import Journal, digest_of
from engine.swap import put, swap
from publishing.current import CURRENT, free_name, point
from publishing.decisions import LOG, undone
from publishing.flat import write_twin
from publishing.gates.nights import NAME as NIGHTS
from publishing.manifest import NAME, BrokenPublication, Manifest, read_manifest
from publishing.written import NAME as WRITTEN
from publishing.written import tell, told

ASIDE = ".damaged-"


@dataclass
class Repaired:
    """What was damaged: `mended` is as it was before, `lost` is not. Sentences for people."""

    mended: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def differing(folder: Path) -> list[str]:
    """The files of a publication that are not what was written; its manifest alone where that cannot be trusted."""
    written = told(folder).get("manifest")
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
        manifest = Manifest.from_json(text)
    except (OSError, ValueError, KeyError, TypeError):
        return [NAME]
    if written is not None and text != written:
        return [NAME]
    return [entry.file for entry in manifest.files if digest_of(folder / entry.file) != entry.sha256]


def repair(published: Path, lake: Path) -> Repaired:
    """Make `current` whole, or point it at the newest publication that is.

    Args:
        published: the folder of publications; nobody else may be publishing.
        lake: where copies of the tables may lie.
    """
    done = Repaired()
    mend_journals(published, done)
    folder = _current(published, done)
    if folder is None or not differing(folder):
        return done
    mended = _mend(folder, [lake, *(path for path in _publications(published) if path != folder)])
    if not (left := differing(folder)):
        done.mended.append(f"{', '.join(mended)} in the publication {folder.name}")
        return done
    aside = folder.with_name(f"{ASIDE}{folder.name}")
    put(folder, aside)
    older = next((path for path in _publications(published) if not differing(path)), None)
    if older is not None:
        point(published, older)
        instead = f"`current` is {older.name} again, the newest that is whole; what changed since is dated anew"
    else:
        (published / CURRENT).unlink(missing_ok=True)
        instead = "no other publication is whole, so this run publishes from scratch: redirects begin anew"
    done.lost.append(f"{', '.join(left)} in the publication {folder.name}, which lies aside in {aside}; {instead}")
    return done


def _current(published: Path, done: Repaired) -> Path | None:
    """The folder `current` points at; where the link is damaged, the newest publication, at which it then points."""
    link = published / CURRENT
    if link.is_dir():
        return link.resolve()
    newest = next(iter(_publications(published)), None)
    if newest is None and not (link.is_symlink() or link.exists()):
        return None  # before the first publication
    what = "the link `current` is gone" if not link.is_symlink() else f"`current` pointed at {link.readlink()}"
    if newest is None:
        link.unlink()
        done.lost.append(f"{what}, and there is no publication; this run publishes from scratch")
        return None
    point(published, newest)
    done.mended.append(f"{what}; it is {newest.name}, the newest publication")
    return newest


def damaged_journals(published: Path) -> dict[Path, list[int]]:
    """The journals of the publications in which lines are not what was written, and the numbers of these."""
    paths = (published / name for name in (WRITTEN, NIGHTS, LOG))
    return {path: numbers for path in paths if (numbers := Journal(path).damaged())}


def mend_journals(published: Path, done: Repaired) -> None:
    """Take lines out that are not what was written. What people decided is kept aside: only they know it again."""
    for path, numbers in damaged_journals(published).items():
        what = f"{len(numbers):,} lines (the first: {numbers[0]}) of {path}, which are left out"
        journal = Journal(path)
        if path.name == LOG:
            aside = _aside(path)
            shutil.copyfile(path, aside)
            done.lost.append(
                f"{what} and lie in {aside}: somebody released a night or went back then. Look at `leads history`, and "
                "decide that again where it does not hold"
            )
        else:
            done.mended.append(what)
        journal.replace(journal.lines())


def _aside(path: Path) -> Path:
    aside = path.with_name(f"{ASIDE}{path.name}")
    return free_name(aside) if aside.exists() else aside


def _mend(folder: Path, others: Sequence[Path]) -> list[str]:
    """Put right what can be; returns the names of those files."""
    mended = []
    if differing(folder) == [NAME] and (written := told(folder).get("manifest")) is not None:
        with swap(folder / NAME) as new:
            new.write_text(written, encoding="utf-8")
        mended.append(NAME)
    if NAME in (wrong := differing(folder)):
        return mended
    manifest = Manifest.from_json((folder / NAME).read_text(encoding="utf-8"))
    entries = {entry.file: entry for entry in manifest.files}
    for file in wrong:
        same = (other / file for other in others if digest_of(other / file) == entries[file].sha256)
        if (source := next(same, None)) is not None:
            with swap(folder / file) as new:
                shutil.copyfile(source, new)
            mended.append(file)
    if manifest.changes is not None and manifest.changes.file in wrong:
        (folder / manifest.changes.file).unlink(missing_ok=True)
        mended.append(manifest.changes.file)
        manifest = replace(manifest, changes=None, changes_since=None)
        line = told(folder)
        tell(folder, manifest, line.get("verdict") or "", line.get("versions") or "")
        with swap(folder / NAME) as new:
            new.write_text(manifest.to_json(), encoding="utf-8")
    for name, twin in manifest.flat.items():
        if twin.file in wrong and twin.file not in mended and not {manifest.tables[name].file} & {*differing(folder)}:
            (folder / twin.file).parent.mkdir(exist_ok=True)
            with swap(folder / twin.file) as new:
                write_twin(folder / manifest.tables[name].file, new)
            mended.append(twin.file)
    return mended


def _publications(published: Path) -> list[Path]:
    """The publications, newest first, as their manifests or the journal date them; those that were undone come last."""
    dated: list[tuple[bool, datetime, Path]] = []
    left_behind = undone(published)
    for folder in published.glob("[!.]*"):
        if folder.is_dir() and not folder.is_symlink():
            with suppress(ValueError, KeyError, TypeError, BrokenPublication):
                written = told(folder).get("manifest")
                manifest = Manifest.from_json(written) if written else read_manifest(folder)
                dated.append((folder.name not in left_behind, manifest.created_at, folder))
    return [folder for *_, folder in sorted(dated, reverse=True)]
