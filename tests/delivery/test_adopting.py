"""Adopting what a filled target holds: by what our own matching says, never by a mailbox alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.adopting import REVIEW, Adopting, UnsoundReview, read_said, write_review
from tests.delivery.publications import account, lead
from tests.delivery.syncing import Syncing

FIRM = {"account_id": "A1", "account_name": "Klein Pumpen GmbH"}
ANNA = {"given_name": "Anna", "family_name": "Klein", "email": "anna.klein@klein-pumpen.de", "phone": "+497111234567"}
CARLA = {"given_name": "Carla", "family_name": "Sommer", "email": "info@klein-pumpen.de"}


@pytest.fixture
def filled(syncing: Syncing) -> Syncing:
    target = syncing.target
    firm = target.user_creates("company", name="Klein Pumpen", city="Ulm", owner="Max")
    target.user_creates("company", name="Sommer AG", city="Bonn")
    target.user_creates(
        "person", name="Dr. Anna Klein", email="anna.klein@klein-pumpen.de", phone="0711 1234567", company=firm
    )
    target.user_creates("person", name="Bernd Maier", email="info@klein-pumpen.de", company=firm)
    leads = [lead("L1", **ANNA, **FIRM), lead("L2", **CARLA, **FIRM)]
    return syncing.night(leads=leads, accounts=[account("A1", name="Klein Pumpen GmbH", city="Ulm")])


def adopted(it: Syncing, said: dict[tuple[str, str], str] | None = None) -> dict[str, str | None]:
    steps = it.plan(adopt=Adopting(it.mapping, said or {})).plan.steps
    return {step.key: step.id for step in steps if step.action == "adopt"}


def test_the_same_person_and_company_are_found_and_a_shared_mailbox_is_nobody(filled: Syncing) -> None:
    assert adopted(filled) == {"A1": "1", "L1": "3"}
    assert filled.apply().failed == 0
    assert filled.target.by_key("A1").values["owner"] == "Max"
    assert filled.target.by_key("L2").id not in ("1", "2", "3", "4")
    assert filled.actions() == []


def test_a_company_elsewhere_is_another_and_one_of_unknown_place_is_left_for_a_person(filled: Syncing) -> None:
    filled.target.user_edits("company", "1", city="Hamburg")
    assert "A1" not in adopted(filled)
    filled.target.user_edits("company", "1", city=None)
    doubtful = filled.plan(adopt=Adopting(filled.mapping)).plan.doubtful
    assert doubtful["A1"] == ("company", "1", "name")


@pytest.mark.parametrize(("word", "action"), [("adopt", "adopt"), ("new", "create")])
def test_what_a_person_decided_is_obeyed(filled: Syncing, word: str, action: str) -> None:
    filled.target.user_edits("company", "1", city=None)
    adopt = Adopting(filled.mapping, {("A1", "company", "1"): word})
    steps = filled.plan(adopt=adopt).plan.steps
    assert action in {step.action.value for step in steps if step.key == "A1"}


def test_two_that_may_be_it_are_left_for_a_person(filled: Syncing) -> None:
    filled.target.user_creates("company", name="Klein Pumpen GmbH", city="Ulm")
    planned = filled.plan(adopt=Adopting(filled.mapping))
    assert "A1" in planned.plan.doubtful
    assert "A1" not in {step.key for step in planned.plan.steps}


def test_the_review_comes_back_as_it_was_decided(syncing: Syncing) -> None:
    folder = syncing.state.path.parent
    path = write_review(folder, {"A1": ("company", "1", "name"), "L2": ("person", "=4", "=same e-mail")}, {})
    assert read_said(folder) == {}
    path.write_bytes(path.read_bytes().replace(b'A1;company;1;""', b"A1;company;1;Adopt"))
    assert read_said(folder) == {("A1", "company", "1"): "adopt"}
    write_review(folder, {}, read_said(folder))
    assert read_said(folder) == {("A1", "company", "1"): "adopt"}


HEADER = "key,kind,id,decision\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER + "A1,company,1,yes\n", f"{REVIEW}, row 2: decision is 'yes'; write adopt, new"),
        (HEADER + "L1,person,1,adopt\nL2,person,1,adopt\n", "row 3: L2 or the record 1 is adopted in a row above"),
        (HEADER + "L1,person,1,adopt\nL1,person,2,adopt\n", "row 3: L1 or the record 2 is adopted in a row above"),
        ("key,kind,decision\nL1,person,adopt\n", "column id is missing"),
        ('key,kind,id,decision\n"L1,person', "row 2: 1 cells, fewer than"),
    ],
    ids=["another word", "a record twice", "one of ours twice", "no column", "no table"],
)
def test_a_review_that_cannot_be_obeyed_is_said_with_row_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / REVIEW).write_text(text)
    with pytest.raises(UnsoundReview, match=said):
        read_said(tmp_path)


def test_ids_of_two_kinds_are_two_records(tmp_path: Path) -> None:
    (tmp_path / REVIEW).write_text(HEADER + "L1,person,1,adopt\nA1,company,1,adopt\n")
    assert read_said(tmp_path) == {("L1", "person", "1"): "adopt", ("A1", "company", "1"): "adopt"}


def test_whom_a_user_archived_is_not_made_again(filled: Syncing) -> None:
    filled.target.user_archives("person", "3")
    assert adopted(filled) == {"A1": "1", "L1": "3"}
    assert filled.apply().failed == 0
    held = filled.target.by_key("L1")
    assert (held.archived, held.values["name"]) == (True, "Dr. Anna Klein")
    assert filled.actions() == []
