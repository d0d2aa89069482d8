"""The house rules that no tool checks by itself: who may import whom, and what may not be in the project."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ["engine", "contracts", "reference", "sources", "enrichment", "matching", "publishing"]
ROOMS = [*ORDER, "samples", "expectations", "assets", "pipelines", "benchmarks"]
FORBIDDEN = {
    room: {"dagster", "great_expectations", "assets", "pipelines", "expectations"} for room in [*ORDER, "samples"]
}


def imports(room: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                yield path, name.split(".")[0]


@pytest.mark.parametrize("room", FORBIDDEN)
def test_pure_rooms_know_nothing_of_orchestration(room: str) -> None:
    assert [(str(path), name) for path, name in imports(room) if name in FORBIDDEN[room]] == []


@pytest.mark.parametrize("room", ORDER)
def test_data_flows_one_way(room: str) -> None:
    later = set(ORDER[ORDER.index(room) + 1 :])
    assert [(str(path), name) for path, name in imports(room) if name in later] == []


def test_definitions_load_without_great_expectations() -> None:
    code = "import sys, pipelines.definitions; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("path", [p for room in ROOMS for p in sorted((ROOT / room).rglob("*.py"))], ids=str)
def test_every_module_opens_with_its_charter(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path} has no charter"


def test_constraints_pin_and_hash_every_package_and_name_no_index() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert "://" not in text
