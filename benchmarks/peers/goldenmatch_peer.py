"""GoldenMatch 3 on a file of leads, by its own zero-tuning probabilistic configuration.

Runs with the interpreter of the peers' own environment: `python goldenmatch_peer.py leads.parquet out.parquet`.
The suggestion step after the run is switched off: it is advice for a person and costs time.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("GOLDENMATCH_SUGGEST_ON_DEDUPE", "0")
os.environ.setdefault("GOLDENMATCH_TELEMETRY", "0")

import goldenmatch as gm
import pyarrow as pa
import pyarrow.parquet as pq
from goldenmatch.core.autoconfig import auto_configure_probabilistic_df


def main(leads: str, out: str) -> None:
    table = pq.read_table(leads)
    values = table.drop_columns(["rec_id"])
    config = auto_configure_probabilistic_df(values)
    result = gm.dedupe_df(values, config=config, confidence_required=False)
    cluster = list(range(table.num_rows))
    for number, found in result.clusters.items():
        members = found["members"]
        for member in members:
            cluster[member] = table.num_rows + number
    pq.write_table(pa.table({"rec_id": table["rec_id"], "cluster": pa.array(cluster)}), out)


if __name__ == "__main__":
    main(*sys.argv[1:3])
