"""States: the columns a legend is of, and their cells in its words.

Belongs here: legends in headers and beside the table, choosing columns for those that name none, numbers that no legend
explains. Does not belong here: reading a legend (`legend`), what its words say (`enrichment`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from engine.word_lists import whole_words
from sources.columns.consent import asked_to_agree
from sources.columns.headers import fold, look_up, plain
from sources.columns.legend import Legend, agrees, joined, legend_in, legends_of_block, objects
from sources.columns.words import HEADER_WORDS

# Fields in which a state may stand; in all others a number is what it is.
_OF_CONTACT = frozenset({"consent_email", "consent_phone", "opt_out"})
_MAY_HOLD_STATES = _OF_CONTACT | {None, "rating", "note"}
_MAY_BE_OF = whole_words(HEADER_WORDS["legend: of"])
_HEADING = whole_words(HEADER_WORDS["legend"])
_NUMBER = r"^-?\d{1,3}(?:[.,]0+)?$"
_LEAST = 3  # letters of a name by a part of which a column is found

Meanings = Mapping[str, str]
"""Cell as written to the words it stands for."""


@dataclass
class States:
    """`names` are the headers without legends, `meanings` those of a column's cells, by place.

    `beside` are the columns that hold nothing but a legend.
    """

    names: list[str]
    meanings: dict[int, Meanings] = field(default_factory=dict)
    beside: frozenset[int] = frozenset()


def states_of(header: Sequence[str], sample: pl.DataFrame, legends: Sequence[Legend]) -> States:
    """What the legends in the header, beside the table and around it say of which columns.

    Args:
        header: the columns' names as written.
        sample: the first rows, columns "0", "1", ...
        legends: those above and below the table, or on a sheet of their own.
    """
    own = {place: found for place, name in enumerate(header) if (found := legend_in(name)) is not None}
    names = [own[place].name if place in own else name for place, name in enumerate(header)]
    states = States(names)
    around = list(legends)
    for place, name in enumerate(names):
        if place in own and (name or not sample[str(place)].is_null().all()):
            continue
        if not name.strip() or _HEADING.fullmatch(plain(name).strip(" :")):
            rows = [[header[place]] if place in own else [], *([cell] for cell in sample[str(place)].drop_nulls())]
            if beside := legends_of_block(rows):
                states.beside |= {place}
                around += beside
    for legend in joined(around):
        for place in _columns_of(legend, states, sample):
            states.meanings[place] = _spelt(legend.states)
    for place, legend in own.items():
        if place not in states.beside and look_up(names[place]).field in _MAY_HOLD_STATES:
            states.meanings[place] = _spelt(legend.states)
    return states


def in_words(frame: pl.DataFrame, meanings: Mapping[int, Meanings]) -> pl.DataFrame:
    """The cells of columns with a legend in its words; what it does not explain stays."""
    if not meanings:
        return frame
    return frame.with_columns(pl.col(str(place)).replace(said) for place, said in meanings.items())


def as_objections(meanings: Meanings) -> Meanings:
    """The words of a legend below a header of objections: who is `active` where others are `unsubscribed` is none."""
    if not any(map(objects, meanings.values())):
        return meanings
    return {code: f"no objection: {said}" if agrees(said) else said for code, said in meanings.items()}


def with_doubt(meanings: Meanings, cells: pl.Series) -> Meanings:
    """The words for a column of consent: a 1 that stands for a state nobody explains is no yes.

    It stands for one where a legend explains others, or where there are more states than 0 and 1.
    """
    numbers = cells.filter(cells.str.contains(_NUMBER).fill_null(False)).unique()
    numbered = meanings or not numbers.str.replace(r"[.,]0+$", "").is_in(["0", "1", "00", "01"]).all()
    return {code: f"{code} ?" for code in _spellings("1")} | dict(meanings) if numbered else meanings


def _columns_of(legend: Legend, states: States, sample: pl.DataFrame) -> list[int]:
    """The columns of its name; else those that have none but its codes: about contact, or any without a field."""
    key = fold(legend.name)
    may = [
        place
        for place, name in enumerate(states.names)
        if place not in states.beside and look_up(name).field in _MAY_HOLD_STATES
    ]
    named = [place for place in may if key and fold(states.names[place]) == key]
    if not named and len(key) >= _LEAST:
        keys = {place: fold(states.names[place]) for place in may}
        named = [place for place, name in keys.items() if len(name) >= _LEAST and (name in key or key in name)]
    if named:
        return named
    fits = [place for place in may if _fits(legend, sample[str(place)])]
    asked = [place for place in fits if _is_about_contact(states.names[place])]
    return asked or fits


def _is_about_contact(name: str) -> bool:
    text = plain(name)
    asked = asked_to_agree(text) is not None or _MAY_BE_OF.search(text) is not None
    return asked or look_up(name).field in _OF_CONTACT


def _fits(legend: Legend, cells: pl.Series) -> bool:
    """Whether a column holds codes of the legend, and none but numbers beside them."""
    filled = cells.drop_nulls()
    known = filled.is_in(list(_spelt(legend.states)))
    return bool(known.any()) and bool((known | filled.str.contains(_NUMBER)).all())


def _spelt(states: Mapping[str, str]) -> Meanings:
    spelt = {spelling: said for code, said in states.items() for spelling in _spellings(code)}
    return spelt | dict(states)


def _spellings(code: str) -> list[str]:
    """How a code may stand in a cell: 1, 01, 1.0, `1`, and letters in either case."""
    bare = code.lstrip("0") or "0" if code.isdigit() else code
    return (
        [bare, bare.zfill(2), f"{bare}.0", f"{bare},0", f"({bare})"]
        if code[-1].isdigit()
        else [code.upper(), code.lower()]
    )
