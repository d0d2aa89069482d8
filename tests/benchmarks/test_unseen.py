"""The unseen inbox: known truth, the same for the same seed."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from benchmarks.unseen import KINDS, write_unseen

NAMES = [
    "Karl Huber GmbH",
    "Petra Wolf e.K.",
    "Optik Lang AG",
    "Metallbau Seidel GmbH",
    "Jan Voss KG",
    "Elektro Rau OHG",
]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    rows = [
        f"{n}\t{name} {n}\tHauptstraße\t{n}\t{10115 + n}\tBerlin\tBerlin\tcurrently registered"
        for n, name in enumerate(NAMES * 20)
    ]
    families = [f"x{n}\tKarl {name} Bau\tWeg\t1\t80331\tMünchen\tM\tx" for n, name in enumerate(("Huber", "Wolf"))]
    file = tmp_path / "register.tsv.gz"
    text = "\n".join(["id\tname\tstreet\tnr\tplz\tcity\tregister_office\tstatus", *rows, *families])
    file.write_bytes(gzip.compress(text.encode()))
    return file


def test_equal_seeds_write_equal_files_and_a_truth_of_every_record(register: Path, tmp_path: Path) -> None:
    truth = write_unseen(tmp_path / "one", 200, 3, register)
    again = write_unseen(tmp_path / "two", 200, 3, register)
    assert truth.equals(again)
    one, two = ({f.name: f.read_bytes() for f in (tmp_path / n).rglob("inbox/*/*/*")} for n in ("one", "two"))
    assert one == two and len(one) == 6
    assert truth.select("source", "source_record_id").is_unique().all()
    assert set(truth["kind"]) <= {"usual", *KINDS}
    assert pl.read_parquet(tmp_path / "one" / "truth.parquet").height == truth.height
