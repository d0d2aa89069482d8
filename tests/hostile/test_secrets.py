"""Secrets of the environment stay there: no value of it is found in a home, in what a night says, or in any argv."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from samples.generate import write_sample
from tests.sources.building import csv_text

NAMES = ("LEADS_UI_TOKEN", "LEADS_TOKEN", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "PGPASSWORD", "GITHUB_TOKEN", "KEY")
SECRETS = {name: f"s3cr3t-{number}-of-{name.lower()}" for number, name in enumerate(NAMES)}
MAIL, PHONE = "eva.geheim@nord.example", "+49 711 9012345"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, set[str]]:
    """A home after a night, all that the night said, and the arguments of every process it started."""
    home = tmp_path_factory.mktemp("secrets") / "home"
    write_sample(home, 200, 7)
    for place in (f"online/form/Anfrage {MAIL}.csv", f"offline/{PHONE}/a.csv", f"{MAIL}.csv"):
        path = home / "inbox" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(csv_text() if place.count("/") == 2 else "x", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("leads")), "run", "--home", str(home)]
    arguments: set[str] = set()
    with (home.parent / "said.txt").open("w+", encoding="utf-8") as told:
        with subprocess.Popen(command, env=os.environ | SECRETS, stdout=told, stderr=told) as run:
            while run.poll() is None:
                arguments |= _arguments(run.pid)
                time.sleep(0.2)
        told.seek(0)
        said = told.read()
    assert run.returncode == 0, said
    return home, said, arguments


def _arguments(pid: int) -> set[str]:
    found = set()
    try:
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            found.add("\0".join(process.cmdline()))
    except psutil.NoSuchProcess:
        pass
    return found


def _content(path: Path) -> bytes:
    """The bytes of a file, and what is packed in them."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return data + repr(pq.read_table(path).to_pylist()).encode()
    if path.suffix == ".arrow":
        with ipc.open_file(data) as file:
            return data + repr(file.read_all().to_pylist()).encode()
    try:
        return data + zlib.decompress(data, wbits=47)
    except zlib.error:
        return data


def test_no_secret_is_written_said_or_handed_on(night: tuple[Path, str, set[str]]) -> None:
    home, said, arguments = night
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) > 50
    for name, secret in SECRETS.items():
        assert [path for path in files if secret.encode() in _content(path)] == [], name
        assert secret not in said
        assert not [argv for argv in arguments if secret in argv]
    assert len(arguments) > 1


def test_a_file_named_for_a_person_is_masked_where_the_night_is_told(night: tuple[Path, str, set[str]]) -> None:
    """The tables and the list to correct name it, which is how it is found; logs, history and terminal do not."""
    home, said, _ = night
    files = (path for top in ("dagster", "report") for path in (home / top).rglob("*") if path.is_file())
    told = [said.encode(), *(path.read_bytes() for path in files if path.name != "to_correct.csv")]
    assert not [text for text in told if MAIL.encode() in text or PHONE.encode() in text]
    assert "outside online/, offline/ and activity/" in said
