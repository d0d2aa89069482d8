"""Slips of the unseen records: what goes wrong between a person and a file, each with its rate.

Belongs here: slips as functions over one record, and how often each happens. Does not belong here: the people
(`benchmarks/unseen`) or files. Written apart from `samples`: other letters are struck, other words are left out.
A record is a dict of texts (None is an empty cell); `true_*` keys are what a slip may need and no file shows.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from typing import Any

Record = dict[str, Any]
Slip = Callable[[Record, random.Random], bool]

ROWS = ("qwertzuiopü", "asdfghjklöä", "yxcvbnm")
BESIDE = {
    letter: "".join(row[max(place - 1, 0) : place] + row[place + 1 : place + 2])
    for row in ROWS
    for place, letter in enumerate(row)
}
LOOKS_LIKE = (
    *(("rn", "m"), ("m", "rn"), ("cl", "d"), ("li", "h"), ("ü", "ii"), ("vv", "w"), ("e", "c")),
    *(("h", "b"), ("ß", "B"), ("l", "i"), ("u", "v"), ("ri", "n"), ("ä", "a"), ("ö", "o")),
)
SOUNDS_LIKE = (
    *(("ck", "k"), ("ph", "f"), ("f", "ph"), ("th", "t"), ("dt", "t"), ("ei", "ai"), ("ai", "ei"), ("ey", "ei")),
    *(("y", "i"), ("ss", "s"), ("ß", "ss"), ("tz", "z"), ("z", "tz"), ("ie", "i"), ("tt", "t"), ("ll", "l")),
    *(
        ("mm", "m"),
        ("nn", "n"),
        ("rr", "r"),
        ("ff", "f"),
        ("c", "k"),
        ("k", "c"),
        ("eu", "oi"),
        ("ä", "e"),
        ("s", "ss"),
    ),
)
FORMS = re.compile(
    r"\s+(GmbH & Co\. KG|GmbH|AG|KG|OHG|UG \(haftungsbeschränkt\)|UG|e\.K\.|SE|mbH|e\.V\.|eG|gGmbH)$", re.IGNORECASE
)
WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
BARE = str.maketrans("äöüÄÖÜ", "aouAOU")


def struck(text: str, draw: random.Random) -> str:
    """A key beside the right one, one too many, one missing, or two in the wrong order; never the first letter."""
    places = [k for k, letter in enumerate(text) if k and letter.lower() in BESIDE]
    if len(text) < 4 or not places:
        return text
    at, how = draw.choice(places), draw.random()
    beside = draw.choice(BESIDE[text[at].lower()])
    if how < 0.4:
        return text[:at] + beside + text[at + 1 :]
    if how < 0.6:
        return text[:at] + text[at + 1 :]
    if how < 0.8:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]


def misread(text: str, draw: random.Random) -> str:
    """One group of letters as a scanner reads it."""
    return _one_of(LOOKS_LIKE, text, draw)


def by_ear(text: str, draw: random.Random) -> str:
    """One group of letters as it sounds on the phone."""
    return _one_of(SOUNDS_LIKE, text, draw)


def _one_of(changes: tuple[tuple[str, str], ...], text: str, draw: random.Random) -> str:
    fitting = [(old, new) for old, new in changes if old in text[1:]]
    if not fitting or len(text) < 4:
        return text
    old, new = draw.choice(fitting)
    at = text.index(old, 1)
    return text[:at] + new + text[at + len(old) :]


def mistyped_digit(text: str, draw: random.Random) -> str:
    """A digit after the area code is another one, or two are swapped."""
    places = [k for k, letter in enumerate(text) if letter.isdigit()][6:]
    if len(places) < 2:
        return text
    at = draw.choice(places[:-1])
    if draw.random() < 0.4 and text[at + 1].isdigit():
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + draw.choice("0123456789") + text[at + 1 :]


def _in(*fields: str, how: Callable[[str, random.Random], str]) -> Slip:
    """A slip in one of the fields that are filled."""

    def slip(record: Record, draw: random.Random) -> bool:
        filled = [field for field in fields if record[field]]
        if not filled:
            return False
        field = draw.choice(filled)
        before, record[field] = record[field], how(record[field], draw)
        return bool(record[field] != before)

    return slip


def _empty(*fields: str) -> Slip:
    def slip(record: Record, _: random.Random) -> bool:
        stood = any(record[field] for field in fields)
        record.update(dict.fromkeys(fields))
        return stood

    return slip


def _instead(field: str, other: str) -> Slip:
    """What stands in a field comes from `other`."""

    def slip(record: Record, _: random.Random) -> bool:
        if not record[other] or record[field] == record[other]:
            return False
        record[field] = record[other]
        return True

    return slip


def _swapped(one: str, other: str) -> Slip:
    def slip(record: Record, _: random.Random) -> bool:
        record[one], record[other] = record[other], record[one]
        return bool(record[one] or record[other])

    return slip


def _nickname(record: Record, draw: random.Random) -> bool:
    if not record["true_nicknames"]:
        return False
    record["given"] = draw.choice(record["true_nicknames"])
    return True


def _shared_mail(record: Record, draw: random.Random) -> bool:
    record["mail"] = f"{draw.choice(record['true_roles'])}@{record['true_domain']}"
    return True


def _mail_slip(record: Record, draw: random.Random) -> bool:
    if not record["mail"]:
        return False
    local, _, domain = record["mail"].partition("@")
    record["mail"] = (
        f"{struck(local, draw)}@{domain}"
        if draw.random() < 0.6
        else f"{local}@{struck(domain.partition('.')[0], draw)}.{domain.partition('.')[2]}"
    )
    return True


def _without_form(text: str, _: random.Random) -> str:
    return FORMS.sub("", text)


def _cut(text: str, draw: random.Random) -> str:
    words = text.split()
    long = [k for k, word in enumerate(words) if len(word) > 9]
    if not long:
        return text
    at = draw.choice(long)
    words[at] = words[at][: draw.randrange(4, 8)] + "."
    return " ".join(words)


def _slip_in_word(text: str, draw: random.Random) -> str:
    words = FORMS.sub("", text).split()
    at = max(range(len(words)), key=lambda k: len(words[k])) if draw.random() < 0.6 else draw.randrange(len(words))
    worse = " ".join([*words[:at], draw.choice((struck, misread, by_ear))(words[at], draw), *words[at + 1 :]])
    return worse + text[len(FORMS.sub("", text)) :]


def _with_town(record: Record, _: random.Random) -> bool:
    if not record["company"] or record["true_city"] in record["company"]:
        return False
    record["company"] = f"{record['company']} {record['true_city']}"
    return True


def _with_branch(record: Record, draw: random.Random) -> bool:
    if not record["company"]:
        return False
    part = draw.choice(("Niederlassung", "Zweigstelle", "Standort", "NL"))
    record["company"] = f"{record['company']}, {part} {record['true_city']}"
    return True


def _with_department(record: Record, draw: random.Random) -> bool:
    if not record["company"]:
        return False
    record["company"] = f"{record['company']}{draw.choice((' - ', ', ', ' / '))}{record['true_department']}"
    return True


def _form_rewritten(text: str, draw: random.Random) -> str:
    written = {
        "GmbH & Co. KG": ("GmbH+Co.KG", "GmbH & Co KG", "GmbH u. Co. KG"),
        "GmbH": ("Gmbh", "G.m.b.H.", "GMBH"),
        "AG": ("A.G.", "Aktiengesellschaft"),
        "KG": ("K.G.", "Kommanditges."),
    }
    found = FORMS.search(text)
    if not found or found[1] not in written:
        return text
    return text[: found.start()] + " " + draw.choice(written[found[1]])


def _drop_second(record: Record, _: random.Random) -> bool:
    if not record["true_second"]:
        return False
    record["given"] = record["given"].removesuffix(record["true_second"]).rstrip(" -")
    return True


def _postcode(record: Record, draw: random.Random) -> bool:
    if not record["postcode"]:
        return False
    at = draw.randrange(1, 5)
    record["postcode"] = record["postcode"][:at] + draw.choice("0123456789") + record["postcode"][at + 1 :]
    return True


SLIPS: Mapping[str, tuple[float, Slip]] = {
    # names
    "second name missing": (0.5, _drop_second),
    "nickname": (0.035, _nickname),
    "initial": (0.035, _in("given", how=lambda text, _: text[0] + ".")),
    "name struck": (0.03, _in("given", "family", how=struck)),
    "name misread": (0.015, _in("given", "family", how=misread)),
    "name by ear": (0.02, _in("given", "family", how=by_ear)),
    "umlauts written out": (0.12, _in("given", "family", how=lambda text, _: text.translate(WRITTEN_OUT))),
    "umlauts bare": (0.04, _in("given", "family", how=lambda text, _: text.translate(BARE))),
    "names swapped": (0.02, _swapped("given", "family")),
    "name in capitals": (0.03, _in("family", how=lambda text, _: text.upper())),
    # mailboxes
    "private mailbox": (0.12, _instead("mail", "true_private")),
    "shared mailbox": (0.06, _shared_mail),
    "mailbox struck": (0.012, _mail_slip),
    "mailbox missing": (0.2, _empty("mail")),
    # numbers
    "number without hyphen": (0.35, _instead("phone", "true_unhyphenated")),
    "switchboard": (0.2, _instead("phone", "true_switchboard")),
    "number mistyped": (0.012, _in("phone", "mobile", how=mistyped_digit)),
    "office and mobile swapped": (0.03, _swapped("phone", "mobile")),
    "mobile missing": (0.5, _empty("mobile")),
    "phone missing": (0.25, _empty("phone")),
    # company
    "company struck": (0.05, _in("company", how=_slip_in_word)),
    "form left out": (0.25, _in("company", how=_without_form)),
    "form rewritten": (0.15, _in("company", how=_form_rewritten)),
    "company cut": (0.02, _in("company", how=_cut)),
    "company without umlauts": (0.06, _in("company", how=lambda text, _: text.translate(WRITTEN_OUT))),
    "town appended": (0.04, _with_town),
    "branch appended": (0.02, _with_branch),
    "department appended": (0.02, _with_department),
    "company missing": (0.02, _empty("company")),
    # address
    "address missing": (0.3, _empty("street", "house")),
    "town missing": (0.08, _empty("postcode", "city")),
    "street struck": (0.03, _in("street", how=struck)),
    "postcode mistyped": (0.01, _postcode),
}


def spoil(record: Record, draw: random.Random) -> list[str]:
    """Let each slip happen at its rate; returns the names of those that did."""
    return [name for name, (rate, slip) in SLIPS.items() if draw.random() < rate and slip(record, draw)]
