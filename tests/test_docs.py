"""What documents and charters name is there, and what is there is documented: commands, variables, rooms, paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pipelines.cli import app
from tests.test_house import ROOMS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(page for room in ("docs", "tests", *ROOMS) for page in (ROOT / room).rglob("*.md")),
]
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
CHARTERS = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "" for path in FILES}
NAME = re.compile(r"[a-z][a-z_]+")
PATH = re.compile(r"[A-Za-z<][\w<>*./-]*(?:/[\w<>*./-]*|\.(?:py|md|csv|txt|toml|json|parquet|key))")
MODULE = re.compile(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+")


def spans(text: str) -> list[str]:
    """What stands in back quotes, blocks of code and texts of links left out."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"`([^`\n]+)`", re.sub(r"\[`[^`\n]+`\]\(", "(", text))


def first_column(heading: str, page: str = SETTINGS) -> list[str]:
    """The first cells of a page's table below `heading`, without back quotes."""
    table = re.search(rf"^\| {heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert table, heading
    return [row.split("|")[1].strip(" `") for row in table[1].splitlines()]


# Commands, variables, targets, rooms


def commands(group: TyperGroup, path: str = "leads") -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{path} {name}")
            if command.invoke_without_command:
                yield f"{path} {name}", command
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(get_command(app)))


def test_every_command_is_in_the_list_of_the_readme() -> None:
    listed = re.findall(r"^\$ (leads (?:reference |decide |sync |rules (?=\w))?)([a-z|-]+)\b", README, re.MULTILINE)
    assert sorted(stem + name for stem, names in listed for name in names.split("|")) == sorted(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    called = re.findall(r"^ *(?:\$ )?(leads [a-z].*?)(?:#|$)", text, re.MULTILINE)
    for call in [*called, *(span for span in spans(text) if re.match(r"leads [a-z]", span))]:
        first = re.sub(r"([a-z]+)\|[a-z|]+", r"\1", call)  # of several commands on one line
        name = next((name for name in COMMANDS if f"{first} ".startswith(f"{name} ")), None)
        assert name, call
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", call)) <= known, call


def test_every_variable_is_documented_once() -> None:
    texts = [node.value for path in FILES for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
    read = {text for text in texts if isinstance(text, str) and re.fullmatch(r"LEADS_[A-Z_]+", text)}
    assert first_column("variable") == sorted(read, key=first_column("variable").index)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_named_are_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ *\$ )make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_the_table_of_rooms_names_every_room() -> None:
    assert sorted(first_column("room", README)) == sorted(f"{room}/" for room in ROOMS)


# Paths and names


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def words_of_the_code() -> frozenset[str]:
    """Every name in the code and every word of its texts, docstrings left out."""
    found: set[str] = set()
    for path in FILES:
        nodes = list(ast.walk(tree(path)))
        docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}  # they name nothing into being
        for node in set(nodes) - docstrings:
            named = [getattr(node, field, None) for field in ("id", "attr", "arg", "name", "value")]
            found |= {word for text in named if isinstance(text, str) for word in re.findall(r"\w+", text)}
    return frozenset(found)


@cache
def below_a_home() -> re.Pattern[str]:
    """What the tree of a home names: its folders with all below them, its files."""
    lines = re.findall(r"^<home>/(\S+) +(.*)$", SETTINGS, re.MULTILINE)
    shapes = [path for path, _ in lines] + [re.sub("/.*", "", path) for path, _ in lines]
    shapes += [f"(?:{path})?{file}" for path, text in lines for file in re.findall(r"\w+\.(?:csv|json|key)", text)]
    shapes = [re.sub(r"\{(\w+),(\w+)\}", r"(?:\1|\2)", re.sub(r"<\w+>|\*", "[^/]+", shape)) for shape in shapes]
    return re.compile(rf"(?:<home>/)?(?:{'|'.join(shape + '.*' * shape.endswith('/') for shape in shapes)})")


def is_there(path: str, beside: Path) -> bool:
    """Whether a path or module is in the project, seen from the folder of the page or any folder above it."""
    path = path.rstrip("/")
    if below_a_home().fullmatch(path) or below_a_home().fullmatch(f"{path}/"):
        return True
    pattern = re.sub(r"<\w+>", "*", path)
    module, _, member = pattern.replace("/", ".").rpartition(".")
    for folder in (beside, *beside.parents):
        if folder == ROOT.parent:
            break
        if any([*folder.glob(pattern), *folder.glob(f"{pattern}.py"), *folder.glob(f"data/{pattern}")]):
            return True
        for file in (pattern.replace(".", "/"), f"{pattern.replace('.', '/')}.py"):
            if (folder / file).exists():
                return True
        file = folder / f"{module.replace('.', '/')}.py"
        if module and file.is_file() and re.search(rf"^(?:def |class )?{member}\b", file.read_text("utf-8"), re.M):
            return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_and_modules_a_page_names_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    called = [re.sub(r"\(.*\)$", "", span) for span in spans(text)]
    named = [name for name in called if PATH.fullmatch(name) or MODULE.fullmatch(name)]
    assert [name for name in named if not is_there(name, page.parent)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_charter_names_is_there(path: Path) -> None:
    missing = [
        name
        for name in spans(CHARTERS[path].replace("\n", " "))
        if (PATH.fullmatch(name) or MODULE.fullmatch(name) or NAME.fullmatch(name)) and not is_there(name, path.parent)
        if not (NAME.fullmatch(name) and name in words_of_the_code())
    ]
    assert missing == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_docstrings_name_are_there(path: Path) -> None:
    docs = [ast.get_docstring(node) or "" for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)]
    named = {name for doc in docs for name in spans(doc.replace("\n", " ")) if MODULE.fullmatch(name)}
    assert [name for name in named if not is_there(name, path.parent)] == []
