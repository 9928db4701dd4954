"""What ``make`` runs, with stand-ins for Python and npm that write down how they were called."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PYTHON = "Programming Language :: Python :: "
STAND_IN = """#!/bin/sh
{ printf '%s' "${0##*/}"; printf ' <%s>' "$@"; echo; } >> "$CALLS"
case "$1 $2" in
  ci*) mkdir -p node_modules ;;
  *build) mkdir -p ../src/hemolens/web/page_built; touch ../src/hemolens/web/page_built/index.html ;;
  *venv) mkdir -p .venv/bin; for name in python pip hemolens; do cp "$0" ".venv/bin/$name"; done ;;
esac
case "$*" in
  *"$FAIL"*) exit 3 ;;
esac
"""


@pytest.fixture
def make(tmp_path):
    """Runs make in a copy of the build files, in a folder with a blank in its name; gives the calls."""
    if os.name == "nt" or shutil.which("make") is None:
        pytest.skip("needs make, and a stand-in for Python that is a shell script")
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / "page" / "src").mkdir(parents=True)
    for name in ("page/package.json", "page/package-lock.json", "page/index.html", "page/src/main.tsx"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("py 3", "npm"):
        (folder / name).write_text(STAND_IN)
        (folder / name).chmod(0o755)
    calls = folder / "calls"

    def run(*arguments, fail="nothing fails", status=0):
        calls.write_text("")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        environment = kept | {"CALLS": str(calls), "FAIL": fail, "PATH": f"{folder}:{os.environ['PATH']}"}
        command = ["make", "PYTHON=./py 3", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return calls.read_text().splitlines()

    return run


def test_count_makes_the_environment_installs_the_core_and_counts(make):
    venv, install, count = make("count", "IMAGES=my photos/")
    assert venv == "py 3 <-m> <venv> <.venv>"
    assert install.startswith("python <-m> <pip> <install>")
    assert install.endswith("<-c> <constraints.txt> <-e> <.>")
    assert count == "hemolens <count> <--out> <hemolens-out> <--> <my photos/>"


def test_count_without_images_is_the_demo(make):
    assert make("count")[-1] == "hemolens <demo> <--out> <hemolens-out>"


def test_the_output_folder_can_be_chosen(make):
    assert make("count", "OUT=my results")[-1] == "hemolens <demo> <--out> <my results>"


@pytest.mark.parametrize("name", ["it's.jpg", 'a "b".jpg', "a*.jpg", "$(echo no).jpg", "a;b&c.jpg", "`no`.jpg"])
def test_any_file_name_arrives_as_it_was_written(make, name):
    assert make("count", f"IMAGES={name}")[-1].endswith(f"<--> <{name}>")


def test_a_second_count_installs_nothing(make):
    make("count")
    assert make("count") == ["hemolens <demo> <--out> <hemolens-out>"]


BUILD = ["npm <ci> <--no-audit> <--no-fund>", "npm <run> <build>"]


def test_serve_installs_builds_the_page_and_serves(make):
    venv, install, *calls = make("serve", "ARGS=--demo --port 0")
    assert venv == "py 3 <-m> <venv> <.venv>"
    assert install.endswith("<-e> <.[export,heic,slides,web]>")
    assert calls == [*BUILD, "hemolens <serve> <--demo> <--port> <0>"]


def test_a_second_serve_only_serves(make):
    make("serve")
    assert make("serve") == ["hemolens <serve>"]


def test_a_changed_page_is_built_again(make, tmp_path):
    make("web")
    later = (tmp_path / "a checkout/src/hemolens/web/page_built/index.html").stat().st_mtime + 10
    os.utime(tmp_path / "a checkout/page/src/main.tsx", (later, later))
    assert make("web") == ["npm <run> <build>"]


def test_test_runs_every_check_in_order(make):
    venv, install, *checks = make("test")
    assert venv == "py 3 <-m> <venv> <.venv>"
    assert install.endswith("<-e> <.[cluster,evaluate,export,heic,slides,train,web,dev]>")
    assert checks == [
        *BUILD,
        "python <-m> <ruff> <check> <.>",
        "python <-m> <ruff> <format> <--check> <.>",
        "python <-m> <mypy>",
        "npm <test>",
        "python <-m> <pytest> <-n> <auto> <--dist> <loadfile>",
    ]


def test_a_second_test_installs_nothing_nor_does_a_count_after_it(make):
    make("test")
    assert len(make("test")) == 5
    assert len(make("count")) == 1


def test_a_changed_constraint_installs_again(make, tmp_path):
    make("count")
    changed = tmp_path / "a checkout" / "constraints.txt"
    later = (tmp_path / "a checkout" / ".venv" / "core.stamp").stat().st_mtime + 10
    os.utime(changed, (later, later))
    assert len(make("count")) == 2


def test_an_installation_that_failed_is_tried_again(make):
    make("count", fail="pip install", status=2)
    assert len(make("count")) == 2


def test_a_failing_check_fails(make):
    assert make("test", fail="mypy", status=2)[-1] == "python <-m> <mypy>"


def test_ci_runs_the_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert "make test" in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_workflow_runs_the_test_command_on_every_python_and_system():
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"]["test"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = [text.removeprefix(PYTHON) for text in project["classifiers"] if text.startswith(f"{PYTHON}3.")]
    assert job["strategy"]["matrix"] == {"os": ["ubuntu-latest", "macos-latest", "windows-latest"], "python": pythons}
    assert "make test PYTHON=python" in [step.get("run") for step in job["steps"]]


def test_ci_installs_what_the_tests_of_the_page_and_of_postgresql_need():
    script = (ROOT / ".ci" / "run").read_text()
    assert "missing+=(chromium)" in script
    assert "missing+=(postgresql)" in script


def test_the_constraints_pin_exact_public_versions():
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert "torch==2.13.0" in pins
    assert all(line.count("==") == 1 and "+" not in line and "/" not in line for line in pins)
