"""Company lines: everything that is written into a company cell and is not the company's name.

Belongs here: peeling z.Hd. contacts, departments, sites, owners, former and trade names, c/o and the
marks of winding up or founding off a line. Does not belong here: legal forms (`enrichment/company/legal_form`),
what kind of organisation it is (`enrichment/company`).
Only what is announced by a keyword, or is a known department, country or town behind a sign or a legal
form, is cut; a name is never shortened on a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import groupby
from typing import NamedTuple
from unicodedata import category

import polars as pl

from engine.word_lists import alternatives, entries, hints
from enrichment.cells import recipients
from enrichment.cells.distinct import by_cell, parts_by_cell, where, where_parts
from enrichment.cells.no_value import LONGEST
from enrichment.cells.text import fold, fold_text, tidy
from enrichment.cells.word_lists import any_of, of_columns, of_kinds, rows
from enrichment.company.legal_form import IN_LINE
from enrichment.job.department import is_department, is_no_firm, names_department, normal_department
from reference import salutations
from reference.countries import DATA as REFERENCE

PARTS = ("contact", "department", "site", "owner", "former_name", "trade_name", "care_of", "condition", "mark")

_any = partial(any_of, "line_words.csv")
ATTENTION = rf"(?i:{alternatives(recipients.ATTENTION)}[\s:.])"
"""Pattern of what announces a person, up to the sign behind it."""

_ANNOUNCED = (*recipients.ATTENTION, *recipients.ATTENTION_LABEL)
_SITES = ("site", "site_opening", "site_anywhere")
_GAP = r"[\s,;:|/(–-]+"
_SIGN = r"(?:\s*[,;|/(]|\s[–-])\s*"
_REST = rf"(?i)^(?P<rest>.+?){_GAP}"
_TAKEN = r"(?P<taken>\S.*?)\)?"
_TAIL = rf"(?P<tail>$|[,)].*$|\s{IN_LINE}$)"
_NAMED = r"[\p{Lu}][\p{L}'’-]+"
_FORMED = rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{IN_LINE}))"
_CONTACT = rf"(?i)^(?P<rest>.*?)(?:^|{_GAP}){alternatives(_ANNOUNCED)}[\s:.]+{_TAKEN}$"
_SALUTED = rf"(?P<taken>{alternatives(salutations.IN_LINE)}\s+(?:Dr\.\s+|Prof\.\s+)*{_NAMED}.*?)\)?$"
_SALUTED_BEHIND = rf"^(?P<rest>.+?){_SIGN}{_SALUTED}"
_SALUTED_AFTER_FORM = rf"{_FORMED}\s+{_SALUTED}"
_SALUTED_BEFORE = (
    rf"^(?P<taken>{alternatives(salutations.FIRST_IN_LINE)}\s[\p{{Lu}}][\p{{L}} .'’-]*?)"
    r"\s*[,;/]\s*"
    rf"(?P<rest>\S.*(?:\s|^)(?i:{IN_LINE}))$"
)
_TITLED_AFTER_FORM = rf"{_FORMED}(?:\s*,|\s[–-])\s*(?P<taken>(?:Prof\.\s)?Dr\.\s{_NAMED}(?:\s{_NAMED})?)$"
_ADDRESSED = rf"^(?:(?i:{_any('confidential')})[\s/,;:–-]*)*(?P<before>[^,;/|]*?)[\s,;:/|–-]*{_SALUTED}"
_CARE_OF = rf"{_REST}{alternatives(recipients.CARE_OF)}[\s:.]+{_TAKEN}$"
_FORMER = rf"{_REST}{_any('former')}[\s:]+{_TAKEN}(?P<tail>$|\).*$)"
_RENAMED = rf"(?i)^(?P<taken>.+?){_GAP}{_any('renamed')}[\s:]+(?P<rest>\S.*?)\)?$"
_TRADING_AS = rf"{_REST}{_any('trading_as')}[\s:]+{_TAKEN}$"
_OWNER = (
    rf"(?i)^(?P<rest>.+?)[\s,;|/(–-]+{_any('owner')}[\s.:]+{_TAKEN}"
    rf"(?P<tail>(?:,?\s+{alternatives(of_columns('legal_forms.csv', 'owned'))})?)$"
)
_WOUND_UP = rf"(?i)^(?P<rest>.*?)[\s,;:|/(\[*\"–-]+(?P<taken>{_any('wound_up')})[\s.)\]*\"–-]*{_TAIL}"
_WOUND_UP_BEFORE = (  # `Insolvenzverwalter der Müller GmbH`, `i.L. Müller GmbH`
    rf"(?i)^(?:.*\s{_any('acting_as')}\s)?(?P<taken>{_any('wound_up_before')})[\s:]+"
    r"(?:(?:über )?(?:das vermögen )?de[rs] )?(?P<rest>\S.+)$"
)
_WOUND_UP_BESIDE = (
    rf"(?i)^(?P<rest>.+?)\s*(?:[(\[,;]|\s[–-])\s*(?P<taken>{_any('wound_up_beside')})(?:in)?(?:\s[^)\]]*)?[)\]]?$"
)
_WOUND_UP_BARE = rf"^(?P<rest>.*\b(?i:{IN_LINE})\)?)\s+(?P<taken>{_any('wound_up_bare')})$"
_FOUNDED = rf"(?i)^(?P<rest>.*?){_GAP}(?P<taken>{_any('founded')})[\s.)–-]*{_TAIL}"
_FOUNDED_BARE = rf"^(?P<rest>.*\b(?i:{IN_LINE})\)?)\s+(?P<taken>{_any('founded_bare')})$"
_DEPARTMENT = rf"{_REST}(?P<taken>{_any('department_label')}[\s:.]+\S.*?)\)?$"
_LAST_PART = r"^(?P<rest>.+?)\s*(?:[,;|/:]|\s[–-]|\s[(\[*>·]+)\s*(?P<taken>[^,;|/():]+?(?:/[^,;|/()]+)?)[)\]–-]?$"
_DEPARTMENT_AFTER_FORM = rf"^(?P<rest>.*\b{IN_LINE})\s+(?P<taken>[\p{{Lu}}]\S*(?:\s\S+){{0,2}})$"
_SITE_AFTER_SIGN = rf"(?i)^(?P<rest>.+?){_SIGN}(?P<taken>{_any(*_SITES)}\.?(?:[\s:-]+[\p{{L}}\d][^,;|()]*)?)\)?$"
_SITE_AFTER_FORM = rf"{_FORMED}\s+(?P<taken>(?i:{_any(*_SITES)})\.?(?:\s+[\p{{L}}\d][^,;|()]*)?)$"
_SITE_ANYWHERE = rf"^(?P<rest>\S.*\S)\s+(?P<taken>(?i:{_any('site_anywhere')})\s+[\p{{Lu}}\d][^,;|()]*)$"
SITE_OPENING = rf"^((?i:{_any('site_opening', 'site_anywhere')})\.?\s+\S.*)$"
"""Pattern of a second line that names a site."""
_COUNTRY = rf"{_FORMED}{_GAP}(?P<taken>{_any('country')})\)?$"
_TOWN_AFTER_FORM = rf"{_FORMED}{_GAP}(?P<taken>(?:\d{{4,5}}\s)?[\p{{Lu}}][^,;|/()]*)\)?$"
_TOWN_AFTER_SIGN = r"^(?P<rest>.+?)(?:\s*[,(]\s*|\s[–-]\s)(?P<taken>(?:\d{4,5}\s)?[\p{Lu}][^,;|/()]*)\)?$"
_FORM_BEHIND = rf"(?i:{IN_LINE})[\s,;|/(–-]+[\d\p{{Lu}}]"
_MARKED = rf"(?:^|[\s,;:|/(–-]){ATTENTION}"
_LIQUIDATION, _FORMATION = "liquidation", "formation"
LONE_MARKS = {
    _LIQUIDATION: rf"(?i)^\(?{_any('wound_up', 'wound_up_bare')}\)?$",
    _FORMATION: rf"(?i)^\(?{_any('founded', 'founded_bare')}\)?$",
}
"""Patterns of lines that hold nothing but a mark, by the condition it tells."""
_ALWAYS = ("",)  # the hint of rules that are tried wherever another may fit
_SIGN_HINTS = (",", ";", "|", "/", "(", " –", " -")
_POSTCODE = re.compile(r"^\d{4,5}\s")
_NL = re.compile(r"NL\s+(.*)$", re.IGNORECASE)
_PART_END = re.compile(r"\s*[,;|/]|\s[–-]\s|\s\(")
_PART_BEHIND = re.compile(r"(?:[,;|/]|\s[–-]\s|\s\()\s*(.+?)\)?$")
_FORM_LAST = re.compile(rf"\s{IN_LINE}$", re.IGNORECASE)


def lines_marked(cells: pl.Series) -> pl.Series:
    """Cells of several lines that name a contact, with a sign where a line ends."""
    broken = cells.str.contains("\n", literal=True) & cells.str.contains(_MARKED)
    return where(broken, cells, lambda lines: lines.str.replace_all(r"\s*\n\s*", " | "))


def peel(lines: pl.Series) -> pl.DataFrame:
    """Split tidied company lines.

    Returns:
        Same height: `name` (what is left, null if nothing) and one text column per name in `PARTS`,
        null where there was none. `condition` is `liquidation` or `formation`.
    """
    lower = lines.str.to_lowercase()
    hinted = lower.str.contains_any([*filter(None, _hints())]) | lines.str.contains(_FORM_BEHIND)
    found = where_parts(hinted, lines, parts_by_cell(_peeled, ("name", *PARTS)), lines.to_frame("name"))
    return found.with_columns(name=tidy(pl.col("name").str.strip_chars(" ,;:|/–-")))


def _peeled(line: str) -> tuple[str | None, ...]:
    name, taken = _cut(line, _due(line))
    return name, *map(taken.get, PARTS)


class _PartPattern(NamedTuple):
    part: str  # of `PARTS`, or a condition
    text: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...]  # small-letter texts of which one stands in every line that fits
    fits: Callable[[str], bool]


def _due(line: str) -> Iterable[_PartPattern]:
    """The rules a line hints at, in their order; none for a text too long to be a line, which would take ages."""
    if len(line) > LONGEST:
        return ()
    lower = line.lower()
    numbers = {number for hint, hinted in _hints().items() if hint in lower for number in hinted}
    return [_rules()[number] for number in sorted(numbers)]


def _cut(line: str, rules: Iterable[_PartPattern]) -> tuple[str, dict[str, str]]:
    """What the rules leave of a line, and what they take."""
    parts: dict[str, str] = {}
    for rule in rules:
        found = rule.pattern.match(line)
        taken = found["taken"].strip(" ,;:") if found else ""
        if not found or not rule.fits(taken):
            continue
        line = found["rest"].strip(" ,;:|/–(-") + found.groupdict().get("tail", "").lstrip(")")
        if rule.part in (_LIQUIDATION, _FORMATION):
            parts.setdefault("condition", rule.part)
            parts.setdefault("mark", _shown_mark(taken))
        else:
            parts.setdefault(rule.part, taken)
    return line, parts


def _shown_mark(taken: str) -> str:
    """A mark in its usual short form, else in brackets as written."""
    return next((shown for mark, shown in _marks() if mark.fullmatch(taken)), f"({taken.lower()})")


@cache
def _marks() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Marks of winding up and founding as patterns, and how each is shown."""
    marks = [(alternatives(entries(row["words"])), row["shown"]) for row in rows("line_words.csv") if row["shown"]]
    return tuple((re.compile(pattern, re.IGNORECASE), shown) for pattern, shown in marks)


