"""The same photograph gives the same answer: today as when it was frozen, and whichever way it is counted."""

import csv
import json

import cv2
import onnxruntime
import pytest
from PIL import Image

import hemolens
from hemolens.cli import main
from hemolens.segmentation.network_maps import forget_models

from .golden import FILE, draw, stages

REFRESH = "changed on purpose? then run: python tests/golden.py"
FROZEN = json.loads(FILE.read_text("utf-8"))


@pytest.fixture(scope="module")
def now():
    return stages()


@pytest.fixture(scope="module")
def smear():
    return draw().pixels


def test_every_stage_is_frozen(now):
    assert list(now) == list(FROZEN), REFRESH


def test_the_scale_stays(now):
    assert now["scale"] == pytest.approx(FROZEN["scale"], abs=0.02), REFRESH


@pytest.mark.parametrize("kind", ["rbc", "wbc", "plt"])
def test_the_maps_stay(now, kind):
    assert now["maps"][kind] == pytest.approx(FROZEN["maps"][kind], abs=1e-3), REFRESH


@pytest.mark.parametrize("name", FROZEN["counters"])
def test_what_each_counter_finds_stays(now, name):
    assert now["counters"][name] == places(FROZEN["counters"][name]), REFRESH


@pytest.mark.parametrize("kind", ["rbc", "wbc", "plt"])
def test_the_cells_stay(now, kind):
    assert now["cells"][kind] == places(FROZEN["cells"][kind]), REFRESH


def test_the_counts_stay(now):
    assert now["counts"] == FROZEN["counts"], REFRESH


def test_the_command_line_counts_as_python_does(smear, tmp_path, monkeypatch, now):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(smear).save("a.png")
    with pytest.raises(SystemExit) as left:
        main(["count", "a.png", "--out", "by-command"])
    assert left.value.code == 0
    result = hemolens.count("a.png")
    result.save("by-python")
    (by_command,), (by_python,) = (read(tmp_path / name / "counts.csv") for name in ("by-command", "by-python"))
    differing = {name for name in by_command if by_command[name] != by_python[name]}
    assert differing <= {"seconds"}
    assert read(tmp_path / "by-command/cells.csv") == read(tmp_path / "by-python/cells.csv")
    assert vars(result.counts) == vars(hemolens.count(smear).counts) == now["counts"]


def test_the_number_of_threads_does_not_matter(smear, monkeypatch):
    one, two = (count_with(monkeypatch, smear, n_threads) for n_threads in (1, 2))
    assert one.red_cell_diameter == two.red_cell_diameter
    assert [(cell.type, cell.box) for cell in one.cells] == [(cell.type, cell.box) for cell in two.cells]
    assert one.counts == two.counts


def count_with(monkeypatch, pixels, n_threads):
    """Count with so many threads in ONNX Runtime and OpenCV."""
    make_options, own_threads = onnxruntime.SessionOptions, cv2.getNumThreads()

    def options():
        made = make_options()
        made.intra_op_num_threads = n_threads
        return made

    with monkeypatch.context() as patch:
        patch.setattr(onnxruntime, "SessionOptions", options)
        cv2.setNumThreads(n_threads)
        forget_models()
        try:
            return hemolens.count(pixels)
        finally:
            forget_models()
            cv2.setNumThreads(own_threads)


def places(centres):
    """Make each place comparable with one that rounding has moved by a pixel."""
    return [pytest.approx(place, abs=1) for place in centres]


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
