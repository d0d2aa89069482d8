"""What happens to names of companies in a sheet.

Belongs here: spellings of legal forms, abbreviations, departments and sites in the name, and cells that name no
company. Does not belong here: damage to any text (`damage`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from samples.damage import WRITTEN_OUT, pick, typo
from samples.sheet import Sheet

PRIVATE_COMPANIES: Final = (
    "privat",
    "Privat",
    "-",
    "selbständig",
    "Selbstständig",
    "keine",
    "Privatperson",
    "freiberuflich",
    "n/a",
)
LONG_FORMS: Final = {
    "GmbH": ("Gesellschaft mit beschränkter Haftung",),
    "AG": ("Aktiengesellschaft",),
    "KG": ("Kommanditgesellschaft",),
    "GmbH & Co. KG": ("GmbH & Compagnie KG", "Gesellschaft mit beschränkter Haftung & Co. Kommanditgesellschaft"),
    "e.K.": ("eingetragener Kaufmann", "eingetragene Kauffrau"),
    "OHG": ("offene Handelsgesellschaft",),
    "eG": ("eingetragene Genossenschaft",),
    "Ltd": ("Limited",),
    "Inc.": ("Incorporated",),
    "gGmbH": ("gemeinnützige GmbH",),
}
FORM_VARIANTS: Final = {
    "GmbH": ("GMBH", "Gmbh", "G.m.b.H.", "gmbh", "mbH", "GmbH."),
    "GmbH & Co. KG": (
        "GmbH u. Co KG",
        "GMBH&CO.KG",
        "GmbH & Co KG",
        "GmbH+Co. KG",
        "GmbH und Co. KG",
        "GmbH &Co.KG",
        "GmbH & Co. Kg",
    ),
    "AG": ("A.G.", "Ag", "ag"),
    "KG": ("K.G.", "Kg"),
    "e.K.": ("eK", "e. K.", "e.Kfm.", "e.Kfr."),
    "UG (haftungsbeschränkt)": ("UG", "UG haftungsbeschränkt", "UG (haftungsbeschr.)", "UG (hb)"),
    "OHG": ("oHG", "O.H.G."),
    "GbR": ("GBR", "G.b.R."),
    "e.V.": ("eV", "e. V."),
    "eG": ("e.G.", "EG"),
    "Ltd": ("Ltd.", "LTD", "Limited"),
    "Inc.": ("Inc", "INC"),
    "Sp. z o.o.": ("Sp.z o.o.", "SP. Z O.O.", "sp. z oo"),
    "S.r.l.": ("Srl", "SRL"),
    "B.V.": ("BV",),
    "SAS": ("S.A.S.",),
    "Sàrl": ("Sarl", "SARL", "S.à r.l."),
}
SHORTER: Final = {
    "Maschinenbau": "Maschb.",
    "technik": "techn.",
    "Technik": "Techn.",
    "Transporte": "Transp.",
    "Gesellschaft": "Ges.",
    "Versicherungsmakler": "Vers.-Makler",
    "Gebäudereinigung": "Gebäudereinig.",
    "Unternehmensberatung": "Untern.-Beratung",
    "International": "Intl.",
    "Engineering": "Eng.",
    "Logistik": "Log.",
    "Universität": "Uni",
    "Gebr.": "Gebrüder",
    "Holding": "Hldg.",
    "Verwaltungs": "Verw.",
    "Systems": "Sys.",
    "Elektro": "El.",
}


def spoil_companies(sheet: Sheet) -> None:
    """Put the spelling of each company together: its name, its legal form, what is written behind."""
    raw = sheet.raw
    if "company" not in raw:
        return
    private = ~np.array(sheet.records["employed"].to_list(), dtype=bool)
    employed = sheet.has("company")
    core, form, tail = sheet.true("core"), sheet.true("legal_form"), np.full(sheet.size, "", dtype=object)
    alias = sheet.true("alias")
    raw["_core"], raw["_form"], raw["_tail"] = core, form, tail
    aliased = np.array([value is not None for value in alias], dtype=bool)
    rows = sheet.chosen("company_alias", aliased & employed)
    core[rows] = alias[rows]
    sheet.mark("company_alias", rows)
    formed = sheet.has("_form") & employed
    rows = sheet.chosen("company_no_form", formed)
    form[rows] = None
    sheet.mark("company_no_form", rows)
    sheet.truth["legal_form"][rows] = None
    sheet.change("company_form_long", "_form", lambda value, luck: pick(LONG_FORMS, value, luck), formed)
    sheet.change("company_form_variant", "_form", lambda value, luck: pick(FORM_VARIANTS, value, luck), formed, 1.4)
    sheet.change("company_and", "_core", and_swapped, employed)
    sheet.change("company_abbreviated", "_core", shortened, employed)
    sheet.change(
        "company_department",
        "_tail",
        lambda _, luck: (", Abt. Einkauf", ", Einkauf", " - Technik", ", Abteilung IT")[int(luck * 4)],
        employed,
    )
    sheet.change(
        "company_attention",
        "_tail",
        lambda _, luck: (", z.Hd. Frau Schmidt", " z.Hd. Herrn Weber, Einkauf", ", z. H. Fr. Schmidt, Einkauf")[
            int(luck * 3)
        ],
        employed,
    )
    cities = sheet.true("city")
    rows = sheet.chosen("company_site", employed)
    luck = sheet.draw("company_site/how").unit(len(rows)).tolist()
    for row, u in zip(rows.tolist(), luck, strict=True):
        tail[row] = (
            f", Niederlassung {cities[row]}",
            " - Werk Nord",
            f", Standort {cities[row]}",
            f" NL {cities[row]}",
            f" {cities[row]}",
            " Werk 2",
        )[int(u * 6)]
    sheet.mark("company_site", rows)
    sheet.change(
        "company_liquidation",
        "_tail",
        lambda _, luck: (" i.L.", " i. L.", " in Insolvenz", " in Liquidation")[int(luck * 4)],
        formed,
    )
    parts = zip(core, form, tail, employed, strict=True)
    raw["company"][:] = [None if not works else (f"{c} {f}" if f else c) + t for c, f, t, works in parts]
    for code, how in (
        ("company_umlaut", lambda value, _: value.translate(WRITTEN_OUT)),
        ("company_typo", typo),
        ("company_upper", lambda value, _: value.upper()),
        ("company_lower", lambda value, _: value.lower()),
        (
            "company_quotes",
            lambda value, luck: (f'"{value}"', f"Fa. {value}", f"Firma {value}", f"„{value}“")[int(luck * 4)],
        ),
    ):
        sheet.change(code, "company", how)
    rows = np.flatnonzero(private & sheet.draw("company_private").mask(sheet.size, 0.6))
    raw["company"][rows] = sheet.draw("company_private/how").take(len(rows), PRIVATE_COMPANIES)
    sheet.mark("company_private", rows)
    rows = sheet.chosen("company_missing", employed)
    sheet.empty(sheet.mark("company_missing", rows), "company", "legal_form")
    for name in ("_core", "_form", "_tail"):
        del raw[name]


def and_swapped(value: str, luck: float) -> str:
    """Another word or sign for and."""
    return value.replace(" & ", (" und ", " u. ", " + ", "&", "+")[int(luck * 5)])


def shortened(value: str, luck: float) -> str:
    """The first long word of the name abbreviated."""
    for word, short in SHORTER.items():
        if word in value:
            return value.replace(word, short, 1)
    return value
