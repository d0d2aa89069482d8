"""Account matching measured: quality on labelled spellings beside peers, growth on register-like names.

    python -m benchmarks.accounts                      quality of all systems, then growth, into results/accounts.md
    python -m benchmarks.accounts --entities 8000      a larger labelled set
    python -m benchmarks.accounts --growth 100000,646000,5000000

Needs ../shared/data/register_companies.tsv.gz. Peers come from .venv-bench; without it only our system
runs. Every system is a process of its own (time is its whole life, memory that of its process tree); ours
cleans the raw company lines inside its time. What the labelled set is and is not: `accounts_truth`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import psutil

from benchmarks.accounts_truth import labelled, register, register_like
from benchmarks.matching import PEER_PYTHON, PEERS, ROOT, System, measure, rates_of
from contracts.clean import ENRICHED_RECORDS
from enrichment.company import clean_company
from matching.accounts import account_clusters
from matching.company_names import company_names

RESULTS = ROOT / "benchmarks" / "results" / "accounts.md"


def systems() -> list[System]:
    ours = System("Lead Refinery", (sys.executable, "-m", "benchmarks.accounts", "--match"), raw=True)
    if not PEER_PYTHON.exists():
        return [ours]
    peer = str(PEER_PYTHON)

    def run(script: str, *options: str) -> tuple[str, ...]:
        return (peer, str(PEERS / script), "{in}", "{out}", *options)

    return [
        ours,
        *(System(f"string_grouper, {t}", run("string_grouper_peer.py", t), raw=False) for t in ("0.7", "0.8", "0.9")),
        *(System(f"EMM, {t}", run("emm_peer.py", t), raw=False) for t in ("0.7", "0.8", "0.9")),
        System("GoldenMatch 3, probabilistic", run("goldenmatch_peer.py"), raw=False),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accounts", description=__doc__.split("\n")[0])
    parser.add_argument("--entities", type=int, default=4000)
    parser.add_argument("--seeds", default="7,8,9")
    parser.add_argument("--growth", default="100000,646000")
    parser.add_argument("--peers-at", type=int, default=50_000, help="names for the peers' timing")
    parser.add_argument("--match", nargs=2, metavar=("IN", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.match:
        match_file(Path(chosen.match[0]), Path(chosen.match[1]))
        return
    report = compare(
        chosen.entities, [int(s) for s in chosen.seeds.split(",")], chosen.growth.split(","), chosen.peers_at
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(report, encoding="utf-8")


def as_enriched(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of accounts_truth as contracts.clean.ENRICHED_RECORDS, the company line cleaned."""
    present = set(rows.columns)
    company = clean_company(rows.select("company"))
    place = rows.select(
        *(c for c in ("street", "house_number", "postcode", "city") if c in present), country=pl.lit("DE")
    )
    key = rows.select(source=pl.lit("bench"), source_record_id=pl.int_range(pl.len()).cast(pl.String))
    enriched = pl.concat([key, company.drop("repairs"), place], how="horizontal")
    if "phone" in present:
        known = rows["phone"].is_not_null()
        enriched = enriched.with_columns(
            company_domain=rows["domain"], phone=rows["phone"], phone_kind=pl.lit("fixed_line")
        ).with_columns(phone_status=pl.when(known).then(pl.lit("valid")).otherwise(pl.lit("missing")))
    return ENRICHED_RECORDS.conform(enriched)


