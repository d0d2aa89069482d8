"""What happens to postal addresses in a sheet.

Belongs here: spellings of streets and towns, boxes, postcodes that lost a zero or stand in the wrong cell. Does not
belong here: damage to any text (`damage`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from samples.damage import WRITTEN_OUT, one_of, pick, typo
from samples.sheet import Sheet

CITY_VARIANTS: Final = {
    "Frankfurt am Main": ("Frankfurt/Main", "Frankfurt a.M.", "Frankfurt", "Frankfurt a. Main"),
    "Halle (Saale)": ("Halle/Saale", "Halle", "Halle a.d. Saale"),
    "Freiburg im Breisgau": ("Freiburg", "Freiburg i.Br.", "Freiburg i. Breisgau"),
    "Offenbach am Main": ("Offenbach", "Offenbach/Main"),
    "Ludwigshafen am Rhein": ("Ludwigshafen", "Ludwigshafen/Rhein"),
    "Mülheim an der Ruhr": ("Mülheim/Ruhr", "Mülheim a.d. Ruhr", "Mülheim"),
    "Frankfurt (Oder)": ("Frankfurt/Oder",),
    "Lahr/Schwarzwald": ("Lahr", "Lahr (Schwarzwald)"),
    "Esslingen am Neckar": ("Esslingen", "Esslingen a.N."),
    "Kempten (Allgäu)": ("Kempten", "Kempten/Allgäu"),
    "Bad Homburg vor der Höhe": ("Bad Homburg", "Bad Homburg v.d.H."),
    "Heidenheim an der Brenz": ("Heidenheim",),
    "Rüsselsheim am Main": ("Rüsselsheim",),
    "Neumarkt in der Oberpfalz": ("Neumarkt i.d.OPf.", "Neumarkt"),
    "Weiden in der Oberpfalz": ("Weiden", "Weiden i.d.OPf."),
    "Neustadt an der Weinstraße": ("Neustadt/Weinstr.", "Neustadt a.d.W."),
    "Landau in der Pfalz": ("Landau", "Landau/Pfalz"),
    "Limburg an der Lahn": ("Limburg", "Limburg/Lahn", "Limburg a.d. Lahn"),
    "Klagenfurt am Wörthersee": ("Klagenfurt",),
    "Krems an der Donau": ("Krems", "Krems/Donau"),
    "Biel/Bienne": ("Biel", "Bienne"),
    "Genève": ("Genf", "Geneva"),
    "Zürich": ("Zurich",),
    "Fribourg": ("Freiburg", "Fribourg"),
    "München": ("Munich", "München-Schwabing"),
    "Wien": ("Vienna",),
    "Köln": ("Cologne",),
}


def spoil_addresses(sheet: Sheet, as_numbers: bool) -> None:
    """Countries left out, then streets, towns and postcodes."""
    raw = sheet.raw
    if "country" in raw:
        rows = sheet.chosen("country_missing", sheet.has("country") & (sheet.truth["country"] == "DE"))
        sheet.mark("country_missing", rows)
        raw["country"][rows] = None
    if "street" in raw:
        sheet.change(
            "street_short", "street", lambda value, luck: value.replace("straße", "str.").replace("Straße", "Str.")
        )
        sheet.change("street_ss", "street", lambda value, luck: value.replace("ß", "ss"))
        sheet.change("street_typo", "street", typo)
        sheet.change("house_number_spaced", "house_number", _spaced_number)
        rows = sheet.chosen("po_box", sheet.has("street"))
        boxes = sheet.draw("po_box/how").below(len(rows), 900000)
        raw["street"][rows] = [
            (
                f"Postfach {10 + n // 10000} {n // 100 % 100:02d} {n % 100:02d}",
                f"PF {1000 + n % 9000}",
                f"Postfach {1000 + n % 9000}",
            )[n % 3]
            for n in boxes.tolist()
        ]
        raw["house_number"][rows] = None
        sheet.unstate(sheet.mark("po_box", rows), "street", "house_number")
        sheet.change(
            "care_of",
            "street",
            lambda value, luck: (f"c/o Weber Consulting, {value}", f"z.Hd. Frau Schmidt, {value}")[luck > 0.5],
            sheet.has("house_number"),
        )
    if "city" in raw:
        sheet.change("city_variant", "city", lambda value, luck: pick(CITY_VARIANTS, value, luck))
        sheet.change("city_typo", "city", typo)
        sheet.change(
            "city_folded", "city", lambda value, luck: value.translate(WRITTEN_OUT) if luck < 0.6 else value.upper()
        )
        sheet.change(
            "city_conflict",
            "city",
            one_of(("München", "Hamburg", "Leipzig", "Stuttgart", "Kiel", "Passau")),
            sheet.truth["country"] == "DE",
        )
    if "postcode" in raw:
        rows = sheet.chosen("postcode_missing", sheet.has("postcode"))
        sheet.empty(sheet.mark("postcode_missing", rows), "postcode")
        sheet.change(
            "postcode_typo",
            "postcode",
            lambda value, luck: (
                value[:-2] + value[-1] + value[-2]
                if luck < 0.4
                else value[:2] + str((int(value[2]) + 3) % 10) + value[3:]
                if value[2].isdigit()
                else value
            ),
        )
        home = np.isin(sheet.truth["country"].astype(str), ["DE", "AT", "CH"])
        sheet.change(
            "postcode_prefix",
            "postcode",
            lambda value, luck: f"{'D' if len(value) == 5 else 'A'}-{value}",
            (sheet.truth["country"] == "DE") | (sheet.truth["country"] == "AT"),
        )
        if "city" in raw:
            rows = sheet.chosen("city_in_postcode", home & sheet.has("postcode") & sheet.has("city"))
            raw["postcode"][rows] = raw["postcode"][rows] + " " + raw["city"][rows]
            raw["city"][rows] = None
            sheet.mark("city_in_postcode", rows)
        sheet.change("postcode_float", "postcode", lambda value, luck: f"{value}.0", home)
        sheet.change(
            "postcode_lost_zero",
            "postcode",
            lambda value, luck: value.lstrip("0") if value.isdigit() else value,
            factor=2.0 if as_numbers else 0.3,
        )


def _spaced_number(value: str, luck: float) -> str:
    return value[:-1] + " " + value[-1] if value[-1].isalpha() else value.replace("-", " - " if luck < 0.5 else "–")
