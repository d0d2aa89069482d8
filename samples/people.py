"""True people: names, mailboxes, phones, jobs, and how they are related.

Belongs here: persons as they really are and where they work (one row per employment). Couples share a household
phone, father and son share name and firm, some marry, some change employer.
Does not belong here: records (`plan`) and dirt.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import polars as pl

from samples import lists
from samples.companies import FIRST_DIGITS, SUBSCRIBER, house_numbers, slugged, swiss_spelling
from samples.draw import Draw, Ints, Objects, falling, table
from samples.family_names import family_names
from samples.proportions import PEOPLE

ORIGINS = ("tr", "pl", "it", "slav", "en", "fr", "nl")
SPOKEN = {"GB": "en", "US": "en", "FR": "fr", "NL": "nl", "IT": "it", "PL": "pl"}
FREEMAIL = {
    "gmx.de": 25,
    "web.de": 25,
    "gmail.com": 30,
    "t-online.de": 15,
    "outlook.de": 6,
    "freenet.de": 4,
    "gmx.at": 3,
    "bluewin.ch": 3,
}
MOBILE_PREFIXES = {
    "DE": (
        "151",
        "152",
        "157",
        "160",
        "162",
        "163",
        "170",
        "171",
        "172",
        "173",
        "174",
        "175",
        "176",
        "177",
        "178",
        "179",
    ),
    "AT": ("664", "660", "650", "676", "699"),
    "CH": ("76", "77", "78", "79"),
}
"""Mobile prefixes without the leading zero; other countries' people state a landline only."""

LONG_MOBILE = {"151": "1", "152": "0", "157": "7", "176": "3"}
"""Prefixes with one digit more, and the digit that follows them."""