def match_file(rows: Path, out: Path) -> None:
    """Our system as the peers run: raw rows in, rec_id and cluster out, with a note of time per step beside it."""
    table = pl.read_parquet(rows)
    clock, cpu = time.perf_counter(), time.process_time()
    names, name_of_record = company_names(as_enriched(table))
    cleaned, cleaned_cpu = time.perf_counter(), time.process_time()
    found = account_clusters(names)
    done, done_cpu = time.perf_counter(), time.process_time()
    cluster = name_of_record.to_frame("name").join(found.clusters, on="name", how="left", maintain_order="left")
    alone = pl.int_range(names.height, names.height + table.height, eager=True)
    pl.DataFrame({"rec_id": table["rec_id"], "cluster": cluster["cluster"].cast(pl.Int64)}).with_columns(
        pl.col("cluster").fill_null(alone)
    ).write_parquet(out)
    note = {
        "names": names.height,
        "clean_seconds": cleaned - clock,
        "clean_cpu": cleaned_cpu - cpu,
        "match_seconds": done - cleaned,
        "match_cpu": done_cpu - cleaned_cpu,
        "review": found.review.height,
        "accounts": found.clusters["cluster"].n_unique(),
    }
    out.with_suffix(".json").write_text(json.dumps(note))


def compare(entities: int, seeds: Sequence[int], sizes: Sequence[str], peers_at: int) -> str:
    companies = register()
    lines = [
        "# Account matching, measured",
        "",
        f"`python -m benchmarks.accounts`, {len(os.sched_getaffinity(0))} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB, load {os.getloadavg()[1]:.1f} when it started. "
        "Pairs within clusters; time of the whole process, memory of its process tree.",
        "",
        "## Quality on spellings with truth",
        "",
        f"{entities:,} register companies and their look-alikes; distortions in `benchmarks/accounts_truth.py`.",
        "",
        "| seed | spellings | system | precision | recall | F1 | seconds | peak GB |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out.parquet"
        for seed in seeds:
            rows = labelled(companies, entities, seed).with_row_index("rec_id")
            truth = rows.select("rec_id", entity_id="entity")
            given = Path(folder) / "rows.parquet"
            rows.drop("entity", "kind").write_parquet(given)
            for system in systems() if seed == seeds[0] else systems()[:1]:
                run = measure(system, given, out)
                figures = "failed: " + run.failed + " | | " if run.failed else ""
                if not run.failed:
                    rates = rates_of(out, truth)
                    figures = f"{rates.precision:.4f} | {rates.recall:.4f} | {rates.f1:.4f}"
                lines.append(
                    f"| {seed} | {rows.height:,} | {system.name} | {figures} "
                    f"| {run.seconds:.1f} | {run.peak_bytes / 2**30:.2f} |"
                )
                print(lines[-1], flush=True)
        lines += [
            "",
            "## Growth on register-like names",
            "",
            "Names, postcode and town; CPU seconds are of all threads, so they say what a quiet machine would need.",
            "",
            "| names | system | clean s (CPU) | match s (CPU) | whole s | peak GB | accounts | for review |",
            "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for size in sizes:
            given = Path(folder) / f"{size}.parquet"
            register_like(companies, int(size), 3).with_row_index("rec_id").write_parquet(given)
            lines.append(growth_row(systems()[0], given, out))
            print(lines[-1], flush=True)
        given = Path(folder) / "peers.parquet"
        register_like(companies, peers_at, 3).with_row_index("rec_id").write_parquet(given)
        for system in (s for s in systems() if "0.7" not in s.name and "0.9" not in s.name):
            lines.append(growth_row(system, given, out))
            print(lines[-1], flush=True)
    return "\n".join(lines) + "\n"


def growth_row(system: System, given: Path, out: Path) -> str:
    run = measure(system, given, out)
    count = pl.scan_parquet(given).select(pl.len()).collect().item()
    end = f"{run.seconds:.1f} | {run.peak_bytes / 2**30:.2f} |"
    if run.failed:
        return f"| {count:,} | {system.name} | failed: {run.failed} | | {end} | |"
    if not system.raw:
        accounts = pl.read_parquet(out)["cluster"].n_unique()
        return f"| {count:,} | {system.name} | | | {end} {accounts:,} | |"
    note = json.loads(out.with_suffix(".json").read_text())
    return (
        f"| {count:,} | {system.name} | {note['clean_seconds']:.1f} ({note['clean_cpu']:.1f}) "
        f"| {note['match_seconds']:.1f} ({note['match_cpu']:.1f}) | {end} {note['accounts']:,} | {note['review']:,} |"
    )


if __name__ == "__main__":
    main()
