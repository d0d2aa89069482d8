"""Escaping: text from outside never acts, wherever it is shown.

Belongs here: one function for each place that text of files, cells, folders and archive members goes to. Does not
belong here: whose data may be shown (`publishing/report/masking.py`), quoting for a program that reads it back.
Sources: CommonMark 0.31 (code spans), GFM (tables, autolinks), ECMA-48 (control functions), Unicode TR 36 and
CVE-2021-42574 (bidirectional text), CWE-117 (log injection), OWASP "CSV Injection".

`visible` is what all places share: signs that cannot be seen, and act, are named instead.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl
from rich.markup import escape

_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format (bidi too), half a pair, ends of lines
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# What ends or divides a code span in a table has a double that only looks alike.
_CODE_SPAN = str.maketrans({"`": "ˋ", "|": "¦"})
_FORMULA = "[=+\\-@\t\r\n＝＋－＠]"
_BEFORE = r"[\s\pC]*"  # what a spreadsheet does not show in front of one (polars' notation)
_NUMBER = r"[+-]?\d+(?:[.,]\d+)?"
# A reader that splits at another sign than the writer sees a cell begin within a text.
_SPLIT = r"[;,|\t\r\n]"
_INNER = re.compile(rf"""({_SPLIT}["'\s]*)(?!{_NUMBER}\s*(?:{_SPLIT}|$))(?=[=+\-@＝＋－＠])""")
_HELD = re.compile(rf"""({_SPLIT}["'\s]*)'(?=\s*{_FORMULA})""")


def visible(text: str) -> str:
    """`text` on one line, with every sign that cannot be seen by its name.

    Example:
        >>> visible("a\\nb\\x1b[2J")
        'a ⏎ b⟨U+001B⟩[2J'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_named, _LINE_ENDS.sub("\n", text)))


def _named(sign: str) -> str:
    if sign == "\n":
        return " ⏎ "
    return f"⟨U+{ord(sign):04X}⟩" if unicodedata.category(sign) in _ACTING else sign


def for_markdown(text: str) -> str:
    """`text` as a code span: no link, image, emphasis, markup or cell of a table can begin in it; empty where it is.

    Example:
        >>> for_markdown("[a](http://b) | `c`")
        '`[a](http://b) ¦ ˋcˋ`'
    """
    shown = visible(text).translate(_CODE_SPAN).strip()
    return f"`{shown}`" if shown else ""


def for_html(value: object) -> object:
    """A value as a page may hold it, to be given to Jinja as `finalize`; Jinja's autoescape does the rest."""
    return visible(value) if type(value) is str else value  # markup of the template is another class


def for_terminal(text: object) -> str:
    """`text` for a Rich console: neither sequences for the terminal nor Rich's `[markup]` act.

    Example:
        >>> for_terminal("[red]a")
        '\\\\[red]a'
    """
    return escape(visible(str(text)))


def for_log(text: str) -> str:
    """`text` as one line of a log: it can neither begin another line nor colour this one."""
    return visible(text)


def for_csv(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with an apostrophe before every text a spreadsheet might run, whichever sign it splits cells at.

    Plain numbers and E.164 phone numbers cannot be formulas and stay, so that an import finds them unchanged.

    Example:
        >>> for_csv(pl.DataFrame({"name": ["=1+1", "Klein", "a;=1"], "phone": ["+497111234567", None, None]}))
        shape: (3, 2)
        ┌───────┬───────────────┐
        │ name  ┆ phone         │
        │ ---   ┆ ---           │
        │ str   ┆ str           │
        ╞═══════╪═══════════════╡
        │ '=1+1 ┆ +497111234567 │
        │ Klein ┆ null          │
        │ a;'=1 ┆ null          │
        └───────┴───────────────┘
    """
    return frame.with_columns(_not_run(name) for name, dtype in frame.schema.items() if dtype == pl.String)


def _not_run(name: str) -> pl.Expr:
    # Spreadsheets skip what cannot be seen before the sign.
    begins = pl.col(name).str.contains(rf"^{_BEFORE}{_FORMULA}") & ~pl.col(name).str.contains(f"^{_NUMBER}$")
    held = pl.when(begins).then("'" + pl.col(name)).otherwise(name)
    within = pl.col(name).str.contains(rf"""{_SPLIT}["'\s]*[=+\-@＝＋－＠]""")
    split = held.map_elements(lambda text: _INNER.sub(r"\1'", text), return_dtype=pl.String)
    return pl.when(within).then(split).otherwise(held).alias(name)


def from_csv(name: str) -> pl.Expr:
    """Column `name` of a file that `for_csv` wrote, as it was before.

    Example:
        >>> pl.DataFrame({"name": ["'=1+1", "a;'=1", "O'Neil"]}).select(from_csv("name"))["name"].to_list()
        ['=1+1', 'a;=1', "O'Neil"]
    """
    begins = pl.col(name).str.contains(rf"^'{_BEFORE}{_FORMULA}")
    first = pl.when(begins).then(pl.col(name).str.slice(1)).otherwise(name)
    within = pl.col(name).str.contains(rf"""{_SPLIT}["'\s]*'\s*{_FORMULA}""")
    free = first.map_elements(lambda text: _HELD.sub(r"\1", text), return_dtype=pl.String)
    return pl.when(within).then(free).otherwise(first).alias(name)
