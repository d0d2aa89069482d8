"""Every reader of a home's own files, over files damaged in any way: they are read, or a word names the file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.decisions.log import read_decisions
from sources.problems import Unreadable
from tests.fuzz.home_files import HomeFile, damaged_home_files, home_files


@pytest.mark.parametrize("file", home_files(), ids=lambda file: file.path)
def test_an_honest_file_is_read(file: HomeFile) -> None:
    with TemporaryDirectory() as folder:
        _put(Path(folder), file, file.content)
        assert file.read(Path(folder)) is not None


@pytest.mark.slow
@settings(max_examples=40)  # `make fuzz` tries more
@given(st.lists(damaged_home_files(), min_size=1, max_size=12))
def test_a_damaged_file_of_the_home_is_read_or_named(files: list[tuple[HomeFile, bytes]]) -> None:
    home_files_read(files)


FOUND = [  # by `make fuzz`
    ("overrides/decisions.csv", b"num\rber,at\n1,2"),
    ("publishable.csv", b'country,channel,addressee,needs,law\n"DE\n",email,person,granted,x\n'),
    ("publishable.csv", b"country,channel,addressee,needs,law\nDE,email,person,granted," + b"x" * 200_000),
    ("mail_evidence.csv", b"kind,subject,outcome,observed_at,detail\na,b,c,d,e,f,g\n"),
    ("overrides/withdrawn.csv", b"decision,source,file,file_hash,source_record_id,who,at,why,Source\n"),
]


@pytest.mark.parametrize(("path", "content"), FOUND)
def test_what_was_found_before_stays_found(path: str, content: bytes) -> None:
    home_files_read([(next(file for file in home_files() if file.path == path), content)])


def test_lines_that_end_as_on_old_macs_are_no_reason_to_pass_a_decision_over() -> None:
    file = next(file for file in home_files() if file.path == "overrides/decisions.csv")
    with TemporaryDirectory() as folder:
        _put(Path(folder), file, file.content.replace(b"\n", b"\r"))
        assert read_decisions(Path(folder) / "overrides").height == 3


def home_files_read(files: list[tuple[HomeFile, bytes]]) -> None:
    """Read files, each in a home of its own; what cannot be read is named."""
    for file, content in files:
        with TemporaryDirectory() as folder:
            _put(Path(folder), file, content)
            try:
                file.read(Path(folder))
            except (OSError, ValueError, Unreadable) as error:
                assert Path(file.path).name in str(error), (type(error), str(error)[:500], content[:500])


def _put(home: Path, file: HomeFile, content: bytes) -> None:
    for name, put in ((file.path, content), *file.beside):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(put)
