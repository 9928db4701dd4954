"""Photographs are counted by several processes of this machine, each with a photograph of its own.

That is quicker than one process whose network uses all processors: reading, resampling and drawing run on one only.

A worker ends with the process that started it, however that ends, and leaves Ctrl-C to it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection

import cv2

from hemolens.batch.photograph_task import Counting, PhotographTask, count_here, count_photograph
from hemolens.output.photograph_output import PhotographOutput, failed_output
from hemolens.segmentation.onnx_runtime import n_processors

AHEAD = 3
"""So many photographs for each worker are begun or wait to be written. The photographs are written in their order, and
one that takes long holds up those after it; more of them would take more memory."""

TRIES = 2
"""How often a photograph is tried alone after a worker died that may have died of it."""

_CONTEXT = multiprocessing.get_context("spawn")  # a forked ONNX Runtime, with its threads, would hang


def usable_processors() -> int:
    """Count the processors that this process may use."""
    return n_processors() or os.cpu_count() or 1


def keep_opencv_to_processors() -> None:
    """Give OpenCV as many threads as the network; by itself it takes one for each processor, in every process.

    Only for a process of our own: all that uses OpenCV in it is concerned.
    """
    cv2.setNumThreads(usable_processors())


def counting_by(n_workers: int | None, n_photographs: int) -> Counting:
    """Choose where photographs are counted.

    Parameters
    ----------
    n_workers : int or None
        Processes at most, 1 or more; None for one for each processor that this one may use.
    n_photographs : int
        How many there are to count: no more processes than that are started, and for one alone none.

    """
    n_workers = min(n_workers or usable_processors(), n_photographs)
    return partial(count_by_workers, n_workers=n_workers) if n_workers > 1 else count_here


def count_by_workers(tasks: Iterable[PhotographTask], n_workers: int) -> Generator[PhotographOutput]:
    """Count photographs by processes of this machine.

    A worker may die, of a photograph that needs too much memory or because somebody has killed it. It is not known
    which of the photographs in work it died of, so these are counted again, each alone; one that ends its worker then,
    too, is not counted.

    Parameters
    ----------
    tasks : iterable of PhotographTask
    n_workers : int
        How many processes.

    Yields
    ------
    PhotographOutput
        In the order of the tasks.

    """
    waiting, begun = iter(tasks), deque[tuple[PhotographTask, Future[PhotographOutput]]]()
    pool = _Pool(n_workers)
    try:
        while True:
            while len(begun) < AHEAD * n_workers and (task := next(waiting, None)) is not None:
                begun.append((task, pool.submit(task)))
            if not begun:
                return
            try:
                counted = begun[0][1].result()
            except BrokenExecutor:
                pool.restart()
                begun = deque((task, future if _is_sound(future) else pool.alone(task)) for task, future in begun)
                continue
            begun.popleft()
            yield counted
    finally:
        pool.end()


def _is_sound(future: Future[PhotographOutput]) -> bool:
    return future.done() and not isinstance(future.exception(), BrokenExecutor)


class _Pool:
    """Worker processes that can be started anew and ended at once."""

    def __init__(self, n_workers: int) -> None:
        self._n_workers = n_workers
        self._start()

    def submit(self, task: PhotographTask) -> Future[PhotographOutput]:
        with signals_kept_from_workers():
            try:
                return self._executor.submit(count_photograph, task)
            except BrokenExecutor:  # a worker died while nobody looked
                self.restart()
                return self._executor.submit(count_photograph, task)

    def alone(self, task: PhotographTask) -> Future[PhotographOutput]:
        """Count one photograph while nothing else is in work."""
        for _ in range(TRIES):
            future = self.submit(task)
            if not isinstance(future.exception(), BrokenExecutor):  # waits for it
                return future
            self.restart()
        image = task.candidate.entry.image
        error = f"'{image}' ended the process that counted it, {TRIES} times: it may need more memory than there is"
        failed: Future[PhotographOutput] = Future()
        failed.set_result(failed_output(task.candidate.entry, error, task.output, task.place))
        return failed

    def restart(self) -> None:
        self.end()
        self._start()

    def end(self) -> None:
        """End the workers, whatever they do."""
        self._held_open.close()
        self._executor.shutdown(cancel_futures=True)
        self._watched.close()

    def _start(self) -> None:
        self._watched, self._held_open = _CONTEXT.Pipe(duplex=False)
        n_threads = max(1, usable_processors() // self._n_workers)
        self._executor = ProcessPoolExecutor(self._n_workers, _CONTEXT, _begin_worker, (self._watched, n_threads))


@contextmanager
def signals_kept_from_workers() -> Iterator[None]:
    """Hold Ctrl-C back while workers may be started: they start, and go on, with these signals blocked."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker(watched: Connection, n_threads: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(n_threads)  # the processors are shared out among the workers
    keep_opencv_to_processors()
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _end_with(watched: Connection) -> None:
    """End this process as soon as nobody holds the other end of a pipe any more."""
    with suppress(EOFError, OSError):
        watched.recv()
    os._exit(1)
