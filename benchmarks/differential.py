"""Differential run: our e-mail and phone verdicts against email-validator and phonenumbers, value by value.

Belongs here: generated values, both answers, and the named rule behind every difference; the speed of both
in the same run. Does not belong here: the other fields (`benchmarks/validation`). A difference no rule
explains is a fault, here or there: the run lists some of them and ends with status 1.

    python -m benchmarks.differential --values 1000000
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import phonenumbers
import polars as pl
from email_validator import EmailNotValidError, validate_email

from enrichment.email.clean import clean_email
from enrichment.phone.clean import clean_phone

BATCH = 50_000

Row = dict[str, Any]
Explanation = tuple[str, Callable[[Row], bool]]


@dataclass
class Outcome:
    """What a run found: values compared, differences by rule, examples of those without one, seconds."""

    name: str
    values: int = 0
    agreed: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Row] = field(default_factory=dict)
    unexplained: list[Row] = field(default_factory=list)
    ours: float = 0.0  # CPU seconds, so that a busy machine does not blur the ratio
    library: float = 0.0

    def report(self) -> str:
        lines = [
            f"{self.name}: {self.values:,} values, {self.agreed:,} agree, "
            f"{sum(self.explained.values()):,} differ by a named rule, {len(self.unexplained):,} unexplained",
            f"  row by row {self.values / self.library:,.0f}/s, ours {self.values / self.ours:,.0f}/s "
            f"({self.library / self.ours:.1f}x in CPU time, same values, same run)",
        ]
        for rule, count in self.explained.most_common():
            row = self.examples[rule]
            lines.append(f"  {count:>9,}  {rule:<42} {row['text']!r}: theirs {row['theirs']}, ours {row['ours']}")
        lines += [
            f"  UNEXPLAINED {row['text']!r}: theirs {row['theirs']}, ours {row['ours']}, told {row['told']}"
            for row in self.unexplained[:10]
        ]
        return "\n".join(lines)


def compare_phones(count: int, seed: int) -> Outcome:
    """Phone cells in many notations, the same country known to both."""
    rng = random.Random(seed)
    outcome = Outcome("phone")
    _warm_up()
    for start in range(0, count, BATCH):
        cells = [_phone(rng) for _ in range(min(BATCH, count - start))]
        frame = pl.DataFrame(cells, schema=["phone", "country_iso"], orient="row")
        began = time.process_time()
        ours = clean_phone(frame)
        outcome.ours += time.process_time() - began
        began = time.process_time()
        theirs = [_phonenumbers(text, region) for text, region in cells]
        outcome.library += time.process_time() - began
        rows = ours.with_columns(_told(), pl.coalesce("mobile", "phone").alias("number")).to_dicts()
        for (text, region), row, their in zip(cells, rows, theirs, strict=True):
            status = row["mobile_status"] if row["mobile"] else row["phone_status"]
            our = row["number"] if status == "valid" else None
            facts = row | {"text": text, "region": region, "theirs": their, "ours": our}
            _count(outcome, facts, their[0] == our and (our is None or _same_kind(row, their)), _PHONE_RULES)
    return outcome


def _warm_up() -> None:
    """Numbering plans are compiled once per process, before the clock runs."""
    rng = random.Random(0)
    sample = [_phone(rng) for _ in range(2_000)]
    clean_phone(pl.DataFrame(sample, schema=["phone", "country_iso"], orient="row"))
    for text, region in sample:
        _phonenumbers(text, region)


def compare_emails(count: int, seed: int) -> Outcome:
    """E-mail cells, plain and damaged."""
    rng = random.Random(seed)
    outcome = Outcome("email")
    for start in range(0, count, BATCH):
        cells = [_email(rng) for _ in range(min(BATCH, count - start))]
        frame = pl.DataFrame({"email": cells})
        began = time.process_time()
        ours = clean_email(frame)
        outcome.ours += time.process_time() - began
        began = time.process_time()
        theirs = [_email_validator(text) for text in cells]
        outcome.library += time.process_time() - began
        for text, row, their in zip(cells, ours.with_columns(_told()).to_dicts(), theirs, strict=True):
            facts = row | {"text": text, "theirs": their, "ours": row["email"]}
            _count(outcome, facts, their == row["email"], _EMAIL_RULES)
    return outcome


def _count(outcome: Outcome, facts: Row, agreed: bool, rules: Sequence[Explanation]) -> None:
    outcome.values += 1
    if agreed:
        outcome.agreed += 1
        return
    for name, explains in rules:
        if explains(facts):
            outcome.explained[name] += 1
            outcome.examples.setdefault(name, facts)
            return
    outcome.unexplained.append(facts)


def _told() -> pl.Expr:
    return pl.col("repairs").list.eval(pl.element().struct.field("reason")).alias("told")


# --- phone ---------------------------------------------------------------------------------------------------

_KIND = {"premium_rate": "premium", "personal_number": "service", "pager": "service", "voicemail": "service"}
_TYPES = {value: name.lower() for name, value in vars(phonenumbers.PhoneNumberType).items() if isinstance(value, int)}


def _phonenumbers(text: str, region: str) -> tuple[str | None, str | None, str | None]:
    """E.164, kind and region by phonenumbers; nulls unless it calls the number valid."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, None, None
    if not phonenumbers.is_valid_number(parsed):
        return None, None, None
    kind = _TYPES[phonenumbers.number_type(parsed)]
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return e164, _KIND.get(kind, kind), phonenumbers.region_code_for_number(parsed)


