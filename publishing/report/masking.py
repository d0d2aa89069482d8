"""Masking: showing what a repair did without showing whose data it was.

Belongs here: masks for values that appear in pages and messages. Does not belong here: which values are shown.
Signs, spaces and the words people put around a value stay readable, because they are what was repaired; letters and
digits that identify somebody become dots. Characters that cannot be seen are named.
"""

from __future__ import annotations

import re

from engine.escaping import visible

DOT = "•"
_WORDS = re.compile(
    r"mailto|at|ät|dot|punkt|oder|und|tel|telefon|fon|phone|mobil|fax|dw|durchwahl|app|"
    r"apparat|nst|ext|p|t|e|mail|email|herr|frau|hr|fr|dr|prof|ing|dipl|mag|postfach|pf|"
    r"co|zhd|z|hd|gmbh|ag|kg|str|straße|strasse|null|unknown"
)
_PLAIN = frozenset(
    (
        *("postcode", "city", "country", "region", "language", "collected_at"),
        *("company", "company_site", "legal_form", "department", "job_title"),
    )
)
_PERSON = re.compile(
    r"(?i)\b((?:z\. ?h(?:d|dn)?\.|zu händen|attn\.?|c/o|frau|herrn?|fr\.|hr\.|inh(?:aber(?:in)?\b|\.|\b):?)\s*)(.+)"
)
_LONGEST = 60


def masked(field: str, value: str | None) -> str:
    """`value` of clean column `field` as it may be shown.

    Towns, companies, job titles and dates are no personal contact data and stay, persons named in them do not;
    everything else keeps its first letters and its shape only.
    """
    if value is None:
        return ""
    shown = (
        _PERSON.sub(lambda found: found[1] + _words(found[2]), value)
        if field in _PLAIN
        else _numbers(value)
        if _is_number(field)
        else _words(value, mail=field.endswith("email"))
    )
    shown = visible(shown).replace("\u00a0", "⟨no-break space⟩")
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def initials(given: str | None, family: str | None) -> str:
    """`A. M.`; a dash where nothing is known."""
    letters = [name.strip()[0].upper() + "." for name in (given, family) if name and name.strip()]
    return " ".join(letters) or "–"


def _is_number(field: str) -> bool:
    return field.startswith(("phone", "mobile", "fax", "other_phones", "ip_address"))


def _numbers(value: str) -> str:
    """The first four digits stay: country and area, not the subscriber."""
    seen = 0
    shown = []
    for letter in _words(value, keep_digits=True):
        seen += letter.isdigit()
        shown.append(DOT if letter.isdigit() and seen > 4 else letter)
    return "".join(shown)


def _words(value: str, *, keep_digits: bool = False, mail: bool = False) -> str:
    def mask(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            return word if keep_digits else DOT * len(word)
        return word if _WORDS.fullmatch(word.lower()) else word[0] + DOT * (len(word) - 1)

    top = re.search(r"\.[a-z]{2,4}(?=\W*$)", value.lower())
    head, tail = (value[: top.start()], value[top.start() :]) if top and ("@" in value or mail) else (value, "")
    return re.sub(r"\d+|[^\W\d_]+", mask, head) + tail
