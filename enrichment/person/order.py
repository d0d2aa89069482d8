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
from enrichment.person.world_order import Cut, by_custom, may_follow_family


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
    suffixes = [part for part in names[1:] if part.lower() in name_kinds()["suffix"]]
    names = [part for part in names if part not in suffixes]  # `Miller, Walter M., Jr.`
    if len(names) == 1:
        return " ".join([strip_back(names[0], name), *suffixes]), None
    names[0] = " ".join([names[0], *suffixes])
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


def split_name(words: list[str]) -> tuple[str | None, str, bool]:
    """Given name, family name, and whether the family name stood first.

    Args:
        words: two or more, without titles; what stands behind the family name (`jun.`) stays with it.
    """
    end = len(words)
    while end > 2 and words[end - 1].lower() in name_kinds()["suffix"]:
        end -= 1
    names, suffix = words[:end], words[end:]
    given, family, turned = (
        by_custom(names)
        or _initial_behind(names)
        or _particle_first(names)
        or _particle_within(names)
        or _given_behind(names)
        or _given_first(names)
    )
    return " ".join(given) or None, " ".join(family + suffix), turned


def _initial_behind(words: list[str]) -> Cut | None:
    """`Berg A.`"""
    if len(words) == 2 and INITIAL.match(words[1]) and not (_is_initial(words[0]) or is_given(words[0])):
        return words[1:], words[:1], True
    return None


def _particle_first(words: list[str]) -> Cut | None:
    """`von Berg Anna`, or `von Berg` without a given name."""
    particles = name_kinds()["particle"]
    if words[0].lower() not in particles or _is_initial(words[0]) or is_given(words[0]):
        return None
    start = next((place for place, word in enumerate(words) if word.lower() not in particles), len(words)) + 1
    if start < len(words) and all(map(is_given, words[start:])):
        return words[start:], words[:start], True
    return [], words, False


def _particle_within(words: list[str]) -> Cut | None:
    """`Anna von Berg`, `Max Prinz von Sachsen`: the family name begins with the particle or noble title."""
    for place in range(1, len(words) - 1):
        word = words[place]
        particle = _is_particle(word) and (len(word) > 1 or word.lower() == "y")
        if (particle or word.lower() in name_kinds()["noble"]) and not _within_given(words, place):
            return words[:place], words[place:], False
    return None


def _given_behind(words: list[str]) -> Cut | None:
    """`Berg Anna`, where the last words can be nothing but given names."""
    if is_given(words[0]) or not is_given(words[-1]) or INITIAL.match(words[0]):
        return None
    if fold_word(words[-1]) in family_names() and not _is_known_family(words[0]):
        return None
    start = len(words)
    while start > 1 and is_given(words[start - 1]):
        start -= 1
    return words[start:], words[:start], True


def _given_first(words: list[str]) -> Cut:
    """`Anna Maria Berg Klein`: given names as far as they are known, else all words but the last."""
    end = last = len(words) - 1
    if is_given(words[0]) or INITIAL.match(words[0]):
        end = next((place for place in range(1, last) if not _goes_on(words, place)), last)
    return words[:end], words[end:], False


def _goes_on(words: list[str], place: int) -> bool:
    """Whether the given name goes on with a word."""
    word = words[place]
    return is_given(word) or INITIAL.match(word) is not None or _within_given(words, place)


def _is_initial(word: str) -> bool:
    return word.isupper() and INITIAL.match(word) is not None


def _is_particle(word: str) -> bool:
    """Whether a word is a particle of a family name: `v.`, but not the initial of Anna V. Krämer."""
    return word.lower() in name_kinds()["particle"] and not _is_initial(word)


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
    if may_follow_family(words[0]):
        return given, ""  # the An of Văn An is none
    start = len(words)
    while start > 1 and (_is_particle(words[start - 1]) or words[start - 1].lower() in name_kinds()["noble"]):
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])
