"""Words of company names: which there are, how rare each is, and what kind of word it is.

Belongs here: splitting match keys into words, information weights (-log2 of a word's share of all
company names, learnt from the names at hand on top of a small background of register names, so that a
file of twenty leads knows `bau` is common too), and the kinds of `data/company_terms.csv`.
Does not belong here: comparing two names (`matching/accounts/linking/relations`).
Background: `data/company_words.csv`, counts from the Handelsregister extract of OffeneRegister
(CC BY 4.0); weights as in inverse document frequency (Spaerck Jones 1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.word_lists import LISTS
from reference.letters import level

DATA = Path(__file__).parents[2] / "data"
WIDTH = 10
"""Words kept per name; a longer name keeps its tail as one last word."""

KNOWN_SHARE = 6e-5
"""From this share of all names on a word is in common use: three names of the background."""

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


BESIDE = ("site", "filler")


@dataclass(frozen=True)
class CompanyNames:
    """Distinct names as words.

    Attributes:
        key: the distinct names, their words sorted and joined by a space; position = name id.
        joined: the words in the order first seen, without spaces, umlaut spellings levelled.
        words: (names, WIDTH) word ids in order, -1 where there is none.
        word: text of each word id.
        weight: bits of information of each word id.
        kind: kind of each word id as in company_terms.csv, "" for ordinary words.
        bits: information of each name, the sum over its words.
    """

    key: pl.Series
    joined: pl.Series
    words: Ints
    word: pl.Series
    weight: Floats
    kind: pl.Series
    bits: Floats

    @property
    def known(self) -> Bools:
        """True for words too common to be a misspelling."""
        result: Bools = self.weight <= -np.log2(KNOWN_SHARE)
        return result

    @property
    def beside(self) -> pl.Series:
        """True for words that stand beside a company's name: a site, or what fills a line."""
        return self.kind.is_in(BESIDE)


@cache
def terms() -> pl.DataFrame:
    """The terms table: term, kind, same_as, note."""
    table = LISTS.frame("company_terms.csv")
    return table.with_columns(trade_stem(pl.col("term"))).unique("term", keep="first", maintain_order=True)


@cache
def background() -> pl.DataFrame:
    """Register names that hold a word: word, count; the word `*` counts all names."""
    table = pl.read_csv(
        DATA / "company_words.csv", comment_prefix="#", schema={"word": pl.String, "count": pl.Int64}, glob=False
    )
    return table.group_by(trade_stem(pl.col("word"))).agg(pl.col("count").sum()).sort("word")


def trade_stem(word: pl.Expr) -> pl.Expr:
    """`Handelsgesellschaft` and `Handelsges` say no more than `Handels`: what follows is the legal form in words."""
    return word.str.replace(r"^(\p{L}{3,}s)ges(?:[elschaft]{5,10})?$", "${1}")


def name_words(key: pl.Series) -> pl.Series:
    """List of words of each match key: abbreviations spelt out, fillers dropped unless nothing else is left."""
    table = terms()
    short = table.filter(pl.col("kind") == "abbreviation")
    fillers = table.filter(pl.col("kind") == "filler")["term"].to_list()
    rows = (
        pl.DataFrame({"row": pl.int_range(len(key), dtype=pl.UInt32, eager=True), "word": key.str.split(" ")})
        .explode("word")
        .filter(pl.col("word") != "")
        .with_columns(trade_stem(pl.col("word").replace(short["term"], short["same_as"])))
        .with_columns(filler=pl.col("word").is_in(fillers))
        .filter(~pl.col("filler") | pl.col("filler").all().over("row"))
        .group_by("row", maintain_order=True)
        .agg("word")
    )
    filled = pl.DataFrame({"row": pl.int_range(len(key), dtype=pl.UInt32, eager=True)})
    return filled.join(rows, on="row", how="left", maintain_order="left")["word"].fill_null([])


def read_names(keys: pl.Series) -> tuple[CompanyNames, Ints]:
    """The distinct names among `keys` (match keys, no nulls), and the name id of each key.

    Names with the same words in another order are one name.
    """
    spelt = _spelt(keys.unique().sort())
    names = spelt.unique("sorted", keep="first", maintain_order=True).sort("sorted").with_row_index("id")
    ids = pl.DataFrame({"key": keys}).join(
        spelt.select("key", "sorted").join(names.select("sorted", "id"), on="sorted"), on="key", maintain_order="left"
    )
    word, matrix = _coded(names)
    weight = _weights(word, matrix)
    kinds = terms().filter(pl.col("kind") != "abbreviation")
    table = CompanyNames(
        key=names["sorted"],
        joined=names.select(level(pl.col("words").list.join(" ")).str.replace_all(" ", "")).to_series(),
        words=matrix,
        word=word,
        weight=weight,
        kind=word.replace_strict(kinds["term"], kinds["kind"], default="", return_dtype=pl.String),
        bits=np.where(matrix >= 0, weight[matrix], 0).sum(1, dtype=np.float32),
    )
    return table, ids["id"].to_numpy().astype(np.int32)


def _spelt(keys: pl.Series) -> pl.DataFrame:
    """key, words (at most WIDTH of them, a longer tail as one) and sorted (the words in order, as text)."""
    lists = name_words(keys)
    long = pl.DataFrame({"key": keys, "words": lists, "tail": lists.list.slice(WIDTH - 1).list.join("")})
    shortened = pl.concat_list(pl.col("words").list.head(WIDTH - 1), pl.concat_list("tail"))
    return long.select(
        "key", words=pl.when(pl.col("words").list.len() > WIDTH).then(shortened).otherwise("words")
    ).with_columns(sorted=pl.col("words").list.sort().list.join(" "))


def _coded(names: pl.DataFrame) -> tuple[pl.Series, Ints]:
    """The distinct words of `names` (id, words), and per name the ids of its words (WIDTH columns, -1 pads)."""
    flat = names.select("id", "words").explode("words").rename({"words": "word"}).drop_nulls()
    word = flat["word"].unique().sort()
    name = flat["id"].to_numpy()
    begins = np.flatnonzero(np.append(True, name[1:] != name[:-1])) if len(name) else np.zeros(0, np.int64)
    position = np.arange(len(name)) - np.repeat(begins, np.diff(np.append(begins, len(name))))
    matrix = np.full((names.height, WIDTH), -1, np.int32)
    matrix[name, position] = flat["word"].cast(pl.Enum(word)).to_physical().to_numpy().astype(np.int32)
    return word, matrix


def _weights(word: pl.Series, matrix: Ints) -> Floats:
    ordered = np.sort(matrix, axis=1)
    first = ordered >= 0
    first[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]  # a word counts once in a name
    here = np.bincount(ordered[first], minlength=len(word))
    known = pl.DataFrame({"word": word}).join(background(), on="word", how="left", maintain_order="left")["count"]
    names = int(first.any(axis=1).sum()) + int(background().filter(pl.col("word") == "*")["count"][0])
    bits: Floats = -np.log2((here + known.fill_null(0).to_numpy()) / names).astype(np.float32)
    return bits
