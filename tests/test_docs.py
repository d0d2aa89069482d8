"""What the documents and charters name is there, and what is there is named: commands, variables, targets, paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from pipelines.cli import app
from tests.test_house import ROOMS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [page for folder in (".", "docs", *ROOMS, "tests") for page in (ROOT / folder).glob("**/*.md" if folder != "." else "*.md")]
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def rows_below(heading: str) -> list[str]:
    """First cells of the table whose head begins with `heading`, without their back quotes."""
    table = re.search(rf"^\| {heading} \|.*\n\|[ :|-]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    assert table, heading
    return [row.split("|")[1].strip().strip("`") for row in table[1].splitlines()]
