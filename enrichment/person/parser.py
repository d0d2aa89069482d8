"""One irregular name: salutation, titles, given and family name read from free text.

Belongs here: the parser for what two plain words do not settle, from the cells to a verdict. Does not belong
here: the columns (`enrichment/person`), cells (`enrichment/person/cells`, `enrichment/person/no_person`), titles, order
and capitals (`enrichment/person/titles`, `enrichment/person/order`, `enrichment/person/casing`).
A gender is never concluded from a name.
"""

from __future__ import annotations

import re

from engine.caches import keep_words
from enrichment.cells.known_names import family_names
from enrichment.cells.lost_letters import lost_letters
from enrichment.person.beside_name import is_code, name_kinds
from enrichment.person.casing import cased_pair
from enrichment.person.cells import plain_cell, read_cell
from enrichment.person.no_person import TOGETHER, has_two_persons, is_suspect, no_person_kind
from enrichment.person.order import by_comma, is_swapped, noble_behind, split_name, trailing_particles
from enrichment.person.parts import QUIET, Name, fold_word, is_given, is_placeholder, words_of
from enrichment.person.titles import (
    is_couple,
    lone_prefix,
    parse_salutation,
    parse_titles,
    strip_back,
    strip_front,
    title_at,
    without_titles,
)
from enrichment.person.world_order import cut_native

_NOMEN_NESCIO = ("N.N.", "NN")
_SINGLE_LETTERS = re.compile(r"[^\W\d_](?: [^\W\d_])+")


def parse_name(
    salutation: str | None, title: str | None, given: str | None, family: str | None, full: str | None
) -> Name:
    """Read one person from the cells of a record, any of them null."""
    name = Name()
    raw = " ".join(part.strip() for part in (given, family) if part) or (full or "").strip()
    if salutation and raw and is_couple(salutation):
        return _held(name, raw, "two_persons")
    if given and family and raw.replace(" ", "").upper() in _NOMEN_NESCIO:
        name.tell("family_name", raw, None, "name_placeholder")
        return name
    if len(raw) < 6 and _SINGLE_LETTERS.fullmatch(raw):
        return _held(name, raw, "junk")
    if given and family and _is_lone_word(family) and (word := _lone_behind_titles(given)):
        _read_stated(salutation, title, name)
        strip_front(given, name)
        _name_both(word, family, given, family, name)
        _finish(name, f"{given} {family}")
        return name
    if full and not given and not family and (words := _lone_words(full)):
        _read_stated(salutation, title, name)
        _name_words(words, full, name)
        _finish(name, full)
        return name
    given, family, full, coded = _without_code(given, family, full, name)
    _read_stated(salutation, title, name)
    return _read_cells(given, family, full, raw, name) or (_held(name, raw, "junk") if coded else name)


def _read_stated(salutation: str | None, title: str | None, name: Name) -> None:
    """Salutation and titles from their own cells."""
    parse_salutation(salutation, name)
    parse_titles(title, name)


def _read_cells(given: str | None, family: str | None, full: str | None, raw: str, name: Name) -> Name | None:
    """The name the cells hold, or the verdict that they hold none; null where nothing is left of them."""
    rare = family is not None and family.strip().lower() in name_kinds()["rare"] and is_given(given or "")
    first = plain_cell(given, "given_name", name)
    last = (family or "").strip() if rare else plain_cell(family, "family_name", name)
    whole = None if first and last else plain_cell(full, "family_name", name)
    texts = [text for text in (first, last, whole) if text]
    if not texts:
        return None
    together = " ".join(text for text in (first, last) if text)
    if kind := (None if rare else _no_person(texts, together)):
        return _held(name, raw, kind)
    if any(map(has_two_persons, texts)):
        return _held(name, raw, "two_persons")
    if first and last and rare:
        _name_both(strip_front(first, name), last, given or "", family or "", name)
    elif first and last:
        _read_both(first, last, given or "", family or "", name)
    elif whole and (not together or len(words_of(whole)) > 1):
        _read_whole(whole, full or "", name)
    elif first:
        _read_one(first, "given_name", given or "", name)
    else:
        _read_one(last or "", "family_name", family or "", name)
    _finish(name, raw)
    return name


