"""Thinning: nightly exports do not add up, and nothing that is read from the store is another for it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.store.channel_records import load_contents
from sources.store.deliveries import WHOLE, deliveries, refused_snapshots
from sources.store.row_file import scan_rows
from sources.store.thinning import thin
from tests.sources.building import Home
from tests.sources.store.test_keys import ANNA, BOB, changed
from tests.sources.store.test_versions import CEM, DORA, accounted, over_time, records, snapshot, versions, withdraw

NIGHTS = WHOLE + 5


def thinned(home: Home) -> int:
    return thin(home.store, "offline", over_time(home).withdrawals)


def read(home: Home) -> list[pl.DataFrame]:
    """All that is read of the records in the store."""
    everything = load_contents(home.store, "offline").select("source_record_id", "content_hash").collect()
    return [records(home), versions(home), home.files(), everything.sort(everything.columns)]


def same(before: Sequence[pl.DataFrame], now: Sequence[pl.DataFrame]) -> bool:
    return all(one.equals(other) for one, other in zip(before, now, strict=True))


def rows_kept(home: Home) -> int:
    found = deliveries(home.store, "offline", "messe")
    return scan_rows([delivery.rows for delivery in found]).collect().height


def exports(home: Home, count: int = NIGHTS) -> None:
    """A full export each night, in which one of four records changes."""
    for night in range(1, count + 1):
        anna = changed(ANNA, Firma=f"{night} AG")
        snapshot(home, f"{night:02}.csv", anna, BOB, CEM, DORA, at=night)


@pytest.mark.parametrize("stated", ["", "snapshot = true\n", 'volatile = ["Datum"]\n'])
def test_rows_between_the_first_and_the_last_delivery_leave_and_nothing_reads_otherwise(
    home: Home, stated: str
) -> None:
    home.state("messe", stated)
    exports(home)
    before = read(home)
    assert rows_kept(home) == 4 * NIGHTS
    old = NIGHTS - WHOLE
    assert thinned(home) == 3 * (old - 1), "the first export is where they began"
    assert rows_kept(home) == 4 * WHOLE + 3 + old
    assert same(before, read(home))
    assert thinned(home) == 0
    accounted(home)
    counts = [(it.count, it.thinned) for it in deliveries(home.store, "offline", "messe")]
    assert counts == [(4, False)] + [(4, True)] * (old - 1) + [(4, False)] * WHOLE


def test_a_thinned_delivery_counts_as_read_and_is_whole_when_it_is_read_anew(home: Home) -> None:
    exports(home)
    before = read(home)
    gone = thinned(home)
    assert home.run().count("loaded") == 0
    home.state("messe", "record_ids = 'stable'\n")
    home.run()
    assert rows_kept(home) == 4 * NIGHTS
    assert records(home)["source_record_id"].equals(before[0]["source_record_id"])
    assert thinned(home) == gone


def test_the_snapshot_that_is_obeyed_stays_whole(home: Home) -> None:
    home.state("messe", "snapshot = true\n")
    exports(home, 2)
    for night in range(3, NIGHTS):
        snapshot(home, f"{night:02}.csv", changed(ANNA, Firma=f"{night} AG"), at=night)  # broke off each time
    before = read(home)
    thinned(home)
    assert same(before, read(home))
    assert records(home).height == 4
    assert len(refused_snapshots(home.store, "offline", over_time(home).withdrawals)) == NIGHTS - 3


def test_as_many_snapshots_can_be_withdrawn_as_are_kept_whole(home: Home) -> None:
    home.state("messe", "snapshot = true\n")
    exports(home)
    thinned(home)
    for night in range(NIGHTS, NIGHTS - WHOLE + 1, -1):
        withdraw(home, file=f"{night:02}.csv")
    assert records(home).height == 4
    withdraw(home, file=f"{NIGHTS - WHOLE + 1:02}.csv")
    with pytest.raises(ValueError, match="Deliver a whole one, or take a decision back"):
        records(home)


def test_what_never_comes_again_is_left_alone(home: Home) -> None:
    for night in range(1, NIGHTS + 1):
        snapshot(home, f"{night:02}.csv", changed(ANNA, Nr=str(night)), at=night)
    assert thinned(home) == 0
    assert not any(it.thinned for it in deliveries(home.store, "offline", "messe"))


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=WHOLE + 2, max_size=WHOLE + 4))
def test_over_any_history_thinning_every_night_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, nights: list[list[int]]
) -> None:
    plain, thin_one = (Home(tmp_path_factory.mktemp("home")) for _ in range(2))
    persons = [ANNA, BOB, CEM, DORA]
    for number, who in enumerate(nights, start=1):
        for home in (plain, thin_one):
            snapshot(home, f"{number:02}.csv", *(persons[person] for person in who), at=number)
        thinned(thin_one)
    assert same(read(plain), read(thin_one))
