"""List names: files, folders and sheets whose name says that everybody in them objects to contact.

Belongs here: telling a file "Abmeldungen", a folder "suppression" or a sheet "Robinsonliste" by its name, and what such
a list closes. Does not belong here: the words (`list_names.csv`), what a column objects to (`consent`).
Such lists hold an address or number and a date at most: nothing in a row says that its person objects.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from engine.caches import keep_words
from engine.word_lists import alternatives, whole_words
from sources.columns.headers import plain
from sources.columns.words import LIST_WORDS

LISTED = "gelistet"  # what `opt_out` says of a row of a list, behind the channel

_CHANNELS = ("Telefon", "E-Mail", "Alle")  # `do not call` before `blacklist`
_LISTS = {channel: whole_words(LIST_WORDS[channel]) for channel in _CHANNELS}
_ALONE = re.compile(alternatives(LIST_WORDS["alone"]))
_ANY = rf"(?<!\w){alternatives(word for channel in _CHANNELS for word in LIST_WORDS[channel])}(?!\w)"
_CONTRARY = re.compile(
    rf"(?<!\w){alternatives(LIST_WORDS['before'])} (?:\w+ )?{_ANY}|(?<!\w){alternatives(LIST_WORDS['not'])} {_ANY}"
    rf"|{_ANY} (?:\w+ )?{alternatives(LIST_WORDS['behind'])}(?!\w)"
)
_OTHERS = whole_words(LIST_WORDS["others"])
_BETWEEN = re.compile(r"[^\w]+|_+|\d+")


def list_channel(file: str, sheet: str | None = None) -> str | None:
    """What a list of objections closes: `E-Mail`, `Telefon` or `Alle`; None where the names tell of no such list.

    Args:
        file: path below the inbox; its first folder (online, offline) says nothing.
        sheet: worksheet, or member of an archive.
    """
    *folders, name = file.split("/")[1:]
    members = (sheet or "").replace("\\", "/").split("/")
    names = [*folders, PurePosixPath(name).stem, *(PurePosixPath(member).stem for member in members)]
    found = [channel for name in names if (channel := _channel(name)) is not None]
    return found[-1] if found else None  # the innermost knows best


@keep_words
def _channel(name: str) -> str | None:
    text = _BETWEEN.sub(" ", plain(name)).strip()
    if _ALONE.fullmatch(text):
        return "Alle"
    if not text or _CONTRARY.search(text) or _OTHERS.search(text):
        return None
    return next((channel for channel, words in _LISTS.items() if words.search(text)), None)
