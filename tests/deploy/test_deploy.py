"""What a server is set up with: units, settings and recipe name only what there is, and the units are hardened."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import yaml
from dagster._core.scheduler.instigation import InstigatorType

from assets.resources.home import POSTGRES, Home
from pipelines.history import open_history
from tests.hostile.test_page import ended, started
from tests.test_docs import COMMANDS, first_column
from tests.test_house import ROOT
from tests.test_supply import PROMISED

DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
INSTALLED = "/opt/lead-refinery"
EXPOSED = 2.5  # of 10, as `systemd-analyze security` counts; below 3 it says OK


def settings_of(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def is_a_command(words: list[str]) -> bool:
    """Whether `leads` takes these words."""
    command = COMMANDS[" ".join(["leads", words[0]])]
    known = {option for parameter in command.params for option in parameter.opts}
    return {word for word in words[1:] if word.startswith("--")} <= known


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_starts_what_there_is_as_nobody_important(unit: Path) -> None:
    settings = settings_of(unit)
    (start,) = settings["ExecStart"]
    program, *words = shlex.split(start)
    assert program == f"{INSTALLED}/.venv/bin/leads"
    assert is_a_command(words)
    (page,) = settings["Documentation"]
    assert (ROOT / page.removeprefix(f"file:{INSTALLED}/")).is_file()
    assert settings["User"] != ["root"]
    assert settings["EnvironmentFile"] == ["/etc/lead-refinery/leads.env"]
    wanted = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes"}
    assert {name: settings[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert settings["UMask"] == ["0077"]


def test_both_services_are_hardened_alike() -> None:
    page, night = (settings_of(unit) for unit in SERVICES[::-1])
    of_a_night = {"Description", "Type", "ExecStart", "Restart", "RestartSec", "TimeoutStartSec", "WantedBy"}
    assert {k: v for k, v in page.items() if k not in of_a_night} == {
        k: v for k, v in night.items() if k not in of_a_night
    }


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they stand in a system whose project is this one."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(INSTALLED, str(ROOT))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong(installed: Path, unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", installed / unit.name], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_counts_it_as_hardened(installed: Path, unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", installed / unit.name]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said)
    assert found, said
    assert float(found[1]) < EXPOSED


def test_the_example_of_settings_names_what_is_documented() -> None:
    lines = (DEPLOY / "leads.env.example").read_text(encoding="utf-8").splitlines()
    named = [found[1] for line in lines if (found := re.match(r"#?(LEADS_[A-Z_]+)=", line))]
    assert named
    assert set(named) <= set(first_column("variable"))


def test_dagster_takes_the_settings(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    assert home.dagster_settings.read_bytes() == (DEPLOY / "dagster.yaml").read_bytes()
    with open_history(home) as history:
        assert not history.telemetry_enabled
        assert history.run_monitoring_enabled
        assert history.run_monitoring_max_runtime_seconds == 6 * 3600
        assert history.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        for kind in (InstigatorType.SCHEDULE, InstigatorType.SENSOR):
            kept = history.get_tick_retention_settings(kind)
            assert all(days > 0 for days in kept.values()), "no tick is kept for ever"


def test_where_postgresql_is_named_the_settings_name_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POSTGRES, "postgresql://leads:s3cr3t@db/leads")
    settings = yaml.safe_load(Home(tmp_path).prepare().dagster_settings.read_text(encoding="utf-8"))
    assert settings["storage"] == {"postgres": {"postgres_url": {"env": POSTGRES}}}


# The container: no container engine runs here, so the recipe is read, and what it runs is tried outside.


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in joined.splitlines()]


def test_the_recipe_copies_what_there_is_and_runs_as_nobody_important() -> None:
    steps = instructions()
    told = dict(steps)
    assert [word for word, _ in steps].index("USER") < [word for word, _ in steps].index("ENTRYPOINT")
    assert told["USER"].split(":")[0] not in ("0", "root")
    for copied in (value.split()[0] for word, value in steps if word == "COPY"):
        assert (ROOT / copied).exists()
    assert "--require-hashes -r constraints.txt" in next(value for word, value in steps if "pip" in value)
    program, *words = json.loads(told["ENTRYPOINT"]) + json.loads(told["CMD"])
    assert program == "leads"
    assert is_a_command(words)
    assert told["EXPOSE"] in words
    assert told["ENV"].startswith(f"LEADS_HOME={told['VOLUME']}")


def test_the_recipe_begins_with_a_promised_python_of_known_origin() -> None:
    (base,) = (value for word, value in instructions() if word == "FROM")
    found = re.fullmatch(r"docker\.io/library/python:(\d+\.\d+)(?:\.\d+)?-slim(?:@sha256:[0-9a-f]{64})?", base)
    assert found, base
    assert found[1] in PROMISED


def test_the_recipe_holds_no_secret_and_fetches_nothing_but_pinned_packages() -> None:
    """A secret comes with `podman run`, by name: what a layer holds is in every copy of it."""
    steps = instructions()
    kept = " ".join(value for word, value in steps if word in ("ENV", "ARG", "LABEL"))
    assert not re.search(r"TOKEN|PASSWORD|SECRET|KEY|WEBHOOK|SMTP|POSTGRES", kept, re.IGNORECASE)
    run = [value for word, value in steps if word == "RUN"]
    assert not [value for value in run if re.search(r"\b(?:curl|wget|git|sudo|ssh)\b|://", value)]
    installs = [value for value in run if "pip install" in value]
    assert all("--no-cache-dir --no-deps" in value for value in installs)
    assert "ADD" not in {word for word, _ in steps}


def test_the_recipe_starts_no_shell() -> None:
    """As a list of words, so that a signal reaches the command itself."""
    told = dict(instructions())
    for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"):
        assert json.loads(told[word][told[word].index("[") :])


def test_the_recipe_names_files_that_are_there() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert [file for file in re.findall(r"-f (\S+)", text) if not (ROOT / file).is_file()] == []
    assert set(re.findall(r"\bLEADS_[A-Z_]+", text)) <= set(first_column("variable"))


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="there is no hadolint here")
def test_hadolint_finds_nothing_wrong() -> None:
    done = subprocess.run(["hadolint", DEPLOY / "Containerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_recipe_leaves_out_is_not_needed() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv*", "var"} <= set(left_out), "neither history nor leads go into an image"
    assert not {"constraints.txt", "pyproject.toml", "deploy", "*.py"} & set(left_out)


def health_check(port: int) -> int:
    """The recipe's health check, asked of another port."""
    told = dict(instructions())["HEALTHCHECK"]
    command = json.loads(told[told.index("[") :])
    assert command[0] == "python"
    script = command[2].replace("3000", str(port))
    return subprocess.run(["python3", "-c", script], capture_output=True, check=False, timeout=30).returncode


def test_the_health_check_fails_where_nobody_answers() -> None:
    assert health_check(1) != 0


@pytest.mark.slow
def test_the_health_check_passes_where_the_page_asks_for_a_token(tmp_path: Path) -> None:
    ui = started(tmp_path / "home", LEADS_UI_TOKEN="a-token-of-16-signs")
    try:
        assert health_check(ui.port) == 0
    finally:
        assert ended(ui, signal.SIGTERM) == []
