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
from functools import cache
from itertools import groupby
from typing import NamedTuple
from unicodedata import category

import polars as pl

from enrichment.cells.distinct import by_cell, parts_by_cell, where, where_parts
from enrichment.cells.no_value import LONGEST
from enrichment.cells.text import fold, fold_text, tidy
from enrichment.job.department import is_department, names_department, normal_department
from reference.countries import DATA as REFERENCE

PARTS = ("contact", "department", "site", "owner", "former_name", "trade_name", "care_of", "condition", "mark")

_CONTACT = (
    r"(?i)^(?P<rest>.*?)(?:^|[\s,;:|/(–-]+)"
    r"(?:z\.?\s?hd[snz]?\.?(?:\s?v(?:on|\.))?|z\.\s?h[nz]?\.|zu\s?h[äa]nden(?:\s+(?:von|v\.))?|attn\.?|att\.|f\.a\.o\.|fao|(?:attention|kontakt|ansprechpartner(?:in)?|contact|att|person):|"
    r"à l['’]att(?:ention|\.)?(?:\s+d[eu])?|alla c\.?\s?a\.?(?:\s+di)?|all['’]attenzione(?:\s+di)?)"
    r"[\s:.]+(?P<taken>\S.*?)\)?$"
)
_SALUTED = r"(?P<taken>(?:Herrn?|Frau|Hrn?\.|Fr\.|Sig\.(?:ra)?)\s+(?:Dr\.\s+|Prof\.\s+)*[\p{Lu}][\p{L}'’-]+.*?)\)?$"
_SALUTED_BEHIND = rf"^(?P<rest>.+?)(?:\s*[,;|/(]|\s[–-])\s*{_SALUTED}"
_ADDRESSED = (
    r"^(?:(?i:persönlich|vertraulich|privat|streng vertraulich|c\.\s?a\.)[\s/,;:–-]*)*(?P<before>[^,;/|]*?)[\s,;:/|–-]*"
    + _SALUTED
)
_CARE_OF = r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:c/o|℅|per adresse|p\.\s?adr\.)[\s:.]+(?P<taken>\S.*?)\)?$"
_FORMER = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:vorm(?:als|\.)|ehem(?:als|alige[rs]?|\.)|früher|frueher|formerly(?: known as)?|"
    r"f/k/a|fka|previously|umfirmiert aus|anciennement|ex[.:-])[\s:]+(?P<taken>\S.*?)\)?(?P<tail>$|\).*$)"
)
_NOW = r"(?i)^(?P<taken>.+?)[\s,;:|/(–-]+(?:jetzt|nunmehr|neuer name|now|new name)[\s:]+(?P<rest>\S.*?)\)?$"
_TRADE = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?:d/b/a|d\.b\.a\.?|dba|t/a|t/as|trading as|doing business as|a/k/a|aka|"
    r"handelnd unter|auftretend als|firmierend als|firmierend unter)[\s:]+(?P<taken>\S.*?)\)?$"
)
_OWNER = (
    r"(?i)^(?P<rest>.+?)[\s,;|/(–-]+(?:inh(?:aber(?:in)?|aber/in|\.|\.in)|eigentümer(?:in)?|prop(?:rietor|\.))[\s.:]+"
    r"(?P<taken>\S.*?)\)?(?P<tail>(?:,?\s+(?:e\.\s?K\.?|eK|e\.\s?Kfm\.?|e\.\s?Kfr\.?|e\.\s?U\.?))?)$"
)
_WOUND_UP = (
    r"(?i)^(?P<rest>.*?)[\s,;:|/(\[*\"–-]+(?P<taken>i\.\s?l\.?|i\.\s?liqu?\.?|in\s+liqu?(?:idation|id\.|i\.|\.)?|in\s+nachlassliquidation|in\s+(?:abwicklung|abw\.)|i\.\s?abw\.?|"
    r"in\s+auflösung|in\s+(?:vorläufiger\s+)?insolvenz|i\.\s?ins(?:olvenz|\.)?|i\.\s?i\.|in\s+konkurs|i\.\s?k\.|en\s+faillite|"
    r"im\s+insolvenzverfahren|in\s+fallimento|en\s+liq\b\.?|"
    r"insolvent|en liquidation|in liquidazione|in administration|aufgelöst|gelöscht|erloschen)"
    r"[\s.)\]*\"–-]*(?P<tail>$|[,)].*$|\s(?:GmbH|AG|KG|UG)$)"
)
_WOUND_UP_FRONT = (  # `Insolvenzverwalter der Müller GmbH`, `i.L. Müller GmbH`
    r"(?i)^(?:.*\sals\s)?(?P<taken>i\.\s?l\.|in liquidation|insolvenzverwalter(?:in)?|insolvenzmasse|konkursmasse)"
    r"[\s:]+(?:(?:über )?(?:das vermögen )?de[rs] )?(?P<rest>\S.+)$"
)
_WOUND_UP_BESIDE = (
    r"(?i)^(?P<rest>.+?)\s*(?:[(\[,;]|\s[–-])\s*(?P<taken>insolvenz|konkurs|insolvenzverfahren|insolvenzverwalter)"
    r"(?:in)?(?:\s[^)\]]*)?[)\]]?$"
)
_FOUNDED = (
    r"(?i)^(?P<rest>.*?)[\s,;:|/(–-]+(?P<taken>i\.\s?g\.?|i\.\s?gr\.?|in\s+gründung|in\s+gruendung|in\s+gr\.|in\s+grdg\.|"
    r"en formation|in formation|in costituzione)[\s.)–-]*(?P<tail>$|[,)].*$|\s(?:GmbH|AG|KG|UG)$)"
)
_BARE_MARK = r"^(?P<rest>.*\b(?:GmbH|GMBH|mbH|AG|KG|OHG|UG|SE|SA|Sàrl)\)?)\s+"
_WOUND_UP_BARE = rf"{_BARE_MARK}(?P<taken>iL\.?|iI|I\.L\.)$"
_FOUNDED_BARE = rf"{_BARE_MARK}(?P<taken>iG\.?|I\.G\.)$"
_DEPARTMENT = (
    r"(?i)^(?P<rest>.+?)[\s,;:|/(–-]+(?P<taken>(?:abt(?:eilung|\.|lg\.?)|dept\.?|department|fachbereich|sachgebiet|ressort)"
    r"[\s:.]+\S.*?)\)?$"
)
_LAST_PART = r"^(?P<rest>.+?)\s*(?:[,;|/:]|\s[–-]|\s[(\[*>·]+)\s*(?P<taken>[^,;|/():]+?(?:/[^,;|/()]+)?)[)\]–-]?$"
_DEPARTMENT_AFTER_FORM = r"^(?P<rest>.*\b(?:GmbH|AG|KG|OHG|SE|UG|e\.V\.|eG))\s+(?P<taken>[\p{Lu}]\S*(?:\s\S+){0,2})$"
_SITE_WORD = (
    r"(?:zweig)?niederlassung|nl|standort|filiale|geschäftsstelle|geschaeftsstelle|zweigstelle|betriebsstätte|betriebsstaette|"
    r"betriebsteil|zweigwerk|ndl|repräsentanz|außenstelle|aussenstelle|regionalbüro|verkaufsbüro|vertriebsbüro|vertriebsniederlassung|"
    r"verkaufsniederlassung|regionalcenter|logistikzentrum|werk|betrieb|lager|campus|büro|hauptverwaltung|zentrale|"
    r"baustelle|werkstatt|showroom|headquarters?|hq|zw\.-?\s?ndl|zweigndl|sede|"
    r"branch(?: office)?|succursale|succursale di|filiale di|plant|site|region|hub"
)
_SITE_AFTER_SIGN = (
    rf"(?i)^(?P<rest>.+?)\s*(?:[,;|/(]|\s[–-])\s*(?P<taken>(?:{_SITE_WORD})\.?(?:[\s:-]+[\p{{L}}\d][^,;|()]*)?)\)?$"
)
_FORM_END = (
    r"(?:GmbH|G\.m\.b\.H\.|Ges\.m\.b\.H\.|mbH|K\.G\.|AöR|SARL|Limited|LLC|PLC|AG|KG|KGaA|OHG|oHG|SE|UG|\(haftungsbeschränkt\)|e\.\s?K\.?|e\.\s?V\.?|eG|"
    r"OG|SA|Sàrl|Ltd\.?|Inc\.?|B\.V\.|GbR|S\.p\.A\.|S\.r\.l\.)"
)
_TITLED_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))(?:\s*,|\s[–-])\s*"
    r"(?P<taken>(?:Prof\.\s)?Dr\.\s[\p{Lu}][\p{L}'’-]+(?:\s[\p{Lu}][\p{L}'’-]+)?)$"
)
_SALUTED_BEFORE = (
    rf"^(?P<taken>(?:Herrn?|Frau)\s[\p{{Lu}}][\p{{L}} .'’-]*?)\s*[,;/]\s*(?P<rest>\S.*(?:\s|^)(?i:{_FORM_END}))$"
)
_SALUTED_AFTER_FORM = rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))\s+{_SALUTED}"
_SITE_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))\s+(?P<taken>(?i:{_SITE_WORD})\.?(?:\s+[\p{{L}}\d][^,;|()]*)?)$"
)
_SITE_PLAIN = (
    r"^(?P<rest>\S.*\S)\s+(?P<taken>(?i:(?:zweig)?niederlassung|geschäftsstelle|zweigstelle|filiale|standort|NL)\s+"
    r"[\p{Lu}\d][^,;|()]*)$"
)
_COUNTRIES = (
    "Deutschland|Germany|Österreich|Oesterreich|Austria|Schweiz|Switzerland|Suisse|Svizzera|Liechtenstein|"
    "Deutschland Süd|Deutschland Nord|Europe|Europa|DACH|D-A-CH|Frankreich|France|Italien|Italia|Polen|"
    "Polska|Niederlande|Nederland|UK|USA"
)
_COUNTRY = rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))[\s,;|/(–-]+(?P<taken>{_COUNTRIES})\)?$"
_TOWN_AFTER_FORM = (
    rf"^(?P<rest>.*(?:^|[\s.&/-])(?i:{_FORM_END}))[\s,;|/(–-]+(?P<taken>(?:\d{{4,5}}\s)?[\p{{Lu}}][^,;|/()]*)\)?$"
)
_TOWN_AFTER_SIGN = r"^(?P<rest>.+?)(?:\s*[,(]\s*|\s[–-]\s)(?P<taken>(?:\d{4,5}\s)?[\p{Lu}][^,;|/()]*)\)?$"
_FORM_BEHIND = rf"(?i:{_FORM_END})[\s,;|/(–-]+[\d\p{{Lu}}]"
_HANDS = r"(?i)\bz\.?\s?hd\b|\bzu h[äa]nden\b|\battn\b"
_LIQUIDATION, _FORMATION = "liquidation", "formation"
_SIGNS = ", ; | / ( _– _-"  # hints stand between blanks, `_` for a blank
_SALUTED_HINTS = "herr_ herrn_ frau_ hr._ hrn._ fr._ sig._ sig.ra_"
_WOUND_UP_HINTS = "i. liq abw aufl insolv konkurs faillite fallimento administration gelöscht erloschen"
_SITES = (
    "_nieder _zweig _nl _ndl _standort _filiale _geschäfts _geschaefts _betrieb _repräs _außen _aussen _region _hub "
    "_verkauf _vertrieb _logistik _werk _lager _campus _büro _haupt _zentrale _baust _showroom _head _hq _zw _sede "
    "_branch _succ _plant _site"
)
_POSTCODE = re.compile(r"^\d{4,5}\s")
_NL = re.compile(r"NL\s+(.*)$", re.IGNORECASE)
_PART_END = re.compile(r"\s*[,;|/]|\s[–-]\s|\s\(")
_PART_BEHIND = re.compile(r"(?:[,;|/]|\s[–-]\s|\s\()\s*(.+?)\)?$")
_FORM_LAST = re.compile(rf"\s{_FORM_END}$", re.IGNORECASE)


