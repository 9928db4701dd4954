"""The process that does jobs."""

import subprocess
import sys

import pytest

BEGINS_A_PROCESS = """
import multiprocessing, threading, time
from hemolens.web import worker
threading.Thread(target=worker._leave_with_parent, args=(None, "a"), daemon=True).start()
time.sleep(0.5)
child = multiprocessing.get_context("fork").Process(target=int)
child.start()
child.join(30)
print(child.exitcode, flush=True)
child.kill()
"""


@pytest.mark.posix("fork")
def test_a_job_may_begin_processes_while_the_worker_waits_for_the_end_of_its_input():
    command = [sys.executable, "-c", BEGINS_A_PROCESS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "0\n"
