import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import cv2
import pytest

from hemolens.batch import workers
from hemolens.batch.photograph_task import PhotographTask, count_here
from hemolens.batch.workers import count_by_workers, counting_by
from hemolens.errors import ModelError
from hemolens.options import CountOptions

from .drawn_run import count, draw_photographs, tasks_of


class Deadly:
    """Ends the process that receives it."""

    def __reduce__(self):
        return os._exit, (1,)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    draw_photographs(folder)
    return folder


@pytest.fixture(scope="module")
def expected(photographs, tmp_path_factory):
    return count(photographs, tmp_path_factory.mktemp("one") / "out", count_here)


def test_two_workers_write_what_one_process_writes(photographs, expected, tmp_path):
    found = count(photographs, tmp_path / "out", partial(count_by_workers, n_workers=2))
    assert [bool(row["error"]) for row in found["counts"]] == [False, False, False, True, False]
    assert found == expected


def test_a_killed_worker_costs_nobody_a_count(photographs, expected, tmp_path):
    def counting(tasks):
        for n, photograph in enumerate(count_by_workers(tasks, 2)):
            if n == 0:
                os.kill(multiprocessing.active_children()[0].pid, signal.SIGTERM)
            yield photograph

    assert count(photographs, tmp_path / "out", counting) == expected


def test_a_photograph_that_ends_its_process_is_a_row_that_says_so(photographs):
    tasks = tasks_of(photographs / "0.png", Deadly(), photographs / "1.png")
    first, deadly, last = count_by_workers(tasks, 2)
    assert first.numbers is not None
    assert last.numbers is not None
    said = "'1' ended the process that counted it, 2 times: it may need more memory than there is"
    assert deadly.record.error == said


def test_what_stops_the_run_stops_it_with_workers_too(photographs, tmp_path):
    (tmp_path / "ours.toml").write_text("no card")
    (task,) = tasks_of(photographs / "0.png")
    broken = CountOptions()
    object.__setattr__(broken, "models", (str(tmp_path / "ours"),))
    broken.__dict__.pop("methods", None)
    with pytest.raises(ModelError, match="ours"):
        list(count_by_workers([PhotographTask(task.candidate, broken, task.output, task.place)], 2))


def test_no_worker_is_left_when_counting_is_given_up(photographs):
    counted = count_by_workers(tasks_of(*[photographs / "0.png"] * 4), 2)
    next(counted)
    counted.close()
    assert multiprocessing.active_children() == []


def test_no_more_tasks_are_taken_than_are_in_work(photographs):
    taken = []

    def tasks():
        for task in tasks_of(*[photographs / "2b.png"] * 20):
            taken.append(task)
            yield task

    counted = count_by_workers(tasks(), 2)
    for n, _ in zip(range(10), counted, strict=False):
        assert len(taken) - n <= 2 * workers.AHEAD
    counted.close()


@pytest.mark.posix("signals")
def test_workers_end_with_a_killed_parent(photographs, tmp_path):
    for n in range(30):
        shutil.copy(photographs / "0.png", tmp_path / f"{n}.png")
    command = [sys.executable, "-c", "from hemolens.cli import main; main()", "count", tmp_path, "--workers", "2"]
    process = subprocess.Popen([*command, "--out", tmp_path / "out"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + 60
    while not list(tmp_path.glob("out/.hemolens-*/overlay/*.png")) and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=20)  # its output is at an end when the last process that writes to it is
    assert list(tmp_path.glob("out/.hemolens-*/overlay/*.png"))


def test_one_photograph_needs_no_other_process():
    assert counting_by(8, 1) is count_here
    assert counting_by(1, 8) is count_here
    assert counting_by(8, 3).keywords == {"n_workers": 3}


def test_a_worker_gives_opencv_its_share_of_the_processors(monkeypatch):
    monkeypatch.setattr(workers, "usable_processors", lambda: 4)
    begun = workers._Pool(4)
    try:
        assert begun._executor.submit(cv2.getNumThreads).result() == 1
    finally:
        begun.end()
