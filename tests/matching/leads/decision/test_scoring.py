"""The learnt model: sane in small data, the same bytes whatever the order, chunks and threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from contracts.matched import MATCH_DECISIONS
from matching.leads.blocking import candidate_pairs
from matching.leads.clustering import cluster
from matching.leads.comparison.levels import FIELDS, MISSING
from matching.leads.decision import scoring
from matching.leads.decision.scoring import decide, score
from matching.leads.evaluate import evaluate
from matching.leads.model import learning
from matching.leads.model.learning import learn
from matching.leads.model.parameters import Model
from matching.leads.records.match_records import prepare
from tests.matching.inboxes import drawn

ROOT = Path(__file__).resolve().parents[4]


def match(leads: pl.DataFrame) -> tuple[pl.DataFrame, Model]:
    records = prepare(leads)
    pairs = candidate_pairs(records)
    model = learn(records, pairs)
    return score(records, pairs, model), model


def outcome(left: dict[str, object], right: dict[str, object]) -> str:
    return str(alone(left, right)["outcome"][0])


def pair(left: dict[str, object], right: dict[str, object]) -> float:
    return float(alone(left, right)["probability"][0])


def alone(left: dict[str, object], right: dict[str, object]) -> pl.DataFrame:
    """The decision on two records that stand alone among strangers."""
    strangers = [{"given_name": f"Vor{k}", "family_name": f"Nach{k}", "company_key": f"f{k}"} for k in range(18)]
    records = prepare(pl.DataFrame([left, right, *strangers], infer_schema_length=None))
    model = learn(records, candidate_pairs(records))
    return decide(records, np.array([0], np.uint32), np.array([1], np.uint32), model)


HANS: dict[str, object] = {"given_name": "Hans", "family_name": "Huber", "company_key": "alpha", "city": "Wien"}


def test_decisions_keep_their_promise() -> None:
    decisions, _ = match(drawn(600, seed=4))
    assert decisions.schema == MATCH_DECISIONS.schema
    assert decisions.equals(decisions.unique(["left", "right"]).sort("left", "right"))
    assert decisions["probability"].is_between(0, 1).all()
    assert set(decisions["outcome"]) <= {"merged", "review", "apart"}


@pytest.mark.parametrize("n", [40, 400, 2_000])
def test_drawn_inboxes_are_matched_precisely(n: int) -> None:
    leads = drawn(n, seed=5)
    decisions, _ = match(leads)
    rates = evaluate(cluster(decisions, n).clusters["cluster"], leads["person"]).pairs
    assert rates.precision > 0.97
    assert rates.recall > 0.9


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_records(n: int) -> None:
    decisions, model = match(drawn(2, seed=6).head(n))
    assert decisions.filter(pl.col("outcome") == "merged").height <= 1
    assert np.isfinite(model.prior_bits)


def test_missing_values_say_nothing() -> None:
    _, model = match(drawn(200, seed=7))
    assert all(model.same[field.name][MISSING] == 0 for field in FIELDS)


def test_agreement_speaks_for_and_contradiction_against() -> None:
    same = pair(HANS, HANS)
    mobile = pair({**HANS, "mobile": "+436641234567"}, {**HANS, "mobile": "+436641234567"})
    other = pair({**HANS, "mobile": "+436641234567"}, {**HANS, "mobile": "+436769999999"})
    assert other < same < mobile


def test_other_mobile_and_other_mailbox_count_against_a_merge() -> None:
    one = {**HANS, "mobile": "+436641234567", "email": "hans.huber@alpha.at", "email_kind": "company"}
    other = {**HANS, "mobile": "+436769999999", "email": "huber.hans@alpha.at", "email_kind": "company"}
    for side in (one, other):
        side["email_domain"] = side["company_domain"] = "alpha.at"
    assert pair(one, other) < pair(HANS, HANS)
    assert outcome(one, other) != "merged"


def test_a_rare_name_says_more_than_a_common_one() -> None:
    rare = {**HANS, "family_name": "Quellberger"}
    common = {**HANS, "family_name": "Müller"}
    assert pair(rare, rare) > pair(common, common)


def test_the_prior_falls_as_the_data_grows() -> None:
    handful, small, large = (match(drawn(n, seed=8))[1] for n in (10, 100, 8_000))
    assert large.prior_bits < small.prior_bits - 2
    assert abs(handful.prior_bits - small.prior_bits) < 3, "a handful of records is a handful out of a market"


def test_shuffled_input_gives_the_same_decisions() -> None:
    leads = drawn(500, seed=9)
    shuffled = leads.sample(fraction=1, shuffle=True, seed=1).sort("source", "source_record_id")
    assert match(shuffled)[0].equals(match(leads)[0])


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = drawn(500, seed=10)
    whole = match(leads)[0]
    monkeypatch.setattr(learning, "CHUNK", 17)
    monkeypatch.setattr(scoring, "CHUNK", 17)
    assert match(leads)[0].equals(whole)


def test_threads_make_no_difference(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.matching.inboxes import drawn;"
        "from tests.matching.leads.decision.test_scoring import match;"
        "match(drawn(500, seed=11))[0].write_ipc(Path(sys.argv[1]))"
    )
    for threads in ("1", "4"):
        environment = os.environ | {"POLARS_MAX_THREADS": threads, "OMP_NUM_THREADS": threads, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", program, str(tmp_path / threads)], env=environment, check=True, cwd=ROOT)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "4").read_bytes()


MOBILE: dict[str, object] = {"given_name": "Angelika", "family_name": "Jost", "mobile": "+4916029715787"}
BEFORE: dict[str, object] = {"company_key": "alpha bau", "postcode": "80331", "city": "Muenchen"}
AFTER: dict[str, object] = {"company_key": "sonne", "postcode": "20095", "city": "Hamburg"}


def test_a_mobile_follows_its_owner_to_another_firm_and_a_name_alone_does_not() -> None:
    assert outcome(MOBILE | BEFORE, MOBILE | AFTER) == "merged"
    assert outcome(MOBILE | BEFORE, MOBILE | AFTER | {"mobile": None}) != "merged"
