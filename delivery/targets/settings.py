"""What a target has to be told before it can be reached.

Belongs here: taking an adapter's settings, and naming the variable of one that is missing. Does not belong here: which
settings there are (each adapter), reading the environment (`delivery.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping

from delivery.target import UnauthorisedError


def needed(target: str, settings: Mapping[str, str], variables: Mapping[str, str], **unset: str) -> dict[str, str]:
    """The settings of a target.

    Args:
        target: its name, for messages.
        settings: what the environment says, by the names of settings.
        variables: the variable of each setting.
        unset: what a setting is where nothing is said; without it, it has to be said.

    Raises:
        UnauthorisedError: something has to be said and is not; the message names the variable.

    Example:
        >>> needed("HubSpot", {"token": " pat "}, {"token": "LEADS_HUBSPOT_TOKEN", "url": "LEADS_HUBSPOT_URL"}, url="x")
        {'token': 'pat', 'url': 'x'}
    """
    found = {name: settings.get(name, "").strip() or unset.get(name) for name in variables}
    missing = [variables[name] for name, value in found.items() if value is None]
    if missing:
        raise UnauthorisedError(
            f"{target} is not reached without {', '.join(missing)}: docs/targets.md says what it is"
        )
    return {name: value for name, value in found.items() if value is not None}
