"""Files dropped into `overrides/decided/`: reviews that came back, taken into the log.

Belongs here: finding them, whose they are, taking from each what is good. Does not belong here: reading one
(`review_file`). A file may stay where it is; what it says is taken once.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from pwd import getpwuid

import polars as pl

from engine.fence import NotAFile
from matching.decisions.log import read_decisions, record_decisions
from matching.decisions.review_file import read_review
from matching.decisions.unread import FOLDER


def take_dropped(folder: Path, keys: pl.DataFrame, names: pl.DataFrame, at: datetime) -> list[str]:
    """Add to the log what the files in `folder`/decided decide; a sentence for each row or file that is no good.

    A bad row or file costs no night: the others count, and it is said until it is corrected or removed.

    Args:
        folder: the folder of the log.
        keys: source, source_record_id of tonight's records.
        names: company of tonight's company names.
        at: when.

    Raises:
        ValueError, OSError: the log cannot be read or written.
    """
    problems: list[str] = []
    for path in _files(folder / FOLDER):
        lines = read_decisions(folder)
        try:
            if path.suffix.lower() != ".csv":
                raise ValueError("it is no CSV file; save it as one")
            taken = read_review(path, lines, keys, names)
        except (ValueError, NotAFile, OSError) as error:
            problems.append(f"{path.name} in overrides/{FOLDER} cannot be read: {error}")
            continue
        record_decisions(folder, taken.decisions, _owner(path), at)
        problems += [f"overrides/{FOLDER}/{problem}" for problem in taken.problems]
    return problems


def _files(folder: Path) -> list[Path]:
    """What people put there; not the marks that office programs leave beside a file that is open."""
    return sorted(path for path in folder.iterdir() if path.name[0] not in ".~") if folder.is_dir() else []


def _owner(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
