"""Two checkouts side by side: do they publish the same tables, and what does each take?

Belongs here: running the night of both on the same inbox, in turns, and comparing what they published. Does not belong
here: the figures of one checkout (`benchmarks.night`). Columns that name the run (run_id, updated_at) may differ. Where
others work on the machine too, the processor seconds tell more than those of the clock.

    git worktree add --detach ../before main~20
    python -m benchmarks.two_checkouts ../before . --leads 100000 --rounds 2
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import polars as pl
from polars.testing import assert_frame_equal

OF_THE_RUN = ("run_id", "updated_at")


class Night(NamedTuple):
    """What one run took, from command to report, and where it published."""

    seconds: float
    processor_seconds: float  # of all its processes
    peak_bytes: int
    published: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="folder of one checkout")
    parser.add_argument("after", type=Path, help="folder of the other")
    parser.add_argument("--leads", type=int, default=100_000, help="source records of the sample")
    parser.add_argument("--rounds", type=int, default=2, help="nights of each, in turns; the least counts")
    options = parser.parse_args()
    checkouts = [options.before.resolve(), options.after.resolve()]
    with tempfile.TemporaryDirectory(prefix="two-checkouts-") as folder:
        root = Path(folder)
        _leads(checkouts[0], "sample", str(root / "sample"), "--leads", str(options.leads), "--seed", "1")
        nights: dict[Path, list[Night]] = {checkout: [] for checkout in checkouts}
        for turn in range(options.rounds):
            for checkout in checkouts if turn % 2 == 0 else checkouts[::-1]:
                nights[checkout].append(_night(checkout, root / "sample", root / f"{turn}-{checkouts.index(checkout)}"))
        for checkout, took in nights.items():
            peak = min(night.peak_bytes for night in took)
            clock = ", ".join(f"{night.seconds:.1f}" for night in took)
            processor = ", ".join(f"{night.processor_seconds:.1f}" for night in took)
            print(f"{checkout}: {clock} s; {processor} processor seconds; {peak / 1e9:.2f} GB")
        for what in ("seconds", "processor_seconds"):
            before, after = (min(float(getattr(night, what)) for night in took) for took in nights.values())
            print(f"{what}, after / before: {after / before:.3f}")
        wrong = differences(*(took[0].published for took in nights.values()))
    print("\n".join(wrong) or "all published tables are equal")
    sys.exit(bool(wrong))


def differences(before: Path, after: Path) -> list[str]:
    """What differs between two publications, a line a table; nothing where they are equal row by row."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.parquet")})
    said = []
    for name in names:
        try:
            left, right = (pl.read_parquet(folder / name).drop(OF_THE_RUN, strict=False) for folder in (before, after))
            assert_frame_equal(left, right)
            print(f"{name}: equal, {left.height:,} rows")
        except FileNotFoundError as missing:
            said.append(f"{name}: {missing}")
        except AssertionError as unequal:
            said.append(f"{name}: {unequal}")
    return said


def _night(checkout: Path, sample: Path, home: Path) -> Night:
    home.mkdir()
    shutil.copytree(sample / "inbox", home / "inbox", copy_function=os.link)
    started, spent = time.perf_counter(), _processor_seconds()
    _leads(checkout, "run", "--home", str(home))
    seconds, processor_seconds = time.perf_counter() - started, _processor_seconds() - spent
    funnel = json.loads((home / "report" / "funnel.json").read_text(encoding="utf-8"))
    return Night(seconds, processor_seconds, funnel["peak_bytes"], (home / "published" / "current").resolve())


def _processor_seconds() -> float:
    """What ended processes of ours have spent, with those they waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _leads(checkout: Path, *arguments: str) -> None:
    """The `leads` command of a checkout, with its own environment where it has one."""
    own = checkout / ".venv" / "bin" / "python"
    command = [str(own) if own.exists() else sys.executable, "-m", "pipelines.cli", *arguments]
    subprocess.run(command, cwd=checkout, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
