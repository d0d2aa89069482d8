"""The inbox is a fence: what is no file in it is held back with a word, never followed, never waited for."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from contracts.reasons import reasons
from engine.fence import DEPTH, NotAFile, Place, read_regular, walk
from enrichment.email.evidence_file import read_mail_evidence
from matching.competitors import read_competitors
from matching.decisions.log import read_decisions
from pipelines.schedules import _state
from reference.ip import open_databases
from reference.streets import load_streets
from sources.lead_files import lead_files, strays
from tests.sources.building import HEADER, ROWS, Home, csv_text

ROOT = Path(__file__).parents[2]
SECRET = csv_text(HEADER, [["SECRET", *ROWS[0][1:]]])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the home with a file of leads that nobody delivered."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(SECRET, encoding="utf-8")
    return folder


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket may have no more than a hundred signs
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


# What lies in a source's folder under the name `x.csv`: how it is made, given where the outside is; the reason told.
NO_FILES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "link to a file outside": (lambda path, out: path.symlink_to(out / "secret.csv"), "link"),
    "link to a folder outside": (lambda path, out: path.symlink_to(out), "link"),
    "link by a relative path": (lambda path, out: path.symlink_to("../../../../outside/secret.csv"), "link"),
    "link to a file beside it": (lambda path, out: path.symlink_to("good.csv"), "link"),
    "link to the folder above": (lambda path, out: path.symlink_to(".."), "link"),
    "link to a device": (lambda path, out: path.symlink_to("/dev/zero"), "link"),
    "link to nothing": (lambda path, out: path.symlink_to(out / "nothing"), "broken_link"),
    "link to itself": (lambda path, out: path.symlink_to(path.name), "broken_link"),
    "pipe": (lambda path, out: os.mkfifo(path), "not_a_file"),
    "socket": (lambda path, out: a_socket(path), "not_a_file"),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_file_is_held_back_and_the_others_are_read(home: Home, outside: Path, case: str) -> None:
    make, reason = NO_FILES[case]
    make(home.put("good.csv", csv_text()).with_name("x.csv"), outside)
    home.run()
    assert sorted(home.records()["source_record_id"]) == ["L-1", "L-2", "L-3"]
    assert home.rejects().select("file", "reason_code").rows() == [("offline/messe/x.csv", reason)]
    assert reason in reasons()


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser makes devices")
def test_a_device_is_not_opened(home: Home) -> None:
    path = home.put("good.csv", csv_text()).with_name("x.csv")
    try:
        os.mknod(path, 0o020666, os.makedev(1, 5))  # as /dev/zero, which never ends
    except PermissionError:
        pytest.skip("this system lets nobody make devices")
    home.run()
    assert home.rejects()["reason_code"].to_list() == ["not_a_file"]
    assert home.records().height == 3


@pytest.mark.parametrize("where", ["offline/messe", "offline"])
def test_a_source_or_channel_that_is_a_link_is_not_entered(home: Home, outside: Path, where: str) -> None:
    home.put("good.csv", csv_text(), channel="online")
    (home.inbox / where).parent.mkdir(parents=True, exist_ok=True)
    (home.inbox / where).symlink_to(outside)
    home.run()
    assert home.records().is_empty()
    assert home.records("online").height == 3
    assert home.rejects().select("file", "reason_code").rows() == [(where, "link")]


def test_a_loop_of_links_is_two_words(home: Home) -> None:
    folder = home.put("good.csv", csv_text()).parent
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "up").symlink_to(folder)
    home.run()
    assert home.records().height == 3
    assert home.rejects()["reason_code"].to_list() == ["link", "link"]


def test_the_inbox_itself_may_be_a_link_of_its_owner(home: Home, tmp_path: Path) -> None:
    share = Home(tmp_path / "share")
    share.put("good.csv", csv_text())
    home.folder.mkdir()
    home.inbox.symlink_to(share.inbox)
    home.run()
    assert home.records().height == 3


def test_a_hard_link_is_a_file(home: Home, outside: Path) -> None:
    path = home.put("good.csv", csv_text())
    (outside / "other.csv").hardlink_to(path)
    home.run()
    assert home.records().height == 3


def test_a_link_that_takes_a_files_place_meanwhile_is_not_followed(tmp_path: Path, outside: Path) -> None:
    """Between the look and the opening, and at any step of the way."""
    folder = tmp_path / "inbox" / "offline" / "messe"
    folder.mkdir(parents=True)
    (folder / "secret.csv").write_text("mine")
    (found,) = [file.place for file in lead_files(tmp_path / "inbox", "offline")]
    folder.rename(folder.with_name("away"))
    folder.symlink_to(outside)
    with pytest.raises(OSError, match="messe"):
        found.open()
    folder.unlink()
    folder.mkdir()
    (folder / "secret.csv").symlink_to(outside / "secret.csv")
    with pytest.raises(NotAFile):
        found.open()


def test_folders_too_deep_are_held_back_and_paths_longer_than_the_system_takes_are_read(home: Home) -> None:
    home.put("good.csv", csv_text(), "deep")
    handle = os.open(home.inbox / "offline" / "deep", os.O_RDONLY)
    for step in range(DEPTH + 400):
        if step == 30:  # 30 names of 200 bytes: longer than PATH_MAX
            with os.fdopen(os.open("far.csv", os.O_WRONLY | os.O_CREAT, dir_fd=handle), "w") as file:
                file.write(csv_text(HEADER, [["L-9", *ROWS[0][1:]]]))
        os.mkdir("d" * 200, dir_fd=handle)
        here, handle = handle, os.open("d" * 200, os.O_RDONLY, dir_fd=handle)
        os.close(here)
    os.close(handle)
    home.run()
    assert sorted(home.records()["source_record_id"]) == ["L-1", "L-2", "L-3", "L-9"]
    assert home.rejects()["reason_code"].to_list() == ["folder_too_deep"]
    shutil.rmtree(home.inbox, onerror=None)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_settings_that_are_no_file_hold_their_source_back(home: Home, make: Callable[[Path], object]) -> None:
    home.put("a.csv", csv_text())
    home.put("b.csv", csv_text(), "andere")
    home.settings.mkdir()
    make(home.settings / "messe.toml")
    home.run()
    assert set(home.records()["source"]) == {"andere"}
    assert home.rejects().select("source", "reason_code").rows() == [("messe", "bad_override")]


def test_a_file_without_end_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 100)
    with pytest.raises(OSError, match="more than 99 bytes"):
        read_regular(tmp_path / "large", 99)


def test_the_sensor_and_the_strays_follow_no_link(home: Home, outside: Path) -> None:
    folder = home.put("good.csv", csv_text()).parent
    before = _state(home.inbox)[0]
    (outside / "more.csv").write_text("x")
    (folder / "loop").symlink_to(home.inbox)
    (home.inbox / "stray").symlink_to(outside)
    state = _state(home.inbox)[0]
    (outside / "more.csv").write_text("changed")
    assert before != state == _state(home.inbox)[0]
    assert strays(home.inbox) == ["stray"]


def test_a_walk_holds_no_folder_open(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "a").touch()
    before = len([*Path("/dev/fd").iterdir()])
    opened = [len([*Path("/dev/fd").iterdir()]) for _ in walk(tmp_path, (), bool)]
    assert len(opened) == 300
    assert max(opened) <= before
    assert all(Place(tmp_path, (str(n), "a")).status().st_size == 0 for n in range(300))


LOCKED = """
import json, os, sys
from pathlib import Path
from engine.mortal import Mortal
from tests.sources.building import Home, csv_text
folder = Path(sys.argv[1])
Mortal.ask = lambda _, job, *arguments: job(*arguments)  # whoever gives up rights may not be able to start Python
first = Home(folder / "first")
first.put("a.csv", csv_text())
first.run(), first.records(), first.rejects()  # what is loaded on first use may not be readable later
if os.geteuid() == 0:
    os.chown(folder, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
home = Home(folder / "home")
for source in ("open", "closed", "listed"):
    home.put("a.csv", csv_text(), source)
home.put("b.csv", csv_text(), "half")
home.put("c.csv", csv_text(), "half/inner")
home.put("d.csv", csv_text(), "file")
(home.inbox / "offline/file/d.csv").chmod(0)
(home.inbox / "offline/half/inner").chmod(0)
(home.inbox / "offline/closed").chmod(0)
(home.inbox / "offline/listed").chmod(0o444)  # may be listed, but not entered
home.run()
told = home.rejects().select("source", "file", "reason_code").rows()
for path in ("half/inner", "closed", "listed"):
    (home.inbox / "offline" / path).chmod(0o755)
(home.inbox / "offline/file/d.csv").chmod(0o644)
first = home.records().height
home.run()
print(json.dumps([told, first, home.records().height, home.rejects().height]))
"""


def test_folders_and_files_nobody_may_read_are_said_and_read_once_they_may() -> None:
    """In a process that gives up the rights of the superuser, who may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", LOCKED, folder],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this system lets nobody change users")
    assert done.returncode == 0, done.stderr
    told, first, second, left = json.loads(done.stdout)
    assert told == [
        ["closed", "offline/closed", "permission_denied"],
        ["file", "offline/file/d.csv", "permission_denied"],
        ["half", "offline/half/inner", "permission_denied"],
        ["listed", "offline/listed/a.csv", "permission_denied"],
    ]
    assert (first, second, left) == (6, 15, 0)


