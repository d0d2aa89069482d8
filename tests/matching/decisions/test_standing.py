"""How decisions stand: those that do not count are told apart, with the reason."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.decisions.log import Decision, read_decisions
from matching.decisions.standing import Standing, standing
from tests.matching.decisions.said import TODAY, cannot, company, keys, lines, must, names, revoke

RECORDS = keys("web/a", "web/b", "web/c", "fair/d")
COMPANIES = names("Müller GmbH", "Schmidt AG", "Bauer KG")
A, B, C = "web/a", "web/b", "web/c"
M, S = "Müller GmbH", "Schmidt AG"


def stand(*decisions: Decision, today: date = TODAY) -> Standing:
    return standing(lines(*decisions), RECORDS, COMPANIES, today)


def states(found: Standing) -> dict[str, str]:
    return dict(found.decisions.select("id", "state").iter_rows())


def field(name: str, value: str, *records: str) -> Decision:
    return Decision("lead", "set_field", records, field=name, value=value)


def unmerge(left: tuple[str, ...], right: tuple[str, ...]) -> Decision:
    return Decision("lead", "unmerge", left, right)


@pytest.mark.parametrize(
    ("decisions", "expected"),
    [
        ([must(A, B)], ["active"]),
        ([must(A, B, TODAY)], ["active"]),
        ([must(A, B, TODAY - timedelta(days=1))], ["expired"]),
        ([must(A, B), revoke(1)], ["revoked"]),
        ([must(A, B), revoke(1), must(A, B)], ["revoked", "active"]),
        ([must(A, "web/nobody")], ["unused"]),
        ([must(A, A)], ["unused"]),
        ([unmerge(("web/nobody", A), (B, "web/nobody"))], ["active"]),
        ([must(A, B), cannot(A, B)], ["contradicted", "active"]),
        ([cannot(A, B), must(A, B)], ["active", "contradicted"]),  # whichever came last
        ([must(A, B), must(B, C), cannot(A, C)], ["contradicted", "contradicted", "active"]),
        ([must(A, B), must(B, C), cannot(A, C), revoke(1)], ["revoked", "active", "active"]),
        ([must(A, B, TODAY - timedelta(days=1)), must(B, C), cannot(A, C)], ["expired", "active", "active"]),
        ([must(A, B), must(C, "fair/d"), unmerge((A,), (B, C))], ["contradicted", "active", "active"]),
        ([field("city", "Ulm", A), field("city", "Bonn", A, B)], ["replaced", "active"]),
        ([field("city", "Ulm", A), field("street", "Weg", A), field("city", "Bonn", B)], ["active"] * 3),
        ([field("city", "Ulm", A), field("city", "Bonn", A), revoke(2)], ["active", "revoked"]),
        ([field("city", "Ulm", "web/nobody")], ["unused"]),
        ([company("must_link", M, S), company("cannot_link", "MUELLER", S)], ["contradicted", "active"]),
        ([company("must_link", "Müller GmbH", "Nobody AG")], ["unused"]),
        ([company("rename", M, "Müller"), company("rename", "MUELLER GMBH", "N")], ["replaced", "active"]),
        ([company("set_parent", M, S), company("set_parent", M, "Bauer KG")], ["replaced", "active"]),
        ([company("set_parent", M, S), company("set_parent", S, "MUELLER")], ["contradicted"] * 2),
    ],
)
def test_states(decisions: list[Decision], expected: list[str]) -> None:
    assert list(states(stand(*decisions)).values()) == expected


def test_a_contradiction_names_every_line_who_when_and_the_remedy() -> None:
    (told,) = stand(must(A, B), must(B, C), cannot(A, C)).contradictions
    assert told.what == (
        "cannot_link (decisions.csv, row 4, anna, 2026-03-01) parts what must_link (decisions.csv, row 2, anna, "
        "2026-03-01) and must_link (decisions.csv, row 3, anna, 2026-03-01) join"
    )
    assert told.remedy == "`leads decide revoke 3 or 1 or 2`"
    assert "web/" not in told.tonight


def test_lines_written_by_hand_are_named_by_file_and_row(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(
        "decision,left_source,left_id,right_source,right_id,who\n"
        "must_link,web,a,web,b,anna\n\nmust_link,web,b,web,c,\ncannot_link,web,c,web,a,bernd\n",
        encoding="utf-8",
    )
    (told,) = standing(read_decisions(tmp_path), RECORDS, COMPANIES, TODAY).contradictions
    assert told.what == (
        "cannot_link (leads.csv, row 5, bernd) parts what must_link (leads.csv, row 2, anna) and must_link "
        "(leads.csv, row 4) join"
    )
    assert "delete one of the lines" in told.remedy


def test_why_a_decision_does_not_count_is_said() -> None:
    found = stand(must(A, B), must(A, C, TODAY - timedelta(days=1)), must(A, "web/x"), revoke(1)).decisions
    assert found["note"].to_list() == [
        "by 4, anna on 2026-03-01",
        f"it held until {TODAY - timedelta(days=1)}",
        "`right` is no record that was read tonight",
    ]


PAIR = st.tuples(st.sampled_from([A, B, C, "fair/d"]), st.sampled_from([A, B, C, "fair/d"])).filter(
    lambda it: it[0] != it[1]
)


@pytest.mark.slow
@given(
    st.lists(st.builds(lambda make, pair: make(*pair), st.sampled_from([must, cannot]), PAIR), max_size=8),
    st.integers(),
)
def test_links_stand_alike_in_any_order(decisions: list[Decision], seed: int) -> None:
    shuffled = decisions.copy()
    random.Random(seed).shuffle(shuffled)

    def active(said: list[Decision]) -> set[tuple[str, frozenset[str]]]:
        rows = stand(*said).active.select("decision", "left", "right").iter_rows()
        return {(decision, frozenset(pair)) for decision, *pair in rows}

    assert active(decisions) == active(shuffled)
