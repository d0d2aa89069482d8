"""Marks: what two contents under one id must have in common to be one person's.

Belongs here: the marks of a row as received, and the rule. Does not belong here: which rows are held against each other
(`keys`), matching of records under different ids (`matching`, which is far more thorough: here an id speaks for both).

Two contents under one id are one person's where they share a word of the name, and with it another word of the name, an
e-mail address or a number; or, where one of them has no other word of a name, the company. Where one of them names
nobody, an e-mail address, a number or the company is enough. So a person may marry, move, change firms or numbers and
stay one record, while lists that begin with number 1 anew do not mix, not even those of one firm with one switchboard.
"""

from __future__ import annotations

import polars as pl

from engine.word_lists import alternatives
from reference.letters import UNMARKED, level
from reference.salutations import BEFORE_NAME
from sources.columns.words import CELL_WORDS
from sources.store.row_file import GIVEN_ID

NAMES = ("given_name", "family_name", "full_name")
MAILS = ("email", "email_2", "email_3")
NUMBERS = ("phone", "phone_2", "phone_3", "mobile", "mobile_2")
COMPANIES = ("company",)
FIELDS = (*NAMES, *MAILS, *NUMBERS, *COMPANIES)

_DIGITS = (6, 8)  # of a number: the fewest, and how many from the end tell it (+49 351 123450 is 0351/123450)
_KINDS = {"name": NAMES, "mail": MAILS, "number": NUMBERS, "company": COMPANIES}
_NO_NAME = alternatives([*map(str.lower, BEFORE_NAME), *CELL_WORDS["degree"], *CELL_WORDS["beside a name"]])


def marks_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The marks of rows.

    Args:
        rows: place, GIVEN_ID and FIELDS as received.

    Returns:
        place, id and mark (hashes of this process only), kind (name, mail, number or company): each mark of a row once.
    """
    cells = [
        rows.select("place", pl.col(GIVEN_ID).hash().alias("id"), cell=field, kind=pl.lit(kind)).drop_nulls("cell")
        for kind, fields in _KINDS.items()
        for field in fields
    ]
    found = [_read(kind, part) for (kind,), part in pl.concat(cells).group_by("kind", maintain_order=True)]
    marks = pl.concat([rows.head(0).select("place", id=pl.lit(0, pl.UInt64), mark=pl.lit(""), kind=pl.lit("")), *found])
    return marks.with_columns(pl.col("mark").hash()).unique()


def _read(kind: object, cells: pl.DataFrame) -> pl.DataFrame:
    """The marks in cells of one kind."""
    cell = pl.col("cell")
    plain = level(UNMARKED.column(cell))
    digits = cell.str.replace_all(r"\D", "")
    least, told = _DIGITS
    marks = {
        "name": plain.str.extract_all(r"\pL[\pL']+").list.eval(
            pl.element().filter(~pl.element().str.contains(rf"^{_NO_NAME}$"))
        ),
        "mail": cell.str.to_lowercase().str.extract_all(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+"),
        "number": pl.when(digits.str.len_chars() >= least).then(pl.concat_list(digits.str.tail(told))),
        "company": pl.concat_list(plain.str.replace_all(r"[^\pL\pN]", "").replace("", None)),
    }
    found = cells.select("place", "id", mark=marks[str(kind)], kind="kind")
    return found.explode("mark").drop_nulls("mark")


def same_person(shared: pl.DataFrame) -> pl.DataFrame:
    """Which pairs of contents under one id are one person's.

    Args:
        shared: name, mail, number, company (marks the two share), names, other_names (words of the name each has).

    Returns:
        The rows that are, in their order.
    """
    way = (pl.col("mail") > 0) | (pl.col("number") > 0)
    firm = pl.col("company") > 0
    fewer = pl.min_horizontal("names", "other_names")
    named = (pl.col("name") > 1) | ((pl.col("name") > 0) & (way | (firm & (pl.col("name") == fewer))))
    return shared.filter(named | ((fewer == 0) & (way | firm)))
