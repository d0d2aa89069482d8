"""Headers: from a column's name as written to the canonical field.

Belongs here: folding a name (case, umlauts, camelCase, punctuation, mojibake) and looking it up among the
synonyms of `headers.json`, with qualifiers such as `geschäftlich` or `1`, or the path of a nested name, set
aside when the full name is not known; the channel an opt-out column is about. Does not belong here: names
whose meaning depends on their neighbours or values (`mapping`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from contracts.raw import RECORD_ID
from engine.caches import keep_words
from reference.letters import SPELT_OUT
from sources.encoding import LOST, repair_mojibake

MAYBE_ID = "maybe_id"

# Names that say nothing without their neighbours or values; `mapping` decides.
BY_CONTEXT = frozenset(
    {"name", "titel", "title", "kontakt", "contact", "adresse", "address", "anschrift", "status", "zusatz", "werk"}
    | {"standort", "nom", "titre", "titolo", "nameprefix", "adr", "uhrzeit", "naam", "nazwa", "registered"}
    | {"activated", "deactivated", "sms", "partnername"}
)
_ADDRESS = frozenset({"adresse", "address", "anschrift"})
# What may stand in brackets behind such a name and says it outright: `Name (First)`, `Address (City)`.
_PARTS_OF = {
    "name": frozenset({"given_name", "family_name", "full_name", "company", "salutation", "academic_title"}),
    "address": frozenset({"street", "house_number", "address_extra", "postcode", "city", "postcode_city", "region"})
    | {"country", "po_box"},
    "contact": frozenset({"full_name", "email", "phone", "mobile", "fax"}),
}
_PARTS_OF |= dict.fromkeys(_ADDRESS, _PARTS_OF["address"]) | {"kontakt": _PARTS_OF["contact"]}
_PARTS_OF |= {
    name: frozenset({"mobile", "fax"})
    for name in ("phone", "phonenumber", "telephone", "telefon", "telefonnummer", "tel")
}

_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|<[^>]*>")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z][a-z])")
_NOISE = re.compile(r"[^a-z0-9#]+")
_NUMBER = re.compile(r"^(.*?)\s*(?:nr\.?\s*)?([1-9])$")
_QUALIFIERS = frozenset(
    {"geschaeftlich", "geschaeftl", "gesch", "dienstlich", "dienstl", "dienst", "beruflich", "privat", "private"}
    | {"privater", "business", "work", "office", "buero", "firma", "firmen", "company", "lead", "kontakt", "contact"}
    | {"person", "ansprechpartner", "ap", "kunde", "kunden", "customer", "mailing", "billing", "primary", "main"}
    | {"haupt", "value", "home", "personal", "other", "the", "your", "ihr", "ihre", "der", "des", "pflichtfeld"}
    | {"required", "optional", "attributes", "properties", "fields", "data", "field", "besucher", "visitor"}
    | {"attendee", "teilnehmer", "rechnung", "shipping", "prospect", "user", "account", "organization"}
    | {"organisation", "bitte", "angeben", "n", "text", "string", "professional", "professionnel", "default"}
    | {"invitee", "secondary", "alternative", "alternate", "rechnungsadresse", "rechnungsanschrift", "firmenadresse"}
    | {"second", "zweite", "zweiter", "weitere", "weiterer", "weiteres", "des", "kontakts", "kontaktes", "unternehmens"}
    | {"arbeit", "hauptadresse", "hauptanschrift", "besuchers", "kunden", "ansp", "ansprechp", "adr", "priv"}
    | {"firmenanschrift", "geschaeftsadresse", "lieferadresse", "wert", "bueroadresse"}
)
# Qualifiers that are the name itself where nothing else is left of it: `Person - Organisation`.
_COMPANIES = frozenset({"firma", "company", "organisation", "organization"})
# Forms ask: `Wie lautet Ihre Firma?`
_QUESTION = re.compile(
    r".*\?$|(?:hi|hallo|hello|hey|and|und)?\W*(?:wie|was|wo|welche[nmrs]?|what|whats|which|where|who"
    r"|bitte|please|enter|your|ihre?|deine?)\b",
    re.DOTALL,
)
_ASKED = (
    frozenset({"wie", "lautet", "was", "ist", "welche", "welcher", "welches", "what", "is", "whats", "which", "your"})
    | {"ihr", "ihre", "dein", "deine", "bitte", "sie", "geben", "ein", "nennen", "enter", "please", "uns", "wo"}
    | {"arbeiten"}
    | {"ihrer", "ihren", "ihres", "ihnen", "deiner", "du", "dich", "sich", "wir", "und", "hallo", "hi", "hello"}
    | {"hey", "and", "s", "do", "you", "are", "for", "work", "in", "at", "can", "we", "reach", "fuer", "unter", "mit"}
    | {"bei", "erreichen", "koennen", "haben", "hast", "hat", "arbeitest", "interessieren", "interessiert", "welchem"}
    | {"welchen", "the", "us", "tell", "have", "der", "die", "das", "dem", "den", "am", "besten", "i", "lauten"}
)
# Whole sentences above a box to tick: `Ja, ich möchte den Newsletter erhalten`.
_SENTENCE = re.compile(
    r"(?:(?:ja|hiermit|yes)\b[,!.]?\s*)?(?:hiermit\s)?(?:ich|i|please|bitte|we|wir|sign me up|keep me)\b"
)
_AGREED = re.compile(
    r"moechte|wuensche|will\b|einverstanden|einwillig|willige|stimme|abonnier|erhalten|agree|consent|receive|subscribe"
    r"|would like|want|sign me up|keep me|send me|senden|halten sie mich|kontaktier|contact me"
)
_REFUSED = re.compile(
    r"\b(?:kein\w*|nicht|no|not|don.t|never|opt out|widersprech\w*|unsubscribe|abmelden|abbestell\w*|austragen|cancel"
    r"|kuendig\w*)\b"
)
# One column for each kind of mail a lead may object to: `Opted out of email: Sales`.
_OBJECTED = re.compile(r"von e-?mails? abgemeldet|abgemeldet von|opted out of e-?mail|unsubscribed from")
# The path of a nested name (`address.zip`); below these words another than the lead is meant.
_PATH = re.compile(r"[A-Za-zÄÖÜäöüß0-9_]+(?:[./][A-Za-zÄÖÜäöüß0-9_]+)+")
_OF_OTHERS = frozenset(
    {"owner", "created", "creator", "agent", "rep", "assigned", "assignee", "campaign", "form", "page", "sender"}
    | {"referrer", "parent", "partner", "event", "source", "consent", "consents", "permissions", "optin", "optout"}
    | {"subscriptions", "billing", "invoice", "besitzer", "ersteller", "einwilligung", "author", "modified", "updated"}
)
# Taking note of a privacy notice or of terms is no consent to advertising (UWG 7, GDPR 7).
_NOTICE = re.compile(r"datenschutz|privacy|privacidad|confidentialit|agb\b|terms|nutzungsbedingungen|cookie")
# `DSGVO: ja` agrees to terms as well, unless advertising is named: a purpose of its own.
_TERMS = re.compile(rf"{_NOTICE.pattern}|dsgvo|gdpr|rgpd")
_ADVERTISING = re.compile(r"newsletter|werb|marketing|advert|mail")
_CHANNELS = {
    "E-Mail": re.compile(r"mail|newsletter|unsubscribed from all"),
    "Telefon": re.compile(r"telefon|phone|\bcall|calls?\b|anruf|\bdnc\b|\btel\b"),
}


class Meaning(NamedTuple):
    """What a header means: field (or None), the number it carries (`Telefon 2` is 2) and how surely."""

    field: str | None
    number: int
    exact: bool


def fold(name: str) -> str:
    """A header as a key: lower-case ASCII letters and digits, umlauts spelt out, nothing else."""
    return _NOISE.sub("", _plain(name))


def _plain(name: str) -> str:
    return SPELT_OUT.text(_CAMEL.sub(" ", repair_mojibake(name).replace("\ufeff", "")))


@cache
def _synonyms() -> dict[str, str]:
    table: dict[str, list[str]] = json.loads((Path(__file__).parent / "headers.json").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for canonical, names in table.items():
        for name in (canonical, *names):
            key = "#" if name == "#" else fold(name)
            found.setdefault(key, canonical)
    return found


@keep_words
def look_up(name: str) -> Meaning:
    """The meaning of a header, by its full name, then without brackets, then without qualifiers.

    A character lost in the header (`Stra\ufffde`) matches any one or two letters if only one field fits.
    """
    known = _synonyms()
    bare = name.strip().strip("*:").strip()
    if any(_NOTICE.search(_plain(said)) for said in _BRACKETS.findall(bare)):
        return Meaning(None, 1, False)
    if (part := _in_brackets(bare)) is not None:
        return part
    for attempt in (bare, _BRACKETS.sub(" ", bare)):
        key = fold(attempt)
        if key in known:
            # The form's own page is not the lead's (`_url`).
            return Meaning(known[key] if bare[0] != "_" or known[key] != "website" else None, _number(attempt), True)
        if (match := _NUMBER.match(_plain(attempt).strip())) and (key := _NOISE.sub("", match[1])) in known:
            # A second line of the street is what is beside it.
            field = "address_extra" if known[key] == "street" and match[2] != "1" else known[key]
            return Meaning(field, int(match[2]), True)
    if LOST in repair_mojibake(name):
        return Meaning(_with_lost_letters(name), 1, False)
    found = _qualified(bare)
    if found.field is None and _PATH.fullmatch(bare):
        return _nested(bare)
    return found if found.field else Meaning(_consent(bare), found.number, False)


def context_key(name: str) -> str:
    """The key of BY_CONTEXT a header comes down to: `Titel (optional)` to `titel`, `Company Address` to `address`."""
    key = fold(_BRACKETS.sub(" ", name))
    if key in BY_CONTEXT:
        return key
    core = [word for word in _NOISE.split(_plain(name)) if word and word not in _QUALIFIERS]
    return core[0] if len(core) == 1 and core[0] in _ADDRESS else fold(name)


def _in_brackets(name: str) -> Meaning | None:
    """The part of a name or address that stands in brackets behind the word: `Name (First)`, `Address (City)`."""
    match = re.fullmatch(r"([^()]+)\(([^()]+)\)", name)
    parts = _PARTS_OF.get(fold(match[1])) if match else None
    if match is None or parts is None:
        return None
    inner = look_up(match[2])
    return inner if inner.field in parts else None


def _consent(name: str) -> str | None:
    """What a header of several words agrees or objects to; taking note of privacy rules is nothing."""
    plain = _plain(name)
    if _OBJECTED.match(plain):
        return "opt_out"
    if not _SENTENCE.match(plain) or not _AGREED.search(plain) or _REFUSED.search(plain) or _NOTICE.search(plain):
        return None
    if _CHANNELS["E-Mail"].search(plain):
        return "consent_email"
    return "consent_phone" if re.search(r"telefonisch|anruf|angerufen|by phone|per telefon|\bcall", plain) else None


def objection_channel(name: str) -> str | None:
    """The one channel an opt-out header speaks of (`Do Not Call`: Telefon), None where it means any."""
    plain = _plain(name)
    channels = [channel for channel, words in _CHANNELS.items() if words.search(plain)]
    return channels[0] if len(channels) == 1 else None


def speaks_of_terms(name: str) -> bool:
    """Whether what is agreed to below a consent header are terms of privacy, not advertising."""
    plain = _plain(name)
    return bool(_TERMS.search(plain)) and not _ADVERTISING.search(plain)


def _nested(name: str) -> Meaning:
    """`address.zip` by its last part, unless that is a plain number or name, or the path leads to somebody else."""
    *path, last = re.split(r"[./]", name)
    words = {word for part in path for word in _NOISE.split(_plain(part))}
    if words & _OF_OTHERS or fold(last) in BY_CONTEXT:
        return Meaning(None, 1, False)
    found = look_up(last)
    of_no_use = found.field in (None, RECORD_ID, MAYBE_ID, "collected_at")
    return Meaning(None, 1, False) if of_no_use else found._replace(exact=False)


def _number(name: str) -> int:
    match = _NUMBER.match(_plain(name).strip())
    return int(match[2]) if match else 1


def _qualified(name: str) -> Meaning:
    known = _synonyms()
    words = [word for word in _NOISE.split(_plain(name)) if word]
    number = next((int(word) for word in words if len(word) == 1 and word.isdigit()), 1)
    question = _QUESTION.match(_plain(name).strip()) is not None
    asked = [word for word in words if word not in _ASKED] if question else words
    if len(asked) < len(words) and (field := known.get("".join(asked))) is not None:
        return Meaning(field, number, False)
    numbered = [word for word in words if word not in _QUALIFIERS]
    key = "".join(numbered)
    if key in known and key not in BY_CONTEXT and len(numbered) < len(words):
        return Meaning(known[key], 1, False)  # `Work Address 1` is the street
    core = [word for word in numbered if not word.isdigit()]
    if not core and (company := [word for word in words if word in _COMPANIES]):
        return Meaning("company", number, False) if words[-1] in company else Meaning(None, number, False)
    part = [word for word in core if word not in _ADDRESS]
    if len(part) < len(core) and (field := known.get("".join(part))) in _PARTS_OF["address"]:
        return Meaning(field, number, False)
    if not core or len(core) > 3:
        return Meaning(None, number, False)
    key = "".join(core)
    return Meaning(known.get(key), number, False) if key not in BY_CONTEXT else Meaning(None, number, False)


def _with_lost_letters(name: str) -> str | None:
    parts = [_NOISE.sub("", _plain(part)) for part in repair_mojibake(name).split(LOST)]
    pattern = re.compile("[a-z]{1,2}".join(re.escape(part) for part in parts))
    fields = {canonical for key, canonical in _synonyms().items() if pattern.fullmatch(key)}
    return fields.pop() if len(fields) == 1 else None


def is_known(name: str) -> bool:
    """Whether a cell reads as a column's name."""
    if len(name) > 80 or ";" in name or "\t" in name:  # several names in a row
        return False
    return look_up(name).field is not None or fold(name) in BY_CONTEXT


def known_names(cells: Sequence[str]) -> int:
    """How many of the cells read as columns' names."""
    return sum(1 for cell in cells if is_known(cell))