def make_people(count: int, companies: pl.DataFrame, draw: Draw) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`count` people and their employments.

    Returns:
        people: person_id, salutation, academic_title, given_name, short_form, family_name, married_name, birth_date,
            mobile_country, mobile_prefix, mobile_digits, private_email, home_area, home_digits, private_* address.
        employments: person (row), company (row, null for private people), mail_domain, email, extension, role,
            seniority, department, title_german, title_english, since (0 to 1 of the sample's time; 0 is the first).
    """
    company = draw.pick(count, falling(companies.height, 30, 0.6))
    country = companies["country"].to_numpy()[company]
    origin = _origins(country, draw)
    gender = np.where(draw.mask(count, PEOPLE["male"]), "m", "f").astype(object)
    given, short = _given(origin, gender, draw)
    family = _family(origin, draw)
    couple, sons = _kin(gender, given, family, company, draw)
    birth = 1955 + draw.below(count, 48)
    birth[sons] = birth[sons - 1] + 24 + draw.below(len(sons), 12)
    people = table(
        {
            "person": np.arange(count, dtype=np.uint32),
            "salutation": np.where(gender == "m", "Herr", "Frau").astype(object),
            "gender": gender,
            "academic_title": _titles(country, draw),
            "given_name": given,
            "short_form": short,
            "family_name": family,
            "married_name": _married(count, draw),
            "birth_date": [
                f"{year}-{month:02d}-{day:02d}"
                for year, month, day in zip(
                    birth.tolist(),
                    (1 + draw.below(count, 12)).tolist(),
                    (1 + draw.below(count, 28)).tolist(),
                    strict=True,
                )
            ],
        }
    ).with_columns(pl.format("P{}", pl.col("person").cast(pl.String).str.zfill(8)).alias("person_id"))
    people = people.hstack(_contact(people, companies[company], couple, draw))
    return people, _employments(people, companies, company, draw)


def _origins(country: Objects, draw: Draw) -> Objects:
    origin = np.array([SPOKEN.get(code, "de") for code in country], dtype=object)
    rows = np.flatnonzero((origin == "de") & draw.mask(len(origin), PEOPLE["foreign_origin"]))
    origin[rows] = draw.take(len(rows), ORIGINS, (30, 25, 15, 18, 6, 3, 3))
    return origin


def _given(origin: Objects, gender: Objects, draw: Draw) -> tuple[Objects, Objects]:
    given, short = np.empty(len(origin), dtype=object), np.empty(len(origin), dtype=object)
    for home in ("de", *ORIGINS):
        for sex in ("m", "f"):
            names = [name for name in lists.given_names() if name.origin == home and name.gender == sex]
            rows = np.flatnonzero((origin == home) & (gender == sex))
            chosen = draw.pick(len(rows), [name.weight for name in names]).tolist()
            which = draw.unit(len(rows)).tolist()
            given[rows] = [names[i].name for i in chosen]
            forms = [names[i].short_forms for i in chosen]
            short[rows] = [each[int(at * len(each))] if each else None for each, at in zip(forms, which, strict=True)]
    return given, short


def _family(origin: Objects, draw: Draw) -> Objects:
    size = len(origin)
    family = family_names(size, draw)
    for home, names in lists.family_names_abroad().items():
        rows = np.flatnonzero(origin == home)
        family[rows] = draw.take(len(rows), names)
    german = origin == "de"
    rows = np.flatnonzero(german & draw.mask(size, PEOPLE["double_family_name"]))
    family[rows] = family[rows] + "-" + family_names(len(rows), draw)
    rows = np.flatnonzero(german & draw.mask(size, PEOPLE["particle"]))
    family[rows] = (
        draw.take(len(rows), lists.composed_names()["particles"], (5, 2, 1, 1, 1, 1, 1, 1)) + " " + family[rows]
    )
    return family


def _kin(gender: Objects, given: Objects, family: Objects, company: Ints, draw: Draw) -> tuple[Ints, Ints]:
    """Make some neighbours in the list kin, in place; returns the second of each couple, and each son."""
    kind = draw.unit(len(gender))
    kind[0] = 1.0
    second = np.flatnonzero(kind < PEOPLE["couple"])
    family[second] = family[second - 1]
    sons = np.flatnonzero((kind >= PEOPLE["couple"]) & (kind < PEOPLE["couple"] + PEOPLE["father_and_son"]))
    sons = sons[np.diff(sons, prepend=-2) > 1]
    for column in (gender, given, family, company):
        column[sons] = column[sons - 1]
    return second, sons


def _titles(country: Objects, draw: Draw) -> Objects:
    size = len(country)
    title = draw.take(size, ("", "Dr.", "Prof. Dr.", "Dipl.-Ing.", "Dr.-Ing."), (90, 5.5, 0.8, 3, 0.7))
    austrian = np.flatnonzero((country == "AT") & draw.mask(size, 0.25))
    title[austrian] = draw.take(len(austrian), ("Mag.", "DI", "Ing.", "Dr."), (5, 4, 3, 2))
    title[title == ""] = None
    return title


def _married(count: int, draw: Draw) -> Objects:
    names = np.full(count, None, dtype=object)
    rows = np.flatnonzero(draw.mask(count, PEOPLE["married"]))
    names[rows] = family_names(len(rows), draw)
    return names


def _contact(people: pl.DataFrame, employers: pl.DataFrame, couple: Ints, draw: Draw) -> pl.DataFrame:
    count = people.height
    country = employers["country"].to_numpy()
    prefix = np.full(count, None, dtype=object)
    for land, prefixes in MOBILE_PREFIXES.items():
        rows = np.flatnonzero((country == land) & draw.mask(count, PEOPLE["has_mobile"]))
        prefix[rows] = draw.take(len(rows), prefixes)
    number = draw.below(count, 10**7).tolist()
    slugs = people.select(slugged(pl.col("given_name")).alias("given"), slugged(pl.col("family_name")).alias("family"))
    shape = pl.Series(draw.pick(count, (5, 2, 2, 1)))
    tail = pl.Series((60 + draw.below(count, 40)).astype(str))
    local = (
        pl.when(shape == 0)
        .then(pl.col("given") + "." + pl.col("family"))
        .when(shape == 1)
        .then(pl.col("given").str.slice(0, 1) + "." + pl.col("family") + tail)
        .when(shape == 2)
        .then(pl.col("family") + "." + pl.col("given") + tail)
        .otherwise(pl.col("given") + pl.col("family").str.replace_all("-", "") + tail)
    )
    private = slugs.select(
        (local + "@" + pl.Series(draw.take(count, list(FREEMAIL), list(FREEMAIL.values())))).alias("email")
    )
    mailbox = np.array(private.select(unique_mail("email"))["email"].to_list(), dtype=object)
    mailbox[~draw.mask(count, PEOPLE["has_private_email"])] = None
    home = employers.select(
        pl.col("area_code").alias("home_area"),
        pl.col("postcode").alias("private_postcode"),
        pl.col("city").alias("private_city"),
        pl.col("country").alias("private_country"),
    )
    streets = lists.streets()
    frame = table(
        {
            "mobile_country": country,
            "mobile_prefix": prefix,
            "mobile_digits": [_mobile_digits(p, n) for p, n in zip(prefix, number, strict=True)],
            "private_email": mailbox,
            "home_digits": _home_digits(employers, draw),
            "private_street": swiss_spelling(draw.take(count, streets, falling(len(streets), 4, 0.6)), country),
            "private_house_number": house_numbers(count, draw),
        }
    ).hstack(home)
    household = np.arange(count)
    household[couple] = household[couple - 1]
    shared = frame[household].select(
        "home_area",
        "home_digits",
        "private_street",
        "private_house_number",
        "private_postcode",
        "private_city",
        "private_country",
    )
    return frame.with_columns(shared.get_columns())


def _home_digits(employers: pl.DataFrame, draw: Draw) -> list[str]:
    numbers = draw.below(employers.height, 8 * 10**7).tolist()
    places = zip(numbers, employers["country"], employers["area_code"], employers["trunk"], strict=True)
    return [
        (FIRST_DIGITS.get(land, trunk[0]) + f"{n:08d}")[: SUBSCRIBER[land] - len(area) if land in SUBSCRIBER else 6]
        for n, land, area, trunk in places
    ]


def _mobile_digits(prefix: str | None, number: int) -> str | None:
    if prefix is None:
        return None
    return LONG_MOBILE.get(prefix, "") + f"{number:07d}" if len(prefix) == 3 else f"{number:07d}"


def unique_mail(column: str) -> pl.Expr:
    """Number the second and later owners of the same address, so that a mailbox has one owner."""
    nth = pl.int_range(pl.len()).over(column)
    local, domain = pl.col(column).str.extract(r"^([^@]+)"), pl.col(column).str.extract(r"@(.+)$")
    numbered = local + (nth + 1).cast(pl.String) + pl.lit("@") + domain
    return pl.when(nth == 0).then(pl.col(column)).otherwise(numbered).alias(column)


def _employments(people: pl.DataFrame, companies: pl.DataFrame, company: Ints, draw: Draw) -> pl.DataFrame:
    count = people.height
    movers = np.flatnonzero(draw.mask(count, PEOPLE["job_change"]))
    person = np.concatenate([np.arange(count), movers])
    employer = np.concatenate([company, draw.pick(len(movers), falling(companies.height, 30, 0.6))])
    since = np.concatenate([np.zeros(count), 0.2 + 0.6 * draw.unit(len(movers))])
    size = len(person)
    private = np.concatenate([draw.mask(count, PEOPLE["private"]), np.zeros(len(movers), dtype=bool)])
    titles = lists.job_titles()
    which = draw.pick(size, [title.weight for title in titles]).tolist()
    at = draw.unit(size).tolist()
    client = draw.mask(size, PEOPLE["freelancer_with_client_mail"])
    domain = companies["domain"].to_numpy()[employer]
    domain[client] = companies["domain"].to_numpy()[draw.below(int(client.sum()), companies.height)]
    frame = table(
        {
            "person": person.astype(np.uint32),
            "company": employer.astype(np.uint32),
            "private": private,
            "since": since,
            "mail_domain": domain,
            "client_mail": client,
            "switchboard_only": draw.mask(size, PEOPLE["switchboard_only"]),
            "extension": _extensions(employer, companies, draw),
            "role": [titles[i].role for i in which],
            "seniority": [titles[i].seniority for i in which],
            "department": [titles[i].department or None for i in which],
            "title_german": [
                _suited(titles[i].german, sex)[int(u * len(_suited(titles[i].german, sex)))]
                for i, u, sex in zip(which, at, people["gender"].gather(person), strict=True)
            ],
            "title_english": [
                titles[i].english[int(u * len(titles[i].english))] for i, u in zip(which, at, strict=True)
            ],
        }
    ).with_row_index("employment")
    named = frame.join(
        people.select(
            "person", slugged(pl.col("given_name")).alias("given"), slugged(pl.col("family_name")).alias("family")
        ),
        on="person",
        how="left",
        maintain_order="left",
    )
    pattern = pl.Series(companies["mail_pattern"].to_numpy()[employer])
    initial = pl.col("given").str.slice(0, 1)
    given = pl.col("given")
    family = pl.col("family").str.replace_all(r"^(von-der|von|van-der|van|zu|vom|de|ten)-", "${1}")
    local = (
        pl.when(pattern == 0)
        .then(given + "." + family)
        .when(pattern == 1)
        .then(initial + "." + family)
        .when(pattern == 2)
        .then(family)
        .when(pattern == 3)
        .then(given)
        .when(pattern == 4)
        .then(initial + family)
        .when(pattern == 5)
        .then(family + "." + given)
        .otherwise(given + "_" + family)
    )
    return (
        named.with_columns((local + "@" + pl.col("mail_domain")).alias("email"))
        .with_columns(unique_mail("email"))
        .drop("given", "family")
    )


@cache
def _suited(german: tuple[str, ...], gender: str) -> tuple[str, ...]:
    """Titles that a man or a woman would put on a card."""
    female = tuple(title for title in german if re.search(r"in\b|[rt]ende\b|agte\b|ierte\b", title))
    neutral = tuple(title for title in german if re.search(r"ung\b|iat\b|enz\b|Manager|Ltg|Sonstige|CTO|GF", title))
    if gender == "f":
        return female + neutral or german
    return tuple(title for title in german if title not in female) or german


def _extensions(employer: Ints, companies: pl.DataFrame, draw: Draw) -> list[str]:
    digits = companies["extension_digits"].to_numpy()[employer].tolist()
    return [
        str(int(10 ** (many - 1) * (1 + 9 * luck)))
        for many, luck in zip(digits, draw.unit(len(digits)).tolist(), strict=True)
    ]
