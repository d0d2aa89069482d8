"""The house rules that no tool checks by itself: who may import whom, and what may not be in the project."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = [
    "engine",
    "contracts",
    "reference",
    "sources",
    "enrichment",
    "matching",
    "qualification",
    "publishing",
    "delivery",
]
# Rooms within a room, lowest first; those in one line do not know each other.
SUBROOMS = {
    "delivery": ["targets"],
    "enrichment": ["cells", "address email job phone visit", "company", "person"],
    "matching": ["decisions", "leads accounts golden"],
    "matching/accounts": ["rows", "linking", "known", "shown"],
    "matching/leads": ["records", "comparison", "model", "decision"],
    "publishing": ["feed gates", "report"],
    "qualification": [
        "activity",
        "touchpoints",
        "scoring stages",
        "predictive rehearsal",
        "handover",
        "attribution",
        "figures",
    ],
    "reference": ["build"],
    "sources": ["columns", "delimited store", "formats", "activity"],
}
THIN = 9  # lines of an asset's body
ROOMS = [*ORDER, "samples", "expectations", "assets", "pipelines", "benchmarks"]
FORBIDDEN = {
    room: {"dagster", "great_expectations", "assets", "pipelines", "expectations"} for room in [*ORDER, "samples"]
}


def modules(room: str) -> Iterator[tuple[Path, str]]:
    """Each file of a room with each module it imports."""
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                files = [f"{node.module}.{alias.name}" for alias in node.names]
                parts = [name for name in files if (ROOT / name.replace(".", "/")).with_suffix(".py").exists()]
                yield from ((path, name) for name in parts or [node.module])


def imports(room: str) -> Iterator[tuple[Path, str]]:
    return ((path, name.split(".")[0]) for path, name in modules(room))


@pytest.mark.parametrize("room", FORBIDDEN)
def test_pure_rooms_know_nothing_of_orchestration(room: str) -> None:
    assert [(str(path), name) for path, name in imports(room) if name in FORBIDDEN[room]] == []


@pytest.mark.parametrize("room", ORDER)
def test_data_flows_one_way(room: str) -> None:
    later = set(ORDER[ORDER.index(room) + 1 :])
    assert [(str(path), name) for path, name in imports(room) if name in later] == []


@pytest.mark.parametrize("room", SUBROOMS)
def test_rooms_within_a_room_know_only_what_stands_before_them(room: str) -> None:
    levels = {name: level for level, names in enumerate(SUBROOMS[room]) for name in names.split()}
    assert levels.keys() == {path.parent.name for path in (ROOT / room).glob("*/__init__.py")}
    prefix = room.replace("/", ".") + "."
    wrong = [
        (str(path), module)
        for path, module in modules(room)
        for here, there in [(path.relative_to(ROOT / room).parts[0], module.removeprefix(prefix).split(".")[0])]
        if module.startswith(prefix) and here != there
        if here in levels and there in levels and levels[there] >= levels[here]
    ]
    assert wrong == []


def test_every_room_within_a_room_has_its_place_in_the_order() -> None:
    rooms = {path.parents[1].relative_to(ROOT) for room in ORDER for path in (ROOT / room).glob("*/**/__init__.py")}
    assert {str(room) for room in rooms} == SUBROOMS.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_files_of_a_room_do_not_import_each_other_in_a_circle(room: str) -> None:
    graph: dict[str, set[str]] = {}
    for path, module in modules(room):
        graph.setdefault(".".join(path.relative_to(ROOT).with_suffix("").parts), set()).add(module)
    assert list(TopologicalSorter(graph).static_order())


def test_assets_and_what_they_are_made_of_do_not_know_the_pipelines() -> None:
    rooms = [*ORDER, "samples", "expectations", "assets"]
    assert [(str(path), name) for room in rooms for path, name in imports(room) if name == "pipelines"] == []


@pytest.mark.parametrize("path", sorted((ROOT / "assets").glob("*.py")), ids=lambda path: path.stem)
def test_assets_are_thin(path: Path) -> None:
    """What is longer is work, and has a pure function in its own room."""
    functions = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    assets = [node for node in functions if any("asset" in ast.unparse(mark) for mark in node.decorator_list)]
    lines = {node.name: (node.body[-1].end_lineno or 0) - node.body[0].lineno + 1 for node in assets}
    assert [name for name, length in lines.items() if length > THIN] == []


def test_definitions_load_without_great_expectations() -> None:
    code = "import sys, pipelines.definitions; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))], ids=str)
def test_every_module_opens_with_its_charter(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path} has no charter"
    assert path.name != "__init__.py" or len(tree.body) == 1, f"{path} holds more than the room's charter"


def test_caches_are_of_the_kinds_that_have_a_name() -> None:
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert [path for path in paths if "lru_cache" in path.read_text(encoding="utf-8")] == [ROOT / "engine/caches.py"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("constraints*.txt")), ids=lambda path: path.stem)
def test_constraints_pin_and_hash_every_package_and_name_no_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert "://" not in text
