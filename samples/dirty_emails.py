"""What happens to e-mail addresses in a sheet.

Belongs here: other mailboxes than the person's own, misspelt domains, notations nobody can mail to. Does not belong
here: damage to any text (`damage`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from samples.damage import How, typo
from samples.sheet import Sheet

SHARED: Final = ("info", "einkauf", "vertrieb", "kontakt", "office", "sales", "bewerbung", "service", "technik")
THROW_AWAY: Final = ("mailinator.com", "trashmail.com", "yopmail.com", "guerrillamail.com", "10minutemail.com")
TYPO_DOMAINS: Final = {
    "gmail.com": ("gmial.com", "gmai.com", "gmail.con", "gamil.com"),
    "t-online.de": ("t-onlin.de", "tonline.de", "t-online.d"),
    "web.de": ("wed.de", "web.dee"),
    "gmx.de": ("gmx.dee", "gxm.de", "gmx.ed"),
    "outlook.de": ("outlok.de",),
}


def spoil_emails(sheet: Sheet) -> None:
    """Other mailboxes than the person's own, then one accident to an address at most."""
    if "email" not in sheet.raw:
        return
    raw, truth = sheet.raw["email"], sheet.truth["email"]
    private, domain = sheet.true("private_email"), sheet.true("company_domain")
    employed = np.array(sheet.records["employed"].to_list(), dtype=bool)
    has_private = np.array([value is not None for value in private], dtype=bool)
    stated = sheet.has("email")
    rows = sheet.chosen("email_private", stated & employed & has_private, 2.5)
    raw[rows] = truth[rows] = private[rows]
    sheet.mark("email_private", rows)
    rows = sheet.chosen("email_shared", stated & employed)
    raw[rows] = truth[rows] = (
        sheet.draw("email_shared/how").take(len(rows), SHARED, (9, 3, 2, 2, 2, 1, 1, 1, 1)) + "@" + domain[rows]
    )
    sheet.mark("email_shared", rows)
    rows = sheet.chosen("email_disposable", stated)
    raw[rows] = truth[rows] = (
        np.array([value.split("@")[0] for value in raw[rows]], dtype=object)
        + "@"
        + sheet.draw("throw").take(len(rows), THROW_AWAY)
    )
    sheet.mark("email_disposable", rows)
    untouched = stated.copy()

    def change(code: str, how: How) -> None:
        # One accident to an address: two in a row make it nobody's.
        untouched[sheet.change(code, "email", how, untouched)] = False

    change("email_punycode", punycode)
    change("email_domain_typo", domain_typo)
    change(
        "email_display_name",
        lambda value, luck: (f"{_shown(value)} <{value}>", f'"{_shown(value)}" <{value}>', f"<{value}>")[int(luck * 3)],
    )
    change("email_mailto", lambda value, luck: f"mailto:{value}" if luck < 0.8 else f"MAILTO:{value}?subject=Anfrage")
    change(
        "email_at_word",
        lambda value, luck: value.replace("@", ("(at)", "[at]", " at ", " (at) ", "(AT)", "[ät]")[int(luck * 6)]),
    )
    change("email_two_reversed", lambda value, luck: f"info@{value.split('@')[1]}; {value}")
    change(
        "email_two",
        lambda value, luck: (
            f"{value}{('; ', ', ', ' / ', ' ')[int(luck * 4)]}"
            f"{('info@', 'office@')[luck * 10 % 1 > 0.5]}{value.split('@')[1]}"
        ),
    )
    change(
        "email_broken",
        lambda value, luck: (
            value.replace("@", ""),
            value.replace("@", "@@"),
            value.split("@")[0] + "@",
            value.rsplit(".", 1)[0],
            "keine",
            value.replace("@", " @ .").replace(".", ".."),
        )[int(luck * 6)],
    )
    change(
        "email_stray",
        lambda value, luck: (
            f"{value}.",
            f"{value},",
            f"({value})",
            f"'{value}'",
            f"{value};",
            f"E-Mail: {value}",
            value.replace("@", ".@"),
        )[int(luck * 7)],
    )
    change(
        "email_spaces",
        lambda value, luck: (
            f" {value}",
            f"{value} ",
            f"{value}\u200b",
            value.replace("@", "@ "),
            f"\u00a0{value}",
            f"\ufeff{value}",
            value.replace(".", ". ", 1),
        )[int(luck * 7)],
    )
    change("email_upper", lambda value, luck: value.upper() if luck < 0.5 else value.title())


def _shown(address: str) -> str:
    return address.split("@", maxsplit=1)[0].replace(".", " ").title()


def domain_typo(value: str, luck: float) -> str:
    """The mail domain misspelt."""
    local, _, domain = value.partition("@")
    if domain in TYPO_DOMAINS:
        wrong = TYPO_DOMAINS[domain]
        return f"{local}@{wrong[int(luck * len(wrong))]}"
    if luck < 0.4:
        return f"{value}{value[-1]}"
    name, dot, ending = domain.rpartition(".")
    return f"{local}@{typo(name, luck * 7 % 1)}{dot}{ending}"


def punycode(value: str, luck: float) -> str:
    """An umlaut domain in its ASCII form."""
    local, _, domain = value.partition("@")
    return f"{local}@{domain.encode('idna').decode()}"