@cache
def _rules() -> tuple[_PartPattern, ...]:
    """The rules in the order they are tried."""
    saluted, sites = hints(f"{word} " for word in salutations.IN_LINE), _told(*_SITES, behind=" ")
    return (
        _rule("contact", _CONTACT, hints(_ANNOUNCED)),
        _rule("contact", _SALUTED_BEHIND, saluted),
        _rule("contact", _SALUTED_AFTER_FORM, saluted),
        _rule("contact", _SALUTED_BEFORE, saluted),
        _rule("contact", _TITLED_AFTER_FORM, ("dr. ",)),
        _rule("care_of", _CARE_OF, hints(recipients.CARE_OF)),
        _rule("former_name", _RENAMED, _told("renamed")),
        _rule("former_name", _FORMER, _told("former")),
        _rule("trade_name", _TRADING_AS, _told("trading_as")),
        _rule("owner", _OWNER, _told("owner"), _is_owner),
        _rule(_LIQUIDATION, _WOUND_UP, _told("wound_up")),
        _rule(_LIQUIDATION, _WOUND_UP_BEFORE, _told("wound_up_before")),
        _rule(_LIQUIDATION, _WOUND_UP_BESIDE, _told("wound_up_beside")),
        _rule(_FORMATION, _FOUNDED, _told("founded")),
        _rule(_LIQUIDATION, _WOUND_UP_BARE, _told("wound_up_bare", behind=" ")),
        _rule(_FORMATION, _FOUNDED_BARE, _told("founded_bare", behind=" ")),
        _rule("department", _DEPARTMENT, _told("department_label")),
        _rule("department", _LAST_PART, (*_SIGN_HINTS, ":", " *", " >", " ·", " ["), _is_plain_department),
        _rule("department", _DEPARTMENT_AFTER_FORM, _ALWAYS, _is_plain_department),
        _rule("site", _SITE_AFTER_SIGN, _SIGN_HINTS),
        _rule("site", _SITE_AFTER_FORM, sites),
        _rule("site", _SITE_ANYWHERE, _told("site_anywhere", behind=" "), _is_plain_site),
        _rule("site", _COUNTRY, _ALWAYS),
        _rule("site", _TOWN_AFTER_FORM, _ALWAYS, _is_town),
        _rule("site", _TOWN_AFTER_SIGN, _SIGN_HINTS, _is_town),
    )


