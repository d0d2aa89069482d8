"""Given and family name told apart by the customs of the world: capitals, patronymics, family names that stand first.

Belongs here: which word is which where a custom says so. Does not belong here: the order by known given names
(`enrichment/person/order`), any family name (`data/family_first.csv`). Sources: RFC 6350's notes on names, the French
and Spanish custom of capitals for the family name, the East Slavic order of family name, given name and patronymic,
Spanish and Portuguese second surnames.
"""

from __future__ import annotations

import re
from functools import cache

from engine.word_lists import alternatives, entries
from enrichment.cells.known_names import family_names
from enrichment.cells.word_lists import rows
from enrichment.person.beside_name import name_kinds
from enrichment.person.parts import INITIAL, fold_word, is_given

Cut = tuple[list[str], list[str], bool]
"""Words of the given and of the family name, and whether the latter stood first."""

_HAN, _HANGUL, _KANA = r"\u3400-\u9fff々", r"\uac00-\ud7af", r"\u3040-\u30ff"
_NATIVE = re.compile(rf"[{_HAN}{_HANGUL}{_KANA}]+")
_SYLLABLES = re.compile(  # of Chinese as Pinyin writes it
    r"(?:[bpmfdtnlgkhjqxzcsryw]|zh|ch|sh)?(?:a|ai|an|ang|ao|e|ei|en|eng|er|o|ong|ou|i|ia|ian|iang|iao|ie|in|ing|iong|iu"
    r"|u|ua|uai|uan|uang|ui|un|uo|ü|üe|ue)",
    re.IGNORECASE,
)
_TWO_SYLLABLES = re.compile(rf"(?:{_SYLLABLES.pattern}){{2}}", re.IGNORECASE)
_HALF_JOINED = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]{1,6}-[a-z]{2,7}")  # as Koreans write it
_JOINED = re.compile(r"[^\W\d_]{2,7}-[^\W\d_]{2,7}")  # Ji-sung
_SPELT = 3  # letters from which a word in capitals is no abbreviation


def by_custom(words: list[str]) -> Cut | None:
    """The cut a custom makes of two or more words; null where none does."""
    return _native(words) or _patronymic(words) or _by_capitals(words) or _family_first(words) or _two_surnames(words)


def cut_native(word: str) -> tuple[str, str] | None:
    """(given, family) of a whole name without a blank in Chinese, Japanese or Korean script, where it is certain."""
    if not _NATIVE.fullmatch(word):
        return None
    size = next((size for size in (3, 2, 1) if word[:size] in _first("han") | _first("hangul")), 0)
    return (word[size:], word[:size]) if size and 1 <= len(word) - size <= 2 else None


def may_follow_family(word: str) -> bool:
    """Whether a word begins given names that stand behind the family name: `Văn An`."""
    return word.lower() in _first("middle")


def family_first_names() -> frozenset[str]:
    """Family names, in small letters, that may stand first."""
    return _first("latin")


def _native(words: list[str]) -> Cut | None:
    """`田中 太郎`: always the family name first."""
    return (words[1:], words[:1], False) if len(words) == 2 and all(map(_NATIVE.fullmatch, words)) else None


def _patronymic(words: list[str]) -> Cut | None:
    """`Иванова Мария Петровна`, `Мария Петровна Иванова`: a patronymic goes with the given name."""
    if len(words) != 3:
        return None
    if _is_patronymic(words[1]) and (is_given(words[0]) or not _is_patronymic(words[2])):
        return words[:2], words[2:], False
    if _is_patronymic(words[2]) and not is_given(words[0]):
        return words[1:], words[:1], True
    return None


def _by_capitals(words: list[str]) -> Cut | None:
    """`DUPONT Jean`, `Jean-Pierre LE GALL`: the words in capitals are the family name."""
    loud = [_is_loud(word) for word in words]
    count = sum(loud)
    spelt = any(_is_loud(word) and len(word) >= _SPELT for word in words)
    if not 0 < count < len(words) or not spelt:
        return None
    if all(loud[:count]):
        family, given = words[:count], words[count:]
        known = is_given(given[0]) or not any(is_given(word) or len(word) == _SPELT for word in family)
        return (given, family, True) if known and not any(map(_is_mark, given)) else None
    if all(loud[-count:]) and len(words) > 2:
        return words[:-count], words[-count:], False
    return None


def _family_first(words: list[str]) -> Cut | None:
    """`Park Ji-sung`, `Nguyễn Văn An`, `Wang Xiaoming`: a family name of the list before what only follows one."""
    first, rest = words[0], words[1:]
    if first.lower() not in family_first_names() or any(INITIAL.match(word) for word in words):
        return None
    if len(rest) > 1:
        return (rest, [first], True) if rest[0].lower() in _first("middle") else None
    word = rest[0]
    foreign = word.lower() not in family_first_names() and fold_word(word) not in family_names() and not is_given(word)
    if _HALF_JOINED.fullmatch(word):
        return rest, [first], True
    joined = bool(_JOINED.fullmatch(word)) and not any(map(is_given, word.split("-")))
    spoken = bool(_TWO_SYLLABLES.fullmatch(word)) and len(word) >= _SPELT + 1
    return (rest, [first], True) if foreign and (joined or spoken) else None


def _two_surnames(words: list[str]) -> Cut | None:
    """`Ana Belén Sánchez de la Cruz`: a surname before the particle of the second one is no given name."""
    particles = name_kinds()["second_particle"]
    place = next((at for at in range(2, len(words) - 1) if words[at].lower() in particles), None)
    if place is None or not is_given(words[0]) or is_given(words[place - 1]):
        return None
    end = next((at for at in range(1, place) if not is_given(words[at])), place)
    return words[:end], words[end:], False


def _is_loud(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return len(letters) > 1 and all(letter.isupper() or letter == "ß" for letter in letters) and not _is_mark(word)


def _is_mark(word: str) -> bool:
    """Whether a word in capitals is none of a name: `III`, `J.P.`"""
    return "." in word or word.lower().rstrip(".") in name_kinds()["suffix"] or word.lower() in name_kinds()["degree"]


@cache
def _endings() -> re.Pattern[str]:
    return re.compile(rf".{{3,}}{alternatives(name_kinds()['patronymic'])}", re.IGNORECASE)


def _is_patronymic(word: str) -> bool:
    return _endings().fullmatch(word) is not None


@cache
def _first(kind: str) -> frozenset[str]:
    """Family names of a script, or with `middle` the words behind one."""
    column, middle = ("kind", True) if kind == "middle" else ("script", False)
    found = (row for row in rows("family_first.csv") if row[column] == kind and (row["kind"] == "middle") == middle)
    return frozenset(word for row in found for word in entries(row["words"]))
