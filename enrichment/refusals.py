"""Refusals: what a text against contact says where nobody asked for it, in remarks, states or behind an address.

Belongs here: finding a clear refusal and the channel it is to. Does not belong here: the words (`refusal_words.csv`),
columns of consent and objection, where more counts (`enrichment/consent`). A remark speaks of many things, so it
refuses only in so many words: not where they are taken back, depend on something, or hold for a time. A text of any
length is read in time that grows with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

import polars as pl

from engine.word_lists import alternatives, hints, spelt, whole_words
from enrichment.cells.distinct import by_cell, of_distinct
from enrichment.cells.word_lists import by_kind
from enrichment.legal_notes import NAMES, is_legal_note
from reference.letters import SPELT_OUT

_WORDS = {kind: tuple(map(SPELT_OUT.text, words)) for kind, words in by_kind("refusal_words.csv").items()}
_KINDS = ("all", "email", "phone")
_BETWEEN = re.compile(r"[\W_]+")


def _together(text: str) -> str:
    """The letters and digits alone: `S T O P`, `do_not_call` and `DoNotCall` are written in one."""
    return _BETWEEN.sub("", text)


def _within(*kinds: str) -> str:
    """A pattern of the words of some kinds, each as a whole: not `Robinsonliste` in `Robinsonliste-Abgleich`."""
    words = [word for kind in kinds for word in _WORDS[kind]]
    bare = alternatives(word for word in words if not word.endswith("*"))
    open_ended = [word.rstrip("*") for word in words if word.endswith("*")]
    ends = rf"|{alternatives(open_ended)}\w*" if open_ended else ""
    return rf"(?<![\w-])(?:{bare}{ends})(?![\w-])"


_WHOLE = {_together(word): kind for kind in reversed(_KINDS) for word in spelt(_WORDS[f"whole_{kind}"])}
_EDGES = " \t\r\n.,;:!()[]<>\"'*-"
_APART = re.compile(r"[()\[\]{}<>*!]+|\s[-\u2013\u2014]+\s")
_SET_APART = re.compile(r"[()\[\]{}<>*!:/]+|\s[-\u2013\u2014]+\s|\s*->\s*")
_TAG, _TAG_WORDS = re.compile(r"[;,|]"), 3
_NOTE = 80  # signs of a cell that may say nothing but such a word
_NUMBER = re.compile(r"\A\d{1,3}\W+")
_DATE = re.compile(r"\W(?:(?:am|seit|vom|on|since|per)\W+)?\d[\d.:/tz \-]*\Z")
_REFUSED = re.compile("|".join(f"(?P<{kind}>{_within(kind)})" for kind in _KINDS))
_NEGATED = re.compile(rf"{_within('negated')}\W{{1,2}}(?:{_within('between')}\W)?\Z")
_LIMITED = re.compile(rf"\W{{0,2}}{_within('limited')}")
_CONDITIONAL, _THING = re.compile(_within("conditional")), re.compile(_within("thing"))
_STATE = whole_words(_WORDS["state"])
_DELETED = re.compile(r"loesch|delete|remove|supprim|cancell|rimuov|elimin|borrar|verwijder|austragen")
_SENTENCE = re.compile(r"(?<!\bart)(?<!\babs)(?<!\bgem)\.(?=\s|$)|[!;\n]|(?<=\?)")
_TOKEN = re.compile(r"\S+")
_ADDRESS = re.compile(r"@|://|www\.")  # an address or page may be called unsubscribe
_BEFORE = 40  # signs before a refusal within which it may be taken back
_SAID = (word.strip("*") for kind in (*_KINDS, *(f"whole_{kind}" for kind in _KINDS)) for word in _WORDS[kind])
# `Kontaktpräferenz: keine`: what is chosen refuses, but only below such a header.
_NO_CHANNEL = {_together(name + none) for name in spelt(_WORDS["preference"]) for none in spelt(_WORDS["prefers_none"])}
_HINTS = sorted({*(_together(hint) for hint in (*hints(_SAID), *NAMES)), *_NO_CHANNEL})


def refusals(texts: pl.Series) -> pl.Series:
    """The channel each text refuses (all, email or phone); null where it refuses nothing.

    Example:
        >>> texts = pl.Series(["Bitte keine Werbung mehr", "nicht anrufen vor 10 Uhr", "UNSUBSCRIBED", "DNC"])
        >>> refusals(texts).to_list()
        ['all', None, 'all', 'phone']
    """
    return _hinted(texts, refusal)


def refusal(text: str) -> str | None:
    """`refusals` of one text."""
    plain = SPELT_OUT.text(text).replace("_", " ")
    plain = _TOKEN.sub(_without_addresses, plain).strip(_EDGES)
    return _whole(plain) or _said_in(plain)


def _said_in(plain: str) -> str | None:
    """The channel a folded text refuses in so many words."""
    found = [kind for sentence in firm_sentences(plain) for kind in _refused(sentence)]
    if found and _DELETED.search(plain) and _THING.search(plain) and len(plain) < _BEFORE * 5:
        found = [kind for sentence in firm_sentences(_DELETED.sub(" ", plain)) for kind in _refused(sentence)]
    return _one(found)


def _one(channels: Iterable[str | None]) -> str | None:
    """The channel that several texts refuse together."""
    found = set(channels) - {None}
    return None if not found else found.pop() if len(found) == 1 else "all"


def _whole(plain: str) -> str | None:
    """The channel refused by a folded text that says nothing else, but for the number of a state and a date."""
    if len(plain) > _NOTE:
        return None
    words = _NUMBER.sub("", plain)
    for said in (plain, words, _DATE.sub("", words)):
        if (kind := _WHOLE.get(_together(said))) is not None:
            return kind
    return "all" if is_legal_note(plain) else None


def refusals_beside(texts: pl.Series) -> pl.Series:
    """`refusals` in cells where something else belongs, a name or a town: nobody is called `nicht anrufen`.

    What is a name as well (Robinson, Stopp) refuses only behind one, set apart.

    Example:
        >>> refusals_beside(pl.Series(["Klein *** STOP ***", "Klein (abgemeldet)", "Stopp", "Robinson Club"])).to_list()
        ['all', 'all', None, None]
    """
    return of_distinct(lambda cells: _hinted(cells, _beside).to_frame("channel"))(texts).to_series()


def _beside(text: str) -> str | None:
    plain = SPELT_OUT.text(text).replace("_", " ")
    _, *apart = _APART.split(plain)
    return _one([_said_in(plain), *(_whole(part.strip(_EDGES)) for part in apart)])


def refusals_in_extra(extra: pl.Series) -> pl.Series:
    """`refusals` of the values of JSON objects (`extra` of contracts.raw), all values of a row together.

    A column of states is not known as one, but `unsubscribed` says the same in any.
    """
    return _hinted(extra, _of_members)


def _of_members(extra: str) -> str | None:
    """The channel refused in the values of a JSON object."""
    members = [(name, str(value)) for name, value in json.loads(extra).items() if not name.startswith("_")]
    chosen = ("all" for member in members if _together(SPELT_OUT.text("".join(member))) in _NO_CHANNEL)
    return _one(
        [*chosen, *(refusal(part) for name, value in members for part in (value, *_tags(value), *_states(name, value)))]
    )


def _states(name: str, value: str) -> list[str]:
    """What is set apart in a state of several words: `inactive - unsubscribed`, `Kunde (abgemeldet)`."""
    if len(value) > _NOTE or not _STATE.search(SPELT_OUT.text(name).replace("_", " ")):
        return []
    return [part for part in _SET_APART.split(value) if part.strip()]


def _tags(value: str) -> list[str]:
    """What stands beside each other in a value that is a list of tags: `vip;do-not-contact`."""
    tags = [tag.strip(_EDGES) for tag in _TAG.split(value)]
    return tags if len(tags) > 1 and all(len(tag.split()) <= _TAG_WORDS for tag in tags) else []


def firm_sentences(text: str) -> list[str]:
    """The sentences of a folded text that neither ask nor depend on anything."""
    sentences = (sentence.strip() for sentence in _SENTENCE.split(text))
    return [sentence for sentence in sentences if not sentence.endswith("?") and not _CONDITIONAL.search(sentence)]


def _hinted(texts: pl.Series, read: Callable[[str], str | None]) -> pl.Series:
    """What `read` says of the texts in which a word of a refusal stands; null of the others."""
    together = SPELT_OUT.series(texts).str.replace_all(r"[^\pL\pN]+", "")
    hinted = together.str.contains_any(_HINTS)
    rows = hinted.fill_null(False).arg_true()
    nothing = pl.Series(texts.name, [None], dtype=pl.String).new_from_index(0, len(texts))
    return nothing.scatter(rows, by_cell(read)(texts.gather(rows))) if len(rows) else nothing


def _without_addresses(token: re.Match[str]) -> str:
    return " " if _ADDRESS.search(token[0]) else token[0]


def _refused(sentence: str) -> list[str]:
    return [
        match.lastgroup
        for match in _REFUSED.finditer(sentence)
        if match.lastgroup
        and not _NEGATED.search(sentence[max(match.start() - _BEFORE, 0) : match.start()])
        and not _LIMITED.match(sentence, match.end())
    ]
