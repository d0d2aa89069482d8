"""`leads forget`: no byte of the person stays in the home outside the inbox, and none comes back."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import ipc

from delivery.record import Entity
from delivery.state import opened
from delivery.step import Action, Step
from sources.store.catalogue import load_files, load_rejects
from tests.conftest import Run
from tests.pipelines.publication import published

GIVEN, FAMILY, DIGITS = "Zquibbella", "Wexmärkson", "7716655"
MAIL = "zquibbella.wexmaerkson@nordwind-zq.de"
MARKS = ("zquibbella", "wexmärkson", "wexmaerkson", "wexmarkson", DIGITS, "771 66 55")
HEADER = "Vorname;Nachname;E-Mail;Firma;Telefon;Notiz\n"
HERSELF = f"{GIVEN};{FAMILY};{MAIL};Nordwind ZQ GmbH;0711 {DIGITS};Messe\n"
OTHERS = "".join(f"Uwe{n};Lang;uwe{n}@lang.de;Lang AG;;\n" for n in range(9))
COLLEAGUE = f"Bernd;Kolbe;bernd.kolbe@nordwind-zq.de;Nordwind ZQ GmbH;;Vertritt {GIVEN} {FAMILY}, {MAIL}\n"


def decoded(path: Path) -> str:
    """All that a file holds, as text."""
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path, glob=False).to_dicts())
    if path.suffix == ".arrow":
        with ipc.open_file(pa.memory_map(str(path))) as file:
            return str(file.schema.metadata) + str(file.read_all().to_pylist())
    if path.suffix == ".db":
        with closing(sqlite3.connect(path)) as database:
            names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            return str([database.execute(f'select * from "{name}"').fetchall() for name in names])
    return ""


def found(home: Path) -> dict[tuple[str, str], str]:
    """Each file of the home outside the inbox that holds something of the person."""
    places = {}
    for path in (path for path in home.rglob("*") if path.is_file() and not path.is_relative_to(home / "inbox")):
        text = (path.read_bytes().decode("utf-8", "replace") + decoded(path)).lower()
        for mark in MARKS:
            if mark in text:
                at = text.index(mark)
                places[str(path.relative_to(home)), mark] = text[max(0, at - 100) : at + 60]
    return places


def deliver(home: Path, name: str, text: str) -> None:
    path = home / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, leads: Run) -> Path:
    """A home after two nights: a person in tables of every kind, in rows that cannot be read, in a colleague's note."""
    home = tmp_path_factory.mktemp("forget") / "home"
    deliver(home, "online/form/leads.csv", HEADER + HERSELF + COLLEAGUE + OTHERS)
    deliver(home, "online/form/ragged.csv", HEADER + OTHERS + f"{GIVEN};{FAMILY};{MAIL};a;b;c;d;e;f;g\n")
    deliver(home, "online/form/headless.csv", f"{GIVEN} {FAMILY},0711 {DIGITS}\n{GIVEN} {FAMILY},{MAIL}\n")
    card = f"BEGIN:VCARD\nVERSION:3.0\nN:{FAMILY};{GIVEN}\nORG:Nordwind ZQ GmbH\nTEL:+49711{DIGITS}\nEND:VCARD\n"
    deliver(home, "offline/cards/cards.vcf", card)
    for night in range(2):
        done = leads("run", "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr
        deliver(home, f"offline/fair/list{night}.csv", HEADER + HERSELF.replace("Messe", f"Messe {night}"))
    synced(home)
    assert {("report/to_correct.csv", MARKS[0]), ("sync/odoo/state.sqlite", MARKS[0])} <= found(home).keys()
    return home


def synced(home: Path) -> None:
    """What a sync that refused everybody keeps of them."""
    rows = published(home)["leads"].select("lead_id", "given_name", "family_name", "email", "note")
    with opened(home / "sync" / "odoo") as state:
        steps = [Step(Action.CREATE, Entity.LEAD, row["lead_id"], "crm.lead", values=row) for row in rows.to_dicts()]
        state.keep_plan("plan", {}, {}, steps)
        state.bury((step, f"{step.values} is wrong") for step in steps)


@pytest.fixture
def home(before: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(before, tmp_path / "home", symlinks=True))


def lead_id(home: Path) -> str:
    return str(published(home)["leads"].filter(pl.col("family_name") == FAMILY)["lead_id"].item())


def nobody_is_left(home: Path) -> None:
    assert {place: text for place, text in found(home).items() if not place[0].startswith("dagster/")} == {}
    assert found(home) == {}


@pytest.mark.slow
@pytest.mark.parametrize("by", ["mail", "id"])
def test_no_byte_stays_and_none_comes_back(home: Path, leads: Run, by: str) -> None:
    person, folders = lead_id(home), len(list((home / "published").glob("*/manifest.json")))
    said = leads("forget", "--yes", MAIL if by == "mail" else person, "--home", home)
    assert said.returncode == 0, said.stdout + said.stderr
    nobody_is_left(home)
    assert "online/form/leads.csv, row 2" in said.stdout
    assert "offline/cards/cards.vcf" in said.stdout
    assert len(list((home / "published").glob("*/manifest.json"))) == folders
    kept = published(home)
    assert "Kolbe" in kept["leads"]["family_name"].to_list()
    assert person in (home / "published" / "erasures.csv").read_text(encoding="utf-8")

    deliver(home, "offline/fair/again.csv", HEADER + f"Z.;{FAMILY};;Nordwind ZQ GmbH;;\n;;wexmaerkson{MAIL[22:]};;;\n")
    for _ in range(2):
        done = leads("run", "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr
        nobody_is_left(home)
        tables = published(home)
        erased = tables["quarantine"].filter(pl.col("reason_code") == "erased")
        assert set(erased["file"]) >= {"online/form/leads.csv", "offline/cards/cards.vcf", "offline/fair/again.csv"}
        assert erased["raw"].null_count() == erased.height
        assert set(tables["leads"]["family_name"]) == {"Kolbe", "Lang"}
        files = load_files(home / "lake" / "raw").drop_nulls("rows")
        assert files.filter(pl.col("rows") != pl.col("records") + pl.col("rejected") + pl.col("duplicates")).is_empty()


@pytest.mark.slow
def test_what_nobody_bears_yet_is_held_back_from_now_on(home: Path, leads: Run) -> None:
    said = leads("forget", "--yes", "noch.niemand@firma-xy.de", "--home", home)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Nobody here bears this" in said.stdout
    deliver(home, "online/form/new.csv", HEADER + "Noch;Niemand;noch-niemand@firma-xy.de;;;\n")
    assert leads("run", "--home", home).returncode == 0
    reasons = load_rejects(home / "lake" / "raw").filter(pl.col("file") == "online/form/new.csv")["reason_code"]
    assert reasons.to_list() == ["erased"]


@pytest.mark.slow
def test_what_will_be_erased_is_shown_and_asked_for(home: Path, leads: Run) -> None:
    before = published(home)
    said = leads("forget", MAIL, "--home", home)
    assert said.returncode == 2
    assert "will be erased" in said.stdout and "online/form/leads.csv, row 2" in said.stdout
    assert lead_id(home) in said.stdout
    assert "Nothing was erased" in said.stdout and "--yes" in said.stdout
    assert not (home / "overrides").exists()
    for name, table in published(home).items():
        assert table.equals(before[name])


@pytest.mark.slow
@pytest.mark.parametrize("who", ["info@nordwind-zq.de", "LAAAAAAAAAAAAAAAA", "@"])
def test_who_is_nobody_is_refused_and_changes_nothing(home: Path, leads: Run, who: str) -> None:
    before = published(home)
    said = leads("forget", "--yes", who, "--home", home)
    assert said.returncode == 2
    assert not (home / "overrides").exists()
    for name, table in published(home).items():
        assert table.equals(before[name])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["link", "cut"])
def test_a_damaged_file_of_tombstones_stops_the_night(home: Path, leads: Run, kind: str) -> None:
    leads("forget", "--yes", "noch.niemand@firma-xy.de", "--home", home)
    path = home / "overrides" / "erased.csv"
    whole = path.read_bytes()
    path.unlink()
    if kind == "link":
        path.symlink_to("nowhere.csv")
    else:
        path.write_bytes(whole[20:])
    said = leads("run", "--home", home)
    assert said.returncode == 1
    assert "erased.csv" in said.stdout
    assert "Not published" in said.stdout
