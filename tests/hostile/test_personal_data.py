"""Personal data stays with its owner: where Dagster, the report and the terminal speak of a night, nobody is named."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from publishing.report.masking import masked, without_contacts
from publishing.report.to_correct import FILE as TO_CORRECT

GIVEN, FAMILY, LOCAL, DOMAIN, DIGITS = "Zquibbel", "Wexmarkson", "zqmail77", "privatwex.example", "7716655"
MARKS = (GIVEN.lower(), FAMILY.lower(), LOCAL, DIGITS, "77 16655", "217.77.0.9")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("company", "Max Müller", "M•• M•••••"),
        ("company", "Müller, Max", "M•••••, M••"),
        ("company", "Dr. Erika Sommer-Winter", "Dr. E•••• S•••••-W•••••"),
        ("company", f"{GIVEN} {FAMILY}", "Z••••••• W•••••••••"),
        ("company", f"{FAMILY} {GIVEN}", "W••••••••• Z•••••••"),
        ("company", "max.mueller@firma.de", "m••.m••••••@f••••.de"),
        ("company", "0711 7716655", "0711 •••••••"),
        ("company", "Nordwind, Tel. +49 711 7716655", "Nordwind, Tel. +49 71• •••••••"),
        ("company", "Max Müller GmbH", "Max Müller GmbH"),
        ("company", "Autohaus Franz", "Autohaus Franz"),
        ("company", "Anna Schmidt Architekten", "Anna Schmidt Architekten"),
        ("company", "Nordwind GmbH", "Nordwind GmbH"),
        ("company", "3M", "3M"),
        ("job_title", "Einkauf (max@firma.de)", "Einkauf (m••@f••••.de)"),
        ("city", "0711 7716655", "0711 •••••••"),
        ("collected_at", "01.02.2024 10:33", "01.02.2024 10:33"),
    ],
)
def test_what_a_page_shows_of_other_fields(field: str, value: str, shown: str) -> None:
    assert masked(field, value, frozenset({f"{GIVEN} {FAMILY}".lower(), f"{FAMILY} {GIVEN}".lower()})) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("offline/messe/Kontakte 01.02.2024.csv", "offline/messe/Kontakte 01.02.2024.csv"),
        ("export_20240102_103311.csv", "export_20240102_103311.csv"),
        ("max@firma.de.vcf", "m••@f••••.de.vcf"),
        ("Run 913fc4fe-0244-4992-b6f6-e71a73ebea00", "Run 913fc4fe-0244-4992-b6f6-e71a73ebea00"),
        ("Anruf +49 711 7716655.vcf", "Anruf +49 71• •••••••.vcf"),
    ],
)
def test_names_of_files_and_messages(text: str, shown: str) -> None:
    assert without_contacts(text) == shown


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a night on people who are nowhere else, and what the terminal was told in `said.txt` beside it."""
    home = tmp_path_factory.mktemp("personal") / "home"
    folder = home / "inbox" / "online" / "form"
    folder.mkdir(parents=True)
    name, mail, phone = f"{GIVEN} {FAMILY}", f"{LOCAL}@{DOMAIN}", f"0711 {DIGITS}"
    rows = [["Vorname", "Nachname", "E-Mail", "Firma", "Telefon", "Position", "Ort", "Notiz", "IP-Adresse"]]
    person = [GIVEN, FAMILY, mail, "Nordwind GmbH", phone]
    rows += [[*person, "Einkauf", "Stuttgart", name, "217.77.0.91"]]
    for company in (name, name.lower(), f"{FAMILY}, {GIVEN}", mail, phone, name.upper()):
        rows.append([GIVEN, FAMILY, mail, company, phone, f"Leiter, {mail}", phone, mail, "217.77.0.92"])
    rows += [["", "", mail.replace("@", " at "), name, f"{phone} {phone}", phone, mail, name, "217.77.0.93"]]
    rows += [
        ["", "", f"{mail};;{mail}", "", "x", "", "", name, ""],
        ["test", "test", "", "", "", name, mail, phone, ""],
    ]
    rows += [[f"Uwe{number}", "Lang", f"uwe{number}@lang.de", "Lang AG", "", "", "Ulm", "", ""] for number in range(9)]
    text = io.StringIO()
    csv.writer(text).writerows([*rows, [name, mail, phone, *[name] * 12]])
    (folder / "leads.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "headless.csv").write_text(f"{GIVEN};{FAMILY};{mail};{phone}\n" * 3, encoding="utf-8")
    (folder / "unknown.csv").write_text(f"{name},{phone}\n{name},{mail}\n", encoding="utf-8")
    (folder / f"{mail}.csv").write_text("Vorname;Nachname;E-Mail\nUlf;Berg;ulf@berg.de\n", encoding="utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("leads")), "run", "--home", str(home)],
        env=os.environ | {"LEADS_TRUNCATE_IPS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (home.parent / "said.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return home


@pytest.mark.slow
@pytest.mark.parametrize("where", ["home/dagster", "home/report", "said.txt"])
def test_nobody_is_named(home: Path, where: str) -> None:
    top = home.parent / where
    found = {}
    for path in [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]:
        if path.name == TO_CORRECT:  # for those who correct the values, and for nobody else
            assert path.stat().st_mode & 0o777 == 0o600
            continue
        content = path.read_bytes().decode("utf-8", "replace").lower()
        for mark in MARKS:
            if mark in content:
                at = content.index(mark)
                found[path.name, mark] = content[max(0, at - 200) : at + 100]
    assert found == {}


def test_no_full_address_is_in_the_lake(home: Path) -> None:
    import polars as pl

    for path in [*(home / "lake").glob("*.parquet"), *(home / "published" / "current").glob("*.parquet")]:
        said = str(pl.read_parquet(path).to_dicts())
        assert "217.77.0.9" not in said, path.name
