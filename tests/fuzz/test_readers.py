"""Every reader, over files damaged in any way: nothing breaks it, nothing is lost, and it says the same twice."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.raw import FILES, RAW_RECORDS, REJECTS
from contracts.reasons import reasons
from sources.store.channel_records import load_contents
from tests.fuzz.files import damaged, honest
from tests.sources.building import Home

OURS = {"reader_failed", "not_reconciled"}  # faults of a reader, not of the file
COSTLY = {"too_slow", "reader_crashed", "too_much_memory"}
MAY_ABORT = (".xlsx", ".xls", ".ods", ".parquet", ".zip")  # their parsers do not survive that they get no memory
DELIVERED = 1_750_000_000
LITTLE = f"[budget]\nmemory = {1 << 30}\nseconds = 30\n"  # none of the files has a megabyte


FILES_DELIVERED = st.lists(damaged(), min_size=1, max_size=12)


@settings(max_examples=8)  # `make fuzz` tries more
@given(FILES_DELIVERED)
@example([("2.vcf", b"BEGIN:VCARD")])
@example([("half a sign at its end.csv", "Vorname;Nachname;E-Mail".encode("utf-16") + b"x")])
@example([("as many marks as an hour has.csv", b"Vorname;Nachname\nEva;Klein\n" + b"Summe" + b" " * 2_000 + b"x;\n")])
@example([("a line of marks.csv", b"Vorname;Nachname\n" + b"-" * 2_000 + b"x;\nEva;Klein\n")])
@example([("parameters without a colon.vcf", b"BEGIN:VCARD\nN" + b";" * 20_000 + b"\nFN:Eva Klein\nEND:VCARD\n")])
@example([("blank lines.vcf", b"BEGIN:VCARD\nFN:Eva Klein\nEND:VCARD\n" + b"\n" * 900_000)])
@example([("spans.html", "<table><tr><td colspan=²>Vorname<tr><td colspan=".encode() + b"9" * 5_000 + b">Eva</table>")])
@example([("cut short.xls", honest()["book.xls"][:4_000])])
@example([("a sentence of signs.csv", b"Vorname;Nachname;Ich " + b"." * 20_000 + b"\nEva;Klein;ja\n")])
def test_a_damaged_file_is_read_or_held_back_with_a_word(files: list[tuple[str, bytes]]) -> None:
    read_twice(files)


def read_twice(files: list[tuple[str, bytes]]) -> None:
    """Read files, each as a source of its own, into two stores, and hold what came of them against the promises."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        first, second = _read(Path(one), files), _read(Path(other), files)
    for table, again in zip(first, second, strict=True):
        assert table.equals(again), "the same files say something else the second time"
    records, rejects, catalogue, contents = first
    _keep_the_contracts(records, rejects, catalogue)
    for nth, (name, content) in enumerate(files):
        of_file = pl.col("source") == f"s{nth}"
        _is_accounted_for(contents.filter(of_file), rejects.filter(of_file), catalogue.filter(of_file))
        codes = set(rejects.filter(of_file)["reason_code"])
        told = (name, rejects.filter(of_file)["message"].to_list(), content[:1_000])
        assert not codes & OURS, told
        assert not codes & COSTLY or _may_abort(name, content), told


def _read(folder: Path, files: list[tuple[str, bytes]]) -> tuple[pl.DataFrame, ...]:
    home = Home(folder)
    for nth, (name, content) in enumerate(files):
        home.state(f"s{nth}", LITTLE)
        os.utime(home.put(name, content, source=f"s{nth}"), (DELIVERED, DELIVERED))
    home.run()
    return home.records(), home.rejects(), home.files(), load_contents(home.store, "offline").collect()


def _keep_the_contracts(records: pl.DataFrame, rejects: pl.DataFrame, files: pl.DataFrame) -> None:
    for table, frame in ((RAW_RECORDS, records), (REJECTS, rejects), (FILES, files)):
        assert dict(frame.select(table.names).schema) == table.schema
        for column in table.columns:
            assert column.nullable or not frame[column.name].null_count(), column.name
    assert records.select("source", "source_record_id").is_unique().all()
    assert set(rejects["reason_code"]) <= reasons().keys()


def _is_accounted_for(contents: pl.DataFrame, rejects: pl.DataFrame, files: pl.DataFrame) -> None:
    assert files.height
    read = files.filter(pl.col("status") != "quarantined")
    assert read["rows"].sum() == read.select(pl.sum_horizontal("records", "duplicates", "rejected")).to_series().sum()
    assert read["records"].sum() == contents.height  # all versions of a record
    assert rejects.height == read["rejected"].sum() + files.height - read.height


def _may_abort(name: str, content: bytes) -> bool:
    return name.endswith(MAY_ABORT) or content.startswith((b"PK", b"PAR1", b"\xd0\xcf\x11\xe0"))
