"""Numbered states with a legend: whoever the legend says objected does, nobody else, and the legend is no lead.

In each file `ab` has the state of somebody who objected, `an` another one.
"""

from __future__ import annotations

import polars as pl
import pytest

from enrichment.consent import clean_consent
from tests.sources.building import Home, csv_text, xlsx

BESIDE = "E-Mail;Name;Status;{}\nan@werk.de;Eva An;0;{}\nab@werk.de;Udo Ab;1;{}\n"


def rows(name: str = "Status", an: str = "0", ab: str = "1", delimiter: str = ";") -> str:
    """A file of both people with a column of states."""
    return csv_text(["E-Mail", "Name", name], [["an@werk.de", "Eva An", an], ["ab@werk.de", "Udo Ab", ab]], delimiter)


SHEET = [["E-Mail", "Name", "Status"], ["an@werk.de", "Eva An", 0], ["ab@werk.de", "Udo Ab", 1]]
ENGLISH = rows().replace("Name", "Full name")
TALL = rows() + "".join(f"n{n}@werk.de;Eva N{n};0\n" for n in range(60_000))

OBJECTED: dict[str, str | bytes] = {
    # in the header
    "in brackets": rows("Status (0 = angemeldet, 1 = abgemeldet)"),
    "without a sign": rows("Status [0 active, 1 unsubscribed, 2 bounced]"),
    "behind a colon": rows("Status: 0=aktiv 1=abgemeldet"),
    "the other way round": rows("Newsletter (ja=1, nein=0)", "1", "0"),
    "against the usual": rows("Newsletter (1 = nein, 0 = ja)"),
    "two for yes and no": rows("Werbung (1 = ja, 2 = nein)", "1", "2"),
    "a header of objections": rows("Unsubscribed (0 = active, 1 = unsubscribed)"),
    "the same, turned": rows("Abmeldestatus (1 = angemeldet, 0 = abgemeldet)", "1", "0"),
    "a question": rows("Abgemeldet (1=ja, 0=nein)"),
    "negative": rows("Status: -1 = unsubscribed, 0 = pending, 1 = subscribed", "1", "-1"),
    "letters": rows("Status (A = angemeldet, B = abgemeldet)", "A", "b"),
    "as Excel writes it": rows("Status (0 = angemeldet, 1 = abgemeldet)", "0.0", "1.0"),
    "in a header of commas": rows('"Status (0 = angemeldet, 1 = abgemeldet)"', delimiter=","),
    # above the table
    "a title": "Status: 0 = angemeldet, 1 = abgemeldet\n" + rows(),
    "a title with slashes": "1: subscribed / 2: unsubscribed\n" + rows(an="1", ab="2"),
    "a title cut by the delimiter": "Status: 0 = angemeldet; 1 = abgemeldet\n\n" + rows(),
    "a title of commas": "0 = angemeldet, 1 = abgemeldet\n" + rows(delimiter=","),
    "titles below each other": "Export\nLegende:\n0 = angemeldet\n1 = abgemeldet\n\n" + rows(),
    # below it
    "a footer": rows() + "Status: 0 = angemeldet, 1 = abgemeldet\n",
    "a footer behind a blank line": rows() + "\nLegende: 0 = angemeldet, 1 = abgemeldet\n",
    "a footer as wide as the table": rows() + "0 = aktiv;1 = abgemeldet;2 = gesperrt\n",
    "a footer with empty cells": rows() + "Status: 0 = angemeldet, 1 = abgemeldet;;\n",
    "a footer of commas": rows(delimiter=",") + "0 = angemeldet, 1 = abgemeldet\n",
    "footers below each other": rows() + "Legende\n0 = angemeldet\n1 = abgemeldet\n",
    "code and meaning in two cells": rows() + "Legende\n0;angemeldet\n1;abgemeldet;\n",
    "in a sentence": "0 bedeutet angemeldet; 1 bedeutet abgemeldet\n" + rows(),
    "a comment": "# 0 = angemeldet, 1 = abgemeldet\n" + rows(),
    "several legends": "Anrede: 1 = Herr, 2 = Frau\nStatus: 0 = aktiv, 1 = abgemeldet\n" + rows(),
    "several in one line": "Newsletter: 1 = ja, 0 = nein; Status: 0 = aktiv, 1 = abgemeldet\n" + rows(),
    "a footer in quotes": rows() + '"Legende: 0 = angemeldet; 1 = abgemeldet"\n',
    "a footer far below": TALL + "Legende: 0 = angemeldet, 1 = abgemeldet\n",
    # beside it
    "a cell beside the table": BESIDE.format(";", ";0 = angemeldet", ";1 = abgemeldet"),
    "a column beside it": BESIDE.format("Legende", "0 = aktiv, 1 = abgemeldet", ""),
    "in the row of the header": BESIDE.format("0 = aktiv, 1 = abgemeldet", "", ""),
    # in a workbook
    "a sheet": xlsx({"Leads": SHEET, "Legende": [["Status", "Bedeutung"], [0, "angemeldet"], [1, "abgemeldet"]]}),
    "a sheet before": xlsx({"Legend": [["0 = active"], ["1 = unsubscribed"]], "Leads": SHEET}),
    "a sheet of several columns": xlsx(
        {
            "Leads": SHEET,
            "Status-Codes": [
                ["Spalte", "Wert", "Bedeutung"],
                ["Anrede", 1, "Herr"],
                ["Status", 0, "aktiv"],
                ["Status", 1, "abgemeldet"],
            ],
        }
    ),
    "columns beside a sheet": xlsx(
        {
            "Leads": [
                ["E-Mail", "Name", "Status", None, "Legende", None],
                ["an@werk.de", "Eva An", 0, None, 0, "aktiv"],
                ["ab@werk.de", "Udo Ab", 1, None, 1, "abgemeldet"],
            ]
        }
    ),
    "a sheet with other words": xlsx(
        {"Leads": SHEET, "Hinweise": [["Bitte beachten"], ["Status: 0 = aktiv, 1 = abgemeldet"], ["Fragen an Eva"]]}
    ),
    "a row below a sheet": xlsx({"Leads": [*SHEET, [], ["Status: 0 = angemeldet, 1 = abgemeldet"]]}),
    "rows below a sheet": xlsx({"Leads": [*SHEET, [], ["Legende"], [0, "angemeldet"], [1, "abgemeldet"]]}),
    "a title of a sheet": xlsx({"Leads": [["0 = angemeldet, 1 = abgemeldet"], [], *SHEET]}),
    # in other languages
    "French": rows("Statut (0 = inscrit, 1 = désinscrit)"),
    "French, abonné": "Légende : 0 = abonné, 1 = désabonné\n" + rows("Statut"),
    "Italian": rows("Stato") + "Legenda: 0 = iscritto, 1 = disiscritto\n",
    "Spanish": rows("Estado: 1 alta, 2 baja", "1", "2"),
    "Dutch": rows("Toestand") + "Legenda: 0 = aangemeld / 1 = afgemeld\n",
    "English": ENGLISH + "Key: 0 - subscribed, 1 - complained\n",
    "Portuguese": rows("Situação") + "Legenda: 0 = ativo, 1 = descadastrado\n",
    "a state of an address": rows("E-Mail-Status (0=ok, 1=bounce)"),
    "bounces": rows("Status") + "0 = ok, 1 = hard bounced\n",
}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    for place, content in enumerate(OBJECTED.values()):
        home.put("x.xlsx" if isinstance(content, bytes) else "x.csv", content, source=f"s{place}")
    home.run()
    return home


