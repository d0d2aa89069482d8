"""One irregular name: salutation, titles, given and family name read from free text.

Belongs here: the parser for what two plain words do not settle (particles, comma order, titles, two
persons, roles, junk, capitals). Does not belong here: the columns (`enrichment/person`), the lists
(`data/*.csv`, `enrichment/names`).
A gender is never concluded from a name. Noble titles are part of the family name (Art. 109 WRV), and so
are particles; a name is put into another order only when the list of given names leaves no other reading.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache, wraps

from rapidfuzz.distance import OSA

from enrichment.beside_name import (
    is_code,
    is_role,
    lost_letters,
    name_kinds,
    without_function,
    without_manners,
)
from enrichment.department import department_words
from enrichment.legal_form import legal_form_of
from enrichment.names import DATA, family_names, given_names
from enrichment.text import fold_text

REMEMBERED = 1 << 16  # readings kept per rule: the words of names repeat far more than whole names do


@dataclass(slots=True)
class Name:
    """What a record says about its person.

    `titles` stand before the name, `degrees` behind it; `evidence` holds (field, raw, value, reason) in order found.
    """

    salutation: str | None = None
    titles: list[str] = field(default_factory=list)
    degrees: list[str] = field(default_factory=list)
    given: str | None = None
    family: str | None = None
    status: str = "missing"
    evidence: list[tuple[str, str, str | None, str]] = field(default_factory=list)

    @property
    def title(self) -> str | None:
        """Titles in standard notation, those before the name first."""
        return " ".join(dict.fromkeys(self.titles + self.degrees)) or None


def _read_once(rule: Callable[[str, Name], str]) -> Callable[[str, Name], str]:
    """A rule that looks at one text only and adds what it finds to a name: each text is read once."""

    @lru_cache(REMEMBERED)
    def alone(text: str) -> tuple[str, Name | None]:
        name = Name()
        rest = rule(text, name)
        return rest, name if name.evidence else None

    @wraps(rule)
    def read(text: str, name: Name) -> str:
        rest, found = alone(text)
        if found is not None:
            name.salutation = name.salutation or found.salutation
            name.titles += found.titles
            name.degrees += found.degrees
            name.evidence += found.evidence
        return rest

    return read


fold_word = lru_cache(REMEMBERED)(fold_text)

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f]")
_CONTACT = re.compile(
    r"(?:mailto:)?[^\s<>(),;]+@[^\s<>(),;]+|(?:https?://|www\.)\S+|(?:(?:tel|fon|mobil|telefon|phone|handy)\.?:?\s*)?[+0(][\d\s/().-]{5,}\d",
    re.IGNORECASE,
)
_CONTACT_HINT = re.compile(r"@|://|www\.|\d", re.IGNORECASE)
_ATTENTION = re.compile(r"^(?:z\.?\s?hd?s?\.?|zu\s+händen|attn\.?|att\.)[\s:]+(?:von\s+)?", re.IGNORECASE)
_NICKNAME = re.compile(
    r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"|„[^“”\"]*[“”\"]|“[^”]*”|«[^»]*»|»[^«]*«|‚[^‘’]*[‘’])\s*"
)
_BIRTH_NAME = re.compile(
    r"[\s,]+(?:geb(?:oren(?:e|er)?|\.)|née|nee|verw\.|gesch\.|alias|gen(?:annt|\.))\s+\S.*$", re.IGNORECASE
)
RARE_FAMILY_NAMES = frozenset(
    {"null", "test", "na", "nan", "no", "ka", "nil", "none", "nope", "gast", "leer", "ohne", "nein", "name", "demo"}
)
_SIGNS = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_BRACKET = re.compile('[][()"„“”«»‚]')
_LETTERS = "[A-Za-zÀ-ÖØ-öø-ſ]+"
_QUIET = re.compile(rf"(?:{_LETTERS}-)*{_LETTERS}")
_PARTS = re.compile(r"[\s/,-]+")
_EDGE = ' \t,;:|/\\*_-–—.<>"„“”«»[]{}=#~!'
_TWO = re.compile(r"(?:\s+(?:und|u\.|and|et)\s+|\s*[&+/;|]\s*|\s+bzw\.?\s+|\s+oder\s+)", re.IGNORECASE)
_COUPLE = re.compile(
    r"^(?:eheleute|ehepaar|familie|fam\.?|geschwister|gebrüder|mr\.?\s*(?:&|and)\s*mrs\.?|herr(?:n)?\s+(?:und|u\.|&|/|\+)\s+frau|frau\s+(?:und|u\.|&|/|\+)\s+herrn?|herren)\b",
    re.IGNORECASE,
)
# words that speak of a second person, a name at birth or a recipient
_TOGETHER = (
    "und and et oder bzw ehepaar geschwister gebrüder herren geborene geborener geboren née nee alias genannt zu zh "
    "zhs zhd zhds attn"
)
_UND_ZU = re.compile(r"\bvon\s+und\s+zu(?:m|r)?\b|\bvon\s+und\s+z\.", re.IGNORECASE)
_FORMS = r"\b(?:gmbh|g\.m\.b\.h\.?|mbh|ag|kg|ohg|ug|gbr|e\.\s?v\.|e\.\s?k\.|ltd|inc|llc|s\.r\.l|sarl|sàrl|b\.v)\b"
_KEYBOARD = re.compile(
    r"^(?:(.)\1{2,}|(..)\2{2,}|[bcdfghjklmnpqrstvwxz]{6,}|(?:asd|sdf|qwe|wer|yxc|xcv|jkl|dfg|fgh|hjk){2,}\w*|\d[\d\s.-]*)$"
)
_ODD = re.compile(rf"(.)\1\1|(..)\2\2|[bcdfghjklmnpqrstvwxz]{{6}}|\d|asd|sdf|qwe|wer|yxc|xcv|jkl|dfg|fgh|hjk|{_FORMS}")
_DEGREE_HINT = re.compile(
    r"[.)]$|^(?:e?mba|b\.?a|m\.?a|[bm]\.?(?:sc|eng|ed)|ll\.?[bm]|ph\.?d|md|cpa|cfa|di|dr|stb|wp|ra)$",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"[^\W\d_]{2,}\.[^\W\d_]{2,}")
_COUPLE_GREETED = re.compile(
    r"^(?:eheleute|ehepaar|familie|fam\.?$|(?:herrn?|frau|mr\.?|mrs\.?|ms\.?)\s*(?:und|u\.|and|&|\+)\s*(?:herrn?|frau|mr|mrs|ms)\b)",
    re.IGNORECASE,
)
_HALF_CASED = re.compile(r"^[^\W\d_a-zäöü][a-zäöüß]+-[a-zäöüß]{3,}$")  # Müller-lüdenscheidt
_SINGLE_LETTERS = re.compile(r"[^\W\d_](?: [^\W\d_])+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]?\.?")
_PARTED = re.compile(r"(\s*[,/|;]\s*|\s+[-–]\s+)")
_INITIAL = re.compile(r"^[^\W\d_]\.?$")
_MAC = re.compile(
    r"^Mac(donald|leod|gregor|kenzie|arthur|millan|pherson|intyre|kay|lean|kinnon|farlane|dougall|allister|namara|aulay|neil|rae|cormack|dermott)$"
)
_TURKISH = re.compile("[İŞĞşğı]")


def parse_name(
    salutation: str | None, title: str | None, given: str | None, family: str | None, full: str | None
) -> Name:
    """Read one person from the cells of a record, any of them null."""
    name = Name()
    raw = " ".join(part.strip() for part in (given, family) if part) or (full or "").strip()
    if salutation and raw and is_couple(salutation):
        return _held(name, raw, "two_persons")
    if len(raw) < 6 and _SINGLE_LETTERS.fullmatch(raw):
        return _held(name, raw, "junk")
    if given and family and _is_lone_word(family) and (word := _lone_behind_titles(given)):
        parse_salutation(salutation, name)
        parse_titles(title, name)
        _strip_front(given, name)
        _name_both(word, family, given, family, name)
        _finish(name, f"{given} {family}")
        return name
    if full and not given and not family and (words := _lone_words(full)):
        parse_salutation(salutation, name)
        parse_titles(title, name)
        _name_words(words, full, name)
        _finish(name, full)
        return name
    given, family, full, coded = _without_code(given, family, full, name)
    rare = family is not None and family.strip().lower() in RARE_FAMILY_NAMES and _is_given(given or "")
    parse_salutation(salutation, name)
    parse_titles(title, name)
    cells = {
        "given_name": _cell(given, "given_name", name),
        "family_name": (family or "").strip() if rare else _cell(family, "family_name", name),
    }
    whole = _cell(full, "family_name", name) if not (cells["given_name"] and cells["family_name"]) else None
    texts = [text for text in (*cells.values(), whole) if text]
    if not texts:
        return _held(name, raw, "junk") if coded else name
    for text in texts:
        kind = None if rare else _no_person(text)
        if kind and (kind not in ("role", "trade") or len(texts) == 1 or all(_no_person(t) == "role" for t in texts)):
            return _held(name, raw, kind)
    if len(texts) > 1 and not rare and any(_is_suspect(t) or not _QUIET.fullmatch(t) for t in texts):
        both = " ".join(t for t in cells.values() if t)
        if kind := _no_person(both):
            return _held(name, raw, kind)
    if any(_two_persons(text) for text in texts):
        return _held(name, raw, "two_persons")

    if whole and not (cells["given_name"] or cells["family_name"]):
        _read_whole(whole, full or "", name)
    elif cells["given_name"] and cells["family_name"]:
        _read_both(cells["given_name"], cells["family_name"], given or "", family or "", name)
    else:
        place = "given_name" if cells["given_name"] else "family_name"
        text = cells[place] or ""
        if whole and _words(whole)[1:]:
            _read_whole(whole, full or "", name)
        else:
            _read_one(text, place, (given if place == "given_name" else family) or "", name)
    _finish(name, raw)
    return name


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
            name.evidence.append((place, cell, None, "name_junk"))
    return kept[0], kept[1], kept[2], True


def _read_whole(text: str, raw: str, name: Name) -> None:
    """Given and family name from one cell."""
    ordered, comma = _by_comma(text, name)
    behind = _strip_front(ordered, name)
    ordered = behind if behind != ordered and behind in ("Herr", "Frau") else _lone_prefix(behind, name)
    words = _noble_behind(_without_titles(_words(ordered), raw, name))
    if not words:
        return
    if comma:
        family, given = comma
        family = _strip_front(family, name)
        given = _strip_front(given, name)
        given, particles = _trailing_particles(given)
        name.given, name.family = _cased_pair(given or None, f"{particles} {family}".strip() or None, name, raw)
        name.evidence.append(("family_name", raw, name.family, "name_order"))
        return
    if len(words) == 1:
        as_given = (
            _is_given(words[0]) and not (name.salutation or name.titles) and fold_word(words[0]) not in family_names()
        )
        first, last = (words[0], None) if as_given else (None, words[0])
        name.given, name.family = _cased_pair(first, last, name, raw)
        return
    _name_words(words, raw, name)


def _name_words(words: list[str], raw: str, name: Name) -> None:
    """Given and family name from several words that hold nothing else."""
    first, last, turned = _split(words)
    name.given, name.family = _cased_pair(first, last, name, raw)
    if turned:
        name.status = "swapped"
        name.evidence.append(("family_name", raw, name.family, "name_swapped"))


def _read_both(given: str, family: str, raw_given: str, raw_family: str, name: Name) -> None:
    """Given and family name from their own cells, which may hold titles, each other, or the whole name."""
    if given == family and " " in given:
        _read_whole(given, raw_given, name)
        return
    given, family = _lone_prefix(given, name), _lone_prefix(family, name)
    head, _, tail = family.partition(",")
    if tail.strip() == given:
        family = head
    given = _strip_front(_strip_back(given, name), name)
    family = _strip_front(_strip_back(family, name), name)
    family_in_given = given.endswith(f" {family}") and given != family
    if family_in_given:
        given = given.removesuffix(family).strip()
    elif family.startswith(f"{given} ") and _is_given(given):
        family = family.removeprefix(given).strip()
    elif given.startswith(f"{family} ") and not _is_given(family):
        given = given.removeprefix(family).strip()
    elif "," in family and not given.strip(","):
        given = ""
    given, particles = _trailing_particles(given)
    _name_both(given, f"{particles} {family}".strip(), raw_given, raw_family, name)


def _name_both(given: str, family: str, raw_given: str, raw_family: str, name: Name) -> None:
    """Given and family name from cells that hold nothing else, put right where they are swapped or repeated."""
    if given and given == family and not _is_given(given):
        name.evidence.append(("given_name", raw_given, None, "name_repeated"))
        given = ""
    elif _swapped(given, family):
        name.status = "swapped"
        given, family = family, given
        name.evidence.append(("given_name", raw_given, given, "name_swapped"))
        name.evidence.append(("family_name", raw_family, family, "name_swapped"))
        name.given, name.family = _cased_pair(given, family, None, "")
        return
    name.given, name.family = _cased_pair(given or None, family or None, name, raw_given, raw_family)


def _read_one(text: str, place: str, raw: str, name: Name) -> None:
    """A single filled cell: a whole name when it has several words, else what the cell says it is."""
    if not (text in ("Herr", "Frau") and name.salutation not in (None, text)):  # Frau Herr is a name
        text = _lone_prefix(text, name)
    words = _words(_strip_front(text, name))
    if not words:
        return
    whole = "," in text or (len(words) > 1 and _names_whole_person(words, place))
    if whole:
        _read_whole(text, raw, name)
        return
    text = _strip_back(_strip_front(text, name), name)
    first, last = (text or None, None) if place == "given_name" else (None, text or None)
    name.given, name.family = _cased_pair(first, last, name, raw, raw)


def _names_whole_person(words: list[str], place: str) -> bool:
    if place == "given_name":
        return any(not _is_given(word) for word in words)
    return words[0].lower() not in name_kinds()["particle"] and (_is_given(words[0]) or _is_given(words[-1]))


def _finish(name: Name, raw: str) -> None:
    shown = " ".join(part for part in (name.given, name.family) if part)
    if (
        shown
        and shown != raw
        and not any(entry[0] != "salutation" or entry[3] == "name_salutation_removed" for entry in name.evidence)
    ):
        name.evidence.append(("family_name", raw, name.family, "name_tidied"))
    for place, value in (("given_name", name.given), ("family_name", name.family)):
        if value and lost_letters(value):
            name.evidence.append((place, raw, value, "encoding_loss"))
    if name.given and name.family:
        name.status = "swapped" if name.status == "swapped" else "valid"
        pair = f"{name.given} {name.family}".lower()
        if pair in name_kinds()["sample"] or name.family.lower() in ("test", "mustermann"):
            name.evidence.append(("name_status", raw, name.status, "name_sample"))
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
    name.evidence = [e for e in name.evidence if e[0] in ("salutation", "academic_title")]
    name.evidence.append(("name_status", raw, None, reason))
    return Name(salutation=None if kind == "two_persons" else name.salutation, status=status, evidence=name.evidence)


# --- cells -----------------------------------------------------------------------------------------


def _cell(text: str | None, place: str, name: Name) -> str | None:
    """A cell without contact data, nicknames and stray signs; null when empty or a placeholder."""
    if text is None:
        return None
    plain, found = _read_cell(text, place)
    name.evidence += found
    return plain


@lru_cache(REMEMBERED)
def _read_cell(text: str, place: str) -> tuple[str | None, tuple[tuple[str, str, str | None, str], ...]]:
    """What `_cell` keeps of a text, and the evidence."""
    if _QUIET.fullmatch(text) and not _is_placeholder(text):
        return text, ()
    name = Name()
    plain = _kept(text, place, name)
    return plain, tuple(name.evidence)


def _kept(text: str, place: str, name: Name) -> str | None:
    plain = " ".join(
        _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).replace("&amp;", "&").replace("_", " ").split()
    )
    if _is_placeholder(plain):
        if plain:
            name.evidence.append((place, text, None, "name_placeholder"))
        return None
    found = _CONTACT.sub(" ", plain) if _CONTACT_HINT.search(plain) else plain
    if found != plain:
        plain = " ".join(found.split()).strip(_EDGE)
        name.evidence.append((place, text, plain or None, "name_contact_removed"))
    found = _BIRTH_NAME.sub("", _fh_kept(plain))
    if found != plain:
        name.evidence.append((place, text, found.strip(_EDGE) or None, "name_nickname_removed"))
        plain = found
    found = without_function(_without_role(without_manners(plain)), _is_person_word, 1 if place == "given_name" else 2)
    if found != plain:
        name.evidence.append((place, text, found, "name_role_removed"))
        plain = found
    plain = " ".join(plain.split()).strip(' \t;:|/\\*_<>"„“”«»[]{}=#~!–—').strip("-, ").strip()
    if len(plain) > 2 and plain[0] == plain[-1] == "'":
        plain = plain.strip("'")
    if _DOTTED.fullmatch(plain) and _is_given(plain.partition(".")[0]):
        plain = plain.replace(".", " ")
    plain = re.sub(r"(?<![^\W\d_])\?+$", "", plain)  # behind a letter it stands for a letter lost on the way
    plain = _ATTENTION.sub("", re.sub(r"(?<=[^\W\d]{2})\d+\b", "", plain.lstrip(".")))
    return plain or None


def _without_role(text: str) -> str:
    """`Max Müller, Einkauf` or `Max Müller / Vertrieb` without the department, where a name stands beside it."""
    if not _PARTED.search(text):
        return text
    parts = _PARTED.split(text)
    if len(parts) < 3:
        return text
    whole = any(len(part.split()) > 1 for part in parts[::2])

    def role(part: str) -> bool:
        return is_role(part) or (whole and part.rstrip(".") in name_kinds()["function"])

    named = [i for i in range(0, len(parts), 2) if not role(parts[i].lower().strip(_EDGE))]
    if not named or len(named) * 2 - 1 == len(parts):
        return text
    return "".join(parts[named[0] : named[-1] + 1])


def _fh_kept(text: str) -> str:
    """Brackets and quotes off, but not the (FH) of a degree, and not a name that is all in quotes."""
    if not _BRACKET.search(text):
        return text
    kept = _NICKNAME.sub(
        lambda m: m[0] if re.search(r"\((?:fh|ba|th|dh|haw|univ\.?)\)", m[0], re.IGNORECASE) else " ", text
    )
    return " ".join(kept.split()) if kept.strip(_EDGE) else text


def _is_person_word(word: str) -> bool:
    """Whether a word begins a person: a known given name, a salutation or a title."""
    return _is_given(word) or _SALUTATION_ONLY.match(word) is not None or _title_at(word) is not None


def _is_placeholder(text: str) -> bool:
    """Whether a text means that there is none; also said twice (`null null`)."""
    first, _, second = text.partition(" ")
    return _compact(first if first == second else text) in _placeholders()


@lru_cache(REMEMBERED)
def _no_person(text: str) -> str | None:
    """`junk`, `role` or `name_is_company` when the text as a whole cannot be a person."""
    if not _is_suspect(text):
        return None
    folded = _bare(text)
    kinds = name_kinds()
    bare = re.sub(r"^(?:herrn?|frau|hr\.|fr\.|an (?:die|den|das)|an|z\.\s?hd\.)\s+", "", folded)
    words = bare.split()
    if bare in kinds["junk"] or bare in kinds["fictional"] or (words and all(_KEYBOARD.match(w) for w in words)):
        return "junk"
    if len(words) > 1 and (all(w in kinds["junk"] for w in words) or words[0] in _junk_first()):
        return "junk"
    if is_role(bare) or (len(words) > 1 and all(w in kinds["role"] or w in department_words() for w in words)):
        return "role"
    if _DIGIT.search(bare) and not re.search(r"[^\W\d_]{3}", bare):
        return "junk"
    if len(words) > 1 and _company(text):
        return "name_is_company"
    return "trade" if len(words) > 1 and words[0] in name_kinds()["trade"] else None


@lru_cache(REMEMBERED)
def _is_suspect(text: str) -> bool:
    """Whether a word or an odd run of letters asks for a second look at the text."""
    folded = _bare(text)
    return not special_words().isdisjoint(_PARTS.split(folded)) or _ODD.search(folded) is not None


def _bare(text: str) -> str:
    return " ".join(text.lower().strip(_EDGE).split())


def _company(text: str) -> bool:
    return re.search(_FORMS, text, re.IGNORECASE) is not None and legal_form_of(text) is not None


@lru_cache(REMEMBERED)
def _is_lone_word(text: str) -> bool:
    """Whether a cell holds a single word in letters that is a name and nothing else: no rule takes anything off it."""
    quiet = _QUIET.fullmatch(text) is not None
    return quiet and not (_is_suspect(text) or _is_placeholder(text) or _two_persons(text))


@lru_cache(REMEMBERED)
def _lone_behind_titles(text: str) -> str | None:
    """The lone word of a cell that holds nothing else but salutations and titles before it."""
    if _is_lone_word(text):
        return text
    rest = _strip_front(text, Name())
    bare = len(rest) < len(text) and _is_lone_word(rest) and _strip_back(text, Name()) == text
    return rest if bare and _read_cell(text, "")[0] == text and not (_no_person(text) or _two_persons(text)) else None


def _lone_words(text: str) -> list[str] | None:
    """The words of a cell of several lone words that mean nothing together but a name."""
    words = text.split(" ")
    return _noble_behind(words) if len(words) > 1 and all(map(_is_name_only, words)) else None


@lru_cache(REMEMBERED)
def _is_name_only(word: str) -> bool:
    """Whether a lone word is no title and means the same beside others."""
    return _is_lone_word(word) and word.lower() not in _TOGETHER.split() and _title_at(word, back=True) is None


@lru_cache(REMEMBERED)
def _two_persons(text: str) -> bool:
    """Two people in one cell: a couple by word, two salutations, or two names joined by a sign."""
    if _COUPLE.match(text) or ("," in text and all(map(_is_whole_person, text.split(",")))):
        return True
    plain = _UND_ZU.sub("von", text)
    parts = [part for part in _TWO.split(plain) if part.strip(_EDGE)]
    if len(parts) < 2:
        return len(re.findall(r"(?i)(?:^|\s)(?:herrn?|frau|hr\.|fr\.|mr\.|mrs\.)\s", plain)) > 1
    return all(re.search(r"[^\W\d_]{2}", part) or _INITIAL.match(part.strip()) for part in parts)


def is_couple(salutation: str) -> bool:
    """Whether a salutation addresses two."""
    return _COUPLE_GREETED.match(salutation.strip()) is not None


def _is_whole_person(text: str) -> bool:
    """Whether a part of a cell is given and family name in either order."""
    words = _words(_strip_front(text.strip(), Name()))
    first, last = words[0], words[-1]
    return 1 < len(words) < 4 and ((_is_given(first) and _is_family(last)) or (_is_given(last) and _is_family(first)))


def _is_family(word: str) -> bool:
    """Whether a word may be a family name: none that is only known as a given name."""
    return not _is_given(word) or fold_word(word) in family_names()


# --- salutation and titles -------------------------------------------------------------------------


def parse_salutation(text: str | None, name: Name) -> None:
    """Read a salutation cell into `name`, titles behind the salutation included."""
    if text is None or _is_placeholder(text):
        return
    plain = " ".join(text.split()).strip(" ,;:").lower()
    known = _salutations().get(plain.rstrip(".")) or _salutations().get(plain)
    if known is None:
        first = _SALUTATION_FRONT.match(plain)
        rest = plain[first.end() :] if first else ""
        if first and not re.search(r"[/&+]|\b(?:und|oder|frau|herr)\b", rest):
            known = _salutations()[first[1].rstrip(".")]
            while title := _title_at(rest):
                _add_title(title[0], text, name.titles, name)
                rest = rest[title[1] :].lstrip(" .,-&/")
    if known is None:
        name.evidence.append(("salutation", text, None, "salutation_unreadable"))
    elif known != text:
        name.evidence.append(("salutation", text, known, "salutation_notation"))
    name.salutation = known


def parse_titles(text: str | None, name: Name) -> None:
    """Read a title cell into `name`, in standard notation; an unknown title is kept as written."""
    if text is None or _is_placeholder(text):
        return
    rest = " ".join(_INVISIBLE.sub("", text).split()).strip(" ,;")
    found: list[str] = []
    while rest:
        match = _title_at(rest, back=True)
        if match:
            found.append(match[0])
            rest = rest[match[1] :].lstrip(" ,;/&-.")
            continue
        word, _, rest = rest.partition(" ")
        if word.lower().rstrip(".") in _salutations():
            name.salutation = name.salutation or _salutations()[word.lower().rstrip(".")]
            continue
        found.append(word)
        name.evidence.append(("academic_title", text, word, "title_unreadable"))
        rest = rest.lstrip()
    kept = " ".join(dict.fromkeys(found)) or None
    if kept != text and not any(e[3] == "title_unreadable" for e in name.evidence):
        name.evidence.append(("academic_title", text, kept, "title_notation"))
    name.titles += found


@_read_once
def _strip_front(text: str, name: Name) -> str:
    """Salutations and titles off the front of a name."""
    rest = text
    while rest:
        match = _SALUTATION_FRONT.match(rest)
        if match and rest[match.end() :].strip(" .,"):
            known = _salutations()[match[1].lower().rstrip(".")]
            name.evidence.append(("salutation", text, known, "name_salutation_removed"))
            name.salutation = name.salutation or known
            rest = rest[match.end() :].lstrip(" .,")
            continue
        title = _title_at(rest)
        if title and rest[title[1] :].strip(" .,"):
            _add_title(title[0], text, name.titles, name)
            rest = rest[title[1] :].lstrip(" .,-&/")
            continue
        return rest
    return rest


@_read_once
def _lone_prefix(text: str, name: Name) -> str:
    """Empty where the cell holds nothing but a salutation or titles, which are kept in their fields."""
    known = _salutations().get(text.lower().rstrip(".")) if _SALUTATION_ONLY.match(text) else None
    if known:
        name.salutation = name.salutation or known
        name.evidence.append(("salutation", text, known, "name_salutation_removed"))
        return ""
    title = _title_at(text)
    if title and title[1] == len(text) and text.endswith("."):
        _add_title(title[0], text, name.titles, name)
        return ""
    return text


@_read_once
def _strip_back(text: str, name: Name) -> str:
    """Degrees behind a name (`Müller, MBA`, `Müller Dipl.-Ing. (FH)`) off."""
    words = text.split(" ")
    for start in range(1, len(words)) if _DEGREE_HINT.search(words[-1]) else ():
        tail = " ".join(words[start:]).strip(" ,()")
        degrees: list[str] = []
        while tail and (match := _title_at(tail, back=True)):
            if (
                match[0] in ("RA", "DI", "PD", "WP", "StB", "M.A.", "B.A.", "MD")
                and tail[: match[1]] not in (match[0], match[0].lower().title())
                and tail[: match[1]].lower() in ("ma", "ba", "di", "md", "ra")
            ):
                break
            degrees.append(match[0])
            tail = tail[match[1] :].lstrip(" ,;/&().")
        if degrees and not tail:
            for degree in degrees:
                _add_title(degree, text, name.degrees, name)
            return " ".join(words[:start]).rstrip(" ,")
    return text


def _without_titles(words: list[str], raw: str, name: Name) -> list[str]:
    """Words without titles in the middle (`Müller Dr. Hans`)."""
    kept = []
    for word in words:
        title = _title_at(word) if word.endswith(".") and len(word) > 2 else None
        if title and title[1] == len(word):
            _add_title(title[0], raw, name.titles, name)
        else:
            kept.append(word)
    return kept


def _noble_behind(words: list[str]) -> list[str]:
    """`Prinz Max von Sachsen` as `Max Prinz von Sachsen`: since 1919 the title is part of the family name."""
    if len(words) > 2 and words[0].lower() in name_kinds()["noble"] and _is_given(words[1]):
        return [words[1], words[0], *words[2:]]
    return words


def _add_title(title: str, raw: str, titles: list[str], name: Name) -> None:
    name.evidence.append(("academic_title", raw, title, "name_title_removed"))
    titles.append(title)


@lru_cache(REMEMBERED)
def _title_at(text: str, *, back: bool = False) -> tuple[str, int] | None:
    """The title the text starts with and its length."""
    pattern, names = _title_patterns(back)
    match = pattern.match(text)
    if not match or not match.lastgroup:
        return None
    return names[match.lastgroup], match.end()


# --- order -----------------------------------------------------------------------------------------


def _by_comma(text: str, name: Name) -> tuple[str, tuple[str, str] | None]:
    """(`Given Family`, None) or (text, (family, given)) for `Family, Given`; degrees behind a comma are titles."""
    if "," not in text:
        return _strip_back(text, name), None
    parts = [part.strip() for part in text.split(",") if part.strip(_EDGE)]
    names = [parts[0]]
    for part in parts[1:]:
        rest, degrees = part, []
        while rest and (match := _title_at(rest, back=True)):
            degrees.append(match[0])
            rest = rest[match[1] :].lstrip(" .,-&/")
        if degrees and not rest:
            for degree in degrees:
                _add_title(degree, text, name.degrees, name)
        else:
            names.append(part)
    if len(names) == 1:
        return _strip_back(names[0], name), None
    first = names[0]
    second = " ".join(names[1:])
    if _SALUTATION_ONLY.match(first):
        return f"{first} {second}", None
    if _SALUTATION_ONLY.match(second):
        return f"{second} {first}", None
    stripped = [w for w in _words(first) if w.lower() not in name_kinds()["particle"]]
    if len(stripped) > 1 and _is_given(stripped[0]) and not _is_given(_words(second)[-1]):
        return f"{first} {second}", None
    return text, (first, _strip_back(second, name))


def _split(words: list[str]) -> tuple[str | None, str | None, bool]:
    """Given name, family name, and whether the family name stood first."""
    kinds = name_kinds()
    suffix: list[str] = []
    while len(words) > 2 and words[-1].lower() in kinds["suffix"]:
        suffix.insert(0, words.pop())
    initial = words[0].isupper() and _INITIAL.match(words[0]) is not None
    if words[0].lower() in kinds["particle"] and not initial and not _is_given(words[0]):
        start = next((i for i, w in enumerate(words) if w.lower() not in kinds["particle"]), len(words)) + 1
        if start < len(words) and all(_is_given(w) for w in words[start:]):
            return " ".join(words[start:]), " ".join(words[:start] + suffix), True
        return None, " ".join(words + suffix), False
    for position in range(1, len(words)):
        lower = words[position].lower()
        if _within_given(words, position):
            continue
        noble = lower in kinds["noble"] and position < len(words) - 1
        if noble or (
            lower in kinds["particle"] and position < len(words) - 1 and not (len(lower) == 1 and lower != "y")
        ):
            return " ".join(words[:position]), " ".join(words[position:] + suffix), False
    if not _is_given(words[0]) and _is_given(words[-1]) and not _INITIAL.match(words[0]):
        run = len(words)
        while run > 1 and _is_given(words[run - 1]):
            run -= 1
        clear = fold_word(words[-1]) not in family_names() or fold_word(words[0]) in family_names()
        if clear:
            return " ".join(words[run:]), " ".join(words[:run] + suffix), True
    position = 1
    while position < len(words) - 1 and (
        _is_given(words[position]) or _INITIAL.match(words[position]) or _within_given(words, position)
    ):
        position += 1
    if not _is_given(words[0]) and not _INITIAL.match(words[0]):
        position = len(words) - 1
    return " ".join(words[:position]), " ".join(words[position:] + suffix), False


def _within_given(words: list[str], position: int) -> bool:
    """Whether the word is the `del` of a given name (Maria del Carmen Ruiz)."""
    return words[position].lower() == "del" and position < len(words) - 2 and _is_given(words[position + 1])


def _swapped(given: str, family: str) -> bool:
    """Whether the list of given names says that the two stand in each other's field."""
    if not given or not family or _is_given(given) or not _is_given(family):
        return False
    if _INITIAL.match(given) or _INITIAL.match(family):
        return False
    if fold_word(given) in family_names():
        return True
    return fold_word(family) not in family_names() and not _misspelt_given(fold_word(given))


