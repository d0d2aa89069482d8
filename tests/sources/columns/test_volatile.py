"""Volatile columns: told by their names, never a column that says who somebody is."""

from __future__ import annotations

import polars as pl
import pytest

from sources.columns.mapping import map_columns
from sources.settings import SourceSettings

KNOWN = ["Lead-ID", "Nachname", "E-Mail"]
VOLATILE = """\
Last Activity|Last Activity Date|lastActivityDate|Letzte Aktivität|Last Login|lastlogin|Letzter Login
Last Modified Date|Zuletzt geändert|Zuletzt geändert am|Modified|Modified On|Geändert von|Änderungsdatum|Updated At
SystemModstamp|Time of Last Visit|Letzte Anmeldung am|Letzter Besuch|Last Marketing Email Open Date
Logins|Login Count|Anzahl Logins|Number of Page Views|Seitenaufrufe|Klicks gesamt|Opens|Email Opens Count|Downloads
Open Rate|Öffnungsrate|Klickrate|CTR|Bounce Rate|Lead Score|HubSpot Score|Engagement Score|Punktzahl|Exportdatum
Exported At|Exportiert am|Export|Aktualisiert|Last Sync|Last Contacted|Row|Row Number|Zeile|lfd. Nr.|Nr.|#
Punkte|Points|points|Lead-Punkte|LeadPunkte|Bonuspunkte|Puntos|Punteggio|Puntuación|Pontuação|Punten|Punkty
Dernière connexion|Nombre de clics|Nb de visites|Último acceso|Ultimo accesso|Número de visitas
Laatste bezoek|Aantal kliks|Liczba odwiedzin|Ostatnia aktywność"""
LASTING = """\
Last Name|Nachname 2|Letzte Firma|Status|Position|E-Mails|Emails|Kontakt|Contact|Telefon|Mitarbeiter|Anzahl Mitarbeiter
Vermerk|Kampagne|Bemerkung|Produktinteresse|Erstellt am|Created|Abgemeldet|Opt-out|Einwilligung|Kundennummer|Branche
Bewertung|Budget|Geburtsdatum|Newsletter|Zahl der Standorte|Umsatz|Recent Deal Amount|Stand|Halle
Offene Punkte|Pain Points|Points of Interest|Besprochene Punkte|Messepunkt|Treffpunkt|Schwerpunkte|Remarques
Dernier diplôme"""


def volatile(header: str, **settings: tuple[str, ...]) -> bool:
    names = [*KNOWN, header]
    cells = {str(place): [f"{row}{place}" for row in range(5)] for place in range(len(names))}
    mapping = map_columns(names, pl.DataFrame(cells), SourceSettings(**settings))  # type: ignore[arg-type]
    return len(names) - 1 in mapping.volatile


@pytest.mark.parametrize("header", VOLATILE.replace("\n", "|").split("|"))
def test_what_changes_with_every_export(header: str) -> None:
    assert volatile(header)


@pytest.mark.parametrize("header", LASTING.replace("\n", "|").split("|"))
def test_what_tells_of_a_person(header: str) -> None:
    assert not volatile(header)


def test_what_the_settings_call_so_however_it_is_written() -> None:
    assert volatile("Letzter STAND ", volatile=("letzter Stand",))
    assert volatile("Firma", volatile=("firma",))
    assert not volatile("Firma", volatile=("Lead-ID",))


def test_the_id_is_never_volatile() -> None:
    mapping = map_columns(
        KNOWN, pl.DataFrame({"0": ["1"], "1": ["a"], "2": ["b@c.de"]}), SourceSettings(volatile=("Lead-ID",))
    )
    assert mapping.record_id == 0 and not mapping.volatile
