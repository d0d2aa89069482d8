"""To correct: the list for those who own the sources, of every value and row that can be put right there.

Belongs here: writing `report/to_correct.csv`. Does not belong here: what is wrong (`flaws`, the quarantine). It holds
values as they were received, so it is private (0600) as the leads are, made anew each night and removed by
`leads forget`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from engine.escaping import for_csv
from engine.swap import swap
from publishing.report.words import Words, wants_action

FILE = "to_correct.csv"
ROWS = 20_000  # at most: what a person can look through in a spreadsheet, and more than fits in a day
_CONCEALED = "erased"  # says where a person stands again who asked to be forgotten, and nothing of the person
_PLACE = ("source", "file", "sheet", "row")


class Listed(NamedTuple):
    """How many there are to correct, and how many of them the list holds."""

    all: int
    shown: int


def write_to_correct(
    out: Path, quarantine: pl.DataFrame, flaws: pl.DataFrame, counts: pl.DataFrame, say: Words
) -> Listed:
    """Write the list: source, file, sheet, row, field, value, problem, remedy, named in the language of the page.

    What is held back comes first, then values of the records, each by source, file and row. Files and rows about which
    nothing can be done are left out.

    Args:
        out: the CSV file, replaced as a whole, safe to open in a spreadsheet.
        quarantine: as published.
        flaws: of the records (`publishing.report.flaws`).
        counts: the same, counted.
        say: the words of the page.

    Raises:
        OSError: the file cannot be written.
    """
    held_codes, codes = (
        [code for code in found.unique().sort() if wants_action(code)]
        for found in (quarantine["reason_code"], counts["why"])
    )
    held = quarantine.filter(pl.col("reason_code").is_in(held_codes)).select(
        *_PLACE,
        field=pl.lit(""),
        value=pl.when(pl.col("reason_code") != _CONCEALED).then("raw"),
        why="reason_code",
    )
    wrong = pl.col("why").is_in(codes)
    values = flaws.filter(wrong).select(*_PLACE, "why", field="concept", value="received").sort(_PLACE)
    values = values.head(max(ROWS - held.height, 0)).with_columns(
        pl.col("field").replace({name: say(f"concept.{name}") for name in values["field"].unique()})
    )
    rows = pl.concat([held.sort(_PLACE), values.select(held.columns)]).head(ROWS)
    told = [*held_codes, *codes]
    shown = rows.with_columns(
        problem=pl.col("why").replace({code: say.meaning(code) for code in told}),
        remedy=pl.col("why").replace({code: say.remedy(code) for code in told}),
    ).drop("why")
    names = {name: say(f"list.{name}") for name in shown.columns}
    with swap(out, private=True) as new:
        for_csv(shown).rename(names).write_csv(new, separator=say.separator, include_bom=True, line_terminator="\r\n")
    return Listed(held.height + int(counts.filter(wrong)["count"].sum()), rows.height)