def _no_person(texts: list[str], together: str) -> str | None:
    """Why the texts of the cells, alone or `together`, cannot be a person; null where they may be one."""
    kinds = [no_person_kind(text) for text in texts]
    beside_name = len(texts) > 1 and set(kinds) != {"role"}  # there a role or a trade spoils nothing
    for kind in kinds:
        if kind and not (beside_name and kind in ("role", "trade")):
            return kind
    quiet = len(texts) == 1 or all(QUIET.fullmatch(text) and not is_suspect(text) for text in texts)
    return None if quiet else no_person_kind(together)


def _without_code(
    given: str | None, family: str | None, full: str | None, name: Name
) -> tuple[str | None, str | None, str | None, bool]:
    """The cells without those that hold a formula or a template, and whether there was one."""
    if not any(cell and is_code(cell) for cell in (given, family, full)):
        return given, family, full, False
    kept = [None if cell and is_code(cell) else cell for cell in (given, family, full)]
    for place, cell, rest in zip(
        ("given_name", "family_name", "family_name"), (given, family, full), kept, strict=True
    ):
        if cell and rest is None:
            name.tell(place, cell, None, "name_junk")
    return kept[0], kept[1], kept[2], True


def _read_whole(text: str, raw: str, name: Name) -> None:
    """Given and family name from one cell."""
    ordered, comma = by_comma(text, name)
    behind = strip_front(ordered, name)
    ordered = behind if behind != ordered and behind in ("Herr", "Frau") else lone_prefix(behind, name)
    words = noble_behind(without_titles(words_of(ordered), raw, name))
    if not words:
        return
    if comma:
        family, given = comma
        family = strip_front(family, name)
        given = strip_front(given, name)
        given, particles = trailing_particles(given)
        name.given, name.family = cased_pair(given or None, f"{particles} {family}".strip() or None, name, raw)
        name.tell("family_name", raw, name.family, "name_order")
        return
    if len(words) == 1 and (cut := cut_native(words[0])):
        name.given, name.family = cut
        return
    if len(words) == 1:
        as_given = (
            is_given(words[0]) and not (name.salutation or name.titles) and fold_word(words[0]) not in family_names()
        )
        first, last = (words[0], None) if as_given else (None, words[0])
        name.given, name.family = cased_pair(first, last, name, raw)
        return
    _name_words(words, raw, name)


def _name_words(words: list[str], raw: str, name: Name) -> None:
    """Given and family name from several words that hold nothing else."""
    half = len(words) // 2
    if half > 1 and words[:half] == words[half:]:
        words = words[:half]  # an export joined the parts of the name with the whole
    first, last, turned = split_name(words)
    name.given, name.family = cased_pair(first, last, name, raw)
    if turned:
        name.status = "swapped"
        name.tell("family_name", raw, name.family, "name_swapped")


def _read_both(given: str, family: str, raw_given: str, raw_family: str, name: Name) -> None:
    """Given and family name from their own cells, which may hold titles, each other, or the whole name."""
    if given == family and " " in given:
        _read_whole(given, raw_given, name)
        return
    given, family = lone_prefix(given, name), lone_prefix(family, name)
    if not given and len(words := words_of(family)) > 1 and _names_whole_person(words, "family_name"):
        _read_whole(family, raw_family, name)  # `Frau` and `Anna Huber`
        return
    head, _, tail = family.partition(",")
    if tail.strip() == given:
        family = head
    given = strip_front(strip_back(given, name), name)
    family = strip_front(strip_back(family, name), name)
    family_in_given = given.endswith(f" {family}") and given != family
    if family_in_given:
        given = given.removesuffix(family).strip()
    elif family.startswith(f"{given} ") and is_given(given):
        family = family.removeprefix(given).strip()
    elif given.startswith(f"{family} ") and not is_given(family):
        given = given.removeprefix(family).strip()
    elif "," in family and not given.strip(","):
        given = ""
    given, particles = trailing_particles(given)
    _name_both(given, f"{particles} {family}".strip(), raw_given, raw_family, name)


