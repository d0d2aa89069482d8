"""The tutorial runs from top to bottom, shows what it says, and needs no more than the pure rooms."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from pipelines.tutorial import PAGE, executed, read, text
from tests.test_house import ORDER

CELLS: list[dict[str, Any]] = read()["cells"]
CODE = "\n".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code")
PROSE = "\n".join("".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "markdown")


def test_what_it_shows_is_what_its_cells_give() -> None:
    assert text(executed(read())) == PAGE.read_text(encoding="utf-8"), "run `make docs` to run it anew"


def test_it_imports_pure_rooms_and_polars_alone() -> None:
    imports = [node for node in ast.walk(ast.parse(CODE)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {name.name if isinstance(node, ast.Import) else node.module for node in imports for name in node.names}
    assert {str(module).split(".")[0] for module in modules} - {"datetime", "polars"} <= set(ORDER)


def test_pages_it_links_to_are_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", PROSE)
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("1 + 1", [{"text/plain": ["2"]}]),
        ("x = 1", []),
        ("print('a')\n2", ["a\n", {"text/plain": ["2"]}]),
        ("None", []),
    ],
)
def test_a_cell_shows_what_it_prints_and_its_last_value(source: str, outputs: list[Any]) -> None:
    notebook = {"cells": [{"cell_type": "code", "source": [source]}, {"cell_type": "markdown", "source": ["1"]}]}
    code, prose = executed(notebook)["cells"]
    assert [output.get("data") or "".join(output["text"]) for output in code["outputs"]] == outputs
    assert prose == notebook["cells"][1]
