"""Files of a home that its people write or fetch: honest ones, damaged in any way by a few strokes.

Belongs here: the honest ones, who reads each, the strategy. Does not belong here: what must hold (`test_home_files`).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from hypothesis import strategies as st

from contracts.matched import DECISIONS
from engine.journal import Journal
from enrichment.email.evidence_file import read_mail_evidence
from enrichment.suppression import read_suppression
from enrichment.tombstones import add_tombstones, read_erasures
from matching.competitors import read_competitors
from matching.decisions.log import read_decisions
from matching.decisions.review_file import read_review
from publishing.decisions import Decision, decide, decisions
from publishing.gates.nights import known_nights
from publishing.permission import read_rules
from reference.ip import open_databases
from reference.streets import load_streets
from sources.settings import read_settings
from sources.withdrawals import read_withdrawals
from tests.fuzz.files import strokes
from tests.publishing.example import AT
from tests.reference.test_ip import GEOIP2_CITY, write


class HomeFile(NamedTuple):
    """A file by its path below a home, its content, who reads it there, and what has to lie beside it."""

    path: str
    content: bytes
    read: Callable[[Path], object]
    beside: tuple[tuple[str, bytes], ...] = ()


_SETTINGS = """country = "AT"
date_order = "dmy"
timezone = "Europe/Vienna"
delimiter = ";"
skip_rows = 2
required = ["email"]
volatile = ["Stand"]
snapshot = true
retention_days = "730 days"
[columns]
"Kd-Nr" = "source_record_id"
[budget]
cells = 1000
"""
_LOG = (
    "number,at,who,about,decision,left,right,field,value,because,until\n"
    '1,2026-03-01T08:00:00+00:00,eva,lead,must_link,form/1,fair/2,,,"same, seen",2026-12-31\n'
    "2,2026-03-02T08:00:00+00:00,eva,lead,set_field,form/1,,city,Ulm,called,\n"
    "3,2026-03-03T08:00:00+00:00,eva,account,rename,Nord,,,Nord AG,,\n"
)
_REVIEW = (
    "about,left,right,decision,because,until,who\nlead,form/1,fair/2,same,known,2026-01-01,eva\nlead,form/1,x,no,,,\n"
)
_WITHDRAWN = (
    "decision,source,file,file_hash,source_record_id,who,at,why\nwithdraw,form,,,L-1,eva,2026-03-01,wrong\n"
    "withdraw,fair,a.csv," + "0" * 64 + ",,eva,2026-03-01,wrong\n"
)
_EVIDENCE = (
    "kind,subject,outcome,observed_at,detail\nmailbox,eva@nord.example,mailbox_bounced,2026-05-01T08:30:00Z,\n"
    "mailbox,ida@nord.example,accept_all,2026-05-01,\n"
)
_STOP = "E-Mail;Datum\neva@nord.example;01.02.2026\n+49 351 123456;\nnord.example;\n" + "a" * 64 + ";\n"
_SCHEMAS = {"source": pl.String, "source_record_id": pl.String}


def _streets() -> bytes:
    rows = {"country": ["DE"], "postcode": ["01067"], "street": ["Hauptstr."], "house_numbers": ["1;2"]}
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def _look_up(folder: Path) -> object:
    return open_databases(folder / "geoip", today=AT.date()).place


def _review(folder: Path) -> object:
    return read_review(
        folder / "review.csv",
        DECISIONS.empty(),
        pl.DataFrame(schema=_SCHEMAS),
        pl.DataFrame(schema={"company": pl.String}),
    )


def _made(make: Callable[[Path], object], *names: str) -> list[bytes]:
    """What something writes into an empty folder."""
    with TemporaryDirectory() as folder:
        make(Path(folder))
        return [(Path(folder) / name).read_bytes() for name in names]


def _log(folder: Path) -> None:
    decide(folder, Decision("rolled back", "run-1", AT, "eva", "wrong", ("run-2",)))
    decide(folder, Decision("resumed", "run-1", AT, "eva", "right"))


def _nights(folder: Path) -> None:
    Journal(folder / "nights.jsonl").append({"run": "run-1", "measures": '[["volume", "form", 12.0]]'})


@cache
def home_files() -> list[HomeFile]:
    """A file of each kind."""
    erased, key = _made(lambda folder: add_tombstones(folder, ["a", "b"]), "erased.csv", "erased.key")
    (city,) = _made(lambda folder: write(folder / "own.mmdb", "GeoIP2-City", GEOIP2_CITY), "own.mmdb")
    return [
        HomeFile("sources/fair.toml", _SETTINGS.encode(), lambda home: read_settings(home / "sources", "fair")),
        HomeFile("overrides/decisions.csv", _LOG.encode(), lambda home: read_decisions(home / "overrides")),
        HomeFile(
            "overrides/leads.csv",
            b"decision,left_source,left_id,right_source,right_id\nmust_link,form,1,fair,2\n",
            lambda home: read_decisions(home / "overrides"),
        ),
        HomeFile("review.csv", _REVIEW.encode(), _review),
        HomeFile("overrides/withdrawn.csv", _WITHDRAWN.encode(), lambda home: read_withdrawals(home / "overrides")),
        HomeFile(
            "overrides/competitors.csv", b"domain\nx.example\n", lambda home: read_competitors(home / "overrides")
        ),
        HomeFile(
            "overrides/erased.csv",
            erased,
            lambda home: read_erasures(home / "overrides"),
            (("overrides/erased.key", key),),
        ),
        HomeFile(
            "overrides/erased.key",
            key,
            lambda home: read_erasures(home / "overrides"),
            (("overrides/erased.csv", erased),),
        ),
        HomeFile("suppression/stop.csv", _STOP.encode(), lambda home: read_suppression(home / "suppression")),
        HomeFile(
            "publishable.csv",
            (Path(__file__).parents[2] / "publishing" / "publishable.csv").read_bytes(),
            lambda home: read_rules(home / "publishable.csv"),
        ),
        HomeFile("mail_evidence.csv", _EVIDENCE.encode(), lambda home: read_mail_evidence(home / "mail_evidence.csv")),
        HomeFile("streets.parquet", _streets(), lambda home: load_streets(home / "streets.parquet")),
        HomeFile(
            "streets.csv",
            b"country,postcode,street,house_number\nDE,01067,Hauptstr.,1\n",
            lambda home: load_streets(home / "streets.csv"),
        ),
        HomeFile("geoip/own.mmdb", city, _look_up),
        HomeFile("published/log.jsonl", *_made(_log, "log.jsonl"), lambda home: decisions(home / "published")),
        HomeFile(
            "published/nights.jsonl", *_made(_nights, "nights.jsonl"), lambda home: known_nights(home / "published")
        ),
    ]


@st.composite
def damaged_home_files(draw: st.DrawFn) -> tuple[HomeFile, bytes]:
    """A file and its content after some strokes."""
    file = draw(st.sampled_from(home_files()))
    return file, draw(strokes(file.content))
