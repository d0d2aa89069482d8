"""A session: one target, reached and held by one sync alone.

Belongs here: putting together what a sync works with, for the command and for Dagster. Does not belong here: the sync
(`delivery.sync`).
"""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.adopting import Adopting, read_said, write_review
from delivery.apply import Applied
from delivery.mapping import TargetMapping, read_mapping
from delivery.publication import Publication, read_publication
from delivery.registry import TARGETS, UnknownTarget, connect
from delivery.state import State, opened
from delivery.sync import Planned, carry_out, prepare
from delivery.target import Target

FOLDER = "sync"  # below a home


class SyncInUse(Exception):  # noqa: N818 - a state of the disk, not a programming error
    """Another sync of this target is at work."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a sync works with. `folder` is `<home>/sync/<target>`."""

    mapping: TargetMapping
    publication: Publication
    target: Target
    state: State
    folder: Path

    def plan(
        self, allowed: Collection[str] = (), only: Collection[str] | None = None, *, shown: bool = False
    ) -> Planned:
        """`delivery.sync.prepare`, with what people decided of records that were there before us."""
        said = read_said(self.folder)
        adopt = Adopting(self.mapping, said)
        planned = prepare(
            *(self.mapping, self.publication, self.target, self.state),
            allowed=allowed,
            adopt=adopt,
            only=only,
            shown=shown,
        )
        if planned.plan.doubtful:
            write_review(self.folder, planned.plan.doubtful, said)
        return planned

    def apply(self, plan_id: str | None = None, **how: Any) -> Applied:
        """`delivery.sync.carry_out`."""
        return carry_out(self.mapping, self.publication, self.target, self.state, plan_id, **how)


@contextmanager
def session(home: Path, name: str, environment: Mapping[str, str]) -> Iterator[Session]:
    """Reach a target for a sync of a home; nobody else syncs it meanwhile.

    Raises:
        UnknownTarget, UnsoundMapping, NothingPublished: there is nothing to sync by, to or from.
        SyncInUse: another sync is at work.
        UnusableState: the disk is full, or the state damaged.
        TargetError: a setting is missing, or the target cannot be reached.
    """
    if name not in TARGETS:
        raise UnknownTarget(f"{name} is no target; there are {', '.join(TARGETS)}")
    mapping, publication = read_mapping(name, home / FOLDER), read_publication(home / "published")
    folder = home / FOLDER / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SyncInUse(f"another sync of {name} is at work; wait for it and give the command again") from error
        with closing(connect(name, environment)) as target, opened(folder) as state:
            yield Session(mapping, publication, target, state, folder)
