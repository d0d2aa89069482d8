"""Shapes of text that no single sign splits.

Belongs here: whole lines in quotes, delimiters of two or three signs, columns of fixed width, plain lists of addresses,
cells written as formulas; telling each from a sample, and turning it into plain delimited text where that can be done.
Does not belong here: finding one sign that splits a text (`dialect`).
"""

from __future__ import annotations

import re

import polars as pl

from sources.columns.headers import known_names
from sources.content import Content
from sources.delimited.dialect import DELIMITERS, SAMPLE_ROWS
from sources.reading import ROW, Batch, as_cells

UNIT = "\x1f"  # the sign ASCII has for what splits


def without_formulas(batch: Batch) -> Batch:
    """`="01067"` is how some writers keep Excel from taking a text for a number."""
    cells = batch.frame().drop(ROW).with_columns(pl.all().str.replace(r'^="(.*)"$', "$1"))
    return batch._replace(cells=as_cells(cells))


def is_wrapped(sample: str) -> bool:
    """Whether every line stands in quotes as a whole, as if it were one cell (`"a,b,c"`)."""
    lines = [line for line in sample.splitlines() if line.strip()]
    return all(len(line) > 2 and line[0] == line[-1] == '"' for line in lines) and any(
        delimiter in lines[0] for delimiter in DELIMITERS
    )


def unwrapped(content: Content, encoding: str) -> Content:
    """The content in UTF-8, lines without the quotes around them."""
    lines = content.whole().decode(encoding, errors="replace").lstrip("\ufeff").splitlines(keepends=True)
    bare = [re.sub(r'^"(.*)"(\s*)$', r"\1\2", line, flags=re.DOTALL).replace('""', '"') for line in lines]
    return Content.of_bytes(content.name, "".join(bare).encode(), content.budget)


def long_delimiter(sample: str) -> str | None:
    """Two or three different signs that split each of the first lines as evenly as the names in one (`~|~`)."""
    lines = [line for line in sample[:20_000].splitlines() if line.strip()][:20]
    if len(lines) < 2:
        return None
    signs: list[str] = re.findall(r"(?<=[\w\"])[^\w\s\"'@.+()-]{2,3}(?=[\w\"])", lines[0])
    for long in dict.fromkeys(signs):
        names = [name.strip('"') for name in lines[0].split(long)]
        even = all(line.count(long) == len(names) - 1 for line in lines)
        if even and len(set(long)) > 1 and known_names(names) >= 2:
            return long
    return None


def split_by_units(content: Content, encoding: str, long: str) -> Content:
    """The content in UTF-8, split by UNIT instead of a long delimiter."""
    lines = content.whole().decode(encoding, errors="replace").lstrip("\ufeff")
    return Content.of_bytes(content.name, lines.replace(long, UNIT).encode(), content.budget)


def is_fixed_width(sample: str) -> bool:
    """Whether all lines have blanks at the same two places or more, as columns of fixed width do."""
    lines = [line for line in sample.splitlines() if line.strip()][:SAMPLE_ROWS]
    if len(lines) < 3 or any(delimiter in lines[0] for delimiter in ";\t|"):
        return False
    width = max(map(len, lines))
    filled = [any(line[place : place + 1].strip() for line in lines) for place in range(width)]
    return len(re.findall(r"(?<=x) +(?=x)", "".join("x" if mark else " " for mark in filled))) >= 2


def are_contacts(sample: str) -> bool:
    """Whether the text is a plain list of mail addresses or of phone numbers."""
    lines = [line.strip() for line in sample.splitlines() if line.strip()]
    kinds = (r"[^@\s]+@[^@\s]+\.\w+", r"(?:\+|\(?0)[\d ()/.-]{6,}")
    return bool(lines) and any(all(re.fullmatch(kind, line) for line in lines) for kind in kinds)
