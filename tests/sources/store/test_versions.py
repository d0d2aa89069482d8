"""Versions: the newest goes on, the older are history, what was withdrawn is left out, and nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.raw import RECORD_VERSIONS
from enrichment.collected_at import clean_collected_at
from enrichment.consent import clean_consent
from sources.store.channel_records import load_contents, load_records, load_versions
from sources.store.deliveries import refused_snapshots
from sources.store.removal import remove_records
from sources.store.row_file import scan_rows
from sources.store.versions import OverTime
from sources.withdrawals import RESTORE, WITHDRAW, WITHDRAW_ABSENT, Withdrawal, read_withdrawals, record
from tests.sources.building import Home, csv_text
from tests.sources.store.test_keys import ANNA, BOB, HEADER, changed, deliver

SEEN = "2025-03-01"


def over_time(home: Home) -> OverTime:
    return OverTime(
        read_withdrawals(home.folder / "overrides"),
        lambda rows: clean_collected_at(rows)["collected_at"],
        clean_consent,
    )


def records(home: Home) -> pl.DataFrame:
    return load_records(home.store, "offline", over_time(home)).collect()


def versions(home: Home) -> pl.DataFrame:
    table = load_versions(home.store, over_time(home))
    assert dict(table.schema) == RECORD_VERSIONS.schema
    assert table.select(RECORD_VERSIONS.key).is_unique().all()
    return table


def told(home: Home, *columns: str) -> list[tuple[object, ...]]:
    return records(home).select(columns).rows()


def accounted(home: Home) -> None:
    """Each record of the store is a current one, or all its versions are history or withdrawn; each content is once."""
    rows = scan_rows(sorted(home.store.rglob("*.arrow"))).select("source_record_id", "content_hash").unique().collect()
    current, table = records(home), versions(home)
    assert current["source_record_id"].is_unique().all()
    lives = set(current["source_record_id"])
    assert set(table.filter("current")["source_record_id"]) <= lives
    gone = set(table.filter(~pl.col("current"))["source_record_id"]) - lives
    assert lives | gone == set(rows["source_record_id"]) and not lives & gone
    assert set(current["content_hash"]) | set(table["content_hash"]) == set(rows["content_hash"])
    assert table.filter(pl.col("current") & pl.col("withdrawn_because").is_not_null()).is_empty()


def test_a_nightly_export_with_another_number_is_one_record_with_that_number(home: Home) -> None:
    for night in range(4):
        deliver(home, f"{night}.csv", changed(ANNA, Telefon=f"030 100000{night}"), BOB, at=1_770_000_000 + night)
        home.run()
    assert told(home, "source_record_id", "phone") == [("1", "030 1000003"), ("2", BOB[4])]
    table = versions(home)
    assert table.select("source_record_id", "current").rows() == [("1", False)] * 3 + [("1", True)]
    assert {str(day)[:10] for day in table["last_seen_at"]} == {"2025-02-28"}  # midnight in Berlin
    accounted(home)


@pytest.mark.parametrize(
    ("first", "second", "current"),
    [
        ({}, {"Datum": "2025-03-02"}, "second"),
        ({"Datum": "2025-03-02"}, {}, "first"),
        ({"Datum": "03.03.2025"}, {"Datum": "2025-03-02 18:00"}, "first"),
        ({"Datum": "2025-03-02"}, {"Datum": "2025-03-02"}, "second"),
        (
            {"Datum": ""},
            {"Datum": "2025-03-02"},
            "first",
        ),  # it came in November 2023: later than nothing, not than 2025
        ({"Datum": "gestern"}, {"Datum": ""}, "second"),
    ],
)
def test_the_newest_evidence_wins_then_what_came_last(
    home: Home, first: Mapping[str, str], second: Mapping[str, str], current: str
) -> None:
    at = 1_770_000_000  # February 2026
    deliver(home, "a.csv", changed(ANNA, Firma="first", **first), at=at)
    home.run()
    deliver(home, "b.csv", changed(ANNA, Firma="second", **second), at=at + 60)
    home.run()
    assert told(home, "company") == [(current,)]


def test_a_late_row_of_the_past_is_history_at_once(home: Home) -> None:
    deliver(home, "b.csv", ANNA)
    home.run()
    deliver(home, "a.csv", changed(ANNA, Datum="2024-01-01", Firma="Alt AG"))
    home.run()
    assert told(home, "source_record_id", "company") == [("1", "Nord AG")]
    accounted(home)


def test_content_that_comes_again_is_no_version_and_no_newer(home: Home) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    deliver(home, "b.csv", changed(ANNA, Firma="West AG"), at=1_770_000_001)
    home.run()
    before = records(home), versions(home)
    turned = [row[::-1] for row in (BOB, ANNA)]
    path = home.put("c.csv", csv_text(HEADER[::-1], turned, ","))
    os.utime(path, (1_800_000_000, 1_800_000_000))
    home.run()
    assert records(home).equals(before[0])
    assert versions(home).equals(before[1])


VOLATILE = [
    "Letzter Login",
    "Anzahl Logins",
    "Lead Score",
    "Öffnungsrate",
    "Exportiert am",
    "Zuletzt geändert",
    "Zeile",
]


def test_what_changes_with_every_export_makes_no_version_and_is_that_of_the_newest(home: Home) -> None:
    header = [*HEADER, *VOLATILE]
    for night in range(3):
        counters = [f"{night}{number}" for number in range(len(VOLATILE))]
        deliver(home, f"{night}.csv", [*ANNA, *counters], [*BOB, *counters], header=header, at=1_770_000_000 + night)
        home.run()
    assert versions(home).is_empty()
    found = records(home)
    assert found["file"].unique().to_list() == ["offline/messe/0.csv"]
    assert found["rating"].to_list() == ["22", "22"]
    assert all(f'"{name}":"2' in extra for extra in found["extra"] for name in VOLATILE if name != "Lead Score")


def test_what_the_settings_call_volatile_makes_no_version(home: Home) -> None:
    home.state("messe", 'volatile = ["Vermerk", "Firma"]\n')
    for night in range(2):
        rows = [[*changed(ANNA, Firma=f"{night} AG"), f"{night}"]]
        deliver(home, f"{night}.csv", *rows, header=[*HEADER, "Vermerk"], at=1_770_000_000 + night)
        home.run()
    assert versions(home).is_empty()
    assert told(home, "company") == [("1 AG",)]


def test_records_that_are_one_since_a_column_is_volatile_are_one(home: Home) -> None:
    for night in range(3):
        deliver(
            home, f"{night}.csv", [*ANNA[1:], f"{night}"], header=[*HEADER[1:], "Vermerk"], at=1_770_000_000 + night
        )
        home.run()
    before = records(home)["source_record_id"]
    home.state("messe", 'volatile = ["Vermerk"]\n')
    home.run()
    assert records(home).height == 1
    assert set(versions(home)["source_record_id"]) == set(before)
    accounted(home)


CONSENT = ["E-Mail-Einwilligung", "DOI am", "Telefon-Einwilligung", "Abmeldung"]
REFUSALS: list[tuple[str, Sequence[Sequence[str]], tuple[str, str, bool]]] = [
    ("an objection that is not told any more", [["", "", "", "ja"], ["", "", "", ""]], ("refused", "refused", True)),
    ("an objection that an export sets back", [["", "", "", "ja"], ["", "", "", "nein"]], ("refused", "refused", True)),
    ("a no that is not told any more", [["nein", "", "", ""], ["", "", "", ""]], ("refused", "unknown", False)),
    ("a no to calls", [["", "", "nein", ""], ["ja", "", "", ""]], ("granted", "refused", False)),
    ("two answers are no objection", [["nein", "", "nein", ""], ["", "", "", ""]], ("refused", "refused", False)),
    ("a later yes", [["nein", "", "", ""], ["ja", "", "", ""]], ("granted", "unknown", False)),
    ("a later double opt-in", [["", "", "", "ja"], ["", "2025-02-02", "", ""]], ("confirmed", "refused", False)),
    ("a yes that stood there before", [["ja", "", "", "ja"], ["ja", "", "", ""]], ("refused", "refused", True)),
    ("a yes in between", [["nein", "", "", ""], ["ja", "", "", ""], ["", "", "", ""]], ("unknown", "unknown", False)),
    ("a no after a yes", [["ja", "", "", ""], ["nein", "", "", ""], ["", "", "", ""]], ("refused", "unknown", False)),
    ("nothing ever", [["", "", "", ""], ["ja", "", "", ""]], ("granted", "unknown", False)),
]


@pytest.mark.parametrize(("cells", "stated"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS])
def test_a_refusal_of_an_older_version_holds_until_a_newer_one_agrees(
    home: Home, cells: Sequence[Sequence[str]], stated: tuple[str, str, bool]
) -> None:
    for number, consent in enumerate(cells):
        row = [*changed(ANNA, Telefon=f"030 100000{number}"), *consent]
        deliver(home, f"{number}.csv", row, header=[*HEADER, *CONSENT], at=1_770_000_000 + number)
        home.run()
    found = clean_consent(records(home)).select("consent_email", "consent_phone", "opt_out")
    assert found.rows() == [stated]


def withdraw(home: Home, decision: str = WITHDRAW, **what: str) -> None:
    if name := what.get("file"):
        hashes = home.files().filter(pl.col("file").str.ends_with(name))["file_hash"]
        what = what | {"file_hash": hashes[0], "file": f"offline/messe/{name}"}
    record(home.folder / "overrides", decision, [Withdrawal("messe", because="a mistake", **what)], "eva")


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({}, []),
        ({"file": "b.csv"}, [("1", "Nord AG"), ("2", "Süd AG")]),
        ({"file": "a.csv"}, [("1", "West AG")]),
        ({"record_id": "1"}, [("2", "Süd AG")]),
        ({"record_id": "nobody"}, [("1", "West AG"), ("2", "Süd AG")]),
    ],
)
def test_what_is_withdrawn_is_left_out_until_that_is_taken_back(
    home: Home, what: dict[str, str], left: list[tuple[str, str]]
) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    deliver(home, "b.csv", changed(ANNA, Firma="West AG"), at=1_770_000_001)
    home.run()
    before = records(home)
    withdraw(home, **what)
    assert told(home, "source_record_id", "company") == left
    gone = versions(home).filter(pl.col("withdrawn_because").is_not_null())
    assert set(gone["withdrawn_because"]) <= {"a mistake"}
    accounted(home)
    withdraw(home, RESTORE, **what)
    assert records(home).equals(before)
    accounted(home)


def test_a_row_that_another_file_delivered_too_stays(home: Home) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    deliver(home, "b.csv", BOB, at=1_770_000_001)
    home.run()
    withdraw(home, file="a.csv")
    assert told(home, "source_record_id", "file") == [("2", "offline/messe/b.csv")]
    accounted(home)


def test_a_file_taken_out_of_the_inbox_changes_nothing(home: Home) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    home.run()
    before = records(home)
    (home.inbox / "offline" / "messe" / "a.csv").unlink()
    home.run()
    assert records(home).equals(before)


def snapshot(home: Home, name: str, *rows: Sequence[str], at: int) -> None:
    deliver(home, name, *rows, at=1_770_000_000 + at)
    home.run()


CEM = ["3", "Cem", "Ay", "Ost AG", "0711 123456", "cem@ost.example", SEEN]
DORA = ["4", "Dora", "Falk", "Mitte AG", "0221 123456", "dora@mitte.example", SEEN]


def refused(home: Home) -> list[str]:
    return refused_snapshots(home.store, "offline", over_time(home).withdrawals)


@pytest.fixture
def crm(home: Home) -> Home:
    home.state("messe", "snapshot = true\n")
    snapshot(home, "1.csv", ANNA, BOB, CEM, DORA, at=1)
    return home


def test_who_is_not_in_the_newest_snapshot_is_withdrawn_and_may_come_back(crm: Home) -> None:
    snapshot(crm, "2.csv", changed(ANNA, Firma="West AG"), BOB, at=2)
    assert told(crm, "source_record_id", "company") == [("1", "West AG"), ("2", "Süd AG")]
    gone = versions(crm).filter(pl.col("withdrawn_because").is_not_null())
    assert gone.select("source_record_id", "withdrawn_because").rows() == [
        ("3", "not in the snapshot offline/messe/2.csv"),
        ("4", "not in the snapshot offline/messe/2.csv"),
    ]
    accounted(crm)
    snapshot(crm, "3.csv", ANNA, BOB, CEM, at=3)
    assert told(crm, "source_record_id", "company") == [("1", "Nord AG"), ("2", "Süd AG"), ("3", "Ost AG")]
    assert refused(crm) == []
    accounted(crm)


@pytest.mark.parametrize(
    "content",
    [csv_text(HEADER, [ANNA]), csv_text(HEADER, []), "", "\0" * 99],
    ids=["by more than half", "to nothing", "empty", "unreadable"],
)
def test_a_snapshot_that_shrinks_by_more_than_half_is_not_obeyed_and_said_loudly(crm: Home, content: str) -> None:
    before = records(crm)
    path = crm.put("2.csv", content)
    os.utime(path, (1_770_000_002, 1_770_000_002))
    crm.run()
    assert records(crm).equals(before)
    (said,) = refused(crm)
    assert "offline/messe/2.csv" in said and "Deliver it whole" in said
    snapshot(crm, "3.csv", BOB, CEM, DORA, at=3)
    assert records(crm)["source_record_id"].to_list() == ["2", "3", "4"]
    assert refused(crm) == []
    accounted(crm)


def test_a_person_may_say_that_a_shrunken_snapshot_is_right(crm: Home) -> None:
    snapshot(crm, "2.csv", ANNA, at=2)
    assert "leads withdraw messe --absent-from offline/messe/2.csv --because WHY" in refused(crm)[0]
    withdraw(crm, WITHDRAW_ABSENT, file="2.csv")
    assert records(crm)["source_record_id"].to_list() == ["1"]
    assert refused(crm) == []
    snapshot(crm, "3.csv", changed(ANNA, Firma="West AG"), at=3)
    assert told(crm, "company") == [("West AG",)]
    accounted(crm)


def test_a_snapshot_that_is_withdrawn_makes_room_for_the_one_before(crm: Home) -> None:
    snapshot(crm, "2.csv", ANNA, BOB, at=2)
    withdraw(crm, file="2.csv")
    assert records(crm).height == 4
    accounted(crm)


# ------------------------------------------------------------------------------------------- histories

PERSONS = [ANNA, BOB, CEM, ["1", *DORA[1:]]]  # two under one number
ROW = st.builds(
    lambda person, phone, day: changed(PERSONS[person], Telefon=f"030 10000{phone:02}", Datum=f"2025-03-{day:02}"),
    st.integers(0, len(PERSONS) - 1),
    st.integers(0, 3),
    st.integers(1, 4),
)
FILES = st.lists(st.lists(ROW, min_size=1, max_size=4), min_size=1, max_size=5)


def contents(home: Home) -> list[tuple[object, ...]]:
    """The current records without what tells where a content was first found."""
    return sorted(told(home, "source_record_id", "content_hash"))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, nights=st.lists(st.booleans(), min_size=5, max_size=5), times=st.permutations(range(5)))
def test_over_any_history_keys_stay_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[list[str]]], nights: list[bool], times: list[int]
) -> None:
    """Files arrive in any order of their times, over several nights; some rows come again, some are corrected."""
    home, known = Home(tmp_path_factory.mktemp("home")), dict[tuple[str, int], str]()
    for number, (rows, night) in enumerate(zip(files, nights, strict=False)):
        deliver(home, f"{number}.csv", *rows, at=1_770_000_000 + times[number])
        if night or number == len(files) - 1:
            home.run()
            now = placed(home)
            assert known.items() <= now.items()
            known = now
            accounted(home)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES, nights=st.lists(st.booleans(), min_size=5, max_size=5))
def test_where_the_nights_begin_and_end_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[list[str]]], nights: list[bool]
) -> None:
    homes = [Home(tmp_path_factory.mktemp("home")) for _ in range(2)]
    for number, (rows, night) in enumerate(zip(files, nights, strict=False)):
        for home in homes:
            deliver(home, f"{number}.csv", *rows, at=1_770_000_000 + number)
        if night:
            homes[0].run()
    for home in homes:
        home.run()
    assert placed(homes[0]) == placed(homes[1])
    assert records(homes[0]).equals(records(homes[1]))
    assert versions(homes[0]).equals(versions(homes[1]))


def placed(home: Home) -> dict[tuple[str, int], str]:
    rows = scan_rows(sorted(home.store.rglob("*.arrow"))).select("file", "row", "source_record_id").collect()
    return {(Path(file).name, row): key for file, row, key in rows.iter_rows()}


def test_who_is_erased_is_gone_in_every_version_and_so_is_who_was_withdrawn(home: Home) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    deliver(home, "b.csv", changed(ANNA, Firma="West AG"), at=1_770_000_001)
    home.run()
    withdraw(home, record_id="2")
    everything = load_contents(home.store, "offline").collect()
    assert sorted(everything["source_record_id"]) == ["1", "1", "2"]
    gone = records(home).select("channel", "source", "content_hash")
    assert remove_records(home.store, gone, "erased", "Gone.").height == 2
    assert load_contents(home.store, "offline").collect()["source_record_id"].to_list() == ["2"]
