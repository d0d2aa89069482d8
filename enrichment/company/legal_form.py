"""Legal forms: recognised in every spelling, named in one, and cut off a company name.

Belongs here: the matcher compiled from `data/legal_forms.csv` and the grammar of composed forms
(GmbH & Co. KG, SE & Co. KGaA, GmbH & Co. Objekt Leipzig KG). Does not belong here: departments, sites
or the match key (`enrichment/company`).

The table has one row per form: standard notation, ISO 20275 codes as `country:code` where registered,
spellings that are safe anywhere in a name and spellings that mean the form at its end only (`AG` in
`AGRO`, `SE` or `Limited` inside a name are words). A spelling matches in any case, with or without its
dots after the first letter and with or without its blanks; `=` asks for exactly this case (`eK`, `AS`),
`+` marks a word that stays part of the name (Bertelsmann Stiftung).
Sources: ISO 20275 entity legal forms (GLEIF, release 2023-09-28, CC0), § 19 HGB, § 4 GmbHG, § 5a GmbHG, § 2 PartGG.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import polars as pl

from engine.caches import keep_words
from engine.word_lists import alternatives, entries
from enrichment.cells.distinct import parts_by_cell, where_parts
from enrichment.cells.no_value import LONGEST
from enrichment.cells.text import fold, fold_series
from enrichment.cells.word_lists import by_kind, of_columns, rows
from enrichment.company.front_form import front_form, may_have_front_form, touches_front_form
from reference.letters import SPELT_OUT, level_text

IN_NAME = alternatives(of_columns("legal_forms.csv", "in_name"))
"""Pattern of short spellings that no name of a person holds."""
IN_LINE = alternatives(of_columns("legal_forms.csv", "in_name", "in_line"))
"""Pattern of short spellings behind which a company line may go on."""

_BEFORE = r"[\s,;:.(\[/&+\"'|–-]"
_AFTER = r"[\s,;:.)\]/&+\"'|–-]"
_AND = r"(?i:&|\+|/|,|-|\bu\.?|\bund\b|\band\b|\bet\b|\bn\b)"
_GLUED = r"(\w[a-zäöüß])(GmbH|mbH)(\W|$)"
_NAMES = by_kind("company_words.csv")
_PARTNERS = _NAMES["partner"] + _NAMES["partner_in_form"]  # also glued: uCo, GmbHCo
_SOCIETY = re.compile(r"gesellschaft|ges\.?$", re.IGNORECASE)  # of which mbH says the rest
_MBH = re.compile(r"m\.? ?b\.? ?h\.?", re.IGNORECASE)
_PARTNERED = {"Co., Ltd.": "& Co Ltd"}  # what a form is behind `&`: `Tartan & Co. Ltd.`
_LEAD = "Muster"  # stands for leading words without any form


@cache
def forms(use: str) -> tuple[str, ...]:
    """Forms in standard notation that the table marks for a use."""
    return tuple(row["form"] for row in rows("legal_forms.csv") if use in row["uses"].split())


_PLAIN = rf"^(?P<head>\S.*[\p{{L}}\p{{N}}]) (?P<form>{alternatives([*forms('plain'), 'GmbH & Co. KG'])})$"


class _Spelling(NamedTuple):
    form: str
    text: str
    exact: bool
    stays: bool
    anywhere: bool


_Split = tuple[str, str | None, str | None, str | None]  # company, core, legal form, form as written


class _Matcher(NamedTuple):
    at_end: re.Pattern[str]
    spread: re.Pattern[str]
    anywhere: re.Pattern[str]
    composed: re.Pattern[str]
    exact: dict[str, str]
    loose: dict[str, str]
    stays: frozenset[str]


def split_legal_form(names: pl.Series) -> pl.DataFrame:
    """Recognise and cut off the legal form of each name.

    Args:
        names: tidied company names.

    Returns:
        Same height: `company` (the form in standard notation, in its place), `core` (the name without
        it, as written; null when nothing is left), `legal_form` and `form_written` (null where there is none).

    Example:
        >>> split_legal_form(pl.Series(["Huber Ges.m.b.H.", "AG für Stahl", "Weber"]))
        shape: (3, 4)
        ┌──────────────┬──────────────┬────────────┬──────────────┐
        │ company      ┆ core         ┆ legal_form ┆ form_written │
        │ ---          ┆ ---          ┆ ---        ┆ ---          │
        │ str          ┆ str          ┆ str        ┆ str          │
        ╞══════════════╪══════════════╪════════════╪══════════════╡
        │ Huber GmbH   ┆ Huber        ┆ GmbH       ┆ Ges.m.b.H.   │
        │ AG für Stahl ┆ AG für Stahl ┆ null       ┆ null         │
        │ Weber        ┆ Weber        ┆ null       ┆ null         │
        └──────────────┴──────────────┴────────────┴──────────────┘
    """
    text = names.alias("name").str.replace(_GLUED, "${1} ${2}${3}")
    folded = fold_series(text)
    plain = text.to_frame().select(pl.col("name").str.extract_groups(_PLAIN).alias("p")).unnest("p")
    head = fold_series(plain["head"])
    longer = might_name_form(head) | head.str.extract(r"(\S+)$").is_in(_lead_words())
    is_plain = plain["form"].is_not_null() & ~longer.fill_null(False)
    frame = text.to_frame("company").with_columns(
        core=pl.when(is_plain).then(plain["head"]).otherwise("company"),
        legal_form=pl.when(is_plain).then(plain["form"]),
        form_written=pl.when(is_plain).then(plain["form"]),
    )
    frame = where_parts(might_name_form(folded) & ~is_plain, text, parts_by_cell(_split, frame.columns), frame)
    return _without_front_forms(text, frame)


def _without_front_forms(names: pl.Series, frame: pl.DataFrame) -> pl.DataFrame:
    """The split names without a form in front, or in native script at either end; these stay as they are written."""
    at = may_have_front_form(names).arg_true()
    texts = zip(names.gather(at), frame["core"].gather(at), frame["legal_form"].gather(at), strict=True)
    cut = [None if core is None else front_form(core if form else name, form) for name, core, form in texts]
    found = pl.Series([part is not None for part in cut], dtype=pl.Boolean)
    parts = [part for part in cut if part is not None]
    rows = at.filter(found)
    if rows.is_empty():
        return frame
    values = {
        "core": [part.core for part in parts],
        "legal_form": [part.form for part in parts],
        "form_written": [part.written for part in parts],
    }
    columns = {name: frame[name].clone().scatter(rows, pl.Series(told)) for name, told in values.items()}
    return frame.with_columns(**columns)


def form_pattern(use: str) -> str:
    """Alternatives for every spelling of the forms that the table marks for a use."""
    return _alternatives([spelling for spelling in _spellings() if spelling.form in forms(use)])


def is_bare_form(name: str) -> bool:
    """Whether a text is the spelling of a legal form and nothing else."""
    return not _plain_start(name) and _split(name)[1] is None


def legal_form_of(name: str) -> str | None:
    """The legal form of a single name."""
    return _split(re.sub(_GLUED, r"\1 \2\3", name, count=1))[2]


def _split(name: str) -> _Split:
    """`split_legal_form` of a name in any spelling: leading words no form can touch are only carried along."""
    if len(name) > LONGEST:
        return name, name, None, None
    start = _plain_start(name)
    company, core, form, written = _split_tail(_LEAD * bool(start) + name[start:])
    if not start:
        return company, core, form, written
    lead = name[:start]
    return lead + company[len(_LEAD) :], lead + (core or "")[len(_LEAD) :], form, written


def _plain_start(name: str) -> int:
    """How many signs of the name belong to leading words that no spelling of a form can touch."""
    start = end = 0
    while (gap := name.find(" ", start)) > 0 and far_from_forms(name[start:gap]):
        start, end = gap + 1, gap
    return end


@keep_words
def far_from_forms(word: str) -> bool:
    """Whether a word is letters only and can be no part of a form, glued from several parts or not."""
    if not word.isalpha() or touches_front_form(word):
        return False
    plain = _squash(word)
    return not (plain in _form_words() or "mbh" in plain or "gesellschaft" in plain or plain.endswith("ges"))


@cache
def _form_words() -> frozenset[str]:
    """What stands between two signs of some spelling whose signs may be left out, also before a partner; the joints."""
    parts = [[part for part in re.split(r"[\W\d_]+", spelling.text) if part] for spelling in _spellings()]
    runs = {"".join(p[i:j]) for p in parts for i in range(len(p)) for j in range(i + 1, len(p) + 1)}
    runs = set(map(_squash, runs | {"u", "n", "et", "und", "and", *_NAMES["joint"], "CoKG", "CoOHG", "CoKGaA"}))
    glued = {run + joint + co for run in {"", *runs} for joint in ("", "u", "n") for co in _PARTNERS}
    return frozenset(runs | glued)


@keep_words
def _split_tail(name: str) -> _Split:
    matcher, nothing = _matcher(), (name, name, None, None)
    at_end = matcher.at_end.match(name)
    spread = matcher.spread.match(name) if at_end else None
    found = spread or at_end or matcher.anywhere.match(name)
    if not found:
        return nothing
    part = found.groupdict()
    written = f"{part['base']} & Co. {part['tail']}" if spread else part["form"]
    form = _standard(written, matcher)
    if form is None or _is_kilogram(written, part["head"]):
        return nothing
    if form in _PARTNERED and re.search("[&+]", part.get("joint") or ""):
        form = _PARTNERED[form]
    if written.lower() in matcher.stays:
        return name, name, form, written
    head = _bare_head(part["head"], part["joint"])
    inner = part.get("inner") or part.get("rest") or ""
    behind = inner.lstrip(" ,;:|–/)\"'.-")
    core = f"{head} {behind}".strip(" ,;:|–/\"'-") or None
    shown = _as_registered(form, written, head)
    return _shown(head, part["joint"], shown, inner, behind if spread else None).strip(" ,;"), core, form, written


def _is_kilogram(written: str, head: str) -> bool:
    return written in ("kg", "Kg") and re.search(r"\d\s*$", head) is not None


def _bare_head(head: str, joint: str) -> str:
    """What stands before the form, without the signs that lead to it; a mark that closes what it opened stays."""
    if joint.startswith('"') and head.count('"') % 2:
        head += '"'  # "Muster" GmbH
    head = head.rstrip(" ,;:|–/('-" if head.count('"') % 2 == 0 else " ,;:|–/(\"'-")
    return head + ("." if head and joint.startswith(".") else "")


def _as_registered(form: str, written: str, head: str) -> str:
    """`Handels mbH` stays one, and a `Baugesellschaft GmbH` is registered as mbH, also before `& Co. KG`."""
    bare = _SOCIETY.search(head) or (form == "GmbH" and _MBH.fullmatch(written))
    return form.removeprefix("G") if form.startswith("GmbH") and bare else form


def _shown(head: str, joint: str, form: str, inner: str, within: str | None) -> str:
    """The name with the form in standard notation in its place; `within` stands between the form's two halves."""
    start = head + ("-" if joint == "-" else " ")
    if within is not None:
        base, _, tail = form.partition(" & Co. ")
        return f"{start}{base} & Co. {within} {tail}"
    return start + form + (inner.rstrip(" ") if inner.strip(" .,;:-|") else "")


