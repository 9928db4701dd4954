"""The wheel in an environment of its own: what a user gets who installs hemolens to count."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

import hemolens
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.synthetic import draw_smear

ROOT = Path(__file__).parent.parent
MOST_BYTES = 400_000_000
PROGRAMS = "Scripts" if os.name == "nt" else "bin"

pytestmark = pytest.mark.index


def run(*command, cwd=None):
    """Run a program in an environment without the paths and settings of this one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, encoding="utf-8", check=False)


def pip(*arguments):
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Folder of the source distribution, and the wheel that was built from that.

    They are built of a copy: building installs the packages of the page anew, which tests beside this one use.
    """
    pytest.importorskip("hatchling", reason="needs hatchling and build: pip install 'hemolens[dev]'")
    folder = tmp_path_factory.mktemp("built")
    copy = tmp_path_factory.mktemp("source") / "hemolens"
    made = shutil.ignore_patterns(".git", ".venv", ".*cache", "__pycache__", "node_modules", "page_built")
    shutil.copytree(ROOT, copy, ignore=made)
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(copy), cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory):
    """An environment that holds the wheel and what it needs, in the versions of the constraints, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    if pip("download", "--no-deps", "--dest", folder / "probe", "mdurl").returncode:
        pytest.skip("needs a package index, and pip finds none")
    environment = folder / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", str(environment)).returncode == 0
    (wheel,) = built.glob("*.whl")
    done = pip("--python", environment, "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)
    assert done.returncode == 0, done.stderr
    yield environment
    shutil.rmtree(folder)  # hundreds of megabytes, of which pytest would keep three


def test_the_wheel_has_the_page_and_the_licences_of_the_libraries_in_it(built):
    (wheel,) = built.glob("*.whl")
    page = "hemolens/web/page_built/"
    with zipfile.ZipFile(wheel) as packed:
        assert f"{page}index.html" in packed.namelist()
        licences = packed.read(f"{page}assets/licences.md").decode()
    bundled = json.loads((ROOT / "page" / "package.json").read_text("utf-8"))["dependencies"]
    assert [name for name in bundled if f"## {name} - " not in licences] == []


def test_an_installation_that_counts_takes_less_than_400_mb(environment):
    packages = [path for path in environment.rglob("site-packages") if path.is_dir()]
    n_bytes = {
        package.name: sum(file.lstat().st_size for file in [package, *package.rglob("*")] if file.is_file())
        for folder in packages
        for package in folder.iterdir()
    }
    largest = sorted(n_bytes.items(), key=lambda each: -each[1])[:10]
    assert sum(n_bytes.values()) < MOST_BYTES, f"largest: {largest}"


def test_an_installation_draws_a_smear_and_counts_it(environment, tmp_path):
    done = run(str(environment / PROGRAMS / "hemolens"), "demo", "--out", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo" / "counts.csv").read_text(encoding="utf-8").startswith("image,")


def test_an_installation_counts_with_every_counter_as_this_one_does(environment, tmp_path):
    smear = draw_smear(1, height=300, width=400, n_rbc=8, n_wbc=1, n_plt=2)
    Image.fromarray(smear.pixels).save(tmp_path / "smear.png")
    program = f"import hemolens\nfor name in {PAPER_COUNTERS}: print(hemolens.count('smear.png', counter=name).counts)"
    done = run(str(environment / PROGRAMS / "python"), "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    here = [str(hemolens.count(tmp_path / "smear.png", counter=name).counts) for name in PAPER_COUNTERS]
    assert done.stdout.splitlines() == here


def test_an_installation_has_the_cards_of_the_papers_networks_and_says_where_their_weights_are(environment, tmp_path):
    program = "from hemolens.models.store import *; print(read_card('rbc-do-unet').network); read_model('rbc-do-unet')"
    done = run(str(environment / PROGRAMS / "python"), "-c", program, cwd=tmp_path)
    assert done.stdout.strip() == "do-unet"
    assert "the weights of the paper's networks are in the source only" in done.stderr


def test_an_installation_says_what_evaluating_needs_beyond_it(environment, tmp_path):
    command = str(environment / PROGRAMS / "hemolens")
    done = run(command, "evaluate", "labels.csv", "--images", ".", "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'hemolens[evaluate]'" in done.stderr
