"""The server and its workers, started and ended together."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from hemolens.errors import UsageError, quoted
from hemolens.web.accounts import require_accounts
from hemolens.web.app import create_app
from hemolens.web.deletion import delete_what_nobody_needs
from hemolens.web.events import forget_old_events
from hemolens.web.log import log_to_standard_error
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

BACKLOG = 256
LOOK_SECONDS = 0.5
TIDY_SECONDS = 3600.0
_log = logging.getLogger("hemolens.web")


class Workers:
    """The worker processes of a service: those that end are started again, and all end with this process."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._processes: list[subprocess.Popen[str]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look_after, daemon=True)

    def __enter__(self) -> Workers:
        self._processes = [self._start() for _ in range(self._settings.n_workers)]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        for process in self._processes:
            process.kill()
            _close(process)

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-m", "hemolens.web.worker"], stdin=subprocess.PIPE, text=True)
        if process.stdin is not None:
            process.stdin.write(self._settings.model_dump_json() + "\n")
            process.stdin.flush()
        return process

    def _look_after(self) -> None:
        while not self._is_over.wait(LOOK_SECONDS):
            for number, process in enumerate(self._processes):
                if process.poll() is not None:
                    if process.returncode:
                        _log.warning("a worker ended unexpectedly (%s)", process.returncode)
                    _close(process)
                    self._processes[number] = self._start()


def _close(process: subprocess.Popen[str]) -> None:
    with suppress(OSError), process:  # closes its input, and waits until it has ended
        pass


def serve(settings: ServeSettings, when_ready: Callable[[Service, str], None] = lambda service, url: None) -> None:
    """Serve until the user or the system ends it.

    Parameters
    ----------
    settings : ServeSettings
    when_ready : callable
        Called with the service and its address as soon as it listens.

    Raises
    ------
    UsageError
        The port is taken, the address is not this machine's, or others reach it and there are no accounts.

    """
    log_to_standard_error(settings)
    listener = _listen(settings)
    service = Service(settings)
    over = threading.Event()
    tidying = threading.Thread(target=_tidy, args=(service, over), daemon=True)
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        service.database.upgrade()
        require_accounts(service.database, settings)
        service.storage.clear_drafts()
        with Workers(settings):
            tidying.start()
            when_ready(service, url)
            server.run(sockets=[listener])
    finally:
        over.set()
        service.close()
        listener.close()


def _listen(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that answers do not wait
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)  # who comes before the server runs waits
    except OSError as error:
        listener.close()
        raise UsageError(
            "the service cannot listen there",
            came=f"{quoted(settings.host)}, port {settings.port} ({error.strerror})",
            allowed="an address of this machine, and a port that nobody uses",
            do="choose another port with --port, or end what uses it",
        ) from error
    return listener


def _tidy(service: Service, over: threading.Event) -> None:
    while True:
        try:
            delete_what_nobody_needs(service)
            with service.database.writing() as session:
                forget_old_events(session)
        except Exception:  # tomorrow is another day
            _log.exception("tidying up failed")
        if over.wait(TIDY_SECONDS):
            return
