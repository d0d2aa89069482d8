"""Records a stranger might deliver: cells of a sample, and any text at all, in any field.

Belongs here: records as a strategy of hypothesis. Does not belong here: what must hold of them (`test_rules`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import strategies as st

from contracts.raw import FIELDS, RAW_RECORDS
from samples.generate import write_sample
from sources.inbox import read_inbox
from sources.store.channel_records import load_records

PIECES = (
    *" .,;:-_/\\|()[]{}<>@&+#'\"´`*=%!?~^$€§°0123456789aAeEzZßäöüÄÖÜéșłøıİſKŁ",
    *("\n", "\r", "\t", "\0", "\u00ad", "\u00a0", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "\ufffd", "\u0301"),
    *("😀", "👨\u200d👩", "\U000e0041", "中", "ا", "א", "Ω", "я", "ǆ", "ﬁ", "½", "²", "٣", "०", "\U0001d7d9", "\ue000"),
    *("GmbH", "& Co. KG", "e.V.", "Dr.", "Prof.", "Herr", "Frau", "von", "z.Hd.", "c/o", "Str.", "straße", "Postfach"),
    *("www.", "http://", "@", ".de", ".com", "xn--", "mailto:", "+49", "0049", "(0)", "Tel.", "Durchwahl", "ext"),
    *("ja", "nein", "STOP", "true", "2024", "31.12.", "T00:00", "Z", "UTC+1", "AM", "n/a", "null", "#N/A", "HRB"),
    *("::", "127.0.0.1", "255.", "fe80", "Mozilla/5.0", "DE123456789", "Geschäftsführer", "/in", "m/w/d", "=1+1"),
)  # fmt: skip


@cache
def cells() -> dict[str, list[str]]:
    """What a dirty sample holds, by field; fields it does not state hold what all the others do."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        write_sample(home, 600, 11)
        read_inbox(home / "inbox", home / "store", home / "sources", settle=0)
        records = pl.concat([load_records(home / "store", channel).collect() for channel in ("online", "offline")])
    found = {field.name: records[field.name].drop_nulls().unique().sort().to_list() for field in FIELDS}
    everything = sorted({cell for stated in found.values() for cell in stated})
    return {name: stated or everything for name, stated in found.items()}


def records(least: int = 1, most: int = 12) -> st.SearchStrategy[pl.DataFrame]:
    """Rows of contracts.raw.RAW_RECORDS with a few to many of their fields filled."""
    filled = {field.name: _cell(field.name) for field in FIELDS}
    told = {
        "default_country": st.sampled_from(["DE", "AT", "CH", "US", "FR", None]),
        "date_order": st.sampled_from(["dmy", "mdy", "ymd", None]),
        "timezone": st.sampled_from(["Europe/Berlin", "America/New_York", None]),
        "consent_basis": st.sampled_from(["form_opt_in", "trade_fair", None]),
        "channel": st.sampled_from(["online", "offline"]),
    }
    record = st.fixed_dictionaries(told, optional=filled)
    return st.lists(record, min_size=least, max_size=most).map(_table)


def _table(rows: list[dict[str, str | None]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=dict.fromkeys([*RAW_RECORDS.names], pl.String) | {"row": pl.Int64})
    return RAW_RECORDS.conform(
        frame.drop("received_at").with_columns(
            row=pl.int_range(pl.len()),
            source=pl.lit("fair"),
            source_record_id=pl.format("{}", pl.int_range(pl.len())),
            file=pl.lit("offline/fair/a.csv"),
            file_hash=pl.lit("0" * 64),
            content_hash=pl.format("{}", pl.int_range(pl.len())),
            received_at=pl.datetime(2025, 3, 1, time_zone="UTC", time_unit="us"),
        )
    )


def _cell(field: str) -> st.SearchStrategy[str]:
    own = st.deferred(lambda: st.sampled_from(cells()[field]))
    other = st.deferred(lambda: st.sampled_from(sorted(cells())).flatmap(lambda name: st.sampled_from(cells()[name])))
    pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
    long = st.builds(lambda piece, times: piece * times, st.sampled_from(PIECES), st.integers(2, 1_200))
    struck = st.builds(_struck, own, st.floats(0, 1), st.integers(0, 3), pieces)
    text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
    return st.one_of(own, own, struck, struck, other, pieces, long, text)


def _struck(cell: str, luck: float, instead_of: int, piece: str) -> str:
    place = int(luck * len(cell))
    return cell[:place] + piece + cell[place + instead_of :]
