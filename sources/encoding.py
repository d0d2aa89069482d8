"""Encoding: how the bytes of a text become characters.

Belongs here: finding an encoding (BOM, strict UTF-8, UTF-16 without BOM, then scoring German letters in
cp1252, mac_roman and cp850, with an eye for Polish and Czech in cp1250 and ISO 8859-2). Does not belong here:
characters that were read wrongly before they reached us (`mojibake`).
Source of the scoring rule: general detectors read German cp1252 as cp1250, because they judge bytes by
frequency over many languages; here the question is only which table makes words of the letters around.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = ("cp1252", "mac_roman", "cp850")
_GERMAN = set("äöüÄÖÜß")
_WESTERN = set("éèêëáàâåãçñíìîïóòôõøúùûœæÉÈÊÁÀÂÅÇÑÍÓÔØÚÆ")
# What Polish and Czech letters look like in cp1252, at places where no western language has these signs:
# within a word (`W³odarczyk`, `Nìmec`), or `£` before a small letter.
_CENTRAL = re.compile(r"[^\W\d_][¹³¿][^\W\d_]|£[a-zó]|[^\W\d_][ìù][a-z]|øí")
_CENTRAL_BYTES = ("cp1250", "iso8859_2")
_CENTRAL_LETTERS = set("ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽóáéíúýÓÁÉÍÚÝ")
_SIGNS = set("€§°²³µ«»„“”‚‘’–—…®©™·´ \u00a0½¼¾±×¿¡£¥")


def find_encoding(head: bytes, whole: bool = True) -> str:
    """The encoding of a text, judged from its first bytes.

    Args:
        head: the beginning of the file.
        whole: whether `head` is the whole file; if not, a character cut at its end is no error.

    Returns:
        A Python codec name: utf-8-sig, utf-8, utf-16, utf-16-le, utf-16-be, utf-32, or the best of
        cp1252, mac_roman and cp850, cp1250 or iso8859_2 where letters are plainly Polish or Czech.
    """
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if (wide := _utf16_without_bom(head)) is not None:
        return wide
    if is_utf8(head, whole) or _mostly_utf8(head):
        return "utf-8"
    return best_single_byte(head)


def is_utf8(data: bytes, whole: bool = True) -> bool:
    """Whether `data` is strict UTF-8; with `whole` false a character cut at the end is accepted."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(head: bytes) -> bool:
    """Whether lines in UTF-8 stand among others: exports were joined, and UTF-8 does not come about by chance."""
    beyond_ascii = [line for line in re.split(rb"[\r\n]+", head)[:20_000] if not line.isascii()]
    return sum(is_utf8(line) for line in beyond_ascii) > len(beyond_ascii) * 0.2


def _utf16_without_bom(head: bytes) -> str | None:
    sample = head[:4096]
    if len(sample) < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def best_single_byte(data: bytes) -> str:
    """Which of cp1252, mac_roman and cp850 turns the bytes above 127 into words."""
    around = b"\n".join(re.findall(rb"[^\x80-\xff]{0,2}[\x80-\xff]+[^\x80-\xff]{0,2}", data)[:20_000])
    scores = {name: _score(around.decode(name, errors="replace")) for name in _SINGLE_BYTE}
    best = max(_SINGLE_BYTE, key=lambda name: scores[name])
    return _central(around) if best == "cp1252" and _is_central(around.decode(best, errors="replace")) else best


def _is_central(text: str) -> bool:
    beyond_ascii = sum(1 for char in text if ord(char) > 127)
    return len(_CENTRAL.findall(text)) >= max(2, beyond_ascii * 0.1)


def _central(data: bytes) -> str:
    """Which of the two tables gives the more Polish and Czech letters."""
    letters = {name: data.decode(name, errors="replace") for name in _CENTRAL_BYTES}
    return max(_CENTRAL_BYTES, key=lambda name: sum(char in _CENTRAL_LETTERS for char in letters[name]))


def _score(text: str) -> float:
    score = 0.0
    for place, char in enumerate(text):
        if ord(char) < 128:
            continue
        before = text[place - 1] if place else "\n"
        after = text[place + 1] if place + 1 < len(text) else "\n"
        in_word = before.isalpha() or after.isalpha()
        wrong_case = char.isupper() and before.islower()
        if char in _GERMAN:
            capital = char.isupper() and not before.isalpha()  # German words begin with one more often than not
            score += (3.0 if in_word else 0.5) - (4.0 if wrong_case else 0.0) + (0.5 if capital else 0.0)
        elif char in _WESTERN:
            score += (1.0 if in_word else -0.5) - (2.5 if wrong_case else 0.0)
        elif char in _SIGNS:
            score += 0.3 if not (before.isalpha() and after.isalpha()) else -1.0
        else:
            score -= 2.0
    return score
