"""The last night: what became of it, for whoever shows it afterwards.

Belongs here: the outcome of publishing, and the file that keeps it. Does not belong here: deciding it
(`publishing.publish`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.swap import swap
from publishing.gates.verdict import Verdict, read_verdict
from publishing.manifest import BrokenPublication, Manifest, read_manifest

_NAME = "last_night.json"
State = Literal["published", "unchanged", "held"]


@dataclass(frozen=True, slots=True)
class Night:
    """What became of a night.

    Attributes:
        run_id: the run.
        state: `published`; `unchanged`, where `current` holds the same tables already; or `held` by its gates.
        folder: where its tables lie.
        manifest: of that folder.
        verdict: what its gates found.
        before: the folder of the publication it was compared with; None on the first night.
    """

    run_id: str
    state: State
    folder: Path
    manifest: Manifest
    verdict: Verdict
    before: Path | None = None


def keep_night(published: Path, night: Night) -> None:
    """Let this be the last night."""
    told = {"run": night.run_id, "state": night.state, "folder": str(night.folder.relative_to(published))}
    with swap(published / _NAME) as new:
        new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def last_night(published: Path) -> Night | None:
    """What became of the last night; None where nothing is known or its folder is gone."""
    try:
        told = json.loads((published / _NAME).read_text(encoding="utf-8"))
        folder = published / told["folder"]
        manifest, run, state = read_manifest(folder), told["run"], told["state"]
    except (OSError, ValueError, KeyError, TypeError, BrokenPublication):
        return None
    if state == "unchanged":
        return Night(run, state, folder, manifest, Verdict(base=folder.name), folder)
    verdict = read_verdict(folder) or Verdict()
    before = published / verdict.base if verdict.base and (published / verdict.base).is_dir() else None
    return Night(run, state, folder, manifest, verdict, before)
