"""Keys: given when the store first sees a record, and never moved by what comes later."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from pyarrow import ipc

from sources.store.row_file import scan_rows
from tests.sources.building import Home, csv_text

HEADER = ["Nr.", "Vorname", "Nachname", "Firma", "Telefon", "E-Mail", "Datum"]
ANNA = ["1", "Anna", "Klein", "Nord AG", "030 1234567", "anna@nord.example", "2025-03-01"]
BOB = ["2", "Bob", "Groß", "Süd AG", "040 7654321", "bob@sued.example", "2025-03-01"]


def changed(row: Sequence[str], **cells: str) -> list[str]:
    """A row with other cells, by the header."""
    said = dict(zip(HEADER, row, strict=True)) | {name.replace("_", "-"): cell for name, cell in cells.items()}
    return [said[name] for name in HEADER]


def deliver(
    home: Home, name: str, *rows: Sequence[str], at: int = 1_770_000_000, header: Sequence[str] = HEADER
) -> None:
    path = home.put(name, csv_text(header, rows))
    os.utime(path, (at, at))


def keys(home: Home) -> dict[tuple[str, int], str]:
    """The key of each row in the store, by its file and line."""
    rows = scan_rows(sorted(home.store.rglob("*.arrow"))).select("file", "row", "source_record_id").collect()
    return {(Path(file).name, row): key for file, row, key in rows.iter_rows()}


PLAINLY_ONE = {
    "another number": changed(ANNA, Telefon="089 998877"),
    "another address": changed(ANNA, E_Mail="a.klein@west.example"),
    "another firm": changed(ANNA, Firma="West AG"),
    "another firm, number and address": changed(ANNA, Firma="West AG", Telefon="", E_Mail="a@west.example"),
    "married": changed(ANNA, Nachname="Groß"),
    "married and moved": changed(ANNA, Nachname="Groß", Firma="West AG", Telefon="089 998877"),
    "misspelt, corrected": changed(ANNA, Nachname="Kleyn"),
    "umlauts spelt out, a title": changed(ANNA, Vorname="Dr. ANNA", E_Mail=""),
    "the number in another notation, a name alone": changed(ANNA, Vorname="", Telefon="+49 30 1234567", E_Mail=""),
    "no name any more": changed(ANNA, Vorname="", Nachname=""),
    "a later day": changed(ANNA, Datum="2025-04-01"),
    "an earlier day": changed(ANNA, Datum="2024-01-01"),
}
PLAINLY_ANOTHER = {
    "nothing in common": ["1", *BOB[1:]],
    "a colleague at the switchboard": changed(["1", *BOB[1:]], Firma="Nord AG", Telefon="030 1234567"),
    "a colleague at the firm's mailbox": changed(["1", *BOB[1:]], Firma="Nord AG", E_Mail="anna@nord.example"),
    "a namesake by the family name": changed(["1", *BOB[1:]], Nachname="Klein"),
    "a namesake by the family name, at the firm": changed(["1", *BOB[1:]], Nachname="Klein", Firma="Nord AG"),
    "both are Herr Dr. von": ["1", "Herr Dr. Jan", "von Stein", "Nord AG", "030 1234567", "", "2025-03-01"],
}


@pytest.mark.parametrize("then", PLAINLY_ONE)
def test_other_content_of_the_same_person_is_a_version(home: Home, then: str) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    home.run()
    deliver(home, "b.csv", PLAINLY_ONE[then], BOB)
    home.run()
    assert set(keys(home).values()) == {"1", "2"}


@pytest.mark.parametrize("then", PLAINLY_ANOTHER)
def test_another_person_under_the_same_number_is_another_record(home: Home, then: str) -> None:
    deliver(home, "a.csv", ANNA, BOB)
    home.run()
    deliver(home, "b.csv", PLAINLY_ANOTHER[then], BOB)
    home.run()
    found = keys(home)
    assert (found["a.csv", 2], found["a.csv", 3], found["b.csv", 3]) == ("1", "2", "2")
    assert found["b.csv", 2].startswith("1~") and len(found["b.csv", 2]) == 10


def test_versions_of_the_other_person_are_that_persons(home: Home) -> None:
    other = ["1", *BOB[1:]]
    for name, row in (
        ("a", ANNA),
        ("b", other),
        ("c", changed(other, Telefon="0711 1234")),
        ("d", [*ANNA[:-1], "2026"]),
    ):
        deliver(home, f"{name}.csv", row)
        home.run()
    found = keys(home)
    assert found["a.csv", 2] == found["d.csv", 2] == "1"
    assert found["b.csv", 2] == found["c.csv", 2] != "1"


@pytest.mark.parametrize(
    "late",
    [
        {"rows": [["1", *BOB[1:-1], "2001-01-01"]], "at": 1_800_000_000},
        {"rows": [["1", *BOB[1:]]], "at": 1_000_000_000},
        {"rows": [changed(ANNA, Datum="2001-01-01")], "at": 1_000_000_000},
        {"rows": [ANNA, BOB], "at": 1_000_000_000},
    ],
    ids=["a row with an earlier date", "a file with an older time", "both, of the same person", "delivered again"],
)
def test_what_comes_late_renames_nothing(home: Home, late: dict[str, object]) -> None:
    deliver(home, "m.csv", ANNA, BOB)
    home.run()
    before = keys(home)
    deliver(home, "a.csv", *late["rows"], at=late["at"])  # type: ignore[misc, arg-type]
    home.run()
    assert before.items() <= keys(home).items()


def test_the_first_night_goes_by_time_and_bytes_not_by_names(tmp_path: Path) -> None:
    files = [
        ([ANNA], 1_700_000_000),
        ([["1", *BOB[1:]]], 1_700_000_000),
        ([["1", "Cem", "Ay", "", "", "", ""]], 1_600_000_000),
    ]
    found = []
    for turn in (files, files[::-1]):
        home = Home(tmp_path / str(len(found)))
        for number, (rows, at) in enumerate(turn):
            deliver(home, f"{number}.csv", *rows, at=at)
        home.run()
        found.append({row[0]: row[1] for row in home.records().select("given_name", "source_record_id").rows()})
    assert found[0] == found[1]
    assert found[0]["Cem"] == "1"


@pytest.mark.parametrize("header", [HEADER, ["", *HEADER[1:]]], ids=["with ids", "without"])
def test_a_reader_that_reads_otherwise_renames_nothing(home: Home, header: list[str]) -> None:
    """The note becomes volatile, so that every content is another one than before."""
    header = [*header, "Vermerk"]
    deliver(home, "a.csv", [*ANNA, "x"], [*BOB, "y"], header=header)
    deliver(home, "b.csv", [*changed(ANNA, Firma="West AG"), "x"], ["1", *BOB[1:], "z"], header=header)
    home.run()
    before, hashes = keys(home), set(home.records()["content_hash"])
    home.state("messe", 'volatile = ["Vermerk"]\n')
    home.run()
    assert keys(home) == before
    assert not hashes & set(home.records()["content_hash"])


def test_an_id_column_that_is_named_later_finds_the_records_of_before(home: Home) -> None:
    header = ["Satz", *HEADER[1:]]
    deliver(home, "a.csv", ANNA, BOB, header=header)
    home.run()
    before = keys(home)
    home.state("messe", 'id_column = "Satz"\n')
    deliver(home, "b.csv", changed(ANNA, Telefon="089 998877"), header=header)
    home.run()
    assert before.items() <= keys(home).items()
    assert keys(home)["b.csv", 2] == before["a.csv", 2]


@pytest.mark.parametrize(("stated", "records"), [("stable", {"1"}), ("per_file", {"1", "1~"})])
@pytest.mark.parametrize(
    "then", [PLAINLY_ANOTHER["nothing in common"], PLAINLY_ONE["another number"]], ids=["other", "one"]
)
def test_a_source_may_state_what_its_ids_mean(home: Home, stated: str, records: set[str], then: list[str]) -> None:
    home.state("messe", f'record_ids = "{stated}"\n')
    deliver(home, "a.csv", ANNA)
    home.run()
    deliver(home, "b.csv", then)
    home.run()
    assert {key[:2] for key in keys(home).values()} == records


def test_what_is_no_id_within_one_file_makes_no_versions(home: Home) -> None:
    """A constant says nothing of persons: nobody becomes the history of somebody else."""
    home.state("messe", 'id_column = "Nr."\n')
    deliver(home, "a.csv", *(changed(ANNA, Telefon=f"030 {1000000 + n}") for n in range(30)))
    home.run()
    assert home.records().height == 30


def test_two_channels_of_one_source_do_not_share_a_key(home: Home) -> None:
    for channel, row in (("online", ANNA), ("offline", ["1", *BOB[1:]])):
        home.put(f"{channel}.csv", csv_text(HEADER, [row]), "both", channel)
        home.run()
    before = keys(home)
    assert set(before.values()) == {"1", "1~offline"}
    home.put("b.csv", csv_text(HEADER, [["1", "Cem", "Ay", "", "", "c@ay.example", ""]]), "both", "online")
    home.run()
    assert before.items() <= keys(home).items() and len(set(keys(home).values())) == 3


def test_a_damaged_set_is_read_again_under_the_same_keys(home: Home) -> None:
    deliver(home, "a.csv", ANNA, at=1_600_000_000)
    home.run()
    deliver(home, "b.csv", ["1", *BOB[1:]])
    home.run()
    before = keys(home)
    for path in list(home.store.rglob("*.arrow")):
        path.write_bytes(path.read_bytes()[:-9])
        home.run()
        assert keys(home) == before


def test_a_store_of_before_keeps_the_keys_it_was_published_with(home: Home) -> None:
    deliver(home, "a.csv", changed(ANNA, Datum="2025-09-09"), BOB)
    deliver(home, "b.csv", ["1", *BOB[1:-1], "2025-01-01"])
    home.run()
    for path in home.store.rglob("*.arrow"):
        with ipc.open_file(path) as file:
            rows, schema = file.read_all().drop_columns([] if "key" not in file.schema.names else ["key"]), file.schema
        told = json.loads(schema.metadata[b"lead_refinery_same"])
        old = {name: said for name, said in told.items() if name not in ("volatile", "snapshot")}
        rows = rows.replace_schema_metadata({"lead_refinery_same": json.dumps(old)})
        with ipc.new_file(str(path), rows.schema) as file:
            file.write_table(rows)
    for unknown in ("*.jsonl", "*.keyed"):  # to a store of before
        for path in home.store.rglob(unknown):
            path.unlink()
    home.run()
    found = keys(home)
    assert (found["b.csv", 2], found["a.csv", 3]) == ("1", "2")
    assert found["a.csv", 2].startswith("1~")
    home.run()
    assert keys(home) == found


def test_a_store_that_is_built_anew_has_the_same_keys(home: Home) -> None:
    for number, row in enumerate([ANNA, ["1", *BOB[1:]], changed(ANNA, Firma="West AG")]):
        deliver(home, f"{9 - number}.csv", row, at=1_600_000_000 + number)
        home.run()
    again = Home(home.folder / "again")
    (home.folder / "again").mkdir()
    (home.folder / "again" / "inbox").symlink_to(home.inbox)
    again.run()
    assert keys(again) == keys(home)


def test_rows_without_an_id_are_called_by_their_content(home: Home) -> None:
    deliver(home, "a.csv", ANNA[1:], BOB[1:], header=HEADER[1:])
    home.run()
    found = home.records()
    assert found["source_record_id"].equals(found["content_hash"].rename("source_record_id"))
    assert found.select(pl.col("source_record_id").n_unique()).item() == 2
