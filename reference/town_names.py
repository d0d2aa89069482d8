"""German-language town names as words that can be compared: abbreviations, links and titles out of the way.

Belongs here: turning a name into words, and saying how two names relate.
Does not belong here: postcodes or what to do with the answer (`enrichment/address/locality`).
`Weiden i.d.OPf`, `Weiden (Oberpfalz)` and `Weiden in der Oberpfalz` are the same two words; `Weiden`
is their short form; `Weiden-Rothenstadt` names a district as well.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from engine.caches import keep_words
from reference.letters import UNMARKED, level_text


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+")
_LINKS = _words(
    "a am an auf b bei beim d dem den der des die i im in o ob u und unter v vom von vor zu zum zur the of sur sous les"
)
_TITLES = _words(
    "stadt hansestadt landeshauptstadt universitatsstadt kreisstadt bergstadt lutherstadt ostseebad nordseebad "
    "seebad nordseeheilbad ostseeheilbad kurort luftkurort freie bundesstadt wissenschaftsstadt markt "
    "marktgemeinde gemeinde flecken insel klingenstadt"
)
_GENERIC = _words(
    "bad sankt heilig sant saint sainte alt neu gross klein ober unter nieder hohen hoch nord sud ost west mittel "
    "le la les alte neue grosse kleine obere untere schloss burg dorf kloster"
)
_SPELT_OUT = {
    "st": "sankt", "skt": "sankt", "ste": "sainte", "hl": "heilig", "gr": "gross", "kl": "klein", "opf": "oberpfalz",
    "ofr": "oberfranken", "mfr": "mittelfranken", "ufr": "unterfranken", "obb": "oberbayern", "ndb": "niederbayern",
    "wurtt": "wurttemberg", "westf": "westfalen", "oldb": "oldenburg", "holst": "holstein", "erzgeb": "erzgebirge",
    "vogtl": "vogtland", "thur": "thuringen", "meckl": "mecklenburg", "bln": "berlin", "ffm": "frankfurt main",
    "hh": "hamburg", "schw": "schwarzwald", "schwarzw": "schwarzwald", "hess": "hessisch", "nb": "neubrandenburg",
    "hann": "hannoversch",
    "wstf": "westfalen", "rhld": "rheinland", "rheinl": "rheinland", "niederosterr": "niederosterreich",
}  # fmt: skip
LANDSCAPES = _words(
    "rhein rh main donau neckar elbe oder spree havel saale mulde elster weser ems leine aller lahn fulda werra "
    "ruhr lippe sieg mosel nahe saar inn isar lech salzach enz jagst kocher tauber see bodensee nordsee ostsee "
    "oberbayern niederbayern oberpfalz oberfranken mittelfranken unterfranken schwaben allgau franken bayern "
    "wurttemberg baden hessen pfalz rheinland westfalen niedersachsen holstein sachsen anhalt thuringen "
    "brandenburg mecklenburg vorpommern oldenburg ostfriesland friesland emsland munsterland sauerland siegerland "
    "eifel hunsruck taunus odenwald spessart rhon harz erzgebirge vogtland lausitz schwarzwald alb tirol "
    "steiermark karnten salzburg vorarlberg burgenland niederosterreich oberosterreich"
)
"""Rivers and landscapes that stand behind a town's name and are no district."""
DISTRICT_MARKS = frozenset(["ot", "gt", "ortsteil", "stadtteil", "gemeindeteil", "gemeinde", "ortschaft", "bezirk"])


class Relation(IntEnum):
    """How a written name relates to an official one, best last."""

    NONE = 0
    INSIDE = 1  # the official name stands somewhere in the written one
    LONGER = 2  # the written name goes on after the official one: a district or a suffix
    SHORTER = 3  # the written name is the beginning of the official one
    SAME = 4  # the same words, abbreviated or not


class TownName(NamedTuple):
    """A name as comparable words, with where each word ends in the text."""

    words: tuple[str, ...]
    ends: tuple[int, ...]
    starts: tuple[int, ...]

    @property
    def joined(self) -> str:
        return "".join(self.words)


@keep_words
def name_words(text: str) -> TownName:
    """The comparable words of a town name; without links (am, bei, i.d.; Sur alone is none) and titles (Stadt)."""
    words, starts, ends = [], [], []
    found = [(UNMARKED.text(match.group()), match) for match in _WORD.finditer(text)]
    for written, match in [pair for pair in found if pair[0] not in _LINKS] or found:
        word = level_text(written)
        for part in _SPELT_OUT.get(word, word).split():
            words.append(part)
            starts.append(match.start())
            ends.append(match.end())
    while len(words) > 1 and words[0] in _TITLES:
        del words[0], starts[0], ends[0]
    return TownName(tuple(words), tuple(ends), tuple(starts))


def relation(written: TownName, official: TownName) -> Relation:
    """How `written` relates to `official`."""
    mine, theirs = written.words, official.words
    if not mine or not theirs:
        return Relation.NONE
    if mine == theirs or written.joined == official.joined:
        return Relation.SAME
    if theirs[0] == "bad" and mine[0] != "bad" and mine == theirs[1 : len(mine) + 1]:
        return Relation.SHORTER
    if len(mine) == len(theirs) > 1 and mine[1:] == theirs[1:] and len(mine[0]) > 2 and theirs[0].startswith(mine[0]):
        return Relation.SAME
    if len(mine) <= len(theirs):
        if mine[0] == theirs[0] and all(map(_abbreviates, mine, theirs)):
            if len(mine) == len(theirs):
                return Relation.SAME
            return Relation.SHORTER if any(word not in _GENERIC for word in mine) else Relation.NONE
        return Relation.NONE
    if all(word in _GENERIC for word in theirs):
        return Relation.NONE
    if mine[0] == theirs[0] and all(map(_abbreviates, mine, theirs)):
        return Relation.LONGER
    width = len(theirs)
    if any(mine[start : start + width] == theirs for start in range(1, len(mine) - width + 1)):
        return Relation.INSIDE
    return Relation.NONE


def _abbreviates(short: str, long: str) -> bool:
    return short == long or (len(short) < len(long) and len(short) <= 8 and long.startswith(short))
