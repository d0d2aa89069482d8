"""The feed without a server: beside each publication, and since any that is kept, through rollback and erasure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from contracts.changes import CHANGES
from contracts.published import LEADS
from publishing.erasing import erase_published
from publishing.feed.erasures import tell_consumers
from publishing.feed.file import NotKept, changes_since
from publishing.manifest import read_manifest
from publishing.publish import publish
from publishing.release import release, roll_back
from publishing.repair import differing, repair
from publishing.retention import Retention
from publishing.stamp import Stamp
from tests.publishing.example import tables
from tests.publishing.nights import home, where
from tests.publishing.nights import tables as night_tables

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)
NOBODY = lambda texts: texts.is_null() & False  # noqa: E731


def lead_tables(day: int, **columns: Any) -> dict[str, pl.DataFrame]:
    """Three leads; in these columns as given, all else as every day."""
    found = tables("run", rows=3)
    changed = found["leads"].with_columns(pl.Series(name, values) for name, values in columns.items())
    return found | {"leads": Stamp(f"run-{day}", AT + timedelta(days=day))(LEADS, changed)}


def publish_day(published: Path, day: int, keep: int = 7, **columns: Any) -> Path:
    night = publish(
        lead_tables(day, **columns), published, f"run-{day}", at=AT + timedelta(days=day), keep=Retention(keep)
    )
    assert night.state == "published"
    return night.folder


def told(rows: pl.DataFrame) -> list[tuple[str, list[str]]]:
    assert rows.schema == CHANGES.schema
    return [(row["kind"], row["changed_fields"]) for row in rows.iter_rows(named=True)]


def test_the_file_tells_what_changed_since_the_publication_its_manifest_names(tmp_path: Path) -> None:
    first = publish_day(tmp_path, 1)
    assert read_manifest(first).changes_since is None
    assert not (first / "changes.parquet").exists()

    second = publish_day(tmp_path, 2, city=["Ulm", None, None])
    assert read_manifest(second).changes_since == "run-1"
    rows = pl.read_parquet(second / "changes.parquet")
    assert told(rows) == [("update", ["city"])]
    assert rows.select("run_id", "at").row(0) == ("run-2", AT + timedelta(days=2))
    assert not differing(second)


def test_who_was_away_several_nights_is_told_all_and_beyond_what_is_kept_to_read_the_tables(tmp_path: Path) -> None:
    for day, city in enumerate(["Ulm", "Bonn", "Köln", "Ulm"]):
        publish_day(tmp_path, day, keep=3, city=[city, "Ulm", None], note=[None, f"note {day}", None])
    name, rows = changes_since(tmp_path, "run-1")
    assert name == "run-3"
    assert sorted(told(rows)) == [("update", ["city"]), ("update", ["note"])]
    assert changes_since(tmp_path, "run-3")[1].is_empty()
    with pytest.raises(NotKept, match="run-0 is not kept any more; read the full tables of run-3"):
        changes_since(tmp_path, "run-0")


def test_after_a_rollback_the_changes_lead_back(tmp_path: Path) -> None:
    publish_day(tmp_path, 1, city=["Ulm", None, None])
    publish_day(tmp_path, 2, city=["Bonn", None, None])
    roll_back(tmp_path, "run-1", who="me", why="wrong", at=AT)
    assert read_manifest(tmp_path / "current").changes_since != "run-2", "the file is of no use to who stands there"
    name, rows = changes_since(tmp_path, "run-2")
    assert (name, told(rows)) == ("run-1", [("update", ["city"])])
    assert '"city":"Ulm"' in rows["payload"][0]


def test_a_held_night_brings_its_file_along_when_it_is_released(tmp_path: Path) -> None:
    publish(night_tables(home(), "run-1"), tmp_path, "run-1", at=AT)
    broken = where("web", email=None, email_status="missing")(home())
    assert publish(night_tables(broken, "run-2"), tmp_path, "run-2", at=AT).state == "held"
    folder = release(tmp_path, "run-2", who="me", why="so it is", at=AT)
    assert read_manifest(folder).changes_since == "run-1"
    rows = pl.read_parquet(folder / "changes.parquet")
    assert rows["kind"].unique().to_list() == ["update"]
    assert rows.height == 400


def test_a_damaged_file_leaves_and_the_publication_stays(tmp_path: Path) -> None:
    publish_day(tmp_path, 1)
    second = publish_day(tmp_path, 2, city=["Ulm", None, None])
    (second / "changes.parquet").write_bytes(b"PAR1")
    assert differing(second)
    done = repair(tmp_path, tmp_path / "lake")
    assert (done.lost, len(done.mended)) == ([], 1)
    assert not differing(second)
    assert read_manifest(second).changes is None
    assert told(changes_since(tmp_path, "run-1")[1]) == [("update", ["city"])]


def test_an_erased_person_leaves_every_file_and_an_erasure_is_told(tmp_path: Path) -> None:
    """Eva leaves; her colleague's note spoke of her. Readers who stand on what was there before are told of both."""
    publish_day(tmp_path, 1)
    publish_day(tmp_path, 2, given_name=["Eva", None, None], note=[None, "Kollege von Eva", None])
    publish_day(
        tmp_path, 3, given_name=["Eva", None, None], note=[None, "Kollege von Eva", None], city=["Bonn", "Bonn", None]
    )
    eva, colleague = lead_tables(3)["leads"]["lead_id"][:2]
    record = lead_tables(3)["lead_crosswalk"].filter(pl.col("lead_id") == eva)

    erase_published(
        tmp_path,
        record.select("source", "source_record_id"),
        [],
        lambda texts: texts.str.contains("Eva").fill_null(False),
        "",
    )
    tell_consumers(tmp_path, [eva])
    files = sorted(tmp_path.glob("*/changes.parquet"))
    assert {path.parent.name for path in files} == {"run-2", "run-3.2", "current"}
    for path in files:
        rows = pl.read_parquet(path)
        assert "Eva" not in rows.write_json()
        assert ("lead", "erase", eva) in rows.select("entity", "kind", "id").rows()
        assert not differing(path.parent.resolve())

    for name in ("run-3", "run-2", "run-1"):
        rows = changes_since(tmp_path, name)[1]
        assert [*rows.filter(pl.col("kind") == "erase")["id"]] == [eva]
        (blanked,) = rows.filter(pl.col("id") == colleague).iter_rows(named=True)
        assert blanked["kind"] == "update"
        assert ("note" in blanked["changed_fields"]) == (name != "run-1"), "it did not speak of her then"
        assert '"note":null' in blanked["payload"]


def test_an_account_at_which_nobody_is_left_is_told_to_who_had_it(tmp_path: Path) -> None:
    publish(tables("run", rows=1), tmp_path, "run-1", at=AT)
    (lead,), (account,) = (tables("run", rows=1)[name][f"{name[:-1]}_id"] for name in ("leads", "accounts"))
    erase_published(tmp_path, pl.DataFrame({"source": ["web"], "source_record_id": ["0"]}), [lead], NOBODY, "")
    tell_consumers(tmp_path, [lead])
    assert changes_since(tmp_path, "run-1")[1].select("kind", "id").rows() == [("erase", lead), ("delete", account)]