def _told(*kinds: str, behind: str = "") -> tuple[str, ...]:
    """What lines hold that hold a word of the kinds."""
    return hints(of_kinds("line_words.csv", *kinds), behind=behind)


def _rule(
    part: str, pattern: str, hinted: tuple[str, ...], fits: Callable[[str], bool] = lambda taken: True
) -> _PartPattern:
    compiled = pattern
    for kind, letters in _letters().items():
        compiled = compiled.replace(rf"\p{{{kind}}}", letters)
    return _PartPattern(part, pattern, re.compile(compiled), hinted, fits)


@cache
def _hints() -> dict[str, list[int]]:
    """The rules by their hints."""
    found: dict[str, list[int]] = {}
    for number, rule in enumerate(_rules()):
        for hint in rule.hints:
            found.setdefault(hint, []).append(number)
    return found


CONTACT_HINTS = [*hints(_ANNOUNCED), *hints(f"{word} " for word in salutations.IN_LINE)]
"""Texts in small letters of which one stands in every line that names a person."""


@cache
def _letters() -> dict[str, str]:
    """Capitals and letters as the inside of a character class."""
    found = {}
    for kind in ("Lu", "L"):
        codes = [code for code in range(1 << 16) if category(chr(code)).startswith(kind)]
        runs = [[code for _, code in run] for _, run in groupby(enumerate(codes), lambda at: at[1] - at[0])]
        found[kind] = "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)
    return found


