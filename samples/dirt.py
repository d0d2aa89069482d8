"""What goes wrong with a value between a person and a file.

Belongs here: each kind of damage of `proportions.DIRT` as a small function of (value, luck in [0, 1)), and the order
in which they strike a sheet. Does not belong here: correct notations (`notation`), damage to whole files (`layouts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from samples.draw import Ints, Mask
from samples.sheet import Sheet

WRITTEN_OUT: Final[Mapping[int, str | int]] = {
    ord(letter): letters for letter, letters in zip("äöüßÄÖÜ", ("ae", "oe", "ue", "ss", "Ae", "Oe", "Ue"), strict=True)
}
DROPPED: Final[Mapping[int, str | int]] = str.maketrans("äöüÄÖÜ", "aouAOU")
NEIGHBOURS: Final = dict(zip("abcdefghijklmnopqrstuvwxyzäöüß", "snvfrdghokjlmnbipwtazuqeycstösud", strict=False))
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
DEPARTMENTS: Final = ("Einkauf", "Buchhaltung", "Sekretariat", "Zentrale", "Empfang", "Abt. Technik", "Marketing")
SHARED: Final = ("info", "einkauf", "vertrieb", "kontakt", "office", "sales", "bewerbung", "service", "technik")
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
THROW_AWAY: Final = ("mailinator.com", "trashmail.com", "yopmail.com", "guerrillamail.com", "10minutemail.com")
TYPO_DOMAINS: Final = {
    "gmail.com": ("gmial.com", "gmai.com", "gmail.con", "gamil.com"),
    "t-online.de": ("t-onlin.de", "tonline.de", "t-online.d"),
    "web.de": ("wed.de", "web.dee"),
    "gmx.de": ("gmx.dee", "gxm.de", "gmx.ed"),
    "outlook.de": ("outlok.de",),
}
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

How = Callable[[str, float], str | None]


def one_of(values: tuple[str, ...]) -> How:
    """Replace by one of `values`."""
    return lambda _, luck: values[int(luck * len(values))]


def typo(value: str, luck: float) -> str:
    """One letter dropped, doubled, swapped with the next, or replaced by a neighbour; never the first."""
    if len(value) < 4:
        return value
    kind, place = int(luck * 4), 1 + int(luck * 4 % 1 * (len(value) - 2))
    letter = value[place]
    if kind == 0:
        return value[:place] + value[place + 1 :]
    if kind == 1:
        return value[:place] + letter + value[place:]
    if kind == 2:
        return value[:place] + value[place + 1] + letter + value[place + 2 :]
    return value[:place] + NEIGHBOURS.get(letter, "e") + value[place + 1 :]


def digit_typo(value: str, luck: float) -> str:
    """Another digit somewhere after the third character."""
    places = [i for i, letter in enumerate(value) if letter.isdigit() and i > 2]
    if not places:
        return value
    place = places[int(luck * len(places))]
    return value[:place] + str((int(value[place]) + 1 + int(luck * 97 % 8)) % 10) + value[place + 1 :]


def mojibake(value: str, luck: float) -> str:
    """UTF-8 bytes read as Windows-1252."""
    try:
        return value.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return value


def encoding_loss(value: str, luck: float) -> str:
    """Every letter outside ASCII replaced for good."""
    lost = "\ufffd" if luck < 0.7 else "ï¿½"
    return "".join(letter if letter.isascii() else lost for letter in value)


def spaced(value: str, luck: float) -> str:
    """Spaces where there should be none."""
    return (f" {value}", f"{value} ", value.replace(" ", "  "), f"{value}\u00a0", f"{value}\t")[int(luck * 5)]


def and_swapped(value: str, luck: float) -> str:
    """Another word or sign for and."""
    return value.replace(" & ", (" und ", " u. ", " + ", "&", "+")[int(luck * 5)])


def shortened(value: str, luck: float) -> str:
    """The first long word of the name abbreviated."""
    for word, short in SHORTER.items():
        if word in value:
            return value.replace(word, short, 1)
    return value


def excel_number(value: str, luck: float) -> str | None:
    """What Excel leaves of a number: seven figures and an exponent."""
    digits = "".join(letter for letter in value if letter.isdigit()).lstrip("0")
    if len(digits) < 10:
        return value
    return f"{digits[0]},{digits[1:6]}E+{len(digits) - 1}"


def lost_zero(value: str, luck: float) -> str:
    """Digits only, without the leading zero, as in a number cell."""
    digits = "".join(letter for letter in value if letter.isdigit())
    return digits.lstrip("0") if digits.startswith("0") and not digits.startswith("00") else value


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


def dirty(sheet: Sheet, *, one_name: bool, postcodes_as_numbers: bool) -> None:
    """Let everything happen to `sheet` that happens to values; files come later.

    Args:
        sheet: clean values in `raw`, in the source's notations.
        one_name: the source has one cell for the whole name.
        postcodes_as_numbers: the source's postcodes went through number cells and lost their leading zeros.
    """
    _names(sheet)
    _companies(sheet)
    _emails(sheet)
    _phones(sheet)
    _addresses(sheet, postcodes_as_numbers)
    _network(sheet)
    if one_name:
        _one_name(sheet)
    else:
        _name_cells(sheet)
    _whole_record(sheet)


def _names(sheet: Sheet) -> None:
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


def _name_cells(sheet: Sheet) -> None:
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


def _one_name(sheet: Sheet) -> None:
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


def _companies(sheet: Sheet) -> None:
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
    sheet.change("company_form_long", "_form", lambda value, luck: _pick(LONG_FORMS, value, luck), formed)
    sheet.change("company_form_variant", "_form", lambda value, luck: _pick(FORM_VARIANTS, value, luck), formed, 1.4)
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


def _pick(variants: dict[str, tuple[str, ...]], value: str, luck: float) -> str:
    options = variants.get(value, (value,))
    return options[int(luck * len(options))]


def _emails(sheet: Sheet) -> None:
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


def _phones(sheet: Sheet) -> None:
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


def _addresses(sheet: Sheet, as_numbers: bool) -> None:
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
        sheet.change("city_variant", "city", lambda value, luck: _pick(CITY_VARIANTS, value, luck))
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
