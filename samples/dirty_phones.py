"""What happens to phone numbers in a sheet.

Belongs here: numbers in the wrong column, extensions in words, damage by workbooks, numbers of nobody. Does not belong
here: damage to any text (`damage`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from samples.damage import How, digit_typo, excel_number, lost_zero, one_of
from samples.draw import Ints, Mask
from samples.sheet import Sheet


def spoil_phones(sheet: Sheet) -> None:
    """Other numbers than the direct one, then one accident to a number at most."""
    raw = sheet.raw
    has_phone, has_mobile = "phone" in raw, "mobile" in raw
    if has_phone:
        untouched = sheet.has("phone")
        if not has_mobile:
            rows = sheet.chosen("mobile_in_phone", untouched & sheet.has("_mobile"), 6)
            raw["phone"][rows] = raw["_mobile"][rows]
            sheet.unstate(rows, "phone", "phone_stem", "phone_extension")
            sheet.truth["mobile"][rows] = sheet.true("mobile")[rows]
            untouched[sheet.mark("mobile_in_phone", rows)] = False
        dial, area, trunk, extension = (sheet.true(name) for name in ("dial", "area_code", "trunk", "extension"))
        extended = np.array(
            [e is not None and cc in {"49", "43"} and e != "0" for e, cc in zip(extension, dial, strict=True)],
            dtype=bool,
        )
        employed = np.array(sheet.records["employed"].to_list(), dtype=bool)

        def rewrite(code: str, eligible: Mask, how: Callable[[int, float], str]) -> Ints:
            rows = sheet.chosen(code, untouched & eligible)
            luck = sheet.draw(code + "/how").unit(len(rows)).tolist()
            raw["phone"][rows] = [how(row, u) for row, u in zip(rows.tolist(), luck, strict=True)]
            untouched[rows] = False
            return sheet.mark(code, rows)

        rows = rewrite(
            "phone_switchboard",
            extended & employed,
            lambda row, u: (
                f"0{area[row]} {trunk[row]}-0" if dial[row] == "49" else f"+{dial[row]} {area[row]} {trunk[row]}-0"
            ),
        )
        sheet.truth["phone_extension"][rows] = "0"
        sheet.truth["phone"][rows] = sheet.truth["phone_stem"][rows] + "0"
        words = (" DW {}", " Durchwahl {}", " App. {}", " ext. {}", " - DW {}", " Apparat {}", " NSt. {}")
        rewrite(
            "phone_words",
            extended & employed,
            lambda row, u: (
                f"+{dial[row]} {area[row]} {trunk[row]}{words[int(u * 7)].format(extension[row])}"
                if u * 10 % 1 < 0.5
                else f"+{dial[row]} {area[row]} {trunk[row]}-0{words[int(u * 7)].format(extension[row])}"
            ),
        )
        rewrite(
            "phone_no_plus",
            np.isin(dial.astype(str), ["49", "43", "41"]),
            lambda row, u: (
                f"{sheet.truth['phone'][row][1:3]} {area[row]} {trunk[row]}{extension[row] if employed[row] else ''}"
            ),
        )

        def change(code: str, how: How, eligible: Mask | None = None) -> Ints:
            rows = sheet.change(code, "phone", how, untouched if eligible is None else untouched & eligible)
            untouched[rows] = False
            return rows

        change("phone_excel", excel_number)
        change("phone_lost_zero", lost_zero)
        change(
            "phone_float", lambda value, _: "".join(letter for letter in value if letter.isdigit()).lstrip("0") + ".0"
        )
        change(
            "phone_prefix",
            lambda value, luck: (
                f"p:{value}",
                f"Tel.: {value}",
                f"Tel. {value}",
                f"Fon: {value}",
                f"T {value}",
                f"Phone: {value}",
            )[int(luck * 6)],
        )
        change(
            "phone_two",
            lambda value, luck: (
                f"{value}{(' / ', ' oder ', '; ', ', ')[int(luck * 4)]}"
                f"0{170 + int(luck * 9)} {int(luck * 8999999) + 1000000}"
            ),
        )
        change("phone_typo", digit_typo)
        change("phone_broken", lambda value, _: value[: max(4, len(value) // 2 - 1)])
        rows = change(
            "phone_dummy",
            one_of(
                (
                    "0000000",
                    "123456",
                    "0123456789",
                    "-",
                    "0",
                    "keine",
                    "111111111",
                    "+49",
                    "k.A.",
                    "+49 (0) 000 0000000",
                )
            ),
        )
        sheet.unstate(rows, "phone", "phone_stem", "phone_extension")
        rows = change(
            "phone_service", one_of(("0800 3302424", "0900 1234567", "116117", "01805 123456", "110", "0180 6 123456"))
        )
        sheet.unstate(rows, "phone", "phone_stem", "phone_extension")
    raw.pop("_mobile", None)
    if has_phone and has_mobile:
        empty = ~sheet.has("mobile")
        rows = sheet.chosen("phone_in_mobile", empty & sheet.has("phone") & untouched, 2)
        raw["mobile"][rows], raw["phone"][rows] = raw["phone"][rows], None
        sheet.mark("phone_in_mobile", rows)
        rows = sheet.chosen("mobile_in_phone", sheet.has("mobile") & ~sheet.has("phone"), 3)
        raw["phone"][rows], raw["mobile"][rows] = raw["mobile"][rows], None
        sheet.mark("mobile_in_phone", rows)
