"""The file of tombstones is read whole or not at all, names nobody, and outlives whoever is killed while writing it."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.tombstones import HEADER, add_tombstones, read_erasures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    add_tombstones(tmp_path / "overrides", ["mail:karin@nord.de", "line:+491715550101"])
    return tmp_path / "overrides"


def test_it_names_nobody_and_is_of_no_use_without_its_key(folder: Path) -> None:
    text = (folder / "erased.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 3
    assert "karin" not in text
    assert "5550101" not in text
    for name in ("erased.csv", "erased.key"):
        assert (folder / name).stat().st_mode & 0o077 == 0
    assert read_erasures(folder).knows("mail:karin@nord.de")
    assert not read_erasures(folder).knows("mail:klaus@nord.de")


def test_adding_twice_adds_nothing(folder: Path) -> None:
    before = (folder / "erased.csv").read_bytes()
    assert add_tombstones(folder, ["mail:karin@nord.de"]) == 0
    assert (folder / "erased.csv").read_bytes() == before


def test_where_nobody_was_erased_nobody_is(tmp_path: Path) -> None:
    assert read_erasures(tmp_path / "nowhere").tombstones == frozenset()


def a_broken_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def nothing(path: Path) -> None:
    path.unlink()


def no_bytes(path: Path) -> None:
    path.write_bytes(b"")


def other_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:16] + b"\0\xff?")


def half_of_it(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def a_glued_line(path: Path) -> None:
    path.write_text(f"{HEADER}\n{'0' * 32},2026-01-0{'1' * 32},2026-01-02\n")


@pytest.mark.parametrize("name", ["erased.csv", "erased.key"])
@pytest.mark.parametrize(
    "damage", [a_broken_link, a_pipe, a_folder, nothing, no_bytes, other_bytes, half_of_it, a_glued_line]
)
def test_what_cannot_be_trusted_never_says_that_nobody_was_erased(folder: Path, name: str, damage: object) -> None:
    damage(folder / name)  # type: ignore[operator]
    with pytest.raises(ValueError, match=name):
        read_erasures(folder)
    with pytest.raises(ValueError, match=name):
        add_tombstones(folder, ["mail:new@nord.de"])


@given(cut=st.integers(1, 43))
def test_a_line_that_breaks_off_is_told_of_and_completed_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    add_tombstones(folder, ["mail:first@nord.de"])
    whole = (folder / "erased.csv").read_bytes()
    add_tombstones(folder, ["mail:second@nord.de"])
    (folder / "erased.csv").write_bytes((folder / "erased.csv").read_bytes()[: len(whole) + cut])
    (folder / ".erased.count").write_text("1")  # it is written when the line is
    torn = read_erasures(folder)
    assert torn.knows("mail:first@nord.de")
    assert torn.torn != torn.knows("mail:second@nord.de")
    add_tombstones(folder, ["mail:second@nord.de", "mail:third@nord.de"])
    found = read_erasures(folder)
    assert not found.torn
    assert all(found.knows(f"mail:{name}@nord.de") for name in ("first", "second", "third"))


def _add(folder: Path, writer: int) -> None:
    for number in range(20):
        add_tombstones(folder, [f"mail:{writer}-{number}@nord.de"])


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_add, args=(tmp_path, writer)) for writer in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = read_erasures(tmp_path)
    assert len(found.tombstones) == 40
    assert all(found.knows(f"mail:{writer}-{number}@nord.de") for writer in range(2) for number in range(20))
