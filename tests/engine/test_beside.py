"""A process beside this one: it answers, tells its errors, and does not outlive who asked."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import RLock

import pytest

from engine.beside import EndedBeside, beside


def prepare() -> None:
    os.environ["PREPARED"] = "yes"


def prepared(suffix: str) -> str:
    return os.environ["PREPARED"] + suffix


def half(number: int) -> float:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number / 2


def linger() -> None:
    time.sleep(60)


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def take_a_lock() -> None:
    globals()["LOCK"] = RLock()


def alive(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_it_prepares_itself_and_answers_in_turn() -> None:
    with beside(prepare) as ask:
        assert ask(prepared, "!") == "yes!"
        assert [ask(half, number) for number in (2, 4)] == [1, 2]
        assert ask(os.getpid) != os.getpid()


def test_what_a_job_raises_is_raised_here_and_the_next_is_answered() -> None:
    with beside(prepare) as ask:
        with pytest.raises(ValueError, match="3 is odd"):
            ask(half, 3)
        assert ask(half, 4) == 2


def test_it_ends_with_the_block() -> None:
    with beside(prepare) as ask:
        process = ask(os.getpid)
    assert not alive(process)


def test_it_ends_with_the_block_even_while_it_still_prepares_itself() -> None:
    begun = time.monotonic()
    with beside(linger):
        pass
    assert time.monotonic() - begun < 30


def test_a_killed_process_is_told_with_what_to_look_at() -> None:
    with beside(prepare) as ask:
        with pytest.raises(EndedBeside, match="memory"):
            ask(end)
        with pytest.raises(EndedBeside):
            ask(half, 2)


def test_what_a_library_there_still_holds_is_not_told_as_leaked() -> None:
    program = (
        "from engine.beside import beside\n"
        "from tests.engine.test_beside import prepare, take_a_lock\n"
        "with beside(prepare) as ask: ask(take_a_lock)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
