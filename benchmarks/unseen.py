"""An inbox that no rule here was written for, with known truth: other companies, names and slips than the sample's.

    python -m benchmarks.unseen DIR --persons 4000 --seed 7 [--register FILE]
    leads run --home DIR && leads evaluate DIR/truth.parquet --home DIR

Belongs here: the people, their firms and jobs, what each source shows of them, and the files. Does not belong here:
slips (`benchmarks/unseen_slips`), measuring (`leads evaluate`). Companies and family names
are those of the OffeneRegister extract (CC BY 4.0), which is read and never copied; mailboxes, numbers and given names
are made up, so nobody in it is real. Equal arguments give equal bytes.

The people who make it hard are `kind`s of the truth: colleagues of one name, father and son in the firm, couples in one
firm, namesakes in the town and in the group, people who changed their job or their name.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.accounts_truth import REGISTER, register
from benchmarks.unseen_slips import FORMS, WRITTEN_OUT, Record, spoil
from samples import files

LISTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "unseen.toml").read_text(encoding="utf-8"))
NICKNAMES: dict[str, list[str]] = LISTS["nicknames"]
KINDS = {
    "colleague of one name": 0.0015,
    "father and son": 0.003,
    "couple in one firm": 0.004,
    "namesake in the town": 0.01,
    "namesake in the group": 0.0015,
    "changed the job": 0.03,
    "changed the name": 0.012,
}
"""Share of people who are of a kind, or have somebody who is."""
RECORDS = (1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 6)  # of one person
STAFF = (1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20)  # of one firm
START = datetime(2024, 3, 4, 7, 0, 0)
_LEGAL = re.compile(r"(?i)\b(gmbh|mbh|ag|kg|ohg|ug|co|e\.? ?k|haftungsbeschränkt|se|eg|ggmbh|inh)\b\.?|[&.,()]")


@dataclass(eq=False)
class Firm:
    account: str
    name: str
    street: str
    house: str
    postcode: str
    city: str
    domain: str
    area: str
    trunk: str
    digits: int
    style: str
    taken: set[str]
    extensions: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Job:
    firm: Firm
    title: str
    department: str
    extension: str
    mail: str


@dataclass(eq=False)
class Person:
    number: str
    kind: str
    salutation: str
    given: str
    second: str
    families: list[str]
    suffix: str
    born: str
    mobile: str
    private: str
    jobs: list[Job]


class World:
    """Firms and people, drawn from one seed."""

    def __init__(self, persons: int, seed: int, file: Path) -> None:
        self.draw = random.Random(seed)
        self.people: list[Person] = []
        self.firms: list[Firm] = []
        companies = register(file)
        self.families = _families(companies)
        self._domains: Counter[str] = Counter()
        self._private: set[str] = set()
        self._taken: dict[str, set[str]] = {}
        chosen = self.draw.sample(companies, min(len(companies), persons // 3 + 20))
        for company in chosen:
            firm = self._firm({key: str(value) for key, value in company.items()})
            if self.draw.random() < 0.05:
                self._sister(firm)
        while len(self.people) < persons:
            for firm in self.draw.sample(self.firms, len(self.firms)):
                for _ in range(self.draw.choice(STAFF)):
                    self._hire(firm)
                if len(self.people) >= persons:
                    break
        self.draw.shuffle(self.people)

    def _firm(self, company: dict[str, str], domain: str | None = None) -> Firm:
        draw = self.draw
        if domain is None:
            words = re.findall(r"[a-z0-9]+", _LEGAL.sub(" ", company["name"].translate(WRITTEN_OUT)).lower())
            stem = draw.choice(("-", "")).join(words[: draw.choice((1, 2, 2, 3))])[:30] or "firma"
            self._domains[stem] += 1
            domain = stem + ("" if self._domains[stem] == 1 else f"-{self._domains[stem]}") + ".de"
        firm = Firm(
            account=f"F{len(self.firms):06d}",
            name=company["name"],
            street=company["street"],
            house=company["house_number"],
            postcode=company["postcode"],
            city=company["city"],
            domain=domain,
            area=draw.choice(LISTS["areas"].split()),
            trunk=str(draw.randrange(2_000, 99_999)),
            digits=draw.choice((2, 2, 3)),
            style=random.Random(domain).choice(("g.f", "g.f", "i.f", "f", "if", "g_f", "f.g")),
            taken=self._taken.setdefault(domain, set()),
        )
        self.firms.append(firm)
        return firm

    def _sister(self, firm: Firm) -> Firm:
        """Another firm of the group at the same house: often with the group's domain, always with its own number."""
        stem = FORMS.sub("", firm.name)
        name = f"{stem} {self.draw.choice(LISTS['sisters'])} GmbH"
        place = {"street": firm.street, "house_number": firm.house, "postcode": firm.postcode, "city": firm.city}
        return self._firm({"name": name, **place}, firm.domain if self.draw.random() < 0.4 else None)

    def _hire(self, firm: Firm) -> None:
        draw = self.draw
        person = self._person(firm)
        for kind, rate in KINDS.items():
            if draw.random() >= rate:
                continue
            given, family, female = person.given, person.families[0], person.salutation == "Frau"
            if kind == "colleague of one name":
                self._person(firm, kind, given=given, family=family, female=female)
            elif kind == "father and son":
                same = given if draw.random() < 0.35 else None
                son = self._person(firm, kind, given=same, family=family, female=female)
                person.born, son.born = _born(draw, 1948, 1965), _born(draw, 1980, 1995)
                if draw.random() < 0.4:
                    person.suffix, son.suffix = "sen.", "jun."
            elif kind == "couple in one firm":
                self._person(firm, kind, family=family, female=not female)
            elif kind == "namesake in the town":
                near = draw.sample(self.firms, min(300, len(self.firms)))
                near = [other for other in near if other.city == firm.city and other is not firm]
                if near:
                    self._person(draw.choice(near), kind, given=given, family=family, female=female)
            elif kind == "namesake in the group":
                self._person(self._sister(firm), kind, given=given, family=family, female=female)
            elif kind == "changed the job":
                person.kind = kind
                person.jobs.append(self._job(draw.choice(self.firms), given, family))
            elif kind == "changed the name":
                person.kind = kind
                new = draw.choice(self.families)
                new = draw.choice((new, f"{family}-{new}"))
                person.families.append(new)
                if draw.random() < 0.5:
                    person.jobs.append(Job(**{**vars(person.jobs[0]), "mail": self._mail(firm, given, new)}))

    def _person(
        self,
        firm: Firm,
        kind: str = "usual",
        *,
        given: str | None = None,
        family: str | None = None,
        female: bool | None = None,
    ) -> Person:
        draw = self.draw
        female = draw.random() < 0.4 if female is None else female
        names = LISTS["women" if female else "men"].split()
        given = given or names[min(int(draw.expovariate(3.0) * len(names)), len(names) - 1)]
        family = family or draw.choice(self.families)
        second = draw.choice(names) if draw.random() < 0.06 else ""
        person = Person(
            number=f"P{len(self.people):07d}",
            kind=kind,
            salutation="Frau" if female else "Herr",
            given=given,
            second=f"{draw.choice((' ', '-'))}{second}" if second and second != given else "",
            families=[family],
            suffix="",
            born=_born(draw, 1950, 2000),
            mobile=f"{draw.choice(('151', '152', '160', '170', '171', '172', '175', '176', '177', '179'))}"
            f"{draw.randrange(10**7, 10**8)}",
            private=self._private_mail(given, family),
            jobs=[self._job(firm, given, family)],
        )
        self.people.append(person)
        return person

    def _job(self, firm: Firm, given: str, family: str) -> Job:
        draw = self.draw
        extension = str(draw.randrange(10 ** (firm.digits - 1), 10**firm.digits))
        while extension in firm.extensions and len(firm.extensions) < 60:
            extension = str(draw.randrange(10 ** (firm.digits - 1), 10**firm.digits))
        firm.extensions.add(extension)
        mail = self._mail(firm, given, family)
        return Job(firm, draw.choice(LISTS["titles"]), draw.choice(LISTS["departments"]), extension, mail)

    def _mail(self, firm: Firm, given: str, family: str) -> str:
        """As the firm writes mailboxes; where taken, otherwise or with a number."""
        g, f = _plain(given), _plain(family)
        forms = {"g.f": f"{g}.{f}", "i.f": f"{g[0]}.{f}", "f": f, "if": f"{g[0]}{f}", "g_f": f"{g}_{f}"}
        forms["f.g"] = f"{f}.{g}"
        local, number = forms[firm.style], 1
        if local in firm.taken and self.draw.random() < 0.5:
            local = forms["g.f"]
        plain = local
        while local in firm.taken:
            number += 1
            local = f"{plain}{number}"
        firm.taken.add(local)
        return f"{local}@{firm.domain}"

    def _private_mail(self, given: str, family: str) -> str:
        draw, (g, f) = self.draw, (_plain(given), _plain(family))
        local = draw.choice((f"{g}.{f}", f"{g}{f}", f"{f}.{g}", f"{g[0]}{f}", f"{f}{draw.randrange(50, 99)}"))
        domain = draw.choice(LISTS["freemail"].split())
        while f"{local}@{domain}" in self._private:
            local += str(draw.randrange(1, 100))
        self._private.add(f"{local}@{domain}")
        return f"{local}@{domain}"


