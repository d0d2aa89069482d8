"""The asset graph as a picture: Mermaid text drawn from the real definitions.

Belongs here: turning definitions into a diagram. Does not belong here: the README it is pasted into
(a test keeps both the same).
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg


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


def draw_into(readme: Path, definitions: dg.Definitions) -> None:
    """Replace the Mermaid block of a Markdown file by the current graph."""
    text = readme.read_text(encoding="utf-8")
    head, rest = text.split("```mermaid\n", 1)
    tail = rest.split("```", 1)[1]
    readme.write_text(f"{head}```mermaid\n{mermaid(definitions)}\n```{tail}", encoding="utf-8")


if __name__ == "__main__":
    from assets.resources.home import PROJECT
    from pipelines.definitions import defs

    draw_into(PROJECT / "README.md", defs)
