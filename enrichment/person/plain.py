"""Plain names: one given and one family name in plain letters, settled by columns.

Belongs here: which records hold nothing else, how they read and the evidence. Does not belong here: any other
name (`enrichment/person/parser`, held to the same answers by a test).
A cell is cut into given and family name by one pattern; titles in front and capitals throughout are put right
once per distinct part. A record is plain where no word may mean anything but a name, neither alone nor beside
the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

import polars as pl

from engine.caches import keep_words
from engine.word_lists import first_words
from enrichment.cells.evidence import Entry, evidence_of
from enrichment.cells.first_true import first_true
from enrichment.cells.known_names import given_names, given_spellings
from enrichment.cells.text import fold_series
from enrichment.cells.word_lists import any_of, of_kinds
from enrichment.person.beside_name import name_kinds
from enrichment.person.casing import usual_capitals
from enrichment.person.no_person import FORMS, KEYBOARD_RUN, TOGETHER, invented_names, lone_special_words, special_words
from enrichment.person.order import is_swapped
from enrichment.person.parts import INITIAL, Name, is_given, placeholders
from enrichment.person.titles import (
    DEGREE_HINT,
    is_couple,
    may_end_title,
    parse_salutation,
    parse_titles,
    strip_front,
    titles_among,
)
from enrichment.person.world_order import family_first_names

RESULT = ["salutation", "academic_title", "given_name", "family_name", "name_status"]

_LOWER = r"(?:\p{Ll}\??|\x{FFFD})"  # a letter, or what is left of one
_PART = rf"(?:\p{{Lu}}['’])?(?:\p{{Lu}}\??\x{{FFFD}}*\p{{Ll}}\??{_LOWER}*){{1,2}}"
_USUAL_GIVEN = rf"^(?:{_PART}(?:-{_PART})?|\p{{Lu}}\.?)$"
_PARTICLE = any_of("name_words.csv", "usual_particle")
_USUAL_FAMILY = rf"^(?:{_PARTICLE} )?{_PART}(?:-{_PART})?$"
_WORD = r"[\p{L}?\x{FFFD}'’-]{2,}"
_TITLES = rf"(?:(?:\p{{L}}{{2,}}\.(?:-\p{{L}}{{2,}}\.?)*|(?i:{any_of('name_words.csv', 'usual_front')})) )*"
_FIRST = rf"(?:{_WORD}|\p{{Lu}}\.?)"
_LAST = rf"(?i:{_PARTICLE} )?{_WORD}"
_WHOLE = rf"^(?:(?:(?P<given>{_TITLES}{_FIRST}) )?(?P<family>{_LAST})|(?P<before>{_LAST}), ?(?P<behind>{_FIRST}))$"
_DEGREE = re.compile(DEGREE_HINT)
_LOST = r"\?|\x{FFFD}"
_KEYS = rf"^(?:[bcdfghjklmnpqrstvwxz]{{6,}}|{KEYBOARD_RUN}{{2,}}.*)$"
_UNDRESSED: dict[str, type[pl.String] | pl.List] = {
    "text": pl.String,
    "word": pl.String,
    "salutation": pl.String,
    "titles": pl.List(pl.String),
}
_Part = tuple[str, str | None, str | None, list[str] | None]
_Kind = tuple[str, pl.Expr, pl.Expr, pl.Expr, str | pl.Expr]


def settle(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The plain names of the records.

    Args:
        cells: row, salutation, academic_title, given_name, family_name, full_name, contact.

    Returns:
        `RESULT` by `row`, its evidence (`enrichment.cells.evidence.EVIDENCE`), and the cells of all other rows.
    """
    frame = cells.hstack(_by_distinct(cells["salutation"], parse_salutation, "s"))
    frame = frame.hstack(_by_distinct(cells["academic_title"], parse_titles, "t"))
    frame = frame.hstack(_cut(cells))
    frame = frame.hstack(_parts(frame["given"], _USUAL_GIVEN, _untitled))
    frame = frame.hstack(_parts(frame["family"], _USUAL_FAMILY, _cased))
    frame = frame.with_columns(plain=_plain())
    easy = _in_order(frame.filter("plain"))
    return _read(easy), _evidence(easy), cells.filter(~frame["plain"])


