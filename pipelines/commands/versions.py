"""Versions: `leads --version`.

Belongs here: what is printed. Does not belong here: what a version is (`publishing.versions`).
"""

from __future__ import annotations

from importlib.metadata import version

import typer

from pipelines.commands.prompt import console


def show_versions(asked: bool) -> None:
    """Print the versions of program, schema, rules and reference data, and of the model of $LEADS_HOME; then exit."""
    if not asked:
        return
    from assets.resources.home import PROJECT, resolve_home
    from contracts.published import SCHEMA_VERSION
    from publishing.manifest import BrokenPublication, read_manifest
    from publishing.previous import current_folder
    from publishing.versions import Versions, packages, reference_of, rules_of

    code = Versions({"rules": rules_of(PROJECT), "packages": packages(), "reference": reference_of(PROJECT)}).digests
    told = {
        "lead-refinery": version("lead-refinery"),
        "schema": f"{SCHEMA_VERSION.major}.{SCHEMA_VERSION.minor}",
        **code,
    }
    try:
        folder = current_folder(resolve_home(None).published)
        learnt = read_manifest(folder).versions if folder else {}
    except BrokenPublication:  # leads verify tells of it
        learnt = {}
    told["model"] = learnt.get("model", "none: nothing is published in this home")
    others = [kind for kind in code if learnt and learnt.get(kind) != code[kind]]
    for name, said in told.items():
        console.print(f"{name:14}{said}", highlight=False)
    if others:
        console.print(f"The publication was made with other {', '.join(others)}", highlight=False)
    raise typer.Exit
