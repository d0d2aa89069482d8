"""What is on disk is what was written: a flipped, cut or deleted file leaves equal tables or a clear word.

Every file that reading, the lake, publishing and Dagster leave behind is damaged in each way below, one at a time.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from assets.resources.home import Home as HomeFolders
from assets.resources.lake import _KNOWN, Lake
from engine.journal import Damaged, Journal
from pipelines.history import mend_history
from publishing.previous import current_folder
from publishing.publish import publish
from publishing.repair import Repaired, differing, mend_journals, repair
from tests.conftest import Run
from tests.pipelines.publication import published
from tests.publishing.example import AT, tables
from tests.sources.building import HEADER, ROWS, Home, csv_text

PLACES = 2  # bytes flipped in each file, one at a time


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if content:
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(max(path.stat().st_size, 1))])


def delete(path: Path, _: random.Random) -> None:
    path.unlink()


DAMAGES: list[Callable[[Path, random.Random], None]] = [*[flip] * PLACES, cut, delete]


def files_below(folder: Path) -> list[Path]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.name != ".lock")


def damaged_copies(whole: Path, tmp_path: Path) -> list[tuple[str, Path, Callable[[], None]]]:
    """For each file and each damage: its name, where a damaged copy of the folder will lie, and what makes it."""
    chance = random.Random(13)
    cases = []
    for number, (file, damage) in enumerate((file, damage) for file in files_below(whole) for damage in DAMAGES):
        copy = tmp_path / f"copy-{number}"

        def make(file: Path = file, damage: Callable[..., None] = damage, copy: Path = copy) -> None:
            shutil.copytree(whole, copy, symlinks=True)
            damage(copy / file, chance)

        cases.append((f"{damage.__name__} {file}", copy, make))
    return cases


def store_tables(home: Home) -> list[pl.DataFrame]:
    place = [home.records(channel) for channel in ("online", "offline")]
    return [*place, home.rejects(), home.files().select("channel", "source", "file", "sheet", "rows")]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has read five files: a ragged row, a copy of another file, an archive, one that cannot be read."""
    home = Home(tmp_path_factory.mktemp("delivered"))
    home.put("messe.csv", csv_text() + "too;few\n")
    home.put("copy.csv", csv_text(rows=ROWS[:2]), channel="online", source="form")
    archive = home.put("both.zip", b"", channel="online", source="form")
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("a.csv", csv_text(HEADER, [["L-9", "Ida", "Ost", "Ost AG", "", "", "ida@ost.example", ""]]))
    home.put("scan.pdf", b"%PDF-1.7\n")
    home.run()
    return home.folder


@pytest.mark.parametrize("in_inbox", [True, False], ids=["still in the inbox", "taken from the inbox"])
def test_a_damaged_store_reads_again_or_names_what_is_lost(delivered: Path, tmp_path: Path, in_inbox: bool) -> None:
    before = store_tables(Home(delivered))
    cases = damaged_copies(delivered / "lake" / "raw", tmp_path)
    assert len(cases) > 50
    for name, store, make in cases:
        home = Home(tmp_path)
        home.store = store
        home.inbox = delivered / "inbox" if in_inbox else tmp_path / "nothing"
        make()
        try:
            home.run()
        except Damaged as error:
            assert not in_inbox, name
            assert "Put it there again" in str(error), name
            with pytest.raises(Damaged):  # the next night says so again
                home.run()
            home.inbox = delivered / "inbox"
            home.run()
        for was, now in zip(before, store_tables(home), strict=True):
            assert was.equals(now), name
        shutil.rmtree(store)


def test_a_lost_file_is_let_go_by_deleting_its_line(delivered: Path, tmp_path: Path) -> None:
    home = Home(tmp_path)
    shutil.copytree(delivered / "lake" / "raw", home.store)
    (lost,) = (home.store / "offline" / "messe").glob("*.arrow")
    lost.unlink()
    with pytest.raises(Damaged, match=r"messe\.csv"):
        home.run()
    journal = home.store / "journals" / "offline" / "messe" / "lines.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if lost.stem not in line), encoding="utf-8")
    home.run()
    assert home.records("offline").is_empty()


def test_the_folder_of_a_source_that_is_gone_is_missed(delivered: Path, tmp_path: Path) -> None:
    home = Home(tmp_path)
    shutil.copytree(delivered / "lake" / "raw", home.store)
    shutil.rmtree(home.store / "offline" / "messe")
    with pytest.raises(Damaged, match=r"messe\.csv"):
        home.run()


def content(folder: Path) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in tables()}


