"""Parts side by side give what they give one after the other; no worker outlives whom it works for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import pytest

from engine.workers import cores, in_processes, in_threads


def end_once(number: int, note: Path) -> int:
    """The square, but the first one who works at 2 is killed."""
    if number == 2 and not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def end(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def square(number: int) -> int:
    if number < 0:
        raise ValueError("no square asked for")
    return number * number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_parts(workers: int) -> None:
    assert list(in_processes(square, [3, 1, 2], weights=[1, 5, 9], workers=workers)) == [9, 1, 4]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_part_raises_is_raised_here(workers: int) -> None:
    with pytest.raises(ValueError, match="no square"):
        list(in_processes(square, [1, -1], workers=workers))


def test_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    job = partial(end_once, note=tmp_path / "killed")
    assert list(in_processes(job, [3, 1, 2, 4], workers=2)) == [9, 1, 4, 16]


def test_a_part_that_kills_whoever_works_at_it_is_told() -> None:
    with pytest.raises(BrokenProcessPool):
        list(in_processes(end, [1, 2], workers=2))


def test_threads_keep_the_order_and_do_not_run_far_ahead() -> None:
    begun: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(100):
            begun.append(number)
            yield number

    results = in_threads(square, parts())
    assert [next(results), next(results)] == [0, 1]
    assert len(begun) <= 2 + cores() + 1
    assert list(results) == [number * number for number in range(2, 100)]


def test_a_killed_parent_leaves_no_worker(tmp_path: Path) -> None:
    note = tmp_path / "worker"
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from engine.workers import in_processes\n"
        "def wait(path):\n"
        "    Path(path).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    list(in_processes(wait, [sys.argv[1]], workers=2))\n"
    )
    parent = subprocess.Popen([sys.executable, str(program), str(note)])
    while not (note.exists() and note.read_text()):
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    worker = int(note.read_text())
    for _ in range(200):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2]:
            return
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker went on without its parent")