def might_name_form(folded: pl.Series) -> pl.Series:
    """True where folded text contains a word that ends the spelling of some legal form: a cheap first look."""
    return folded.str.contains(_last_words()).fill_null(False)


@cache
def _lead_words() -> list[str]:
    """Folded words before the last one of a spelling: `gemeinnützige` GmbH is a form of its own."""
    folded = pl.DataFrame({"text": [s.text for s in _spellings()]}).select(fold(pl.col("text"))).to_series()
    return sorted({words[-2] for text in folded if len(words := text.split(" ")) > 1})


@cache
def _last_words() -> str:
    folded = (
        pl.DataFrame({"text": [s.text for s in _spellings()]}).select(fold(pl.col("text"))).to_series().drop_nulls()
    )
    words = sorted({text.rsplit(" ", 1)[-1] for text in folded} | {text.replace(" ", "") for text in folded})
    return rf"(?:^| )(?:{'|'.join(map(re.escape, words))})(?: |$)"


def _standard(written: str, matcher: _Matcher) -> str | None:
    """Standard notation of a form as written."""
    composed = matcher.composed.fullmatch(written.strip())
    if composed:
        base = _standard(composed["base"], matcher) or composed["base"]
        tail = composed["tail"] or composed["tail_only"]
        return f"{base} & Co. {_standard(tail, matcher)}" if tail else f"{base} & Co."
    plain = re.sub(r"\s+", "", written)
    return matcher.exact.get(plain) or matcher.loose.get(_squash(written))