def _families(companies: Iterable[Any]) -> list[str]:
    """Family names as often as the register's firms are called by a given name and them."""
    given, no_family = set(LISTS["men"].split()) | set(LISTS["women"].split()), set(LISTS["no_family"].split())
    named = re.compile(r"(?:.*Inh\.:? )?([A-ZÄÖÜ][a-zäöüß]+) ([A-ZÄÖÜ][a-zäöüß]{2,}(?:-[A-ZÄÖÜ][a-zäöüß]+)?)\b")
    found = (named.match(str(company["name"])) for company in companies)
    return [m[2] for m in found if m and m[1] in given and m[2] not in no_family]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.translate(WRITTEN_OUT).lower())


def _born(draw: random.Random, first: int, last: int) -> str:
    return f"{draw.randrange(1, 29):02d}.{draw.randrange(1, 13):02d}.{draw.randrange(first, last)}"


# What each source shows: header of the file, key of the record.
SOURCES: dict[str, tuple[str, dict[str, str]]] = {
    "kontaktformular": (
        "online",
        {
            "Lead-Nr.": "id",
            "Eingegangen am": "at",
            "Ihr Vorname": "given",
            "Ihr Nachname": "family",
            "Ihre E-Mail-Adresse": "mail",
            "Telefonnummer": "phone",
            "Unternehmen": "company",
            "PLZ": "postcode",
            "Ort": "city",
        },
    ),
    "webcast": (
        "online",
        {
            "id": "id",
            "createdAt": "at",
            "firstName": "given",
            "lastName": "family",
            "email": "mail",
            "mobilePhone": "mobile",
            "companyName": "company",
            "jobTitle": "title",
        },
    ),
    "hausmesse": (
        "offline",
        {
            "Datensatz-ID": "id",
            "Anrede": "salutation",
            "Vorname": "given",
            "Nachname": "family",
            "Firma": "company",
            "Abteilung": "department",
            "Funktion": "title",
            "Strasse": "street",
            "Hausnummer": "house",
            "PLZ": "postcode",
            "Ort": "city",
            "Telefon": "phone",
            "Mobil": "mobile",
            "E-Mail": "mail",
            "Datum": "at",
        },
    ),
    "crm_altbestand": (
        "offline",
        {
            "Record ID": "id",
            "Name": "full_name",
            "Account Name": "company",
            "Billing Street": "street_house",
            "Billing Zip/Postal Code": "postcode",
            "Billing City": "city",
            "Phone": "phone",
            "Mobile": "mobile",
            "Email": "mail",
            "Title": "title",
            "Birthdate": "born",
            "Created Date": "at",
        },
    ),
    "visitenkarten": ("offline", {}),
    "telefonliste": (
        "offline",
        {
            "ID": "id",
            "Nachname, Vorname": "name_first",
            "Firma": "company",
            "Tel.": "phone",
            "Handy": "mobile",
            "PLZ/Ort": "town",
            "Datum": "at",
        },
    ),
}
SHOWN_ON_CARDS = ("given", "family", "company", "title", "phone", "mobile", "mail", "street", "postcode", "city")


