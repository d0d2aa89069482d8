"""Every reader of a home's own files, over files damaged in any way: they are read, or a word names the file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.problems import Unreadable
from tests.fuzz.home_files import HomeFile, damaged_home_files, home_files


@pytest.mark.parametrize("file", home_files(), ids=lambda file: file.path)
def test_an_honest_file_is_read(file: HomeFile) -> None:
    with TemporaryDirectory() as folder:
        _put(Path(folder), file, file.content)
        assert file.read(Path(folder)) is not None


@settings(max_examples=40)  # `make fuzz` tries more
@given(st.lists(damaged_home_files(), min_size=1, max_size=12))
def test_a_damaged_file_of_the_home_is_read_or_named(files: list[tuple[HomeFile, bytes]]) -> None:
    home_files_read(files)


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
