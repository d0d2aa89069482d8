"""The pinned schema: what readers of the published tables and their feed were promised last, `published_schema.json`.

Belongs here: the schema of the code as plain data, that file, and the word that both agree. Does not belong here: what
counts as breaking (`contracts.compatibility`). After a change of `contracts/published.py` or
`contracts/changes.py`:

    python -m contracts.published_schema

writes the file anew, or says which version the change asks for and leaves the file as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from contracts.changes import PROMISED
from contracts.compatibility import Schema, Version, compare, version_due
from contracts.published import SCHEMA_VERSION
from contracts.table import Column

PINNED = Path(__file__).with_name("published_schema.json")


def schema() -> Schema:
    """What is promised, as `contracts.compatibility` compares them."""
    return {
        table.name: {"key": list(table.key), "columns": {column.name: _column(column) for column in table.columns}}
        for table in PROMISED
    }


def refusal(pinned: str, now: Schema, version: Version) -> str | None:
    """Why `now` may not be published as `version`, and what to do; None where it may.

    Args:
        pinned: the content of `published_schema.json`.
    """
    before = json.loads(pinned)
    was = Version(*map(int, before["version"].split(".")))
    changes = compare(before["tables"], now)
    due = version_due(was, changes)
    if version >= due:
        return None
    lines = [f"  {'breaking' if change.breaking else 'compatible'}: {change.where} {change.what}" for change in changes]
    return "\n".join(
        [
            f"The published schema is no longer the one pinned as version {was}:",
            *lines,
            f"If that is meant, set SCHEMA_VERSION = Version({due.major}, {due.minor}) in contracts/published.py "
            "and run `python -m contracts.published_schema`; if not, take it back.",
        ]
    )


def as_text(tables: Schema, version: Version) -> str:
    """The content of `published_schema.json`: JSON with one line per column, so that a diff shows what changed."""
    shown = []
    for name, table in tables.items():
        columns = ",\n".join(
            f"      {json.dumps(c)}: {json.dumps(promises)}" for c, promises in table["columns"].items()
        )
        shown.append(f'    "{name}": {{"key": {json.dumps(table["key"])}, "columns": {{\n{columns}\n    }}}}')
    return f'{{\n  "version": "{version}",\n  "tables": {{\n' + ",\n".join(shown) + "\n  }\n}\n"


def _column(column: Column) -> dict[str, Any]:
    promised = {
        "words": column.words and list(column.words),
        "pattern": column.form and column.form.pattern,
        "least": column.least,
        "most": column.most,
    }
    return {"type": str(column.dtype), "nullable": column.nullable} | {
        name: value for name, value in promised.items() if value is not None
    }


def main() -> None:
    """Pin the schema of the code, unless its version number is too low for what changed."""
    now = schema()
    if PINNED.exists() and (said := refusal(PINNED.read_text(encoding="utf-8"), now, SCHEMA_VERSION)):
        sys.exit(said)
    PINNED.write_text(as_text(now, SCHEMA_VERSION), encoding="utf-8")
    print(f"pinned as {SCHEMA_VERSION} in {PINNED.name}")


if __name__ == "__main__":
    main()
