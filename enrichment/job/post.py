"""The post a person holds today: a title's own words, without other people's ranks and without posts of the past.

Belongs here: folding a title into comparable words, and setting aside the rank of somebody else (`Referent des
Vorstands`), former and honorary posts (`Geschäftsführer (bis 2023)`, `CEO emeritus`), posts to come, and denied
ones (`nicht Einkauf`). Does not belong here: what the words that remain say (`enrichment/job/title`).

A post of the past is set aside with the part of the title it stands in: of `Geschäftsführer, früher
Vertriebsleiter` the first part remains. A mark that stands alone (`Geschäftsführer, a.D.`) speaks of the whole.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from enrichment.cells.first_true import first_true
from enrichment.cells.text import fold
from enrichment.cells.word_lists import any_of

_GENDER = r"(?i)\((?:[mwfdxgn][\s/|,*.]*)+\)|\b[mwf]\s?/\s?[mwf]\s?/\s?[dx]\b"
_INNER_IN = r"([a-zäöüß])(?:[:*_/·]-?|\(|I)(?:in|r|n|e)(?:nen)?\)?($|[^a-zäöüß])"
_FEMALE = r"\b([a-z]+(?:er|eur|or|ist|ant|ent|at|og|ot|ekt|ier))in(?:nen)?\b"
_any = partial(any_of, "job_words.csv")
_DEGREE = rf"\b(?:dipl [a-z]+|dr(?: {_any('doctor_of')})*|{_any('degree')})\b(?: {_any('degree_of')}\b)?"
_SERVED = rf" {_any('served_by')} {_any('rank')} "
_SERVANT = rf"( \S*{_any('servant')}\S*) {_any('rank')} "
_SHARES = rf" (?:{_any('shares')}|{_any('chair')} {_any('served_by')}) "
"""Who holds part of the rank that follows; of assistants the rules speak themselves."""
_OFFICE = rf" {_any('office_of')}({_any('office')})"
_ABOUT = rf" {_any('about')} ({_any('about_what')}) "
"""Who looks after students is none."""

_BETWEEN = r"[,;|()\[\]]| [-–/] "
_DATE = r"(?:(?:\d{1,2}[./]\s?){0,2}|\p{L}+\.? )(?:19|20)\d\d"
_NO_MORE = rf"(?:{_any('no_more')}|{_any('until')} (?:zum )?{_DATE}|(?-i:[aA]\. ?D)|a\. ?d\.? ?$|(?-i:i\. ?R|iR))"
"""Words that take a post out of the present: former, honorary, or to come.

a.D. counts with its stop, since A&D is a department, and with its capital or at the end: `a.d. Donau`.
"""
_NO_MORE_ALONE = rf"(?i)^(?:{_NO_MORE}\.?(?: im \p{{L}}+| {_any('still')})?|{_DATE} ?[-–] ?{_DATE})$"
_FORMER_POST = rf"alt[ -]\p{{L}}+|{_any('former_post')}"
_DENIAL = rf"(?:{_any('before_denial')} )?{_any('denial')} [^f]"  # not-for-profit is none
_NOT_HELD = rf"(?i)(?:^|[^\p{{L}}]){_NO_MORE}(?:[^\p{{L}}]|$)|(?:^|[^\p{{L}}])(?:{_FORMER_POST})|^{_DENIAL}"


def folded_title(title: pl.Expr) -> pl.Expr:
    """The words of a title as the patterns see them: ` leiter einkauf ` for `Leiter/in Einkauf (m/w/d)`."""
    plain = title.str.replace_all(_GENDER, " ").str.replace_all(_INNER_IN, "${1}${2}")
    words = fold(plain).str.replace_all(_DEGREE, " ").str.replace_all(" +", " ").str.strip_chars()
    words = words.str.replace_all(_FEMALE, "${1}")
    return pl.concat_str(pl.lit(" "), words, pl.lit(" ")).fill_null("")


def own_post(title: pl.Expr) -> pl.Expr:
    """The folded title without the rank of somebody else, and without posts that are not held today.

    What belongs to somebody else becomes ` stab `, a word the rules may speak of.
    """
    words = folded_title(_held_today(title)).str.replace_all(_OFFICE, " ${1}").str.replace_all(_ABOUT, " ${1} ")
    served = words.str.replace(_SERVED, " stab ").str.replace(_SERVANT, "${1} stab ")
    return pl.when(words.str.contains(_SHARES)).then(words).otherwise(served)


def _held_today(title: pl.Expr) -> pl.Expr:
    """The title as written, without its parts that speak of a former, future or denied post."""
    joined = rf"(?i) {_any('joint')} ({_NO_MORE}|{_FORMER_POST})"
    parts = title.str.replace_all(joined, ";${1}").str.replace_all(_BETWEEN, ";").str.split(";")
    parts = parts.list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
    held = parts.list.eval(pl.element().filter(~pl.element().str.contains(_NOT_HELD)))
    whole = parts.list.eval(pl.element().str.contains(_NO_MORE_ALONE)).list.any()
    return first_true(((whole, ""), (held.list.len() < parts.list.len(), held.list.join(", "))), title)
