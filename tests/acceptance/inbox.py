"""The acceptance inbox: lead files as other people's tools write them, put down byte for byte.

Belongs here: writing `inbox/` in the encodings and formats of its makers, plus what is easier drawn than typed
(people who share a mailbox or a switchboard, a workbook, broken files). Does not belong here: what must come
of it (`test_night.py`). All people are invented.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import xlsxwriter

TREE = Path(__file__).parent / "inbox"
ENCODINGS = {"offline/fair/scans_halle7.csv": "cp1252", "online/facebook/leads.csv": "utf-16"}

_GIVEN = ["Anke", "Bodo", "Carla", "Detlef", "Elke", "Falk", "Gesine", "Holger", "Ines", "Jochen"]
_FAMILY = ["Ahrens", "Bartels", "Cordes", "Dittmer", "Evers", "Feddersen", "Gosch", "Harms", "Ipsen", "Jessen"]


def write_inbox(inbox: Path) -> None:
    """All files of the acceptance inbox below `inbox`."""
    for path in sorted(file for file in TREE.rglob("*") if file.is_file()):
        name = path.relative_to(TREE).as_posix()
        target = inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_text(encoding="utf-8").encode(ENCODINGS.get(name, "utf-8"), "strict"))
    _workbook(inbox / "offline" / "excel" / "Messeliste.xlsx")
    _shared(inbox / "offline" / "shared")
    _broken(inbox / "offline" / "broken")
    partner = inbox / "offline" / "partner"
    shutil.copy2(partner / "lieferung_mai.csv", partner / "lieferung_mai (1).csv")
    first, *rest = (partner / "lieferung_mai.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (partner / "sortiert.csv").write_text("".join([first, *reversed(rest)]), encoding="utf-8")


def _workbook(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Kontakte")
        sheet.merge_range("A1:H1", "Besucherliste Hannover Messe 2026")
        sheet.merge_range("A2:H2", "Stand: 24.04.2026 / vertraulich")
        header = ["lfd. Nr.", "Ansprechpartner", "Firma", "Straße", "PLZ", "Ort", "Telefon", "Handy", "E-Mail"]
        rows = [
            [
                1,
                "Herr Dr. Jürgen Grünwald",
                "Fa. Grünwald Optik",
                "Seestr. 15",
                82319,
                "Starnberg",
                "08151/7766-0",
                "",
                "",
            ],
            [
                2,
                "Weber, Katharina",
                "Elbtal Werkzeuge GmbH",
                "Uferweg 3",
                1067,
                "Dresden",
                493514455660,
                "",
                "k.weber@elbtal-werkzeuge.de",
            ],
            [
                3,
                "Frau Katharina Weber-Lenz",
                "Elbtal Werkzeuge GmbH",
                "Uferweg 3",
                1067,
                "Dresden",
                "0351 445566-0",
                "",
                "k.weber-lenz@elbtal-werkzeuge.de",
            ],
            [
                4,
                "z.Hd. Frau Thalmann, Einkauf",
                "Elbtal Werkzeuge GmbH",
                "Uferweg 3",
                1067,
                "Dresden",
                "4,93514E+11",
                "",
                "",
            ],
            [
                5,
                "Mario Conti",
                "Conti Design",
                "Postfach 10 20 30",
                70014,
                "Stuttgart",
                "",
                "0711 123456",
                "mario(at)conti-design.de",
            ],
        ]
        for place, row in enumerate([header, *rows]):
            sheet.write_row(3 + place, 0, row)
        sheet.write_row(4 + len(rows), 0, ["Gesamt", "", "", "", "", "", "", "", 5])


def _shared(folder: Path) -> None:
    """Fourteen people with one mailbox, forty with one switchboard."""
    folder.mkdir(parents=True)
    mailbox = [
        f"M{k};{_GIVEN[k % 10]};{_FAMILY[(k * 3 + k // 10) % 10]};Nordlicht Reederei GmbH;info@nordlicht-reederei.de;"
        for k in range(14)
    ]
    switchboard = [
        f"S{k};{_GIVEN[k % 10]};{_FAMILY[(k + k // 10) % 10]};Hansa Kontor AG;;040 {3344550}" for k in range(40)
    ]
    lines = ["Kunden-ID;Vorname;Nachname;Firma;E-Mail;Telefon", *mailbox, *switchboard]
    (folder / "verteiler.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _broken(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "leer.csv").write_bytes(b"")
    (folder / "geschuetzt.xlsx").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2040) + b"EncryptedPackage")
    (folder / "abgerissen.xlsx").write_bytes(b"PK\x03\x04" + bytes(200))
    (folder / "halb.csv.gz").write_bytes(gzip.compress(b"Vorname;Nachname\nAnne;Muster\n" * 400)[:-20])
    (folder / "foto.csv").write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20)
