"""The targets there are, by name, and how one is reached.

Belongs here: the list, and what of the environment is one target's. Does not belong here: talking to it
(`delivery.targets`). What a target needs is loaded when it is asked for, and no sooner.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from delivery.target import Target
from delivery.understood import Understood

TARGETS: dict[str, str] = {
    "odoo": "delivery.targets.odoo",
    "hubspot": "delivery.targets.hubspot",
    "salesforce": "delivery.targets.salesforce",
    "tryton": "delivery.targets.tryton",
}


class UnknownTarget(ValueError):  # noqa: N818 - says what was found
    """No target of that name."""


def settings_of(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a target, by what follows its prefix in lower case.

    Example:
        >>> settings_of("odoo", {"LEADS_ODOO_URL": "http://127.0.0.1:8069", "LEADS_HOME": "/srv"})
        {'url': 'http://127.0.0.1:8069'}
    """
    prefix = f"LEADS_{name.upper()}_"
    return {key.removeprefix(prefix).lower(): text for key, text in environment.items() if key.startswith(prefix)}


def configured(environment: Mapping[str, str]) -> list[str]:
    """The targets of which the environment says anything."""
    return [name for name in TARGETS if settings_of(name, environment)]


def connect(name: str, environment: Mapping[str, str]) -> Target:
    """The target, reached with the settings the environment has for it.

    Raises:
        TargetError: a setting is missing or wrong, or it cannot be reached.
    """
    return Understood(import_module(TARGETS[name]).connect(settings_of(name, environment)))