def _name_both(given: str, family: str, raw_given: str, raw_family: str, name: Name) -> None:
    """Given and family name from cells that hold nothing else, put right where they are swapped or repeated."""
    if given and given == family and not is_given(given):
        name.tell("given_name", raw_given, None, "name_repeated")
        given = ""
    elif is_swapped(given, family):
        name.status = "swapped"
        name.given, name.family = cased_pair(family, given, None, "")
        name.tell("given_name", raw_given, name.given, "name_swapped")
        name.tell("family_name", raw_family, name.family, "name_swapped")
        return
    name.given, name.family = cased_pair(given or None, family or None, name, raw_given, raw_family)


def _read_one(text: str, place: str, raw: str, name: Name) -> None:
    """A single filled cell: a whole name when it has several words, else what the cell says it is."""
    if not (text in ("Herr", "Frau") and name.salutation not in (None, text)):  # Frau Herr is a name
        text = lone_prefix(text, name)
    words = words_of(strip_front(text, name))
    if not words:
        return
    whole = "," in text or (len(words) > 1 and _names_whole_person(words, place))
    if whole:
        _read_whole(text, raw, name)
        return
    text = strip_back(strip_front(text, name), name)
    first, last = (text or None, None) if place == "given_name" else (None, text or None)
    name.given, name.family = cased_pair(first, last, name, raw, raw)


def _names_whole_person(words: list[str], place: str) -> bool:
    if place == "given_name":
        return any(not is_given(word) for word in words)
    return words[0].lower() not in name_kinds()["particle"] and (is_given(words[0]) or is_given(words[-1]))


def _finish(name: Name, raw: str) -> None:
    shown = " ".join(part for part in (name.given, name.family) if part)
    if (
        shown
        and shown != raw
        and not any(told.field != "salutation" or told.reason == "name_salutation_removed" for told in name.evidence)
    ):
        name.tell("family_name", raw, name.family, "name_tidied")
    parts = (("given_name", name.given), ("family_name", name.family))
    lost = [(place, value) for place, value in parts if value and lost_letters(value)]
    for place, value in lost:
        name.tell(place, raw, value, "encoding_loss")
    if name.given and name.family:
        name.status = "partial" if lost else "swapped" if name.status == "swapped" else "valid"
        pair = f"{name.given} {name.family}".lower()
        if pair in name_kinds()["sample"] or name.family.lower() in name_kinds()["sample_family"]:
            name.tell("name_status", raw, name.status, "name_sample")
    elif name.given or name.family:
        name.status = "partial"
    else:
        name.status = "missing"


def _held(name: Name, raw: str, kind: str) -> Name:
    """No name is kept; the evidence keeps the text."""
    status, reason = {
        "role": ("role", "name_role"),
        "name_is_company": ("role", "name_is_company"),
        "trade": ("role", "name_is_company"),
        "junk": ("junk", "name_junk"),
        "two_persons": ("two_persons", "name_two_persons"),
    }[kind]
    name.evidence = [told for told in name.evidence if told.field in ("salutation", "academic_title")]
    name.tell("name_status", raw, None, reason)
    return Name(salutation=None if kind == "two_persons" else name.salutation, status=status, evidence=name.evidence)


@keep_words
def _is_lone_word(text: str) -> bool:
    """Whether a cell holds a single word in letters that is a name and nothing else: no rule takes anything off it."""
    quiet = QUIET.fullmatch(text) is not None
    return quiet and not (is_suspect(text) or is_placeholder(text) or has_two_persons(text))


@keep_words
def _lone_behind_titles(text: str) -> str | None:
    """The lone word of a cell that holds nothing else but salutations and titles before it."""
    if _is_lone_word(text):
        return text
    rest = strip_front(text, Name())
    bare = len(rest) < len(text) and _is_lone_word(rest) and strip_back(text, Name()) == text
    return (
        rest
        if bare and read_cell(text, "")[0] == text and not (no_person_kind(text) or has_two_persons(text))
        else None
    )


def _lone_words(text: str) -> list[str] | None:
    """The words of a cell of several lone words that mean nothing together but a name."""
    words = text.split(" ")
    return noble_behind(words) if len(words) > 1 and all(map(_is_name_only, words)) else None


@keep_words
def _is_name_only(word: str) -> bool:
    """Whether a lone word is no title and means the same beside others."""
    return _is_lone_word(word) and word.lower() not in TOGETHER and title_at(word, back=True) is None