def _cut(cells: pl.DataFrame) -> pl.DataFrame:
    """The texts that hold `given` and `family` name; whether they were cut from a `whole` name, and by a `comma`."""
    alone = pl.when(pl.col("given_name").is_null() & pl.col("family_name").is_null()).then("full_name")
    whole = pl.col("whole").struct
    given, family, before, behind = (whole.field(part) for part in ("given", "family", "before", "behind"))
    return cells.with_columns(whole=alone.str.extract_groups(_WHOLE)).select(
        given=pl.coalesce("given_name", given, behind),
        family=pl.coalesce("family_name", family, before),
        comma=before.is_not_null(),
        whole=family.is_not_null() | before.is_not_null(),
    )


def _plain() -> pl.Expr:
    """Whether the row holds a plain name, or nothing."""
    given, family = pl.col("g_word"), pl.col("f_word")
    in_order = ~_doubtful() | pl.col("comma")
    # `DUPONT Jean` and `Park Ji-sung` may have their family name first.
    first = pl.col("whole") & ~pl.col("comma") & (pl.col("g_ahead") | (pl.col("g_loud") & ~pl.col("f_loud")))
    apart = ~pl.col("whole") | (in_order & ~(pl.col("g_together") | pl.col("f_together")))
    pair = pl.when("f_special").then((given + " " + family).str.to_lowercase())
    invented = pair.is_in(list(invented_names())).fill_null(False)
    dotless = (pl.col("g_turkish") | pl.col("f_turkish")) & (_changed("given") | _changed("family"))
    both = apart & ~invented & ~pl.col("g_special") & ~pl.col("f_lone") & (given != family)
    one_title = pl.col("t_value").is_null() | pl.col("g_titles").is_null() | (pl.col("t_value") == _titles())
    lone = pl.col("given").is_null() & ~pl.col("f_lone") & ~pl.col("f_several")
    lone &= (pl.col("full_name").is_null() | pl.col("whole")) & (
        ~pl.col("whole") | ~(pl.col("f_known") | pl.col("f_together"))
    )
    nothing = pl.all_horizontal(pl.col("given_name", "family_name", "full_name", "contact").is_null())
    plain = nothing | (both & one_title).fill_null(False) | lone.fill_null(False)
    mixed = pl.col("s_mixed").fill_null(False) | pl.col("t_mixed").fill_null(False)
    return plain & ~first.fill_null(False) & ~dotless.fill_null(False) & ~mixed


def _doubtful() -> pl.Expr:
    """Whether only the family name is known as a given name."""
    return ~pl.col("g_known") & pl.col("f_known") & ~pl.col("g_initial")


def _in_order(plain: pl.DataFrame) -> pl.DataFrame:
    """Plain rows with `first` and `last` name, and whether they were `turned`: they stood in each other's cell."""
    rows = plain.select(_doubtful() & ~pl.col("whole")).to_series().arg_true()
    pairs = plain.select(pl.col("g_word", "f_word").gather(rows)).iter_rows()
    swapped = pl.Series([is_swapped(given, family) for given, family in pairs], dtype=pl.Boolean)
    turned = pl.repeat(False, plain.height, eager=True).scatter(rows, swapped)
    first, last = (
        pl.when("turned").then(one).otherwise(other) for one, other in (("f_word", "g_word"), ("g_word", "f_word"))
    )
    return plain.with_columns(turned=turned).with_columns(first=first, last=last)


def _titles() -> pl.Expr:
    return pl.col("g_titles").list.unique(maintain_order=True).list.join(" ")