def _same_kind(row: Row, their: tuple[str | None, str | None, str | None]) -> bool:
    if row["mobile"]:
        return their[1] in ("mobile", "fixed_line_or_mobile")
    return (row["phone_kind"], row["phone_region"]) == their[1:]


def _tells(*codes: str) -> Callable[[Row], bool]:
    return lambda row: any(code in row["told"] for code in codes)


def _refused(*codes: str) -> Callable[[Row], bool]:
    return lambda row: row["ours"] is None and any(code in row["told"] for code in codes)


_PHONE_RULES: tuple[Explanation, ...] = (
    (
        "nobody's number: toll free, premium, service",
        _refused("toll_free_number", "premium_number", "shared_cost_number", "service_number", "short_number"),
    ),
    ("dummy: same digits, counting, zeros", _refused("dummy_number")),
    ("longer than a number of the country ever was", _refused("number_too_long")),
    ("letters are no digits", _refused("letters_in_number")),
    ("spreadsheet damage", _refused("excel_damage")),
    ("local number without area code", _refused("area_code_missing")),
    ("lost plus restored", _tells("plus_lost")),
    ("lost trunk zero restored", _tells("trunk_zero_lost")),
    ("several numbers in a cell", _tells("several_numbers")),
    ("a neighbour's mobile number by its blocks", _tells("region_uncertain")),
    ("words around the number", _tells("words_dropped")),
    ("extension after a word is set apart or replaces -0", lambda row: row["phone_extension"] is not None),
    ("label before the number", lambda row: row["ours"] is not None and any(map(str.isalpha, row["text"]))),
    ("00 is international everywhere", lambda row: row["ours"] is not None and row["text"].startswith("00")),
    ("trunk zero kept after the country code", lambda row: row["ours"] is not None and "0)0" in row["text"]),
)

_SEPARATORS = (" ", "/", "-", " / ", " - ", ".", "", "", " ")
_AREAS = ["711", "89", "30", "40", "69", "221", "2064", "6221", "7071", "33056", "351", "341", "9131", "8341", "4941"]
_MOBILES = ["151", "152", "157", "160", "162", "163", "170", "171", "172", "173", "175", "176", "177", "178", "179"]
_OTHERS = ("AT", "CH", "LI", "FR", "IT", "NL", "GB", "US", "PL", "CZ", "DK", "BE", "LU", "ES", "TR", "CN")


def _phone(rng: random.Random) -> tuple[str, str]:
    """A phone cell and the country of its record."""
    chance = rng.random()
    if chance < 0.45:
        area, subscriber = rng.choice(_AREAS), _digits(rng, rng.randint(3, 8))
        return _written(rng, "49", area, subscriber, "DE"), "DE"
    if chance < 0.65:
        area = rng.choice(_MOBILES)
        return _written(rng, "49", area, _digits(rng, 8 if area.startswith("15") else rng.randint(7, 8)), "DE"), "DE"
    if chance < 0.90:
        region = rng.choice(_OTHERS)
        number = phonenumbers.example_number_for_type(region, rng.choice((0, 0, 1, 1, 3, 4, 5)))
        if number is None:
            return "", region
        national = phonenumbers.national_significant_number(number)
        keep = rng.randint(3, len(national))
        national = national[:keep] + _digits(rng, len(national) - keep)
        form = rng.choice(
            (
                phonenumbers.PhoneNumberFormat.E164,
                phonenumbers.PhoneNumberFormat.INTERNATIONAL,
                phonenumbers.PhoneNumberFormat.NATIONAL,
            )
        )
        changed = phonenumbers.PhoneNumber(
            country_code=number.country_code,
            national_number=int(national),
            italian_leading_zero=national.startswith("0") or None,
        )
        return phonenumbers.format_number(changed, form), region
    return _digits(rng, rng.randint(1, 15)), rng.choice(("DE", "DE", "AT", "CH"))


