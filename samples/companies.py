"""True companies: names, legal forms, addresses, switchboards and mail domains.

Belongs here: the companies as they really are, each once, look-alikes and subsidiaries included.
Does not belong here: how sources misspell them (`dirt`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from reference.letters import SPELT_OUT
from samples.draw import Draw, Ints, Objects, falling, table
from samples.family_names import family_names
from samples.lists import Town, companies, streets, towns
from samples.proportions import COMPANY_KINDS, COUNTRIES, LONG_EXTENSIONS, SIBLINGS, UMLAUT_DOMAINS

SUBSCRIBER = {"CH": 9, "LI": 7, "GB": 10, "US": 10, "FR": 9, "NL": 9, "IT": 10, "PL": 9}
"""Digits of a national number (Italy: with its zero) where the numbering plan fixes them."""
FIRST_DIGITS = {"LI": "23", "GB": "7", "PL": "6", "FR": "4", "NL": "5", "US": "5"}
"""First digits of landlines where not any from 2 to 9 will do."""


def make_companies(count: int, draw: Draw) -> pl.DataFrame:
    """About `count` companies, biggest first.

    Returns:
        company (row number), account_id, parent_account_id, name, core, legal_form, alias, kind, domain,
        street, house_number, postcode, city, country, area_code, trunk (subscriber digits before the extension),
        extension_digits, mail_pattern. No two share core, legal form and city.
    """
    base = _named(count, draw)
    whole = pl.concat([_groups(), base, *_siblings(base, draw)], how="diagonal_relaxed")
    whole = whole.unique(
        subset=[pl.col("core").str.to_lowercase(), "legal_form", "city"], keep="first", maintain_order=True
    ).with_row_index("company")
    size = whole.height
    extensions = 2 + (draw.mask(size, LONG_EXTENSIONS) & whole["country"].is_in(["DE", "AT"]).to_numpy())
    whole = whole.with_columns(
        pl.format("A{}", pl.col("company").cast(pl.String).str.zfill(7)).alias("account_id"),
        pl.concat_str(["core", "legal_form"], separator=" ", ignore_nulls=True).str.strip_chars().alias("name"),
        pl.Series("trunk", _trunks(whole["country"], whole["area_code"], extensions, draw)),
        pl.Series("extension_digits", extensions),
        pl.Series("mail_pattern", draw.pick(size, (60, 15, 10, 3, 5, 3, 4))),
    )
    parents = whole.select(pl.col("core").alias("parent"), pl.col("account_id").alias("parent_account_id"))
    parents = parents.unique("parent", keep="first", maintain_order=True)
    whole = whole.join(parents, on="parent", how="left", maintain_order="left").drop("parent")
    return _with_domains(whole, draw)


def _towns_of(countries: Objects, draw: Draw) -> Objects:
    drawn = np.empty(len(countries), dtype=object)
    for country in COUNTRIES:
        here = [town for town in towns() if town.country == country]
        rows = np.flatnonzero(countries == country)
        drawn[rows] = _objects(here)[draw.pick(len(rows), [town.weight for town in here])]
    return drawn


def _objects(values: list[Town]) -> Objects:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _places(countries: Objects, drawn: Objects, draw: Draw) -> dict[str, Objects | list[str]]:
    size = len(drawn)
    which = draw.below(size, [len(town.postcodes) for town in drawn])
    street = draw.take(size, streets(), falling(len(streets()), 4, 0.8))
    for country, names in companies()["streets_abroad"].items():
        rows = np.flatnonzero(countries == country)
        street[rows] = draw.take(len(rows), names)
    return {
        "street": swiss_spelling(street, countries),
        "house_number": house_numbers(size, draw),
        "postcode": [town.postcodes[i] for town, i in zip(drawn, which, strict=True)],
        "city": [town.city for town in drawn],
        "country": countries,
        "area_code": [town.area_code for town in drawn],
    }


def swiss_spelling(street: Objects, country: Objects) -> list[str]:
    """Streets as their country spells them: Switzerland and Liechtenstein have no ß."""
    return [
        name.replace("ß", "ss") if land in {"CH", "LI"} else name for name, land in zip(street, country, strict=True)
    ]


def house_numbers(size: int, draw: Draw) -> list[str]:
    """House numbers: mostly plain, some with a letter, some ranges."""
    low = 1 + draw.below(size, 20 + draw.below(size, 120))
    kind = draw.unit(size)
    letter = draw.below(size, 4)
    return [
        f"{number}{'abcd'[at]}" if share < 0.07 else f"{number}-{number + 2}" if share < 0.11 else str(number)
        for number, share, at in zip(low.tolist(), kind.tolist(), letter.tolist(), strict=True)
    ]


def _named(count: int, draw: Draw) -> pl.DataFrame:
    parts = companies()
    countries = draw.take(count, list(COUNTRIES), list(COUNTRIES.values()))
    drawn = _towns_of(countries, draw)
    kinds = draw.take(count, list(COMPANY_KINDS), list(COMPANY_KINDS.values()))
    home = np.isin(countries.astype(str), ["DE", "AT", "CH", "LI"])
    kinds[(kinds == "public") & ~home] = "invented"
    core, form = np.full(count, "", dtype=object), _legal_forms(countries, draw)

    def rows_of(kind: str) -> Ints:
        return np.flatnonzero(kinds == kind)

    def trades(rows: Ints) -> Objects:
        german = draw.take(len(rows), parts["trades"], falling(len(parts["trades"]), 10, 0.5))
        english = draw.take(len(rows), parts["english_trades"])
        return np.where(home[rows] & ~draw.mask(len(rows), 0.12), german, english)

    rows = rows_of("founder")
    family, given = family_names(len(rows), draw), draw.take(len(rows), ("Karl", "Hans", "Josef", "Otto", "Friedrich"))
    shape = draw.pick(len(rows), (46, 14, 12, 8, 20))
    core[rows] = np.select(
        [shape == 0, shape == 1, shape == 2, shape == 3],
        [family, given + " " + family, family + " & Söhne", "Gebr. " + family],
        family + " & " + family_names(len(rows), draw),
    )
    rows = rows_of("founder_trade")
    core[rows] = family_names(len(rows), draw) + " " + trades(rows)
    rows = rows_of("invented")
    word = draw.take(len(rows), parts["invented_first"]) + draw.take(len(rows), parts["invented_last"])
    core[rows] = np.where(draw.mask(len(rows), 0.7), word + " " + trades(rows), word)
    rows = rows_of("acronym")
    letters = _letters(len(rows), draw)
    core[rows] = np.where(draw.mask(len(rows), 0.8), letters + " " + trades(rows), letters)
    rows = rows_of("trade_town")
    core[rows] = trades(rows) + " " + np.array([_short(town.city) for town in drawn[rows]], dtype=object)
    rows = rows_of("group")
    word = draw.take(len(rows), parts["invented_first"]) + draw.take(len(rows), parts["invented_last"])
    core[rows] = word + draw.take(len(rows), (" Group", " Holding", " Gruppe", " Holdings", " International"))
    rows = rows_of("public")
    patterns = [pattern.split("|") for pattern in parts["public"]]
    for row, which in zip(rows.tolist(), draw.below(len(rows), len(patterns)).tolist(), strict=True):
        core[row] = patterns[which][0].format(town=_short(drawn[row].city))
        form[row] = patterns[which][1]
    return table({"core": core, "legal_form": form, "kind": kinds, **_places(countries, drawn, draw)}).with_columns(
        pl.col("legal_form").replace({"": None})
    )


def _letters(size: int, draw: Draw) -> Objects:
    codes = [draw.below(size, 26).tolist() for _ in range(3)]
    return np.array([f"{chr(65 + a)}{chr(65 + b)}{chr(65 + c)}" for a, b, c in zip(*codes, strict=True)], dtype=object)


def _short(city: str) -> str:
    return city.split(" (", maxsplit=1)[0].split("/", maxsplit=1)[0]


def _legal_forms(countries: Objects, draw: Draw) -> Objects:
    form = np.full(len(countries), "", dtype=object)
    for entry in companies()["legal_forms"]:
        rows = np.flatnonzero(countries == entry["country"])
        names, weights = zip(*entry["forms"], strict=True)
        form[rows] = draw.take(len(rows), names, weights)
    return form


def _groups() -> pl.DataFrame:
    names = ("core", "legal_form", "alias", "street", "house_number", "postcode", "city", "parent")
    rows = [dict(zip(names, line.split("|"), strict=True)) for line in companies()["groups"]]
    areas = {town.city: town.area_code for town in towns() if town.country == "DE"}
    return pl.DataFrame(rows).with_columns(
        pl.col("parent").replace({"": None}),
        pl.lit("named_group").alias("kind"),
        pl.lit("DE").alias("country"),
        pl.col("city").replace_strict(areas).alias("area_code"),
    )


def _siblings(base: pl.DataFrame, draw: Draw) -> list[pl.DataFrame]:
    """Companies that look like another one and are not it."""
    plain = base.filter(pl.col("kind").is_in(["founder", "founder_trade", "invented", "acronym", "group"]))

    def some(share: float) -> pl.DataFrame:
        return plain.filter(pl.Series(draw.mask(plain.height, share)))

    def other_form(frame: pl.DataFrame) -> pl.Series:
        forms = _legal_forms(frame["country"].to_numpy(), draw)
        return pl.Series("legal_form", [form or None for form in forms], dtype=pl.String)

    same_place = some(SIBLINGS["same_core_other_form"])
    elsewhere = some(SIBLINGS["same_core_other_town"])
    countries = elsewhere["country"].to_numpy()
    places = _places(countries, _towns_of(countries, draw), draw)
    child = some(SIBLINGS["subsidiary"])
    partner = some(SIBLINGS["general_partner"]).filter(pl.col("legal_form").str.contains("KG"))
    extra = draw.take(
        child.height, ("Logistik", "Service", "Immobilien", "Vertrieb", "Systems", "Verwaltungs", "Energie")
    )
    return [
        same_place.with_columns(other_form(same_place)),
        elsewhere.with_columns(pl.Series(name, values) for name, values in places.items()),
        child.with_columns(pl.col("core").alias("parent"), pl.col("core") + " " + pl.Series(extra), other_form(child)),
        partner.with_columns(
            pl.col("core").alias("parent"), pl.col("core") + " Verwaltungs", pl.lit("GmbH").alias("legal_form")
        ),
    ]


def _trunks(countries: pl.Series, areas: pl.Series, extensions: Ints, draw: Draw) -> list[str]:
    """Digits between area code and extension, so that German and Austrian numbers have at most eleven in all."""
    size = len(countries)
    lead = (2 + draw.below(size, 8)).tolist()
    rest = draw.below(size, 10**8).tolist()
    trunks = []
    for country, area, first, digits, extension in zip(countries, areas, lead, rest, extensions.tolist(), strict=True):
        if country in SUBSCRIBER:
            length = SUBSCRIBER[country] - len(area) - extension
            start = "2" if country == "GB" and len(area) == 3 else FIRST_DIGITS.get(country, str(first))
        else:
            length = min(7, 11 - len(area) - extension)
            start = str(first)
        trunks.append((start + f"{digits:08d}")[:length])
    return trunks


def _with_domains(whole: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    size = whole.height
    tld = {"GB": "co.uk", "US": "com"}
    joined = pl.Series(draw.mask(size, 0.25))
    alternative = pl.Series(draw.pick(size, (86, 11, 3)))
    ending = pl.col("country").replace(tld).str.to_lowercase()
    ending = pl.when(alternative == 1).then(pl.lit("com")).when(alternative == 2).then(pl.lit("eu")).otherwise(ending)
    slug = slugged(pl.col("core"))
    slug = (
        pl.when(slug.str.len_chars() > 26)
        .then(slug.str.extract(r"^((?:[^-]+-?){1,2})").str.strip_chars("-"))
        .otherwise(slug)
    )
    slug = pl.when(joined).then(slug.str.replace_all("-", "", literal=True)).otherwise(slug)
    umlauts = pl.col("core").str.to_lowercase().str.replace_all(r"[^a-zäöü0-9]+", "-").str.strip_chars("-")
    with_umlaut = pl.Series(draw.mask(size, UMLAUT_DOMAINS)) & pl.col("core").str.contains("[äöü]")
    slug = pl.when(with_umlaut & (pl.col("country") == "DE")).then(umlauts).otherwise(slug)
    slug = pl.when(pl.col("kind") == "named_group").then(slug + "-beispiel").otherwise(slug)
    town = slugged(pl.col("city").str.extract(r"^([^ /(]+)"))
    return (
        whole.with_columns(slug.alias("slug"), ending.alias("ending"))
        .with_columns(pl.int_range(pl.len()).over("slug", "ending").alias("nth"))
        .with_columns(
            pl.when(pl.col("nth") == 0).then(pl.col("slug")).otherwise(pl.col("slug") + "-" + town).alias("slug")
        )
        .with_columns(pl.int_range(pl.len()).over("slug", "ending").alias("nth"))
        .with_columns(
            pl.format(
                "{}{}.{}",
                "slug",
                pl.when(pl.col("nth") == 0).then(pl.lit("")).otherwise(pl.col("nth").cast(pl.String)),
                "ending",
            ).alias("domain")
        )
        .drop("slug", "ending", "nth")
    )


def slugged(column: pl.Expr) -> pl.Expr:
    """Lower-case ASCII words joined by hyphens, German letters written out."""
    return (
        SPELT_OUT.column(column)
        .str.replace_all("'", "", literal=True)
        .str.replace_all(r"[^a-z0-9]+", "-")
        .str.strip_chars("-")
    )
