"""Feedback: the state as the tables that are promised."""

from __future__ import annotations

from contracts.delivery import STANDING, SYNCED
from delivery.feedback import tables
from delivery.step import Standing
from tests.delivery.publications import lead
from tests.delivery.syncing import Syncing


def test_every_way_a_record_can_stand_has_its_meaning() -> None:
    assert set(STANDING) == set(Standing)


def test_ids_rows_and_what_users_did_are_tables(syncing: Syncing) -> None:
    syncing.night(leads=[lead("L1", job_title="CEO"), lead("L2")]).sync()
    one, two = (syncing.target.by_key(key).id for key in ("L1", "L2"))
    syncing.target.user_edits("person", one, function="boss", stage="won")
    syncing.target.user_archives("person", two)
    syncing.sync()
    found = tables(syncing.state)
    assert {name: frame.columns for name, frame in found.items()} == {table.name: table.names for table in SYNCED}
    assert dict(found["ids"].select("key", "standing").iter_rows()) == {"L1": "ours", "L2": "archived"}
    assert set(found["events"].select("event", "key", "field", "theirs").iter_rows()) == {
        ("edited", "L1", "function", "boss"),
        ("told", "L1", "stage", "won"),
        ("archived", "L2", None, None),
    }
    last = found["rows"].filter(found["rows"]["action"] == "update")
    assert last["status"].to_list() == ["written", "verified"]
