"""Choices: what an installation may opt into.

Belongs here: the switches of the issue of privacy and of network use, off unless asked for. Does not belong
here: settings of one source (`sources/<source>.toml`) or places on disk (`assets.resources.home`).
"""

from __future__ import annotations

import os
from typing import Literal, get_args

import dagster as dg

from publishing.retention import Retention

_YES = frozenset({"1", "true", "yes", "on", "ja"})
_NO = frozenset({"", "0", "false", "no", "off", "nein"})


RuleFailures = Literal["publish", "stop"]


class NotAChoice(ValueError):  # noqa: N818 - an answer to a wrong setting, not a fault of the program
    """A setting says nothing that is a choice."""


class Choices(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opt-ins of a run.

    `check_deliverability` asks the name service for the mail servers of domains and keeps the answers, dated.
    `truncate_ips` keeps addresses cut to /24 (IPv4) or /48 (IPv6), in whatever is stored of a file.
    `rule_failures` says whether the rest is published where a rule broke on some records, or nothing.
    `keep_publications` and `keep_days` say how many publications stay, and how long.
    """

    check_deliverability: bool = False
    truncate_ips: bool = False
    rule_failures: RuleFailures = "publish"
    keep_publications: int = Retention().publications
    keep_days: int = Retention().days

    @property
    def retention(self) -> Retention:
        return Retention(self.keep_publications, self.keep_days)


def choices_from_environment() -> Choices:
    """`LEADS_CHECK_DELIVERABILITY=1` and `LEADS_TRUNCATE_IPS=1` opt in; `LEADS_RULE_FAILURES` is publish or stop;
    `LEADS_KEEP_PUBLICATIONS` and `LEADS_KEEP_DAYS` are numbers.

    Raises:
        NotAChoice: one of them says something else; privacy is not guessed.
    """
    return Choices(
        check_deliverability=_is_set("LEADS_CHECK_DELIVERABILITY"),
        truncate_ips=_is_set("LEADS_TRUNCATE_IPS"),
        rule_failures=_on_rule_failures("LEADS_RULE_FAILURES"),
        keep_publications=_number("LEADS_KEEP_PUBLICATIONS", Retention().publications, least=2),
        keep_days=_number("LEADS_KEEP_DAYS", Retention().days, least=1),
    )


def _on_rule_failures(name: str) -> RuleFailures:
    said = os.environ.get(name, "").strip().lower() or "publish"
    for choice in get_args(RuleFailures):
        if said == choice:
            return choice  # type: ignore[no-any-return]
    raise NotAChoice(f"{name}={said} is no choice; set it to publish or stop")


def _number(name: str, default: int, least: int) -> int:
    said = os.environ.get(name, "").strip() or str(default)
    if not said.isdecimal() or int(said) < least:
        raise NotAChoice(f"{name}={said} is no number from {least} on")
    return int(said)


def _is_set(name: str) -> bool:
    said = os.environ.get(name, "").strip().lower()
    if said not in _YES | _NO:
        raise NotAChoice(f"{name}={said} says neither yes nor no; set it to 1 or 0")
    return said in _YES
