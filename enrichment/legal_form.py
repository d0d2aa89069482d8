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

import csv
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from enrichment.text import fold, fold_series

DATA = Path(__file__).parent / "data"

_BEFORE = r"[\s,;:.(\[/&+\"'|–-]"
_AFTER = r"[\s,;:.)\]/&+\"'|–-]"
_AND = r"(?i:&|\+|/|,|-|\bu\.?|\bund\b|\band\b|\bet\b|\bn\b)"
_PLAIN = (
    r"^(?P<head>\S.*[\p{L}\p{N}]) (?P<form>GmbH|GmbH & Co\. KG|AG|KG|OHG|SE|e\.K\.|e\.V\.|eG|GbR|gGmbH|"
    r"UG \(haftungsbeschränkt\)|OG|SA|Inc\.|Ltd\.|B\.V\.)$"
)
_GLUED = r"(\w[a-zäöüß])(GmbH|mbH)(\W|$)"
_LEAD = "Muster"  # stands for leading words without any form
_PARTNER_BASES = (
    *("GmbH", "gGmbH", "UG (haftungsbeschränkt)", "AG", "SE", "Stiftung", "KG", "KGaA", "OHG", "e.K.", "Ltd.", "B.V."),
    *("Sàrl", "SA", "S.r.l.", "Inc.", "LLC", "N.V.", "PLC", "ApS", "A/S", "Sp. z o.o.", "s.r.o."),
)
_PARTNER_TAILS = ("KGaA", "KG", "OHG", "OG", "KEG", "OEG")


class _Spelling(NamedTuple):
    form: str
    text: str
    exact: bool
    stays: bool
    anywhere: bool


class _Matcher(NamedTuple):
    at_end: str
    spread: str
    anywhere: str
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
    rows = (might_name_form(folded) & ~is_plain).arg_true()
    if not len(rows):
        return frame
    irregular = _split_by_tail(text.gather(rows))
    return frame.with_columns(frame[column].scatter(rows, irregular[column]) for column in frame.columns)


def _split_by_tail(text: pl.Series) -> pl.DataFrame:
    """`_split`, once for all names that differ only in leading words no form can touch."""
    starts = [_plain_start(name) for name in text]
    frame = pl.DataFrame({"name": text, "start": pl.Series(starts, dtype=pl.UInt32)})
    led = pl.col("start") > 0
    frame = frame.select(
        lead=pl.col("name").str.head(pl.col("start")),
        tail=pl.when(led).then(pl.lit(_LEAD) + pl.col("name").str.slice(pl.col("start"))).otherwise("name"),
        led=led,
    )
    tails = frame["tail"].unique(maintain_order=True)
    split = _split(tails.alias("name")).with_columns(tail=tails)
    found = frame.join(split, on="tail", how="left", maintain_order="left")
    return found.select(
        *(
            pl.when("led").then(pl.col("lead") + pl.col(column).str.slice(len(_LEAD))).otherwise(column).alias(column)
            for column in ("company", "core")
        ),
        "legal_form",
        "form_written",
    )


def _plain_start(name: str) -> int:
    """How many signs of the name belong to leading words that no spelling of a form can touch."""
    start = end = 0
    while (gap := name.find(" ", start)) > 0 and _far_from_forms(name[start:gap]):
        start, end = gap + 1, gap
    return end


@lru_cache(1 << 16)
def _far_from_forms(word: str) -> bool:
    """Whether a word is no part of a spelling, holds no longer word of one, and is not glued from short ones."""
    if not word.isalpha():
        return False
    spellings, long, glued = _form_words()
    plain = _squash(word)
    return plain not in spellings and not long.search(plain) and not glued.fullmatch(plain)


@cache
def _form_words() -> tuple[str, re.Pattern[str], re.Pattern[str]]:
    """All spellings in one text; their words of three letters and more; the short spellings and what joins them."""
    joints = ["co", "comp", "compagnie", "company", "cie", "u", "n", "et", "und", "and"]
    texts = [s.text for s in _spellings()]
    words = {_squash(word) for text in texts + joints for word in re.split(r"[\W\d_]+", text)}
    short = {_squash(text) for text in texts if len(_squash(text)) < 6} | set(joints)
    long = "|".join(re.escape(word) for word in words if len(word) > 2)
    return "|".join(map(_squash, texts)), re.compile(long), re.compile(f"(?:{'|'.join(map(re.escape, short))})+")


def _split(text: pl.Series) -> pl.DataFrame:
    """`split_legal_form` for any spelling."""
    matcher = _matcher()
    frame = text.to_frame().with_columns(_end=pl.col("name").str.contains(matcher.at_end))
    parts = frame.select(
        "name",
        end=pl.when("_end").then(pl.col("name")).str.extract_groups(matcher.at_end),
        spread=pl.when("_end").then(pl.col("name")).str.extract_groups(matcher.spread),
        middle=pl.when(~pl.col("_end")).then(pl.col("name")).str.extract_groups(matcher.anywhere),
    )
    empty = pl.lit(None, pl.String)

    def group(kind: str, name: str) -> pl.Expr:
        return pl.col(kind).struct.field(name)

    spread = group("spread", "base").is_not_null()
    end = group("end", "form").is_not_null() & ~spread
    found = parts.select(
        "name",
        head=pl.when(spread)
        .then(group("spread", "head"))
        .when(end)
        .then(group("end", "head"))
        .otherwise(group("middle", "head")),
        joint=pl.when(spread)
        .then(group("spread", "joint"))
        .when(end)
        .then(group("end", "joint"))
        .otherwise(group("middle", "joint")),
        written=pl.when(spread)
        .then(group("spread", "base") + " & Co. " + group("spread", "tail"))
        .when(end)
        .then(group("end", "form"))
        .otherwise(group("middle", "form")),
        inner=pl.when(spread).then(group("spread", "inner")).when(end).then(empty).otherwise(group("middle", "rest")),
        spread=spread,
    )
    return _compose(found, matcher)


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


