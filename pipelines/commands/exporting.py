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

FORMATS = (".csv", ".xlsx", ".parquet", ".delta")


def export(
    table: Annotated[
        str, typer.Argument(help="A published table: leads, accounts, …; or changes, with --since.", metavar="TABLE")
    ],
    to: Annotated[
        Path,
        typer.Option("--to", help="File to write: .csv, .xlsx or .parquet; or folder: .delta.", metavar="FILE"),
    ],
    *,
    where: Annotated[
        str | None,
        typer.Option("--where", help="Only these rows: a condition in SQL over the table's columns.", metavar="SQL"),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="For changes: the publication whose state you have.", metavar="RUN")
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV as Excel with German settings opens it by a double click.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
    home: HomeOption = None,
) -> None:
    """Write a published table into a file for Excel, a mailing tool, pandas or a lake.

    Lists and structs are flattened as in published/current/flat, but for Delta, and the condition speaks of those
    columns. No text can act as a formula. The file is yours alone (0600). A Delta table gets a new version for each
    publication. `changes` is all that happened to leads and accounts since a publication that is still kept.

    Example: `leads export leads --where "publishable and country = 'AT'" --to austria.xlsx`
    """
    from engine.journal import Damaged
    from publishing.condition import BadCondition
    from publishing.export_delta import NoDelta
    from publishing.export_excel import TooMuch
    from publishing.feed.file import NotKept
    from publishing.manifest import BrokenPublication

    kind = to.suffix.lower()
    if kind not in FORMATS:
        refuse(f"{to} says no format; its name has to end with {', '.join(FORMATS)}")
    if excel and kind != ".csv":
        refuse(f"--excel is about CSV files, and {to} is none")
    if (table == "changes") != (since is not None):
        refuse("`changes` are those since a publication: leads export changes --since RUN; leads history lists them")
    if kind == ".delta" and where is not None:
        refuse("A Delta table is the whole table; leave --where to whoever reads it")
    if kind != ".delta" and to.is_dir():
        refuse(f"{to} is a folder; name a file")
    if kind != ".delta" and to.exists() and not force:
        refuse(f"{to} is there already; --force overwrites it")
    to_write(to)
    source = finished(home)
    if source.root.resolve() in to.resolve().parents[1:]:
        refuse(f"{to} lies in a folder of the home, where nights read and write; name a place outside")
    try:
        folder, frame = _table(source, table, since)
        if kind == ".delta":
            rows, said = frame, _write_delta(frame, to, folder, since)
        else:
            rows, said = _write(frame, to, table, where, excel=excel), for_terminal(to)
    except (BadCondition, BrokenPublication, Damaged, FileNotFoundError, NoDelta, NotKept, TooMuch) as error:
        refuse(str(error))
    except OSError as error:
        refuse("; ".join(filter(None, [f"Not written: {error}", remedy(error)])))
    console.print(f"{rows.height:,} of {frame.height:,} rows of {table} in {said}", soft_wrap=True, highlight=False)
    if since is not None:
        console.print(f"They lead to {for_terminal(folder)}: the next are those --since {for_terminal(folder)}")


def _table(home: Home, table: str, since: str | None) -> tuple[str, pl.DataFrame]:
    """The name of the publication that is current, and the rows of the table."""
    import polars as pl

    from contracts.published import PUBLISHED
    from pipelines.explaining import whole_publication
    from publishing.feed.file import changes_since

    names = [one.name for one in PUBLISHED]
    if since is not None:
        return changes_since(home.published, since)
    if table not in names:
        refuse(f"No table {table!r} is published; there are {', '.join(names)}")
    folder = whole_publication(home)
    return folder.resolve().name, pl.read_parquet(folder / f"{table}.parquet", glob=False)


def _write(frame: pl.DataFrame, to: Path, table: str, where: str | None, *, excel: bool) -> pl.DataFrame:
    """Write the flat rows that are asked for, and return them."""
    from engine.swap import swap
    from publishing.condition import rows_where
    from publishing.export_csv import write_csv
    from publishing.export_excel import write_excel
    from publishing.flat import flat

    rows = flat(frame.lazy()).collect()
    rows = rows if where is None else rows_where(table, rows, where)
    with swap(to, private=True) as new:
        match to.suffix.lower():
            case ".csv":
                write_csv(rows, new, excel=excel)
            case ".xlsx":
                write_excel(rows, new, table)
            case _:
                rows.write_parquet(new)
    return rows


def _write_delta(frame: pl.DataFrame, to: Path, folder: str, since: str | None) -> str:
    from publishing.export_delta import write_delta

    version = write_delta(frame, to, folder if since is None else f"{since} to {folder}")
    return f"{for_terminal(to)}, version {version}"