def test_rejects_of_folders_keep_the_contract(home: Home, outside: Path) -> None:
    home.put("good.csv", csv_text()).with_name("x").symlink_to(outside)
    home.run()
    held = home.files().filter(pl.col("status") == "quarantined")
    assert held.select("file", "rows", "records").rows() == [("offline/messe/x", None, None)]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nothing"), Path.mkdir])
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("leads.csv", read_decisions),
        ("accounts.csv", read_decisions),
        ("decisions.csv", read_decisions),
        ("competitors.csv", read_competitors),
        ("mail_evidence.csv", lambda home: read_mail_evidence(home / "mail_evidence.csv")),
        ("streets.parquet", lambda home: load_streets(home / "streets.parquet")),
        ("streets.csv", lambda home: load_streets(home / "streets.csv")),
    ],
)
def test_what_people_decided_is_never_passed_over(
    tmp_path: Path, name: str, read: Callable[[Path], object], make: Callable[[Path], object]
) -> None:
    make(tmp_path / name)
    with pytest.raises(NotAFile, match=f"{name} is .*; put the file itself in its place"):
        read(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nothing"), Path.mkdir])
def test_a_database_that_is_no_file_is_left_out_with_a_word(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "own.mmdb")
    (problem,) = open_databases(tmp_path).problems
    assert "own.mmdb" in problem