def write_unseen(home: Path, persons: int, seed: int, file: Path = REGISTER) -> pl.DataFrame:
    """Write `home/inbox/...` and `home/truth.parquet` (returned): the sample's layout, with `kind` and `distortions`.

    `distortions` names the slips of `benchmarks.unseen_slips.SLIPS`. `person_id` is null where the record fits two
    colleagues of one name (or of the initial it gives) and shows no mailbox, number or birth date of either.
    """
    world = World(persons, seed, file)
    namesakes = _namesakes(world.people)
    draw = random.Random(seed + 1)
    rows: dict[str, list[Record]] = {source: [] for source in SOURCES}
    truth = []
    moment = START
    for person in world.people:
        for turn in range(count := draw.choice(RECORDS)):
            source = draw.choice(list(SOURCES))
            moment += timedelta(minutes=draw.randrange(1, 7) if persons <= 20_000 else 1)
            record = _record(person, later=turn * 2 >= count, draw=draw)
            done = spoil(record, draw)
            _compose(record, person, draw, f"{source[0].upper()}{len(rows[source]):07d}", moment)
            rows[source].append(record)
            truth.append((source, record, person, done))
    table = pl.DataFrame(
        [
            {
                "source": source,
                "source_record_id": record["id"],
                "person_id": person.number if _tells(source, record, person, namesakes) else None,
                "account_id": record["true_account"],
                "company": record["true_company"],
                "given_name": person.given + person.second,
                "family_name": record["true_family"],
                "kind": person.kind,
                "distortions": done,
            }
            for source, record, person, done in truth
        ]
    )
    for source, records in rows.items():
        name, content = _file(source, records)
        files.put(home / "inbox" / SOURCES[source][0] / source / name, content, moment)
    table.sort("source", "source_record_id").write_parquet(home / "truth.parquet")
    return table


