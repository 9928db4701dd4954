"""What breaks the law is noticed."""

import subprocess
import sys
from pathlib import Path

import pytest

from hemolens.errors import PhotographError

from . import worker

LAWFUL = {"came": "read", "s": 0.1, "mb": 100.0, "printed": "", "elsewhere": []}


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ({"came": "foreign"}, "foreign exception"),
        ({"s": 11.0}, "slow"),
        ({"mb": 2001.0}, "large"),
        ({"printed": "warning"}, "printed"),
        ({"elsewhere": ["socket.connect"]}, "went elsewhere"),
    ],
)
def test_each_law_can_be_broken(change, law):
    assert worker.broken_laws(LAWFUL) == worker.broken_laws(LAWFUL | {"mb": None}) == []
    assert worker.broken_laws(LAWFUL | change) == [law]


def refuse(*_):
    raise PhotographError("bad", came="a", allowed="b", do="c")


def refuse_unprintably(*_):
    raise PhotographError("bad\x1b", came="a", allowed="b", do="c")


def fail(*_):
    raise KeyError(1)


@pytest.mark.parametrize(
    ("act", "came", "error"),
    [
        (print, "read", ""),
        (refuse, "refused", "bad"),
        (refuse_unprintably, "foreign", r"'bad\x1b: got a; allowed: b; c'"),
        (fail, "foreign", "KeyError: 1"),
    ],
)
def test_what_came_of_a_case_is_told(monkeypatch, act, came, error):
    monkeypatch.setattr(worker, "read", act)
    case = worker.read_case("images", Path("a"))
    assert (case["came"], case["error"]) == (came, error)


@pytest.mark.parametrize(("act", "printed"), [(print, "images a\n"), (refuse, "")])
def test_what_is_printed_is_told(monkeypatch, act, printed):
    monkeypatch.setattr(worker, "read", act)
    assert worker.read_case("images", Path("a"))["printed"] == printed


PROGRAM = """
import os, socket, subprocess, sys
from pathlib import Path
from fuzz.watch import watch

seen = watch(Path("inside"))
Path("inside/a").write_text("")
Path("inside/a").read_text()
assert seen == [], seen
Path("outside").write_text("")
os.mkdir("folder")
socket.getaddrinfo("127.0.0.1", 1)
subprocess.run([sys.executable, "--version"], stdout=subprocess.DEVNULL)
print(*sorted({each.split()[0] for each in seen}))
"""


@pytest.mark.posix("what starts a process")
def test_writes_elsewhere_sockets_and_processes_are_seen(tmp_path):
    (tmp_path / "inside").mkdir()
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}){PROGRAM}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {"open", "os.mkdir", "socket.getaddrinfo", "subprocess.Popen"} <= set(done.stdout.split())
