"""The broken inbox: what is called good loads, what is called broken does not, and none stops another."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sources.inbox import read_inbox
from tests.sources.broken import write_broken_inbox


def test_each_file_meets_the_fate_that_is_stated(tmp_path: Path) -> None:
    expected = write_broken_inbox(tmp_path / "inbox")
    report = read_inbox(tmp_path / "inbox", tmp_path / "store", tmp_path / "settings", settle=0)
    files = report.files.group_by("file").agg(pl.col("status").unique(), pl.col("rejected").sum())
    fates = {
        file: "held back" if "quarantined" in statuses else "rows held back" if rejected else "whole"
        for file, statuses, rejected in files.iter_rows()
    }
    whole = {"good": "whole", "readable": "whole", "rows held back": "rows held back"}
    assert fates == {file: whole.get(reason, "held back") for file, reason in expected.items()}


def test_the_broken_inbox_is_the_same_every_time(tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {file: (folder / file).read_bytes() for file in write_broken_inbox(folder)}

    assert contents(tmp_path / "a") == contents(tmp_path / "b")
