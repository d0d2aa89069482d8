"""Choices of an installation: what is set is obeyed, what says nothing is refused."""

from __future__ import annotations

import pytest

from assets.resources.choices import NotAChoice, choices_from_environment
from publishing.retention import Retention


def test_retention_has_its_defaults_and_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choices_from_environment().retention == Retention()
    monkeypatch.setenv("LEADS_KEEP_PUBLICATIONS", "30")
    monkeypatch.setenv("LEADS_KEEP_DAYS", " 365 ")
    assert choices_from_environment().retention == Retention(30, 365)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("LEADS_KEEP_PUBLICATIONS", "1"),
        ("LEADS_KEEP_PUBLICATIONS", "many"),
        ("LEADS_KEEP_PUBLICATIONS", "-7"),
        ("LEADS_KEEP_DAYS", "0"),
        ("LEADS_KEEP_DAYS", "1.5"),
    ],
)
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv(name, said)
    with pytest.raises(NotAChoice, match=f"{name}={said}"):
        choices_from_environment()
