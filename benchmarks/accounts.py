"""Account matching measured: quality on labelled spellings beside peers, growth, and the peers at a register's size.

    python -m benchmarks.accounts                          all sections
    python -m benchmarks.accounts quality                  labelled spellings, all systems, three seeds
    python -m benchmarks.accounts growth --sizes 100000,646000,1000000,5000000
    python -m benchmarks.accounts peers --peers-at 646000 --limit 1200

Each section is written into results/accounts.md when it is done, with the state of the machine; the others stay.
Needs ../shared/data/register_companies.tsv.gz. Peers come from .venv-bench; without it only our system
runs. Every system is a process of its own (time is its whole life, memory that of its process tree); one that
does not finish in `--limit` seconds is stopped. Ours is given the raw rows and cleans them as every night does,
inside its time. What the labelled set is and is not: `accounts_truth`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import psutil

from benchmarks.accounts_truth import Company, labelled, register, register_like
from benchmarks.matching import PEER_PYTHON, PEERS, ROOT, System, measure, rates_of
from benchmarks.validation_one import keep_all
from contracts.raw import RAW_RECORDS
from engine.workers import cores
from enrichment.batches import clean_table
from enrichment.clean_records import ContextSource
from enrichment.enriched_records import enrich_table
from matching.accounts.company_names import COLUMNS, company_names
from matching.accounts.linking.account_clusters import account_clusters

RESULTS = ROOT / "benchmarks" / "results" / "accounts.md"
HEAD = """# Account matching, measured

`python -m benchmarks.accounts`; each section says when it ran and how busy the machine was. Pairs within clusters;
seconds of the whole process, processor seconds of all its threads and workers, memory of its process tree.
"""
GROWTH_SEED = 3

Lines = Iterator[str]


def systems() -> list[System]:
    """Ours, then each peer at three thresholds where it has one."""
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
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; by default all")
    parser.add_argument("--entities", type=int, default=4000, help="companies of the labelled set")
    parser.add_argument("--seeds", default="7,8,9", help="of the labelled set")
    parser.add_argument("--sizes", default="100000,646000,1000000,5000000", help="names, for growth")
    parser.add_argument("--peers-at", type=int, default=646_000, help="names, for the peers")
    parser.add_argument("--limit", type=float, default=1200, help="seconds a system may take")
    parser.add_argument("--match", nargs=2, metavar=("IN", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.match:
        match_file(Path(chosen.match[0]), Path(chosen.match[1]))
        return
    if unknown := set(chosen.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    companies = register()
    for name in chosen.sections or SECTIONS:
        title, section = SECTIONS[name]
        before, started = state(), time.perf_counter()
        with TemporaryDirectory() as folder:
            lines = []
            for line in section(companies, chosen, Path(folder)):
                print(line, flush=True)
                lines.append(line)
        minutes = (time.perf_counter() - started) / 60
        write_section(title, [f"{before}; {minutes:.0f} min later {load()}.", "", *lines])


def state() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{cores()} cores, {memory:.0f} GB; {time.strftime('%Y-%m-%d %H:%M')}, {load()}"


def load() -> str:
    return "load average " + ", ".join(f"{value:.1f}" for value in os.getloadavg())


def write_section(title: str, lines: Sequence[str]) -> None:
    """Replace the section of this title in the results, or add it; sections stay in the order of SECTIONS."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    kept = dict(re.findall(r"^## (.+)\n+((?:(?!## ).*\n?)*)", text, re.MULTILINE))
    kept[title] = "\n".join(lines)
    body = [f"## {name}\n\n{kept[name].strip()}\n" for name, _ in SECTIONS.values() if name in kept]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join([HEAD, *body]), encoding="utf-8")


def quality(companies: Sequence[Company], chosen: argparse.Namespace, folder: Path) -> Lines:
    yield f"{chosen.entities:,} register companies and their look-alikes per seed; distortions, look-alikes and what"
    yield "the set does not cover are stated in `benchmarks/accounts_truth.py`. string_grouper and EMM see names only,"
    yield "as they are meant to; ours and GoldenMatch see address, domain and phone as well. Our rules were tuned while"
    yield "reading errors of seeds 7 and 9; seed 8 was only scored."
    yield ""
    yield "| seed | spellings | system | precision | recall | F1 | seconds | CPU s | peak GB |"
    yield "| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    out = folder / "out.parquet"
    for seed in [int(s) for s in chosen.seeds.split(",")]:
        rows = labelled(companies, chosen.entities, seed).with_row_index("rec_id")
        truth = rows.select("rec_id", entity_id="entity")
        given = folder / "rows.parquet"
        rows.drop("entity", "kind").write_parquet(given)
        for system in systems():
            run = measure(system, given, out, limit=chosen.limit)
            figures = f"{run.failed} | | "
            if not run.failed:
                rates = rates_of(out, truth)
                figures = f"{rates.precision:.4f} | {rates.recall:.4f} | {rates.f1:.4f}"
            cost = f"{run.seconds:.1f} | {run.cpu_seconds:.1f} | {run.peak_bytes / 2**30:.2f}"
            yield f"| {seed} | {rows.height:,} | {system.name} | {figures} | {cost} |"


