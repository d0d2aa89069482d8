"""Opening hours beside a phone number: taken off before the digits are read.

Belongs here: telling hours from digits of the number. Does not belong here: any word (`data/phone_words.csv`), reading
the number (`enrichment/phone/notation`). A span of hours without a sign (`9-12`) is one in brackets or behind a day or
a word such as `von` only: without them it may be the end of the number with its extension.
"""

from __future__ import annotations

import re

from engine.word_lists import alternatives
from enrichment.cells.word_lists import by_kind

_WORDS = by_kind("phone_words.csv")
_BEGIN, _END = r"(?<![^\W\d_])", r"(?![^\W\d_])"  # no letter before, none behind
DAY = rf"{_BEGIN}{alternatives(_WORDS['weekday'])}{_END}"
_DAYS = rf"(?:{DAY}|{_BEGIN}{alternatives(_WORDS['every_day'])}{_END})\.?"
_TO = rf"\s*(?:[-–/]|{_BEGIN}{alternatives(_WORDS['hours_to'])}{_END})\s*"
_WORD = rf"{_BEGIN}{alternatives(_WORDS['hours'])}{_END}"
_UNIT = rf"\s?{alternatives(_WORDS['hour_unit'])}{_END}"
_HOUR = r"(?<![\d.,])(?:[01]?\d|2[0-4])"
_MINUTES = r"[0-5]\d(?!\d)"
_TIME = rf"{_HOUR}(?:[:.h]{_MINUTES})?(?:{_UNIT})?(?!\d)"
_SURE = rf"{_HOUR}(?:[:h]{_MINUTES}(?:{_UNIT})?|(?:\.{_MINUTES})?{_UNIT})"
_SPAN = rf"{_TIME}{_TO}{_TIME}"
_SURE_SPAN = rf"(?:{_SURE}{_TO}{_TIME}|{_TIME}{_TO}{_SURE})"
_ALWAYS = rf"(?<!\d)(?:24\s?/\s?7|24{_UNIT})(?!\d)"
_BEFORE = rf"(?>(?:{_WORD}|{_DAYS})[\s,:&+/–-]*+)"  # tried in one way only, however many words stand there
_TOLD = rf"(?:{_BEFORE}*+(?:{_SURE_SPAN}|{_ALWAYS})|{_BEFORE}++(?:{_SPAN}|{_SURE})|{_DAYS}{_TO}{_DAYS})"
_BEHIND = re.compile(rf"(?<=[\d\s])[\s,;(\[]{{0,4}}{_TOLD}(?:[\s,;&/]*{_TOLD})*[\s.)\]]*(?=$|[^\d\s])", re.IGNORECASE)
_FRONT = re.compile(rf"^[(\[]?{_BEFORE}++(?:{_SPAN}|{_SURE})[)\]]?[\s:]+(?=\D{{0,3}}\d)", re.IGNORECASE)
_ONE = rf"(?:{_SPAN}|{_SURE}|{_ALWAYS})"
_BRACKETED = re.compile(
    rf"(?<=\d)\s*[(\[](?:[^\d()\[\]]*+{_ONE})++[^\d()\[\]]*[)\]]",
    re.IGNORECASE,
)


def without_hours(text: str) -> str:
    """A phone cell without the hours at which one may call: `0711 1234567 (9-12h)` is `0711 1234567`."""
    bare = _BRACKETED.sub(" ", text) if "(" in text or "[" in text else text
    return _FRONT.sub("", _BEHIND.sub(" ", bare)).strip()
