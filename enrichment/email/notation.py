"""Notations of e-mail addresses: what people, forms and exports write into a cell, read into addresses.

Belongs here: display names, `mailto:`, `(at)`, brackets, invisible characters, several addresses in a cell.
Only repairs with one possible reading are made. Does not belong here: whether the address is any good
(`enrichment/email`, `enrichment/email/domains`). Sources: RFC 5322 (display names, comments), RFC 6068 (`mailto:`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from engine.word_lists import alternatives
from enrichment.cells.placeholders import is_placeholder
from enrichment.cells.word_lists import by_kind, words


class Written(NamedTuple):
    """One address as written: lower case, or None with the `problem` that makes it unreadable.

    `rule` is the reason code of what had to be undone to read it, None where it stood there plainly;
    `suggestion` what was probably meant where that is not certain.
    """

    address: str | None
    rule: str | None = None
    problem: str | None = None
    suggestion: str | None = None


_WORDS = by_kind("email_words.csv")
_AT_ALONE, _DOT_ALONE = alternatives(_WORDS["at"]), alternatives(_WORDS["dot"])
_AT_BRACKETED = alternatives(_WORDS["at"] + _WORDS["at_bracketed"])
_DOT_WORD = alternatives(_WORDS["dot"] + _WORDS["dot_bracketed"])
_LINK = alternatives(words("linking_words.txt"))
AT = (
    rf"\s*[(\[{{<]\s*{_AT_BRACKETED}\s*[)\]}}>]\s*"
    rf"|\s+[-_*]?{_AT_ALONE}[-_*]?\s+|\s*&commat;\s*"
)
"""What stands for the @ where it is spelt out."""
_AT = re.compile(AT, re.I)
_DOT = re.compile(rf"\s*[(\[{{<]\s*(?:{_DOT_WORD}|\.)\s*[)\]}}>]\s*|\s+{_DOT_ALONE}\s+", re.I)
_SPELT = re.compile(rf"{_DOT_WORD}|[(\[{{]\.[)\]}}]", re.I)
_LABEL = re.compile(rf"^\s*{alternatives(_WORDS['label'])}\s*[:=]\s*", re.I)
_MAILTO = re.compile(r"\b(?:mailto|smtp|sip|mail|https?)\s*:\s*/*", re.I)
_QUERY = re.compile(r"(@[^\s?]+)\?(?:subject|body|cc|bcc)=\S*", re.I)
_BETWEEN = re.compile(rf"[;,|\n\r\t<>()\[\]{{}}\"“”„«»#]+|\s/\s|(?<=\S)\s+{_LINK}\s+")
# One address with nothing around it but marks; its local part may hold whatever RFC 6531 allows.
_ALONE = re.compile(r"[^\s@<>()\[\]\",;:\\“”„«»]+@[\w.-]+['`´’‘.!*?/]*")
_BRACKETED = re.compile(r"\s*[(\[{]\s*@\s*[)\]}]\s*")
_AROUND_AT = re.compile(r"\s*@[\s@]*")
# Blanks beside dots only, unless the first dot ends a title: `max. muster@firma.de`, not `Dr. muster@...`.
_BLANKED_DOTS = re.compile(r"([\w+-]+)(?:\s*\.\s*[\w+-]+)*@[\w-]+(?:\s*\.\s*[\w-]+)+")
_QUOTED = re.compile(r"\"([\w.+-]+)\"(?=@)")  # quotes that a plain local part does not need
_APOSTROPHE = re.compile(r"(?<=\w)[’‘´`](?=\w+@)")  # as word processors write it
TITLES = frozenset(_WORDS["title"])
_TOKEN = re.compile(r"[^\s@]+@[^\s@]+")
# Shapes with more than one possible reading, or none: (shape, reason code, what was probably meant).
_UNCERTAIN = (
    (re.compile(r"([^\s@,;]+@[\w.-]+)[,;]([a-zA-Z]{2,6})"), "email_domain_incomplete", r"\1.\2"),
    (re.compile(r"([\w.+-]+)[,;]([\w.+-]+@[\w.-]+)"), "email_with_blank", r"\1.\2"),
    (re.compile(r'"[^"@]*"@\S+'), "email_local_syntax", None),
    (re.compile(r"[^\s@]+@\[[^\]]*\]"), "email_domain_syntax", None),
)
_EDGES = "'`´’‘.,:;!*_-=~?\\/&"
_LOCAL_EDGES = "'`´’‘.,:;!*=~?\\/&"
_NAME = re.compile(r"[^\W\d_][\w.'’-]*$")
_LONGEST = 10_000  # a list of some hundred addresses
SAID_DEAD = "email_said_dead"
_DEAD = re.compile(rf"\b(?:{alternatives(_WORDS['dead'])}|{alternatives(_WORDS['dead_whole'])}\b)")
"""What people write beside an address that no longer works."""
_LINKS = re.compile(rf"(?<!\w){_LINK}(?!\w)")
_SPELT_OUT = re.compile(rf"[(\[{{]\s*(?:{_DOT_ALONE}|@|\.)|\s{_DOT_ALONE}\s")


def read_cell(text: str) -> Sequence[Written]:
    """Every address in a cell, in the order written, each once; none for a placeholder."""
    if len(text) > _LONGEST:
        return [Written(None, problem="email_too_long")]
    plain = _plain(text)
    if is_placeholder(plain):
        return []
    for shape, problem, meant in _UNCERTAIN:
        if found := shape.fullmatch(plain):
            return [Written(None, problem=problem, suggestion=found.expand(meant).lower() if meant else None)]
    if _ALONE.fullmatch(plain):
        pieces = [plain]
    else:
        pieces = _BETWEEN.split(re.sub(r"/(?=[^/@\s]+@)", "\n", plain) if plain.count("@") > 1 else plain)
    addresses: list[str] = []
    problems: list[Written] = []
    for piece in pieces:
        for one in _read(piece.strip(), plain):
            if one.address is None:
                problems.append(one)
            elif one.address not in addresses:
                addresses.append(one.address)
    if addresses:
        rule = _rule(text, addresses)
        return [Written(address, rule=rule) for address in addresses]
    return problems[:1] or [_without_at(plain)]


def _plain(text: str) -> str:
    """Compatibility characters and entities resolved, invisible ones gone, `(at)` and `(dot)` spelt as signs."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _usual(_APOSTROPHE.sub("'", text))
    if not text.isprintable():
        text = "".join(character for character in text if _visible(character))
    text = " ".join(text.split(" ")) if text.isascii() else "".join(" " if c.isspace() else c for c in text)
    text = text.replace("\t", " ").strip()
    if "@" not in text:
        text = unquote(text) if "%40" in text else _AT.sub("@", text)
    elif "(" in text or "[" in text or "{" in text:
        text = _BRACKETED.sub("@", text)
    if "@" not in text:
        return text
    if _SPELT.search(text):
        text = _DOT.sub(".", text)
    if ":" in text:
        text = _LABEL.sub("", _MAILTO.sub(" ", text))
    if "?" in text:
        text = _QUERY.sub(r"\1", text)
    if '"' in text:
        text = _QUOTED.sub(r"\1", text)
    text = _AROUND_AT.sub("@", text).strip()
    if " " in text and (dotted := _BLANKED_DOTS.fullmatch(text)) and dotted[1].lower() not in TITLES:
        return text.replace(" ", "")
    return text


