"""The inbox: nothing is lost, nothing is read twice, nothing stops the rest."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from contracts.raw import FILES, RAW_RECORDS, REJECTS
from contracts.reasons import reasons
from engine.fence import Place
from sources import apart
from sources.completeness import looks_cut
from sources.store.fingerprint import reader_files
from tests.sources import building as b
from tests.sources.building import HEADER, ROWS, Home, csv_text

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "empty_file"),
    "blank.csv": (b" \n\n  \n", "empty_file"),
    "blank_beginning.csv": (b"\n" * 1_100_000 + csv_text().encode(), "no_table"),
    "nul.csv": (b"\0" * 4096, "damaged_file"),
    "locked.xlsx": (OLE + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 480, "password_protected"),
    "half.xlsx": (b.xlsx({"A": [HEADER, *ROWS]})[:2000], "truncated_file"),
    "half.parquet": (b.parquet()[:400], "truncated_file"),
    "half.csv.gz": (b.gzipped(csv_text().encode() * 50)[:200], "truncated_file"),
    "half.zip": (b.zipped({"a.csv": csv_text().encode() * 50})[:150], "truncated_file"),
    "half.json": (json.dumps(b.objects()).encode()[:300], "truncated_file"),
    "wrong.json": (b'[{"email": "a@b.example"},, ]', "damaged_file"),
    "numbers.json": (b"[1, 2, 3]", "no_table"),
    "letter.txt": (b"Sehr geehrte Damen und Herren,\nanbei die Leads.\nViele Grusse\n", "no_table"),
    "page.html": (b"<html><body>Bitte anmelden</body></html>", "no_table"),
    "unknown.csv": (b"foo;bar;baz\n1;2;3\n4;5;6\n", "no_known_column"),
    "fixed.txt": (
        b"NAME            VORNAME   ORT          TELEFON\n"
        b"Mueller         Max       Ulm          0731 1234\n"
        b"von der Heide   Eva       Bad Urach    07125 77\n",
        "no_table",
    ),
    "fixed_with_commas.txt": (
        b"Mueller, Max         Ulm           0731 1234\n"
        b"Heide, Eva           Bad Urach     07125 77\n"
        b"Licht, Uwe           Bonn          0228 5678\n",
        "no_table",
    ),
    "leads.xml": (b'<?xml version="1.0"?>\n<leads><lead><name>Eva</name></lead></leads>\n', "unsupported_format"),
    "workbook.xml": (b'<?xml version="1.0"?><Workbook><Worksheet/></Workbook>', "unsupported_format"),
    "flyer.pdf": (b"%PDF-1.4\n...", "unsupported_format"),
    "empty.xlsx": (b.xlsx({"A": []}), "empty_file"),
    "download.csv.crdownload": (csv_text().encode(), "partial_download"),
    "~$leads.xlsx": (b"\x05Max", "lock_file"),
    "deep.zip": (
        b.zipped({"1.zip": b.zipped({"2.zip": b.zipped({"3.zip": b.zipped({"a.csv": csv_text().encode()})})})}),
        "archive_too_deep",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_held_back_with_a_reason_and_the_others_go_on(home: Home, name: str) -> None:
    content, reason = BROKEN[name]
    home.put(name, content, "a_broken")
    home.put("gut.csv", csv_text(), "z_good")
    report = home.run()
    assert home.records().height == 3
    (reject,) = home.rejects().to_dicts()
    assert (reject["source"], reject["reason_code"], reject["row"]) == ("a_broken", reason, None)
    assert reason in reasons()
    assert reject["message"]
    assert report.count("quarantined") == 1
    assert home.files().filter(source="a_broken")["status"].to_list() == ["quarantined"]


@pytest.mark.parametrize("name", ["fixed.txt", "leads.xml"])
def test_a_file_that_is_not_read_says_what_to_do(home: Home, name: str) -> None:
    home.put(name, BROKEN[name][0])
    home.run()
    assert any(word in home.rejects()["message"][0] for word in ("save as a workbook", "save it as a workbook"))


def test_every_reason_in_the_code_is_documented() -> None:
    import re

    text = "".join(path.read_text(encoding="utf-8") for path in reader_files())
    used = set(re.findall(r'(?:Unreadable|OverBudget|Problem|_hold_back|over)\(\s*(?:[\w.]+,\s*)?"(\w+)"', text))
    assert used
    assert used <= {code for code, reason in reasons().items() if reason.area == "sources"}


def test_a_locked_member_of_an_archive_does_not_hold_up_the_others(home: Home) -> None:
    data = bytearray(b.zipped({"a.csv": csv_text(rows=ROWS[:1]).encode(), "b.csv": csv_text(rows=ROWS[1:]).encode()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        data[place + offset] |= 1  # the flag that says: encrypted
    home.put("leads.zip", bytes(data))
    home.run()
    assert home.records().height == 2
    assert home.rejects().select("sheet", "reason_code").rows() == [("a.csv", "encrypted_archive")]


def test_a_zip_bomb_is_refused(home: Home) -> None:
    home.state("messe", "[budget]\nbytes = 1_000_000\n")
    home.put("bombe.zip", b.zipped({"a.csv": b"\0" * (8 << 20)}))
    home.put("bombe.csv.gz", b.gzipped(b"\0" * (8 << 20)))
    home.run()
    assert home.rejects()["reason_code"].to_list() == ["archive_too_large"] * 2


def test_the_same_file_again_adds_nothing(home: Home) -> None:
    home.put("a.csv", csv_text())
    assert home.run().count("loaded") == 1
    before = home.records()
    again = home.run()
    assert (again.count("loaded"), again.count("already_loaded"), again.records) == (0, 1, 0)
    assert home.records().equals(before)


def test_the_same_bytes_under_another_name_add_nothing(home: Home) -> None:
    home.put("a.csv", csv_text())
    home.run()
    home.put("kopie.csv", csv_text())
    report = home.run()
    assert report.files["status"].to_list() == ["already_loaded", "already_loaded"]
    assert home.records().height == 3
    catalogue = home.files().select("file", "status", "rows", "records", "duplicates").rows()
    assert catalogue == [
        ("offline/messe/a.csv", "loaded", 3, 3, 0),
        ("offline/messe/kopie.csv", "already_loaded", 3, 0, 3),
    ]


@pytest.mark.parametrize("with_id", [True, False])
def test_the_same_rows_sorted_otherwise_are_already_loaded(home: Home, with_id: bool) -> None:
    first = 0 if with_id else 1
    rows = [row[first:] for row in ROWS]
    home.put("a.csv", csv_text(HEADER[first:], rows))
    home.run()
    turned = [row[::-1] for row in rows[::-1]]
    home.put("b.csv", csv_text(HEADER[first:][::-1], turned, ","))
    report = home.run()
    assert report.files.filter(file="offline/messe/b.csv")["status"].to_list() == ["already_loaded"]
    assert home.records().height == 3


def test_a_file_taken_out_of_the_inbox_stays_loaded(home: Home) -> None:
    path = home.put("a.csv", csv_text())
    home.run()
    path.unlink()
    home.run()
    assert home.records().height == 3


def test_a_growing_file_adds_only_its_new_rows(home: Home) -> None:
    home.put("a.csv", csv_text(rows=ROWS[:2]))
    home.run()
    home.put("a.csv", csv_text())
    report = home.run()
    assert report.files.select("rows", "records", "duplicates").row(0) == (3, 1, 2)
    assert home.records().height == 3


def test_twin_rows_of_one_file_are_one_record(home: Home) -> None:
    home.put("a.csv", csv_text(HEADER[1:], [ROWS[0][1:], ROWS[1][1:], ROWS[0][1:]]))
    report = home.run()
    assert report.files.select("rows", "records", "duplicates", "rejected").row(0) == (3, 2, 1, 0)
    assert home.records().height == 2


def test_an_empty_new_column_does_not_make_new_records(home: Home) -> None:
    home.put("a.csv", csv_text())
    home.run()
    home.put("b.csv", csv_text([*HEADER, "Fax"], [[*row, ""] for row in ROWS]))
    assert home.run().records == 0


def test_a_yes_to_privacy_terms_says_what_it_agrees_to(home: Home) -> None:
    home.put(
        "a.csv",
        csv_text([*HEADER, "DSGVO"], [[*row, said] for row, said in zip(ROWS, ("ja", "nein", ""), strict=True)]),
    )
    home.run()
    records = home.records().sort("source_record_id")
    assert records.select("consent_email", "consent_purpose").rows() == [
        ("ja", "DSGVO"),
        ("nein", "DSGVO"),
        (None, None),
    ]


def test_drift_is_said_and_unknown_columns_are_kept(home: Home) -> None:
    home.put("a.csv", csv_text())
    home.run()
    place = HEADER.index("PLZ")
    header = [*HEADER[:place], *HEADER[place + 1 :], "Kontostand"]
    rows = [[f"N-{n}", *row[1:place], *row[place + 1 :], f"{n} €"] for n, row in enumerate(ROWS)]
    home.put("b.csv", csv_text(header, rows))
    report = home.run()
    warnings = json.loads(report.files.filter(file="offline/messe/b.csv")["warnings"][0])
    assert warnings == ["Schema drift: new columns Kontostand", "Schema drift: missing columns PLZ"]
    new = home.records().filter(pl.col("source_record_id").str.starts_with("N-")).sort("row")
    assert [json.loads(extra) for extra in new["extra"]] == [{"Kontostand": f"{n} €"} for n in range(3)]


def test_a_file_without_an_end_waits_and_is_read_when_it_stops_growing(home: Home) -> None:
    home.put("ohne_ende.csv", csv_text().rstrip("\n"))
    report = home.run(settle=0.3)
    assert report.count("loaded") == 1


def test_a_file_that_grows_while_the_run_looks_is_left_for_the_next(home: Home, tmp_path: Path) -> None:
    path = home.put("waechst.csv", csv_text().rstrip("\n")[:-4])
    home.put("fertig.csv", csv_text(), "andere")
    script = f"import time\nfor _ in range(60):\n open({str(path)!r}, 'a').write('x'); time.sleep(0.02)"
    with subprocess.Popen([sys.executable, "-c", script]) as writer:
        time.sleep(0.15)
        report = home.run(settle=0.4)
        writer.kill()
    assert report.count("loaded") == 1
    assert home.rejects().select("source", "reason_code").rows() == [("messe", "half_written")]
    path.write_text(csv_text())
    home.run()
    assert home.rejects().height == 0
    assert set(home.records()["source"]) == {"messe", "andere"}


@pytest.mark.parametrize(
    ("name", "content", "cut"),
    [
        ("a.csv", csv_text().encode(), False),
        ("a.csv", csv_text().encode()[:-5], True),
        ("a.csv", csv_text().encode("utf-16"), False),
        ("a.xlsx", b.xlsx({"A": [HEADER]}), False),
        ("a.xlsx", b.xlsx({"A": [HEADER]})[:-30], True),
        ("a.parquet", b.parquet(), False),
        ("a.parquet", b.parquet()[:-2], True),
        ("a.json", json.dumps(b.objects()).encode(), False),
        ("a.json", json.dumps(b.objects()).encode()[:-2], True),
        ("a.xls", b.xls([HEADER]), False),
        ("a.xls", b.xls([HEADER])[:-7], True),
    ],
)
def test_the_end_of_a_file_is_recognised(tmp_path: Path, name: str, content: bytes, cut: bool) -> None:
    (tmp_path / name).write_bytes(content)
    assert looks_cut(Place(tmp_path, (name,))) is cut


def test_links_pipes_folders_and_hidden_files(home: Home, tmp_path: Path) -> None:
    folder = home.put("gut.csv", csv_text()).parent
    (folder / "kaputt.csv").symlink_to(tmp_path / "nirgends.csv")
    (folder / "ordner.csv").mkdir()
    (folder / "ordner.csv" / "innen.csv").write_text(csv_text([*HEADER], [["L-9", *ROWS[0][1:]]]))
    os.mkfifo(folder / "rohr.csv")
    (folder / ".versteckt.csv").write_text("x")
    (folder / "Thumbs.db").write_bytes(b"x")
    home.run()
    assert sorted(home.records()["source_record_id"]) == ["L-1", "L-2", "L-3", "L-9"]
    assert home.rejects().select("file", "reason_code").rows() == [
        ("offline/messe/kaputt.csv", "broken_link"),
        ("offline/messe/rohr.csv", "not_a_file"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_nobody_may_read(home: Home) -> None:
    path = home.put("zu.csv", csv_text())
    path.chmod(0)
    home.run()
    assert home.rejects()["reason_code"].to_list() == ["permission_denied"]
    path.chmod(0o600)
    home.run()
    assert home.records().height == 3
    assert home.rejects().height == 0


def test_no_inbox_is_an_empty_inbox(home: Home) -> None:
    assert home.run().files.height == 0
    assert home.records().schema == RAW_RECORDS.schema
    assert home.rejects().schema == REJECTS.schema
    assert home.files().schema == FILES.schema


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_half_read(home: Home) -> None:
    rows = [[f"L-{n}", *ROWS[n % 3][1:]] for n in range(3000)]
    for part in range(12):
        home.put(f"{part:02}.csv", csv_text(rows=rows[part * 250 : (part + 1) * 250]))
    script = (
        "import sys; from pathlib import Path; from sources.inbox import read_inbox; h = Path(sys.argv[1])\n"
        "read_inbox(h / 'inbox', h / 'lake' / 'raw', h / 'sources', settle=0)"
    )
    command = [sys.executable, "-c", script, str(home.folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as run:
        while run.poll() is None and len(list(home.store.rglob("*.files.parquet"))) < 4:
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
    partial = home.records().height
    assert partial % 250 == 0 and partial >= 1000
    (home.store / "offline" / "messe" / ".x.1.tmp").write_bytes(b"left over")
    home.run()
    assert home.records().height == 3000
    assert home.files()["records"].sum() == 3000
    assert not list(home.store.rglob("*.tmp"))


def test_a_reader_that_changed_reads_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.put("a.csv", csv_text())
    home.run()
    monkeypatch.setattr("sources.intake.reader_version", lambda: "next")
    assert home.run().count("loaded") == 1
    assert home.records().height == 3
    assert home.files()["records"].sum() == 3


def test_the_words_of_reading_are_part_of_the_reader() -> None:
    names = {path.name for path in reader_files()}
    assert {"headers.csv", "header_words.csv", "cell_words.csv", "mapping.py", "letters.py", "raw.py"} <= names


def test_every_file_reconciles_over_a_whole_inbox(home: Home) -> None:
    generator = random.Random(7)
    for number in range(20):
        lines = csv_text(rows=[[f"{number}-{n}", *generator.choice(ROWS)[1:]] for n in range(50)]).splitlines()
        for _ in range(5):
            odd = generator.choice(["a;b", ";".join(HEADER), "Summe: 4", 'x;"y;z', "", lines[3]])
            lines.insert(generator.randrange(1, len(lines)), odd)
        home.put(f"{number}.csv", "\n".join(lines))
    home.run()
    files = home.files()
    assert (files["rows"] == files["records"] + files["duplicates"] + files["rejected"]).all()
    assert files["records"].sum() == home.records().height == 1000
    assert files["rejected"].sum() == home.rejects().height


def test_rejects_and_files_keep_their_contracts(home: Home) -> None:
    home.put("a.csv", csv_text() + "x;y\n")
    home.put("leer.csv", "")
    home.run()
    for table, frame in ((RAW_RECORDS, home.records()), (REJECTS, home.rejects()), (FILES, home.files())):
        assert frame.schema == table.schema
        for column in table.columns:
            assert column.nullable or frame[column.name].null_count() == 0, column.name


def test_several_processes_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    homes = [Home(tmp_path / name) for name in ("alone", "spread")]
    for home in homes:
        for number, source in enumerate(("messe", "partner", "webinar")):
            home.put("a.csv", csv_text(), source)
            home.put("twin.csv", csv_text(), source)
            home.put("b.jsonl", json.dumps({"Name": f"Eva {number}", "Firma": source}), source)
            home.put("c.csv.part", "x", source)
        (home.inbox / "offline" / "messe.csv").write_text(csv_text())  # the same source, beside its folder
        for path in home.inbox.rglob("*.*"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
    monkeypatch.setattr(apart, "cores", lambda: 2)
    reports = []
    for home, least in zip(homes, (1 << 40, 0), strict=True):
        monkeypatch.setattr(apart, "SPREAD_BYTES", least)
        reports.append(home.run().files.sort("file"))
    assert reports[0].equals(reports[1])
    assert homes[0].records().equals(homes[1].records())
    assert homes[0].rejects().equals(homes[1].rejects())


def test_a_header_without_rows_is_no_error(home: Home) -> None:
    home.put("a.csv", ";".join(HEADER) + "\n")
    report = home.run()
    assert report.files.select("status", "rows", "records").row(0) == ("loaded", 0, 0)
    assert home.rejects().height == 0


@pytest.mark.parametrize("status", ["UNSUBSCRIBED", "Do not contact", '"vip, unsubscribed"', "Art. 21, opt-out"])
def test_the_only_row_is_no_header_though_it_speaks_of_objecting(home: Home, status: str) -> None:
    home.put("unsubscribe.csv", f"Email,Marketing status\neva@werk.de,{status}\n")
    home.run()
    assert [*home.records()["email"], *home.rejects()["raw"]] != []


def test_source_named_by_the_folder_and_a_loose_file_by_its_name(home: Home) -> None:
    (home.inbox / "online").mkdir(parents=True)
    (home.inbox / "online" / "webinar.csv").write_text(csv_text())
    home.put("tief/unten/a.csv", csv_text(), "partner", "online")
    home.run()
    assert set(home.records("online")["source"]) == {"webinar", "partner"}


def test_a_name_in_an_old_encoding_stops_nothing(home: Home) -> None:
    """Archives from old systems unpack to names that are not UTF-8; the bytes are spelt out."""
    home.put(os.fsdecode(b"M\xfcller.csv"), csv_text())
    home.put("next.csv", csv_text(rows=[["L-9", "Uwe", "Kern", "Kern KG", "89073", "Ulm", "u@kern.example", "0731 1"]]))
    home.run()
    assert home.records().height == 4
    assert set(home.files()["file"]) == {"offline/messe/M\\xfcller.csv", "offline/messe/next.csv"}
