"""Dagster's daemon (schedule, sensor, queue of runs) as a process that lives no longer than the one that started it.

Belongs here: that bond. Does not belong here: what the daemon does.
"""

import os
import signal
import sys
import threading


def _end_with_parent() -> None:
    sys.stdin.buffer.read()  # it ends when the parent closes it or is gone, however that came about
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from dagster._daemon.cli import cli  # takes seconds

    cli()
