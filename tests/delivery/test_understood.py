"""Answers that no documentation knows: nothing of them counts, nothing falls over, and the next sync is right again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from delivery.mapping import GUARDS
from delivery.record import Held, Outcome, Status
from delivery.registry import TARGETS, connect
from delivery.target import UnreachableError
from delivery.understood import Understood
from tests.delivery.publications import lead
from tests.delivery.syncing import Syncing

FIELDS = ("function", "note", "stage", "tags", "language", "phone")
SETTINGS = {
    f"LEADS_{target.upper()}_{name}": "https://crm.example" if name == "URL" else "secret"
    for target in TARGETS
    for name in ("URL", "DATABASE", "KEY", "TOKEN", "CLIENT_ID", "CLIENT_SECRET", "USER", "PASSWORD")
}


@pytest.fixture
def understood(syncing: Syncing) -> Iterator[Syncing]:
    """Anna is there; `syncing.target` answers through what stands around every adapter."""
    syncing.night(leads=[lead("L1", job_title="CEO")]).sync(allowed=GUARDS)
    yield syncing


def answering(it: Syncing, monkeypatch: pytest.MonkeyPatch, **verbs: Callable[..., Any]) -> None:
    """From now on these verbs of the target answer otherwise."""
    for verb, answers in verbs.items():
        monkeypatch.setattr(it.target, verb, answers)
    it.target = Understood(it.target)  # type: ignore[assignment]


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_every_adapter_is_reached_through_it(name: str) -> None:
    with_settings = connect(name, SETTINGS)
    assert isinstance(with_settings, Understood)
    with_settings.close()


@pytest.mark.parametrize(
    "value",
    [
        "\ud800",
        float("nan"),
        float("inf"),
        {"a": 1},
        ["x", 1],
        ["x", None],
        [["x"]],
        10**400,
        b"x",
        "a\0b",
        "<b>\x1b[2J",
    ],
    ids=range(11),
)
def test_a_value_of_no_sort_is_kept_as_a_text(understood: Syncing, value: Any) -> None:
    anna = understood.target.by_key("L1").id
    understood.target.user_edits("person", anna, **dict.fromkeys(FIELDS, value))
    memory, understood.target = understood.target, Understood(understood.target)  # type: ignore[assignment]
    understood.sync(allowed=GUARDS)
    assert memory.records["person"][anna].values["function"] == "CEO"
    assert memory.records["person"][anna].values["note"] is value, "it is a user's"


@pytest.mark.parametrize(
    "held",
    [Held(7), Held("7", key=5), Held("7", "\ud800"), Held("7", archived="yes"), Held("1", "L1"), Held("7", "L1")],  # type: ignore[arg-type]
    ids=range(6),
)
def test_a_record_of_no_sort_disturbs_no_other(
    understood: Syncing, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = understood.target.find
    answering(understood, monkeypatch, find=lambda *of: [*find(*of), *([held] if of[0] == "person" else [])])
    assert understood.actions() == []


@pytest.mark.parametrize("records", [None, [None], [Held("")], [Held("7", values=None)], [{}], 7], ids=range(6))  # type: ignore[arg-type]
def test_a_list_that_cannot_be_understood_is_no_empty_one(
    understood: Syncing, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(understood, monkeypatch, find=lambda *_: records)
    with pytest.raises(UnreachableError, match="does not know"):
        understood.plan()


def test_a_list_that_comes_round_again_ends(understood: Syncing, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_end(*_: object) -> Iterator[Held]:
        while True:
            yield Held("7")

    answering(understood, monkeypatch, find=without_end)
    with pytest.raises(UnreachableError, match="does not end"):
        understood.plan()


ANSWERS: Sequence[Any] = [
    None,
    7,
    [None],
    [Outcome("L2", "nonsense")],  # type: ignore[arg-type]
    [Outcome("L2", Status.WRITTEN, "7"), Outcome("L2", Status.WRITTEN, "7")],
    [Outcome("L2", Status.REFUSED, reason=None)],  # type: ignore[arg-type]
    [Outcome("L2", Status.REFUSED, reason="\ud800" * 9_999)],
]


@pytest.mark.parametrize("answers", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_of_no_sort_writes_nothing_down_as_done(
    understood: Syncing, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(understood, monkeypatch, create=lambda *_: answers)
    understood.night(leads=[lead("L1", job_title="CEO"), lead("L2")]).plan(allowed=GUARDS)
    assert understood.apply().failed == 1
    assert understood.state.letters()["key"].to_list() == ["L2"]
    assert "L2" not in understood.state.bindings()
