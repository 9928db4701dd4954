"""Photographs are counted by the workers of a dask cluster, on this machine or on many.

dask starts a photograph again whose worker has died, gives work to whoever is idle, and shows on its dashboard what
goes on. What is done here is to bound how much is in work, and to send a worker once what it may not have: models that
are no part of hemolens. The blocks of a slide are tasks of their own, so that one slide is counted by all workers.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from itertools import chain, islice
from typing import TYPE_CHECKING

from hemolens import __version__
from hemolens.batch.photograph_task import Counting, PhotographTask, count_photograph
from hemolens.batch.workers import AHEAD, keep_opencv_to_processors, signals_kept_from_workers
from hemolens.block_count import BlockCount, count_block
from hemolens.errors import ClusterError, HemolensError, PhotographError, UsageError, quoted
from hemolens.files.remote import RemoteFile
from hemolens.images.slides.slide import Slide
from hemolens.models.method import Methods
from hemolens.models.store import ModelFile, keep_sent, read_model, shipped_models
from hemolens.output.photograph_output import PhotographOutput, failed_output
from hemolens.output.run_record import library_versions
from hemolens.pipeline import count_blocks
from hemolens.plan.blocks import Block
from hemolens.plan.plan import Plan

if TYPE_CHECKING:
    from distributed import Client, Future, KilledWorker

ALLOWED = "local:N with N worker processes on this machine, or the address of a dask scheduler: tcp://host:port"

LOOK_S, DESERTED_S = 10.0, 120.0
"""How often the workers of this machine are looked after while a photograph is waited for, and how long all of them may
be away: one that has died is started again within seconds."""

RECOUNT_S = 1.0
"""How often the threads of a cluster are counted: workers come and go."""

_LOCAL = re.compile(r"local:([1-9][0-9]{0,3})")
_REMOTE = re.compile(r"(tcp|tls)://.+:[0-9]+")


@dataclass(frozen=True, eq=False)
class Kit:
    """What a worker must have to count for a run.

    Attributes
    ----------
    versions : dict
        hemolens and libraries that the numbers depend on → version.
    models : tuple of ModelFile
        Those that do not come with hemolens.

    """

    versions: dict[str, str | None]
    models: tuple[ModelFile, ...]

    @classmethod
    def of(cls, methods: Methods) -> Kit:
        """Put together what the workers need for these methods."""
        own = {each.model for each in methods.values() if not each.card.segmentation} - set(shipped_models())
        return cls(_versions(), tuple(map(read_model, sorted(own))))

    def unpack(self) -> None:
        """Get ready for the run in this process.

        Raises
        ------
        UsageError
            Here is another version than where the run was begun.

        """
        others = {name: version for name, version in _versions().items() if version != self.versions[name]}
        if others:
            raise UsageError(
                "a worker has other versions than the machine that writes the results",
                came=", ".join(f"{name} {version}" for name, version in others.items()),
                allowed=", ".join(f"{name} {self.versions[name]}" for name in others),
                do="install the same on both",
                option="cluster",
            )
        keep_opencv_to_processors()  # dask gives each worker OMP_NUM_THREADS
        for model in self.models:
            keep_sent(model)


@cache
def _versions() -> dict[str, str | None]:
    return {"hemolens": __version__, **library_versions()}


def counting_on(address: str) -> Counting:
    """Choose a cluster to count photographs on.

    Parameters
    ----------
    address : str
        ``local:N`` for N worker processes on this machine, or the address of a dask scheduler, such as
        ``tcp://scheduler:8786``.

    Raises
    ------
    UsageError
        It is no such address, or dask is not installed.

    """
    if not (_LOCAL.fullmatch(address) or _REMOTE.fullmatch(address)):
        do = "write it like local:4 or tcp://scheduler:8786"
        raise UsageError("no address of a cluster", came=quoted(address), allowed=ALLOWED, do=do, option="cluster")
    if find_spec("distributed") is None:
        allowed, do = "an environment with hemolens[cluster]", "run: pip install 'hemolens[cluster]'"
        raise UsageError("dask is not installed", came="no distributed", allowed=allowed, do=do, option="cluster")
    return partial(count_on_cluster, address=address)


def count_on_cluster(tasks: Iterable[PhotographTask], address: str) -> Generator[PhotographOutput]:
    """Count photographs by the workers of a dask cluster.

    A photograph whose workers die, as often as the cluster's setting ``distributed.scheduler.allowed-failures`` lets
    it be tried, is not counted.

    Parameters
    ----------
    tasks : iterable of PhotographTask
        Of one run: all are counted in the same way.
    address : str
        As in :func:`counting_on`.

    Yields
    ------
    PhotographOutput
        In the order of the tasks.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, was lost, or its workers lack something.
    UsageError
        Its workers have other versions.

    """
    waiting = iter(tasks)
    first = next(waiting, None)
    if first is None:
        return
    waiting = chain([first], waiting)
    begun: deque[tuple[PhotographTask, Future[PhotographOutput]]] = deque()
    with _loss_named(address), connected(address) as client:
        kit = client.submit(_as_given, Kit.of(first.options.methods), pure=False)  # each worker gets it once
        n_threads, asked = 1, -RECOUNT_S
        while True:
            if time.monotonic() - asked >= RECOUNT_S:  # not for each photograph: of many workers, it is a long list
                n_threads, asked = max(1, sum(client.nthreads().values())), time.monotonic()
            for task in islice(waiting, max(0, AHEAD * n_threads - len(begun))):
                begun.append((task, client.submit(_count_photograph, task, kit, pure=False)))
            if not begun:
                return
            _wait_for(begun[0][1], client)
            counted = _result_of(*begun[0])
            begun.popleft()
            yield counted


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a cluster, after starting one if it is to be on this machine; end that afterwards.

    Parameters
    ----------
    address : str
        As in :func:`counting_on`.

    Raises
    ------
    ClusterError
        Nothing answers there.

    """
    import dask
    from distributed import Client, LocalCluster

    local = _LOCAL.fullmatch(address)
    # a worker has the photograph that it counts, and no other: if it dies, it was of that one
    one_each = {"distributed.scheduler.worker-saturation": 1.0}
    with ExitStack() as stack:
        where: str | LocalCluster = address
        if local:
            with signals_kept_from_workers(), dask.config.set(one_each):
                where = stack.enter_context(
                    LocalCluster(
                        n_workers=int(local[1]),
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        silence_logs=logging.CRITICAL,
                    )
                )
        try:
            client = stack.enter_context(Client(where, set_as_default=False))
        except OSError as error:
            raise _out_of_reach("the cluster cannot be reached", address, error) from error
        yield client


