"""A job while a worker has it."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import NoReturn

import psutil

from hemolens.web import queue
from hemolens.web.database.sessions import BUSY
from hemolens.web.service import Service

RENEW_SECONDS = 0.5


class Held:
    """A job that this process has leased; a thread renews the lease and keeps to the limits.

    Attributes
    ----------
    progress : float
        0 … 1; set by what does the job.

    """

    def __init__(self, service: Service, job_id: str, worker: str) -> None:
        self.progress = 0.0
        self.job_id, self.worker = job_id, worker
        self._service, self._is_over = service, threading.Event()
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Held:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _renew(self) -> None:
        settings = self._service.settings
        while True:
            if time.monotonic() - self._since > settings.job_seconds:
                self._end(f"it took more than {settings.job_seconds:.0f} s, the limit of this service")
            if psutil.Process().memory_info().rss > settings.job_memory_bytes:
                self._end(f"it needed more than {settings.job_memory_bytes / 1e9:.1f} GB, the limit of this service")
            if self._is_over.wait(RENEW_SECONDS):
                return
            is_ours = True
            with suppress(*BUSY), self._service.database.writing() as session:  # the next time, then
                is_ours = queue.renew(session, self.job_id, self.worker, round(self.progress, 2))
            if not is_ours and not self._is_over.is_set():
                leave()

    def _end(self, error: str) -> NoReturn:
        with suppress(*BUSY), self._service.database.writing() as session:  # else the lease runs out
            queue.fail(session, self.job_id, self.worker, error)
        leave()


def leave() -> NoReturn:
    """End this process at once, whatever another thread computes."""
    os._exit(0)
