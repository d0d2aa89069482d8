"""Plain values: one way to write a value as text, so that ours and theirs can be compared and counted in columns.

Belongs here: text of a value, the value of a text, and a short hash by which a value is known again without being kept.
Does not belong here: how a target shows a value (`delivery.target`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b

from delivery.record import Value


class Form(StrEnum):
    """What sort of value a text stands for."""

    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    TAGS = "tags"


def plain(value: Value) -> str | None:
    """The text of a value; None for what is empty, whichever way that is written.

    Example:
        >>> plain(True), plain(12.0), plain(["b", "a"]), plain(""), plain([])
        ('true', '12', '["a", "b"]', None, None)
    """
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(sorted(set(value)), ensure_ascii=False) if value else None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def typed(text: str, form: Form) -> Value:
    """The value a text stands for; the way back from `plain`."""
    match form:
        case Form.FLAG:
            return text == "true"
        case Form.NUMBER:
            return float(text) if "." in text or "e" in text else int(text)
        case Form.TAGS:
            return list(map(str, json.loads(text)))
    return text


def moment(text: str) -> str:
    """A point in time as the engine writes it, whichever way ISO 8601 has it; what is none stays as it is.

    Example:
        >>> moment("2026-03-01T01:00:00.000+0100"), moment("soon")
        ('2026-03-01T00:00:00Z', 'soon')
    """
    try:
        then = datetime.fromisoformat(text)
        return f"{then.replace(tzinfo=then.tzinfo or UTC).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError):
        return text


def digest(text: str) -> str:
    """A value known again: 64 bits, kept where the value itself need not be."""
    return blake2b(text.encode(), digest_size=8).hexdigest()