@cache
def _matcher() -> _Matcher:
    spellings = _spellings()
    any_place = _alternatives([s for s in spellings if s.anywhere])
    every = _alternatives(spellings)
    base, tail = form_pattern("base"), rf"{form_pattern('tail')}|K G"  # K G behind a partner only
    partner = rf"(?i:{alternatives(_PARTNERS)})(?:\b\.?|(?=(?i:KG|OHG)))"
    tail_given = rf"[\s,.-]*(?:{tail})"
    composed = rf"(?:{base})[\s.]*(?:{_AND}[\s.]*{partner}(?:{tail_given})?|{partner}{tail_given})"
    lead = rf"(?P<head>.*?)(?P<joint>^|{_BEFORE}+)"
    end = r"[\s.,;:)\]\"'|–-]*$"
    at_end = rf"^{lead}(?P<form>{composed}|{every}){end}"
    spread = rf"^{lead}(?P<base>{base})[\s.]*{_AND}[\s.]*{partner}\s+(?P<inner>\S.*?)[\s-]+(?P<tail>{tail}){end}"
    middle = rf"^(?P<head>.+?)(?P<joint>{_BEFORE}+)(?P<form>{composed}|{any_place})(?P<rest>{_AFTER}.*)$"
    exact: dict[str, str] = {}
    loose: dict[str, str] = {}
    for spelling in spellings:
        exact.setdefault(spelling.text.replace(" ", ""), spelling.form)
        if not spelling.exact:
            loose.setdefault(_squash(spelling.text), spelling.form)
    for spelling in spellings:
        loose.setdefault(_squash(spelling.text), spelling.form)
    return _Matcher(
        at_end=re.compile(at_end),
        spread=re.compile(spread),
        anywhere=re.compile(middle),
        composed=re.compile(
            rf"(?P<base>{base})[\s.]*(?:{_AND}[\s.]*{partner}(?:[\s,.-]*(?P<tail>{tail}))?|{partner}[\s,.-]*(?P<tail_only>{tail}))"
        ),
        exact=exact,
        loose=loose,
        stays=frozenset(s.text.lower() for s in spellings if s.stays),
    )


