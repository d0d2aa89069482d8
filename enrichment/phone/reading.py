"""Phone cells read: the usual notations by column, the others cell by cell.

Belongs here: the shapes that need no thought, and putting both kinds together in long form. Does not belong
here: the reading of a cell itself (`enrichment/phone/notation`, which a test holds the shapes against), what
its digits mean (`enrichment/phone/country`).
"""

from __future__ import annotations

import polars as pl

from enrichment.cells.distinct import where
from enrichment.phone.notation import DIRECT, INTERNAL, PHONE_LABEL, Written, read_cell

CELL = ("row", "cell", "text", "beside", "region", "fallback")
"""What a cell brings along: its record, its column, the cell itself, an extension beside it, two countries."""

# One number in the usual blocks, decided without looking at it twice.
_CODE = r"(?:\+|00)(?:[1-9][0-9]{0,2}[ .-]?|[1-9][0-9]?[ .-]?\(0\) ?)"
_INTERNATIONAL = rf"{_CODE}(?:\(?[1-9][0-9]{{0,4}}\)?|\(0[1-9][0-9]{{0,4}}\))"
_NATIONAL = r"\(?0[1-9][0-9]{0,4}\)?"
_BLOCKS = "[0-9]+(?:[ .][0-9]+)*"
_PLAIN = (
    r"^(?:(?:\+|00)[1-9][0-9]{6,14}|0[1-9][0-9]{5,11}"  # one block
    rf"|(?:{_INTERNATIONAL}|{_NATIONAL})(?: ?[/.-] ?| )?{_BLOCKS}"
    r"|[1-9][0-9]*(?: [0-9]+)*)$"  # plus or trunk zero lost
)
_BETWEEN = list(" ()+-./")  # what stands between digits in these shapes
_LABEL = rf"^(?i){PHONE_LABEL}(?:[.:]+ ?| )"
_HYPHENED = rf"^(?:{_INTERNATIONAL.replace('.-', '.')}|{_NATIONAL})(?: ?[/.] ?| )?[0-9]+(?: [0-9]+)* ?- ?[0-9]{{1,5}}$"
_HYPHENED_TWICE = r"^((?:\+|00)[1-9][0-9]{0,2}-[1-9][0-9]{0,4}-([0-9]{3,}))-([0-9]{1,5})$"
# A word before an extension that dials through (first group) or that only an operator or a machine takes.
_WORDED = rf"^(.*[0-9])(?: | - )(?i:({DIRECT})|{INTERNAL})\.? ?([0-9]{{1,5}})$"
_DAMAGED = r"^[0-9],[0-9]+E\+[0-9]{1,3}$"  # by a spreadsheet
_DOUBTFUL = r"- ?[0-9]{1,5}$|/ ?00?$|^[0-3]?[0-9]\.[01]?[0-9]\.(?:19|20)?[0-9]{2}$"  # extension, switchboard's 0, date
_CODE_TWICE = r"^(?:\+|00)(?:49[ ./-]*(?:49[ ./-]|0049)|43[ ./-]*(?:43[ ./-]|0043)|41[ ./-]*0041)"
_DECIMAL = r"^([0-9]{6,15})\.00?$"
_MOST_DIGITS = 15  # more may be two numbers in a cell
_FEWEST_BEFORE_WORD = 5

_WRITTEN = {
    "label": pl.String,
    "digits": pl.String,
    "international": pl.Boolean,
    "extension": pl.String,
    "how": pl.String,
    "problem": pl.String,
    "rule": pl.String,
}
_NONE = pl.lit(None, pl.String)


def written(cells: pl.DataFrame) -> pl.DataFrame:
    """Every number of every cell as read.

    Args:
        cells: the columns of CELL, no nulls in `text`.

    Returns:
        The columns of CELL and of `Written`, and `part`, the number's place in its cell; a cell without
        a number has one row with the problem `phone_placeholder`.
    """
    cells = cells.select(CELL).with_row_index("at")
    easy = usual(cells["text"])
    odd = cells.join(easy.select("at"), on="at", how="anti", maintain_order="left")
    numbers = pl.concat([cells[easy["at"]], easy.drop("at")], how="horizontal")
    numbers = numbers.with_columns(part=pl.lit(0, pl.UInt32), label=pl.lit(""))
    columns = [*CELL, "part", *_WRITTEN]
    return pl.concat([numbers.select(columns), _read_odd(odd).select(columns)])


def usual(texts: pl.Series) -> pl.DataFrame:
    """Position (`at`) and the columns of `Written` but `label` of the cells in a usual notation, others left out."""
    text = texts.str.strip_chars().alias("text")
    text = where(text.str.contains("^[A-Za-z]"), text, lambda labelled: labelled.str.replace(_LABEL, ""))
    frame = text.to_frame("head").with_row_index("at")
    lettered = frame["head"].str.contains("[A-Za-z]")
    spoken = frame.filter(lettered)
    damaged = spoken.filter(pl.col("head").str.contains(_DAMAGED))
    words = pl.col("head").str.extract_groups(_WORDED).struct
    spoken = spoken.select("at", head=words[0], direct=words[1].is_not_null(), spoken=words[2]).drop_nulls("head")
    spoken = spoken.filter(~pl.col("head").str.ends_with(" 0"))  # the switchboard's
    silent = frame.filter(~lettered).with_columns(direct=pl.lit(False), spoken=_NONE)
    return pl.concat([_settled(_cut(pl.concat([silent, spoken]))), _as_damaged(damaged)])


