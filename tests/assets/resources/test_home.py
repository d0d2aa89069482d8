"""Where the home is: named by a flag, else by the environment, else the one that belongs to the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.resources import home
from assets.resources.home import resolve_home
from tests.test_house import ROOT


@pytest.mark.parametrize(
    ("flag", "variable", "installed", "expected"),
    [
        ("flag", "variable", False, "flag"),
        (None, "variable", False, "variable"),
        (None, "variable", True, "variable"),
        (None, "", True, "data/lead-refinery"),
        (None, None, True, "data/lead-refinery"),
        (None, None, False, ROOT / "var"),
    ],
)
def test_the_home(
    flag: str | None,
    variable: str | None,
    installed: bool,
    expected: str | Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("LEADS_HOME", raising=False)
    if variable is not None:
        monkeypatch.setenv("LEADS_HOME", str(tmp_path / variable) if variable else "")
    if installed:
        monkeypatch.setattr(home, "PROJECT", tmp_path / "site-packages")
    assert resolve_home(tmp_path / flag if flag else None).root == tmp_path / expected