@contextmanager
def _loss_named(address: str) -> Iterator[None]:
    try:
        yield
    except (CancelledError, OSError) as error:
        raise _out_of_reach("the cluster was lost", address, error) from error


def _result_of(task: PhotographTask, future: Future[PhotographOutput]) -> PhotographOutput:
    """Give what has come of a photograph."""
    from distributed import KilledWorker

    try:
        counted: PhotographOutput = future.result()
        return counted
    except KilledWorker as killed:
        return failed_output(task.candidate.entry, _killed(task.candidate.entry.image, killed), task.output, task.place)
    except (HemolensError, CancelledError, OSError):
        raise
    except Exception as error:  # what goes wrong with a photograph has become a row: this is about the worker
        raise ClusterError(
            "a worker cannot count",
            came=quoted(f"{type(error).__name__}: {error}"),
            allowed="workers in an environment like this one, with hemolens[cluster]",
            do="install hemolens where they run, and start them again",
        ) from error


def _wait_for(future: Future[PhotographOutput], client: Client) -> None:
    """Wait until a photograph is counted; not for ever where the workers of this machine do not come back."""
    seen = time.monotonic()
    while True:
        with suppress(TimeoutError):
            future.exception(LOOK_S)
            return
        if client.cluster is None or client.scheduler_info()["workers"]:  # others start their workers when they like
            seen = time.monotonic()
        elif time.monotonic() - seen > DESERTED_S:
            raise CancelledError


def _out_of_reach(what: str, address: str, error: BaseException) -> ClusterError:
    came = f"{quoted(address)} ({type(error).__name__})"
    allowed = "a scheduler that answers until the run is over"
    return ClusterError(what, came=came, allowed=allowed, do="start it again, and go on with resume")


def _killed(image: str, killed: KilledWorker) -> str:
    n_tries = killed.allowed_failures + 1
    return f"'{image}' ended the process that counted it, {n_tries} times: it may need more memory than there is"


def _as_given(kit: Kit) -> Kit:
    return kit


def _count_photograph(task: PhotographTask, kit: Kit) -> PhotographOutput:
    kit.unpack()
    if isinstance(task.candidate.found, RemoteFile):  # other workers do not see where it is fetched to
        return count_photograph(task)
    return count_photograph(task, partial(_count_blocks, kit=kit))


def _count_blocks(plan: Plan, kit: Kit) -> Sequence[BlockCount]:
    """Count the blocks of a slide by all workers; a photograph is smaller than what would have to be sent."""
    from distributed import KilledWorker, worker_client

    if not isinstance(plan.image, Slide) or len(plan.blocks) == 1:
        return count_blocks(plan)
    with worker_client() as client:  # while it waits, its worker does other work
        shared = client.scatter((plan, kit), hash=False)
        # blocks go before photographs: slides are finished rather than begun
        counted = client.map(_count_block, [shared] * len(plan.blocks), plan.blocks, priority=1, pure=False)
        try:
            found: list[BlockCount] = client.gather(counted)
            return found
        except KilledWorker as killed:
            raise PhotographError(
                "a part of the slide ended the process that counted it",
                came=_killed(plan.image.name, killed),
                allowed="workers with memory for a block",
                do="count with fewer workers on a machine",
            ) from killed


def _count_block(shared: tuple[Plan, Kit], block: Block) -> BlockCount:
    plan, kit = shared
    kit.unpack()
    return count_block(plan, block)
