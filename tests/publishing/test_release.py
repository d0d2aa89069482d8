"""Release, rollback and retention: what people decide holds, is logged, and can be ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.identity import assign_ids
from publishing.current import current_name
from publishing.decisions import decisions, rolled_back, undone
from publishing.gates.nights import known_nights
from publishing.listing import listed
from publishing.previous import load_previous, publication_before
from publishing.publish import publish
from publishing.release import NotPossible, release, resume, roll_back
from publishing.repair import repair
from publishing.retention import Retention
from tests.publishing.nights import home, people, tables, where

AT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
ANNA = {"who": "anna", "why": "looked at it with sales", "at": AT}
BROKEN = where("web", email=None, email_status="missing")


def night(published: Path, number: int, *, broken: bool = False, keep: Retention | None = None) -> str:
    """A night with new leads of each number; what became of it."""
    grown = pl.concat([home(), people("fair", 1_400, 10 * number)])
    told = tables(BROKEN(grown) if broken else grown, f"run-{number}")
    at = AT + timedelta(days=number)
    return publish(told, published, f"run-{number}", at=at, keep=keep or Retention()).state


def stands(published: Path) -> dict[str, str]:
    return {
        it.name: "held" if it.is_held else "current" if it.is_current else "undone" if it.is_undone else "older"
        for it in listed(published)
    }


def test_a_held_night_is_not_what_the_next_night_follows(tmp_path: Path) -> None:
    night(tmp_path, 0)
    before = load_previous(tmp_path)
    assert night(tmp_path, 1, broken=True) == "held"
    assert load_previous(tmp_path).lead_ids.equals(before.lead_ids)
    assert night(tmp_path, 2) == "published"
    assert stands(tmp_path) == {"run-0": "older", "run-1": "held", "run-2": "current"}


def test_a_held_night_is_released_on_purpose_and_its_measures_count(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1, broken=True)
    assert release(tmp_path, "run-1", **ANNA) == tmp_path / "run-1"
    assert stands(tmp_path) == {"run-0": "older", "run-1": "current"}
    assert known_nights(tmp_path)["emptied_fields", "web: email"] == [1.0]
    (said,) = decisions(tmp_path)
    assert (said.event, said.run, said.who, said.why) == ("released", "run-1", "anna", "looked at it with sales")
    assert night(tmp_path, 2, broken=True) == "published"


def test_a_held_night_can_be_named_by_how_it_begins(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 12, broken=True)
    night(tmp_path, 13, broken=True)
    with pytest.raises(NotPossible, match="more than one held night 'run-1'; there are: run-12, run-13"):
        release(tmp_path, "run-1", **ANNA)
    release(tmp_path, "run-12", **ANNA)
    assert current_name(tmp_path) == "run-12"


@pytest.mark.parametrize("name", ["run-0", "", "..", "held", "run-9"])
def test_what_is_not_held_cannot_be_released(tmp_path: Path, name: str) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1, broken=True)
    with pytest.raises(NotPossible, match="there are: run-1"):
        release(tmp_path, name, **ANNA)
    assert current_name(tmp_path) == "run-0"
    assert decisions(tmp_path) == []


def test_a_held_night_of_another_base_has_to_be_run_again(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1, broken=True)
    night(tmp_path, 2)
    with pytest.raises(NotPossible, match="was compared with run-0, but `current` is run-2 now; run again"):
        release(tmp_path, "run-1", **ANNA)


def test_a_held_night_that_was_damaged_is_not_published(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1, broken=True)
    leads = tmp_path / "held" / "run-1" / "leads.parquet"
    leads.write_bytes(bytes(leads.stat().st_size))
    with pytest.raises(NotPossible, match=r"leads\.parquet in .* is not what was written"):
        release(tmp_path, "run-1", **ANNA)
    assert current_name(tmp_path) == "run-0"


def test_a_rollback_holds_until_somebody_ends_it(tmp_path: Path) -> None:
    for number in range(3):
        night(tmp_path, number)
    roll_back(tmp_path, "run-0", **ANNA)
    assert stands(tmp_path) == {"run-0": "current", "run-1": "undone", "run-2": "undone"}
    assert night(tmp_path, 3) == "held"
    assert night(tmp_path, 0) == "unchanged"
    assert current_name(tmp_path) == "run-0"
    assert resume(tmp_path, **ANNA) == "run-0"
    assert rolled_back(tmp_path) is None
    assert night(tmp_path, 4) == "published"
    found = publication_before(tmp_path / "run-4")
    assert found is not None and found[0].name == "run-0"
    with pytest.raises(NotPossible, match="nothing to end"):
        resume(tmp_path, **ANNA)


def test_a_night_on_top_of_a_rollback_can_be_released_and_ends_it(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1)
    roll_back(tmp_path, "run-0", **ANNA)
    night(tmp_path, 2)
    release(tmp_path, "run-2", **ANNA)
    assert stands(tmp_path) == {"run-0": "older", "run-1": "undone", "run-2": "current"}
    assert night(tmp_path, 3) == "published"


def test_going_forth_again_undoes_the_rollback(tmp_path: Path) -> None:
    for number in range(3):
        night(tmp_path, number)
    roll_back(tmp_path, "run-0", **ANNA)
    roll_back(tmp_path, "run-1", **ANNA)
    assert undone(tmp_path) == {"run-2"}
    assert [said.event for said in decisions(tmp_path)] == ["rolled back"] * 2


def test_a_damaged_publication_does_not_bring_back_what_was_undone(tmp_path: Path) -> None:
    published = tmp_path / "published"
    for number in range(3):
        night(published, number)
    roll_back(published, "run-1", **ANNA)
    (published / "run-1" / "leads.parquet").write_bytes(b"")
    assert repair(published, tmp_path / "lake").lost
    assert current_name(published) == "run-0"


def test_a_release_killed_before_its_swap_can_be_given_again(tmp_path: Path) -> None:
    night(tmp_path, 0)
    night(tmp_path, 1, broken=True)
    release(tmp_path, "run-1", **ANNA)
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("run-0")  # as if it had died between its rename and its swap
    release(tmp_path, "run-1", **ANNA)
    assert current_name(tmp_path) == "run-1"


# Retention


def test_publications_and_held_nights_go_by_count(tmp_path: Path) -> None:
    for number in range(6):
        night(tmp_path, number, keep=Retention(3))
    for number in range(6, 11):
        night(tmp_path, number, broken=True, keep=Retention(3))
    held, published = (
        [name for name, state in stands(tmp_path).items() if (state == "held") is is_held] for is_held in (True, False)
    )
    assert published == ["run-3", "run-4", "run-5"]
    assert held == ["run-8", "run-9", "run-10"]


def test_publications_go_by_age_but_never_the_last_two(tmp_path: Path) -> None:
    keep = Retention(publications=10, days=5)
    for number in (0, 1, 2, 6):
        night(tmp_path, number, keep=keep)
    assert sorted(stands(tmp_path)) == ["run-1", "run-2", "run-6"]
    night(tmp_path, 100, keep=keep)
    assert sorted(stands(tmp_path)) == ["run-100", "run-6"]


def test_what_was_gone_back_to_stays_however_many_nights_come(tmp_path: Path) -> None:
    for number in range(3):
        night(tmp_path, number, keep=Retention(3))
    roll_back(tmp_path, "run-0", **ANNA)
    for number in range(3, 9):
        night(tmp_path, number, keep=Retention(2, days=2))
    assert current_name(tmp_path) == "run-0"
    assert [name for name, state in stands(tmp_path).items() if state == "held"] == ["run-7", "run-8"]


def test_nights_that_change_nothing_push_nothing_out(tmp_path: Path) -> None:
    night(tmp_path, 0, keep=Retention(2))
    night(tmp_path, 1, keep=Retention(2))
    told = tables(pl.concat([home(), people("fair", 1_400, 10)]), "again")
    for number in range(2, 9):
        publish(told, tmp_path, f"run-{number}", at=AT + timedelta(days=number), keep=Retention(2))
    assert stands(tmp_path) == {"run-0": "older", "run-1": "current"}


# Ids over a rollback

clusterings = st.lists(st.lists(st.integers(0, 3), min_size=8, max_size=8), min_size=3, max_size=3)


@given(clusterings)
def test_ids_minted_in_an_undone_publication_come_back_to_the_same_founder_or_not_at_all(
    nights: list[list[int]],
) -> None:
    """First, undone and next night: eight records in up to four clusters each; the next follows the first."""
    keys = pl.DataFrame({"record": range(8)}, schema={"record": pl.UInt32}).with_columns(
        source=pl.lit("web"),
        source_record_id=pl.col("record").cast(pl.String),
        observed_at=pl.lit(AT) + pl.duration(days=pl.col("record")),
    )
    first, dropped, following = (
        keys.select("record").with_columns(cluster=pl.Series(cluster, dtype=pl.UInt32)) for cluster in nights
    )
    one, _ = assign_ids(first, keys, None, "lead")
    previous = first.join(one, on="cluster").join(keys, on="record").select("source", "source_record_id", "id")
    two, _ = assign_ids(dropped, keys, previous, "lead", at=AT)
    three, redirects = assign_ids(following, keys, previous, "lead", at=AT)
    minted = two.join(one, on="id", how="anti")
    again = minted.join(three, on="id", suffix="_now")
    for cluster, _, cluster_now in again.select("cluster", "id", "cluster_now").iter_rows():
        before = set(dropped.filter(pl.col("cluster") == cluster)["record"])
        now = set(following.filter(pl.col("cluster") == cluster_now)["record"])
        assert before & now, "an id that was seen outside belongs to somebody who shares no record with its owner"
    assert not set(redirects["old_id"]) & set(three["id"])
