"""A backup is whole or none; a home made of it goes on as if nothing had been."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.resources.home import Home
from assets.resources.home_version import CURRENT, MARK
from assets.resources.lake import HomeInUse
from pipelines.upkeep.backup import FORMAT, MANIFEST, InUse, NotABackup, back_up, restore
from tests.conftest import Run
from tests.pipelines.publication import published

Content = dict[str, str]


def home_of(root: Path) -> Home:
    home = Home(root).prepare()
    (home.published / "run-1").mkdir()
    (home.published / "run-1" / "leads.parquet").write_bytes(bytes(range(256)) * 500)
    (home.published / "current").symlink_to("run-1", target_is_directory=True)
    (home.match_overrides / "ä").mkdir(parents=True)
    (home.match_overrides / "ä" / "leads.csv").write_text("decision\n", encoding="utf-8")
    home.rules.mkdir()
    (home.rules / "titles.csv").write_text("title,pattern,place\n", encoding="utf-8")
    (home.root / MARK).write_text(json.dumps({"version": CURRENT}), encoding="utf-8")
    return home


def content(home: Home) -> Content:
    """All files and links, without what a backup leaves out."""
    found = {}
    for path in sorted(home.root.rglob("*")):
        name = path.relative_to(home.root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not name.startswith(("inbox/", "as_of/")) and not name.endswith((".lock", ".tmp")):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def test_what_is_restored_is_what_was_saved(tmp_path: Path) -> None:
    home, archive, new = home_of(tmp_path / "home"), tmp_path / "a.tar", Home(tmp_path / "new")
    (home.inbox / "online" / "web").mkdir()
    (home.inbox / "online" / "web" / "leads.csv").write_text("E-Mail\n", encoding="utf-8")
    (home.root / "as_of").mkdir()
    (home.root / "as_of" / "x").write_text("made again", encoding="utf-8")
    (home.published / ".run-2.1234.tmp").write_text("left by a killed run", encoding="utf-8")
    kept = back_up(home, archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert restore(archive, new) == kept
    assert content(new) == content(home)
    assert not (new.root / "inbox").exists()
    assert {stat.S_IMODE(path.stat().st_mode) for path in new.root.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in new.root.rglob("*") if path.is_dir()} <= {0o700}


def test_a_database_that_is_being_written_is_saved_as_of_one_moment(tmp_path: Path) -> None:
    home, archive, new = home_of(tmp_path / "home"), tmp_path / "a.tar", Home(tmp_path / "new")
    database = sqlite3.connect(home.dagster / "runs.db")
    database.execute("pragma journal_mode=wal")
    database.execute("create table runs (body text)")
    database.execute("insert into runs values ('written')")
    database.commit()
    database.execute("insert into runs values ('not yet')")
    back_up(home, archive)
    restore(archive, new)
    assert sqlite3.connect(new.dagster / "runs.db").execute("select body from runs").fetchall() == [("written",)]
    database.close()


def test_no_backup_is_made_while_a_night_is_at_work(tmp_path: Path) -> None:
    home, archive = home_of(tmp_path / "home"), tmp_path / "a.tar"
    archive.write_bytes(b"yesterday's")
    with (home.root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(HomeInUse):
            back_up(home, archive)
    assert archive.read_bytes() == b"yesterday's"


def test_a_backup_is_not_kept_in_the_home(tmp_path: Path) -> None:
    home = home_of(tmp_path / "home")
    with pytest.raises(InUse, match="elsewhere"):
        back_up(home, home.root / "a.tar")


def test_a_home_that_is_used_is_not_overwritten(tmp_path: Path) -> None:
    home, archive = home_of(tmp_path / "home"), tmp_path / "a.tar"
    back_up(home, archive)
    before = content(home)
    with pytest.raises(InUse, match="already"):
        restore(archive, home)
    assert content(home) == before


def test_a_restored_home_may_find_its_inbox_there(tmp_path: Path) -> None:
    home, archive, new = home_of(tmp_path / "home"), tmp_path / "a.tar", Home(tmp_path / "new")
    back_up(home, archive)
    (new.inbox / "online").mkdir(parents=True)
    restore(archive, new)
    assert content(new) == content(home)


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 5_000, 130_000])
def test_a_backup_that_was_cut_off_is_none(tmp_path: Path, cut: int) -> None:
    home, archive = home_of(tmp_path / "home"), tmp_path / "a.tar"
    back_up(home, archive)
    archive.write_bytes(archive.read_bytes()[:cut])
    refused(archive, tmp_path)


def test_a_byte_that_was_flipped_is_found(tmp_path: Path) -> None:
    home, archive = home_of(tmp_path / "home"), tmp_path / "a.tar"
    back_up(home, archive)
    whole = archive.read_bytes()
    place = whole.index(bytes(range(256)) * 2)
    archive.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    refused(archive, tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, Path.touch, lambda path: path.symlink_to("nothing")])
def test_what_is_no_file_is_no_backup_and_not_waited_for(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "a.tar")
    assert "no whole backup" in refused(tmp_path / "a.tar", tmp_path)


def refused(archive: Path, tmp_path: Path) -> str:
    new = Home(tmp_path / "restored")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NotABackup) as said:
        restore(archive, new)
    assert sorted(tmp_path.iterdir()) == before, "nothing is left of it"
    return str(said.value)


def crafted(archive: Path, files: dict[str, bytes], told: dict[str, Any] | None = None, **more: Any) -> Path:
    named = {name: {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)} for name, text in files.items()}
    manifest = {"format": FORMAT, "home_version": CURRENT, "files": named | (told or {})} | more
    with tarfile.open(archive, "w") as tar:
        for name, text in {**files, MANIFEST: json.dumps(manifest).encode()}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    return archive


@pytest.mark.parametrize(
    ("files", "told", "said"),
    [
        ({"../evil": b"x"}, {}, "outside a home"),
        ({"a/../../evil": b"x"}, {}, "outside a home"),
        ({"/tmp/evil": b"x"}, {}, "outside a home"),
        ({"inbox/online/web/evil.csv": b"x"}, {}, "outside a home"),
        ({"": b"x"}, {}, "outside a home"),
        ({}, {"published/current": {"link": "/etc"}}, "leads elsewhere"),
        ({}, {"published/current": {"link": "../../etc"}}, "leads elsewhere"),
        ({}, {"published/current": {"link": ""}}, ""),
        ({}, {"published/current": {"link": ".."}}, "leads elsewhere"),
        ({"lake": b"x", "lake/a": b"x"}, {}, ""),
        ({}, {"leads": {"sha256": "0" * 64, "bytes": 1}}, "does not hold the files"),
        ({}, {"leads": {}}, "no whole backup"),
        ({}, {"leads": "text"}, "no whole backup"),
    ],
    ids=str,
)
def test_an_archive_that_reaches_out_is_refused(
    tmp_path: Path, files: dict[str, bytes], told: dict[str, Any], said: str
) -> None:
    assert said in refused(crafted(tmp_path / "a.tar", files, told), tmp_path)
    assert not Path("/tmp/evil").exists()


def test_a_link_is_no_way_out_for_what_comes_after_it(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    archive = crafted(tmp_path / "a.tar", {"up/evil": b"x"}, {"up": {"link": "outside"}})
    refused(archive, tmp_path)
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize("more", [{"format": FORMAT + 1}, {"home_version": CURRENT + 1}], ids=str)
def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, more: dict[str, int]) -> None:
    assert "newer Lead Refinery" in refused(crafted(tmp_path / "a.tar", {}, **more), tmp_path)


@pytest.mark.parametrize("member", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_in_an_archive_is_refused(tmp_path: Path, member: bytes) -> None:
    archive = tmp_path / "a.tar"
    told = {"evil": {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}}
    text = json.dumps({"format": FORMAT, "home_version": CURRENT, "files": told}).encode()
    with tarfile.open(archive, "w") as tar:
        evil, manifest = tarfile.TarInfo("evil"), tarfile.TarInfo(MANIFEST)
        evil.type, evil.linkname, manifest.size = member, "/etc/passwd", len(text)
        tar.addfile(evil)
        tar.addfile(manifest, io.BytesIO(text))
    refused(archive, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("with_inbox", [True, False], ids=["with its inbox", "without"])
def test_the_night_after_a_restore_publishes_the_same(
    night: Path, tmp_path: Path, leads: Run, with_inbox: bool
) -> None:
    archive, new = tmp_path / "a.tar", tmp_path / "new"
    done = leads("backup", archive, "--home", night)
    assert done.returncode == 0, done.stdout
    if with_inbox:
        shutil.copytree(night / "inbox", new / "inbox")
    assert leads("restore", archive, "--home", new).returncode == 0
    done = leads("run", "--home", new)
    assert done.returncode == 0, done.stdout + done.stderr
    again = published(new)
    for name, frame in published(night).items():
        assert frame.equals(again[name]), name
