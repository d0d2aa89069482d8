"""How a German name sounds: the Cologne phonetic code (Kölner Phonetik).

Belongs here: the code for one folded name. Does not belong here: comparing or blocking.
Source: H. J. Postel, Die Kölner Phonetik, IBM-Nachrichten 19 (1969).
"""

from __future__ import annotations

_PLAIN = dict.fromkeys("aeijouy", "0") | {"b": "1", "f": "3", "v": "3", "w": "3", "g": "4", "k": "4", "q": "4"}
_PLAIN |= {"l": "5", "m": "6", "n": "6", "r": "7", "s": "8", "z": "8"}


def cologne(name: str) -> str:
    """Cologne phonetic code of a folded (lower-case ASCII) name; other characters are skipped."""
    letters = [letter for letter in name if "a" <= letter <= "z"]
    codes = [
        _PLAIN.get(letter) or _code(letter, before, after)
        for before, letter, after in zip(["", *letters], letters, [*letters[1:], ""], strict=False)
    ]
    out: list[str] = []
    last = ""
    for code in "".join(codes):
        if code != last and (code != "0" or not out):
            out.append(code)
        last = code
    return "".join(out)


def _code(letter: str, before: str, after: str) -> str:
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after in ("c", "s", "z") else "2"
    if letter == "x":
        return "8" if before in ("c", "k", "q") else "48"
    if letter == "c":
        if not before:
            return "4" if after in tuple("ahkloqrux") else "8"
        return "4" if before not in ("s", "z") and after in tuple("ahkoqux") else "8"
    return ""
