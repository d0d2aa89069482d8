"""A mortal process: it stays for the next question, is replaced when it is gone, and says when a question ended it."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from engine.beside import EndedBeside
from engine.mortal import Mortal
from engine.temporary import own_temporary_folder, put_temporary_files


def prepare() -> None:
    os.environ["PREPARED"] = "yes"


def prepared() -> tuple[int, str | None]:
    return os.getpid(), os.environ.get("PREPARED")


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def end_while_unpacking(folder: str) -> None:
    put_temporary_files(folder)
    with tempfile.TemporaryDirectory() as unpacked:
        (Path(unpacked) / "content").write_text("a lead")
        end()


def test_one_that_was_started_ahead_answers_and_stays() -> None:
    mortal = Mortal(prepare)
    mortal.start()
    first = mortal.ask(prepared)
    assert first[1] == "yes"
    assert mortal.ask(prepared) == first
    mortal.close()


def test_the_question_that_ends_it_is_told_and_the_next_one_answered() -> None:
    mortal = Mortal(prepare)
    with pytest.raises(EndedBeside) as ended:
        mortal.ask(end)
    assert ended.value.exitcode == -signal.SIGKILL
    assert mortal.ask(prepared)[1] == "yes"
    mortal.close()


def test_one_that_was_killed_between_questions_is_replaced() -> None:
    mortal = Mortal()
    process = mortal.ask(os.getpid)
    os.kill(process, signal.SIGKILL)
    assert mortal.ask(os.getpid) != process
    mortal.close()


def test_what_it_left_when_it_was_killed_goes_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mortal = Mortal()
    with own_temporary_folder() as folder:
        with pytest.raises(EndedBeside):
            mortal.ask(end_while_unpacking, str(folder))
        assert list(folder.rglob("content"))
    assert not list(tmp_path.rglob("content"))
