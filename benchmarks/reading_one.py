"""One reader over one file, in a process of its own; `reading` starts it and reads the JSON it prints."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    """Read, and print seconds, processor seconds over all threads, and the peak of memory."""
    reader, path, store = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    read = prepared(reader, path, store)
    start, used = time.perf_counter(), time.process_time()
    rows = read()
    seconds, processor = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "processor": processor, "peak_mb": peak, "rows": rows}))


def prepared(reader: str, path: Path, store: Path) -> Callable[[], int]:
    """The reader with everything imported."""
    if reader == "polars":
        import polars as pl

        return lambda: pl.read_csv(path, separator=";", infer_schema=False).height
    if reader == "duckdb":
        import duckdb

        query = f"SELECT * FROM read_csv('{path}', delim=';', quote='\"', header=true, all_varchar=true)"
        connection: Any = duckdb.connect()
        return lambda: int(connection.execute(query).to_arrow_table().num_rows)
    if reader == "pyarrow":
        import pyarrow.csv as pacsv

        options = pacsv.ParseOptions(delimiter=";")
        return lambda: int(pacsv.read_csv(path, parse_options=options).num_rows)
    from sources.inbox import read_inbox

    inbox = path.parents[2]
    return lambda: read_inbox(inbox, store, inbox.parent / "sources").records


if __name__ == "__main__":
    main()