def _is_town(taken: str) -> bool:
    return fold_text(_POSTCODE.sub("", taken)) in _towns()


def _is_owner(taken: str) -> bool:
    """Whether an owner is a person, and no company that goes by the name in front: then its form is the one meant."""
    return not _FORM_LAST.search(taken)


def _is_plain_department(taken: str) -> bool:
    """Whether a department stands there and no rest of a name: not in `Auto - Service GmbH`, `EDV - Service Müller`."""
    return names_department(taken) and is_no_firm(taken) and not _FORM_LAST.search(taken)


def _is_plain_site(taken: str) -> bool:
    """Whether a site word without a sign before it names one: no legal form follows, `NL` only before a town."""
    place = _NL.match(taken)
    return not _FORM_LAST.search(taken) and (place is None or fold_text(place[1]) in _towns())


def announced_contact(lines: pl.Series) -> pl.Series:
    """The contact that a z.Hd. announces, and nothing else."""
    return _contacts(lines, [_CONTACT])


def contact_beside(lines: pl.Series) -> pl.Series:
    """The person that company lines name beside the company, announced or by salutation only."""
    saluted = _contacts(lines, [_SALUTED_BEHIND, _SALUTED_AFTER_FORM])
    return announced_contact(lines).to_frame().select(pl.coalesce("contact", pl.lit(saluted))).to_series()


def _contacts(lines: pl.Series, patterns: Sequence[str]) -> pl.Series:
    def taken(line: str) -> str | None:
        return _cut(line, [rule for rule in _due(line) if rule.text in patterns])[1].get("contact")

    return by_cell(taken)(lines).alias("contact")


def addressed(lines: pl.Series) -> pl.DataFrame:
    """`contact` and `department` of second lines that name a person by salutation (`Einkauf, Frau Schmidt`)."""
    found = lines.to_frame("line").select(pl.col("line").str.extract_groups(_ADDRESSED).alias("found")).unnest("found")
    before = pl.when(pl.col("before") != "").then(pl.col("before").str.strip_chars(" "))
    known = before.is_null() | is_department(before)
    return found.select(
        contact=pl.when(known).then(pl.col("taken")),
        department=pl.when(known & pl.col("taken").is_not_null()).then(before),
    )


def attention(contacts: pl.Series) -> pl.DataFrame:
    """`contact` and `department` named after z.Hd. (`Frau Schmidt, Einkauf`); each null where not named."""
    return parts_by_cell(_attention, ("contact", "department"))(contacts).select(
        tidy(pl.col("contact")), normal_department(pl.col("department"))
    )


def _attention(text: str) -> tuple[str | None, str | None]:
    first, behind = _PART_END.split(text, maxsplit=1)[0].strip(" "), _PART_BEHIND.search(text)
    second = behind[1] if behind else None
    if not names_department(first):
        return first, second
    return second if second and fold_text(second) and not names_department(second) else None, first


@cache
def town_words() -> frozenset[str]:
    """Small-letter names of towns of one word, with and without umlauts; short ones may be abbreviations."""
    lower = pl.read_parquet(REFERENCE / "towns.parquet", glob=False)["town"].unique().str.to_lowercase()
    return frozenset(town for town in {*lower, *_towns()} if town and town.isalpha() and len(town) > 4)


@cache
def _towns() -> frozenset[str]:
    """Folded names of the towns of the home market."""
    towns = pl.read_parquet(REFERENCE / "towns.parquet", glob=False).select(fold(pl.col("town").unique()))
    return frozenset(towns.to_series().drop_nulls())
