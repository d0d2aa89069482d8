"""Lost letters: cells in which a wrong encoding has eaten letters for good: `M\ufffdller`, `M?ller`.

Belongs here: telling such a cell. Does not belong here: what follows for the value (each field's own rules),
text that can be restored (`sources.mojibake`).
"""

from __future__ import annotations

import re

LOST_LETTERS = r"\x{FFFD}|ï¿½|\p{L}\?\p{Ll}"  # of columns of company names, where a question mark may end a name
_LOST = re.compile(r"\ufffd|ï¿½|[^\W\d_]\?")


def lost_letters(text: str) -> bool:
    """Whether letters of the text were lost on the way: `M\ufffdller`, `M?ller`."""
    return _LOST.search(text) is not None
