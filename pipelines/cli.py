"""The `leads` command: its table of contents.

Belongs here: which commands there are and under which heading `leads --help` lists them. Does not belong here: a
command (`pipelines.commands`).
"""

from __future__ import annotations

if __name__ == "__main__":
    from lead_refinery import main

    main()  # before any room is imported: is it ours?

import pipelines.home_first  # noqa: F401 - before all that reads its rules

# isort: split
from typing import Annotated

import typer

from assets.resources.owner import keep_private
from delivery.registry import TARGETS
from pipelines.commands import (
    asking,
    comparing,
    decide,
    deciding,
    exporting,
    feeding,
    maintaining,
    nightly,
    publications,
    rehearse,
    rules,
    sync,
    trying,
)
from pipelines.commands.prompt import at_work
from pipelines.commands.versions import show_versions

PANELS = {
    "Every night": (nightly.run, nightly.ui, feeding.feed),
    "To ask": (asking.explain, comparing.diff, asking.review, exporting.export, asking.evaluate, asking.docs),
    "To decide": (decide.decisions, deciding.forget, deciding.withdraw),
    "To undo": (publications.history, publications.release, publications.rollback),
    "To maintain": (maintaining.verify, maintaining.backup, maintaining.restore),
    "To try it": (trying.sample,),
}

# They show what they do themselves, or ask something back.
OWN_SIGN = (
    nightly.run,
    nightly.ui,
    asking.docs,
    deciding.forget,
    maintaining.backup,
    maintaining.restore,
    trying.sample,
)

app = typer.Typer(
    name="leads",
    help="""Messy lead files in; golden leads, accounts and buying centers out.

    Everything lives under one home: --home, else $LEADS_HOME, else var/ of a checkout or your folder for data.
    `leads COMMAND --help` has an example of each command.

    To see it all once: `leads sample DIR`, `leads run --home DIR`, `leads ui --home DIR`

    In the morning: `leads history`, `leads diff`, `leads review`; and for one person: `leads explain EMAIL`

    Exit codes: 0 done; 1 something failed, is damaged or differs; 2 refused, with a sentence that says why; 3 done but
    for some; 4 held by a gate.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
for panel, commands in PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command if command in OWN_SIGN else at_work(command))

said = typer.Typer(help="Decide who is who and what is right; `leads decisions` lists it.", no_args_is_help=True)
for decision in (
    *(decide.must_link, decide.cannot_link, decide.unmerge, decide.set_field),
    *(decide.rename, decide.set_parent, decide.revoke),
):
    said.command()(at_work(decision))
app.add_typer(said, name="decide", rich_help_panel="To decide")

of_home = typer.Typer(callback=at_work(rules.rules), invoke_without_command=True)
of_home.command("copy")(at_work(rules.copy))
of_home.command("diff")(at_work(rehearse.diff))
app.add_typer(of_home, name="rules", rich_help_panel="To decide")

into = typer.Typer(help="Into the CRM: shown first, then done.", no_args_is_help=True)
for target in TARGETS:
    into.command(target)(sync.sync_of(target))
into.command()(at_work(sync.status))
into.command()(sync.replay)
app.add_typer(into, name="sync", rich_help_panel="Every night")

reference = typer.Typer(help="The embedded reference data.", no_args_is_help=True)
reference.command("build")(maintaining.reference_build)
app.add_typer(reference, name="reference", rich_help_panel="To maintain")


@app.callback()
def begin(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Versions of program, schema, rules, reference data and model.",
            is_eager=True,
            callback=show_versions,
        ),
    ] = False,
) -> None:
    """What every command begins with."""
    keep_private()
