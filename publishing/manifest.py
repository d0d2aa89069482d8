"""The manifest: what a publication holds and how to tell that it is whole.

Belongs here: the manifest's content, its JSON form and reading it back. Does not belong here: writing tables
(`publishing.publish`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from contracts.published import SCHEMA_VERSION

NAME = "manifest.json"


class BrokenPublication(Exception):  # noqa: N818 - it is a state of the disk, not a programming error
    """A publication on disk cannot be trusted; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One published file: its path below the publication, rows, bytes, SHA-256 (hex) and column types."""

    file: str
    rows: int
    bytes: int
    sha256: str
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One publication: run, time (UTC), its tables by name, and the version of their schema.

    `schema_version` is what a reader compares: it can read every minor version of the one it was written for.
    `flat` has the twins of the tables that nest (`publishing.flat`), by the table's name.
    `changes` is the file of what changed since the publication `changes_since` (`publishing.feed.file`); without one,
    readers take the tables.
    `versions` has a digest of the rules, data, settings and model it was made with (`publishing.versions`), by kind.
    """

    run_id: str
    created_at: datetime
    tables: dict[str, FileEntry]
    schema_version: int = SCHEMA_VERSION.major
    schema_minor_version: int = SCHEMA_VERSION.minor
    versions: dict[str, str] = field(default_factory=dict)
    flat: dict[str, FileEntry] = field(default_factory=dict)
    changes: FileEntry | None = None
    changes_since: str | None = None

    @property
    def files(self) -> list[FileEntry]:
        """Every file but the manifest itself."""
        return [*self.tables.values(), *self.flat.values(), *([self.changes] if self.changes else [])]

    def to_json(self) -> str:
        content = asdict(self) | {"created_at": self.created_at.isoformat()}
        version = ("schema_version", "schema_minor_version")
        order = (*version, "run_id", "created_at", "versions", "tables", "flat", "changes", "changes_since")
        return json.dumps({name: content[name] for name in order}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest.

        Raises:
            ValueError, KeyError, TypeError: the text is not a manifest.
        """
        content = json.loads(text)
        return cls(
            run_id=content["run_id"],
            created_at=datetime.fromisoformat(content["created_at"]),
            tables={name: FileEntry(**entry) for name, entry in content["tables"].items()},
            schema_version=content["schema_version"],
            schema_minor_version=content.get("schema_minor_version", 0),  # publications of 1.0 may lack it
            versions=content.get("versions", {}),  # older ones lack it
            flat={
                name: FileEntry(**entry) for name, entry in content.get("flat", {}).items()
            },  # so do those before 1.3
            changes=FileEntry(**changes) if (changes := content.get("changes")) else None,  # and before 1.4
            changes_since=content.get("changes_since"),
        )

    def same_content(self, other: Manifest) -> bool:
        """Whether both hold byte for byte the same tables."""
        return self.schema_version == other.schema_version and {
            name: entry.sha256 for name, entry in self.tables.items()
        } == {name: entry.sha256 for name, entry in other.tables.items()}


def describe(path: Path, folder: Path) -> FileEntry:
    """The entry of a Parquet file written below `folder`; reads all of it for the hash."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    frame = pl.scan_parquet(path, glob=False)
    return FileEntry(
        file=path.relative_to(folder).as_posix(),
        rows=frame.select(pl.len()).collect().item(),
        bytes=path.stat().st_size,
        sha256=digest,
        columns={name: str(dtype) for name, dtype in frame.collect_schema().items()},
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a publication.

    Raises:
        BrokenPublication: it is missing or unreadable, or a table it names is missing or has another size.
    """
    remedy = "point `current` at an older run folder beside it, or remove it to publish from scratch"
    try:
        manifest = Manifest.from_json((folder / NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenPublication(f"{folder / NAME} cannot be read ({error.strerror}); {remedy}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenPublication(f"{folder / NAME} is damaged ({error!r}); {remedy}") from error
    for entry in manifest.files:
        path = folder / entry.file
        size = path.stat().st_size if path.is_file() else None
        if size != entry.bytes:
            found = "is missing" if size is None else f"has {size:,} bytes instead of {entry.bytes:,}"
            raise BrokenPublication(f"{path} {found}; {remedy}")
    return manifest
