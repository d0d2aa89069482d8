"""What stands in a name cell and is no name: functions, signing marks, greetings, templates, formulas.

Belongs here: telling them from a name and taking them off it. Does not belong here: titles and salutations
(`enrichment/person/titles`), departments (`enrichment/job/department`). A function is taken off only where a
known given name, a salutation or a title follows, since Pfarrer, Notar and Leiter are family names too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial

from engine.word_lists import alternatives, hints, spelt
from enrichment.cells.placeholders import no_value_words
from enrichment.cells.recipients import ATTENTION, CARE_OF
from enrichment.cells.word_lists import any_of, by_kind, of_kinds
from enrichment.job.department import department_words, names_department
from reference import salutations

_TEMPLATE = re.compile(
    r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|\*\|.+\|\*|%[\w.]+%|<%.*%>|"
    r"[\[<{](?:(?:vor|nach|first|last|full|sur|user)?[ _-]?name|first|last)[\]>}]|"
    r"\[object \w+\]|%%.*%%|^\s*([@#])\w+\1(?:\s+\1\w+\1)*\s*$|^\s*\$\w+",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"^\s*(?:[=@+].*[|!()^]|-\w+\||[=@+-]\s*[\d(]|=\s*\w+\d)", re.DOTALL)
_CODE_SIGN = re.compile(r"[{%$*<\[|]|^\s*[=@#+-]")
_any = partial(any_of, "name_words.csv")
_LABEL = re.compile(rf"^{_any('label')}\s*:\s*|^{_any('label_short')}\s+|^{alternatives(CARE_OF)}[\s:]+", re.IGNORECASE)
_GREETING = re.compile(rf"^{_any('greeting')}[\s,]+(?=\S)", re.IGNORECASE)
_MARK = rf"(?:(?-i:{_any('signing_initials')})|{_any('signing_mark')})"
_MARK_FRONT = re.compile(rf"^{_MARK}\s+(?=\S)", re.IGNORECASE)
_MARK_BACK = re.compile(rf"(?<=\S)[\s,]+{_MARK}$", re.IGNORECASE)
_TEAM_BACK = re.compile(rf"(?<=\S)\s*(?:\bund|\bu\.|&|\+)\s*{_any('colleagues')}$", re.IGNORECASE)
_BESIDE = ("label_short", "greeting", "signing_mark", "signing_initials", "colleagues")
_MANNERS = [*CARE_OF, *of_kinds("name_words.csv", *_BESIDE)]
_MANNERS_HINT = re.compile(alternatives([":", *hints(_MANNERS)]), re.IGNORECASE)
_TO = re.compile(
    rf"^(?:{_any('recipient')}|{alternatives(ATTENTION)}|"
    rf"{alternatives(salutations.IN_LINE)})\s+",
    re.IGNORECASE,
)


def is_code(text: str) -> bool:
    """Whether a cell holds an unfilled template, a spreadsheet formula or a number in place of a name."""
    if not _CODE_SIGN.search(text):
        return False
    return _FORMULA.search(text) is not None or _TEMPLATE.search(text) is not None


def without_manners(text: str) -> str:
    """Labels, greetings and signing marks off both ends."""
    if not _MANNERS_HINT.search(text):
        return text
    plain = _MARK_FRONT.sub("", _GREETING.sub("", _LABEL.sub("", text)))
    return _TEAM_BACK.sub("", _MARK_BACK.sub("", plain))


def without_function(text: str, is_person: Callable[[str], bool], least: int) -> str:
    """`Prokurist Peter Klein`, `Einkauf: Peter Klein` or `Peter Klein GF` without the function.

    `least` words remain, the first of them a person's, and the last no given name where the function stood behind.
    """
    words = text.split(" ")
    start, end = 0, len(words)
    while start < end and _is_function(words[start]):
        start += 1
    if start and (end - start < least or not is_person(words[start])):
        return text
    if start < end and is_person(words[start]):
        while end - start > 2 and words[end - 1].lower() in name_kinds()["function"]:
            end -= 1
        if end < len(words) and is_person(words[end - 1]):
            end = len(words)  # Anna Maria Leiter
    return " ".join(words[start:end])


def _is_function(word: str) -> bool:
    """Whether a word before a name is a function, or a department that is nobody's name."""
    lower = word.lower().rstrip(":")
    department = lower in department_words() and lower not in name_kinds()["particle"]
    return department or lower.rstrip(".") in name_kinds()["function"]


def without_recipient(text: str) -> str:
    """A text without what addresses it: `An die`, `z.Hd.`, `Frau`."""
    return _TO.sub("", text)


def is_role(folded: str) -> bool:
    """Whether small-letter text names a function or department in place of a person."""
    bare = without_recipient(folded)
    if bare in name_kinds()["role"] or names_department(bare):
        return True
    words = bare.split()
    if len(words) < 2:
        return False
    first, rest = words[0].rstrip("."), [word for word in words[1:] if word not in name_kinds()["small"]]
    known = _duties()
    if first in name_kinds()["office"] or words[:2] == ["head", "of"]:
        return len(rest) < 3
    return first in known and all(word in known for word in rest)


@cache
def _duties() -> frozenset[str]:
    return name_kinds()["role"] | name_kinds()["function"] | department_words()


@cache
def name_kinds() -> dict[str, frozenset[str]]:
    """The words of `data/name_words.csv` by kind; walks along the keyboard are junk, too."""
    kinds = {kind: frozenset(words) for kind, words in by_kind("name_words.csv").items()}
    placeholders = frozenset(spelt(no_value_words("name")))
    return kinds | {"junk": kinds["junk"] | keyboard_walks(), "placeholder": placeholders}


@cache
def keyboard_walks() -> frozenset[str]:
    """Five or more neighbouring keys of a row, to the right or to the left."""
    rows = [row for line in by_kind("keyboard.csv")["row"] for row in (line, line[::-1])]
    return frozenset(row[start:end] for row in rows for end in range(len(row) + 1) for start in range(end - 4))
