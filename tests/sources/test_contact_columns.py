"""Columns about contact, as newsletter tools and CRMs of many countries write them: no wrong yes, no lost no."""

from __future__ import annotations

import polars as pl
import pytest

from contracts.raw import RAW_RECORDS
from enrichment.consent import clean_consent
from sources.columns.mapping import map_columns
from sources.columns.naming import Namer
from sources.reading import ROW
from sources.settings import SourceSettings


def said(header: str, value: str) -> tuple[str, str, bool]:
    """What a column says in a record: consent to mail, consent to calls, objection."""
    frame = pl.DataFrame({"0": ["ina@kehl-rohr.de"], "1": ["Ina Kehl"], "2": [value]})
    mapping = map_columns(["Email", "Name", header], frame, SourceSettings())
    rows = frame.select(pl.lit(1, pl.Int64).alias(ROW), pl.all())
    records = RAW_RECORDS.conform(pl.DataFrame(Namer(mapping).named(rows, None, None)))
    return clean_consent(records).select("consent_email", "consent_phone", "opt_out").row(0)


OF_AN_ADDRESS = """
    Primary email? | email_primary | emails.primary | emails[].primary | main_phone | Haupt-E-Mail | Phone (primary)
    E-Mail 2 | Email verified? | E-Mail vorhanden | Email valid | phone_valid | Default email | Preferred phone
    Work email | Business phone | Diensthandy | WhatsApp | Mobile? | Secondary email | Alternative E-Mail | has_email
    Email required | Marketing contact | Correo principal | Téléphone principal | Główny e-mail | Hoofd e-mail
    Primärtelefon | E-mail hlavní | Birincil e-posta | Huvudnummer | Email opened | Show email | Confirmed email
"""
REFUSING = """
    No Bulk Emails (User Opt Out) | no_bulk_email | Do Not Email | donotbulkemail | donotsendmm | no_newsletter
    Email blacklisted | emailBlacklisted | Exclude from mailings | IsExcludedFromCampaigns | Suppressed | Hard bounced
    Keine E-Mails senden | Newsletter nicht erwünscht | Désabonné | Pas d'e-mail | Ne pas contacter | Refuse les e-mails
    Disiscritto | Non contattare | Niente email | Baja | No contactar | No enviar correos | Descadastrado
    Não enviar e-mail | Afgemeld | Geen mailings | Niet mailen | Wypisany | Nie wysyłać | Brak zgody | Odhlášen
    Nezasílat e-maily | Avregistrerad | Inga utskick | Ønsker ikke nyhedsbrev | Avmeldt | Ei markkinointia
    Abonelikten çıktı | İletişime geçme | Leiratkozott | Nem kér hírlevelet | Dezabonat | Odjavljen
"""
STATES = """
    unsubscribed | blocklisted | complained | suppressed | spam | Opted Out | OptedOut | hard_bounced | cleaned
    Unsubscribed by admin | unsubscribed via link | unconfirmed - opt out | Inactive (unsubscribed) | abuse complaint
    désabonné | désabonnée | désinscrit | utilisateur désabonné | disiscritto | annullata iscrizione | afgemeld
    Afgemeld voor nieuwsbrief | uitgeschreven | wypisany | nieaktywny - wypisany | nie wyraża zgody | odhlášen
    odhlásený | nezasílat | avregistrerad | avprenumererad | avmeldt | frameldt | ei saa lähettää | cancelado
    dado de baja | de baja | desuscrito | descadastrado | cancelou a inscrição | abonelikten çıktı | çıkış yaptı
    leiratkozott | dezabonat | odjavljen | отписался | απεγγραφή | abgemeldet | Kunde (abgemeldet)
"""
NO_OBJECTION = """
    active | subscribed | Kunde | confirmed | inactive | archived | Non-subscribed | not blocked | soft bounced
    inscrit | iscritto | aangemeld | aktywny | aktif | Angebot - offen | re-subscribed
"""


def words(table: str) -> list[str]:
    return [word.strip() for word in table.replace("\n", "|").split("|") if word.strip()]


@pytest.mark.parametrize("value", ["true", "ja"])
@pytest.mark.parametrize("header", words(OF_AN_ADDRESS))
def test_yes_below_an_address_or_number_is_no_consent(header: str, value: str) -> None:
    assert said(header, value) == ("unknown", "unknown", False)


@pytest.mark.parametrize("header", words(OF_AN_ADDRESS))
def test_nor_is_no_a_refusal(header: str) -> None:
    assert said(header, "false") == ("unknown", "unknown", False)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        *(("E-Mail", ("granted", "unknown")), ("Telefon (ja/nein)", ("unknown", "granted"))),
    ],
)
def test_below_a_channel_alone_it_is(header: str, told: tuple[str, str]) -> None:
    assert said(header, "ja")[:2] == told


@pytest.mark.parametrize("header", words(REFUSING))
def test_a_column_that_refuses_is_an_objection_where_it_says_yes(header: str) -> None:
    assert said(header, "Yes")[::2] == ("refused", True)
    assert said(header, "No")[2] is False


@pytest.mark.parametrize("header", ["Newsletter not opened", "No. of emails", "Not interested"])
def test_a_fact_refuses_nothing_and_agrees_to_nothing(header: str) -> None:
    assert said(header, "ja") == ("unknown", "unknown", False)


@pytest.mark.parametrize(
    "header", ["Status", "Subscriber status", "marketing_status", "Statut", "Stan", "Durum", "State"]
)
@pytest.mark.parametrize("state", words(STATES))
def test_a_state_of_a_newsletter_tool_objects(state: str, header: str) -> None:
    assert said(header, state)[0] == "refused"


@pytest.mark.parametrize("state", words(NO_OBJECTION))
def test_other_states_do_not(state: str) -> None:
    assert said("Status", state) == ("unknown", "unknown", False)


@pytest.mark.parametrize("state", ["on hold", "on request", "archived", "Removed", "an Zentrale", "Quarantined"])
def test_what_is_no_plain_yes_in_a_column_of_consent_is_none(state: str) -> None:
    assert said("Newsletter status", state)[0] == "unclear"
