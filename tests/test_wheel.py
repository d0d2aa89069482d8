"""The wheel is whole: what `python -m build` makes of a checkout runs from any folder where no checkout is."""

from __future__ import annotations

import os
import re
import shutil
import signal
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from lead_refinery import ROOMS as OWN
from tests.hostile.test_page import SECONDS, free_port, until
from tests.test_house import ROOMS, ROOT
from tests.test_supply import PROMISED

PACKED = [*ROOMS, "deploy", "lead_refinery.py"]
Leads = Callable[..., subprocess.CompletedProcess[str]]


def shipped(project: Path) -> set[str]:
    """What is kept under version control of the packed rooms, or is about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKED]
    listed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    return set(listed.stdout.splitlines())


def test_the_rooms_are_packed_and_asked_for_and_the_pythons_are_promised_alike() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packed = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert sorted(packed) == sorted(PACKED)
    assert sorted(OWN) == sorted(ROOMS)
    promised = [line.rpartition(" ")[2] for line in settings["project"]["classifiers"] if ":: 3." in line]
    assert promised == PROMISED
    assert settings["project"]["requires-python"] == f">={PROMISED[0]}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of what is under version control alone."""
    project, made = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("dist")
    for name in (*shipped(ROOT), "pyproject.toml", "README.md", "LICENSE"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, project / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(made.glob("*.whl"))


def test_every_file_is_in_the_wheel_and_none_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == shipped(ROOT)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`leads` of an environment that has the wheel, and beside it the packages of this test without its code."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (own,) = place.glob("lib/python*/site-packages")
    # A line of a .pth file is a folder only: files of that kind in it, such as our editable one, are not read.
    (own / "others.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return place / "bin" / "leads"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Surroundings that know no checkout and no home."""
    told = {name: value for name, value in os.environ.items() if not re.match("PYTHON|LEADS_|DAGSTER_|XDG_", name)}
    return told | {"HOME": str(tmp_path_factory.mktemp("user")), "POLARS_MAX_THREADS": "1"}


@pytest.fixture(scope="module")
def leads_of_the_wheel(installed: Path, elsewhere: dict[str, str]) -> Leads:
    def run(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        command = [str(part) for part in (installed, *arguments)]
        return subprocess.run(
            command, cwd=elsewhere["HOME"], env=elsewhere | more, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.slow
def test_the_wheel_works_through_a_night_in_the_users_own_folder(
    leads_of_the_wheel: Leads, installed: Path, elsewhere: dict[str, str]
) -> None:
    home = Path(elsewhere["HOME"], ".local/share/lead-refinery")
    for arguments in (["sample", home, "--leads", "200"], ["run"], ["review"]):
        done = leads_of_the_wheel(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert str(ROOT) not in done.stdout + done.stderr
    assert (home / "published/current/leads.parquet").is_file()
    command = [str(installed), "ui", "--port", str(free_port())]
    assert_page_opens_and_ends(command, elsewhere)


def assert_page_opens_and_ends(command: list[str], surroundings: dict[str, str]) -> None:
    """Dagster's page, with our code location loaded from the wheel."""
    log = Path(surroundings["HOME"], "ui.log")
    with log.open("w") as out:
        page = subprocess.Popen(
            command, cwd=surroundings["HOME"], env=surroundings, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: "Dagster is on" in log.read_text() or page.poll() is not None)
        assert page.poll() is None, log.read_text()
        with urlopen(f"http://127.0.0.1:{command[-1]}/locations/lead_refinery", timeout=SECONDS) as answer:
            assert answer.status == 200
    finally:
        page.send_signal(signal.SIGTERM)
        page.wait(SECONDS)
    assert "Error" not in log.read_text()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uvx") is None, reason="there is no uv here")
def test_uvx_opens_the_page_of_the_wheel(wheel: Path, elsewhere: dict[str, str]) -> None:
    pinned = ["--constraints", str(ROOT / "constraints.txt"), "--python", sys.executable]
    assert_page_opens_and_ends(
        ["uvx", *pinned, "--from", str(wheel), "leads", "ui", "--port", str(free_port())], elsewhere
    )


# Rooms that are not ours


@pytest.mark.parametrize("room", ROOMS)
def test_a_foreign_file_that_shadows_a_room_is_named_in_one_sentence(
    leads_of_the_wheel: Leads, tmp_path: Path, room: str
) -> None:
    foreign = tmp_path / f"{room}.py"
    foreign.write_text("", encoding="utf-8")
    done = leads_of_the_wheel("--help", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert re.fullmatch(rf"Lead Refinery cannot begin: `{room}` should be .+\n", done.stderr)
    assert str(foreign) in done.stderr


def test_a_foreign_package_that_shadows_a_room_is_named_too(leads_of_the_wheel: Leads, tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").touch()
    done = leads_of_the_wheel("--help", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / "engine" / "__init__.py") in done.stderr


def test_a_room_that_is_gone_is_named(leads_of_the_wheel: Leads, installed: Path) -> None:
    (room,) = installed.parents[1].glob("lib/python*/site-packages/samples")
    try:
        room.rename(room.with_name("gone"))
        done = leads_of_the_wheel("--help")
    finally:
        room.with_name("gone").rename(room)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Lead Refinery cannot begin: {room} is gone; install it again, into an environment of its own.\n"
    )


def test_a_file_where_the_command_is_typed_shadows_nothing(
    leads_of_the_wheel: Leads, elsewhere: dict[str, str]
) -> None:
    (Path(elsewhere["HOME"]) / "assets.py").write_text("raise SystemExit(9)", encoding="utf-8")
    assert leads_of_the_wheel("--help").returncode == 0


def test_dagsters_own_commands_name_it_too(installed: Path, elsewhere: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "assets.py").touch()
    command = [str(installed.with_name("python")), "-c", "import pipelines.definitions"]
    done = subprocess.run(command, cwd=tmp_path, env=elsewhere, capture_output=True, text=True, check=False)
    assert re.match(
        r"lead_refinery\.ForeignRoomError: Lead Refinery cannot begin: `assets`", done.stderr.splitlines()[-1]
    )