def _changed(part: str) -> pl.Expr:
    """Whether a name was put into usual capitals."""
    return ~pl.col(part).str.ends_with(pl.col(f"{part[0]}_word"))


def _parts(column: pl.Series, usual: str, undressed: Callable[[str], _Part]) -> pl.DataFrame:
    """What each text of a given or family name holds, worked out once per distinct text."""
    distinct = column.drop_nulls().unique().alias("text")
    plain = distinct.str.contains(usual)
    text = distinct.filter(plain)
    others = pl.DataFrame(list(map(undressed, distinct.filter(~plain))), schema=_UNDRESSED, orient="row")
    others = others.filter(pl.col("word").str.contains(usual))
    frame = pl.concat([pl.DataFrame([text, text.alias("word")]), others], how="diagonal")
    frame = frame.with_columns(low=pl.col("word").str.to_lowercase())
    unlisted = frame.filter(~pl.col("low").is_in(list(given_spellings())))["low"]
    titles = titles_among(unlisted)
    unlisted = unlisted.filter(unlisted.str.contains("[^a-z]"))
    known = unlisted.filter(fold_series(unlisted).is_in(list(given_names())))
    dashed = [word for word in unlisted.filter(unlisted.str.contains("-", literal=True)) if is_given(word)]
    low, initial = pl.col("low"), pl.col("word").str.contains(r"^\p{Lu}\.?$")
    again = (low.str.head(1) + low == low + low.str.tail(1)) & ~initial
    again |= (low.str.head(2) + low == low + low.str.tail(2)) & (low.str.len_chars() > 5)
    lost = low.str.contains(_LOST)
    odd = (
        again
        | low.str.strip_prefix("sch").str.contains(_KEYS)
        | low.str.contains(FORMS)
        | low.str.replace_all(r"[^\p{L}]", "").is_in([*placeholders(), *name_kinds()["small"]])
        | (lost & low.is_in(titles))
    )
    together = low.is_in([*_together(), *titles]) | low.str.contains(DEGREE_HINT) & ~initial
    looks = frame.select(
        "text",
        "word",
        "salutation",
        "titles",
        initial=initial,
        several=pl.col("word").str.contains(" ", literal=True),
        turkish=pl.col("text").str.contains("[İŞĞ]"),
        ahead=low.is_in(list(family_first_names())),
        loud=pl.col("text").str.contains(r"\p{Lu}{2}[\p{Lu}-]*$"),
        known=low.is_in([*given_spellings(), *known, *dashed]),
        special=(low.is_in(list(special_words())) & ~initial) | odd,
        lone=low.str.split(" ").list.last().is_in(list(lone_special_words())) | odd,
        together=together,
    )
    return _placed(column, looks, column.name[0])


@keep_words
def _untitled(text: str) -> _Part:
    """The one word of a text with its usual capitals, and the salutation and titles in front of it."""
    name, nothing = Name(), (text, None, None, None)
    front, _, word = text.rpartition(" ")
    initial = INITIAL.match(word) is not None
    if not word.isupper() if initial else front and _DEGREE.search(word.lower()):
        return nothing
    if front:
        other = word if may_end_title(word) else "Anna"  # what stands in front is read once for all names
        if "  " in text or strip_front(f"{front} {other}", name) != other:
            return nothing
        if any(told.field == "salutation" for told in name.evidence[1:]):
            return nothing
    cased = word if initial else usual_capitals(word)
    return text, cased, name.salutation, name.titles or None


@keep_words
def _cased(text: str) -> _Part:
    """A family name with its usual capitals."""
    return text, usual_capitals(text), None, None


@cache
def _together() -> frozenset[str]:
    """Small-letter words that mean something else beside a name."""
    return name_kinds()["particle"] | TOGETHER | first_words(of_kinds("name_words.csv", "greeting", "signing_mark"))


