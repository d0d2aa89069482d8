"""How German names sound: the Cologne phonetic code (Kölner Phonetik).

Belongs here: the codes of folded names. Does not belong here: comparing or blocking.
Source: H. J. Postel, Die Kölner Phonetik, IBM-Nachrichten 19 (1969). A letter's code depends on the letters
beside it alone, so all names are coded at once by one table.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]

_ALPHABET = " abcdefghijklmnopqrstuvwxyz"  # the blank is the end of a name
_PLAIN = dict.fromkeys("aeijouy", "0") | {"b": "1", "f": "3", "v": "3", "w": "3", "g": "4", "k": "4", "q": "4"}
_PLAIN |= {"l": "5", "m": "6", "n": "6", "r": "7", "s": "8", "z": "8"}
_END, _SILENT, _FOUR_EIGHT = b" -x"


def cologne(names: pl.Series) -> pl.Series:
    """Cologne phonetic codes of folded (lower-case ASCII) names; other characters are skipped."""
    if not len(names):
        return pl.Series(names.name, [], dtype=pl.String)
    text = np.frombuffer(("\n".join(names) + "\n").encode(), np.uint8)
    place = np.where((text >= ord("a")) & (text <= ord("z")), text - (ord("a") - 1), 0)
    place = place[(place > 0) | (text == ord("\n"))]
    said = _table()[np.append(0, place[:-1]), place, np.append(place[1:], 0)]
    said = said[said != _SILENT]
    twice = np.repeat(said, 1 + (said == _FOUR_EIGHT))
    first = np.flatnonzero(twice == _FOUR_EIGHT)[::2]
    twice[first], twice[first + 1] = b"48"
    said = twice[np.append(True, twice[1:] != twice[:-1]) | (twice == _END)]
    inside = np.append(False, said[:-1] != _END)
    coded = said[(said != ord("0")) | ~inside].tobytes().decode()
    return pl.Series(names.name, coded.split(" ")[:-1], dtype=pl.String)


@cache
def _table() -> Bytes:
    """The code of every letter between every two others."""
    codes = {"": _SILENT, "48": _FOUR_EIGHT} | {digit: ord(digit) for digit in "012345678"}
    table = [codes[_code(b, letter, a)] for b in _ALPHABET for letter in _ALPHABET for a in _ALPHABET]
    found = np.array(table, np.uint8).reshape(27, 27, 27)
    found[:, 0, :] = _END
    return found


def _code(before: str, letter: str, after: str) -> str:
    if letter in _PLAIN:
        return _PLAIN[letter]
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after in "csz" else "2"
    if letter == "x":
        return "8" if before in "ckq" else "48"
    if letter == "c":
        if before == " ":
            return "4" if after in "ahkloqrux" else "8"
        return "4" if before not in "sz" and after in "ahkoqux" else "8"
    return ""
