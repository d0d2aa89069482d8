"""What is swapped in is whole, whatever happens while it is written."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.swap import put, scratch, swap, sweep

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_folder(target: Path, *texts: str) -> None:
    with swap(target) as new:
        new.mkdir()
        for text in texts:
            (new / text).write_text(text, encoding="utf-8")


def test_a_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "made" / "on the way" / "table"
    for text in ("first", "second"):
        with swap(target, durable=True) as new:
            new.write_text(text, encoding="utf-8")
            assert not target.exists() or target.read_text(encoding="utf-8") == "first"
        assert target.read_text(encoding="utf-8") == text
    assert names(target.parent) == ["table"]


def test_files_folders_and_links_take_each_others_places(tmp_path: Path) -> None:
    target = tmp_path / "table"
    write_folder(target, "a", "b")
    write_folder(target, "c")
    assert names(target) == ["c"]
    with swap(target) as new:
        new.write_text("file", encoding="utf-8")
    assert target.is_file()
    write_folder(target, "d")
    write_folder(tmp_path / "other", "e")
    for place in ("other", "other", "table"):
        with swap(tmp_path / "link", durable=True) as new:
            new.symlink_to(place, target_is_directory=True)
    assert names(tmp_path / "link") == ["d"]
    assert names(tmp_path / "other") == ["e"]
    assert names(tmp_path) == ["link", "other", "table"]


@pytest.mark.parametrize("made", [Path.mkdir, Path.touch, lambda path: None], ids=["folder", "file", "nothing"])
def test_what_was_there_stays_when_the_block_fails(tmp_path: Path, made: object) -> None:
    (tmp_path / "table").write_text("before", encoding="utf-8")
    with pytest.raises(ValueError, match="no good"), swap(tmp_path / "table") as new:
        made(new)  # type: ignore[operator]
        raise ValueError("no good")
    assert (tmp_path / "table").read_text(encoding="utf-8") == "before"
    assert names(tmp_path) == ["table"]


def test_a_folder_is_put_back_when_its_follower_is_not_there(tmp_path: Path) -> None:
    write_folder(tmp_path / "table", "a")
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "never written", tmp_path / "table")
    assert names(tmp_path / "table") == ["a"]
    assert names(tmp_path) == ["table"]


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    with swap(tmp_path / "key", private=True) as new:
        assert new.stat().st_mode & 0o777 == 0o600
        new.write_bytes(b"secret")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_two_writers_of_one_file_leave_what_one_of_them_wrote(tmp_path: Path) -> None:
    target, together = tmp_path / "table", threading.Barrier(2)

    def write(letter: str) -> None:
        for _ in range(50):
            with swap(target) as new:
                together.wait()
                new.write_text(letter * 100_000, encoding="utf-8")
            assert target.read_text(encoding="utf-8") in ("a" * 100_000, "b" * 100_000)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert names(tmp_path) == ["table"]
    assert target.stat().st_size == 100_000


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    head = "import os, resource, signal, sys\nfrom pathlib import Path\nfrom engine.swap import swap\n"
    command = [sys.executable, "-c", head + script, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_was_there_stays_when_the_writer_is_killed_and_sweeping_clears_its_leavings(
    tmp_path: Path, kind: str
) -> None:
    target = tmp_path / "deep" / "table"
    write_folder(target, "before")
    (tmp_path / ".mine").touch()
    path = "new / 'half'" if kind == "folder" else "new"
    script = (
        "with swap(Path(sys.argv[1]) / 'deep' / 'table') as new:\n"
        + ("    new.mkdir()\n" if kind == "folder" else "")
        + f"    ({path}).write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert run(script, tmp_path).returncode == -9
    assert names(target) == ["before"]
    assert len(names(target.parent)) == 2
    sweep(tmp_path)
    assert names(target.parent) == ["table"]
    assert names(tmp_path) == [".mine", "deep"]


def test_what_was_there_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    """A file-size limit stands in for the full disk: the write fails half-way with an OSError."""
    (tmp_path / "table").write_text("before", encoding="utf-8")
    script = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "with swap(Path(sys.argv[1]) / 'table') as new:\n"
        "    new.write_text('x' * 2000)\n"
    )
    done = run(script, tmp_path)
    assert "OSError: [Errno 27] File too large" in done.stderr
    assert (tmp_path / "table").read_text(encoding="utf-8") == "before"
    assert names(tmp_path) == ["table"]


def test_a_scratch_that_was_moved_away_or_never_made_is_no_trouble(tmp_path: Path) -> None:
    with scratch(tmp_path / "table") as new:
        new.touch()
        new.rename(tmp_path / "kept")
    with scratch(tmp_path / "table"):
        pass
    assert names(tmp_path) == ["kept"]
