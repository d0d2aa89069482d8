"""The rule files of the hand-over: the shipped ones are sound, and an unsound one is named with its remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contracts.reasons import reasons
from qualification.handover.facts import KNOWN, head_count
from qualification.handover.follow import LEFT, MERGED, MISSED
from qualification.handover.holds import ENDS, HoldRules, read_holds
from qualification.handover.routing import read_routes
from qualification.handover.rules import handover_rules
from qualification.rule_files import SHIPPED, UnsoundRules, rule_file


def test_the_shipped_rules_are_sound() -> None:
    rules = handover_rules()
    assert [hold.code for hold in rules.holds.holds][:2] == ["opted_out", "not_publishable"]
    assert [window.name for window in rules.sla.windows] == [
        "hot",
        "mql_contact",
        "tal_accept",
        "tql_qualify",
        "sal_accept",
    ]
    assert rules.trigger_kinds == {"demo_request", "contact_request"}
    assert set(rules.people) == {"petra.vogt", "jan.huber", "lea.frei"}


def written(home: Path, name: str, old: str, new: str) -> Path:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    assert old in text
    (home / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return home


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "handover.toml",
            "'opted_out' in block_reasons",
            "opted_out in block_reason",
            "hold opted_out: when: nothing is known",
        ),
        (
            "handover.toml",
            'then = "stop"',
            'then = "halt"',
            "hold opted_out: then = halt is not known; write stop, hold",
        ),
        ("handover.toml", 'then = "stop"', "", "hold opted_out: then: a hold has code, when and then"),
        ("handover.toml", 'code = "not_publishable"', 'code = "opted_out"', "hold opted_out stands there twice"),
        ("handover.toml", 'then = "stop"', "then = 3", "put them in quotes"),
        ("handover.toml", "from = 10000, below = 100000", "from = 9000, below = 100000", "overlap"),
        ("handover.toml", "served_countries =", "served_country =", "served_country is not known"),
        ("handover.toml", 'served_countries = ["DE", "AT", "CH", "LI"]', 'served_countries = "DE"', "list of texts"),
        ("routing.csv", "employees_to", "employees_until", "the columns employees_to are missing"),
        (
            "routing.csv",
            "mid_southwest,round_robin",
            "mid_southwest,random",
            "priority 20: assign = random is not known",
        ),
        ("routing.csv", "20,DE", "x,DE", "priority x"),
        ("routing.csv", "unassigned,manual", ",manual", "priority 99: it names no team"),
        ("people.csv", "2026-03-09", "9.3.2026", "petra.vogt: "),
        ("people.csv", "2026-03-13", "2026-03-01", "petra.vogt: 2026-03-09 is later"),
        ("people.csv", "Europe/Zurich", "Europe/Zürich", "is no time zone"),
        ("people.csv", "CH-ZH", "CH-XX", "holidays of CH-XX are not known"),
        ("people.csv", "jan.huber", "", "names no owner"),
        ("people.csv", "CH-ZH,", "CH-ZH,Jan.Huber", "jan.huber is the name of two owners"),
        (
            "people.csv",
            "jan.huber,mid_southwest,2024-01-01,,,,30",
            "petra.vogt,smb,2024-01-01,,,,9",
            "contradict each other",
        ),
        ("sla.toml", 'timezone = "Europe/Berlin"', 'timezone = "Berlin"', "Berlin is no time zone"),
        ("sla.toml", 'holidays = "DE"', 'holidays = "DE-XX"', "holidays of DE-XX are not known"),
        ("sla.toml", 'mon = "08:00-18:00"', 'mon = "18:00-08:00"', "does not end on the same day"),
        ("sla.toml", 'mon = "08:00-18:00"', 'mon = "08:00-13:00,12:00-17:00"', "hours of mon overlap"),
        ("sla.toml", "mon =", "monday =", "monday is no weekday"),
        ("sla.toml", "business_minutes = 60 ", "business_minutes = 0 ", "must be more than 0"),
        ("sla.toml", 'applies = "trigger"', 'applies = "hot"', "applies is trigger, mql or"),
        ("sla.toml", "at_share = [0.5, 1.0, 2.0]", "at_share = [0.5, 1.0]", "one number for each of note, team_lead"),
        ("sla.toml", "at_share = [0.5, 1.0, 2.0]", "at_share = [2, 1, 0.5]", "must rise"),
        ("sla.toml", "[60, 120, 1440]", "[]", "buckets_wall_minutes"),
        ("sla.toml", "[stop]", "[stops]", "stops is not known"),
        ("sla.toml", "kinds =", "kind =", "kinds is missing"),
    ],
)
def test_unsound_rules_are_named(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    with pytest.raises(UnsoundRules) as refused:
        handover_rules(written(tmp_path, name, old, new))
    assert str(tmp_path / name) in str(refused.value)
    assert says in str(refused.value)


def holds() -> HoldRules:
    return read_holds(rule_file("handover.toml"))


def test_every_code_of_a_hand_over_has_a_sentence() -> None:
    codes = {hold.code for hold in holds().holds} | {"no_rule", "nobody_there", "queue_full", MISSED, LEFT, MERGED}
    assert codes | {"lead_gone", "no_longer_qualified"} <= reasons().keys()


@pytest.mark.parametrize(
    ("value", "name"),
    [(0.0, "marketing"), (9999.99, "marketing"), (10000.0, "inside"), (100000.0, "inside_and_field"), (None, None)],
)
def test_price_classes(value: float | None, name: str | None) -> None:
    assert holds().price_class(value) == name


def test_every_end_and_name_is_told_in_the_file() -> None:
    text = (SHIPPED / "handover.toml").read_text(encoding="utf-8")
    assert all(f"{end}:" in text for end in ENDS)
    assert [name for name in KNOWN if not re.search(rf"[ (]{re.escape(name)}[ ,(\n]", text)] == []


def test_the_order_of_lines_decides_nothing(tmp_path: Path) -> None:
    header, *lines = (SHIPPED / "routing.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "routing.csv").write_text("\n".join([header, *reversed(lines)]), encoding="utf-8")
    assert read_routes(rule_file("routing.csv", tmp_path)) == read_routes(rule_file("routing.csv"))


@pytest.mark.parametrize(
    ("facts", "team"),
    [
        ({"country": "DE", "postcode": "70174", "employees": 300.0}, "mid_southwest"),
        ({"country": "DE", "postcode": "01067", "employees": 300.0}, None),
        ({"country": "AT", "postcode": "7000", "employees": 300.0}, "austria"),
        ({"country": "DE", "postcode": "7017", "employees": 300.0}, None),
        ({"country": "DE", "industry": "maschinenbau ", "product": "Ersatzteile"}, "service_sales"),
        ({"country": "DE", "industry": "Maschinenbau"}, None),
        ({"country": "DE", "employees": 249.0}, "smb"),
        ({"country": "DE", "employees": 999.0, "postcode": "70000"}, "mid_southwest"),
        ({"country": "DE", "employees": 1000.0, "postcode": "70000"}, "enterprise"),
        ({}, None),
    ],
    ids=str,
)
def test_which_row_a_lead_meets(facts: dict[str, object], team: str | None) -> None:
    met = next(route for route in handover_rules().routes if route.meets(facts))
    assert met.team == (team or "unassigned")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("250", 250), ("250-999", 250), ("50–249", 50), ("1.000+", 1000), ("ca. 1'200", 1200), ("10 000", 10000),
        ("> 5000 Mitarbeiter", 5000), ("viele", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_size_as_written(text: str | None, count: float | None) -> None:
    assert head_count(text) == count
