"""The assets as a page: the graph and what each one is; `make docs` writes `docs/assets.md`, a test keeps it true.

Belongs here: turning definitions into Markdown. Does not belong here: what is told of an asset (`assets`).
"""

from __future__ import annotations

from graphlib import TopologicalSorter

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from assets.resources.home import PROJECT

PAGE = PROJECT / "docs" / "assets.md"
_HEAD = """\
# Every asset

Written by `make docs` from the code; a test holds it to that. An asset is a table of the lake (or what is made of
tables), and a step of the night: `leads ui` shows each with its columns, checks and numbers over time.
"""


def mermaid(definitions: dg.Definitions) -> str:
    """A left-to-right Mermaid flowchart of all assets, boxed by group, in the order the data flows.

    An arrow that follows from others is left out: who depends on `published` depends on what `published` depends on.
    """
    graph = definitions.resolve_asset_graph()
    parents = {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in sorted(graph.materializable_asset_keys)
    }
    above: dict[str, set[str]] = {}  # all that lies upstream
    for name in TopologicalSorter(parents).static_order():
        above[name] = parents[name].union(*(above[parent] for parent in parents[name]))
    groups: dict[str, list[str]] = {}
    for name in sorted(parents, key=lambda name: (len(above[name]), name)):
        groups.setdefault(graph.get(dg.AssetKey(name)).group_name, []).append(name)
    lines = ["flowchart LR"]
    for group, names in groups.items():
        # Mermaid takes a box and a node of one name for the same thing.
        lines += [f"  subgraph group_{group} [{group}]", *(f"    {name}" for name in names), "  end"]
    for name in (name for names in groups.values() for name in names):
        if direct := parents[name].difference(*(above[parent] for parent in parents[name])):
            lines.append(f"  {' & '.join(sorted(direct))} --> {name}")
    return "\n".join(lines)


def page(definitions: dg.Definitions) -> str:
    """The graph, then a table of the assets of each group, in the order the data flows."""
    graph = definitions.resolve_asset_graph()
    groups: dict[str, list[str]] = {}
    for key in graph.toposorted_asset_keys:
        groups.setdefault(graph.get(key).group_name, []).append(key.to_user_string())
    tables = [
        f"## {group}\n\n| asset | what it is |\n| --- | --- |\n" + "\n".join(_row(graph, name) for name in names)
        for group, names in groups.items()
    ]
    return "\n".join([_HEAD, f"```mermaid\n{mermaid(definitions)}\n```\n", "\n\n".join(tables), ""])


def _row(graph: AssetGraph, name: str) -> str:
    text = " ".join((graph.get(dg.AssetKey(name)).description or "").split())
    return f"| `{name}` | {text} |"


if __name__ == "__main__":
    from pipelines.definitions import defs

    PAGE.write_text(page(defs), encoding="utf-8")
