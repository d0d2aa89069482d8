"""Tables as files for other programs: `leads export`.

Belongs here: what is typed and printed back, and which file is refused. Does not belong here: choosing rows
(`publishing.condition`), writing (`publishing.export_csv`, `publishing.export_excel`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.disk import remedy
from engine.escaping import for_terminal
from pipelines.commands.prompt import HomeOption, console, finished, refuse, to_write

if TYPE_CHECKING:
    import polars as pl

    from assets.resources.home import Home

FORMATS = (".csv", ".xlsx", ".parquet")


def export(
    table: Annotated[str, typer.Argument(help="A published table: leads, accounts, …", metavar="TABLE")],
    to: Annotated[
        Path, typer.Option("--to", help="File to write: .csv, .xlsx or .parquet.", dir_okay=False, metavar="FILE")
    ],
    *,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Only these rows: a condition in SQL over the table's columns.", metavar="SQL"),
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV as Excel with German settings opens it by a double click.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    home: HomeOption = None,
) -> None:
    """Write a published table into a file for Excel, a mailing tool or pandas.

    Lists and structs are flattened as in published/current/flat, and the condition speaks of those columns. No text can
    act as a formula. The file is yours alone (0600).

    Example: `leads export leads --where "publishable and country = 'AT'" --to austria.xlsx`
    """
    from engine.journal import Damaged
    from publishing.condition import BadCondition
    from publishing.export_excel import TooMuch
    from publishing.manifest import BrokenPublication

    if to.suffix.lower() not in FORMATS:
        refuse(f"{to} says no format; its name has to end with {', '.join(FORMATS)}")
    if excel and to.suffix.lower() != ".csv":
        refuse(f"--excel is about CSV files, and {to} is none")
    if to.exists() and not force:
        refuse(f"{to} is there already; --force overwrites it")
    to_write(to)
    source = finished(home)
    if source.root.resolve() in to.resolve().parents[1:]:
        refuse(f"{to} lies in a folder of the home, where nights read and write; name a place outside")
    try:
        rows, of = _rows(source, table, where)
        _write(rows, to, table, excel=excel)
    except (BadCondition, BrokenPublication, Damaged, FileNotFoundError, TooMuch) as error:
        refuse(str(error))
    except OSError as error:
        refuse("; ".join(filter(None, [f"Not written: {error}", remedy(error)])))
    console.print(f"{rows.height:,} of {of:,} rows of {table} in {for_terminal(to)}", soft_wrap=True, highlight=False)


def _rows(home: Home, table: str, where: str | None) -> tuple[pl.DataFrame, int]:
    """The flat rows that are asked for, and how many there are in all."""
    import polars as pl

    from contracts.published import PUBLISHED
    from pipelines.explaining import whole_publication
    from publishing.condition import rows_where
    from publishing.flat import flat

    names = [one.name for one in PUBLISHED]
    if table not in names:
        refuse(f"No table {table!r} is published; there are {', '.join(names)}")
    frame = flat(pl.scan_parquet(whole_publication(home) / f"{table}.parquet", glob=False)).collect()
    return (frame if where is None else rows_where(table, frame, where)), frame.height


def _write(rows: pl.DataFrame, to: Path, table: str, *, excel: bool) -> None:
    from engine.swap import swap
    from publishing.export_csv import write_csv
    from publishing.export_excel import write_excel

    with swap(to, private=True) as new:
        match to.suffix.lower():
            case ".csv":
                write_csv(rows, new, excel=excel)
            case ".xlsx":
                write_excel(rows, new, table)
            case _:
                rows.write_parquet(new)
