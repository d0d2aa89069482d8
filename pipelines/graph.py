"""The asset graph as a picture: Mermaid text drawn from the real definitions.

Belongs here: turning definitions into a diagram. Does not belong here: the README it is pasted into
(a test keeps both the same).
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg


def mermaid(definitions: dg.Definitions) -> str:
    """A left-to-right Mermaid flowchart of all assets, boxed by group."""
    graph = definitions.resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in sorted(graph.materializable_asset_keys)}
    groups: dict[str, list[str]] = {}
    for name, node in nodes.items():
        groups.setdefault(node.group_name, []).append(name)
    lines = ["flowchart LR"]
    for group, names in groups.items():
        lines += [f"  subgraph {group}", *(f"    {name}" for name in names), "  end"]
    for name, node in nodes.items():
        lines += [f"  {parent.to_user_string()} --> {name}" for parent in sorted(node.parent_keys)]
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
