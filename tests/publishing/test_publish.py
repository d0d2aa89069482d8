"""Publishing: together or not at all, whatever happens in between."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from contracts.published import LEADS, PUBLISHED
from publishing.manifest import BrokenPublication, Manifest, describe, read_manifest
from publishing.previous import changes_before, current_folder, load_previous
from publishing.publish import IntegrityError, PublishError, publish
from publishing.retention import Retention
from tests.publishing.example import AT, tables

ROOT = Path(__file__).resolve().parents[2]
MARKS = {  # where each table of the example carries its run id
    "leads": "department",
    "accounts": "name",
    "buying_centers": "role_evidence",
    "lead_crosswalk": "match_reason",
    "field_provenance": "value",
    "quarantine": "file",
}


def runs_seen(folder: Path) -> set[str]:
    return {
        value
        for table, column in MARKS.items()
        for value in pl.read_parquet(folder / f"{table}.parquet", columns=[column])[column].unique()
    }


def whole(published: Path) -> str | None:
    """The one run `current` holds, after checking that it is whole and of one piece."""
    folder = current_folder(published)
    if folder is None:
        return None
    read_manifest(folder)
    (run,) = runs_seen(folder)
    return run


def test_a_publication_is_a_folder_a_manifest_and_a_link(tmp_path: Path) -> None:
    manifest = publish(tables("run-1"), tmp_path, "run-1", at=AT).manifest
    assert (tmp_path / "current").readlink() == Path("run-1")
    assert {path.name for path in (tmp_path / "run-1").iterdir()} == {
        "manifest.json",
        "flat",
        *(f"{name}.parquet" for name in tables()),
    }
    assert read_manifest(tmp_path / "current") == manifest
    assert manifest.tables["leads"].rows == 3
    assert manifest.tables["leads"].columns["lead_id"] == "String"
    assert manifest.schema_version == 1
    assert manifest.created_at == AT


def test_the_folder_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    link = tmp_path / "published"
    link.symlink_to("disk")
    publish(tables("run-1"), link, "run-1", at=AT)
    publish(tables("run-1"), link, "run-2", at=AT)
    publish(tables("run-3"), link, "run-3", at=AT)
    assert whole(link) == "run-3"


def test_a_publication_of_before_a_column_was_promised_can_be_compared_with(tmp_path: Path) -> None:
    publish(tables("run-1"), tmp_path, "run-1", at=AT)
    folder = tmp_path / "run-1"
    old = pl.read_parquet(folder / "leads.parquet").drop("consent_phone", "mobile", "mobile_status")
    old.write_parquet(folder / "leads.parquet")
    manifest = read_manifest_of(folder)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    assert publish(tables("run-2"), tmp_path, "run-2", at=AT).state == "published"


def read_manifest_of(folder: Path) -> Manifest:
    """The manifest the folder would have, had it been written as it lies."""
    frames = {path.stem: pl.read_parquet(path) for path in folder.glob("*.parquet")}
    told = {name: describe(folder / f"{name}.parquet", folder) for name in frames}
    return Manifest("run-1", AT, told)


def test_tables_may_be_given_as_files(tmp_path: Path) -> None:
    files: dict[str, pl.DataFrame | Path] = {}
    for name, table in tables().items():
        files[name] = tmp_path / f"{name}.parquet"
        table.write_parquet(files[name])
    publish(files, tmp_path / "published", "run-1", at=AT)
    assert whole(tmp_path / "published") == "run-1"


@pytest.mark.parametrize("run_id", ["run-1", "run-2"])
def test_a_night_that_changes_nothing_takes_no_place(tmp_path: Path, run_id: str) -> None:
    first = publish(tables("x"), tmp_path, "run-1", at=AT)
    before = (tmp_path / "run-1" / "manifest.json").stat()
    again = publish(tables("x"), tmp_path, run_id, at=AT + timedelta(days=1))
    assert (again.state, again.folder, again.manifest) == ("unchanged", first.folder, first.manifest)
    assert (tmp_path / "current").readlink() == Path("run-1")
    after = (tmp_path / "run-1" / "manifest.json").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in tmp_path.glob("*/manifest.json")] == ["manifest.json"] * 2  # run-1 and current


def test_the_same_run_with_other_tables_leaves_the_first_folder_to_its_readers(tmp_path: Path) -> None:
    publish(tables("before"), tmp_path, "run-1", at=AT)
    reader = current_folder(tmp_path)
    publish(tables("after"), tmp_path, "run-1", at=AT)
    assert whole(tmp_path) == "after"
    assert reader is not None
    assert runs_seen(reader) == {"before"}


def test_broken_tables_are_refused_and_yesterday_stays(tmp_path: Path) -> None:
    publish(tables("good"), tmp_path, "run-1", at=AT)
    broken = tables("bad")
    broken["leads"] = pl.concat([broken["leads"], broken["leads"].head(1)])
    with pytest.raises(IntegrityError, match="lead_id is not unique"):
        publish(broken, tmp_path, "run-2", at=AT)
    assert whole(tmp_path) == "good"
    assert not (tmp_path / "run-2").exists()
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("run_id", ["", "..", ".hidden", "current", "a/b"])
def test_a_run_id_must_be_able_to_name_a_folder(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(PublishError, match="cannot name a folder"):
        publish(tables(), tmp_path, run_id, at=AT)


def test_old_publications_go_and_the_newest_stay(tmp_path: Path) -> None:
    for number in range(5):
        publish(tables(f"run-{number}"), tmp_path, f"run-{number}", at=AT, keep=Retention(3))
    kept = sorted(path.name for path in tmp_path.iterdir() if path.is_dir() and not path.is_symlink())
    assert kept == ["run-2", "run-3", "run-4"]
    assert whole(tmp_path) == "run-4"


def test_strange_things_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read.me").write_text("mine", encoding="utf-8")
    for number in range(4):
        publish(tables(f"run-{number}"), tmp_path, f"run-{number}", at=AT, keep=Retention(2))
    assert (tmp_path / "notes" / "read.me").exists()


def test_only_one_publishes_at_a_time(tmp_path: Path) -> None:
    publish(tables(), tmp_path, "run-1", at=AT)
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PublishError, match="another run is publishing"):
            publish(tables("run-2"), tmp_path, "run-2", at=AT)
    publish(tables("run-2"), tmp_path, "run-2", at=AT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_says_so(tmp_path: Path) -> None:
    publish(tables(), tmp_path, "run-1", at=AT)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PublishError, match="no permission"):
            publish(tables(), tmp_path, "run-2", at=AT)
        assert whole(tmp_path) == "run-1"
    finally:
        tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be_says_so(tmp_path: Path) -> None:
    (tmp_path / "published").write_text("", encoding="utf-8")
    with pytest.raises(PublishError, match="not published"):
        publish(tables(), tmp_path / "published", "run-1", at=AT)


def test_a_full_disk_leaves_yesterday(tmp_path: Path) -> None:
    """A file-size limit stands in for the full disk: the write fails half-way with an OSError."""
    publish(tables("good"), tmp_path, "run-1", at=AT)
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from publishing.publish import publish, PublishError\n"
        "from tests.publishing.example import AT, tables\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    publish(tables('big', 200_000), Path(sys.argv[1]), 'run-2', at=AT)\n"
        "except PublishError as error:\n"
        "    print('refused:', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "refused: not published" in done.stdout, done.stderr
    assert "ulimit" in done.stdout
    assert whole(tmp_path) == "good"
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.slow
def test_killed_at_any_moment_current_is_whole_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    publish(tables("run-0", 200_000), tmp_path, "run-0", at=AT)
    dice = random.Random(7)
    expected = {"run-0"}
    for number in range(1, 6):
        run = f"run-{number}"
        command = [sys.executable, "-m", "tests.publishing.example", str(tmp_path), run, "200000"]
        with subprocess.Popen(command, cwd=ROOT) as process:
            deadline = time.monotonic() + 60
            while not list(tmp_path.glob(f".{run}.*.tmp")) and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.001)
            time.sleep(dice.uniform(0, 0.5))
            process.send_signal(signal.SIGKILL)
        expected.add(run)
        assert whole(tmp_path) in expected
    publish(tables("last", 200_000), tmp_path, "run-9", at=AT)
    assert whole(tmp_path) == "last"
    assert not list(tmp_path.glob(".*.tmp"))
    assert not (tmp_path / "current").readlink().is_absolute()


def test_a_run_killed_before_its_swap_can_be_run_again(tmp_path: Path) -> None:
    publish(tables("before"), tmp_path, "run-1", at=AT)
    publish(tables("dead"), tmp_path, "run-2", at=AT)
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("run-1")  # as if run-2 had died between its rename and its swap
    publish(tables("again"), tmp_path, "run-2", at=AT)
    assert whole(tmp_path) == "again"
    assert (tmp_path / "current").readlink() == Path("run-2")


@pytest.mark.slow
def test_readers_never_see_two_runs_mixed(tmp_path: Path) -> None:
    publish(tables("run-0"), tmp_path, "run-0", at=AT)
    seen: list[set[str]] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                folder = current_folder(tmp_path)
                assert folder is not None
                seen.append(runs_seen(folder))
            except BaseException as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 15):
        publish(tables(f"run-{number}"), tmp_path, f"run-{number}", at=AT)
    done.set()
    for reader in readers:
        reader.join()
    assert not errors
    assert all(len(runs) == 1 for runs in seen)
    assert len({run for runs in seen for run in runs}) > 1


def test_the_next_run_gets_ids_hashes_and_the_trail(tmp_path: Path) -> None:
    before = load_previous(tmp_path)
    publish(tables(), tmp_path, "run-1", at=AT)
    previous = load_previous(tmp_path)
    assert previous.lead_ids.height == 3
    for name in ("lead_ids", "account_ids", "account_names", "retired"):
        assert getattr(before, name).is_empty()
        assert getattr(before, name).schema == getattr(previous, name).schema
    assert previous.account_ids.columns == ["source", "source_record_id", "id"]
    assert {*previous.lead_ids.columns} == {*previous.account_ids.columns, "match_reason"}
    assert previous.account_names.columns == ["account_id", "name"]
    assert previous.retired.is_empty()


def test_a_publication_from_before_there_were_tombstones_is_read(tmp_path: Path) -> None:
    publish(tables(), tmp_path, "run-1", at=AT)
    folder = tmp_path / "run-1"
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["tables"]["tombstones"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "tombstones.parquet").unlink()
    assert load_previous(tmp_path).retired.is_empty()


def test_a_publication_from_before_every_table_told_its_changes_is_read(tmp_path: Path) -> None:
    """1.2 had neither flat twins nor dates of change but of leads and accounts: then every row is dated tonight."""
    publish(tables(), tmp_path, "run-1", at=AT)
    folder, manifest = tmp_path / "run-1", json.loads((tmp_path / "run-1" / "manifest.json").read_text())
    for name, entry in manifest["tables"].items():
        old = pl.read_parquet(folder / entry["file"])
        kept = old if name == "leads" else old.drop("content_hash", "updated_at")
        kept.write_parquet(folder / entry["file"])
        entry |= {"bytes": (folder / entry["file"]).stat().st_size, "columns": dict.fromkeys(kept.columns, "")}
    del manifest["flat"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert load_previous(tmp_path).lead_ids.height == 3
    for table in PUBLISHED:
        told = changes_before(tmp_path, table, tables()[table.name])
        assert told.height == (3 if table is LEADS else 0)
    assert publish(tables("run-2"), tmp_path, "run-2", at=AT).state == "published"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("manifest_gone", "cannot be read"),
        ("manifest_cut", "is damaged"),
        ("table_cut", "bytes instead of"),
        ("table_gone", "is missing"),
        ("table_scrambled", "cannot be read"),
        ("link_dangling", "does not exist"),
    ],
)
def test_a_damaged_publication_says_what_is_wrong_and_what_to_do(tmp_path: Path, damage: str, message: str) -> None:
    publish(tables(), tmp_path, "run-1", at=AT)
    manifest, table = tmp_path / "run-1" / "manifest.json", tmp_path / "run-1" / "lead_crosswalk.parquet"
    match damage:
        case "manifest_gone":
            manifest.unlink()
        case "manifest_cut":
            manifest.write_text(manifest.read_text(encoding="utf-8")[:50], encoding="utf-8")
        case "table_cut":
            table.write_bytes(table.read_bytes()[:100])
        case "table_gone":
            table.unlink()
        case "table_scrambled":
            table.write_bytes(bytes(table.stat().st_size))
        case "link_dangling":
            (tmp_path / "run-1").rename(tmp_path / "run-elsewhere")
    with pytest.raises(BrokenPublication, match=message) as error:
        load_previous(tmp_path)
    assert "point" in str(error.value)
