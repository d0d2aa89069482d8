"""Permission: by which channels the law lets a lead be contacted for advertising, and why or why not.

Belongs here: the verdict per channel (`contracts.statuses.PERMISSION`) by the rules of `publishable.csv`, and reading
them with those of a home. Does not belong here: what a lead consents to (`matching.golden`), other reasons to keep a
lead from sales (`publishing.block_reasons`).
An objection or a suppression list outranks every rule. This is a machine's reading of the law and no legal advice.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.fence import read_regular

MAIL = pl.col("email").is_not_null() & pl.col("email_status").is_in(["valid", "risky", "unknown"])
_PHONE = pl.col("phone").is_not_null() & pl.col("phone_status").is_in(["valid", "possible"])
_MOBILE = pl.col("mobile").is_not_null() & pl.col("mobile_status").is_in(["valid", "possible"])
CALL = _PHONE | _MOBILE
ALLOWS = ("consented", "existing_customer", "presumed")
ANY_COUNTRY = "*"

_BUSINESS = pl.col("account_id").is_not_null() | pl.col("company_domain").is_not_null()
_SUFFICES = {
    "confirmed": ("confirmed",),
    "granted": ("confirmed", "granted"),
    "presumed": ("confirmed", "granted"),
    "never": (),
}
_WORDS = {
    "channel": ("email", "phone"),
    "addressee": ("business", "private"),
    "needs": tuple(_SUFFICES),
    "customers": ("yes", "no"),
}
_COLUMNS = ("country", *_WORDS, "law")


class Rule(NamedTuple):
    """What one country's law asks for before an addressee may be contacted by a channel."""

    country: str
    channel: str
    addressee: str
    needs: str
    customers: str
    law: str


Rules = dict[tuple[str, str, str], Rule]  # by country, channel, addressee


@cache
def usual_rules() -> Rules:
    """The rules every home begins with."""
    path = Path(__file__).with_name("publishable.csv")
    return _rules(path, path.read_text(encoding="utf-8"))


def read_rules(path: Path) -> Rules:
    """The usual rules, with those of a home's own file in their places.

    Raises:
        ValueError: a column is missing or a word not known; names file, line and remedy. Never half a table of rules.
        OSError: the file is there and cannot be read.
    """
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return usual_rules()
    try:
        return usual_rules() | _rules(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8; save it as CSV UTF-8") from error
    except csv.Error as error:
        raise ValueError(f"{path} is no CSV ({error}); close its quotes, and save it again") from error


def rule_of(rules: Rules, country: str | None, channel: str, addressee: str) -> Rule:
    """The rule that judges a channel of a lead: that of its country, else the one for any country."""
    return rules.get((country or ANY_COUNTRY, channel, addressee)) or rules[ANY_COUNTRY, channel, addressee]


def permissions(leads: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """may_email, email_permission, may_call, call_permission of each lead.

    Args:
        leads: `matching.golden.golden_leads.GOLDEN` with account_id.
        rules: `read_rules`.
    """
    email, call = (_verdict(channel, usable, rules) for channel, usable in (("email", MAIL), ("phone", CALL)))
    verdicts = leads.with_columns(_addressee=pl.when(_BUSINESS).then(pl.lit("business")).otherwise(pl.lit("private")))
    return verdicts.select(email_permission=email, call_permission=call).select(
        pl.col("email_permission").is_in(ALLOWS).alias("may_email"),
        "email_permission",
        pl.col("call_permission").is_in(ALLOWS).alias("may_call"),
        "call_permission",
    )


def _verdict(channel: str, usable: pl.Expr, rules: Rules) -> pl.Expr:
    said = pl.col(f"consent_{channel}").fill_null("unknown")
    asked = {(rule.country, rule.addressee): rule for rule in rules.values() if rule.channel == channel}
    needs, customers = (_of_rule(name, asked) for name in ("needs", "customers"))
    suffices = pl.any_horizontal((needs == word) & said.is_in(enough) for word, enough in _SUFFICES.items())
    verdicts = (
        ("missing", ~usable),
        ("suppressed", pl.col(f"{channel}_suppressed")),
        ("objected", pl.col("opted_out") | (said == "refused")),
        ("in_doubt", said == "unclear"),
        ("consented", suffices),
        ("existing_customer", pl.col(f"{channel}_customer") & (customers == "yes") & (needs != "never")),
        ("presumed", needs == "presumed"),
        ("unconfirmed", (said == "granted") & (needs == "confirmed")),
    )
    return pl.coalesce(
        *(pl.when(holds.fill_null(False)).then(pl.lit(word)) for word, holds in verdicts), pl.lit("not_consented")
    )


def _of_rule(name: str, asked: dict[tuple[str, str], Rule]) -> pl.Expr:
    """The word of the rule for each lead's country and addressee, else of the one for any country."""
    words = {f"{country} {addressee}": getattr(rule, name) for (country, addressee), rule in asked.items()}
    keys = (pl.col("country"), pl.lit(ANY_COUNTRY))
    return pl.coalesce(
        pl.concat_str(key, "_addressee", separator=" ").replace_strict(words, default=None, return_dtype=pl.String)
        for key in keys
    )


def _rules(path: Path, text: str) -> Rules:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line and line[0] != "#"]
    rows = csv.DictReader(line for _, line in lines)
    if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
        raise ValueError(f"{path}: column {', '.join(missing)} is missing; the header is {','.join(_COLUMNS)}")
    rules = [_rule(path, lines[rows.line_num - 1][0], row) for row in rows]
    return {rule[:3]: rule for rule in rules}


def _rule(path: Path, number: int, row: dict[str, str | None]) -> Rule:
    rule = Rule(*((row[name] or "").strip() for name in _COLUMNS))
    country = rule.country
    if country != ANY_COUNTRY and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise ValueError(f"{path}, line {number}: {country!r} is no country; use a code such as DE, or *")
    for name, words in _WORDS.items():
        if (word := getattr(rule, name)) not in words:
            raise ValueError(f"{path}, line {number}: {name} {word!r} is not known; use {' or '.join(words)}")
    if (rule.channel, rule.needs) == ("phone", "confirmed"):
        raise ValueError(f"{path}, line {number}: double opt-in confirms addresses; for phone use granted")
    if not rule.law:
        raise ValueError(f"{path}, line {number}: say in law why this is so")
    return rule
