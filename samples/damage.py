"""What goes wrong with one value between a person and a file.

Belongs here: damage as small functions of (value, luck in [0, 1)). Does not belong here: which values it strikes
(`dirty_names` and its neighbours), correct notations (`notation`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

WRITTEN_OUT: Final[Mapping[int, str | int]] = {
    ord(letter): letters for letter, letters in zip("äöüßÄÖÜ", ("ae", "oe", "ue", "ss", "Ae", "Oe", "Ue"), strict=True)
}
DROPPED: Final[Mapping[int, str | int]] = str.maketrans("äöüÄÖÜ", "aouAOU")
NEIGHBOURS: Final = dict(zip("abcdefghijklmnopqrstuvwxyzäöüß", "snvfrdghokjlmnbipwtazuqeycstösud", strict=False))
How = Callable[[str, float], str | None]


def one_of(values: tuple[str, ...]) -> How:
    """Replace by one of `values`."""
    return lambda _, luck: values[int(luck * len(values))]


def pick(variants: dict[str, tuple[str, ...]], value: str, luck: float) -> str:
    """One of the variants of a value; the value where there is none."""
    options = variants.get(value, (value,))
    return options[int(luck * len(options))]


def typo(value: str, luck: float) -> str:
    """One letter dropped, doubled, swapped with the next, or replaced by a neighbour; never the first."""
    if len(value) < 4:
        return value
    kind, place = int(luck * 4), 1 + int(luck * 4 % 1 * (len(value) - 2))
    letter = value[place]
    if kind == 0:
        return value[:place] + value[place + 1 :]
    if kind == 1:
        return value[:place] + letter + value[place:]
    if kind == 2:
        return value[:place] + value[place + 1] + letter + value[place + 2 :]
    return value[:place] + NEIGHBOURS.get(letter, "e") + value[place + 1 :]


def digit_typo(value: str, luck: float) -> str:
    """Another digit somewhere after the third character."""
    places = [i for i, letter in enumerate(value) if letter.isdigit() and i > 2]
    if not places:
        return value
    place = places[int(luck * len(places))]
    return value[:place] + str((int(value[place]) + 1 + int(luck * 97 % 8)) % 10) + value[place + 1 :]


def mojibake(value: str, luck: float) -> str:
    """UTF-8 bytes read as Windows-1252."""
    try:
        return value.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return value


def encoding_loss(value: str, luck: float) -> str:
    """Every letter outside ASCII replaced for good."""
    lost = "\ufffd" if luck < 0.7 else "ï¿½"
    return "".join(letter if letter.isascii() else lost for letter in value)


def spaced(value: str, luck: float) -> str:
    """Spaces where there should be none."""
    return (f" {value}", f"{value} ", value.replace(" ", "  "), f"{value}\u00a0", f"{value}\t")[int(luck * 5)]


def excel_number(value: str, luck: float) -> str | None:
    """What Excel leaves of a number: seven figures and an exponent."""
    digits = "".join(letter for letter in value if letter.isdigit()).lstrip("0")
    if len(digits) < 10:
        return value
    return f"{digits[0]},{digits[1:6]}E+{len(digits) - 1}"


def lost_zero(value: str, luck: float) -> str:
    """Digits only, without the leading zero, as in a number cell."""
    digits = "".join(letter for letter in value if letter.isdigit())
    return digits.lstrip("0") if digits.startswith("0") and not digits.startswith("00") else value
