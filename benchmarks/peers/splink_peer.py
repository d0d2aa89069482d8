"""Splink 5 on a file of leads, configured as its tutorials advise.

Runs with the interpreter of the peers' own environment: `python splink_peer.py leads.parquet out.parquet STYLE`,
STYLE `tutorial` (the deduplication tutorial's steps: default comparisons, random sampling for u, two EM passes; but
e-mails exact, for its EmailComparison credits a shared mail domain, which joins everybody at a million leads: F1 .014)
or `account` (hand-tuned for leads: company and postcode as one comparison because colleagues share both,
no credit for a shared mail domain, exact phones).
"""

from __future__ import annotations

import sys
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


def main(leads: str, out: str, style: str) -> None:
    connection = duckdb.connect()
    table = connection.sql(f"SELECT * FROM read_parquet('{leads}')").to_arrow_table()
    comparisons = tutorial() if style == "tutorial" else account_aware()
    # The tutorial's few rules; blocking on the firm as well floods a model that knows no colleagues.
    firm_rules = [] if style == "tutorial" else [block_on("last_name", "company"), block_on("first_name", "company")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="rec_id",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("first_name", "last_name"),
            block_on("last_name", "postcode"),
            *firm_rules,
        ],
        retain_matching_columns=False,
    )
    api = DuckDBAPI(connection=":memory:")
    linker = Linker(api.register(table), settings, log_level=None)
    training = linker.training
    rules = [block_on("email"), block_on("phone"), block_on("first_name", "last_name", "company")]
    training.estimate_probability_two_random_records_match(rules, recall=0.8)
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "last_name"))
    training.estimate_parameters_using_expectation_maximisation(block_on("email"))
    predictions = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=0.95
    )
    found = clusters.as_duckdbpyrelation()
    found.select("rec_id, cluster_id AS cluster").write_parquet(out)


def tutorial() -> list[Any]:
    return [
        cl.NameComparison("first_name"),
        cl.NameComparison("last_name"),
        cl.ExactMatch("email"),
        cl.LevenshteinAtThresholds("phone", [1, 2]),
        cl.JaroWinklerAtThresholds("company", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("city", [0.9]).configure(term_frequency_adjustments=True),
    ]


def account_aware() -> list[Any]:
    firm = cl.CustomComparison(
        output_column_name="firm",
        comparison_levels=[
            cll.And(cll.NullLevel("company"), cll.NullLevel("postcode")).configure(is_null_level=True),
            cll.And(cll.ExactMatchLevel("company"), cll.ExactMatchLevel("postcode")),
            cll.ExactMatchLevel("company", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("company", 0.9),
            cll.ExactMatchLevel("postcode", term_frequency_adjustments=True),
            cll.ElseLevel(),
        ],
    )
    mail = cl.CustomComparison(
        output_column_name="mail",
        comparison_levels=[
            cll.NullLevel("email"),
            cll.ExactMatchLevel("email", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("email", 0.97),
            cll.ElseLevel(),
        ],
    )
    return [
        cl.NameComparison("first_name"),
        cl.NameComparison("last_name"),
        mail,
        cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        firm,
    ]


if __name__ == "__main__":
    main(*sys.argv[1:4])
