"""Names from outside are names: no pattern, no option, no path, however long and whatever bytes they are made of."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import polars as pl
import pytest

from engine.swap import swap
from sources.lead_files import FileState
from tests.conftest import Run
from tests.sources.building import HEADER, ROWS, Home, csv_text

ROOT = Path(__file__).parents[2]

# A source's folder and a file in it bear the name.
NAMES: dict[str, bytes] = {
    "brackets": b"Messe [2025]",
    "a class of no letter": b"[!a-z]",
    "an open bracket": b"Messe [2025",
    "stars": b"**",
    "a question": b"Was?",
    "braces": b"{x,y}",
    "a fragment": b"#1",
    "a percentage": b"100%20%",
    "blanks at the ends": b" Messe ",
    "only a blank": b" ",
    "a tilde": b"~",
    "a variable": b"$HOME",
    "an option": b"-rf",
    "a partition": b"source=web",
    "an address": b"https:",
    "a drive": b"C:",
    "a backslash": b"a\\..\\..\\etc",
    "quotes": b"\"'`",
    "a formula": b"=1+1",
    "markup": b"[bold]<b>*x*",
    "a line end": b"one\ntwo",
    "a return": b"one\rtwo",
    "an escape sequence": b"\x1b[31mred\x1b]0;title\x07",
    "from right to left": "a\u202evsc.b".encode(),
    "no width": "a\u200bb\ufeff".encode(),
    "letters taken apart": "Mu\u0308nchen".encode(),
    "no UTF-8": b"M\xfcnchen",
    "the longest": b"n" * 255,
    "the longest of letters of two bytes": "ü".encode() * 127,
    "the longest that is no UTF-8": b"\xfc" * 255,
    "a name of the store": b"pending.files.parquet",
    "a name of ours": b"records",
    "a name of the lake": b"raw_online_leads.parquet",
    "more dots": b"a...",
}


def put(home: Home, name: bytes, number: int) -> None:
    """One record in a folder and a file of that name, as one would make them at the shell."""
    content = csv_text(HEADER, [[f"N-{number}", *ROWS[0][1:]]])
    home.put(os.fsdecode(name[:251] + b".csv"), content, os.fsdecode(name))


@pytest.mark.parametrize("case", NAMES)
def test_a_source_of_any_name_is_read_once(tmp_path: Path, case: str) -> None:
    home = Home(tmp_path)
    put(home, NAMES[case], 1)
    assert home.run().files["status"].to_list() == ["loaded"]
    assert home.run().files["status"].to_list() == ["already_loaded"]
    assert home.records()["source_record_id"].to_list() == ["N-1"]
    assert home.records()["source"].to_list() == [NAMES[case].decode(errors="backslashreplace")]
    assert home.rejects().is_empty()


def test_all_of_them_side_by_side_keep_their_records_apart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for number, name in enumerate([*NAMES.values(), b"Messe", b"messe", b"M\\xfcnchen "]):
        put(home, name, number)
    home.run()
    records = home.records()
    assert records["source_record_id"].n_unique() == records["source"].n_unique() == records.height == len(NAMES) + 3


@pytest.mark.parametrize("source", ["Messe [2025]", "*", "{x}"])
def test_settings_of_such_a_source_apply(tmp_path: Path, source: str) -> None:
    home = Home(tmp_path)
    home.put("a.csv", csv_text(), source)
    home.state(source, 'country = "AT"')
    home.run()
    assert home.records()["default_country"].to_list() == ["AT"] * 3


@pytest.mark.parametrize("seconds", [-(10**11), -1, 4 * 10**10, 2**62 // 10**9])
def test_a_file_of_any_age_is_read(tmp_path: Path, seconds: int) -> None:
    home = Home(tmp_path)
    os.utime(home.put("a.csv", csv_text()), (0, seconds))
    home.run()
    assert home.records().height == 3
    assert 1970 <= FileState(0, seconds * 10**9).received_at.year <= 2200


def test_a_temporary_name_is_no_longer_than_a_name_may_be(tmp_path: Path) -> None:
    target = tmp_path / ("ü" * 127)
    with swap(target) as new:
        new.write_text("x")
        assert len(os.fsencode(new.name)) <= 255
    assert target.read_text() == "x"


@pytest.mark.slow
def test_a_night_below_a_path_of_such_names(tmp_path: Path, leads: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home too: nothing in it is a pattern or an address, and Dagster finds its settings (else: telemetry)."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = Home(tmp_path / "H [2025] {x,y}" / "*#100%20 q?=1\nü")
    for number, name in enumerate(NAMES.values()):
        put(home, name, number)
    done = leads("run", "--home", home.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "elemetry" not in done.stdout + done.stderr
    assert (home.folder / "dagster" / "history" / "runs.db").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"H [2025] {x,y}", "cache"}
    crosswalk = pl.read_parquet(home.folder / "published" / "current" / "lead_crosswalk.parquet", glob=False)
    assert crosswalk["source"].n_unique() == crosswalk.height == len(NAMES)


READS_PATTERNS = {f"pl.{verb}_{kind}" for verb in ("scan", "read") for kind in ("parquet", "csv", "ipc")}
ROOMS = "engine contracts reference sources enrichment matching publishing samples expectations assets pipelines"


@pytest.mark.parametrize("room", ROOMS.split())
def test_no_path_is_handed_to_polars_as_a_pattern(room: str) -> None:
    calls = [
        (path.relative_to(ROOT), node.lineno)
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in READS_PATTERNS
        if "encode" not in ast.unparse(node.args[0])  # bytes
        if not any(keyword.arg == "glob" for keyword in node.keywords)
    ]
    assert calls == []
