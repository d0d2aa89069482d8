"""How two company names relate: the same words, a typo, a suffix, another kind of company, or nothing.

Belongs here: comparing the words of two names (`matching/accounts/rows/words`) without looking at any other evidence.
Does not belong here: what follows from it together with address, domain and legal form
(`matching/accounts/linking/rules`). A name relates through the words it does not share: those decide, weighted by
rarity.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.accounts.rows.words import BESIDE, Bools, CompanyNames, Floats, Ints
from reference.letters import level

CHUNK = 500_000
LONGEST_SLIP = 5
"""Letters by which two spellings of the same words may differ at most: three, and two more for ae, oe, ue."""

_UNSPECIFIC = ("group", "country", "site")


class Relation(IntEnum):
    NONE = 0
    SAME = 1
    """Same words, in any order; also `Auto Haus` and `Autohaus`, `Mueller` and `Muller`."""
    TYPO = 2
    """One or two letters differ, and one of the spellings is not a word in common use."""
    LOOKALIKE = 3
    """A few letters differ, but both spellings are words in common use: Maier, Mayer."""
    ABBREVIATION = 4
    """A word is the beginning of the other: `Masch.`, `H. Schmitt`."""
    SITE = 5
    """One name has more words, and they only say where: `Filiale Nord`."""
    COUNTRY = 6
    """One name has more words, and they name a country: `Zeller Plastik Deutschland`."""
    GROUP = 7
    """One name has a word more for holding, group or general partner, or both have different ones."""
    ENTITY = 8
    """One name has more words, one of them typical of sister companies (`Immobilien`) or a number."""
    EXTRA = 9
    """One name has more words: `Dufner`, `Dufner Nutzfahrzeugtechnik`."""
    ACRONYM = 10
    """One name is the initials of the other."""
    SIMILAR = 11
    """Some rare words are shared, others differ."""
    CUT = 12
    """A word is the beginning of the other, and might be a word of its own: `Transp.`, but also `Bau` and `Bauer`."""


class Related(NamedTuple):
    """Per pair of names: the relation, the bits of the words they share, and the words only one has."""

    relation: Ints
    shared: Floats
    rest_left: pl.Series
    rest_right: pl.Series


def relate(names: CompanyNames, left: Ints, right: Ints) -> Related:
    """Relate the names `left[i]` and `right[i]` (name ids); symmetric in both."""
    parts = [_relate(names, left[i : i + CHUNK], right[i : i + CHUNK]) for i in range(0, max(len(left), 1), CHUNK)]
    return Related(
        np.concatenate([p.relation for p in parts]),
        np.concatenate([p.shared for p in parts]),
        pl.concat([p.rest_left for p in parts]),
        pl.concat([p.rest_right for p in parts]),
    )


def _relate(names: CompanyNames, left: Ints, right: Ints) -> Related:
    own_a, own_b, shared = _own_words(names, left, right)
    count_a, count_b = (own_a >= 0).sum(1), (own_b >= 0).sum(1)
    one = ((count_a == 0) != (count_b == 0)) & (shared > 0)
    two = (count_a > 0) & (count_b > 0)
    groups = two & (shared > 0) & _all_of(names, own_a, _UNSPECIFIC) & _all_of(names, own_b, _UNSPECIFIC)

    relation = np.full(len(left), Relation.NONE, np.int32)
    relation[(count_a == 0) & (count_b == 0)] = Relation.SAME
    relation[one] = _kind_of_extra(names, own_a[one], own_b[one])
    relation[two & (shared > 0)] = Relation.SIMILAR
    relation[groups] = Relation.GROUP

    near = np.flatnonzero(two & ~groups & _may_be_slips(names, own_a, own_b))
    told = one.copy()
    told[near] = True
    rest_a, rest_b = _joined(names, own_a, told), _joined(names, own_b, told)
    if len(near):
        slip = _slip(
            names, own_a[near], own_b[near], pl.DataFrame({"a": rest_a.gather(near), "b": rest_b.gather(near)})
        )
        relation[near] = np.where(slip != Relation.NONE, slip, relation[near])
    whole = np.flatnonzero(relation == Relation.NONE)
    if len(whole):
        relation[whole] = _initials(names, left[whole], right[whole])
    return Related(relation, shared, rest_a, rest_b)


def _own_words(names: CompanyNames, left: Ints, right: Ints) -> tuple[Ints, Ints, Floats]:
    """The words that only the left and only the right name has (-1 elsewhere), and the bits of those in both."""
    a, b = names.words[left], names.words[right]
    width = max(int((a >= 0).sum(1).max(initial=1)), int((b >= 0).sum(1).max(initial=1)))
    a, b = a[:, :width], b[:, :width]
    equal = (a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]
    in_both = equal.any(2)
    shared = np.where(in_both, names.weight[a], 0).sum(1, dtype=np.float32)
    return np.where(in_both, np.int32(-1), a), np.where(equal.any(1), np.int32(-1), b), shared


def _may_be_slips(names: CompanyNames, a: Ints, b: Ints) -> Bools:
    """Words that differ in length by more than any slip need no look at their letters, unless they are one each."""
    letters = np.append(names.word.str.len_chars().to_numpy().astype(np.int32), np.int32(0))
    close = np.abs(letters[a].sum(1) - letters[b].sum(1)) <= LONGEST_SLIP
    few = (a >= 0).sum(1) + (b >= 0).sum(1) <= 3
    return np.asarray(close | few)


def _joined(names: CompanyNames, words: Ints, rows: Bools) -> pl.Series:
    """The words of the chosen rows as text, "" for the others."""
    row, column = np.nonzero((words >= 0) & rows[:, None])
    found = (
        pl.DataFrame({"row": row.astype(np.uint32), "word": names.word.gather(words[row, column])})
        .group_by("row", maintain_order=True)
        .agg(pl.col("word").str.join(" "))
    )
    return pl.repeat("", len(words), eager=True).scatter(found["row"], found["word"])


def _all_of(names: CompanyNames, words: Ints, kinds: tuple[str, ...]) -> Bools:
    member = np.append(names.kind.is_in(list(kinds)).to_numpy(), True)  # -1 (no word) is always fine
    fit: Bools = np.min(np.take(np.asarray(member, np.int8), words), axis=1) > 0
    return fit


def _kind_of_extra(names: CompanyNames, a: Ints, b: Ints) -> Ints:
    extra = np.where(np.max(a, axis=1, keepdims=True) >= 0, a, b)
    return _first(
        (Relation.SITE, _all_of(names, extra, BESIDE) | _numbered_site(names, extra)),
        (Relation.COUNTRY, _all_of(names, extra, (*BESIDE, "country"))),
        (Relation.GROUP, _any_of(names, extra, "group")),
        (Relation.ENTITY, _any_of(names, extra, "entity") | _any_number(names, extra)),
        otherwise=Relation.EXTRA,
    )


def _numbered_site(names: CompanyNames, extra: Ints) -> Bools:
    """`Werk 2`, and nothing but sites and their numbers."""
    number = np.append(names.word.str.contains(r"^\d{1,2}$").to_numpy(), True)
    site = np.append(names.beside.to_numpy(), True)
    found: Bools = (site | number)[extra].all(1) & _any_of(names, extra, "site")
    return found


def _first(*steps: tuple[Relation, Bools], otherwise: Relation) -> Ints:
    """The relation of the first step that holds."""
    return np.select([holds for _, holds in steps], [relation for relation, _ in steps], otherwise).astype(np.int32)


NUMBER = r"\d+|\b(?:x{0,3}(?:ix|iv|v?i{1,3})|x{0,3}v|x{1,3})\b"


def _numbers(rest: pl.Expr) -> pl.Expr:
    """The digits and Roman numerals of a text: `Windpark XII` is not `Windpark XIII`."""
    return rest.str.extract_all(NUMBER).list.join(" ")


def _any_of(names: CompanyNames, words: Ints, kind: str) -> Bools:
    member = np.append((names.kind == kind).to_numpy(), False)
    found: Bools = np.max(np.take(np.asarray(member, np.int8), words), axis=1) > 0
    return found


def _any_number(names: CompanyNames, words: Ints) -> Bools:
    member = np.append(names.word.str.contains(rf"^(?:{NUMBER})$").to_numpy(), False)
    found: Bools = np.max(np.take(np.asarray(member, np.int8), words), axis=1) > 0
    return found


def _slip(names: CompanyNames, a: Ints, b: Ints, rest: pl.DataFrame) -> Ints:
    """SAME, TYPO, ABBREVIATION, LOOKALIKE or NONE for names that both have words of their own.

    `rest` holds those words as text, columns a and b.
    """
    rest = rest.with_columns(
        solid_a=level(pl.col("a")).str.replace_all(" ", ""),
        solid_b=level(pl.col("b")).str.replace_all(" ", ""),
        numbers=_numbers(pl.col("a")) == _numbers(pl.col("b")),
    )
    distance = process.cpdist(rest["solid_a"].to_list(), rest["solid_b"].to_list(), scorer=OSA.distance, score_cutoff=3)
    len_a = rest["solid_a"].str.len_chars().to_numpy().astype(np.int64)
    len_b = rest["solid_b"].str.len_chars().to_numpy().astype(np.int64)
    length, shortest = np.maximum(len_a, len_b), np.minimum(len_a, len_b)
    allowed = np.select([length >= 14, length >= 8, length >= 4], [3, 2, 1], 0)
    numbers = rest["numbers"].to_numpy()
    close = (distance <= allowed) & numbers
    single = ((a >= 0).sum(1) == 1) & ((b >= 0).sum(1) == 1)
    common = np.append(names.known, False)
    common_a, common_b = common[a].any(1), common[b].any(1)
    begins = rest.select(
        pl.col("a").str.starts_with(pl.col("b")) | pl.col("b").str.starts_with(pl.col("a"))
    ).to_series()
    a_word = np.where(len_a < len_b, common_a, common_b) & (shortest > 1)  # Bau is no short form of Bauer
    in_parts = rest.select(_in_parts("a", "b") | _in_parts("b", "a")).to_series().fill_null(False).to_numpy()
    begins_with = begins.to_numpy() & single & numbers & (shortest != 2)
    return _first(
        (Relation.SAME, distance == 0),
        (Relation.TYPO, close & ~(single & common_a & common_b)),
        (Relation.ABBREVIATION, (begins_with & ~a_word) | (in_parts & numbers)),
        (Relation.CUT, begins_with & (shortest > 1)),
        (Relation.LOOKALIKE, close),
        otherwise=Relation.NONE,
    )


def _in_parts(parts: str, whole: str) -> pl.Expr:
    """Two words that begin and end the one word of the other: `Vers.-Makler` is a `Versicherungsmakler`."""
    begin, end, word = (
        pl.col(parts).str.extract(r"^(\S{3,}) \S{3,}$"),
        pl.col(parts).str.extract(r"^\S{3,} (\S{3,})$"),
        pl.when(~pl.col(whole).str.contains(" ", literal=True)).then(whole),
    )
    return word.str.starts_with(begin) & word.str.ends_with(end)


def _initials(names: CompanyNames, left: Ints, right: Ints) -> Ints:
    """ACRONYM where one name is a single word of at least three letters: the other's initials."""
    first = np.append(names.word.str.slice(0, 1).to_numpy(), "")
    single = (names.words[:, 1] < 0) & (names.words[:, 0] >= 0)
    found = np.zeros(len(left), np.int32)
    for short, long in ((left, right), (right, left)):
        maybe = np.flatnonzero(single[short] & (names.words[long, 2] >= 0))
        if len(maybe):
            initials = ["".join(row) for row in first[names.words[long[maybe]]]]
            word = names.word.gather(names.words[short[maybe], 0]).to_list()
            found[maybe[[i == w for i, w in zip(initials, word, strict=True)]]] = Relation.ACRONYM
    return found
