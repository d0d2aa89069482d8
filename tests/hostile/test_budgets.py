"""No file is bigger than it looks: what it costs itself, and never its neighbour or the night.

Each file is read by a run of its own, in a process with limits of memory and time: a failure cannot take the machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from samples.hostile import HOSTILE, Hostile, zipped
from sources.budget import PREFIX, Budget, Limits, OverBudget, limits_from
from tests.sources.building import HEADER, ROWS, Home, csv_text, xlsx

GIGABYTE = 1 << 30
RUN = """
import json, resource, sys
from dataclasses import asdict
from pathlib import Path
from sources.inbox import read_inbox
from sources.store.catalogue import load_files, load_rejects

resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
home = Path(sys.argv[1])
read_inbox(home / "inbox", home / "store", home / "sources", settle=0)
files = load_files(home / "store").select("file", "status", "records").rows()
rejects = load_rejects(home / "store").select("file", "reason_code", "message").rows()
print(json.dumps({"files": files, "rejects": rejects}))
"""


def read(home: Path, seconds: int = 120, **limits: int) -> dict[str, Any]:
    """What a run makes of an inbox, under limits given by the environment."""
    stated = {PREFIX + name.upper(): str(value) for name, value in limits.items()}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home)],
        env={**os.environ, "RUST_BACKTRACE": "0", **stated},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.slow
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_a_file_bigger_than_it_looks_costs_itself_only(tmp_path: Path, hostile: Hostile) -> None:
    home = Home(tmp_path)
    home.put(hostile.name, hostile.make())
    home.put("neighbour.csv", csv_text())
    told = read(tmp_path, memory=2 * GIGABYTE)
    reasons = {reason for file, reason, _ in told["rejects"] if hostile.name in file}
    assert ("offline/messe/neighbour.csv", "loaded", len(ROWS)) in map(tuple, told["files"])
    assert "reader_failed" not in reasons
    if hostile.reasons:
        assert reasons <= set(hostile.reasons) and reasons
    else:
        assert reasons <= {"unbalanced_quote", "damaged_file", "too_much_memory"}


LIMITS = [
    ("bytes", 1_000, zipped({"a.csv": csv_text().encode() * 100}), "a.zip", "archive_too_large"),
    ("cells", 10, csv_text().encode(), "a.csv", "too_many_cells"),
    ("cell", 10, csv_text().encode(), "a.csv", "cell_too_large"),
    ("columns", 7, csv_text().encode(), "a.csv", "too_many_columns"),
    ("columns", 7, xlsx({"Leads": [HEADER, *ROWS]}), "a.xlsx", "too_many_columns"),
    ("members", 1, zipped({"a.csv": b"a", "b.csv": b"b"}), "a.zip", "too_many_members"),
    ("depth", 1, zipped({"a.zip": zipped({"a.csv": csv_text().encode()})}), "a.zip", "archive_too_deep"),
]


@pytest.mark.parametrize(("limit", "value", "content", "name", "reason"), LIMITS, ids=lambda value: str(value)[:20])
def test_each_limit_is_set_by_the_source_and_named_where_it_is_met(
    home: Home, limit: str, value: int, content: bytes, name: str, reason: str
) -> None:
    home.state("messe", f"[budget]\n{limit} = {value}\n")
    home.put(name, content)
    home.put("neighbour.csv", csv_text(), source="partner")
    home.run()
    rejects = home.rejects()
    assert rejects["reason_code"].to_list() == [reason]
    assert f"`{limit}` in [budget]" in rejects["message"][0]
    assert home.records().filter(source="partner").height == len(ROWS)
    home.state("messe", "[budget]\n")
    home.run()
    assert home.rejects().height == 0 or name == "a.zip"


def test_a_file_that_takes_too_long_is_stopped_and_not_tried_again_every_night(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rows = b"Vorname;Nachname;E-Mail\n" + b"Eva;Klein;eva@firma.de\n" * 10_000_000
    home.put("slow.zip", zipped({"slow.csv": rows}))  # packed small: the time allowed goes by the size as delivered
    home.put("neighbour.csv", csv_text(), source="partner")
    home.state("messe", "[budget]\nseconds = 1\n")
    told = read(tmp_path)
    assert [reason for _, reason, _ in told["rejects"]] == ["too_slow"]
    assert "`seconds` in [budget]" in told["rejects"][0][2]
    assert read(tmp_path, seconds=20)["rejects"] == told["rejects"]


def test_a_budget_is_shared_by_all_that_is_packed_in_a_file() -> None:
    budget = Budget(Limits(members=3, bytes=10), size=1)
    budget.open_members(2)
    budget.unpack(6)
    with pytest.raises(OverBudget):
        budget.open_members(2)
    with pytest.raises(OverBudget):
        budget.unpack(6)


@pytest.mark.parametrize("stated", [{"column": 3}, {"columns": 0}, {"columns": "3"}, {"columns": True}, 3])
def test_a_limit_that_is_none_is_refused(stated: object) -> None:
    with pytest.raises(ValueError, match="must"):
        limits_from(stated)


def test_the_documented_limits_are_those_of_the_code() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", docs, re.MULTILINE))
    assert told == {name: f"{value:,}" for name, value in asdict(Limits()).items()}
