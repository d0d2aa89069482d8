"""Consent: what a header of several words agrees or objects to.

Belongs here: telling consent to advertising from taking note of privacy rules, and which channel an objection is
about, by the words of `header_words.csv`. Does not belong here: single names such as `Newsletter` (`headers.csv`),
what the cells below say (`enrichment`). Every function takes a header as `headers.plain` writes it.
"""

from __future__ import annotations

import re

from engine.word_lists import alternatives, whole_words
from sources.columns.words import CELL_WORDS, HEADER_WORDS

_SENTENCE = re.compile(
    rf"(?:{alternatives(HEADER_WORDS['assent'])}\b[,!.]?\s*)*{alternatives(HEADER_WORDS['speaker'])}\b"
)
_AGREED, _REFUSED = whole_words(HEADER_WORDS["agreed"]), whole_words(HEADER_WORDS["refused"])
_OBJECTED = whole_words(HEADER_WORDS["objected"])
_SPEAKS_OF_IT = whole_words(HEADER_WORDS["speaks of objecting"])
_NOTICE, _TERMS = whole_words(HEADER_WORDS["notice"]), whole_words(HEADER_WORDS["terms"])
_ADVERTISING = whole_words(HEADER_WORDS["advertising"])
_BY_TELEPHONE = whole_words(HEADER_WORDS["by telephone"])
_NOT, _CONTACT, _FACT = (whole_words(HEADER_WORDS[f"refuses: {kind}"]) for kind in ("not", "contact", "fact"))
_ASKED = whole_words(HEADER_WORDS["asked to agree"])
_SPEAKS_OF_WHAT_WAS_SENT = whole_words(HEADER_WORDS["speaks of what was sent"])
_CHANNEL_ALONE = re.compile(
    rf"{alternatives(HEADER_WORDS['channel alone'])}\W*(?:{alternatives(CELL_WORDS['yes or no'])}\W*)*"
)
_ADDRESS = re.compile(r"\S@\S+\.\S")
_CHANNELS = {channel: whole_words(HEADER_WORDS[f"channel: {channel}"]) for channel in ("E-Mail", "Telefon")}


def consent_field(header: str) -> str | None:
    """The field of a sentence that agrees (`ja, ich moechte den newsletter`) or of a header that objects, or None.

    What holds an address is a row: that of the one who objects.
    """
    if _ADDRESS.search(header):
        return None
    if _OBJECTED.search(header) and not _SPEAKS_OF_IT.search(header) and not is_notice(header):
        return "opt_out"
    if not _SENTENCE.match(header) or not _AGREED.search(header) or is_notice(header):
        return None
    if _REFUSED.search(header):
        return "opt_out" if objection_channel(header) else None
    if _CHANNELS["E-Mail"].search(header):
        return "consent_email"
    return "consent_phone" if _BY_TELEPHONE.search(header) else None


def asked_to_agree(header: str) -> str | None:
    """The field of a header that says what is agreed to and no more (`werbung`), if yes and no stand below it.

    Of one that says what is not (`geen mailings`) it is that of objections; none with a `not` in it agrees.
    """
    header = header.replace("_", " ")
    if _NOT.search(header):
        return "opt_out" if _CONTACT.search(header) and not _FACT.search(header) and not is_notice(header) else None
    if not _ASKED.search(header) or _SPEAKS_OF_WHAT_WAS_SENT.search(header) or is_notice(header):
        return None
    return "consent_phone" if objection_channel(header) == "Telefon" else "consent_email"


def names_a_channel(header: str) -> bool:
    """Whether a header is nothing but a channel: yes below `E-Mail` is a consent, below `Primary email?` it is none."""
    return _CHANNEL_ALONE.fullmatch(header.strip()) is not None


def is_notice(header: str) -> bool:
    """Whether a privacy notice or terms are taken note of, which is no consent to advertising."""
    return _NOTICE.search(header) is not None


def speaks_of_terms(header: str) -> bool:
    """Whether what is agreed to below a consent header are terms of privacy, not advertising."""
    return (is_notice(header) or _TERMS.search(header) is not None) and not _ADVERTISING.search(header)


def objection_channel(header: str) -> str | None:
    """The one channel an opt-out header speaks of (`do not call`: Telefon), None where it means any."""
    channels = [channel for channel, words in _CHANNELS.items() if words.search(header)]
    return channels[0] if len(channels) == 1 else None
