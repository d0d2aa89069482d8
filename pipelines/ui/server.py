"""Dagster's page in this process, behind the guard; its code server and its daemon as processes of ours.

Belongs here: what is started, and that all of it ends. Does not belong here: who is answered (`pipelines.ui.guard`,
`pipelines.ui.login`).

No port is open but the guard's: the code server listens on a socket file in a folder that only its owner enters.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import psutil
import uvicorn
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__
from starlette.types import ASGIApp

from assets.resources.home import WORKSPACE, Home
from pipelines.history import open_history
from pipelines.ui.guard import BODY_BYTES

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 15  # seconds for a run to write down that it was stopped


def serve(home: Home, bound: socket.socket, guarded: Callable[[ASGIApp], ASGIApp], ready: Callable[[], None]) -> int:
    """Serve the page until a signal comes; all that was started is gone on return.

    Args:
        home: whose history is shown and whose nights are run; `LEADS_HOME` and `DAGSTER_HOME` name it too.
        bound: where to listen.
        guarded: puts what guards it in front of Dagster's own application.
        ready: called when the page can be opened.

    Returns:
        The exit code: 0 where it was told to end.
    """
    for one in _SIGNALS:
        # A shell without job control has what it starts ignore SIGINT. Only who says `nohup` means what he says.
        if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN:
            signal.signal(one, _end)
    family: list[psutil.Process] = []
    try:
        with _private_folder() as folder, ExitStack() as services:
            services.callback(_end_all, family)
            try:
                context, daemon = _started(services, home, folder)
                server = _server(guarded(create_app_from_workspace_process_context(context)), daemon)
                bound.listen()
                ready()
                server.run(sockets=[bound])
                return daemon.poll() or 1  # no signal came: the daemon broke
            finally:
                for one in _SIGNALS:
                    signal.signal(one, signal.SIG_IGN)  # ending takes seconds, and must come to its end
                family += psutil.Process().children(recursive=True)
    except _Ended:
        return 0


def _started(services: ExitStack, home: Home, folder: Path) -> tuple[WorkspaceProcessContext, subprocess.Popen[bytes]]:
    """What Dagster's page needs to know, and the daemon."""
    os.chdir(home.dagster)  # Dagster reads a file `.env` where it stands; whose that is must not depend on the shell
    instance = services.enter_context(open_history(home))
    ours = WorkspaceFileTarget([str(WORKSPACE)])
    code = services.enter_context(ProxyServerManager(instance, ours, "warning"))
    workspace = folder / "workspace.yaml"
    # YAML is a superset of JSON.
    workspace.write_text(json.dumps({"load_from": code.get_code_server_specs()}), encoding="utf-8")
    command = [sys.executable, "-m", "pipelines.ui.daemon", "run", "--log-level", "warning", "-w", str(workspace)]
    daemon = subprocess.Popen(command, stdin=subprocess.PIPE)
    services.callback(_end_daemon, daemon)
    served = WorkspaceFileTarget([str(workspace)])
    return services.enter_context(WorkspaceProcessContext(instance, served, version=__version__)), daemon


def _server(app: ASGIApp, daemon: subprocess.Popen[bytes]) -> uvicorn.Server:
    async def watch() -> None:
        if daemon.poll() is not None:
            server.should_exit = True

    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",  # the strict one
            lifespan="off",
            ws_max_size=BODY_BYTES,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            callback_notify=watch,
            timeout_notify=5,
            timeout_graceful_shutdown=1,
        )
    )
    return server


def _is_news(record: logging.LogRecord) -> bool:
    """A question that was under way when the page ended is no fault of anybody."""
    return not (record.exc_info and isinstance(record.exc_info[1], CancelledError))


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Where temporary files of this process and of those it starts lie."""
    with tempfile.TemporaryDirectory(prefix="leads-ui-", ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        yield Path(folder)


class _Ended(BaseException):
    """A signal came."""


def _end(number: int, frame: object) -> NoReturn:
    raise _Ended


def _end_daemon(daemon: subprocess.Popen[bytes]) -> None:
    """Before the code server that it asks; what it is at comes to its end."""
    daemon.terminate()
    with suppress(subprocess.TimeoutExpired):
        daemon.wait(_GRACE)
    assert daemon.stdin
    daemon.stdin.close()


def _end_all(family: list[psutil.Process]) -> None:
    """A run that is at work is stopped as Ctrl-C stops it, and writes that down."""
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(family, timeout=_GRACE)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_GRACE)
