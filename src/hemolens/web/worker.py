"""A process that does jobs: ``python -m hemolens.web.worker``, with the settings as JSON on its first line of input.

It ends when its input ends, which is when the process that started it is gone, and when a job takes more time or memory
than it may; the job then says so. A job that is cancelled ends the process, too: nothing else stops a computation.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn
from uuid import uuid4

import psutil

from hemolens.errors import HemolensError
from hemolens.web import queue
from hemolens.web.counting import count_photograph
from hemolens.web.database.tables import JobRow
from hemolens.web.results import write_results
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

IDLE_SECONDS = 0.3
RENEW_SECONDS = 0.5
_log = logging.getLogger("hemolens.web.worker")

Job = Callable[[Service, JobRow, "Held"], None]

KINDS: dict[str, Job] = {"count": count_photograph, "results": write_results}
"""Kind of a job → what does it."""


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
        while not self._is_over.wait(RENEW_SECONDS):
            if time.monotonic() - self._since > settings.job_seconds:
                self._end(f"it took more than {settings.job_seconds:.0f} s, the limit of this service")
            if psutil.Process().memory_info().rss > settings.job_memory_bytes:
                self._end(f"it needed more than {settings.job_memory_bytes / 1e9:.1f} GB, the limit of this service")
            with self._service.database.writing() as session:
                is_ours = queue.renew(session, self.job_id, self.worker, round(self.progress, 2))
            if not is_ours and not self._is_over.is_set():
                _leave()

    def _end(self, error: str) -> NoReturn:
        with self._service.database.writing() as session:
            queue.fail(session, self.job_id, self.worker, error)
        _leave()


def do_one(service: Service, worker: str) -> bool:
    """Do the oldest job that waits.

    Returns
    -------
    bool
        False where none waits.

    """
    with service.database.writing() as session:
        job = queue.claim(session, worker)
    if job is None:
        return False
    error = ""
    with Held(service, job.id, worker) as held:
        try:
            KINDS[job.kind](service, job, held)
        except HemolensError as fault:
            error = str(fault)
        except MemoryError:
            error = "it needs more memory than there is: close other programs, or cut the photograph into parts"
        except Exception as bug:  # a bug in one photograph's path must not cost the others their counts
            _log.exception("a job failed")
            error = f"a bug in hemolens, please report it: {type(bug).__name__}: {bug}"
    if error:
        with service.database.writing() as session:
            queue.fail(session, job.id, worker, " ".join(error.split()))
    return True


def main() -> None:
    """Do jobs until the one who started this is gone."""
    service = Service(ServeSettings.model_validate_json(sys.stdin.readline()))
    worker = uuid4().hex
    threading.Thread(target=_leave_with_parent, args=(service, worker), daemon=True).start()
    while True:
        if not do_one(service, worker):
            time.sleep(IDLE_SECONDS)


def _leave_with_parent(service: Service, worker: str) -> NoReturn:
    sys.stdin.read()
    with suppress(Exception), service.database.writing() as session:  # else the lease runs out
        queue.give_back(session, worker)
    _leave()


def _leave() -> NoReturn:
    os._exit(0)  # at once, whatever another thread computes


if __name__ == "__main__":
    main()
