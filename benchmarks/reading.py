"""Reading: one big CSV into the store, against CSV readers that only parse it.

Every reader runs in a process of its own over the same file, in turns, so that a busy machine slows all of
them; the best of the rounds counts. Ours parses, finds encoding, dialect and fields, hashes file and rows,
checks every count and writes Parquet; the others leave columns of text in memory.

    python -m benchmarks.reading --rows 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

TARGET = Path(__file__).parent / "results" / "reading.md"
READERS = ("lead refinery", "polars", "duckdb", "pyarrow")


def main() -> None:
    """Print the table in Markdown and write it to `results/reading.md`; as JSON with `--json`."""
    parser = argparse.ArgumentParser(description="Benchmark of reading one CSV file")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        path = Path(folder) / "inbox" / "online" / "web" / "leads.csv"
        write_leads(path, stated.rows)
        results = measure(path, Path(folder), stated.rounds)
    if stated.json:
        print(json.dumps(results))
        return
    report = f"# Reading one CSV file\n\n{machine()}\n\n{table(results, stated.rows)}\n"
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(report, encoding="utf-8")
    print(report)


def machine() -> str:
    """What it ran on and how busy that was, in a sentence: other work there costs threads more than single ones."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return (
        f"`python -m benchmarks.reading`, {cores} cores, load {load:.1f} at the end. Best of the rounds for each "
        "figure; processor seconds count all threads and say more than seconds where others work on the machine."
    )


def write_leads(path: Path, rows: int) -> None:
    """A semicolon CSV in UTF-8 as a web form exports it, 12 columns, about 180 bytes a row."""
    path.parent.mkdir(parents=True)
    number = pl.int_range(rows, eager=True, dtype=pl.Int64)

    def pick(words: list[str], step: int) -> pl.Series:
        return pl.Series(words).gather((number * step + number // 7) % len(words))

    given = pick(["Jürgen", "Änne", "Max", "Sabine", "Zoë", "Karl-Heinz", "Eva", "Uwe"], 3)
    family = pick(["Müller", "Groß", "Schmidt", "Öztürk", "von der Heide", "Weiß", "Meier"], 5)
    company = pick(["Käse & Söhne GmbH", "Straßenbau AG", "Öl Köln KG", "Werkzeug GmbH & Co. KG", "Bau SE"], 2)
    digits = number.cast(pl.String).str.zfill(7)
    frame = pl.DataFrame({"Lead-ID": "L-" + digits, "Vorname": given, "Nachname": family})
    frame = frame.with_columns(
        (pl.lit("kontakt") + digits + pl.lit("@firma") + (number % 5000).cast(pl.String) + pl.lit(".example")).alias(
            "E-Mail"
        ),
        pl.when(number % 4 != 0).then(pl.lit("+49 711 ") + digits).alias("Telefon"),
        (company + " " + (number % 90000).cast(pl.String)).alias("Firma"),
        pick(["Einkaufsleiter", "Geschäftsführerin", "Leiter IT", "Sachbearbeitung"], 1).alias("Position"),
        (pl.lit("Hauptstraße ") + (number % 250).cast(pl.String)).alias("Straße"),
        pick(["01067", "70173", "80331", "50667", "10115"], 1).alias("PLZ"),
        pick(["Dresden", "Stuttgart", "München", "Köln", "Berlin"], 1).alias("Ort"),
        pl.lit("2025-03-12 09:30:00").alias("Erfasst am"),
        pl.when(number % 3 == 0).then(pl.lit('Bitte "heute" anrufen; danke')).alias("Bemerkung"),
    )
    frame.write_csv(path, separator=";")


def measure(path: Path, home: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds, processor seconds (best) and peak memory in MB of each reader, without start and imports."""
    best: dict[str, dict[str, float]] = {}
    for turn in range(rounds):
        for reader in READERS:
            command = [sys.executable, "-m", "benchmarks.reading_one", reader, str(path), str(home / f"store{turn}")]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
            result = json.loads(done.stdout)
            known = best.setdefault(reader, result)
            for figure in ("seconds", "processor"):
                known[figure] = min(known[figure], result[figure])
            known["peak_mb"] = max(known["peak_mb"], result["peak_mb"])
            time.sleep(0.1)
    return best


def table(results: dict[str, dict[str, float]], rows: int) -> str:
    """The results as a Markdown table, with the ratio to the fastest reader alone."""
    others = [result for reader, result in results.items() if reader != READERS[0]]
    fastest = {figure: min(result[figure] for result in others) for figure in ("seconds", "processor")}
    lines = [
        f"| {rows:,} rows | seconds | rows/s | times the fastest | processor seconds | times the least | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for reader, result in results.items():
        seconds, processor = result["seconds"], result["processor"]
        lines.append(
            f"| {reader} | {seconds:.2f} | {rows / seconds:,.0f} | {seconds / fastest['seconds']:.1f} "
            f"| {processor:.2f} | {processor / fastest['processor']:.1f} | {result['peak_mb']:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
