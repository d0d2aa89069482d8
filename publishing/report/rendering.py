"""Rendering: how the templates of the report are filled, whatever they show.

Belongs here: the environment all its pages share, which escapes all text. Does not belong here: what a page shows
(`page`, `qualification_board`), the words (`words`), markup and style (`templates/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.escaping import for_html
from publishing.report.words import Words

_STYLE = Path(__file__).parents[1] / "templates" / "report.css"
RULES_NAMED = 5


def environment(say: Words) -> Environment:
    """What fills templates with the words of a language; a name that is missing is an error, text is never markup."""
    environment = Environment(
        loader=PackageLoader("publishing"),
        autoescape=True,
        finalize=for_html,
        undefined=StrictUndefined,
        optimized=False,  # it is rendered once
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"say": say, "style": Markup(_STYLE.read_text(encoding="utf-8"))}
    environment.filters |= {"number": say.number, "share": say.share, "words": _words}
    environment.filters["in_short"] = partial(_in_short, say)
    return environment


def _in_short(say: Words, names: Sequence[str]) -> str:
    more = len(names) - RULES_NAMED
    return ", ".join(names[:RULES_NAMED]) + (f" {say('page.more', count=more)}" if more > 0 else "")


def _words(name: str) -> str:
    return name.replace("_", " ")