def growth(companies: Sequence[Company], chosen: argparse.Namespace, folder: Path) -> Lines:
    yield f"Our system on names by the word statistics of {len(companies):,} register names, with postcode and town."
    yield ""
    yield "| names | clean s (CPU) | match s (CPU) | whole s | peak GB | µs a name | accounts | for review |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for size in [int(s) for s in chosen.sizes.split(",")]:
        given, out = register_file(companies, size, folder), folder / "out.parquet"
        run = measure(systems()[0], given, out, limit=chosen.limit)
        cost = f"{run.seconds:.1f} | {run.peak_bytes / 2**30:.2f} | {run.seconds / size * 1e6:.0f}"
        if run.failed:
            yield f"| {size:,} | {run.failed} | | {cost} | | |"
            continue
        note = json.loads(out.with_suffix(".json").read_text())
        steps = " | ".join(f"{note[f'{s}_seconds']:.1f} ({note[f'{s}_cpu']:.1f})" for s in ("clean", "match"))
        yield f"| {size:,} | {steps} | {cost} | {note['accounts']:,} | {note['review']:,} |"


def peers(companies: Sequence[Company], chosen: argparse.Namespace, folder: Path) -> Lines:
    yield f"All systems on the same {chosen.peers_at:,} names, {chosen.limit:,.0f} s at most for each."
    yield ""
    yield "| names | system | seconds | CPU s | peak GB | clusters |"
    yield "| ---: | --- | ---: | ---: | ---: | ---: |"
    given, out = register_file(companies, chosen.peers_at, folder), folder / "out.parquet"
    for system in (s for s in systems() if "0.7" not in s.name and "0.9" not in s.name):
        run = measure(system, given, out, limit=chosen.limit)
        clusters = run.failed or f"{pl.read_parquet(out)['cluster'].n_unique():,}"
        cost = f"{run.seconds:.1f} | {run.cpu_seconds:.1f} | {run.peak_bytes / 2**30:.2f}"
        yield f"| {chosen.peers_at:,} | {system.name} | {cost} | {clusters} |"


SECTIONS: dict[str, tuple[str, Callable[[Sequence[Company], argparse.Namespace, Path], Lines]]] = {
    "quality": ("Quality on spellings with truth", quality),
    "growth": ("Growth on register-like names", growth),
    "peers": ("Peers at the size of a register", peers),
}


def register_file(companies: Sequence[Company], size: int, folder: Path) -> Path:
    path = folder / f"{size}.parquet"
    register_like(companies, size, GROWTH_SEED).with_row_index("rec_id").write_parquet(path)
    return path


def match_file(rows: Path, out: Path) -> None:
    """Our system as the peers run: raw rows in, rec_id and cluster out, with a note of time per step beside it."""
    clock, cpu = time.perf_counter(), processor_time()
    with TemporaryDirectory() as folder:
        clean, enriched = Path(folder) / "clean.parquet", Path(folder) / "enriched.parquet"
        clean_table(as_raw(pl.scan_parquet(rows)), clean, Path(folder) / "rejects.parquet", ContextSource(), keep_all)
        enrich_table(clean, enriched)
        names, name_of_record = company_names(pl.read_parquet(enriched, columns=list(COLUMNS)))
    cleaned, cleaned_cpu = time.perf_counter(), processor_time()
    found = account_clusters(names)
    done, done_cpu = time.perf_counter(), processor_time()
    cluster = name_of_record.to_frame("name").join(found.clusters, on="name", how="left", maintain_order="left")
    number = pl.int_range(names.height, names.height + pl.len())
    pl.concat([pl.read_parquet(rows, columns=["rec_id"]), cluster.select("cluster")], how="horizontal").with_columns(
        pl.coalesce(pl.col("cluster").cast(pl.Int64), number)
    ).write_parquet(out)
    note = {
        "clean_seconds": cleaned - clock,
        "clean_cpu": cleaned_cpu - cpu,
        "match_seconds": done - cleaned,
        "match_cpu": done_cpu - cleaned_cpu,
        "review": found.review.height,
        "accounts": found.clusters["cluster"].n_unique(),
    }
    out.with_suffix(".json").write_text(json.dumps(note))


def as_raw(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of accounts_truth as contracts.raw.RAW_RECORDS."""
    given = {"phone": "phone", "website": "domain"} | {
        c: c for c in ("company", "street", "house_number", "postcode", "city")
    }
    present = rows.collect_schema().names()
    stated = {field: pl.col(column) for field, column in given.items() if column in present}
    stated |= {"source": pl.lit("bench"), "source_record_id": pl.col("rec_id").cast(pl.String), "country": pl.lit("DE")}
    return rows.select(
        stated.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in RAW_RECORDS.schema.items()
    )


def processor_time() -> float:
    """Of this process and the workers it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


if __name__ == "__main__":
    main()
