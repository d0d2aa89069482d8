"""What a rule of survivorship is made of: ranking keys, and when two spellings are one name, number or place.

Belongs here: keys and rules as values, the words they are written in. Does not belong here: the rules themselves
(`matching/golden/survivorship`), applying them (`matching/golden`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from enrichment.cells.distinct import each_once
from enrichment.cells.known_names import known_words
from matching.first_hit import first_hit
from matching.nicknames import pairs, short_forms
from reference.letters import SPELT_OUT, level

_MARKED = r"[\p{L}\p{M}--[a-zA-Zıȷ]]"


@dataclass(frozen=True, slots=True)
class Key:
    """One ranking key: the smaller the better, below `size`."""

    name: str
    rank: pl.Expr
    size: int


@dataclass(frozen=True, slots=True)
class SurvivorshipRule:
    """How one field, or one block of fields, survives.

    `fields` are the golden columns taken together from the winning record, `may` says which records may
    give them, `ranking` which one wins before the common tie-breaks. Where `agrees` is given, the winner
    only settles which name or place it is; the value then comes from the best-ranked record by `fullest`
    among those whose `guide` column agrees with the winner's.
    """

    name: str
    fields: tuple[str, ...]
    may: pl.Expr
    ranking: tuple[Key, ...]
    why: str
    guide: str = ""
    agrees: Callable[[pl.Expr, pl.Expr], pl.Expr] | None = None
    fullest: tuple[Key, ...] = ()
    carried: tuple[str, ...] = ()  # verdicts that travel with the value


def steps(column: str, *steps: tuple[str, ...]) -> Key:
    """A key that ranks a column's words in the order of `steps`; anything else comes last."""
    places = {word: place for place, words in enumerate(steps) for word in words}
    rank = pl.col(column).replace_strict(places, default=len(steps), return_dtype=pl.Int64)
    return Key(f"{column}: {' > '.join(' = '.join(words) for words in steps)}", rank, len(steps) + 1)


def worst_last(best: str, *worse: tuple[str, pl.Expr]) -> Key:
    """A key by what is wrong with a value: `worse` from the worst on, the first that holds counts."""
    rank = len(worse) - first_hit(condition for _, condition in worse).cast(pl.Int64)
    return Key(" > ".join([best, *(name for name, _ in worse[::-1])]), rank.fill_null(0), len(worse) + 1)


def first(name: str, condition: pl.Expr) -> Key:
    """A key that puts the records where `condition` is true first."""
    return Key(name, (~condition.fill_null(False)).cast(pl.Int64), 2)


def wordier(column: str) -> Key:
    """Hans Peter before Hans."""
    words = pl.col(column).str.count_matches(r"\p{L}{2,}").cast(pl.Int64)
    return Key(f"{column}: more words", 7 - words.clip(0, 7), 8)


def marked(column: str) -> Key:
    """Müller before Mueller."""
    return first(f"{column}: umlauts and accents > transliteration", has_marks(pl.col(column)))


def has_marks(text: pl.Expr) -> pl.Expr:
    """Whether a text has letters that are lost where only ASCII is written, which nobody writes by mistake.

    Not ı: a Turkish name put into small letters (EMINE) and dots a scanner lost make it of an i as often as lists
    without marks make an i of it. Nor a typeset ﬁ or ’, that are other ways to write the same, nor � for a lost letter.
    """
    return text.str.normalize("NFKC").str.contains(_MARKED)


def places_of_marks(name: pl.Expr) -> pl.Expr:
    """A small-letter name without its marks, but with their places: René and Renè are `ren•`, Emıne is `emine`."""
    return name.str.normalize("NFKC").str.replace_all("ı", "i").str.replace_all(_MARKED, "•")


def dotless(column: str) -> Key:
    """Aydın before Aydin, as the name is known to be written; but Emine before Emıne."""
    name = pl.col(column)
    has_it = name.str.contains("ı")
    unknown = has_it & ~each_once(name, _is_known_with_dotless, pl.Boolean)
    return worst_last(f"{column}: known with ı", ("unknown with ı", unknown), ("no ı", ~has_it))


def _is_known_with_dotless(name: pl.Expr) -> pl.Expr:
    words = name.str.to_lowercase().str.extract_all(r"\p{L}*ı\p{L}*")
    return words.list.eval(pl.element().is_in(list(known_words()))).list.all()


def inner_capital(column: str) -> Key:
    """MacAllan and DeLuca before Macallan and Deluca, which capital letters throughout leave behind."""
    return first(f"{column}: capital within > none", pl.col(column).str.contains(r"\p{Ll}\p{Lu}"))


def longer(column: str, size: int = 64) -> Key:
    """The longer text first; beyond `size` letters all are equal."""
    return Key(f"{column}: longer", size - 1 - pl.col(column).str.len_chars().cast(pl.Int64).clip(0, size - 1), size)


def fold_name(name: pl.Expr) -> pl.Expr:
    """A name without case, marks and transliteration: Müller, Mueller, MULLER and Muller are one."""
    return level(SPELT_OUT.column(name)).str.replace_all(r"[^\p{L}]+", " ").str.strip_chars(" ")


def is_initials(name: pl.Expr) -> pl.Expr:
    """`H.`, `H`, `H.-P.`, `HP`, `H. P.`: one letter a word with dots, or one or two capitals."""
    return name.str.contains(r"^(\p{L}\.[\s-]*)+$") | name.str.contains(r"^(\p{Lu}[\s-]*){1,2}$")


def is_nickname(name: pl.Expr) -> pl.Expr:
    """Schorsch for Georg: a name that stands for a fuller one."""
    return fold_name(name).is_in(list(short_forms()))


def same_fold(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """Two spellings of one name."""
    return fold_name(mine) == fold_name(winner)


def fuller_given(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """Another spelling or a fuller form: `H.`, `HP`, `Hans` are `Hans-Peter`, `Alex` `Alexander`, `Uli` `Ulrich`."""
    words, other_words = fold_name(mine), fold_name(winner)
    letters, other_letters = words.str.replace_all(" ", ""), other_words.str.replace_all(" ", "")
    initials = words.str.replace_all(r"(\p{L})\p{L}*\s*", "$1")
    more_words = (" " + words + " ").str.contains(" " + other_words + " ", literal=True)
    longer = letters.str.starts_with(other_letters) & (letters.str.len_chars() >= other_letters.str.len_chars() + 3)
    spelt_out = is_initials(winner) & initials.str.starts_with(other_letters)
    nickname = (words + "|" + other_words).is_in(pairs())
    return more_words | longer | spelt_out | nickname | (letters == other_letters)


def extends(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """The winner's number, or the same with more digits: the extension behind a switchboard or a cut number."""
    more = mine.str.len_chars() - winner.str.len_chars()
    return (mine == winner) | (mine.str.starts_with(winner) & more.is_between(1, 5))


def same_place(mine: pl.Expr, winner: pl.Expr) -> pl.Expr:
    """The same postcode, else town."""
    return mine == winner