def _called(account: str, given: str, family: str) -> tuple[tuple[str, str, str], ...]:
    """What a record of somebody may call them at a firm."""
    return (account, given, family), (account, given[0], family)


def _namesakes(people: Iterable[Person]) -> Counter[tuple[str, str, str]]:
    """How many people go by a name, or an initial and a family name, at a firm."""
    return Counter(
        name
        for person in people
        for account in {job.firm.account for job in person.jobs}
        for family in person.families
        for name in _called(account, person.given, family)
    )


def _tells(source: str, record: Record, person: Person, namesakes: Counter[tuple[str, str, str]]) -> bool:
    """Whether a record can be told from those of others who are called like this at the firm."""
    full, short = _called(record["true_account"], person.given, record["true_family"])
    initial = any((record[key] or "").endswith(".") for key in ("given", "family"))
    if namesakes[short if initial else full] < 2:
        return True
    shown = set(SOURCES[source][1].values()) or set(SHOWN_ON_CARDS)
    mail, phone = record["mail"] or "", record["phone"]
    own = (
        "mail" in shown and mail != "" and mail.partition("@")[0] not in LISTS["roles"],
        "phone" in shown and phone not in (None, record["true_switchboard"]),
        "mobile" in shown and record["mobile"] is not None,
        "born" in shown and record["born"] is not None,
    )
    return any(own)


