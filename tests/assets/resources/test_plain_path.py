"""Plain path: a folder of any name is reached by one that an address of a database can hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.resources.plain_path import plain_path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "lead-refinery"


@pytest.mark.parametrize("name", ["home", "H {x,y}", "100%", "a#b", "ü ö", "a&b=c"])
def test_a_name_an_address_can_hold_stays(tmp_path: Path, cache: Path, name: str) -> None:
    assert plain_path(tmp_path / name) == tmp_path / name
    assert not cache.exists()


@pytest.mark.parametrize("name", ["H [2025]", "*", "what?", "a%20b", "100%2525", "?", "a?b=c"])
def test_any_other_folder_has_a_link(tmp_path: Path, cache: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    link = plain_path(folder)
    assert (link.parent, link.resolve()) == (cache, folder)
    assert plain_path(folder) == link
    assert [path.name for path in cache.iterdir()] == [link.name]


def test_a_link_that_leads_elsewhere_is_set_right(tmp_path: Path, cache: Path) -> None:
    link = plain_path(tmp_path / "a?")
    link.unlink()
    link.symlink_to(tmp_path)
    assert plain_path(tmp_path / "a?").readlink() == tmp_path / "a?"
    assert plain_path(tmp_path / "b?") != link


def test_where_no_link_can_be_given_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a?"))
    with pytest.raises(OSError, match="XDG_CACHE_HOME"):
        plain_path(tmp_path / "b?")
