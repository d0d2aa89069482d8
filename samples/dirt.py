"""What goes wrong between people and a file, in the order in which it strikes a sheet.

Belongs here: the order, IP addresses, and what strikes a record as a whole. Does not belong here: each kind of value
(`dirty_names` and its neighbours), correct notations (`notation`), damage to whole files (`layouts`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from samples.damage import encoding_loss, mojibake, one_of
from samples.dirty_addresses import spoil_addresses
from samples.dirty_companies import spoil_companies
from samples.dirty_emails import spoil_emails
from samples.dirty_names import compose_one_name, nobody, spoil_name_cells, spoil_names
from samples.dirty_phones import spoil_phones
from samples.sheet import Sheet

JUNK_NAMES: Final = (
    ("Test", "Test"),
    ("asdf", "asdf"),
    ("Donald", "Duck"),
    ("xxx", "xxx"),
    ("-", "-"),
    ("k.A.", "k.A."),
    ("Max", "Mustermann"),
    ("Test", "Testmann"),
    ("qwertz", "qwertz"),
    ("n/a", "n/a"),
    ("Micky", "Maus"),
    ("aaa", "bbb"),
    (".", "."),
    ("keine", "Angabe"),
)
JUNK_MAILS: Final = (
    "test@test.de",
    "asdf@asdf.de",
    "a@b.c",
    "keine@mail.de",
    "noreply@example.com",
    "xxx",
    "-",
    "test@example.com",
)
JUNK_COMPANIES: Final = ("Test GmbH", "asdf", "-", "xxx", "Testfirma", "keine", "k.A.", "Musterfirma")


def dirty(sheet: Sheet, *, one_name: bool, postcodes_as_numbers: bool) -> None:
    """Let everything happen to `sheet` that happens to values; files come later.

    Args:
        sheet: clean values in `raw`, in the source's notations.
        one_name: the source has one cell for the whole name.
        postcodes_as_numbers: the source's postcodes went through number cells and lost their leading zeros.
    """
    spoil_names(sheet)
    spoil_companies(sheet)
    spoil_emails(sheet)
    spoil_phones(sheet)
    spoil_addresses(sheet, postcodes_as_numbers)
    _network(sheet)
    if one_name:
        compose_one_name(sheet)
    else:
        spoil_name_cells(sheet)
    _whole_record(sheet)


def _network(sheet: Sheet) -> None:
    if "ip_address" not in sheet.raw:
        return
    sheet.change("ip_elsewhere", "ip_address", lambda value, luck: f"73.{int(luck * 255)}.{int(luck * 9999) % 256}.17")
    rows = sheet.change(
        "ip_private",
        "ip_address",
        one_of(("10.0.0.5", "192.168.1.17", "100.64.1.1", "127.0.0.1", "172.16.4.2", "fe80::1", "::1")),
    )
    public = np.ones(sheet.size, dtype=bool)
    public[rows] = False
    rows = sheet.change("ip_invalid", "ip_address", one_of(("unknown", "-", "999.1.1.1", "localhost")), public)
    public[rows] = False
    rows = sheet.change("ip_mapped", "ip_address", lambda value, _: f"::ffff:{value}", public)
    public[rows] = False
    sheet.change(
        "ip_list",
        "ip_address",
        lambda value, luck: f"{value}, 10.0.{int(luck * 255)}.1" if luck < 0.7 else f"10.0.0.7, {value}",
        public,
    )


def _whole_record(sheet: Sheet) -> None:
    raw = sheet.raw
    names = ["full_name"] if "full_name" in raw else ["given_name", "family_name"]
    rows = sheet.chosen("junk", np.ones(sheet.size, dtype=bool))
    which = sheet.draw("junk/how").below(len(rows), len(JUNK_NAMES)).tolist()
    for row, at in zip(rows.tolist(), which, strict=True):
        first, last = JUNK_NAMES[at]
        if len(names) == 1:
            raw["full_name"][row] = first if first == last and len(first) < 4 else f"{first} {last}"
        else:
            raw["given_name"][row], raw["family_name"][row] = first, last
        if "email" in raw:
            raw["email"][row] = JUNK_MAILS[at % len(JUNK_MAILS)]
        if "company" in raw:
            raw["company"][row] = JUNK_COMPANIES[at % len(JUNK_COMPANIES)]
    nobody(sheet, sheet.mark("junk", rows))
    sheet.unstate(rows, "account_id", "parent_account_id", "company", "legal_form", "email")
    for code, how in (("mojibake", mojibake), ("encoding_loss", encoding_loss)):
        for field in (*names, "company", "street", "city"):
            if field in raw:
                sheet.change(code, field, how, factor=6)
    text = "job_title" if "job_title" in raw else "note" if "note" in raw else None
    if text:
        sheet.change(
            "formula",
            text,
            one_of(("=cmd|' /C calc'!A0", '=HYPERLINK("http://example.com";"hier")', "+49*2", "@SUM(A1:A9)")),
        )
