"""Rules of a home: `leads rules`, `leads rules copy`. Those of qualification are tried by `leads rules diff`.

Belongs here: what is typed and printed back. Does not belong here: reading the tables, and laying them over
the shipped ones (`engine.rules_folder`, `engine.laid_over`).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from assets.resources.home import Home
from engine.escaping import for_terminal
from engine.laid_over import REMOVES
from engine.rule_tables import PROJECT, RuleTable, rule_tables, shipped_rows
from engine.rules_folder import Read, lines_of, problems, read_folder
from pipelines.commands.prompt import HomeOption, console, prepared, refuse

UNSOUND = 1


def rules(context: typer.Context, home: HomeOption = None) -> None:
    """List the tables a home may lay lines of its own over, and how the lines of this one stand.

    Exits with 1 where a line cannot be used; no night begins until it is corrected.

    Example: `leads rules`
    """
    if context.invoked_subcommand:
        return
    place = prepared(home)
    read = read_folder(place.root)
    shown = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
    for name in ("table", "what it says", "shipped", "yours"):
        shown.add_column(name, justify="right" if name == "shipped" else "left", no_wrap=name == "table")
    for table in rule_tables().values():
        shown.add_row(table.file, table.about, f"{_shipped(table):,}", _yours(table, read))
    console.print(shown)
    console.print(f"Yours lie in {for_terminal(place.rules)}; `leads rules copy NAME` begins one", soft_wrap=True)
    for told in _unused(read):
        console.print(f"[yellow]{for_terminal(told)}[/yellow]", soft_wrap=True)
    if wrong := problems(read):
        for told in wrong:
            console.print(f"[red]{for_terminal(told)}[/red]", soft_wrap=True)
        raise typer.Exit(UNSOUND)


def copy(
    name: Annotated[str, typer.Argument(help="Table, as `leads rules` lists it.")], home: HomeOption = None
) -> None:
    """Begin a table of the home's own: its header, and in comments what its columns mean and how lines are written.

    Example: `leads rules copy freemail_domains.txt`
    """
    table = next((table for table in rule_tables().values() if table.file == name), None)
    if table is None:
        refuse(f"{name!r} is no table of rules; `leads rules` lists their names")
    place = prepared(home)
    _begin(place, table)
    console.print(f"{for_terminal(place.rules / name)} is yours to fill in; `leads rules` checks it", soft_wrap=True)


def _begin(place: Home, table: RuleTable) -> None:
    target = place.rules / table.file
    if place.rules.is_symlink():
        refuse(f"{place.rules} is a symbolic link, which is not followed; put a folder there")
    try:
        place.rules.mkdir(exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(beginning(table))
    except FileExistsError:
        refuse(f"{target} is there already; add your lines to it, or delete it")
    except OSError as error:
        refuse(f"{target} cannot be written: {error.strerror}")


def beginning(table: RuleTable) -> str:
    """The text a home's table begins with; without any line of effect."""
    shipped = table.path.read_text(encoding="utf-8")
    source = table.path.relative_to(PROJECT).as_posix()
    about = [line for line in shipped.splitlines() if line.startswith("#")]
    if table.form == "settings":
        example = "# Give a number its own value below the name of its table, for example [table] and slack = 0.1."
        return "\n".join([f"# Laid over {source}.", example, *about, ""])
    shown = shipped_rows(table.path, table.form)[0]
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(shown.values())
    or_else = ", or replaces its like" if table.key else ""
    how = [
        f"# Laid over {source}: {table.about}. Each line adds itself{or_else}.",
        f"# One that begins with {REMOVES} takes out what agrees with it. A shipped line looks so:",
        f"# {out.getvalue()}",
    ]
    return "\n".join([*how, *about, *([",".join(shown)] if table.form == "table" else []), ""])


def _shipped(table: RuleTable) -> int:
    """Lines of the shipped table; numbers that may be set, of settings."""
    if table.form != "settings":
        return len(shipped_rows(table.path, table.form))
    lines = table.path.read_text(encoding="utf-8").splitlines()
    return sum(line.startswith("[") for line in lines)


def _yours(table: RuleTable, read: Read) -> str:
    content = read.files.get(table.file)
    if content is None:
        return ""
    counted = Counter(line.state for line in lines_of(table, content))
    return ", ".join(f"{count:,} {state}" for state, count in counted.items()) or "no line yet"


def _unused(read: Read) -> list[str]:
    tables = {table.file: table for table in rule_tables().values()}
    return [
        f"rules/{name}, row {line.number}: {line.why}"
        for name, content in read.files.items()
        if name in tables
        for line in lines_of(tables[name], content)
        if line.state == "unused"
    ]
