"""kpis.toml, rates.csv and the funnels of the stage models: sound as shipped, and named where they are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qualification.figures.rules import exchange_rates, funnel, kpi_rules
from qualification.rule_files import SHIPPED, UnsoundRules


def test_limits_are_asked_by_product_before_industry() -> None:
    assert [limit.name for limit in kpi_rules().limits] == ["product", "industry"]


@pytest.mark.parametrize("model", sorted(path.stem for path in (SHIPPED / "stages").glob("*.toml")))
def test_every_model_has_a_funnel_without_visitors_and_way_back(model: str) -> None:
    ranks = funnel(model)
    assert len(ranks) >= 3
    assert list(ranks.values()) == sorted(ranks.values())
    assert not {"anonymous", "visitor", "interessent", "nurturing"} & ranks.keys()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("kpis.toml", "[margin]\n", "margin is not known"),
        ("kpis.toml", "[conversion_rate]\n", "sales_cycle is missing"),
        ("rates.csv", "currency,valid_from,rate\nCHF,2026-01-01,x\n", "CHF: "),
        ("rates.csv", "currency,valid_from,rate\nCHF,1.1.2026,1.07\n", "CHF: "),
        ("rates.csv", "currency,valid_from,rate\nCHF,2026-01-01,0\n", "0 is no rate"),
        ("rates.csv", "currency,rate\nCHF,1.07\n", "CHF: 'valid_from'"),
    ],
)
def test_unsound_rules_are_named(tmp_path: Path, name: str, content: str, says: str) -> None:
    read: dict[str, Callable[[Path], object]] = {"kpis.toml": kpi_rules, "rates.csv": exchange_rates}
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UnsoundRules) as refused:
        read[name](tmp_path)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("immature_days = 90", 'immature_days = "long"', "write numbers of days"),
        ('"industry:Maschinenbau"', '"branch:Maschinenbau"', "write industry:<word> or product:<word>"),
        ("default = 90, ", "", "default is missing"),
    ],
)
def test_a_changed_file_is_checked(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (SHIPPED / "kpis.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "kpis.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnsoundRules, match=says):
        kpi_rules(tmp_path)


def test_a_comma_is_a_decimal_sign_as_well(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text('currency,valid_from,rate\nCHF,2026-01-01,"1,07"\n', encoding="utf-8")
    assert [(currency, str(rate)) for currency, _, rate in exchange_rates(tmp_path).rows()] == [
        ("CHF", "1.070000"),
        ("EUR", "1.000000"),
    ]
