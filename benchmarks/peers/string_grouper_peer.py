"""string_grouper on company names: TF-IDF over letter triples, groups at a given similarity.

Runs with the interpreter of the peers' own environment:
`python string_grouper_peer.py names.parquet out.parquet 0.8`. It sees names only; that is what it is for.
"""

from __future__ import annotations

import sys

import pandas as pd
import pyarrow.parquet as pq
from string_grouper import group_similar_strings


def main(names: str, out: str, threshold: str) -> None:
    table = pq.read_table(names, columns=["rec_id", "company"]).to_pandas()
    grouped = group_similar_strings(table["company"].fillna(""), min_similarity=float(threshold), number_of_processes=2)
    index = grouped.iloc[:, 0] if isinstance(grouped, pd.DataFrame) else grouped
    pd.DataFrame({"rec_id": table["rec_id"], "cluster": pd.factorize(index)[0]}).to_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:4])
