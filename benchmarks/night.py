"""The whole night, measured: seconds, rows per second and peak memory per stage, with the quality of the matching.

Belongs here: running `leads sample` and `leads run` as a user does and putting the figures into
`benchmarks/results/night_<leads>.md`. Does not belong here: comparing with peers (one module per room does that).

    python -m benchmarks.night --leads 100000
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
import time
from pathlib import Path

import polars as pl

from assets.resources.home import Home
from assets.resources.lake import Lake
from matching.leads.evaluate import evaluate

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=100_000, help="source records of the sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="use this folder and keep it")
    options = parser.parse_args()
    root = options.keep or Path(tempfile.mkdtemp(prefix="night-"))
    try:
        text = measure(root, options.leads, options.seed)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"night_{options.leads}.md"
    target.write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {target}")


def measure(root: Path, leads: int, seed: int) -> str:
    """Run one night on a fresh sample below `root`; the figures as Markdown."""
    command = str(Path(sys.executable).with_name("leads"))
    if not (root / "truth.parquet").exists():
        subprocess.run([command, "sample", str(root), "--leads", str(leads), "--seed", str(seed)], check=True)
    started = time.perf_counter()
    subprocess.run([command, "run", "--home", str(root)], check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    funnel = json.loads((root / "report" / "funnel.json").read_text(encoding="utf-8"))
    records = funnel["counts"]["records"]
    checks = sum(seconds for name, seconds in funnel["seconds"].items() if name.endswith("_contract"))
    stages = {name: seconds for name, seconds in funnel["seconds"].items() if not name.endswith("_contract")}
    stages["Great Expectations, all tables"] = checks
    lines = [
        f"{records:,} source records, {os.cpu_count()} cores, Python {platform.python_version()}: "
        f"**{wall:.0f} s** from command to report, peak memory **{funnel['peak_bytes'] / 1e9:.1f} GB** "
        "(all processes).",
        "",
        "| stage | seconds | records per second |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {seconds:.1f} | {records / max(seconds, 0.01):,.0f} |" for name, seconds in stages.items()),
        "",
        *_quality(Home(root)),
    ]
    return "\n".join(lines) + "\n"


def _quality(home: Home) -> list[str]:
    lake = Lake(home=str(home.root))
    truth = pl.read_parquet(home.root / "truth.parquet", columns=["source", "source_record_id", "person_id"])
    key = ["source", "source_record_id"]
    persons = lake.read("enriched_records", key).join(truth.unique(key), on=key, how="left", maintain_order="left")
    found = evaluate(lake.read("lead_clusters").sort("record")["cluster"], persons["person_id"])
    return [
        "| matching against the sample's truth | precision | recall | F1 |",
        "| --- | ---: | ---: | ---: |",
        f"| pairs | {found.pairs.precision:.4f} | {found.pairs.recall:.4f} | {found.pairs.f1:.4f} |",
        f"| B-cubed | {found.b_cubed.precision:.4f} | {found.b_cubed.recall:.4f} | {found.b_cubed.f1:.4f} |",
    ]


if __name__ == "__main__":
    main()
