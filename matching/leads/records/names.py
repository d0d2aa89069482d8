"""Names: what is known of every distinct given or family name, once for all records that carry it.

Belongs here: how common a name is, how it sounds, its nicknames and parts, the generation written behind it.
Does not belong here: comparing two names (`matching/leads/comparison/compare`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from enrichment.cells.lost_letters import LOST_LETTERS
from matching import nicknames
from matching.leads.beliefs import RARE_NAME, TRUST_IN_NAMES, leaning, other_people
from matching.leads.records import given_names
from matching.leads.records.codes import Coded, Flags, Floats, Ints, encode, fold, keep, lookup
from matching.phonetics import cologne
from reference.letters import level
from reference.nicknames import groups

MAX_PARTS = 4
_GENERATION = r"(?i)[ ,(]+(senior|sen|sr|junior|jun|jr|d\. ?[äj]|ii|iii|iv)\.?\)?$"
_GENERATIONS = {"s": 0, "d. ä": 0, "d.ä": 0, "j": 1, "d. j": 1, "d.j": 1, "ii": 2, "iii": 3, "iv": 4}
# Groups of letters that scanners and eyes take for one: Werner is read as Wemer, Christian as Chnstian.
_LOOK_ALIKE = {"rn": "m", "ri": "n", "cl": "d", "vv": "w", "li": "h", "ii": "u", "ue": "u"}
_UMLAUTS = {"ae": "a", "oe": "o", "ue": "u"}
_DATA = Path(__file__).parents[2] / "data"
# Words before a family name that some lists write, some cut short and some leave out.
_WORDS_BEFORE = "von|van|vom|v|zu|zur|zum|z|und|de|del|della|di|da|dos|das|du|der|den|dem|des|d|ten|ter|te|le|la|af|av"
_BEFORE = rf"^(?:(?:{_WORDS_BEFORE}) )+|(?: (?:{_WORDS_BEFORE}))+$"  # and `Velden, van der`
# Words inside a name that say nothing about which family it is.
_PARTICLES = ("dr", "doktor", "doctor", "prof", "ing", "von", "van", "de", "der", "den", "zu", "vom", "und", "el", "al")


@dataclass(frozen=True, slots=True)
class PersonNames:
    """Facts per distinct folded name. Frequencies are shares of people, as a given or as a family name.

    `core` is the name without `von der` and the like, which `initial` and `sound` leave out too; `looks` is alike for
    names that a scanner takes for one another; `bare` has a, o, u for `umlaut`s; `short` says that it is derived from
    other names. `form`, `in_use`, `spelling` and `stem` speak of it as a given name
    (`matching/leads/records/given_names`).
    """

    values: pl.Series
    as_given: Floats
    as_family: Floats
    length: Ints
    core: Ints
    initial: Ints
    sound: Ints
    looks: Ints
    bare: pl.Series
    umlaut: Flags
    groups: Ints
    short: Flags
    form: Ints
    in_use: Flags
    spelling: Ints
    stem: Ints
    parts: Ints


def code_names(given: pl.Series, family: pl.Series, once: Flags) -> tuple[PersonNames, Ints, Ints, Ints]:
    """The names; and per record the codes of its given and family name, and its generation (-1 = not said).

    `once`: the records by which it is counted how common a name is.
    """
    n = len(given)
    raw = encode(pl.concat([name.alias("name") for name in (given, family)]))
    spaced = fold(keep(raw.values, ~_damaged(raw.values)).str.replace(_GENERATION, ""))
    folded = encode(spaced.str.replace_all(" ", "", literal=True))
    codes = lookup(folded.codes)[raw.codes]
    generation = lookup(_generation(raw.values))[raw.codes]
    return (
        _names(folded, spaced, codes[:n], codes[n:], once),
        codes[:n],
        codes[n:],
        np.maximum(generation[:n], generation[n:]),
    )


def _damaged(names: pl.Series) -> pl.Series:
    """True where a letter was lost on the way; such a name is not guessed, other fields must do."""
    return names.str.contains(LOST_LETTERS + r"|\?").fill_null(False)


def _generation(names: pl.Series) -> Ints:
    """The number of `sen.`, `jun.` or `III` behind a name, -1 where none is said."""
    suffix = names.str.extract(_GENERATION).str.to_lowercase().str.replace("^([sj]).*", "$1")
    return suffix.replace_strict(_GENERATIONS, default=-1, return_dtype=pl.Int32).to_numpy()


def _names(folded: Coded, spaced: pl.Series, given: Ints, family: Ints, once: Flags) -> PersonNames:
    values = folded.values
    first = np.full(len(values), -1, np.int64)
    known = folded.codes >= 0
    order = np.flatnonzero(known)[::-1]
    first[folded.codes[order]] = order  # the first spelling wins; all of them have the same letters
    spellings = spaced.gather(pl.Series(first, dtype=pl.Int64)) if len(values) else spaced.head(0)
    spelt = given_names.spellings(values)
    core = _core(spellings)
    bare = values.str.replace_many(list(_UMLAUTS), list(_UMLAUTS.values()))
    return PersonNames(
        values=values,
        as_given=_frequency("given", given[once], values),
        as_family=_frequency("family", family[once], values),
        length=values.str.len_chars().to_numpy().astype(np.int32),
        core=encode(core).codes,
        initial=encode(core.str.head(1)).codes,
        sound=encode(cologne(core)).codes,
        umlaut=(bare != values).to_numpy(),
        looks=encode(values.str.replace_many(list(_LOOK_ALIKE), list(_LOOK_ALIKE.values()))).codes,
        bare=bare,
        groups=_groups(values, spellings),
        short=_levelled(values).is_in(list(nicknames.derived())).to_numpy(),
        form=given_names.forms(values).to_numpy(),
        in_use=given_names.in_use(values).to_numpy(),
        spelling=encode(spelt).codes,
        stem=encode(given_names.stems(spelt)).codes,
        parts=_parts(spellings),
    )


def _core(spellings: pl.Series) -> pl.Series:
    """The names without the words before them, in one word; a name that is such a word stays."""
    bare = spellings.str.replace_all(_BEFORE, "")
    return bare.zip_with(bare.str.len_chars() > 2, spellings).str.replace_all(" ", "", literal=True)


def _frequency(field: str, codes: Ints, values: pl.Series) -> Floats:
    """Share of other people with this name: counted here, leaning on the population where data is small."""
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    usual = values.replace_strict(_common_names(field), default=RARE_NAME[field], return_dtype=pl.Float64).to_numpy()
    return leaning(other_people(counts), usual, TRUST_IN_NAMES, len(codes)).astype(np.float32)


@cache
def _common_names(field: str) -> dict[str, float]:
    with (_DATA / "common_names.csv").open(encoding="utf-8", newline="") as lines:
        return {row["name"]: float(row["per_mille"]) / 1000 for row in csv.DictReader(lines) if row["field"] == field}


def _groups(values: pl.Series, spellings: pl.Series) -> Ints:
    """Nickname groups per name, by the whole name or its first word; -1 pads."""
    found = groups()
    table = np.full((len(values), max(map(len, found.values()))), -1, np.int32)
    for words in map(_levelled, (spellings.str.extract(r"^(\S*)"), values)):  # the whole name has the last word
        for row in words.is_in(list(found)).fill_null(False).arg_true():
            numbers = found[words[row]]
            table[row] = [*numbers, *[-1] * (table.shape[1] - len(numbers))]
    return table


def _levelled(names: pl.Series) -> pl.Series:
    return names.to_frame("name").select(level(pl.col("name"))).to_series()


def _parts(spellings: pl.Series) -> Ints:
    """Codes of the words of a name of several words, particles left out; -1 pads."""
    words = spellings.str.split(" ")
    coded = encode(words.explode(empty_as_null=True)) if len(words) else None
    table = np.full((len(spellings), MAX_PARTS), -1, np.int32)
    if coded is None:
        return table
    idle = coded.values.is_in(_PARTICLES).to_numpy() | (coded.values.str.len_chars() < 3).to_numpy()
    codes = np.where(idle[coded.codes], -1, coded.codes)
    rows = np.repeat(np.arange(len(spellings)), words.list.len().to_numpy())
    kept = codes >= 0
    rows, codes = rows[kept], codes[kept]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    fits = place < MAX_PARTS
    table[rows[fits], place[fits]] = codes[fits]
    return table