def _cut(heads: pl.DataFrame) -> pl.DataFrame:
    """Heads of a usual shape cut before a last hyphen: adds core, tail and rule, drops the others."""
    head = pl.col("head")
    heads = heads.filter(~head.str.contains(_CODE_TWICE))
    hyphened = heads.filter(head.str.contains("-", literal=True))
    hyphened = hyphened.with_columns(tail=pl.when(head.str.contains(_HYPHENED)).then(head).str.extract("([0-9]+)$"))
    before = head.str.head(head.str.len_bytes() - pl.col("tail").str.len_bytes())
    hyphened = hyphened.with_columns(core=before.str.strip_chars_end(" -"))
    twice = hyphened.filter(pl.col("core").is_null())
    groups = head.str.extract_groups(_HYPHENED_TWICE).struct
    twice = twice.with_columns(core=groups[0], tail=groups[2], trunk=groups[1])
    short = (pl.col("tail").str.len_bytes() <= pl.col("trunk").str.len_bytes()) | pl.col("tail").is_in(["0", "00"])
    plain = pl.concat(
        [
            heads.filter(~head.str.contains("-", literal=True)),
            twice.filter(pl.col("core").is_null()).select(heads.columns),
        ]
    )
    decimal = head.str.ends_with(".0") | head.str.ends_with(".00")
    broken = plain.filter(decimal & pl.col("spoken").is_null()).with_columns(core=head.str.extract(_DECIMAL))
    unlike = decimal | head.str.contains(_DOUBTFUL)
    plain = plain.filter(head.str.contains(_PLAIN) & ~unlike)
    columns = [*heads.columns, "core", "tail", "rule"]
    return pl.concat(
        part.select(columns)
        for part in (
            hyphened.drop_nulls("core").with_columns(rule=_NONE),
            twice.filter(short).with_columns(rule=_NONE),
            plain.with_columns(core="head", tail=_NONE, rule=_NONE),
            broken.drop_nulls("core").with_columns(tail=_NONE, rule=pl.lit("decimal_point")),
        )
    )


def _settled(heads: pl.DataFrame) -> pl.DataFrame:
    """Digits and extension of the heads; those that may be something else dropped."""
    heads = heads.with_columns(
        digits=pl.col("core").str.replace("(0)", "", literal=True).str.replace_many(_BETWEEN, [""]),
        international=pl.col("head").str.starts_with("+") | pl.col("head").str.starts_with("00"),
    )
    digits, tail, spoken = pl.col("digits"), pl.col("tail"), pl.col("spoken")
    worded = spoken.is_not_null()
    switchboard = tail.is_in(["0", "00"])
    heads = heads.with_columns(
        # Before a word the tail is part of the number, unless it is the switchboard's 0 the word replaces.
        digits=pl.when(worded & ~switchboard).then(digits + tail).otherwise(digits),
        extension=pl.when(worded).then(spoken).otherwise(tail),
        how=pl.when(worded)
        .then(pl.when(pl.col("direct") | switchboard).then(pl.lit("direct")).otherwise(pl.lit("internal")))
        .when(tail.is_not_null())
        .then(pl.lit("hyphen")),
    )
    length = digits.str.len_bytes()
    after = pl.when(switchboard | ~worded).then(tail.str.len_bytes()).fill_null(0) + spoken.str.len_bytes().fill_null(0)
    short = length + after <= _MOST_DIGITS
    italy = digits.str.starts_with("39") | digits.str.starts_with("0039")
    italian = pl.col("international") & italy & pl.col("core").str.contains("(0)", literal=True)
    enough = ~worded | (length >= _FEWEST_BEFORE_WORD)
    return heads.filter(short & ~italian & enough).select(
        "at",
        digits=pl.when("international").then(digits.str.strip_chars_start("0")).otherwise(digits),
        international="international",
        extension="extension",
        how="how",
        problem=_NONE,
        rule="rule",
    )


def _as_damaged(damaged: pl.DataFrame) -> pl.DataFrame:
    return damaged.select(
        "at",
        digits=pl.lit(""),
        international=pl.lit(False),
        extension=_NONE,
        how=_NONE,
        problem=pl.lit("excel_damage"),
        rule=_NONE,
    )


def _read_odd(cells: pl.DataFrame) -> pl.DataFrame:
    found: list[tuple[str, int, Written | None]] = []
    for text in cells["text"].unique(maintain_order=True):
        numbers = read_cell(text)
        found += [(text, part, number) for part, number in enumerate(numbers)] or [(text, 0, None)]
    blank = Written("", "", False, problem="phone_placeholder")
    read = pl.DataFrame(
        [(text, part, *(number or blank)) for text, part, number in found],
        schema={"text": pl.String, "part": pl.UInt32} | _WRITTEN,
        orient="row",
    )
    return cells.join(read, on="text", how="left", maintain_order="left")
