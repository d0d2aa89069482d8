"""How a home grows over many nights: bytes below it, folder by folder, with everything that is let go after some days.

Belongs here: nights on the same inbox with one small delivery more each night, and the table of their sizes. Does not
belong here: seconds and memory of a night (`benchmarks.night`). A night stands for a day: before each one, the runs in
Dagster's history are made a day older. Run it as `python -m benchmarks.home_size --nights 30`.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from samples.generate import write_sample

RESULTS = Path(__file__).parent / "results" / "home_size.md"
PARTS = ("lake", "published", "report", "dagster")
NEW_LEADS = 5  # a night


def main(leads: int, nights: int, days: int) -> None:
    with tempfile.TemporaryDirectory(prefix="home-size-") as folder:
        home = Path(folder)
        write_sample(home, leads, 1)
        rows = []
        for night in range(1, nights + 1):
            _deliver(home, night)
            _a_day_passes(home)
            done = subprocess.run(
                [str(Path(sys.executable).with_name("leads")), "run", "--home", folder],
                env=os.environ | {"LEADS_KEEP_RUNS_DAYS": str(days)},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            rows.append([size_of(home / part) for part in PARTS])
            print(night, [f"{size / 1e6:.2f}" for size in rows[-1]], flush=True)
    RESULTS.write_text(_page(leads, days, rows), encoding="utf-8")


def size_of(folder: Path) -> int:
    """Bytes that the files below a folder hold."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _deliver(home: Path, night: int) -> None:
    folder = home / "inbox" / "online" / "every_night"
    folder.mkdir(exist_ok=True)
    rows = [
        f"Gast{night:03}{n};Neuling{night:03}{n};gast{night:03}{n}@werk{night:03}.example" for n in range(NEW_LEADS)
    ]
    (folder / f"{night:03}.csv").write_text("\n".join(["Vorname;Nachname;E-Mail", *rows, ""]), encoding="utf-8")


def _a_day_passes(home: Path) -> None:
    runs = home / "dagster" / "history" / "runs.db"
    if runs.exists():
        with closing(sqlite3.connect(runs)) as database:
            database.execute("update runs set create_timestamp = datetime(create_timestamp, '-1 day')")
            database.commit()


def _page(leads: int, days: int, rows: list[list[int]]) -> str:
    shown = [night for night in range(1, len(rows) + 1) if night in (1, 2, 3, len(rows)) or night % 5 == 0]
    lines = [
        "# How a home grows",
        "",
        f"{len(rows)} nights on an inbox of {leads:,} leads to which each night brings {NEW_LEADS} more; Dagster's "
        f"runs are kept for {days} days (`LEADS_KEEP_RUNS_DAYS={days}`; unset it is 90). Megabytes after the night. "
        "Written by `python -m benchmarks.home_size`.",
        "",
        f"| night | {' | '.join(PARTS)} | all |",
        "| ---: |" + " ---: |" * (len(PARTS) + 1),
    ]
    for night in shown:
        sizes = [*rows[night - 1], sum(rows[night - 1])]
        lines.append(f"| {night} | {' | '.join(f'{size / 1e6:.2f}' for size in sizes)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=200)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--days", type=int, default=7)
    main(**vars(parser.parse_args()))