def _spellings() -> list[_Spelling]:
    return [
        _Spelling(row["form"], text.lstrip("=+"), text[0] == "=", text[0] == "+", column == "anywhere")
        for row in rows("legal_forms.csv")
        for column in ("anywhere", "at_end")
        for text in entries(row[column])
    ]


def _alternatives(spellings: list[_Spelling]) -> str:
    """One pattern for all spellings, longest first, the exact ones in their case."""
    ordered = sorted(spellings, key=lambda s: (-len(s.text), s.text))
    loose = dict.fromkeys(_pattern(s.text.lower()) for s in ordered if not s.exact)
    exact = dict.fromkeys(_pattern(s.text) for s in ordered if s.exact)
    parts = [f"(?i:{_by_first_sign(loose)})" if loose else "", _by_first_sign(exact)]
    return "|".join(filter(None, parts))


def _by_first_sign(patterns: Iterable[str]) -> str:
    """Alternatives that are tried only where their first sign stands; among those of one sign in the order given."""
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        groups.setdefault(pattern[:2] if pattern[0] == "\\" else pattern[0], []).append(pattern)
    return "|".join(f"(?={sign})(?:{'|'.join(group)})" for sign, group in groups.items())


_VARIANTS = {
    "ä": "(?:ä|ae|a)",
    "ö": "(?:ö|oe|o)",
    "ü": "(?:ü|ue|u)",
    "à": "[àa]",
    "ş": "[şs]",
    "Ş": "[ŞS]",
    "Ü": "(?:Ü|UE|U)",
}


def _pattern(spelling: str) -> str:
    """A spelling as a pattern: blanks optional, dots optional but the first of an abbreviation like e.V."""
    abbreviation = bool(re.match(r"^\w\.", spelling))
    pattern = ""
    for position, sign in enumerate(spelling):
        if sign == ".":
            pattern += r"\." if abbreviation and position == 1 else r"\.?"
            pattern += " ?" if position < len(spelling) - 1 else ""
        elif sign == " ":
            pattern += "" if pattern.endswith(" ?") else " ?"
        elif sign == "-":
            pattern += "[- ]?"
        else:
            pattern += _VARIANTS.get(sign, re.escape(sign))
    return pattern


def _squash(text: str) -> str:
    plain = SPELT_OUT.text(text)
    return level_text(plain if plain.isalnum() else "".join(filter(str.isalnum, plain)))