def _record(person: Person, *, later: bool, draw: random.Random) -> Record:
    """What is true of the person at the time; `later`: after a change of job or name, where there was one."""
    job = person.jobs[-1 if later else 0]
    firm, family = job.firm, person.families[-1 if later else 0]
    number = f"{firm.trunk}-{job.extension}"
    direct = draw.choice((f"0{firm.area} {number}", f"0{firm.area}/{number}", f"+49 {firm.area} {number}"))
    return {
        "salutation": person.salutation,
        "given": person.given + person.second,
        "family": f"{family} {person.suffix}".strip(),
        "mail": job.mail,
        "phone": direct,
        "mobile": draw.choice(
            (f"0{person.mobile}", f"+49{person.mobile}", f"0{person.mobile[:3]}/{person.mobile[3:]}")
        ),
        "company": firm.name,
        "title": job.title,
        "department": job.department,
        "street": firm.street,
        "house": firm.house,
        "postcode": firm.postcode,
        "city": firm.city,
        "born": person.born if draw.random() < 0.6 else None,
        "true_second": person.second,
        "true_nicknames": NICKNAMES.get(person.given, []),
        "true_private": person.private,
        "true_roles": LISTS["roles"],
        "true_domain": firm.domain,
        "true_city": firm.city,
        "true_department": job.department,
        "true_switchboard": f"0{firm.area} {firm.trunk}-0",
        "true_unhyphenated": f"0{firm.area} {firm.trunk}{job.extension}",
        "true_account": firm.account,
        "true_company": firm.name,
        "true_family": family,
    }


def _compose(record: Record, person: Person, draw: random.Random, number: str, moment: datetime) -> None:
    """The cells that hold several values at once."""
    given, family = record["given"] or "", record["family"] or ""
    title = person.salutation + " " if draw.random() < 0.3 else ""
    record |= {
        "id": number,
        "at": moment.strftime("%d.%m.%Y %H:%M"),
        "full_name": f"{title}{given} {family}".strip(),
        "name_first": f"{family}, {given}",
        "street_house": " ".join(filter(None, (record["street"], record["house"]))) or None,
        "town": " ".join(filter(None, (record["postcode"], record["city"]))) or None,
    }


def _file(source: str, records: Sequence[Record]) -> tuple[str, bytes]:
    columns = SOURCES[source][1]
    table = [[record[key] for key in columns.values()] for record in records]
    if source == "kontaktformular":
        text = files.delimited([list(columns), *table], ";")
        return "Kontaktformular_Export.csv", text.encode("cp1252", "replace")
    if source == "webcast":
        return "webcast-attendees.jsonl", files.json_lines(
            dict(zip(columns, row, strict=True)) for row in table
        ).encode()
    if source == "hausmesse":
        head = [["Besucherliste Hausmesse"], [], list(columns)]
        return "Hausmesse Besucher.xlsx", files.xlsx([("Tabelle1", [*head, *table])])
    if source == "crm_altbestand":
        return "crm.csv", files.delimited([list(columns), *table], ",", "\n", quote_all=True).encode("utf-8-sig")
    if source == "telefonliste":
        return "Telefonliste.txt", files.delimited([list(columns), *table], "\t").encode("utf-16")
    return "scans.vcf", "".join(_card(record) for record in records).encode()


def _card(record: Record) -> str:
    shown = {key: (record[key] or "").replace(",", "\\,").replace(";", "\\;") for key in SHOWN_ON_CARDS}
    street = " ".join(filter(None, (shown["street"], record["house"])))
    properties = [
        ("N", f"{shown['family']};{shown['given']};;;"),
        ("FN", f"{shown['given']} {shown['family']}".strip()),
        ("ORG", shown["company"]),
        ("TITLE", shown["title"]),
        ("TEL;TYPE=WORK", shown["phone"]),
        ("TEL;TYPE=CELL", shown["mobile"]),
        ("EMAIL", shown["mail"]),
        ("ADR;TYPE=WORK", f";;{street};{shown['city']};;{shown['postcode']};Deutschland"),
        ("UID", record["id"]),
        ("REV", datetime.strptime(record["at"], "%d.%m.%Y %H:%M").strftime("%Y%m%dT%H%M00Z")),
    ]
    return files.vcard([(name, value) for name, value in properties if value.strip(";")], "3.0")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unseen", description=__doc__.split("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--persons", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--register", type=Path, default=REGISTER)
    chosen = parser.parse_args(arguments)
    truth = write_unseen(chosen.home, chosen.persons, chosen.seed, chosen.register)
    people, firms = truth["person_id"].n_unique(), truth["account_id"].n_unique()
    print(f"{truth.height:,} records of {people:,} people at {firms:,} firms")


if __name__ == "__main__":
    main()
