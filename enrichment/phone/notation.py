"""Notations: what people, forms and spreadsheets write into a phone cell, read into digits.

Belongs here: labels, separators, brackets, extension words, several numbers in a cell, damage.
Does not belong here: which country a number is of or whether it exists (`enrichment/phone/numbering`,
`enrichment/phone/country`). `read_cell` is the reference for one cell; `enrichment/phone/reading` answers the usual
shapes by column and a test holds the two against each other. Sources: DIN 5008 (blocks, hyphen before
the extension), ITU-T E.123, RFC 3966 (`tel:`), and what German, Austrian and Swiss lead lists hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from engine.word_lists import alternatives
from enrichment.cells.no_value import LONGEST
from enrichment.cells.placeholders import FORMULA_ERROR, is_placeholder
from enrichment.cells.word_lists import by_kind, words
from enrichment.phone.hours import DAY, without_hours
from enrichment.phone.numbering import calling_codes, trunk_zero


class Written(NamedTuple):
    """One number as written.

    `label` is phone, mobile, fax or empty; `digits` all digits without the extension; `extension` and
    `how` (hyphen, slash, direct, internal, pause) where one is marked; `problem` a reason code where it cannot be read
    as a number at all; `rule` what had to be undone to read it, as a reason code.
    """

    label: str
    digits: str
    international: bool
    extension: str | None = None
    how: str | None = None
    problem: str | None = None
    rule: str | None = None


_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－⁃"), "-")
_QUOTES = re.compile(r"""^=?["'`´’‘“”]+|["'`´’‘“”]+$""")
_CHAT = re.compile(r"^(?:https?://)?(?:wa\.me/|(?:\w+\.)?whatsapp\.com/send/?\?phone=)(?:\+|%2B)?(\d+)[/?&]?\S*$", re.I)
_EXCEL = re.compile(
    r"^(?:[a-z]+[.:]+ ?)?[+-]?\d{1,2}(?:[., ]\d+)? ?[eE] ?\+?\d{1,4}(?:,00)?$|^#+$"
    rf"|^{FORMULA_ERROR}$",
    re.I,
)
_DAMAGED_FIRST = re.compile(r"^\d{1,2}[.,]\d+ ?[eE] ?\+\d{1,3}\s*[/,;|]\s*(?=\S)")
_FLOAT = re.compile(r"^(\d{6,15})[.,]0{1,2}$")
_WORDS = by_kind("phone_words.csv")
_LABELS = {
    "fax": _WORDS["label_fax"] + _WORDS["letter_fax"],
    "mobile": _WORDS["label_mobile"] + _WORDS["letter_mobile"],
    "phone": _WORDS["label_phone"] + _WORDS["label_place"] + _WORDS["letter_phone"],
}
PHONE_LABEL = alternatives(_LABELS["phone"])
_ALONE = r"(?![^\W\d_])"  # no letter follows
_LABEL = re.compile(
    rf"(?<![^\W\d_])(?:{'|'.join(f'(?P<{name}>{alternatives(said)})' for name, said in _LABELS.items())}){_ALONE}"
    r"\s*[.:=]*",
    re.I,
)
DIRECT, INTERNAL = alternatives(_WORDS["direct"]), alternatives(_WORDS["internal"])
"""The words before an extension that dials through, and before one that only an operator or a machine takes."""
_EXTENSION = re.compile(
    rf"[\s,;/([-]*(?<![^\W\d_])(?:(?P<direct>{DIRECT})|(?P<internal>{INTERNAL})){_ALONE}\.?\s*[:=.-]*\s*"
    r"(?P<digits>\d{1,6})[\])]?\s*$",
    re.I,
)
_EXTENSION_NUMBER = re.compile(  # `ext. no. 12`
    rf"(?<![^\W\d_])({DIRECT}|{INTERNAL}){_ALONE}\.?\s*"
    rf"{alternatives(_WORDS['extension_number'])}{_ALONE}\.?\s*(?=\d)",
    re.I,
)
# Signs that make a telephone wait before it dials what follows: `0711 1234567,12`, `0711 1234567p12`.
_PAUSE = re.compile(
    r"(?<=\d)\s*(?:(?:[,;]\s?){2,20}+(?P<code>\d{1,12})|(?:[,;]|\s?[pw]\s?)(?P<close>\d{1,5})|[,;]\s(?P<apart>\d{1,4}))"
    r"\s*#?\s*$",
    re.IGNORECASE,
)
_ZERO_REPLACED = re.compile(r"\s*-\s*(?:0\s*-|\(0\)\s*-?)\s*(\d{1,5})$")  # `1234 - 0 - 56`, `1234-(0)56`
# Further extensions of the same trunk: `1234-10/11`, `1234-10...-15`, `1234/-11/-12`, `123456 +11`.
_ALSO = re.compile(
    r"^(?P<head>.*?\d)(?P<rest>(?:\s*(?:/|\.{2,3}|…|,|\+|\()\s*-\s*\d{1,4}\)?|\s+\+\s?\d{1,2})+)$"
    r"|^(?P<hyphened>[^-]*\d\s?-\s?\d{1,4})(?P<others>(?:\s*(?:/|\.{2,3}|…|,)\s*\d{1,4})+)$"
)
_SWITCHBOARD = re.compile(r"\s*[-/]\s*0{1,2}\s*$")
_ZERO_APART = re.compile(r"\s+0\s*$")  # the same behind a blank, where enough stands before it
_TAIL = re.compile(r"\s*[-/]\s*(\d{1,5})\s*$")
_HARD = re.compile(
    rf"[;|\n\r\t]+(?!\s*(?:{DIRECT}|{INTERNAL}){_ALONE})|\s{alternatives(words('linking_words.txt'))}\s", re.I
)
_SOFT = re.compile(
    r"[\s,/]{1,4}[^\W\d_]{1,20}[.:]?\s*(?=\+)|\s*[/,]\s*|\s+(?=\(?(?:\+|0))|(?<=\d)(?=\+)|-(?=01[5-7]\d\s*/)"
)
_BESIDE = re.compile(r"^\s*-\s*(\d{1,5})[\s,.]*$")  # `Tel. 0711 1234-0, Fax -99`
_LETTER = re.compile(r"[^\W\d_]")
_COMMENT = re.compile(r"\([^()\d]*\)|\[[^\[\]\d]*\]")
_REMARK = re.compile(r"^(?:[^\W\d_]{2,}[.,:]?\s+)+(?=[+(\d])|(?<=\d)(?:\s*[-–]?\s+[^\W\d_]{2,}[.,!]*)+$")
# Dates and amounts that slipped into the column; a date with slashes or hyphens in either order, its year in full or,
# with slashes, in two digits.
_SLASHED = (
    r"(?:[0-3]?\d[/-](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[/-][0-3]?\d)[/-](?:19|20)\d\d"
    r"|(?:[0-3]\d/(?:0\d|1[0-2])|(?:0\d|1[0-2])/[0-3]\d)/\d\d"
)
_NO_NUMBER = re.compile(
    rf"^(?:{DAY}\.?,?\s*)?(?:[0-3]?\d\.[01]?\d\.(?:(?:19|20)?\d\d)|{_SLASHED})(?:,?\s+\d{{1,2}}(?::\d\d|\s*uhr\b).*)?$"
    r"|^(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)|[€$£%]"
    rf"|\d\s?{alternatives(_WORDS['money'])}\b",
    re.I,
)
# A country code written twice: `+49 0049 711`, `+49 49 711`; but 041 is an area of Switzerland.
_TWICE = re.compile(
    r"^[\s(\[]*(?:\+|00)\s*(?:(?P<code>49|43|41)[\s./-]*00(?P=code)|(?P<same>49|43)[\s./-]+(?P=same)(?=[\s./-]))"
)
_TEL_FAX = re.compile(
    rf"\b({alternatives(_WORDS['label_phone'])}\.?)\s*(?:[/+&]|u\.|(?:und|oder)\b)\s*{alternatives(_WORDS['label_fax'])}\b\.?",
    re.I,
)
_NOISE = re.compile(
    r"(?:\bneu\b\s*)?\bab\s+\d{1,2}\.\d{1,2}\.(?:\d{2,4})?"
    rf"|[,(]\s*{alternatives(_WORDS['person'])}\b\.?\s+[^\W\d_]+\)?",
    re.I,
)
_START = re.compile(r"[\s(\[]*(?:\+|0)")
_WORD_BEFORE = re.compile(r"^\s*[^\W\d_]{1,20}[.:]?\s*(?=\+)")
_LOOKALIKE = re.compile(r"(?<=\d)[OoIl](?=[\d\s/.-]|$)|(?<![^\W_])[Oo](?=\d{2})")
_COUNTRY_BEHIND = re.compile(r"(?<![\d+])0(?P<number>[1-9][\d\s/.-]{5,}\d)\s*[(\[](?P<country>[A-Z]{2})[)\]]")
_DIGITS = str.maketrans("OoIl", "0011")
_CARRIER = re.compile(r"\b0\s?[xX]{2}\s?[-.)]?\s?(?=\(?\d{2})")  # Brazil's carrier left open: `(0xx11) 3456-7890`
_LOST_PLUS = re.compile(r"^[\s(\[]*[1-9]\d{0,2}[)\]]?[\s./-]*\(0\)")


def read_cell(text: str) -> Sequence[Written]:
    """Every number in a cell, in the order written; none for a placeholder."""
    if len(text) > LONGEST:
        return [Written("", "", False, problem="number_too_long")]
    plain = _plain(text)
    if _EXCEL.match(plain):
        return [Written("", "", False, problem="excel_damage")]
    if damaged := _DAMAGED_FIRST.match(plain):
        return [*read_cell(plain[damaged.end() :]), Written("", "", False, problem="excel_damage")]
    if is_placeholder(plain) or (plain.strip("0 ") == "" and len(plain) <= 3):
        return []
    if _NO_NUMBER.search(plain):
        return [Written("", "", False, problem="number_not_plausible")]
    plain = without_hours(plain)
    pause = _PAUSE.search(plain)
    if pause and (dialled := _paused(plain[: pause.start()], pause["code"] or pause["close"] or pause["apart"])):
        return dialled
    if _LETTER.search(plain):
        plain = _NOISE.sub(" ", _TEL_FAX.sub(r"\1", _CARRIER.sub("", plain)))
        plain = _COUNTRY_BEHIND.sub(_with_code, _EXTENSION_NUMBER.sub(r"\1 ", plain))
    found: list[Written] = []
    for label, part in _labelled(_COMMENT.sub(" ", plain)):
        for piece in _HARD.split(part):
            for number in _pieces(piece):
                if found and (beside := _BESIDE.match(number)):
                    if found[-1].how == "hyphen":
                        found.append(found[-1]._replace(label=label, extension=beside[1]))
                elif any(map(str.isdigit, number)):
                    found.append(_read(label, number))
    if not found:
        return [Written("", "", False, problem="letters_in_number")]
    return found


def _paused(before: str, digits: str) -> Sequence[Written]:
    """The numbers before a sign of pause, the last with the `digits` dialled behind it; none where that is no pause.

    Behind a hyphen (`1234-10, 11`) or a number too short they are other digits, not an extension.
    """
    if not _complete(before) or _ALSO.match(f"{before.strip()}, {digits}"):
        return []
    *others, last = read_cell(before) or [Written("", "", False, problem="")]
    if last.problem is not None or last.how not in (None, "hyphen"):
        return []
    whole = last.digits + (last.extension or "")
    return [*others, last._replace(digits=whole, extension=digits, how="pause")]


def _plain(text: str) -> str:
    """Digits in ASCII, one kind of dash and space, no invisible characters, no wrapping quotes, no link around it."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = "".join(_character(character) for character in text if unicodedata.category(character) != "Cf")
    text = text.strip()
    previous = ""
    while previous != text:
        previous, text = text, _QUOTES.sub("", text).strip()
    return _CHAT.sub(r"+\1", text)


def _character(character: str) -> str:
    if character.isascii():
        return character
    if character.isspace():
        return " "
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _labelled(text: str) -> list[tuple[str, str]]:
    """The cell cut at labels such as `Tel.:`, `m:`, `Fax`; an extension word is no label."""
    if not _LETTER.search(text):
        return [("", text)]
    parts: list[tuple[str, str]] = []
    label, at = "", 0
    for found in _LABEL.finditer(text):
        before = text[at : found.start()]
        if re.search(r"\d", before):
            parts.append((label, before))
            label = ""
        name = found.lastgroup or ""
        label = name if label in ("", "phone") else label
        at = found.end()
    parts.append((label, text[at:]))
    return [(name, part) for name, part in parts if re.search(r"\w", part)]


def _with_code(found: re.Match[str]) -> str:
    """`044 668 18 00 (CH)` as an international number, where the country writes a trunk 0."""
    code = calling_codes().get(found["country"], "")
    return f"+{code} {found['number']}" if code and trunk_zero(code) else found[0]


def _pieces(text: str) -> list[str]:
    """A part cut where a second number begins: the left is complete and the right starts like one."""
    if (also := _ALSO.match(text.strip())) and _complete(also["head"] or also["hyphened"]):
        return [
            also["head"] or also["hyphened"],
            *(f"-{n}" for n in re.findall(r"\d+", also["rest"] or also["others"])),
        ]
    for cut in _SOFT.finditer(text):
        left, right = text[: cut.start()], text[cut.end() :]
        right_digits = _count(right.partition(", ")[0])
        if not _START.match(_WORD_BEFORE.sub("", left)) or not _complete(left) or _EXTENSION.match(text[cut.start() :]):
            continue
        spaced = not cut[0].strip()
        if _START.match(right) and right_digits >= 6:
            if spaced and "+" not in cut[0] + right[:2] and _count(left) + right_digits <= 15:
                continue
            return [left, *_pieces(right)]
        if not spaced and right_digits >= 5 and not re.search(r"[^\W\d]", right):
            return [left, *_pieces(right)]
    return [text]


def _complete(text: str) -> bool:
    """Whether there are more digits than an area code has, country code included where one is written."""
    digits = re.sub(r"\D", "", text)
    return len(digits) >= (11 if digits.startswith("00") else 9 if "+" in text else 7)


def _count(text: str) -> int:
    return sum(map(text.count, "0123456789"))


def _read(label: str, text: str) -> Written:
    """One number: extension off, what is no digit made one or dropped, then its digits."""
    text = text.strip(" .,:/-")
    rule = None
    if decimal := _FLOAT.match(text):
        text, rule = decimal[1], "decimal_point"
    text, extension, how = _without_extension(text)
    if _LETTER.search(text) and not _LETTER.search(_LOOKALIKE.sub("", text)):
        text, rule = text.translate(_DIGITS), "digit_lookalike"
    if _LETTER.search(text):
        text, rule = _REMARK.sub("", text), "words_dropped"
        if _LETTER.search(text) or _count(text) < 7:
            return Written(label, "", False, problem="letters_in_number")
    if _LOST_PLUS.match(text):
        text, rule = "+" + text, "plus_lost"
    international, digits = _digits(text)
    return Written(label, digits, international, extension, how, rule=rule)


def _without_extension(text: str) -> tuple[str, str | None, str | None]:
    """The number, its extension and how that is marked: behind a replaced 0, a word, a hyphen or a slash."""
    replaced = _ZERO_REPLACED.search(text) if "-" in text else None
    if replaced and _complete(text[: replaced.start()]):
        return text[: replaced.start()], replaced[1], "direct"
    word = _EXTENSION.search(text) if "#" in text or _LETTER.search(text) else None
    if word and _count(text[: word.start()]) >= 5:
        trunk = text[: word.start()]
        zero = _SWITCHBOARD.search(trunk)
        if zero is None and _complete(trunk.rstrip(" 0")):
            zero = _ZERO_APART.search(trunk)
        if zero:  # which the extension replaces
            return trunk[: zero.start()], word["digits"], "direct"
        return trunk, word["digits"], "direct" if word["direct"] else "internal"
    if (tail := _tail(text)) is not None:
        slash = "/" in tail[0] and tail[1].strip("0")
        return text[: tail.start()], tail[1], "slash" if slash else "hyphen"
    return text, None, None


def _tail(text: str) -> re.Match[str] | None:
    """The part after the last hyphen (or a slash, as in Austria) where it may be an extension."""
    tail = _TAIL.search(text)
    if tail is None:
        return None
    head = text[: tail.start()]
    cuts = re.split(r"\s*[-/]\s*", re.sub(r"^\s*\(?(?:\+|00)\d{1,3}\)?[\s-]*(?:\(0\))?\s*-?", "0", head))
    if tail[0].strip().startswith("/") and not _complete(head):
        return None
    if len(cuts) == 1:
        return tail
    slashed = "/" in head or re.match(r"\(?0\d+\)?\s", cuts[0])
    if len(cuts) == 2 and (slashed and "-" not in head.partition("/")[2] and "/" in head):
        return tail
    middle = re.sub(r"\D", "", cuts[-1])
    if len(cuts) == 2 and len(middle) >= 3 and (len(tail[1]) <= len(middle) or tail[1] in ("0", "00")):
        return tail
    return None


def _digits(text: str) -> tuple[bool, str]:
    """Whether the number is international, and its digits without plus and leading 00."""
    if twice := _TWICE.match(text):
        text = f"+{twice['code'] or twice['same']}{text[twice.end() :]}"
    if re.match(r"[\s(\[]*(?:\+|00)(?!\s*39)", text):
        text = text.replace("(0)", "", 1)
    plus = "+" in text
    digits = re.sub(r"\D", "", text)
    if plus or digits.startswith("00"):
        return True, digits.lstrip("0")
    return False, digits