def lines_marked(cells: pl.Series) -> pl.Series:
    """Cells of several lines that name a contact, with a sign where a line ends."""
    broken = cells.str.contains("\n", literal=True) & cells.str.contains(_HANDS)
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
            parts.setdefault("mark", _shown_mark(taken, rule.part))
        else:
            parts.setdefault(rule.part, taken)
    return line, parts


def _shown_mark(taken: str, condition: str) -> str:
    """A mark in its usual short form, else in brackets as written."""
    if condition == _FORMATION:
        return "i.G."
    low = re.sub(r"[\s.]", "", taken.lower())
    shown = (mark for pattern, mark in _SHORT_MARKS.items() if re.search(pattern, low))
    return next(shown, f"({taken.lower()})")


_SHORT_MARKS = {
    r"^(?:il|i?liq|.*liqu|inliq|enliq)": "i.L.",
    r"^(?:ii|iins)|insolv": "i.I.",
    r"abw": "i.Abw.",
    r"^ik|konkurs": "i.K.",
}


@cache
def _rules() -> tuple[_PartPattern, ...]:
    return (
        _rule(
            "contact", _CONTACT, "zhd z.h z_h z._h händen handen att f.a.o fao konta conta ansprech c.a. c._a. ca. c_a."
        ),
        _rule("contact", _SALUTED_BEHIND, _SALUTED_HINTS),
        _rule("contact", _SALUTED_AFTER_FORM, _SALUTED_HINTS),
        _rule("contact", _SALUTED_BEFORE, "herr_ herrn_ frau_"),
        _rule("contact", _TITLED_AFTER_FORM, "dr._"),
        _rule("care_of", _CARE_OF, "c/o ℅ adr"),
        _rule("former_name", _NOW, "jetzt nunmehr neuer now new_name"),
        _rule("former_name", _FORMER, "vorm ehem früher frueher former f/k/a fka prev umfirm ancien ex. ex: ex-"),
        _rule("trade_name", _TRADE, "d/b d.b dba t/a trading doing a/k/a aka handelnd auftretend firmierend"),
        _rule("owner", _OWNER, "inh eigent prop"),
        _rule(_LIQUIDATION, _WOUND_UP, _WOUND_UP_HINTS),
        _rule(_LIQUIDATION, _WOUND_UP_FRONT, _WOUND_UP_HINTS),
        _rule(_LIQUIDATION, _WOUND_UP_BESIDE, "insolv konkurs"),
        _rule(_FORMATION, _FOUNDED, "i. gründung gruendung in_gr formation costituzione"),
        _rule(_LIQUIDATION, _WOUND_UP_BARE, "_il _ii _i.l"),
        _rule(_FORMATION, _FOUNDED_BARE, "_ig _i.g"),
        _rule("department", _DEPARTMENT, "abt dep fachb sachg ressort"),
        _rule("department", _LAST_PART, f"{_SIGNS} : _* _> _· _[", names_department),
        _rule("department", _DEPARTMENT_AFTER_FORM, "", names_department),
        _rule("site", _SITE_AFTER_SIGN, _SIGNS),
        _rule("site", _SITE_AFTER_FORM, _SITES),
        _rule("site", _SITE_PLAIN, "niederl stelle filiale standort _nl_", _is_plain_site),
        _rule("site", _COUNTRY, ""),
        _rule("site", _TOWN_AFTER_FORM, "", _is_town),
        _rule("site", _TOWN_AFTER_SIGN, _SIGNS, _is_town),
    )


def _rule(part: str, pattern: str, hints: str, fits: Callable[[str], bool] = lambda taken: True) -> _PartPattern:
    compiled = pattern
    for kind, letters in _letters().items():
        compiled = compiled.replace(rf"\p{{{kind}}}", letters)
    told = tuple(hint.replace("_", " ") for hint in hints.split(" "))
    return _PartPattern(part, pattern, re.compile(compiled), told, fits)


@cache
def _hints() -> dict[str, list[int]]:
    """The rules by their hints."""
    found: dict[str, list[int]] = {}
    for number, rule in enumerate(_rules()):
        for hint in rule.hints:
            found.setdefault(hint, []).append(number)
    return found


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
    lower = pl.read_parquet(REFERENCE / "towns.parquet")["town"].unique().str.to_lowercase()
    return frozenset(town for town in {*lower, *_towns()} if town and town.isalpha() and len(town) > 4)


@cache
def _towns() -> frozenset[str]:
    """Folded names of the towns of the home market."""
    towns = pl.read_parquet(REFERENCE / "towns.parquet").select(fold(pl.col("town").unique()))
    return frozenset(towns.to_series().drop_nulls())
