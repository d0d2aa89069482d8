"""What is taken out of the store on purpose is gone, is counted, and is no damage."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sources.inbox import read_inbox
from sources.store.catalogue import load_files, load_rejects
from sources.store.channel_records import load_records
from sources.store.removal import blank_texts, remove_records
from tests.sources.building import Home

ROWS = "Vorname;Nachname;E-Mail;Notiz\nAnna;Klein;anna@nord.de;ruft an\nUwe;Lang;uwe@lang.de;kennt Anna Klein\n"


def nights(home: Home) -> Path:
    for name in ("a.csv", "b.csv"):
        path = home.inbox / "online" / "form" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROWS + (f"{name};Neu;;\n" if name == "b.csv" else ""), encoding="utf-8")
    read_inbox(home.inbox, home.store, home.settings, settle=0)
    return home.store


def test_a_record_leaves_all_its_deliveries_and_is_counted_as_rejected(home: Home) -> None:
    store = nights(home)
    gone = load_records(store, "online").filter(pl.col("given_name") == "Anna").collect()
    taken = remove_records(store, gone.select("channel", "source", "content_hash"), "erased", "Gone.")
    assert sorted(taken.rows()) == [(f"online/form/{name}.csv", None, 2) for name in "ab"]
    for _ in range(2):
        assert read_inbox(home.inbox, home.store, home.settings, settle=0).mended == []
        assert "Anna" not in load_records(store, "online").collect()["given_name"].to_list()
        rejects = load_rejects(store).select("file", "row", "reason_code", "message", "raw", "source_record_id")
        assert rejects.rows() == [(f"online/form/{name}.csv", 2, "erased", "Gone.", None, None) for name in "ab"]
        files = load_files(store)
        assert files.filter(pl.col("rows") != pl.col("records") + pl.col("rejected") + pl.col("duplicates")).is_empty()


def test_a_file_may_lose_all_its_records(home: Home) -> None:
    store = nights(home)
    gone = load_records(store, "online").collect().select("channel", "source", "content_hash")
    remove_records(store, gone, "erased", "Gone.")
    assert read_inbox(home.inbox, home.store, home.settings, settle=0).count("loaded") == 0
    assert load_records(store, "online").collect().is_empty()
    assert load_rejects(store).height == 5


def test_texts_are_blanked_where_they_speak_of_somebody(home: Home) -> None:
    store = nights(home)
    speaks = lambda texts: texts.str.contains("Anna Klein").fill_null(False)  # noqa: E731
    assert blank_texts(store, ("online",), speaks, "-") == 2
    assert read_inbox(home.inbox, home.store, home.settings, settle=0).mended == []
    records = load_records(store, "online").sort("given_name").collect()
    assert records.select("given_name", "note").rows() == [("Anna", "ruft an"), ("Uwe", None), ("b.csv", None)]
    assert all(b"kennt" not in path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert blank_texts(store, ("online",), speaks, "-") == 0