@pytest.fixture(scope="module")
def judged(night: Home) -> pl.DataFrame:
    records = night.records()
    return pl.concat([records.select("source", "email"), clean_consent(records)], how="horizontal")


@pytest.mark.parametrize(("place", "case"), list(enumerate(OBJECTED)), ids=str)
def test_whoever_the_legend_says_objected_does(judged: pl.DataFrame, place: int, case: str) -> None:
    of_file = judged.filter(pl.col("source") == f"s{place}")
    found = {row["email"][:2]: row for row in of_file.iter_rows(named=True)}
    assert found["ab"]["consent_email"] == "refused"
    assert found["an"]["consent_email"] != "refused"
    assert not found["an"]["opt_out"]
    assert of_file.height == (60_002 if OBJECTED[case] is OBJECTED["a footer far below"] else 2)


def test_a_legend_is_neither_a_record_nor_held_back(night: Home) -> None:
    assert night.rejects().select("source", "reason_code", "raw").rows() == []
    assert set(night.files()["status"]) == {"loaded"}


def test_the_file_says_what_was_read_by_a_legend(night: Home) -> None:
    assert night.files()["warnings"].str.contains("was read by a legend: .*=").all()


# What `ab` says about e-mail where no legend explains it, or it explains something else.
OTHERS: dict[str, tuple[str, str]] = {
    "0 and 1 below a consent": (rows("Newsletter", "0", "1"), "granted"),
    "a third state that nobody explains": (rows("Newsletter", "2", "1"), "unclear"),
    "one below zero": (rows("Newsletter", "-1", "1"), "unclear"),
    "a state that the legend leaves out": (rows("Newsletter (2 = abgemeldet, 3 = gesperrt)", "2", "1"), "unclear"),
    "a yes by a legend": (rows("Newsletter (1 = nein, 2 = ja)", "1", "2"), "granted"),
    "a yes in Italian": (rows("Newsletter (0 = disiscritto, 1 = iscritto)", "0", "1"), "granted"),
    "a legend of pending": (rows("Newsletter (0 = abgemeldet, 1 = ausstehend)", "0", "1"), "unknown"),
    "a legend of something else": (rows("Status") + "Rang: 0 = klein, 1 = Konzern\n", "unknown"),
    "a note below the table": (rows("Status") + "Abmeldung jederzeit: 1 Klick\n", "unknown"),
}


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    home = Home(tmp_path_factory.mktemp("home"))
    for place, (content, _) in enumerate(OTHERS.values()):
        home.put("x.csv", content, source=f"s{place}")
    home.run()
    records = home.records()
    return pl.concat([records.select("source", "email"), clean_consent(records)], how="horizontal")


@pytest.mark.parametrize(("place", "case"), list(enumerate(OTHERS)), ids=str)
def test_a_number_without_a_legend_is_no_yes(others: pl.DataFrame, place: int, case: str) -> None:
    found = others.filter(pl.col("source") == f"s{place}", pl.col("email") == "ab@werk.de")
    assert found["consent_email"].to_list() == [OTHERS[case][1]]
