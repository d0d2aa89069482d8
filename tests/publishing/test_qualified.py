"""The tables of qualification go out together, or not at all."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from contracts.published import REDIRECTS
from contracts.qualified import CAMPAIGN_COSTS, OPPORTUNITIES, QUALIFIED, TOUCHPOINTS
from publishing import qualified
from publishing.current import CURRENT, PublishError
from publishing.qualified import OF, erase_qualified, publish_qualified, read_qualified

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEAL = {"opportunity_id": "crm:7", "lead_ids": ["L" + "A" * 16], "outcome": "won", "known_at": NOON}


def tables(*deals: dict[str, object]) -> dict[str, pl.DataFrame]:
    return {table.name: table.empty() for table in QUALIFIED} | {
        "opportunities": OPPORTUNITIES.conform(pl.DataFrame(list(deals), schema_overrides=OPPORTUNITIES.schema))
    }


def test_before_the_first_time_all_tables_are_empty(tmp_path: Path) -> None:
    assert {name: frame.height for name, frame in read_qualified(tmp_path).items()} == dict.fromkeys(
        [table.name for table in QUALIFIED], 0
    )


def test_what_was_published_is_read_again_and_names_its_publication(tmp_path: Path) -> None:
    folder = publish_qualified(tables(DEAL), tmp_path, "2026-03-01T02-00-00", REDIRECTS.empty())
    assert folder == tmp_path / CURRENT
    assert (folder / OF).read_text(encoding="utf-8") == "2026-03-01T02-00-00\n"
    assert read_qualified(tmp_path)["opportunities"]["opportunity_id"].to_list() == ["crm:7"]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"opportunities": OPPORTUNITIES.empty().drop("owner")}, "opportunities: owner is missing"),
        (tables(DEAL, DEAL), "opportunity_id is not unique"),
        (tables(DEAL | {"stage": ""}), "stage is an empty string"),
    ],
    ids=["a column is missing", "a key twice", "an empty string"],
)
def test_a_broken_promise_publishes_nothing(tmp_path: Path, broken: dict[str, pl.DataFrame], says: str) -> None:
    publish_qualified(tables(DEAL), tmp_path, "before", REDIRECTS.empty())
    with pytest.raises(PublishError, match=says):
        publish_qualified(tables() | broken, tmp_path, "after", REDIRECTS.empty())
    assert (tmp_path / CURRENT / OF).read_text(encoding="utf-8") == "before\n"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_qualified(tables(DEAL), tmp_path, "before", REDIRECTS.empty())

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(qualified, "sync", full)
    with pytest.raises(PublishError, match="No space left"):
        publish_qualified(tables(), tmp_path, "after", REDIRECTS.empty())
    assert read_qualified(tmp_path)["opportunities"].height == 1
    assert [path.name for path in tmp_path.iterdir()] == [CURRENT]


def test_tables_may_be_files(tmp_path: Path) -> None:
    path = tmp_path / "costs.parquet"
    CAMPAIGN_COSTS.empty().write_parquet(path)
    publish_qualified({**tables(DEAL), "campaign_costs": path}, tmp_path / "out", "run", REDIRECTS.empty())
    assert read_qualified(tmp_path / "out")["campaign_costs"].height == 0


def test_an_erased_person_leaves_at_once_and_the_deal_stays(tmp_path: Path) -> None:
    gone, stays = "L" + "A" * 16, "L" + "B" * 16
    act = {"kind": "form_fill", "channel": "web", "occurred_at": NOON, "known_at": NOON, "human": "yes"}
    acts = [act | {"touchpoint_id": one, "lead_id": one, "join_rule": "email", "evidence": []} for one in (gone, stays)]
    touchpoints = TOUCHPOINTS.conform(pl.DataFrame(acts, schema_overrides=TOUCHPOINTS.schema))
    publish_qualified(
        tables(DEAL | {"lead_ids": [gone, stays]}) | {"touchpoints": touchpoints}, tmp_path, "run", REDIRECTS.empty()
    )
    assert erase_qualified(tmp_path, [gone]) == 1
    left = read_qualified(tmp_path)
    assert left["touchpoints"]["lead_id"].to_list() == [stays]
    assert left["opportunities"]["lead_ids"].to_list() == [[stays]]
    assert gone not in str([path.read_bytes() for path in (tmp_path / CURRENT).glob("*.parquet")])


def test_erasing_before_the_first_night_erases_nothing(tmp_path: Path) -> None:
    assert erase_qualified(tmp_path, ["L" + "A" * 16]) == 0
