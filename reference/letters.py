"""Letters: what each is called in ASCII, and the foldings under which spellings of one word come to the same.

Belongs here: the one letter table, the foldings named by purpose. Does not belong here: which signs divide words and
what is made a key of (each room does so with a folding's result), signs that only look like a letter
(`enrichment/email/domains`).

    SPELT_OUT   Müller mueller, Jørgensen joergensen, Straße strasse   as German systems write them (DIN 5007-2)
    UNMARKED    Müller muller, Jørgensen jorgensen, Straße strasse     as lists without marks write them (DIN 5007-1)
    ROMANISED   SPELT_OUT, and Жуков schukow, Παππάς pappas            as German papers write names
    level       of any: Müller, Mueller, Muller muller; Bauer bauer    where an umlaut may have been lost

All give small letters without marks, `'` for any apostrophe, and none of the signs nobody sees (Unicode's Cf: soft
hyphens, zero-width blanks, directions); other signs and scripts stay. Folding twice changes
nothing. Letters are called as in ICAO Doc 9303-3 section 6, but å is a, as most lists have it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import polars as pl

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe"}
# Letters that are not another one with a mark.
_OF_THEIR_OWN = (
    "ßss æae œoe ðd þth ĸq ŋn ŉn ŀl ıi ȷj əe ǝe ɛe ɔo ɑa ɡg ɣg ɩi ɪi ɵo ʉu ʊu ʒz ʃs ƿw ȝy ƣgh ȣou ƕhv ꜳaa ꜵao ꜷau ꜹav "
    "ꜽay ꝏoo ’' ‘' ʼ' ´'"
)
_CYRILLIC = (
    "аa бb вw гg дd еe ёjo жsch зs иi йi кk лl мm нn оo пp рr сs тt уu фf хch цz чtsch шsch щschtsch ъ ыy ь эe юju яja "
    "іi їji єje ґg"
)
_GREEK = "αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo"
_LATIN = (range(0xC0, 0x2B0), range(0x1E00, 0x1F00), range(0x2C60, 0x2C80), range(0xA720, 0xA800))
_LOST = r"([ao]|(?:^|[^aeioyq])u)e+"


def _struck() -> dict[str, str]:
    """Letters with a stroke, hook or tail, as ł: Unicode does not decompose them, but its names say what they are."""
    letters = [chr(code) for codes in _LATIN for code in codes if not unicodedata.decomposition(chr(code))]
    named = {letter: re.match(r"LATIN SMALL LETTER ([A-Z]) WITH ", unicodedata.name(letter, "")) for letter in letters}
    return {letter: match[1].lower() for letter, match in named.items() if match}


def _called(entries: str) -> dict[str, str]:
    return {entry[0]: entry[1:] for entry in entries.split()}


LETTERS = _struck() | _called(_OF_THEIR_OWN)
"""Small Latin letters that Unicode does not decompose into ASCII and marks, with what they are called."""


class _Signs(dict[int, str]):
    """What becomes of each sign, found out once."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code)).lower()
        self[code] = "".join(self.get(ord(part), part) for part in parts if not _is_unseen(part))
        return self[code]


def _is_unseen(sign: str) -> bool:
    """Whether a sign is a mark upon another one, or only says how others are set."""
    category = unicodedata.category(sign)
    return category[0] == "M" or category == "Cf"


class Folding:
    """One way to write letters: the letters of a table as it calls them, the marks off all others."""

    def __init__(self, table: dict[str, str]) -> None:
        self._letters, self._called = list(table), list(table.values())
        self._signs = _Signs({ord(letter): called for letter, called in table.items()})

    def text(self, text: str) -> str:
        """A single text folded."""
        lower = text.lower()
        if lower.isascii():
            return lower
        plain = unicodedata.normalize("NFC", lower).translate(self._signs)
        return plain if plain.isascii() else unicodedata.normalize("NFC", plain)

    def series(self, text: pl.Series) -> pl.Series:
        """`text` of every value of a column at hand; nulls stay."""
        return _beyond_ascii(text.str.to_lowercase(), self._plain)

    def column(self, text: pl.Expr) -> pl.Expr:
        """`text` of every value of a column."""
        return text.map_batches(self.series, return_dtype=pl.String, is_elementwise=True)

    def _plain(self, lower: pl.Series) -> pl.Series:
        return _beyond_ascii(self._replaced(lower.str.normalize("NFC")), self._bare)

    def _bare(self, plain: pl.Series) -> pl.Series:
        parts = plain.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"[\p{M}\p{Cf}]+", "")
        return self._replaced(parts).str.normalize("NFC")

    def _replaced(self, text: pl.Series) -> pl.Series:
        return text.str.replace_many(self._letters, self._called)


SPELT_OUT = Folding(LETTERS | _UMLAUTS)
UNMARKED = Folding(LETTERS)
ROMANISED = Folding(LETTERS | _UMLAUTS | _called(_CYRILLIC) | _called(_GREEK))


def level(folded: pl.Expr) -> pl.Expr:
    """The bare vowel for ae, oe, ue of folded text, so that Müller, Mueller and Muller come to the same.

    But no `ue` behind a vowel or q, where German writes no ü: Bauer, Neuenkirchen, Quelle stay apart from Baur,
    Neunkirchen, Qulle. Ä and ö do stand there (Diät, Neuötting), and ü behind u (Bauüberwachung). Whether the oe of
    Goethe is an ö and that of Soest is none, letters do not tell: both lose the e, so the result is never shown.
    """
    return folded.str.replace_all(_LOST, "${1}")


def level_text(folded: str) -> str:
    """`level` of a single text."""
    return re.sub(_LOST, r"\1", folded)


def _beyond_ascii(text: pl.Series, rule: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The text with the rule applied to the values that are not ASCII only."""
    rows = (text.str.len_bytes() != text.str.len_chars()).fill_null(False).arg_true()
    return text.scatter(rows, rule(text.gather(rows))) if len(rows) else text