@pytest.fixture(scope="module")
def publications(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two publications that differ in every table."""
    root = tmp_path_factory.mktemp("publications")
    for run in ("run-1", "run-2"):
        publish(tables(run), root, run, at=AT)
    return root


@pytest.mark.slow
def test_a_damaged_publication_is_mended_from_the_lake(publications: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(publications / "run-2", lake)
    before = content(publications / "current")
    cases = damaged_copies(publications, tmp_path)
    assert len(cases) > 60
    for name, root, make in cases:
        make()
        done = repair(root, lake)
        assert not done.lost, name
        tables = [said for said in done.mended if ".jsonl, which" not in said]
        assert bool(tables) == ("run-2" in name and not differing(publications / "run-2")), name
        assert (tables != done.mended) == (name.endswith(".jsonl") and not name.startswith("delete")), name
        folder = current_folder(root)
        assert folder is not None
        assert not differing(folder), name
        assert all(frame.equals(content(folder)[table]) for table, frame in before.items()), name
        shutil.rmtree(root)


@pytest.mark.slow
def test_without_the_lake_an_older_publication_takes_its_place(publications: Path, tmp_path: Path) -> None:
    for name, root, make in damaged_copies(publications, tmp_path):
        make()
        done = repair(root, tmp_path / "no lake")
        folder = current_folder(root)
        assert folder is not None
        assert not differing(folder), name
        if folder.name == "run-1":
            assert "`current` is run-1 again" in done.lost[0], name
            assert (root / ".damaged-run-2").is_dir(), name
        assert not repair(root, tmp_path / "no lake").lost, "it is said once"
        publish(tables("run-3"), root, "run-3", at=AT)
        shutil.rmtree(root)


def test_where_no_publication_is_whole_the_next_is_from_scratch(publications: Path, tmp_path: Path) -> None:
    root = tmp_path / "published"
    shutil.copytree(publications, root, symlinks=True)
    for run in ("run-1", "run-2"):
        cut(root / run / "leads.parquet", random.Random(1))
    done = repair(root, tmp_path)
    assert "from scratch" in done.lost[0]
    assert current_folder(root) is None


@pytest.mark.parametrize("name", ["nights.jsonl", ".written.jsonl", "log.jsonl"])
def test_lines_of_a_journal_that_are_not_what_was_written_are_named_once(
    publications: Path, tmp_path: Path, name: str
) -> None:
    root = tmp_path / "published"
    shutil.copytree(publications, root, symlinks=True)
    Journal(root / name).append({"run": "run-1", "measures": "[]"} if name == "nights.jsonl" else {"folder": "run-0"})
    sound = Journal(root / name).lines()
    with (root / name).open("ab") as file:
        file.write(b"garbage\n\x00\xff\n")
    by_people = name == "log.jsonl"
    done = Repaired()
    mend_journals(root, done)
    (said,) = done.lost if by_people else done.mended
    assert "2 lines" in said
    assert name in said
    assert Journal(root / name).lines() == sound
    assert (root / f".damaged-{name}").exists() == by_people
    again = Repaired()
    mend_journals(root, again)
    assert again == Repaired(), "it is said once"


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
def test_a_journal_that_is_no_file_is_named_and_never_waited_for(
    publications: Path, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    root = tmp_path / "published"
    shutil.copytree(publications, root, symlinks=True)
    (root / "nights.jsonl").unlink(missing_ok=True)
    make(root / "nights.jsonl")
    with pytest.raises(OSError, match=r"nights\.jsonl"):
        repair(root, tmp_path)


@pytest.mark.parametrize("link", ["gone", "dangling", "a file"])
def test_a_damaged_link_points_at_the_newest_publication(publications: Path, tmp_path: Path, link: str) -> None:
    root = tmp_path / "published"
    shutil.copytree(publications, root, symlinks=True)
    (root / "current").unlink()
    if link == "dangling":
        (root / "current").symlink_to("elsewhere")
    if link == "a file":
        (root / "current").write_text("run-2", encoding="utf-8")
    assert "run-2" in repair(root, tmp_path).mended[0]
    assert (root / "current").readlink() == Path("run-2")


def test_a_damaged_lake_table_is_refused_with_the_remedy(tmp_path: Path) -> None:
    whole = tmp_path / "home"
    Lake(home=str(whole)).write("leads", pl.DataFrame({"lead_id": ["L1", "L2"]}))
    for name, copy, make in damaged_copies(whole, tmp_path):
        make()
        _KNOWN.clear()  # as another process would see it
        try:
            assert Lake(home=str(copy)).read("leads")["lead_id"].to_list() == ["L1", "L2"], name
        except (Damaged, FileNotFoundError) as error:
            assert "leads run" in str(error), name


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
@pytest.mark.parametrize("damage", ["zeroes", "cut", "empty"])
def test_a_damaged_history_is_set_aside(tmp_path: Path, name: str, damage: str) -> None:
    home = HomeFolders(tmp_path).prepare()
    path = home.dagster / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("create table runs (body text)")
        database.executemany("insert into runs values (?)", [("x" * 500,)] * 100)
    database.close()
    assert mend_history(home) == []
    whole = path.read_bytes()
    path.write_bytes({"zeroes": bytes(len(whole)), "cut": whole[: len(whole) // 2], "empty": b""}[damage])
    (said,) = mend_history(home)
    assert "a new history begins" in said
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "telemetry: {", "\x00\x01", "- a list"])
def test_damaged_settings_of_dagster_are_made_anew(tmp_path: Path, text: str) -> None:
    home = HomeFolders(tmp_path).prepare()
    (home.dagster / "dagster.yaml").write_text(text, encoding="utf-8")
    assert "made anew" in mend_history(home)[0]
    assert "enabled: false" in (home.dagster / "dagster.yaml").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_night_on_damaged_files_publishes_the_same_or_says_why(
    night: Path, tmp_path: Path, leads: Run, seed: int
) -> None:
    """Each time one file in eight of everything a night leaves behind is damaged, in some way."""
    home, chance = tmp_path / "home", random.Random(seed)
    shutil.copytree(night, home, symlinks=True)
    before = published(home)
    files = [file for file in files_below(home) if file.parts[0] in ("lake", "published", "dagster", "report")]
    assert len(files) > 120
    for file in chance.sample(files, len(files) // 8):
        chance.choice(DAMAGES)(home / file, chance)
    done = leads("run", "--home", home)
    assert "Traceback" not in done.stdout + done.stderr
    if done.returncode == 0:
        for table, frame in before.items():
            assert frame.equals(published(home)[table]), table
    else:
        assert "Damaged: " in done.stdout or "dagster.yaml" in done.stdout