def _written(rng: random.Random, code: str, area: str, subscriber: str, region: str) -> str:
    gap = rng.choice(_SEPARATORS)
    heads = [f"0{area}{gap}", f"0{area}{gap}", f"(0{area}) ", f"+{code} {area} ", f"+{code}{area}", f"{area}{gap}"]
    heads += [f"+{code} (0) {area}{gap}", f"+{code} (0){area}{gap}", f"{code} {area} "]
    heads += [f"00{code} {area}{gap}", f"00{code}{area}", f"+{code} 0{area}{gap}"]
    head = rng.choice(heads)
    cut = rng.randint(1, len(subscriber))
    body = rng.choice(
        (
            subscriber,
            subscriber,
            f"{subscriber[:cut]} {subscriber[cut:]}".strip(),
            f"{subscriber}-{_digits(rng, rng.randint(1, 4))}",
            f"{subscriber}-0",
        )
    )
    tail = rng.choice(("",) * 12 + (" DW 12", " App. 34", "-0 DW 567", f" / 0{rng.choice(_MOBILES)} 1234567"))
    label = rng.choice(("",) * 12 + ("Tel. ", "Tel.: ", "p:", "T "))
    return label + head + body + tail


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


# --- e-mail --------------------------------------------------------------------------------------------------


def _email_validator(text: str) -> str | None:
    """The address in lower case by email-validator, None where it rejects the cell."""
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


_REPAIRS = (
    "email_trimmed",
    "invisible_characters",
    "unusual_characters",
    "email_mailto",
    "email_spelt_out",
    "email_display_name",
    "email_stray_characters",
    "several_addresses",
)

_EMAIL_RULES: tuple[Explanation, ...] = (
    ("top-level domain does not exist", _refused("unknown_tld")),
    ("public suffix has no mailboxes", _refused("public_suffix")),
    ("invented address", _refused("placeholder_address")),
    ("placeholder", _refused("email_placeholder")),
    *((f"repaired: {code}", _tells(code)) for code in _REPAIRS),
)

_GIVEN = ("max", "erika", "jürgen", "anna-lena", "o'neil", "x", "jan", "ZOË", "m")
_FAMILY = ("mustermann", "müller", "schmidt", "von-berg", "Groß", "li", "d'angelo", "1")
_FIRMS = ("muster", "mueller", "bau-schmidt", "Meier", "metall", "it-haus", "schuster", "hof", "werk", "müller")
_DOMAINS = (
    "firma.de Firma.DE gmx.de gmail.com t-online.de müller-bau.de xn--mller-kva.de firma.co.uk a.b.firma.at firma.dee"
    " firma.x co.uk firma -firma.de fir_ma.de firma..de straße.ch test.de 192.168.0.1 firma.123 例え.jp firma.museum"
    f" mail.firma-24.com {'a' * 64}.de"
).split()
_JOINTS = (".", ".", ".", "_", "-", "", "+", "..", "/", "&", " ")


def _email(rng: random.Random) -> str:
    """An e-mail cell."""
    local = rng.choice(_GIVEN) + rng.choice(_JOINTS) + rng.choice(_FAMILY)
    if rng.random() < 0.2:
        local = "".join(rng.choices("abcxyz0189._-+'!#/=?{}|~\"(),:; \\äß", k=rng.randint(1, 10)))
    elif rng.random() < 0.5:
        local += _digits(rng, rng.randint(1, 6))
    domain = rng.choice(_DOMAINS)
    if rng.random() < 0.5:
        domain = f"{rng.choice(_FIRMS)}{_digits(rng, 4)}.{rng.choice(('de', 'at', 'ch', 'com'))}"
    address = f"{local}@{domain}"
    if rng.random() < 0.7:
        return address
    shapes = [f" {address}", f"{address} ", f"{address}\u200b", f"Max <{address}>", f"mailto:{address}", f"{address}."]
    shapes += [f"{local}(at){domain}", f"{local} [at] {domain}", f"{address};", f"<{address}>", f"'{address}'", local]
    shapes += [f"{address}; anna@firma.de", f"{address}, anna@firma.de", f"{local}@@{domain}", f"{local} @ {domain}"]
    return rng.choice([*shapes, domain, f"@{domain}", f"{local}@", "-"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both comparisons; 1 where a difference has no rule."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--values", type=int, default=1_000_000, help="values in all, half of them phones")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    half = options.values // 2
    outcomes = [compare_phones(half, options.seed), compare_emails(options.values - half, options.seed)]
    for outcome in outcomes:
        print(outcome.report())
    return int(any(outcome.unexplained for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
