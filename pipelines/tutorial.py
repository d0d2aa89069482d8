"""The tutorial: a notebook of pure functions on a small frame; `make docs` runs it into `docs/tutorial.ipynb`.

Belongs here: running its cells in order and keeping what they show (a test holds the page to that). Does not belong
here: what it teaches, which stands in the notebook and is edited there. It needs no Jupyter.
"""

from __future__ import annotations

import ast
import copy
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import polars as pl

from assets.resources.home import PROJECT

PAGE = PROJECT / "docs" / "tutorial.ipynb"


def executed(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook (nbformat 4) with the outputs of its code cells, all run in one namespace as Jupyter does.

    Raises:
        Exception: whatever a cell raises.
    """
    done, names, count = copy.deepcopy(notebook), dict[str, Any](), 0
    with pl.Config(restore_defaults=True):
        for cell in done["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["execution_count"], cell["outputs"] = count, list(_outputs("".join(cell["source"]), names, count))
    return done


def _outputs(source: str, names: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """What a cell printed, then the value of its last line, where that is an expression."""
    *lines, last = ast.parse(source).body
    shown = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(ast.Module([*lines, *([] if shown else [last])], []), "<cell>", "exec"), names)
        value = eval(compile(shown, "<cell>", "eval"), names) if shown else None
    if text := printed.getvalue():
        yield {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        yield {"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"}


def read() -> dict[str, Any]:
    """The notebook as it is kept."""
    found: dict[str, Any] = json.loads(PAGE.read_text(encoding="utf-8"))
    return found


def text(notebook: dict[str, Any]) -> str:
    """The file of a notebook, as Jupyter writes it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(executed(read())), encoding="utf-8")
