"""Publishing: the tables go out together, or not at all.

Belongs here: writing a run's folder, verifying it, holding it against the gates, swapping `published/current`. Does not
belong here: what the tables hold (`publishing.tables`), whether they are sound (`publishing.integrity`), what is usual
(`publishing.gates`), what people decide about a held night (`publishing.release`).

    published/
      current -> 2026-03-01T02-00-00     a symbolic link, replaced by os.replace: POSIX rename is atomic
      2026-03-01T02-00-00/*.parquet + flat/*.parquet + changes.parquet + manifest.json
      held/2026-03-02T02-00-00/          the same, of a night that a gate held; nobody reads it for the publication
      .written.jsonl                     what was written of each, by which rules, and what its gates found
      nights.jsonl, log.jsonl            what is usual here; who released or went back, when and why
      .<name>.<random>.tmp               being written or removed; left by a killed run, removed by the next

A reader resolves `current` once and reads below that folder. A run killed at any moment leaves `current` where
it was or where it should be; nothing in between exists.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from engine.disk import remedy
from engine.swap import put, scratch, sweep, sync
from publishing.current import CURRENT, PublishError, current_name, free_name, only_publisher, point
from publishing.decisions import rolled_back
from publishing.feed.file import write_changes
from publishing.flat import FOLDER, write_twins
from publishing.gates.nights import known_nights, remember
from publishing.gates.verdict import Verdict, judge_night
from publishing.integrity import Problem, check
from publishing.last_night import Night, State, keep_night
from publishing.manifest import NAME, BrokenPublication, FileEntry, Manifest, describe, read_manifest
from publishing.previous import later
from publishing.retention import HELD, Retention, remove_old
from publishing.versions import Versions, causes, read_versions, rule_changes
from publishing.written import tell


@dataclass(frozen=True, slots=True)
class Wait:
    """What a night waits for beside its gates: `dry`, to be looked at; `rules`, where they changed, for an approval."""

    dry: bool = False
    rules: bool = False


class IntegrityError(PublishError):
    """The tables break their contract; `problems` has one entry per broken promise."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        lines = [f"{p.table}: {p.message}" + (f" ({p.rows:,} rows)" if p.rows else "") for p in problems]
        super().__init__("not published, the contract is broken: " + "; ".join(lines))


def publish(
    tables: Mapping[str, pl.DataFrame | Path],
    published: Path,
    run_id: str,
    *,
    at: datetime,
    keep: Retention = Retention(),  # noqa: B008 - it cannot be changed
    versions: Versions = Versions(),  # noqa: B008 - it cannot be changed
    wait: Wait = Wait(),
) -> Night:
    """Publish the tables as one, unless a gate holds them.

    Tables that `current` holds already, byte for byte, change nothing and take no place, whatever the run is called.
    Held tables lie in `held/<run_id>`, and `current` stays.

    Args:
        tables: all tables of `contracts.published.PUBLISHED`, as frames or as Parquet files to copy.
        published: the folder of publications; made if it does not exist.
        run_id: name of the run and of its folder.
        at: time of the publication, for the manifest.
        keep: how many publications stay, the new one included, and for how long.
        versions: of the rules, data, settings and model that the tables were made with.
        wait: what they wait for beside the gates.

    Raises:
        IntegrityError: a table breaks its contract.
        PublishError: another publication is running, the disk is full, a permission is missing.
    """
    if not run_id or run_id.startswith(".") or run_id in (CURRENT, HELD) or Path(run_id).name != run_id:
        raise PublishError(f"{run_id!r} cannot name a folder; give the run another id")
    try:
        published.mkdir(parents=True, exist_ok=True)
        with only_publisher(published):
            sweep(published)
            night = _publish(tables, published, run_id, later(at, published), versions=versions, wait=wait)
            keep_night(published, night)
            remove_old(published, keep, at)
            return night
    except (OSError, pl.exceptions.PolarsError) as error:
        raise PublishError(
            f"not published to {published}: {error}; {remedy(error) or 'check the disk and run again'}"
        ) from error


def _publish(
    tables: Mapping[str, pl.DataFrame | Path],
    published: Path,
    run_id: str,
    at: datetime,
    *,
    versions: Versions,
    wait: Wait,
) -> Night:
    folder, before = published / run_id, _current(published)
    with scratch(folder) as new:
        new.mkdir()
        files = {name: _write(table, new / f"{name}.parquet") for name, table in tables.items()}
        problems = check(files)  # on what was written, so this is the verification by reading back as well
        if problems:
            raise IntegrityError(problems)
        entries = {name: describe(path, new) for name, path in files.items()}
        manifest = Manifest(run_id, at, entries, versions=versions.digests)
        if before is not None and (same := read_manifest(before)).same_content(manifest):
            return Night(run_id, "unchanged", before, same, Verdict(base=before.name), before)
        manifest = with_changes(replace(manifest, flat=twins(files, new)), before, new)
        (new / NAME).write_text(manifest.to_json(), encoding="utf-8")
        verdict = judge_night(new, before, known_nights(published), rolled_back=rolled_back(published) is not None)
        changed = rule_changes(causes(read_versions(before) if before else None, versions)) if wait.rules else ()
        verdict = replace(verdict, rules=changed, dry=wait.dry)
        for path in (new / NAME, new / FOLDER, new):
            sync(path)

        state: State = "held" if verdict.holds else "published"
        if state == "held":
            folder = published / HELD / run_id
            folder.parent.mkdir(exist_ok=True)
        elif folder == before:
            folder = free_name(folder)
        tell(folder, manifest, verdict.to_json(), versions.to_json())
        put(new, folder)  # where one lies, it is of a run that died before its swap
    sync(folder.parent)
    if state == "published":
        go_live(published, folder, verdict)
    return Night(run_id, state, folder, manifest, verdict, before)


def go_live(published: Path, folder: Path, verdict: Verdict) -> None:
    """Let `current` be this publication, which lies in its place, and what was measured be usual from now on."""
    remember(published, folder.name, verdict.findings)
    point(published, folder)


def _current(published: Path) -> Path | None:
    """The publication before, if it can be compared with."""
    with suppress(BrokenPublication):
        if (name := current_name(published)) is not None:
            read_manifest(published / name)
            return published / name
    return None


def _write(table: pl.DataFrame | Path, path: Path) -> Path:
    if isinstance(table, Path):
        shutil.copyfile(table, path)
    else:
        table.write_parquet(path)
    sync(path)
    return path


def twins(files: Mapping[str, Path], folder: Path) -> dict[str, FileEntry]:
    """Write the flat twins of the tables into the folder of their publication; their entries."""
    written = write_twins(files, folder)
    for path in written.values():
        sync(path)
    return {name: describe(path, folder) for name, path in written.items()}


def with_changes(
    manifest: Manifest, before: Path | None, folder: Path, erased: Collection[str] = frozenset()
) -> Manifest:
    """The manifest of a publication, with the file of what changed since the one before, written into its folder.

    Args:
        before: the folder of the publication before; without one there is no file.
        erased: ids of leads that are being erased.
    """
    path = before and write_changes(before, folder, at=manifest.created_at, run_id=manifest.run_id, erased=erased)
    if path is None or before is None:
        return replace(manifest, changes=None, changes_since=None)
    sync(path)
    return replace(manifest, changes=describe(path, folder), changes_since=before.name)
