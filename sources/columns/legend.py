"""Legend: what numbered states mean, where a file says it: `Status: 0 = angemeldet, 1 = abgemeldet`.

Belongs here: reading a legend from a header, a title or a row below the table, a block of rows, and telling such rows
from leads. Does not belong here: the words (`header_words.csv`, `list_names.csv`), which column a legend is of and its
cells in words (`states`).

A text is a legend only if one of its meanings is about contact: a list of ratings or branches is none. Texts are cut
into pieces once, and each piece is looked at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.caches import keep_words
from engine.word_lists import alternatives, whole_words
from reference.letters import SPELT_OUT
from sources.columns.words import CELL_WORDS, HEADER_WORDS, LIST_WORDS

LONGEST = 1_000  # signs of a text that is looked at
LAST_ROWS = 40  # rows of a table among which a legend below it is looked for

_IS = rf"(?:\s{{0,3}}(?:=>|->|=|:|→)\s{{0,3}}|\s{{1,3}}{alternatives(HEADER_WORDS['legend: is'])}\s{{1,3}})"
_MEANING = r"[^\W\d_][^=@]{0,79}"
_CODE_FIRST = re.compile(
    rf"(?P<code>-?\d{{1,3}}|[A-Za-z](?={_IS}))(?P<link>{_IS}|\s{{0,3}}[)–-]\s{{0,3}}|\.?\s{{1,3}})(?P<said>{_MEANING})"
)
_CODE_LAST = re.compile(rf"(?P<said>[^\W\d_][^=@:(]{{0,79}})(?P<link>{_IS}|\s{{0,3}}\()(?P<code>-?\d{{1,3}})")
_PARTS = re.compile(r"[;|\r\n]")
_BETWEEN = re.compile(r"[,;/|\r\n\t•·]+")
# Where the next pair begins though nothing but a blank or an `and` is between them.
_AND = rf"(?:{alternatives(HEADER_WORDS['legend: and'])}\s{{1,3}})?"
_RUN_ON = re.compile(rf"\s{{1,3}}{_AND}(?=-?\d{{1,3}}{_IS})|(?<=\d)\s{{1,3}}{_AND}(?=[^\W\d_]{{1,40}}\s?=)")
_LISTED = re.compile(r"\W{0,3}\d{1,3}(?:[.)\]]|\s[^\W\d_])")
_RUN_ON_LISTED = re.compile(r"\s{1,3}(?=\(?\d{1,3}(?:[.)\]]|\s[^\W\d_]))")
_SAYS = re.compile(r"=|[^\W\d_]")
_FIRST_PAIR = re.compile(rf"(?<![\w-])(?:(?:-?\d{{1,3}}|[A-Za-z]){_IS}|\d{{1,3}}\W{{1,3}}[^\W\d_])")
_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]+)[)\]}>]")
_MAY_BE = re.compile(r"\d[^\d]{0,4}[^\W\d_]|[^\W\d_][^\d]{0,4}\d|[A-Za-z]\s?=")
_EDGES = " \t\r\n\xa0()[]{}<>\"'„“”.#*"
_CODE = re.compile(r"-?\d{1,3}|[A-Za-z]")
_HEADING = re.compile(rf"\W*{alternatives(HEADER_WORDS['legend'])}\W*", re.IGNORECASE)
_HEADING_WORDS = whole_words(HEADER_WORDS["legend"])
_CALLED = whole_words((*HEADER_WORDS["legend"], *HEADER_WORDS["legend: sheet"]))
_LISTS = ("Alle", "E-Mail", "Telefon")
_OBJECTS = tuple(
    whole_words(words)
    for words in (HEADER_WORDS["objected"], HEADER_WORDS["legend: objects"], *(LIST_WORDS[name] for name in _LISTS))
)
_AGREES = whole_words(HEADER_WORDS["legend: agrees"])
_YES_OR_NO = re.compile(alternatives(CELL_WORDS["yes or no"]), re.IGNORECASE)


class Legend(NamedTuple):
    """What a legend is of (empty where it does not say so), and the meaning of each code."""

    name: str
    states: Mapping[str, str]


@keep_words
def legend_in(text: str) -> Legend | None:
    """The legend that a text is, or that stands in it behind a name.

    Example:
        >>> legend_in("Status [0 active, 1 unsubscribed, 2 bounced]")
        Legend(name='Status', states={'0': 'active', '1': 'unsubscribed', '2': 'bounced'})
    """
    if len(text) > LONGEST or not _MAY_BE.search(text):
        return None
    for name, body in _cuts(unicodedata.normalize("NFKC", text)):
        if (states := _states(body)) and any(map(_is_about_contact, states.values())):
            return Legend(_HEADING_WORDS.sub(" ", name).strip(f"{_EDGES}:,;=–-"), states)
    return None


def without_legend(header: str) -> str:
    """A header without the legend in it: `Newsletter (1=ja, 0=nein)` is `Newsletter`."""
    found = legend_in(header)
    return header if found is None else found.name


def is_code(cell: str) -> bool:
    """Whether a cell is what a legend may have a meaning for."""
    return _CODE.fullmatch(cell) is not None


def objects(meaning: str) -> bool:
    """Whether a state's meaning is an objection: abgemeldet, bounced."""
    plain = SPELT_OUT.text(meaning)
    return any(words.search(plain) for words in _OBJECTS)


