"""What happens to names of people in a sheet.

Belongs here: misspelt, shortened, swapped and composed names, and cells that name no single person. Does not belong
here: damage to any text (`damage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from samples.damage import DROPPED, WRITTEN_OUT, one_of, spaced, typo
from samples.draw import Ints
from samples.sheet import Sheet

DEPARTMENTS: Final = ("Einkauf", "Buchhaltung", "Sekretariat", "Zentrale", "Empfang", "Abt. Technik", "Marketing")


def spoil_names(sheet: Sheet) -> None:
    """Nicknames, initials, typing errors and letters written otherwise."""
    raw = sheet.raw
    short = sheet.true("short_form")
    has_short = np.array([value is not None for value in short], dtype=bool)
    rows = sheet.chosen("nickname", sheet.has("given_name") & has_short, 1 / 0.45)
    raw["given_name"][rows] = short[rows]
    sheet.mark("nickname", rows)
    sheet.change("half_double_given", "given_name", lambda value, _: value.split("-")[0])
    sheet.change("initial", "given_name", lambda value, luck: value[0] + "." if luck < 0.8 else value[0])
    rows = sheet.chosen("given_missing", sheet.has("given_name"))
    sheet.empty(sheet.mark("given_missing", rows), "given_name")
    married = np.array(sheet.records["married"].to_list(), dtype=bool)
    sheet.mark("married", np.flatnonzero(married))
    sheet.change("given_typo", "given_name", typo)
    sheet.change("family_typo", "family_name", typo)
    for code, how in (("umlaut_written_out", WRITTEN_OUT), ("umlaut_dropped", DROPPED)):
        rows = sheet.chosen(code, sheet.has("family_name"))
        _translate(sheet, code, rows, how, "given_name", "family_name")


def _translate(sheet: Sheet, code: str, rows: Ints, table: Mapping[int, str | int], *fields: str) -> None:
    changed = []
    for row in rows.tolist():
        for field in fields:
            value = sheet.raw[field][row]
            if value is not None and value.translate(table) != value:
                sheet.raw[field][row] = value.translate(table)
                changed.append(row)
    sheet.mark(code, np.array(sorted(set(changed)), dtype=np.int64))


def spoil_name_cells(sheet: Sheet) -> None:
    """What goes wrong where given and family name have a cell each."""
    raw = sheet.raw
    rows = sheet.chosen("swapped", sheet.has("given_name") & sheet.has("family_name"))
    raw["given_name"][rows], raw["family_name"][rows] = raw["family_name"][rows], raw["given_name"][rows]
    sheet.mark("swapped", rows)
    for field in ("given_name", "family_name"):
        sheet.change("name_spaces", field, spaced, factor=0.5)
    title = sheet.true("academic_title")
    titled = np.array([value is not None for value in title], dtype=bool)
    if "academic_title" not in raw:
        rows = sheet.chosen("title_in_name", sheet.has("given_name") & titled)
        raw["given_name"][rows] = title[rows] + " " + raw["given_name"][rows]
        sheet.mark("title_in_name", rows)
        sheet.unstate(np.setdiff1d(np.arange(sheet.size), rows), "academic_title")
    for code, how in (("name_upper", str.upper), ("name_lower", str.lower)):
        rows = sheet.chosen(code, sheet.has("family_name"))
        for field in ("given_name", "family_name"):
            raw[field][rows] = [None if value is None else how(value) for value in raw[field][rows]]
        sheet.mark(code, rows)
    rows = sheet.chosen("two_persons", sheet.has("family_name") & sheet.has("given_name"))
    raw["family_name"][rows] = (
        "Hr. "
        + raw["family_name"][rows]
        + " / Fr. "
        + sheet.draw("second").take(len(rows), ("Schmidt", "Weber", "Koch", "Yılmaz"))
    )
    raw["given_name"][rows] = None
    nobody(sheet, sheet.mark("two_persons", rows))
    rows = sheet.chosen("department_as_name", sheet.has("family_name"))
    raw["family_name"][rows], raw["given_name"][rows] = sheet.draw("desk").take(len(rows), DEPARTMENTS), None
    nobody(sheet, sheet.mark("department_as_name", rows))


def compose_one_name(sheet: Sheet) -> None:
    """Compose the whole name in one cell, in the orders and with the trimmings people use."""
    raw, size = sheet.raw, sheet.size
    given, family, title, salutation = (
        raw["given_name"],
        raw["family_name"],
        sheet.true("academic_title"),
        sheet.true("salutation"),
    )
    reverse, titled, polite = (
        sheet.draw(code).mask(size, share)
        for code, share in (("last_first", 0.18), ("title_in_name", 0.85), ("salutation_in_name", 0.25))
    )
    whole = np.full(size, None, dtype=object)
    for row in range(size):
        first, last = given[row], family[row]
        if last is None:
            whole[row] = first
        elif reverse[row] and first is not None:
            whole[row] = f"{last}, {first}"
        else:
            parts = (salutation[row] if polite[row] else None, title[row] if titled[row] else None, first, last)
            whole[row] = " ".join(part for part in parts if part)
    raw["full_name"] = whole
    stated = np.array([value is not None for value in given], dtype=bool)
    ordinary = ~(reverse & stated)
    sheet.mark("last_first", np.flatnonzero(reverse & stated))
    sheet.mark("salutation_in_name", np.flatnonzero(polite & ordinary))
    has_title = np.array([value is not None for value in title], dtype=bool)
    sheet.mark("title_in_name", np.flatnonzero(titled & ordinary & has_title))
    sheet.unstate(np.flatnonzero(~(titled & ordinary)), "academic_title")
    sheet.unstate(np.flatnonzero(~(polite & ordinary)), "salutation")
    sheet.change("name_spaces", "full_name", spaced)
    sheet.change("name_upper", "full_name", lambda value, _: value.upper())
    sheet.change("name_lower", "full_name", lambda value, _: value.lower())
    rows = sheet.change(
        "two_persons",
        "full_name",
        lambda value, luck: f"Hr. {value.split()[-1]} / Fr. {('Schmidt', 'Weber', 'Koch')[int(luck * 3)]}",
    )
    nobody(sheet, rows)
    nobody(sheet, sheet.change("department_as_name", "full_name", one_of(DEPARTMENTS)))


def nobody(sheet: Sheet, rows: Ints) -> None:
    """These records belong to no single person."""
    sheet.unstate(rows, "person_id", "salutation", "academic_title", "given_name", "family_name", "birth_date")
