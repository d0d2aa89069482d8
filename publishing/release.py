"""Release and rollback: what people decide about publications, carried out.

Belongs here: publishing a held night on purpose, going back to an earlier publication, ending that. Does not belong
here: the log of it (`publishing.decisions`), what is held (`publishing.gates`).

A rollback lasts until somebody ends it: nights go on being computed on top of the publication gone back to, and are
held. Releasing one of them, or `resume`, ends it. Each function can be called again after it was killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from engine.disk import remedy
from engine.swap import sync
from publishing.current import PublishError, current_name, only_publisher, point
from publishing.decisions import Decision, decide, decisions, rolled_back
from publishing.gates.verdict import read_verdict
from publishing.manifest import NAME, BrokenPublication, Manifest, read_manifest
from publishing.publish import go_live
from publishing.repair import differing
from publishing.retention import HELD
from publishing.written import tell


class NotPossible(Exception):  # noqa: N818 - an answer, not a fault
    """What was decided cannot be done; nothing was changed, and the message says what can."""


def release(published: Path, name: str, *, who: str, why: str, at: datetime) -> Path:
    """Publish a held night; returns its folder.

    Args:
        published: the folder of publications.
        name: the run, or how its name begins.
        who, why, at: for the log.

    Raises:
        NotPossible: no such night is held, it is damaged, or another publication has become current since.
        PublishError: another publication is running, the disk is full.
    """
    with _alone(published):
        held = _find([*_publications(published / HELD), *_unfinished(published)], name, "held night")
        verdict = read_verdict(held)
        if verdict is None:
            raise NotPossible(f"What the gates found of {held.name} is not known any more; run again: leads run")
        if verdict.base != current_name(published):
            raise NotPossible(
                f"{held.name} was compared with {verdict.base}, but `current` is {current_name(published)} now; "
                "run again: leads run"
            )
        manifest = _sound(held)
        folder = published / held.name
        tell(folder, manifest, verdict.to_json())
        decide(published, Decision("released", folder.name, at, who, why))
        if held != folder:
            held.rename(folder)
        sync(published)
        go_live(published, folder, verdict)
        return folder


def roll_back(published: Path, name: str, *, who: str, why: str, at: datetime) -> Path:
    """Let `current` be an earlier publication, as a whole, until somebody ends it; returns its folder.

    Args:
        published: the folder of publications.
        name: the run, or how its name begins.
        who, why, at: for the log.

    Raises:
        NotPossible: there is no such publication, or it is damaged.
        PublishError: another publication is running, the disk is full.
    """
    with _alone(published):
        folder = _find(_publications(published), name, "publication")
        newer = tuple(_newer(published, _sound(folder).created_at))
        decide(published, Decision("rolled back", folder.name, at, who, why, newer))
        point(published, folder)
        return folder


def resume(published: Path, *, who: str, why: str, at: datetime) -> str:
    """End a rollback: the next night is published again; returns the publication it will follow.

    Raises:
        NotPossible: nobody has gone back.
        PublishError: another publication is running, the disk is full.
    """
    with _alone(published):
        stands = rolled_back(published)
        if stands is None:
            raise NotPossible("nobody has gone back to an earlier publication; there is nothing to end")
        decide(published, Decision("resumed", stands.run, at, who, why))
        return stands.run


@contextmanager
def _alone(published: Path) -> Iterator[None]:
    published.mkdir(parents=True, exist_ok=True)
    try:
        with only_publisher(published):
            yield
    except BrokenPublication as error:
        raise NotPossible(str(error)) from error
    except OSError as error:
        raise PublishError(f"{error}; {remedy(error) or 'check the disk and try again'}") from error


def _find(there: Sequence[Path], name: str, what: str) -> Path:
    """The one folder whose name is, or begins with, `name`."""
    found = [path for path in there if path.name == name] or [path for path in there if path.name.startswith(name)]
    if len(found) == 1 and name:
        return found[0]
    known = ", ".join(path.name for path in there) or "none"
    said = "more than one" if found and name else "no"
    raise NotPossible(f"There is {said} {what} {name!r}; there are: {known}. Look at them: leads history")


def _publications(place: Path) -> list[Path]:
    return sorted(path.parent for path in place.glob(f"[!.]*/{NAME}") if not path.parent.is_symlink())


def _unfinished(published: Path) -> list[Path]:
    """The night that was being released last, where that was killed before its swap."""
    last = next(reversed(decisions(published)), None)
    folder = published / last.run if last and last.event == "released" else published
    return [folder] if (folder / NAME).exists() and folder.name != current_name(published) else []


def _newer(published: Path, than: datetime) -> Iterator[str]:
    for folder in _publications(published):
        with suppress(BrokenPublication):
            if read_manifest(folder).created_at > than:
                yield folder.name


def _sound(folder: Path) -> Manifest:
    if wrong := differing(folder):
        raise NotPossible(f"{', '.join(wrong)} in {folder} is not what was written; it cannot be published")
    return read_manifest(folder)
