"""Choices: what an installation may opt into.

Belongs here: the switches of the issue of privacy and of network use, off unless asked for. Does not belong
here: settings of one source (`sources/<source>.toml`) or places on disk (`assets.resources.home`).
"""

from __future__ import annotations

import os
from typing import Any, Literal, get_args

import dagster as dg

from publishing.publish import Wait
from publishing.report.words import LANGUAGES, Language
from publishing.retention import Retention

_YES = frozenset({"1", "true", "yes", "on", "ja"})
_NO = frozenset({"", "0", "false", "no", "off", "nein"})


RuleFailures = Literal["publish", "stop"]
RuleChange = Literal["publish", "hold"]


class NotAChoice(ValueError):  # noqa: N818 - an answer to a wrong setting, not a fault of the program
    """A setting says nothing that is a choice."""


class Choices(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opt-ins of a run.

    `check_deliverability` asks the name service for the mail servers of domains and keeps the answers, dated.
    `truncate_ips` keeps addresses cut to /24 (IPv4) or /48 (IPv6), in whatever is stored of a file.
    `rule_failures` says whether the rest is published where a rule broke on some records, or nothing.
    `rule_change` says whether a night by other rules than the publication before is published, or waits for a person.
    `dry` holds the night whatever it changed, to be looked at.
    `keep_publications` and `keep_days` say how many publications stay, and how long.
    `language` is that of the report page.
    """

    check_deliverability: bool = False
    truncate_ips: bool = False
    rule_failures: RuleFailures = "publish"
    rule_change: RuleChange = "publish"
    dry: bool = False
    keep_publications: int = Retention().publications
    keep_days: int = Retention().days
    language: Language = "en"

    @property
    def retention(self) -> Retention:
        return Retention(self.keep_publications, self.keep_days)

    @property
    def wait(self) -> Wait:
        return Wait(dry=self.dry, rules=self.rule_change == "hold")

    @property
    def of_rules(self) -> dict[str, str]:
        """The choices that decide values, as the versions of a publication tell them."""
        return {"check_deliverability": str(self.check_deliverability), "truncate_ips": str(self.truncate_ips)}


def choices_from_environment() -> Choices:
    """`LEADS_CHECK_DELIVERABILITY=1` and `LEADS_TRUNCATE_IPS=1` opt in; `LEADS_RULE_FAILURES` is publish or stop,
    `LEADS_RULE_CHANGE` publish or hold;
    `LEADS_KEEP_PUBLICATIONS` and `LEADS_KEEP_DAYS` are numbers; `LEADS_LANGUAGE` is en or de.

    Raises:
        NotAChoice: one of them says something else; privacy is not guessed.
    """
    return Choices(
        check_deliverability=_is_set("LEADS_CHECK_DELIVERABILITY"),
        truncate_ips=_is_set("LEADS_TRUNCATE_IPS"),
        rule_failures=_one_of(get_args(RuleFailures), "LEADS_RULE_FAILURES"),
        rule_change=_one_of(get_args(RuleChange), "LEADS_RULE_CHANGE"),
        keep_publications=number("LEADS_KEEP_PUBLICATIONS", Retention().publications, least=2),
        keep_days=number("LEADS_KEEP_DAYS", Retention().days, least=1),
        language=_one_of(LANGUAGES, "LEADS_LANGUAGE"),
    )


def _one_of(choices: tuple[Any, ...], name: str) -> Any:
    """What the variable says; unset, the first of the choices."""
    said = os.environ.get(name, "").strip().lower() or choices[0]
    if said not in choices:
        raise NotAChoice(f"{name}={said} is no choice; set it to {' or '.join(choices)}")
    return said


def number(name: str, default: int, least: int) -> int:
    """The number the variable says, else the default.

    Raises:
        NotAChoice: it says none, or one that is too small.
    """
    said = os.environ.get(name, "").strip() or str(default)
    if not said.isdecimal() or int(said) < least:
        raise NotAChoice(f"{name}={said} is no number from {least} on")
    return int(said)


def _is_set(name: str) -> bool:
    said = os.environ.get(name, "").strip().lower()
    if said not in _YES | _NO:
        raise NotAChoice(f"{name}={said} says neither yes nor no; set it to 1 or 0")
    return said in _YES
