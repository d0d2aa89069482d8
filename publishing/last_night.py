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
from publishing.versions import causes, read_versions, rule_changes

_NAME = "last_night.json"
State = Literal["published", "unchanged", "held"]


@dataclass(frozen=True, slots=True)
class Night:
    """What became of a night.

    Attributes:
        state: `published`; `unchanged`, where `current` holds the same tables already; or `held` by its gates.
        folder: where its tables lie.
        manifest: of that folder.
        verdict: what its gates found.
        before: the folder of the publication it was compared with; None on the first night.
        changed_rules: what changed in the rules since that publication.
    """

    state: State
    folder: Path
    manifest: Manifest
    verdict: Verdict
    before: Path | None = None

    @property
    def changed_rules(self) -> tuple[str, ...]:
        return rule_changes(causes(read_versions(self.before), read_versions(self.folder))) if self.before else ()


def keep_night(published: Path, run_id: str, night: Night) -> None:
    """Let this be the last night."""
    told = {"run": run_id, "state": night.state, "folder": str(night.folder.relative_to(published))}
    with swap(published / _NAME) as new:
        new.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def last_night(published: Path) -> tuple[str, Night] | None:
    """The run of the last night and what became of it; None where nothing is known or its folder is gone."""
    try:
        told = json.loads((published / _NAME).read_text(encoding="utf-8"))
        folder = published / told["folder"]
        manifest, run, state = read_manifest(folder), told["run"], told["state"]
    except (OSError, ValueError, KeyError, TypeError, BrokenPublication):
        return None
    if state == "unchanged":
        return run, Night(state, folder, manifest, Verdict(base=folder.name), folder)
    verdict = read_verdict(folder) or Verdict()
    before = published / verdict.base if verdict.base and (published / verdict.base).is_dir() else None
    return run, Night(state, folder, manifest, verdict, before)
