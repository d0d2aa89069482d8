"""Fit: one column, an operator, a value; what nobody knows gives `else`."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from qualification.rule_files import SHIPPED
from qualification.scoring.fit import fit
from qualification.scoring.people import people
from qualification.scoring.rules import scoring_rules
from tests.qualification.rows import leads, utc

TEXT = (SHIPPED / "scoring.toml").read_text(encoding="utf-8")
RULES = scoring_rules()


@pytest.mark.parametrize(
    ("facts", "score", "grade"),
    [
        ({}, 0.0, "D"),
        ({"country": "DE"}, 10.0, "D"),
        ({"country": "FR"}, 0.0, "D"),
        ({"industry": "Maschinenbau", "country": "CH"}, 30.0, "C"),
        ({"industry": " MASCHINENBAU"}, 20.0, "C"),
        ({"budget_amount": 10000.0}, 10.0, "D"),
        ({"budget_amount": 9999.99}, 0.0, "D"),
        ({"timeframe_months": 3}, 15.0, "D"),
        ({"timeframe_months": 4}, 0.0, "D"),
        ({"email_kind": "disposable", "country": "DE"}, -40.0, "D"),
        ({"seniority": "trainee", "buying_role": "user"}, -15.0, "D"),
        ({"country": "DE", "source_kind": "bought_list"}, -5.0, "D"),
        ({"country": "DE", "source_kind": "first_party"}, 10.0, "D"),
        ({"employees_band": "250-999", "country": "AT", "buying_role": "buyer"}, 40.0, "B"),
        (
            {
                **{"industry": "Automotive", "employees_band": "250-999", "country": "DE", "seniority": "c_level"},
                **{"buying_role": "decider", "budget_amount": 50000.0, "timeframe_months": 1},
            },
            100.0,
            "A",
        ),
    ],
    ids=[
        *(
            "nothing known",
            "a country",
            "another country",
            "industry",
            "industry in capitals",
            "budget at the bound",
            "budget below it",
        ),
        *(
            "months at the bound",
            "months above it",
            "a throw-away mailbox",
            "a trainee",
            "a bought list",
            "first party",
        ),
        *("B", "more than the range"),
    ],
)
def test_fit(facts: dict[str, Any], score: float, grade: str) -> None:
    scores, rows = fit(pl.DataFrame({"lead_id": ["A"], **{name: [value] for name, value in facts.items()}}), RULES)
    assert scores.rows() == [("A", score, grade)]
    assert rows["contribution"].sum() == score
    assert (rows["part"] == "cap").sum() == (score == 100)


def test_what_is_unknown_gives_else_whether_the_column_is_empty_or_absent(tmp_path: Path) -> None:
    text = TEXT.replace("at_most = 3\npoints = 15", "at_most = 3\npoints = 15\nelse = -2.5")
    (tmp_path / "scoring.toml").write_text(text, encoding="utf-8")
    rules = scoring_rules(tmp_path)
    for facts in ({}, {"timeframe_months": [None]}, {"timeframe_months": [9]}):
        scores, rows = fit(pl.DataFrame({"lead_id": ["A"], **facts}), rules)
        assert scores["fit"].to_list() == [-2.5]
        assert rows["contribution"].sum() == -2.5


def test_facts_go_before_the_words_of_a_lead() -> None:
    facts = pl.DataFrame({"lead_id": ["A"], "industry": ["Maschinenbau"], "budget_amount": [20000.0]})
    nobody = pl.DataFrame(schema={"lead_id": pl.String, "customer_since": pl.Datetime("us", "UTC")})
    known = people(leads({"industry": "Machinery & tools"}), facts, nobody)
    assert known["industry"].to_list() == ["Maschinenbau"]
    assert fit(known, RULES)[0]["fit"].to_list() == [30.0]


@pytest.mark.parametrize(
    ("reasons", "objected", "customer"),
    [
        ([], False, False),
        (["opted_out"], True, False),
        (["suppressed"], True, False),
        (["existing_customer"], False, True),
    ],
    ids=["nothing", "objected", "on a list of objections", "a customer of old"],
)
def test_block_reasons_tell_of_objections_and_customers(reasons: list[str], objected: bool, customer: bool) -> None:
    nobody = pl.DataFrame(schema={"lead_id": pl.String, "customer_since": pl.Datetime("us", "UTC")})
    known = people(leads({"block_reasons": reasons}), pl.DataFrame(schema={"lead_id": pl.String}), nobody)
    assert known["objected"].to_list() == [objected]
    assert known["customer_since"].is_not_null().to_list() == [customer]


def test_a_customer_is_one_since_the_first_order() -> None:
    orders = pl.DataFrame({"lead_id": ["A", "A"], "customer_since": [utc("2026-05-01 00:00"), utc("2026-02-01 00:00")]})
    known = people(leads(), pl.DataFrame(schema={"lead_id": pl.String}), orders)
    assert known["customer_since"].to_list() == [utc("2026-02-01 00:00")]
