"""Given and family name told apart: comma order, particles, noble titles, names in each other's field.

Belongs here: which word is which. Does not belong here: taking anything off (`enrichment/person/cells`,
`enrichment/person/titles`). A name is put into another order only when the list of given names leaves no
other reading; noble titles and particles are part of the family name (Art. 109 WRV).
"""

from __future__ import annotations

from functools import cache

from engine.caches import keep_words
from enrichment.cells.known_names import family_names, given_names
from enrichment.person.beside_name import name_kinds
from enrichment.person.parts import EDGE, INITIAL, Name, fold_word, is_given, words_of
from enrichment.person.titles import SALUTATION_ONLY, add_title, strip_back, title_at


def noble_behind(words: list[str]) -> list[str]:
    """`Prinz Max von Sachsen` as `Max Prinz von Sachsen`: since 1919 the title is part of the family name."""
    if len(words) > 2 and words[0].lower() in name_kinds()["noble"] and is_given(words[1]):
        return [words[1], words[0], *words[2:]]
    return words


def by_comma(text: str, name: Name) -> tuple[str, tuple[str, str] | None]:
    """(`Given Family`, None) or (text, (family, given)) for `Family, Given`; degrees behind a comma are titles."""
    if "," not in text:
        return strip_back(text, name), None
    parts = [part.strip() for part in text.split(",") if part.strip(EDGE)]
    names = [parts[0]]
    for part in parts[1:]:
        rest, degrees = part, []
        while rest and (match := title_at(rest, back=True)):
            degrees.append(match[0])
            rest = rest[match[1] :].lstrip(" .,-&/")
        if degrees and not rest:
            for degree in degrees:
                add_title(degree, text, name.degrees, name)
        else:
            names.append(part)
    if len(names) == 1:
        return strip_back(names[0], name), None
    first = names[0]
    second = " ".join(names[1:])
    if SALUTATION_ONLY.match(first):
        return f"{first} {second}", None
    if SALUTATION_ONLY.match(second):
        return f"{second} {first}", None
    stripped = [w for w in words_of(first) if w.lower() not in name_kinds()["particle"]]
    if len(stripped) > 1 and is_given(stripped[0]) and not is_given(words_of(second)[-1]):
        return f"{first} {second}", None
    return text, (first, strip_back(second, name))


def split_name(words: list[str]) -> tuple[str | None, str | None, bool]:
    """Given name, family name, and whether the family name stood first."""
    kinds = name_kinds()
    suffix: list[str] = []
    while len(words) > 2 and words[-1].lower() in kinds["suffix"]:
        suffix.insert(0, words.pop())
    initial = words[0].isupper() and INITIAL.match(words[0]) is not None
    if len(words) == 2 and not (initial or is_given(words[0])) and INITIAL.match(words[1]):
        return words[1], words[0], True
    if words[0].lower() in kinds["particle"] and not initial and not is_given(words[0]):
        start = next((i for i, w in enumerate(words) if w.lower() not in kinds["particle"]), len(words)) + 1
        if start < len(words) and all(is_given(w) for w in words[start:]):
            return " ".join(words[start:]), " ".join(words[:start] + suffix), True
        return None, " ".join(words + suffix), False
    for position in range(1, len(words)):
        lower = words[position].lower()
        if _within_given(words, position):
            continue
        noble = lower in kinds["noble"]
        particle = _is_particle(words[position]) and not (len(lower) == 1 and lower != "y")
        if position < len(words) - 1 and (noble or particle):
            return " ".join(words[:position]), " ".join(words[position:] + suffix), False
    if not is_given(words[0]) and is_given(words[-1]) and not INITIAL.match(words[0]):
        run = len(words)
        while run > 1 and is_given(words[run - 1]):
            run -= 1
        clear = fold_word(words[-1]) not in family_names() or _is_known_family(words[0])
        if clear:
            return " ".join(words[run:]), " ".join(words[:run] + suffix), True
    position = 1
    while position < len(words) - 1 and (
        is_given(words[position]) or INITIAL.match(words[position]) or _within_given(words, position)
    ):
        position += 1
    if not is_given(words[0]) and not INITIAL.match(words[0]):
        position = len(words) - 1
    return " ".join(words[:position]), " ".join(words[position:] + suffix), False


def _is_particle(word: str) -> bool:
    """Whether a word is a particle of a family name: `v.`, but not the initial of Anna V. Krämer."""
    return word.lower() in name_kinds()["particle"] and not (word.isupper() and INITIAL.match(word))


@keep_words
def _is_known_family(word: str) -> bool:
    """Whether a word, or a part of a double name that is no given name, is a known family name."""
    if fold_word(word) in family_names():
        return True
    return "-" in word and any(fold_word(part) in family_names() and not is_given(part) for part in word.split("-"))


def _within_given(words: list[str], position: int) -> bool:
    """Whether the word is the `del` of a given name (Maria del Carmen Ruiz)."""
    return words[position].lower() == "del" and position < len(words) - 2 and is_given(words[position + 1])


def is_swapped(given: str, family: str) -> bool:
    """Whether the list of given names says that the two stand in each other's field."""
    if not given or not family or is_given(given) or not is_given(family):
        return False
    if INITIAL.match(given) or INITIAL.match(family):
        return False
    if _is_known_family(given):
        return True
    return fold_word(family) not in family_names() and not _misspelt_given(fold_word(given))


@keep_words
def _misspelt_given(folded: str) -> bool:
    """Whether one slip of the keyboard separates the word from a known given name."""
    names, letters = given_names(), _letters()
    for at in range(len(folded) + 1):
        head, tail = folded[:at], folded[at:]
        near = [head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]]
        near += [head + letter + rest for letter in letters for rest in (tail, tail[1:])]
        if not names.isdisjoint(near):
            return True
    return False


@cache
def _letters() -> str:
    """The letters of given names."""
    return "".join(sorted(set().union(*given_names())))


def trailing_particles(given: str) -> tuple[str, str]:
    """`Otto von` -> (`Otto`, `von`): particles at the end of the given name belong to the family name."""
    words = given.split(" ")
    start = len(words)
    while start > 1 and (_is_particle(words[start - 1]) or words[start - 1].lower() in name_kinds()["noble"]):
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