@cache
def _misspelt_given(folded: str) -> bool:
    """Whether one slip of the keyboard separates the word from a known given name."""
    near = _given_by_gap()
    return any(OSA.distance(folded, name) < 2 for gap in _gaps(folded) for name in near.get(gap, ()))


@cache
def _given_by_gap() -> dict[str, list[str]]:
    """Given names by each of their `_gaps`: two words one slip apart share one."""
    found: dict[str, list[str]] = {}
    for name in given_names():
        for gap in _gaps(name):
            found.setdefault(gap, []).append(name)
    return found


def _gaps(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _trailing_particles(given: str) -> tuple[str, str]:
    """`Otto von` -> (`Otto`, `von`): particles at the end of the given name belong to the family name."""
    words = given.split(" ")
    start = len(words)
    while start > 1 and (
        words[start - 1].lower() in name_kinds()["particle"] or words[start - 1].lower() in name_kinds()["noble"]
    ):
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _words(text: str) -> list[str]:
    return [word for word in _spaced(text).split() if word.strip("-.,")]


def _spaced(text: str) -> str:
    loose = "-" in text and re.search(r"[^\W\d_]\s+-|-\s+[^\W\d_]", text)
    return re.sub(r"\s*-\s*(?=\S)", "-", text) if loose else text


@lru_cache(REMEMBERED)
def _is_given(text: str) -> bool:
    """Whether every word of the text is a known given name."""
    words = re.split(r"[\s-]+", text.strip())
    return bool(words) and (fold_word(text) in given_names() or all(w and fold_word(w) in given_names() for w in words))


# --- capitals --------------------------------------------------------------------------------------


def _cased_pair(
    given: str | None, family: str | None, name: Name | None, raw: str, raw_family: str | None = None
) -> tuple[str | None, str | None]:
    """Both names with their usual capitals where a word was written in one case; evidence where changed."""
    letters = "".join(part for part in (given, family) if part)
    upper = _is_upper(letters)
    turkish = bool(re.search("[İŞĞ]", letters))
    shown = []
    for place, text, source in (("given_name", given, raw), ("family_name", family, raw_family or raw)):
        cased = _proper(text, whole_upper=upper, turkish=turkish) if text else None
        if place == "given_name" and text and cased and _INITIAL.match(text) and text.isupper():
            cased = text
        if name is not None and cased != (text or None):
            name.evidence.append((place, source, cased, "name_casing"))
        elif (
            name is not None
            and cased
            and raw_family is not None
            and cased != source
            and not any(e[0] == place or e[1] == source for e in name.evidence)
        ):
            name.evidence.append((place, source, cased, "name_tidied"))
        shown.append(cased)
    return shown[0], shown[1]


def _is_upper(text: str) -> bool:
    return text.replace("ß", "SS").isupper()


@lru_cache(REMEMBERED)
def _proper(text: str, *, whole_upper: bool, turkish: bool) -> str:
    """Usual capitals for each word written in one case; words of mixed case stay as they are."""
    words = text.split(" ")
    if _is_upper(text):
        changed = [
            _proper_word(w, turkish=turkish)
            if whole_upper or len(w.strip(".")) > 2 or "-" in w or w.lower() in name_kinds()["low"]
            else w
            for w in words
        ]
    elif text.islower():
        changed = [_proper_word(w, turkish=turkish) for w in words]
    else:
        changed = [
            _proper_word(w, turkish=turkish)
            if _is_upper(w) and len(w.strip(".")) > 3
            else (
                _proper_word(w, turkish=turkish)
                if w.lower() in ("sen.", "jun.")
                or (_HALF_CASED.search(w) and w.rpartition("-")[2] not in name_kinds()["particle"])
                or (
                    w.islower()
                    and w not in name_kinds()["low"]
                    and w not in name_kinds()["particle"]
                    and w not in name_kinds()["noble"]
                )
                else w
            )
            for w in words
        ]
    return " ".join(changed)


def _proper_word(word: str, *, turkish: bool) -> str:
    if _INITIALS.fullmatch(word) and word.isupper() and word.lower() not in name_kinds()["low"]:
        return word
    lower = word.replace("İ", "i").replace("I", "ı").lower() if turkish and word.upper() == word else word.lower()
    if lower in name_kinds()["low"]:
        return lower
    if lower.upper() in ("II", "III", "IV"):
        return lower.upper()
    return "-".join(_proper_part(part) for part in lower.split("-"))


def _proper_part(part: str) -> str:
    if part == "al":
        return part
    if part.startswith("mc") and len(part) > 3:
        return "Mc" + _upper_first(part[2:])
    head, apostrophe, tail = part.partition("'") if "'" in part else part.partition("’")
    if apostrophe and len(head) <= 2 and len(tail) > 1:
        return _upper_first(head) + apostrophe + _upper_first(tail)
    cased = _upper_first(part)
    mac = _MAC.match(cased)
    return "Mac" + _upper_first(mac[1]) if mac else cased


def _upper_first(text: str) -> str:
    return ("İ" if text[:1] == "i" and _TURKISH.search(text) else text[:1].upper()) + text[1:]


# --- lists -----------------------------------------------------------------------------------------


@cache
def _junk_first() -> frozenset[str]:
    """Junk words that spoil whatever follows them; the others are also given or family names."""
    return name_kinds()["junk"] - {"name", "ja", "nein", "demo", "gast", "user", "hallo", "abc"}


def _compact(text: str) -> str:
    return _SIGNS.sub("", text.lower())


@cache
def _placeholders() -> frozenset[str]:
    return frozenset({_compact(word) for word in name_kinds()["placeholder"]} | {""})


@cache
def _salutations() -> dict[str, str]:
    with (DATA / "salutations.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            (s.lower().rstrip("."), row["salutation"])
            for row in csv.DictReader(lines)
            for s in row["spellings"].split("|")
        ]
    return dict(rows)


_SALUTATION_WORDS = (
    r"sehr geehrter herr|sehr geehrte frau|lieber herr|liebe frau|herrn|herr|frau|hrn\.?|hr\.?|frl\.?|fräulein|"
    r"fr\.|mister|mr\.?|mrs\.?|ms\.?|miss|madame|mme\.?|mademoiselle|mlle\.?|monsieur|signora|sig\.ra|signor|sig\.|señora|sra\.|señor|meneer|mevrouw|"
    r"dhr\.|mevr\.|mx\.?|divers"
)
_SALUTATION_FRONT = re.compile(rf"^({_SALUTATION_WORDS})(?=[\s.,]|$)\.?\s*", re.IGNORECASE)
_SALUTATION_ONLY = re.compile(rf"^(?:{_SALUTATION_WORDS})$", re.IGNORECASE)


@cache
def _title_patterns(back: bool) -> tuple[re.Pattern[str], dict[str, str]]:
    """All titles as one pattern (front ones, with `back` also degrees), longest reading first by table order."""
    with (DATA / "titles.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if back or row["place"] == "front"]
    names = {f"t{position}": row["title"] for position, row in enumerate(rows)}
    parts = [f"(?P<t{position}>{row['pattern']})" for position, row in enumerate(rows)]
    return re.compile(rf"(?:{'|'.join(parts)})(?:(?<=\.)|(?<=\))|(?![\w.'’-]))", re.IGNORECASE), names


@cache
def special_words() -> frozenset[str]:
    """Small-letter words that need the parser wherever they stand as a whole word of a name.

    Of a phrase the first word stands for all (`technischer leiter`), of an invented person the last
    (`donald duck`), since the other words may be anybody's name.
    """
    return lone_special_words() | {name.split(" ")[-1] for name in invented_names()}


@cache
def lone_special_words() -> frozenset[str]:
    """`special_words` that need the parser whatever the other cells hold: those of no `invented_names` only."""
    kinds = name_kinds()
    phrases = (
        kinds["placeholder"] | kinds["junk"] | kinds["role"] | kinds["office"] | kinds["function"] | kinds["trade"]
    )
    words = {phrase.split(" ")[0] for phrase in phrases} | ((kinds["fictional"] | kinds["sample"]) - invented_names())
    titles = "dr prof professor doktor doctor ing mag dipl di pd ra wp stb mba familie fam eheleute mustermann"
    return frozenset(words) | frozenset(" ".join([*_salutations(), titles]).split()) | department_words()


@cache
def invented_names() -> frozenset[str]:
    """Given and family name of invented persons in small letters."""
    kinds = name_kinds()
    return frozenset(name for name in kinds["fictional"] | kinds["sample"] if " " in name)