def agrees(meaning: str) -> bool:
    """Whether a state's meaning is that of somebody who receives: angemeldet, active."""
    return not objects(meaning) and _AGREES.search(SPELT_OUT.text(meaning)) is not None


def is_heading(name: str) -> bool:
    """Whether a sheet is called what one with a legend is: `Legende`, `Hinweise`."""
    return _CALLED.search(SPELT_OUT.text(name)) is not None


def legends_of_row(cells: Sequence[str | None]) -> list[Legend]:
    """The legends that a row is as a whole, in one cell or in several; that of a heading alone has no states."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if not filled or any("@" in cell for cell in filled):
        return []
    parts = [part for cell in filled for part in _PARTS.split(cell) if part.strip()]
    several = [found for part in parts if (found := legend_in(part)) is not None and found.name]
    if len(several) == len(parts) > 1:
        return several
    first, *others = filled
    if not others and _HEADING.fullmatch(first):
        return [Legend("", {})]
    if not all(map(_states, others)):
        return []
    found = legend_in("; ".join(filled))
    # A name in a cell of its own may be that of a lead.
    named = _HEADING.fullmatch(first) or (found and len(found.states) > 1 and first.endswith(":"))
    return [found] if found is not None and (named or legend_in(first) or _states(first)) else []


def legends_of_rows(rows: Sequence[Sequence[str | None]]) -> list[Legend]:
    """The legends of rows of which any may be one: titles above a table, rows below it."""
    return joined(found for cells in rows for found in legends_of_row(cells))


def below(rows: Sequence[Sequence[str | None]]) -> list[Legend]:
    """The legends in the last rows of a table: rows of one, or all rows below a heading."""
    heads = (place for place, row in enumerate(rows) if (found := legends_of_row(row)) and not found[0].states)
    if (head := next(heads, None)) is not None and (found := legends_of_block(rows[head:])):
        return joined([*legends_of_rows(rows[:head]), *found])
    return legends_of_rows(rows)


def is_of_legend(cells: Sequence[str | None], legends: Sequence[Legend]) -> bool:
    """Whether a row is a legend, or one of the pairs of those that stand around the table: `0; angemeldet`."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    pair = len(filled) == 2 and any(states.get(filled[0]) == filled[1] for _, states in legends)
    return pair or bool(legends_of_row(filled))


def legends_of_block(rows: Sequence[Sequence[str | None]]) -> list[Legend]:
    """The legends of a block that holds nothing else, as a sheet does; none where it holds an address.

    Code and meaning may stand in two columns, behind the name of the column in a third one or below it: `Status; 0;
    angemeldet`.
    """
    found: list[Legend] = []
    name = ""
    for cells in rows:
        filled = [cell.strip() for cell in cells if cell and cell.strip()]
        if any("@" in cell for cell in filled):
            return []
        if len(filled) in (2, 3) and is_code(filled[-2]) and not is_code(filled[-1]):
            found.append(Legend(filled[0] if len(filled) == 3 else name, {filled[-2]: filled[-1]}))
        elif legends := legends_of_row(cells):
            found += [legend._replace(name=legend.name or name) for legend in legends]
        elif filled:
            name = _HEADING_WORDS.sub(" ", filled[0]).strip(f"{_EDGES}:")
    return [legend for legend in joined(found) if any(map(_is_about_contact, legend.states.values()))]


def joined(legends: Iterator[Legend] | Sequence[Legend]) -> list[Legend]:
    """Legends of one name as one, in which a later row does not speak against an earlier one; empty ones left out."""
    found: dict[str, dict[str, str]] = {}
    for name, states in legends:
        found[name] = dict(states) | found.get(name, {})
    return [Legend(name, states) for name, states in found.items() if states]


def _cuts(text: str) -> Iterator[tuple[str, str]]:
    """A text as the name of a legend and its body, in every way it may be meant."""
    yield "", text
    for match in _BRACKETS.finditer(text):
        if _MAY_BE.search(match[1]) or match[1][:1].isdigit():
            yield f"{text[: match.start()]} {text[match.end() :]}", match[1]
    if pair := _FIRST_PAIR.search(text):
        yield text[: pair.start()], text[pair.start() :]
    for sign in (":", " - ", " – "):
        name, found, body = text.partition(sign)
        if found:
            yield name, body


def _states(body: str) -> dict[str, str]:
    """Code to meaning where a text is pairs of them and nothing else; one alone only where it says `=`."""
    states: dict[str, str] = {}
    last, sure = None, False
    run_on = _RUN_ON_LISTED if _LISTED.match(body) else _RUN_ON
    for piece in _BETWEEN.split(run_on.sub(";", body)):
        bare = piece.strip(_EDGES)
        pair = _CODE_FIRST.fullmatch(bare) or _CODE_LAST.fullmatch(bare)
        if pair is not None:
            last = pair["code"]
            if states.get(last, pair["said"]) != pair["said"]:
                return {}
            states[last] = pair["said"].strip(_EDGES)
            sure |= bare.startswith(last) and _SAYS.search(pair["link"]) is not None
        elif last is None and bare:
            return {}
        elif last is not None and bare:
            states[last] = f"{states[last]}, {bare}"  # `1 = opted out / unsubscribed`
    return states if sure or len(states) > 1 else {}


def _is_about_contact(meaning: str) -> bool:
    return _YES_OR_NO.fullmatch(meaning) is not None or objects(meaning) or agrees(meaning)
