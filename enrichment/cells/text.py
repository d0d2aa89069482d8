"""Text folding: the one way names are tidied and reduced to comparable words.

Belongs here: `tidy` (what is shown), `fold` (what is compared), `fold_loose` (what is compared when
umlauts may have been lost). Does not belong here: what a field means. The German transliteration
follows DIN 5007-2 (ä = ae), because that is how German systems without umlauts write names; the loose
form also equals the bare vowel (Müller = Mueller = Muller), but never touches `ae`, `oe`, `ue` after a
vowel or q, so that Bauer stays apart from Bar and Quelle whole.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

_INVISIBLE = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\x00-\x08\x0e-\x1f\x7f-\x9f]"
_UNTIDY = r"[^\x21-\x7e\u00a1-\u00ac\u00ae-\u02ff ]|  |^ | $"
_SPECIAL = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "ł": "l", "đ": "d",
    "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n",
}  # fmt: skip


def _latin() -> dict[str, str]:
    """Every lower-case accented Latin letter with its plain form."""
    letters = map(chr, [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)])
    plain = {c: unicodedata.normalize("NFKD", c)[0] for c in letters if c == c.lower()}
    return {c: p for c, p in plain.items() if p.isascii()} | _SPECIAL


_LATIN = _latin()
_LATIN_TABLE = str.maketrans(_LATIN)
_APOSTROPHE = re.compile("['’‘`´ʼ]+")
_ASCII_SIGN = re.compile("[^a-z0-9]+")


def tidy(text: pl.Expr) -> pl.Expr:
    """Text as to be shown: NFC, one blank between words, no invisible characters; null when empty."""
    return text.map_batches(_tidy, return_dtype=pl.String, is_elementwise=True)


def fold(text: pl.Expr) -> pl.Expr:
    """Comparable words: lower case, ä as ae, accents off, every other sign a single blank; null when empty.

    Apostrophes vanish (O'Brien = OBrien). Letters of other scripts stay. Folding twice changes nothing.
    """
    return text.map_batches(_fold, return_dtype=pl.String, is_elementwise=True)


def fold_series(text: pl.Series) -> pl.Series:
    """`fold` of a column at hand."""
    return _fold(text)


def fold_text(text: str) -> str:
    """`fold` of a single text; empty when nothing is left."""
    lower = text.lower().translate(_LATIN_TABLE)
    if lower.isascii():
        return " ".join(_ASCII_SIGN.sub(" ", _APOSTROPHE.sub("", lower)).split())
    plain = unicodedata.normalize("NFC", text).lower().translate(_LATIN_TABLE)
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain).lower() if unicodedata.category(c) != "Mn")
    plain = _APOSTROPHE.sub("", unicodedata.normalize("NFC", plain))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def fold_loose(text: pl.Expr) -> pl.Expr:
    """`fold`, with ae, oe, ue reduced to the bare vowel unless they follow a vowel or q."""
    return fold(text).str.replace_all(r"(^|[^aeiouyq])([aou])e+", "${1}${2}")


def _tidy(text: pl.Series) -> pl.Series:
    odd = text.str.contains(_UNTIDY).fill_null(False).arg_true()
    if len(odd):
        text = text.clone().scatter(
            odd,
            text.gather(odd)
            .str.replace_all(_INVISIBLE, "")
            .str.normalize("NFC")
            .str.replace_all(r"\s+", " ")
            .str.strip_chars(" "),
        )
    return _null_if_empty(text)


def _fold(text: pl.Series) -> pl.Series:
    lower = text.str.to_lowercase().str.replace_many(list(_LATIN), list(_LATIN.values()))
    plain = _words(lower, r"[^a-z0-9]+")
    odd = (lower.str.len_bytes() != lower.str.len_chars()).fill_null(False).arg_true()
    if len(odd):
        decomposed = (
            text.gather(odd)
            .str.normalize("NFC")
            .str.to_lowercase()
            .str.replace_many(list(_LATIN), list(_LATIN.values()))
            .str.normalize("NFKD")
            .str.to_lowercase()
            .str.replace_all(r"\p{Mn}+", "")
            .str.normalize("NFC")
        )
        plain = plain.scatter(odd, _words(decomposed, r"[^\p{L}\p{N}]+"))
    return _null_if_empty(plain)


def _words(text: pl.Series, sign: str) -> pl.Series:
    return text.str.replace_all(r"['’‘`´ʼ]+", "").str.replace_all(sign, " ").str.strip_chars(" ")


def _null_if_empty(text: pl.Series) -> pl.Series:
    return text.to_frame("t").select(pl.when(pl.col("t") != "").then(pl.col("t"))).to_series()