def _placed(column: pl.Series, found: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """What was `found` per `text`, on the rows of the column."""
    placed = column.alias("text").to_frame().join(found, on="text", how="left", maintain_order="left")
    return placed.drop("text").rename(lambda name: f"{prefix}_{name}")


def _read(plain: pl.DataFrame) -> pl.DataFrame:
    """The columns of `RESULT` for plain rows."""
    given, family = pl.col("first"), pl.col("last")
    return plain.select(
        "row",
        salutation=pl.coalesce("s_value", "g_salutation"),
        academic_title=pl.coalesce("t_value", _titles()),
        given_name=given,
        family_name=family,
        name_status=first_true(
            [
                (family.is_null(), "missing"),
                (given.is_null() | given.str.contains(_LOST) | family.str.contains(_LOST), "partial"),
                (pl.col("turned"), "swapped"),
            ],
            "valid",
        ),
    )


def _evidence(plain: pl.DataFrame) -> pl.DataFrame:
    """What was put right, in the order the parser tells it."""
    whole, comma, given, family = pl.col("whole"), pl.col("comma"), pl.col("first"), pl.col("last")
    salutation, titles, full = pl.col("g_salutation"), pl.col("g_titles"), pl.col("full_name")
    raw_given, raw_family = (pl.when(whole).then(full).otherwise(cell) for cell in ("given_name", "family_name"))
    stated, title = pl.col("salutation"), pl.col("academic_title")
    turned = pl.col("turned")
    raw = (
        pl.when(whole)
        .then(full)
        .otherwise(pl.concat_str("given_name", "family_name", separator=" ", ignore_nulls=True))
    )
    before: list[_Kind] = [
        ("salutation", pl.col("s_reason").is_not_null(), stated, pl.col("s_value"), pl.col("s_reason")),
        ("academic_title", pl.col("t_reason").is_not_null(), title, pl.col("t_value"), pl.col("t_reason")),
        ("salutation", salutation.is_not_null(), raw_given, salutation, "name_salutation_removed"),
    ]
    behind = [
        ("given_name", turned, raw_given, given, "name_swapped"),
        ("family_name", turned, raw_family, family, "name_swapped"),
        ("given_name", _changed("given") & ~turned, raw_given, given, "name_casing"),
        ("family_name", _changed("family") & ~turned, raw_family, family, "name_casing"),
        ("family_name", comma, full, family, "name_order"),
        ("given_name", given.str.contains(_LOST), raw, given, "encoding_loss"),
        ("family_name", family.str.contains(_LOST), raw, family, "encoding_loss"),
    ]
    titled = plain.filter(titles.is_not_null()).explode("g_titles")
    return pl.concat(
        [
            evidence_of(plain, _entries(before)),
            evidence_of(titled, _entries([("academic_title", pl.lit(True), raw_given, titles, "name_title_removed")])),
            evidence_of(plain, _entries(behind)),
        ]
    )


def _entries(kinds: Sequence[_Kind]) -> list[Entry]:
    """Entries of field, when, raw, value and reason; each reason is a rule of its own."""
    return [Entry(*kind, rule=pl.lit("person.") + kind[-1]) for kind in kinds]


def _by_distinct(column: pl.Series, parse: Callable[[str | None, Name], object], prefix: str) -> pl.DataFrame:
    """A salutation or title column by its distinct values: `_value`, `_reason`, and `_mixed` where it says more."""
    rows = []
    for text in column.drop_nulls().unique(maintain_order=True):
        name = Name()
        parse(text, name)
        own = [told for told in name.evidence if told.field == column.name]
        value = name.salutation if column.name == "salutation" else name.title
        mixed = len(name.evidence) > 1 or bool(name.salutation and name.title) or is_couple(text)
        rows.append((text, value, own[0].reason if own else None, mixed))
    schema = {"text": pl.String, "value": pl.String, "reason": pl.String, "mixed": pl.Boolean}
    return _placed(column, pl.DataFrame(rows, schema=schema, orient="row"), prefix)
