"""Placeholders: what people type into a field they have nothing to say in.

Belongs here: words and marks that mean `no value` in a contact field. Does not belong here: invented
names and companies (their own modules know those).
"""

from __future__ import annotations

import re

PLACEHOLDER = (
    r"(?i)^[\s\W_]*$|^(?:k\.? ?a\.?|n/?\.?a\.?|n\.? ?v\.?|o\. ?a\.|s\. ?o\.|keine?(?: angaben?)?"
    r"|keine? (?:e-?mail|mail|telefon|handy|nummer|fax)(?:adresse)?|nicht (?:bekannt|vorhanden|angegeben|genannt)"
    r"|none|null|nil|nan|unbekannt|unknown|ohne(?: angabe)?|folgt|fehlt|leer|empty|tbd|entfällt|privat|anonym"
    r"|x+|nein|no|nichts|nope|siehe oben|dito|test|asdf"
    r"|#(?:nv|n/a|name\??|wert!?|value!?|ref!?|bezug!?|null!?)|(?:liegt|lag) nicht vor|nicht zutreffend)$"
)
_PATTERN = re.compile(PLACEHOLDER)


def is_placeholder(text: str) -> bool:
    """Whether the text says that there is no value."""
    return _PATTERN.match(text.strip()) is not None
