"""Mojibake: UTF-8 that somebody once read as cp1252, and characters that are gone for good.

Belongs here: undoing the first (by ftfy), marking the second, without guessing what is lost. Does not belong here:
the encoding of a file (`encoding`), the meaning of a cell.
"""

from __future__ import annotations

import re

import ftfy

from engine.caches import keep_words

LOST = "\ufffd"
LOST_AS_CP1252 = "ï¿½"

# Mojibake needs a lead byte's character followed by a continuation byte's.
MOJIBAKE = "[ÂÃâÅÄÐ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE = re.compile(MOJIBAKE)
# Everything that makes a text worth a second look, with the byte order mark in the middle of joined files.
MARKS = f"{MOJIBAKE}|{LOST}|{LOST_AS_CP1252}|\ufeff"


def repair_mojibake(text: str) -> str:
    """`text` with UTF-8 that was read as cp1252 put right (`MÃ¼ller` to `Müller`); else unchanged.

    A text that holds a lost character is never repaired in part, and `ï¿½` becomes the replacement
    character it once was, so that later steps have one mark to look for.
    """
    text = text.replace(LOST_AS_CP1252, LOST)
    return _repair(text) if _MOJIBAKE.search(text) else text


@keep_words
def _repair(text: str) -> str:
    fixed = ftfy.fix_encoding(text)
    return fixed if fixed.count(LOST) <= text.count(LOST) else text
