"""Competitors: companies whose people are never handed to sales, in `overrides/competitors.csv` of the home.

Belongs here: reading that file. Does not belong here: blocking the leads (`publishing.block_reasons`).
"""

from __future__ import annotations

from pathlib import Path

from engine.table_file import read_table


def read_competitors(folder: Path) -> frozenset[str]:
    """Mail and web domains of competitors; none where there is no file.

    Raises:
        ValueError: the file has no column domain.
    """
    domains = read_table(folder / "competitors.csv", ("domain",))["domain"].str.to_lowercase()
    return frozenset(domains.str.replace(r"^(?:https?://)?(?:www\.)?@?", "").str.replace(r"/.*$", "").drop_nulls())
