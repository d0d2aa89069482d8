"""How a home grows over many nights: bytes below it, folder by folder, with everything that is let go after some days.

Belongs here: nights on the same inbox, to which each night brings a few new leads and the CRM's whole export anew, and
the table of their sizes; and the store alone, over more such exports. Does not belong here: seconds and memory of a
night (`benchmarks.night`). A night stands for a day: before each one, the runs in Dagster's history are made a day
older. The page is written anew after each night. Run it as `python -m benchmarks.home_size --nights 100`.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console

from assets.resources.home import resolve_home
from pipelines.night import PUBLISHED, run_night
from samples.generate import write_sample
from sources.inbox import read_inbox
from sources.store.deliveries import WHOLE
from sources.store.thinning import thin
from sources.withdrawals import Withdrawals

RESULTS = Path(__file__).parent / "results" / "home_size.md"
PARTS = ("lake/raw", "lake", "published", "report", "dagster")
NEW_LEADS = 5  # a night
_LETTERS = str.maketrans("0123456789", "aeioulmnrs")
CHANGED, JOINED = 20, 2  # rows of the export, a night


def main(leads: int, export: int, nights: int, days: int, store_nights: int) -> None:
    os.environ["LEADS_KEEP_RUNS_DAYS"] = str(days)
    alone = store_alone(export, store_nights)
    with tempfile.TemporaryDirectory(prefix="home-size-") as folder:
        home = Path(folder)
        write_sample(home, leads, 1)
        customers = [_customer(number) for number in range(export)]
        rows = []
        for night in range(1, nights + 1):
            _deliver(home, night)
            _export(home, night, customers)
            _a_day_passes(home)
            if run_night(resolve_home(folder).prepare(), None, Console(quiet=True)) != PUBLISHED:
                sys.exit(f"night {night} was not published; the home is {folder}")
            sizes = [size_of(home / part) for part in PARTS]
            rows.append([sizes[0], sizes[1] - sizes[0], *sizes[2:]])
            print(night, [f"{size / 1e6:.2f}" for size in rows[-1]], flush=True)
            RESULTS.write_text(_page(leads, export, days, rows, alone), encoding="utf-8")


def store_alone(export: int, nights: int) -> list[tuple[int, int, int]]:
    """Bytes of the exports so far, of the store, and of the store had it kept every row; after each night."""
    with tempfile.TemporaryDirectory(prefix="home-size-") as folder:
        home, delivered, left_out, found = Path(folder), 0, 0, []
        customers = [_customer(number) for number in range(export)]
        for night in range(1, nights + 1):
            delivered += _export(home, night, customers)
            read_inbox(home / "inbox", home / "raw", home / "sources", settle=0.0)
            before = size_of(home / "raw")
            thin(home / "raw", "offline", Withdrawals())
            left_out += before - (now := size_of(home / "raw"))
            found.append((delivered, now, now + left_out))
        return found


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


def _customer(number: int) -> list[str]:
    name = f"{'bdfghklmnprst'[number % 13]}{'aeiou'[number % 5]}{'lmnrst'[number % 6]}{number:05}".translate(_LETTERS)
    return [f"K{number}", "Kim", name.title(), f"kim.{name}@{name}.example", f"{name.title()} GmbH", "01.01.2026"]


def _export(home: Path, night: int, customers: list[list[str]]) -> int:
    """The CRM's customers as of a night, whole; the size of the file."""
    dice = random.Random(night)
    for row in dice.sample(customers, CHANGED):
        row[4] = f"{row[2]} {night} AG"
    for row in dice.sample(customers, len(customers) // 10):
        row[5] = f"{night % 28 + 1:02}.{night // 28 % 12 + 1:02}.2026"
    customers += [_customer(len(customers) + number) for number in range(JOINED)]
    folder = home / "inbox" / "offline" / "crm_export"
    folder.mkdir(parents=True, exist_ok=True)
    header = ["Kundennummer", "Vorname", "Nachname", "E-Mail", "Firma", "Letzte Aktivität"]
    path = folder / f"{night:03}.csv"
    path.write_text("\n".join(map(";".join, [header, *customers])) + "\n", encoding="utf-8")
    return path.stat().st_size


def _a_day_passes(home: Path) -> None:
    runs = home / "dagster" / "history" / "runs.db"
    if runs.exists():
        with closing(sqlite3.connect(runs)) as database:
            database.execute("update runs set create_timestamp = datetime(create_timestamp, '-1 day')")
            database.commit()


def _page(leads: int, export: int, days: int, rows: list[list[int]], alone: list[tuple[int, int, int]]) -> str:
    lines = [
        "# How a home grows",
        "",
        f"{len(rows)} nights on an inbox of {leads:,} leads to which each night brings {NEW_LEADS} more and a CRM's "
        f"full export of {export:,} customers, {CHANGED} of them changed and {JOINED} new; Dagster's runs are"
        f" kept for {days} days (`LEADS_KEEP_RUNS_DAYS={days}`; unset it is 90). "
        "Megabytes after the night. Written by `python -m benchmarks.home_size`.",
        "",
        "`lake/raw` is the store, `lake` what lies beside it.",
        "",
        *_table([*PARTS, "all"], [[*sizes, sum(sizes)] for sizes in rows]),
        "",
        f"The store keeps every row of the newest {WHOLE} deliveries of a source; of older ones what no other delivery "
        f"has (`sources/store/thinning.py`). Alone, over {len(alone)} such exports:",
        "",
        *_table(["delivered", "store", "store, had it kept every row"], alone),
        "",
    ]
    return "\n".join(lines)


def _table(header: Sequence[str], rows: Sequence[Sequence[int]]) -> list[str]:
    """A Markdown table of the first nights, every tenth and the last one; megabytes."""
    shown = [night for night in range(1, len(rows) + 1) if night in (1, 2, 3, 5, len(rows)) or night % 10 == 0]
    head = [f"| night | {' | '.join(header)} |", "| ---: |" + " ---: |" * len(header)]
    return head + [f"| {night} | {' | '.join(f'{size / 1e6:.2f}' for size in rows[night - 1])} |" for night in shown]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=300)
    parser.add_argument("--export", type=int, default=2000)
    parser.add_argument("--nights", type=int, default=100)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--store-nights", type=int, default=100)
    main(**vars(parser.parse_args()))
