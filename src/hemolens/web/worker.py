"""A process that does jobs: ``python -m hemolens.web.worker``, with the settings as JSON on its first line of input.

It ends when its input ends, which is when the process that started it is gone, and when a job takes more time or memory
than it may; the job then says so. A job that is cancelled ends the process, too: nothing else stops a computation.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn
from uuid import uuid4

from hemolens.errors import HemolensError
from hemolens.web import queue
from hemolens.web.counting import count_photograph
from hemolens.web.database.sessions import BUSY
from hemolens.web.database.tables import JobRow
from hemolens.web.held_job import Held, leave
from hemolens.web.learning import learn_from_corrections
from hemolens.web.log import log_to_standard_error
from hemolens.web.results import write_results
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

IDLE_SECONDS = 0.3
NICENESS = 5
"""How much a worker gives way to the server, so that the page stays quick while photographs are counted."""
_log = logging.getLogger("hemolens.web.worker")

Job = Callable[[Service, JobRow, Held], None]

KINDS: dict[str, Job] = {"count": count_photograph, "results": write_results, "learning": learn_from_corrections}
"""Kind of a job → what does it."""


def do_one(service: Service, worker: str) -> bool:
    """Do the oldest job that waits.

    Returns
    -------
    bool
        False where none waits.

    Raises
    ------
    :data:`~hemolens.web.database.sessions.BUSY`
        What became of the job cannot be written; it waits again when its lease is over.

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
        except BUSY:
            raise
        except Exception as bug:  # a bug in one photograph's path must not cost the others their counts
            _log.exception("a job failed")
            error = f"a bug in hemolens, please report it: {type(bug).__name__}: {bug}"
    if error:
        with service.database.writing() as session:
            queue.fail(session, job.id, worker, " ".join(error.split()))
    return True


def main() -> None:
    """Do jobs until the one who started this is gone; Ctrl-C is for that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    settings = ServeSettings.model_validate_json(sys.stdin.readline())
    log_to_standard_error(settings)
    service = Service(settings)
    worker = uuid4().hex
    threading.Thread(target=_leave_with_parent, args=(service, worker), daemon=True).start()
    while True:
        try:
            is_idle = not do_one(service, worker)
        except BUSY as fault:
            _log.warning("the database does not answer: %s", fault.__class__.__name__)
            is_idle = True
        if is_idle:
            time.sleep(IDLE_SECONDS)


def _leave_with_parent(service: Service, worker: str) -> NoReturn:
    while os.read(sys.stdin.fileno(), 1024):  # holding no lock of sys.stdin, which a forked process wants to close
        pass
    with suppress(Exception), service.database.writing() as session:  # else the lease runs out
        queue.give_back(session, worker)
    leave()


if __name__ == "__main__":
    main()
