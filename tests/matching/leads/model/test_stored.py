"""The model as a table: what decided can explain, bit by bit, as long as the rules compare the same."""

from __future__ import annotations

import math

import polars as pl
import pytest

from contracts.matched import MATCH_MODEL
from matching.leads.blocking import candidate_pairs
from matching.leads.decision.scoring import score
from matching.leads.model.learning import learn
from matching.leads.model.stored import OtherRules, as_table, from_table
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import drawn


def test_the_model_comes_back_as_it_was_and_decides_the_same() -> None:
    records = prepare(drawn(300, 1))
    pairs = candidate_pairs(records)
    model = learn(records, pairs)
    table = as_table(model)
    assert table.schema == MATCH_MODEL.schema
    assert not table.select(MATCH_MODEL.key).is_duplicated().any()
    assert from_table(table) == model
    assert score(records, pairs, from_table(table)).equals(score(records, pairs, model))


def test_a_model_of_no_pairs_comes_back_too() -> None:
    records = prepare(drawn(300, 1).head(0))
    model = learn(records, candidate_pairs(records))
    assert any(math.isinf(bits) for levels in model.stranger.values() for bits in levels)
    assert from_table(as_table(model)) == model


@pytest.mark.parametrize(
    "other",
    [pl.col("field") != "e-mail", (pl.col("field") != "e-mail") | (pl.col("place") > 0), pl.col("figure") != "n"],
    ids=["a field fewer", "a level fewer", "a figure fewer"],
)
def test_a_model_of_other_rules_is_said_to_be_one(other: pl.Expr) -> None:
    records = prepare(drawn(300, 1))
    table = as_table(learn(records, candidate_pairs(records)))
    with pytest.raises(OtherRules, match="leads run"):
        from_table(table.filter(other.fill_null(True)))