def _usual(text: str) -> str:
    """Compatibility characters in their usual form; the ideographic full stop is a dot in domains (IDNA)."""
    return unicodedata.normalize("NFKC", text).replace("。", ".")


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in ("Cf", "Cc", "Cn", "Co") or character in "\n\r\t"


def _read(piece: str, plain: str) -> list[Written]:
    if "@" not in piece:
        return []
    domain = piece.rpartition("@")[2]
    if piece.count("@") == 1 and re.search(r"\s", domain):
        # A blank beside a dot belongs to the domain; any other ends it.
        piece = piece.replace(domain, re.sub(r"\s*\.\s*", ".", domain))
    tokens = _TOKEN.findall(piece)
    if not tokens:
        problem = "email_local_missing" if piece.startswith("@") else "email_domain_missing"
        return [Written(None, problem=problem)]
    before = piece[: piece.index(tokens[0])].split()
    # One word in lower case before the address may be half of it: `max mustermann@firma.de`.
    if len(tokens) == 1 == len(before) and plain == piece and before[0].islower() and _NAME.match(before[0]):
        return [Written(None, problem="email_with_blank", suggestion=f"{before[0]}.{tokens[0]}".lower())]
    return [_address(token) for token in tokens]


def _address(token: str) -> Written:
    local, _, domain = token.rpartition("@")
    local = local.lstrip(_LOCAL_EDGES) or local
    domain = re.sub(r"\.{2,}", ".", domain.rstrip(_EDGES).lstrip("."))
    if not local or not domain:
        return Written(None, problem="email_local_missing" if not local else "email_domain_missing")
    return Written(f"{local}@{domain}".lower())


def _rule(text: str, addresses: list[str]) -> str | None:
    """What kind of repair turned the cell into its addresses."""
    lowered = text.lower()
    if lowered.strip() == addresses[0]:
        return None if text.strip() == text else "email_trimmed"
    usual = lowered if lowered.isascii() else _usual(lowered)
    bare = (usual if usual.isascii() and usual.isprintable() else "".join(filter(_visible, usual))).strip()
    if bare == addresses[0]:
        return "invisible_characters" if len(bare) < len(usual.strip()) else "unusual_characters"
    if "mailto" in bare:
        return "email_mailto"
    if "@" not in bare or _SPELT_OUT.search(bare):
        return "email_spelt_out"
    rest = _QUERY.sub(r"\1", bare)
    for address in sorted(addresses, key=len, reverse=True):
        rest = rest.replace(address, " ") if address in rest else rest
    rest = _LINKS.sub(" ", rest)
    if any(address not in bare for address in addresses) or not re.search(r"\w", rest):
        return "several_addresses" if len(addresses) > 1 else "email_stray_characters"
    return SAID_DEAD if _DEAD.search(rest) else "email_display_name"


def _without_at(plain: str) -> Written:
    """A cell without @: what was meant can at most be suggested."""
    if re.fullmatch(r"(?:https?:/*)?[\w.+-]+\.[a-zA-Z]{2,}", plain):
        return Written(None, problem="email_at_missing")
    return Written(None, problem="email_syntax")
