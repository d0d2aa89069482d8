"""Who is erased leaves every publication and held night, with all that is said of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from contracts.published import FIELD_PROVENANCE, LEADS
from publishing.erasing import erase_published
from publishing.gates.verdict import read_verdict
from publishing.publish import publish
from publishing.repair import differing
from publishing.stamp import Stamp, content_hash
from tests.publishing import example
from tests.publishing.nights import home, tables, where

AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_a_person_leaves_held_nights_too_and_what_their_gates_found_stays(tmp_path: Path) -> None:
    broken = where("web", email=None, email_status="missing")(home())
    publish(tables(home(), "run-1"), tmp_path, "run-1", at=AT)
    publish(tables(broken, "run-2"), tmp_path, "run-2", at=AT)
    held = tmp_path / "held" / "run-2"
    verdict = read_verdict(held)
    records = pl.DataFrame({"source": ["web"], "source_record_id": ["7"]})

    rewritten, left = erase_published(tmp_path, records, [], lambda texts: texts.is_null() & False, "")
    assert rewritten == ["run-2", "run-1"]
    assert left["whole"].to_list() == [True]
    for folder in (held, tmp_path / "current"):
        assert "7" not in pl.read_parquet(folder / "lead_crosswalk.parquet")["source_record_id"].to_list()
        assert left["lead_id"][0] in pl.read_parquet(folder / "tombstones.parquet")["old_id"].to_list()
        assert not differing(folder.resolve())
    assert read_verdict(held) == verdict


def test_what_other_leads_say_of_the_person_is_blanked_everywhere_and_dated(tmp_path: Path) -> None:
    """Their note and its provenance, in the flat twin too; other notes stay, and so do the dates of other rows."""
    rows = example.tables(rows=4)
    notes = pl.Series("note", ["Kollege von Eva Licht", "Rückruf", None, "Rückruf"])
    rows["leads"] = Stamp("run-1", AT)(LEADS, rows["leads"].with_columns(notes))
    told = rows["leads"].select("lead_id", value="note", field=pl.lit("note")).drop_nulls()
    others = rows["field_provenance"].drop("field", "value").join(told, on="lead_id")
    rows["field_provenance"] = Stamp("run-1", AT)(FIELD_PROVENANCE, others).sort("lead_id", "field")
    publish(rows, tmp_path, "run-1", at=AT)
    gone = rows["lead_crosswalk"].filter(pl.col("lead_id") == rows["leads"]["lead_id"][3])

    erase_published(
        tmp_path,
        gone.select("source", "source_record_id"),
        [],
        lambda texts: texts.str.contains("Eva Licht").fill_null(False),
        "",
    )
    current = tmp_path / "current"
    leads, twin = (pl.read_parquet(place / "leads.parquet") for place in (current, current / "flat"))
    assert leads["note"].to_list() == twin["note"].to_list() == [None, "Rückruf", None]
    assert pl.read_parquet(current / "field_provenance.parquet")["value"].to_list() == ["Rückruf"]
    assert (leads["updated_at"] == AT).to_list() == [False, True, True]
    assert leads["content_hash"].equals(content_hash(LEADS, leads))
    assert not differing(current.resolve())
