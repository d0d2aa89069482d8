"""The worst file of each kind: seconds and memory it takes until it is read or held back.

    python -m benchmarks.hostile_files          writes benchmarks/results/hostile_files.md

Belongs here: reading each file of `samples.hostile` beside an honest one, in a run of its own, and the table of it.
Does not belong here: what must come of it (`tests/hostile/test_budgets.py`). Seconds hold the start of the run and of
its reading process; memory is the peak of the reading process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from samples.hostile import HOSTILE, LEAD, Hostile

RESULT = Path(__file__).parent / "results" / "hostile_files.md"
_RUN = """
import json, resource, sys, time
from pathlib import Path
begin = time.perf_counter()
from sources.apart import _readers
from sources.inbox import read_inbox
from sources.store.catalogue import load_files, load_rejects

home = Path(sys.argv[1])
read_inbox(home / "inbox", home / "store", home / "settings", settle=0)
seconds = time.perf_counter() - begin
_readers().get().close()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
reasons = load_rejects(home / "store")["reason_code"].unique().sort().to_list()
rows = load_files(home / "store")["rows"].drop_nulls().sum()
print(json.dumps([seconds, peak, reasons, rows]))
"""


def main() -> None:
    """Measure every file and write the table."""
    lines = [_line(hostile) for hostile in HOSTILE]
    head = "# Hostile files\n\n`python -m benchmarks.hostile_files`: one file each beside an honest one of a row.\n\n"
    table = "| file | bytes | seconds | peak MB | what came of it |\n|---|---:|---:|---:|---|\n"
    RESULT.write_text(head + table + "".join(lines), encoding="utf-8")


def _line(hostile: Hostile) -> str:
    content = hostile.make()
    with TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox" / "offline" / "fair"
        inbox.mkdir(parents=True)
        (inbox / hostile.name).write_bytes(content)
        (inbox / "honest.csv").write_text(f"{';'.join(LEAD)}\n{';'.join(LEAD.values())}\n", encoding="utf-8")
        done = subprocess.run([sys.executable, "-c", _RUN, folder], capture_output=True, text=True, check=True)
    seconds, peak, reasons, rows = json.loads(done.stdout.splitlines()[-1])
    came = ", ".join(f"`{reason}`" for reason in reasons) or f"read, {rows - 1:,} rows"
    line = f"| {hostile.name} | {len(content):,} | {seconds:.1f} | {peak:,.0f} | {came} |\n"
    print(line, end="", flush=True)
    return line


if __name__ == "__main__":
    main()
