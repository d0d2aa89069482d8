"""Objections through a whole night: in whatever list, column, cell or broken row, each closes its address or number.

Everybody here agreed to both channels in one list, and objected in another one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from tests.conftest import Run
from tests.pipelines.publication import published
from tests.sources.building import csv_text, xlsx, zipped

NAMES = """
Albers Brandt Claasen Dietrich Engel Falk Gerlach Hagen Ihde Jansen Kessler Lorenz Mertens Nolte Oster Pohl Quandt
Reuter Sauer Thoma Ulmer Vogt Wirth Zeller Ahrens Behnke Cordes Decker Ebert Freitag Grote Heller Illing Jost Kaiser
Lange Maurer Neumann Otten Pape Rahn Schade Tietz Urban Voss Weigel Zander Adler Bauer Conrad Dorn Esser
"""


pytestmark = pytest.mark.slow


class Person(NamedTuple):
    """Somebody with an address, a landline and a mobile number."""

    name: str
    mail: str
    line: str
    mobile: str


Content = Callable[[Person], str | bytes]


def text(pattern: str) -> Content:
    return lambda person: pattern.format(*person, **person._asdict())


REFUSED = "refused"
LONG = "Wir haben lange gesprochen und uns vieles angesehen. " * 60
# Where it is delivered, what is in it, consent to e-mail and to calls afterwards.
DELIVERED: dict[str, tuple[str, Content, str, str]] = {
    "an address and a date": ("online/a/x.csv", text("email,unsubscribed_at\n{mail},2024-03-01\n"), REFUSED, REFUSED),
    "the same in German": ("online/b/x.csv", text("E-Mail;Abmeldedatum\n{mail};01.03.2024\n"), REFUSED, REFUSED),
    "Mailchimp": ("online/mc/x.csv", text("Email Address,UNSUB_TIME\n{mail},2024-03-01 10:00:00\n"), REFUSED, REFUSED),
    "a complaint": ("online/c/x.csv", text("email,complained_at\n{mail},2024-03-01T00:00:00Z\n"), REFUSED, REFUSED),
    "a file named for it": ("online/d/abmeldungen.csv", text("E-Mail\n{mail}\n"), REFUSED, REFUSED),
    "a folder named for it": ("online/unsubscribes/x.csv", text("E-Mail;Datum\n{mail};1.3.24\n"), REFUSED, REFUSED),
    "a folder further down": ("online/e/2024/blacklist/x.csv", text("Adresse\n{mail}\n"), REFUSED, REFUSED),
    "a column of no known name": ("online/f/suppression.csv", text("Recipient,Type\n{mail},x\n"), REFUSED, REFUSED),
    "a list without a header": ("online/g/suppression-list.txt", text("{mail}\nx@werk.de\n"), REFUSED, REFUSED),
    "numbers without a header": ("offline/do-not-call-list.txt", text("{line}\n"), "granted", REFUSED),
    "bounces": ("online/h/bounces.csv", text("email,bounce_type\n{mail},hard\n"), REFUSED, "granted"),
    "a sheet named for it": (
        "offline/crm/export.xlsx",
        lambda person: xlsx({"Robinsonliste": [["E-Mail", "Datum"], [person.mail, "1.3.24"]]}),
        REFUSED,
        REFUSED,
    ),
    "a packed file named for it": (
        "online/zip/export.zip",
        lambda person: zipped({"kunden/opt-out.csv": f"E-Mail;Datum\n{person.mail};1.3.24\n".encode()}),
        REFUSED,
        REFUSED,
    ),
    "a landline": ("offline/do-not-call/x.csv", text("Telefon\n{line}\n"), "granted", REFUSED),
    "a mobile number under any name": ("offline/i/dnc.csv", text("Number;Date\n{mobile};1.3.24\n"), "granted", REFUSED),
    "a word in an opt-out column": ("offline/j/x.csv", text("Telefon;Sperre\n{line};DNC\n"), "granted", REFUSED),
    "a long refusal": ("online/k/x.csv", text("E-Mail;Newsletter\n{mail};" + LONG + "Nein.\n"), REFUSED, "granted"),
    "a long objection": ("online/l/x.csv", text("E-Mail;Sperre\n{mail};" + LONG + "\n"), REFUSED, REFUSED),
    "a remark": ("online/m/x.csv", text("E-Mail;Bemerkung\n{mail};Bitte keine Werbung mehr!\n"), REFUSED, REFUSED),
    "a state": ("online/n/x.csv", text("E-Mail;Status\n{mail};unsubscribed\n"), REFUSED, REFUSED),
    "a note behind an address": ("online/o/x.csv", text("E-Mail;Ort\n{mail} (abgemeldet);Ulm\n"), REFUSED, REFUSED),
    "a row with too many cells": (
        "online/p/x.csv",
        text("Name;E-Mail;Ort\nA;a@werk.de;Ulm\nB;b@werk.de;Ulm\nEva;{name};{mail};Widerspruch\n"),
        REFUSED,
        "granted",
    ),
    "a row with too few cells": (
        "online/q/x.csv",
        text("Name;E-Mail;Ort;Opt-out\nA;a@werk.de;Ulm;0\nB;b@werk.de;Ulm;0\n{mail};Ulm;1\n"),
        REFUSED,
        "granted",
    ),
    "a row with a quote that is never closed": (
        "online/r/x.csv",
        text('Name;E-Mail;Opt-out\n"A";a@werk.de;0\n"B";b@werk.de;0\n"Eva "{name};{mail};"1\n'),
        REFUSED,
        "granted",
    ),
    "such a row of a list": (
        "online/s/abmeldungen.csv",
        text("E-Mail;Datum\na@werk.de;1.1.24\nb@werk.de;1.1.24\n{mail};1.1.24;zu;viel\n"),
        REFUSED,
        "granted",
    ),
    "other letters": ("online/x1/x.csv", text("E-Mail;Newsletter\n{mail};ＳＴＯＰ\n"), REFUSED, "granted"),
    "signs nobody sees": ("online/x2/x.csv", text("E-Mail;Wer\u00adbe\u00adsperre\n{mail};x\n"), REFUSED, REFUSED),
    "letters set apart": ("online/x3/x.csv", text("E-Mail;Notiz\n{mail};S T O P\n"), REFUSED, REFUSED),
    "a provision": ("online/x4/x.csv", text("E-Mail;Bemerkung\n{mail};§ 7 UWG\n"), REFUSED, REFUSED),
    "a state in another language": ("online/x5/x.csv", text("E-Mail;Status\n{mail};avregistrerad\n"), REFUSED, REFUSED),
    "doubt": ("online/t/x.csv", text("E-Mail;Newsletter\n{mail};siehe Akte\n"), "unclear", "granted"),
    "nothing said": ("online/u/x.csv", text("E-Mail;Newsletter\n{mail};\n"), "granted", "granted"),
    "a footer": ("online/v/x.csv", text("E-Mail;Notiz\n{mail};Abmeldung jederzeit möglich\n"), "granted", "granted"),
    "a list of the others": ("online/w/leads_ohne_abmeldungen.csv", text("E-Mail\n{mail}\n"), "granted", "granted"),
    **{
        f"{word} as consent": (
            f"online/word{place}/x.csv",
            text("E-Mail;Newsletter\n{mail};" + word),
            REFUSED,
            "granted",
        )
        for place, word in enumerate(
            ("STOP", "Werbesperre", "Löschantrag", "complained", "DNC", "Art. 21 DSGVO", "kein Kontakt", "remove me")
        )
    },
}
PEOPLE = {
    case: Person(name, f"{name.lower()}@werk{n}.de", f"+49 (0)711 22{n:02}334", f"0171 55{n:02}123")
    for n, (case, name) in enumerate(zip(DELIVERED, NAMES.split(), strict=False))
}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory, leads: Run) -> pl.DataFrame:
    """The published leads of a night with all of them."""
    home = tmp_path_factory.mktemp("home")
    header = ["Vorname", "Nachname", "Firma", "E-Mail", "Telefon", "Mobil", "Newsletter", "Telefon-Einwilligung"]
    agreed = [
        ["Eva", name, f"{name} Werk GmbH", mail, line.replace("+49 (0)", "0").replace(" ", "/", 1), mobile, "ja", "ja"]
        for name, mail, line, mobile in PEOPLE.values()
    ]
    put(home, "offline/kontakte/kontakte.csv", csv_text(header, agreed))
    for case, (path, content, *_) in DELIVERED.items():
        put(home, path, content(PEOPLE[case]))
    twice = csv_text(["E-Mail"], [[PEOPLE["a file named for it"].mail]])
    put(home, "online/d/kontakte.csv", twice)  # the same bytes under a name that says nothing
    done = leads("run", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return published(home)["leads"]


def put(home: Path, name: str, content: str | bytes) -> None:
    path = home / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize("case", DELIVERED)
def test_an_objection_closes_its_channel(after: pl.DataFrame, case: str) -> None:
    _, _, email, phone = DELIVERED[case]
    (lead,) = after.filter(pl.col("family_name") == PEOPLE[case].name).to_dicts()
    assert (lead["consent_email"], lead["consent_phone"]) == (email, phone)
    assert (lead["may_email"], lead["may_call"]) == (False, phone == "granted")  # nobody confirmed an address
    assert lead["publishable"] == lead["may_call"]
