"""The home first: which one this process serves, said before anything reads a table of rules.

Belongs here: making `LEADS_HOME` the home that is asked for. Does not belong here: rules (`engine.rules_folder`).

The rules of a home take effect where modules load, so the entries of a process (`pipelines.cli`,
`pipelines.definitions`) import this before all others. One process serves one home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from assets.resources.home import resolve_home


def asked_for(arguments: Sequence[str]) -> str | None:
    """The home named on a command line of `leads`, the last one where there are several.

    >>> asked_for(["leads", "run", "--home", "a", "--home=b"])
    'b'
    """
    said = None
    for word, after in pairwise([*arguments, ""]):
        if word.startswith("--home="):
            said = word.partition("=")[2]
        elif word == "--home":
            said = after
    return said


os.environ["LEADS_HOME"] = str(resolve_home(asked_for(sys.argv)).root)
