"""Entity Matching Model (emm) on company names: cosine indexers over words and letters, names against themselves.

Runs with the interpreter of the peers' own environment: `python emm_peer.py names.parquet out.parquet 0.8`.
Untrained, as delivered: candidates of its indexers from the given cosine similarity on are one company.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from emm import PandasEntityMatching
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def main(names: str, out: str, threshold: str) -> None:
    table = pd.read_parquet(names, columns=["rec_id", "company"])
    given = pd.DataFrame({"id": np.arange(len(table)), "name": table["company"].fillna("")})
    model = PandasEntityMatching(
        {
            "name_only": True,
            "entity_id_col": "id",
            "name_col": "name",
            "preprocessor": "preprocess_merge_abbr",
            "indexers": [
                {
                    "type": "cosine_similarity",
                    "tokenizer": "characters",
                    "ngram": 2,
                    "num_candidates": 10,
                    "cos_sim_lower_bound": float(threshold),
                }
            ],
            "supervised_on": False,
        }
    )
    model.fit(given)
    found = model.transform(given)
    left, right = found["entity_id"].to_numpy(), found["gt_entity_id"].to_numpy()
    kept = ~(pd.isna(left) | pd.isna(right))
    left, right = left[kept].astype(np.int64), right[kept].astype(np.int64)
    size = len(table)
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), (size, size))
    _, cluster = connected_components(graph, directed=False)
    pd.DataFrame({"rec_id": table["rec_id"], "cluster": cluster}).to_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:4])
