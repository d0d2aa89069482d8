"""Company spellings with known truth: real register companies, stated distortions, look-alikes.

Belongs here: the generator of the labelled set and of large register-like name lists. Does not belong
here: measuring (`benchmarks/accounts`). Entities are real companies (name, street, town) of the
OffeneRegister extract (CC BY 4.0); every distortion and its rate is in the tables below.

What the set does not cover: renamed companies and mergers, trade names unlike the register name,
foreign scripts, more than two slips in one name, wrong (rather than missing) addresses, several sites of
one company in different towns without a shared domain or phone, and the real distribution of slips in
any particular CRM. Domains and phone numbers are synthetic.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from samples.damage import DROPPED, WRITTEN_OUT

REGISTER = Path(__file__).parents[2] / "shared" / "data" / "register_companies.tsv.gz"

FORMS_LONG = {
    "GmbH & Co. KG": [
        "GmbH u. Co KG",
        "GMBH&CO.KG",
        "GmbH + Co. KG",
        "GmbH & Co. Kommanditgesellschaft",
        "GmbH & Co KG",
    ],
    "GmbH": ["G.m.b.H.", "Gmbh", "GMBH", "Gesellschaft mit beschränkter Haftung", "mbH"],
    "UG (haftungsbeschränkt)": ["UG", "UG haftungsbeschränkt", "UG (haftungsbeschraenkt)"],
    "OHG": ["oHG", "Offene Handelsgesellschaft"],
    "KG": ["K.G.", "Kommanditgesellschaft"],
    "AG": ["A.G.", "Aktiengesellschaft"],
    "e.K.": ["e. K.", "eK", "eingetragener Kaufmann"],
}
DEPARTMENTS = ["Einkauf", "Abt. Einkauf", "IT", "Vertrieb", "Buchhaltung", "z.Hd. Frau Meier", "Qualitätssicherung"]

# rate of each slip per spelling; a spelling gets each independently
NAME_SLIPS: dict[str, float] = {
    "form_rewritten": 0.30,
    "form_missing": 0.15,
    "umlauts_as_ae": 0.15,
    "umlauts_lost": 0.05,
    "and_sign": 0.20,
    "capitals": 0.15,
    "lower_case": 0.05,
    "typo": 0.15,
    "word_cut": 0.04,
    "department": 0.08,
    "site": 0.04,
    "town": 0.05,
    "word_order": 0.05,
    "hyphen": 0.08,
}
LOST_EVIDENCE = {"street": 0.4, "postcode": 0.25, "city": 0.2, "domain": 0.5, "phone": 0.5, "all": 0.08}
SPELLINGS = (1, 2, 2, 3, 3, 4, 6)
LOOKALIKES: dict[str, float] = {
    "other_form_same_address": 0.04,
    "partner_same_address": 0.03,
    "sister_same_domain": 0.03,
    "namesake_other_town": 0.06,
    "one_word_differs": 0.04,
    "number_differs": 0.02,
    "town_in_name": 0.02,
}

Company = Mapping[str, str | None]


def register(path: Path = REGISTER) -> Sequence[Company]:
    """Real companies with a usable town: name, street, house_number, postcode, city."""
    table = pl.read_csv(path, separator="\t", quote_char=None, infer_schema=False).unique(
        "name", keep="first", maintain_order=True
    )
    table = table.with_columns(
        pl.col("city").str.replace(r"(\.|\s+Vertretung|\s+OT\s|\s+Vorstand).*$", "").str.strip_chars(" .,")
    ).filter(
        pl.col("plz").str.contains(r"^\d{5}$")
        & pl.col("city").str.contains(r"^[A-ZÄÖÜ][a-zäöüß]+([ /-][(]?[A-Za-zäöüÄÖÜß]{2,}[)]?)*$")
        & (pl.col("name").str.len_chars() < 90)
    )
    return table.select("name", "street", house_number="nr", postcode="plz", city="city").to_dicts()


def labelled(companies: Sequence[Company], entities: int, seed: int) -> pl.DataFrame:
    """Spellings with truth: entity, kind, company (as typed), street, house_number, postcode, city, domain, phone.

    `kind` is `company` or the look-alike it is; look-alikes are entities of their own.
    """
    draw = random.Random(seed)
    chosen = draw.sample(companies, entities)
    rows: list[Company] = []
    number = 0
    domains: Counter[str] = Counter()
    for company in chosen:
        domain = _domain(str(company["name"]))
        domains[domain] += 1
        own = domain if domains[domain] == 1 else f"{domains[domain]}-{domain}"
        base = {**company, "domain": own, "phone": _phone(draw)}
        for kind, other in [("company", base), *_lookalikes(base, chosen, draw)]:
            for spelling in range(draw.choice(SPELLINGS)):
                label = {"entity": str(number), "kind": kind}
                rows.append({**label, **_spelling(other, draw, exact=spelling == 0)})
            number += 1
    draw.shuffle(rows)
    return pl.DataFrame(rows, infer_schema_length=None)


def register_like(companies: Sequence[Company], count: int, seed: int) -> pl.DataFrame:
    """`count` company rows whose words follow the register's statistics: company, postcode, city.

    Words that occur more than three times stay; rarer ones are drawn anew from all rare words, or made
    from the halves of two of them, so that the vocabulary grows with the list as real ones do.
    """
    draw = random.Random(seed)
    counts = Counter(w for c in companies for w in str(c["name"]).split())
    rare = [w for w, n in counts.items() if n <= 3 and re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]{3,}", w)]

    def row() -> dict[str, str | None]:
        name, place = draw.choice(companies), draw.choice(companies)
        words = [_fresh(w, rare, draw) if counts[w] <= 3 and w in _shape(w) else w for w in str(name["name"]).split()]
        return {"company": " ".join(words), "postcode": place["postcode"], "city": place["city"]}

    slices = range(0, count, 500_000)  # as rows of Python they take ten times the memory
    return pl.concat([pl.DataFrame([row() for _ in range(min(500_000, count - start))]) for start in slices])


def _shape(word: str) -> tuple[str, ...]:
    return (word,) if word[:1].isupper() and word.isalpha() else ()


def _fresh(word: str, rare: list[str], draw: random.Random) -> str:
    first = draw.choice(rare)
    if draw.random() < 0.5:
        return first
    second = draw.choice(rare)
    return first[: len(first) // 2 + 1] + second[len(second) // 2 :].lower()


def _phone(draw: random.Random) -> str:
    return f"+4989{draw.randrange(10**8, 10**9) // 100}"


def _domain(name: str) -> str:
    plain = name.translate(WRITTEN_OUT).lower()
    words = [w for w in re.findall(r"[a-z0-9]+", plain) if w not in {"gmbh", "co", "kg", "ug", "e", "k", "mbh", "ag"}]
    return "-".join(words[:3])[:40] + ".de"


_SAYS_LITTLE = re.compile(
    r"(?i)inh\.?:?|inhaber(in)?:?|g?gmbh|mbh|ohg|kg|ag|und|für|gesellschaft|mit|beschränkter|haftung|unternehmergesellschaft"
)


def _is_word(text: str) -> bool:
    """A word that tells companies apart, and no part of a legal form or title."""
    return len(text) > 3 and text.isalpha() and not _SAYS_LITTLE.fullmatch(text)


def _split_form(name: str) -> tuple[str, str | None]:
    for form in FORMS_LONG:
        if name.endswith(" " + form):
            return name[: -len(form) - 1], form
    return name, None


def _lookalikes(base: Company, chosen: Sequence[Company], draw: random.Random) -> list[tuple[str, Company]]:
    core, form = _split_form(str(base["name"]))
    elsewhere = draw.choice(chosen)
    other_phone = {"phone": _phone(draw)}
    away = {k: elsewhere[k] for k in ("street", "house_number", "postcode", "city")}
    found: list[tuple[str, Company]] = []

    def add(kind: str, changes: Company, *, when: bool = True) -> None:
        if when and draw.random() < LOOKALIKES[kind]:
            found.append((kind, {**base, **changes}))

    if form in {"GmbH", "KG", "AG", "GmbH & Co. KG"} and not re.search(
        r"(?i)\bco\b|verwaltung|holding|immobilien|vertrieb|logistik|service", core
    ):
        other = draw.choice([f for f in ("GmbH", "KG", "OHG", "GmbH & Co. KG") if f != form])
        add("other_form_same_address", {"name": f"{core} {other}"} | other_phone)
        add("partner_same_address", {"name": f"{core} Verwaltungs-GmbH"} | other_phone)
        sister = draw.choice(["Immobilien", "Holding", "Vertriebs", "Logistik", "Service"])
        add("sister_same_domain", {"name": f"{core} {sister} GmbH"} | other_phone)
    add(
        "namesake_other_town",
        {**away, **other_phone, "domain": None},
        when=len(core.split()) <= 2 and away["city"] != base["city"],
    )
    words = core.split()
    places = [i for i, w in enumerate(words) if _is_word(w)]
    fresh = [w for w in str(elsewhere["name"]).split() if _is_word(w) and w not in words]
    if len(places) >= 2 and fresh and " Inh" not in core:
        place = draw.choice(places)
        changed = " ".join([*words[:place], draw.choice(fresh), *words[place + 1 :]])
        add("one_word_differs", {**other_phone, "name": f"{changed} {form or ''}".strip(), "domain": _domain(changed)})
    if re.search(r"\d+", core):
        add(
            "number_differs",
            {"name": re.sub(r"\d+", lambda m: str(int(m[0]) + 1), str(base["name"]), count=1)} | other_phone,
        )
    if base["city"] and str(base["city"]) in core:
        changed = core.replace(str(base["city"]), str(away["city"]))
        add(
            "town_in_name", {"name": f"{changed} {form or ''}".strip(), "domain": _domain(changed)} | away | other_phone
        )
    return found


def _spelling(company: Company, draw: random.Random, *, exact: bool) -> Company:
    name = str(company["name"])
    if not exact:
        core, form = _split_form(name)
        for slip, rate in NAME_SLIPS.items():
            if draw.random() < rate:
                core, form = _SLIPS[slip](core, form, company, draw)
        name = f"{core} {form}".strip() if form else core
    lost = {k for k in ("street", "postcode", "city", "domain", "phone") if draw.random() < LOST_EVIDENCE[k]}
    if not exact and draw.random() < LOST_EVIDENCE["all"]:
        lost = {"street", "postcode", "city", "domain", "phone"}
    kept = {k: (None if k in lost else company[k]) for k in ("street", "postcode", "city", "domain", "phone")}
    number = None if "street" in lost else company["house_number"]
    return {"company": name} | kept | {"house_number": number}


Slip = Callable[[str, str | None, Company, random.Random], tuple[str, str | None]]


def _typo(core: str, draw: random.Random) -> str:
    places = [i for i, c in enumerate(core) if c.isalpha() and i > 0]
    if len(places) < 5:
        return core
    at = draw.choice(places)
    kind = draw.choice(("drop", "double", "swap", "change"))
    if kind == "drop":
        return core[:at] + core[at + 1 :]
    if kind == "double":
        return core[:at] + core[at] + core[at:]
    if kind == "swap" and at + 1 < len(core):
        return core[:at] + core[at + 1] + core[at] + core[at + 2 :]
    return core[:at] + draw.choice("abcdefghiklmnoprstuw") + core[at + 1 :]


def _cut(core: str, draw: random.Random) -> str:
    words = core.split()
    long = [i for i, w in enumerate(words) if len(w) >= 9]
    if not long:
        return core
    at = draw.choice(long)
    words[at] = words[at][: draw.randrange(4, 7)] + "."
    return " ".join(words)


_SLIPS: dict[str, Slip] = {
    "form_rewritten": lambda c, f, _, d: (c, d.choice(FORMS_LONG[f]) if f in FORMS_LONG else f),
    "form_missing": lambda c, _f, _, _d: (c, None),
    "umlauts_as_ae": lambda c, f, _, _d: (c.translate(WRITTEN_OUT), f),
    "umlauts_lost": lambda c, f, _, _d: (c.translate({**WRITTEN_OUT, **DROPPED}), f),
    "and_sign": lambda c, f, _, d: (re.sub(r" (&|und|\+) ", d.choice([" & ", " und ", " + ", "+", " u. "]), c), f),
    "capitals": lambda c, f, _, _d: (c.upper(), f.upper() if f else f),
    "lower_case": lambda c, f, _, _d: (c.lower(), f.lower() if f else f),
    "typo": lambda c, f, _, d: (_typo(c, d), f),
    "word_cut": lambda c, f, _, d: (_cut(c, d), f),
    "department": lambda c, f, _, d: (c, f"{f or ''}, {d.choice(DEPARTMENTS)}".strip()),
    "site": lambda c, f, k, d: (c, f"{f or ''} - {d.choice(['Niederlassung', 'Werk', 'Filiale'])} {k['city']}".strip()),
    "town": lambda c, f, k, _d: (c, f"{f or ''} {k['city']}".strip()),
    "word_order": lambda c, f, _, _d: (" ".join([*c.split()[1:], c.split()[0]]) if c.split()[1:] else c, f),
    "hyphen": lambda c, f, _, d: (
        c.replace("-", " ") if "-" in c else c.replace(" ", "-", 1) if d.random() < 0.5 else c,
        f,
    ),
}