def _compose(found: pl.DataFrame, matcher: _Matcher) -> pl.DataFrame:
    written = found["written"].drop_nulls().unique().to_list()
    named = {text: _standard(text, matcher) for text in written}
    head, inner = pl.col("head"), pl.col("inner").fill_null("")
    kept_dot = pl.when(pl.col("joint").str.starts_with(".") & (head != "")).then(pl.lit(".")).otherwise(pl.lit(""))
    clean_head = head.str.strip_chars_end(" ,;:|–/(\"'-") + kept_dot
    clean_inner = inner.str.strip_chars_start(" ,;:|–/)\"'.-")
    form = pl.col("written").replace_strict(named, default=None, return_dtype=pl.String)
    kilogram = (pl.col("written").str.contains(r"^[kK]g$")) & head.str.contains(r"\d\s*$")
    stays = pl.col("written").str.to_lowercase().is_in(list(matcher.stays)) & form.is_not_null()
    frame = found.with_columns(legal_form=pl.when(~kilogram).then(form), stays=stays).with_columns(
        found_form=pl.col("legal_form").is_not_null()
    )
    core = pl.concat_str([clean_head, clean_inner], separator=" ").str.strip_chars(" ,;:|–/\"'-")
    company_society = (pl.col("legal_form") == "GmbH") & clean_head.str.contains(r"(?i)gesellschaft|ges\.?$")
    shown_form = pl.when(company_society).then(pl.lit("mbH")).otherwise(pl.col("legal_form"))
    hyphen = pl.col("joint").str.contains(r"^-$")
    joined = clean_head + pl.when(hyphen).then(pl.lit("-")).otherwise(pl.lit(" "))
    base = shown_form.str.extract(r"^(.*& Co\.) ", 1)
    tail = shown_form.str.extract(r"& Co\. (.*)$", 1)
    shown = (
        pl.when(pl.col("spread"))
        .then(joined + base + " " + clean_inner + " " + tail)
        .when(inner.str.strip_chars(" .,;:-|") == "")
        .then(joined + shown_form)
        .otherwise(joined + shown_form + inner.str.strip_chars_end(" "))
    )
    return frame.select(
        company=pl.when("found_form", ~pl.col("stays")).then(shown.str.strip_chars(" ,;")).otherwise("name"),
        core=pl.when("found_form", ~pl.col("stays")).then(pl.when(core != "").then(core)).otherwise("name"),
        legal_form="legal_form",
        form_written=pl.when("found_form").then("written"),
    )


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
    base = _alternatives([s for s in spellings if s.form in _PARTNER_BASES])
    tail = _alternatives(
        [s for s in spellings if s.form in _PARTNER_TAILS] + [_Spelling("KG", "K G", True, False, True)]
    )
    partner = r"(?i:Co(?:mp(?:agnie|any)?)?|Cie)\b\.?"
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
        at_end=at_end,
        spread=spread,
        anywhere=middle,
        composed=re.compile(
            rf"(?P<base>{base})[\s.]*(?:{_AND}[\s.]*{partner}(?:[\s,.-]*(?P<tail>{tail}))?|{partner}[\s,.-]*(?P<tail_only>{tail}))"
        ),
        exact=exact,
        loose=loose,
        stays=frozenset(s.text.lower() for s in spellings if s.stays),
    )


def _spellings() -> list[_Spelling]:
    found = []
    with (DATA / "legal_forms.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for column in ("anywhere", "at_end"):
                texts = filter(None, row[column].split("|"))
                found += [
                    _Spelling(row["form"], t.lstrip("=+"), t[0] == "=", t[0] == "+", column == "anywhere")
                    for t in texts
                ]
    return found


def _alternatives(spellings: list[_Spelling]) -> str:
    """One pattern for all spellings, longest first, the exact ones in their case."""
    ordered = sorted(spellings, key=lambda s: (-len(s.text), s.text))
    loose = dict.fromkeys(_pattern(s.text) for s in ordered if not s.exact)
    exact = dict.fromkeys(_pattern(s.text) for s in ordered if s.exact)
    parts = [f"(?i:{'|'.join(loose)})" if loose else "", "|".join(exact)]
    return "|".join(filter(None, parts))


_VARIANTS = {"ä": "(?:ä|ae|a)", "ö": "(?:ö|oe|o)", "ü": "(?:ü|ue|u)", "à": "[àa]", "Ş": "[ŞS]", "Ü": "(?:Ü|UE|U)"}


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
    plain = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("ş", "s"))
    letters = "".join(c for c in plain if c.isalnum())
    return re.sub(r"([aou])e", r"\1", letters)
