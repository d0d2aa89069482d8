"""Legal notes: a provision where somebody objects to contact, in place of a sentence: `§ 7 UWG`, `Art. 21 (2) DSGVO`.

Belongs here: telling such a note from a text that speaks of the law for another reason, and from provisions that allow
contact (`§ 7 Abs. 3 UWG`). Does not belong here: laws, articles and words (`data/legal_notes.csv`), other refusals
(`enrichment/refusals`).
"""

from __future__ import annotations

import re
from itertools import pairwise

from engine.word_lists import entries
from enrichment.cells.word_lists import rows

_TOKEN = re.compile(r"[^\W\d_]+|\d+[a-z]?(?![^\W_])|\d+|§")
_PARAGRAPH = frozenset(
    ["abs", "absatz", "al", "alinea", "apartado", "apdo", "comma", "lid", "par", "para", "ust", "odst"]
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_ROWS = {kind: [row for row in rows("legal_notes.csv") if row["kind"] == kind] for kind in ("law", "article", "beside")}
_LAWS, _ARTICLES = ({word: row for row in _ROWS[kind] for word in entries(row["words"])} for kind in ("law", "article"))
_KNOWN = frozenset(["§", *_LAWS, *_ARTICLES, *(word for row in _ROWS["beside"] for word in entries(row["words"]))])
NAMES = (*_LAWS, *(f"{word} {number}" for word, row in _ARTICLES.items() for number in entries(row["articles"])))
"""Of which one stands in every such note, whatever stands between its letters and digits."""


def is_legal_note(text: str) -> bool:
    """Whether a folded text (`reference.letters.SPELT_OUT`) names a provision against contact and says nothing else.

    Example:
        >>> [is_legal_note(text) for text in ("widerspruch gem. § 7 uwg", "§ 7 abs. 3 uwg", "beratung zu art. 21")]
        [True, False, False]
    """
    tokens = _TOKEN.findall(text)
    article = next((place for place, token in enumerate(tokens) if token[0].isdigit()), 0)
    if not article or not all(token in _KNOWN or token[0].isdigit() for token in tokens):
        return False
    told = [_LAWS[token] for token in tokens if token in _LAWS]
    if not told and tokens[article - 1] in _ARTICLES:
        told = [_ARTICLES[tokens[article - 1]]]
    return any(_is_named(tokens[article:], row) for row in told)


def _is_named(tokens: list[str], row: dict[str, str]) -> bool:
    """Whether a row of the table names the article that stands first, as a whole or with its paragraph."""
    article = tokens[0]
    numbers = (
        _ROMAN.get(token, token) for before, token in pairwise(tokens) if before == article or before in _PARAGRAPH
    )
    paragraph = f"{article}.{next(filter(str.isdigit, numbers), '')}"
    articles = entries(row["articles"])
    return (article in articles or paragraph in articles) and paragraph not in entries(row["not"])
