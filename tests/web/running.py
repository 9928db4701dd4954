"""A service in a process of its own, as users start it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent.parent
WAIT_SECONDS = 90


class Running:
    """A service that answers.

    Parameters
    ----------
    folder : Path
    *options : str
        Of ``hemolens serve``.
    port : int
        0 for any that is free.

    """

    def __init__(self, folder, *options, port=0):
        command = [sys.executable, "-c", "from hemolens.cli import main; main()", "serve", "--no-browser"]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*command, "--folder", str(folder), "--port", str(port), *options],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.said = ""
        while (found := re.search(r"http://\S+", self.said)) is None:
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.said}"
            self.said += line
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.url = found[0]
        self.client = httpx2.Client(base_url=f"{self.url}/api", timeout=WAIT_SECONDS)
        self.client.headers["X-CSRF-Token"] = self.get("/session")["csrf"]

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def get(self, path):
        return self.client.get(path).json()

    def photographs(self):
        """All photographs of all samples."""
        samples = [self.get(f"/samples/{each['id']}") for each in self.get("/samples")]
        return [photograph for sample in samples for photograph in sample["photographs"]]

    def states(self):
        """How far each of them is."""
        return [each["job"]["state"] for each in self.photographs()]

    def kill(self):
        """End the server as a power cut does; nothing is told to anybody."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.client.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def until(what, wanted=lambda value: value):
    """Wait for something; gives what it is then."""
    end = time.monotonic() + WAIT_SECONDS
    while not wanted(value := what()):
        assert time.monotonic() < end, f"in vain: {value}"
        time.sleep(0.05)
    return value
