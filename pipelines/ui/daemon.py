"""Dagster's daemon (schedule, sensor, queue of runs) as a process that lives no longer than the one that started it.

Belongs here: that bond, also for the others that one started (code servers, runs). Does not belong here: what the
daemon does.
"""

import os
import signal
import sys
import tempfile
import threading
from contextlib import suppress

import psutil


def _end_with_parent() -> None:
    # It ends when the parent closes it or is gone, however that came about. Unbuffered: a thread that holds the lock of
    # a buffer when Python ends is a fatal error.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    for process in psutil.process_iter():
        # All have the temporary folder of their parent, and nobody else has.
        with suppress(psutil.Error):
            if process.environ().get("TMPDIR") == tempfile.gettempdir() and process.pid not in (os.getpid(), 1):
                process.terminate()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from dagster._daemon.cli import cli  # takes seconds

    cli()
