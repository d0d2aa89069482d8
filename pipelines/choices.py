"""Choices: what an installation may opt into.

Belongs here: the switches of the issue of privacy and of network use, off unless asked for. Does not belong
here: settings of one source (`sources/<source>.toml`) or places on disk (`pipelines.home`).
"""

from __future__ import annotations

import os

import dagster as dg

_YES = frozenset({"1", "true", "yes", "on", "ja"})


class Choices(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opt-ins of a run.

    `check_deliverability` asks the name service for the mail servers of domains and keeps the answers, dated.
    `truncate_ips` stores addresses cut to /24 (IPv4) or /48 (IPv6); they are located in full first.
    """

    check_deliverability: bool = False
    truncate_ips: bool = False


def choices_from_environment() -> Choices:
    """`LEADS_CHECK_DELIVERABILITY=1` and `LEADS_TRUNCATE_IPS=1` opt in."""
    return Choices(
        check_deliverability=_is_set("LEADS_CHECK_DELIVERABILITY"), truncate_ips=_is_set("LEADS_TRUNCATE_IPS")
    )


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").strip().lower() in _YES
