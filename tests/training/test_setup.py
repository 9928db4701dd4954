import csv

import pytest

from hemolens.errors import TrainingError
from hemolens.training.setup import read_setup, shipped_setups

MINIMAL = """
name = "tiny"
cell_type = "rbc"
network = "do-unet"
red_cell_diameter_px = 48
phases = [{ steps = 3 }]
loss = { mask = {}, edge = {} }
photographs = { train = ["Im001_1"] }
"""


@pytest.mark.parametrize("name", shipped_setups())
def test_shipped_setups_are_valid(name):
    assert read_setup(name).cell_type == name


def test_a_file_is_read(tmp_path):
    (tmp_path / "tiny.toml").write_text(MINIMAL)
    assert read_setup(str(tmp_path / "tiny.toml")).steps == 3


def test_the_steps_are_those_of_all_phases(tmp_path):
    two = MINIMAL.replace("[{ steps = 3 }]", "[{ steps = 3 }, { steps = 4, frozen = ['mask'] }]")
    (tmp_path / "tiny.toml").write_text(two)
    assert read_setup(str(tmp_path / "tiny.toml")).steps == 7


def test_unknown_name_lists_the_shipped_ones():
    with pytest.raises(TrainingError, match=r"no such training set-up: got 'xyz' .*allowed: plt, rbc, wbc or the path"):
        read_setup("xyz")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("phases = []", "phases"),
        ("phases = [{ steps = 0 }]", "phases.0.steps"),
        ("phases = [{ steps = 3, labels = 'none' }]", "phases.0.labels"),
        ("input_px = 0\nphases = [{ steps = 3 }]", "input_px"),
        ("width = 0\nphases = [{ steps = 3 }]", "width"),
        ("encoder_weights = 'coco'\nphases = [{ steps = 3 }]", "encoder_weights"),
        ("colour = 1\nphases = [{ steps = 3 }]", "colour"),
        ("phases = ", "Invalid value"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, change, problem):
    (tmp_path / "tiny.toml").write_text(MINIMAL.replace("phases = [{ steps = 3 }]", change))
    with pytest.raises(TrainingError, match=problem):
        read_setup(str(tmp_path / "tiny.toml"))


def test_no_photograph_is_both_fitted_and_left_out(tmp_path):
    both = MINIMAL.replace('["Im001_1"]', '["Im001_1"], validation = ["Im001_1"]')
    (tmp_path / "tiny.toml").write_text(both)
    with pytest.raises(TrainingError, match="in both train and validation: Im001_1"):
        read_setup(str(tmp_path / "tiny.toml"))


@pytest.mark.data
@pytest.mark.parametrize("name", shipped_setups())
def test_no_shipped_setup_has_seen_a_test_photograph_or_one_of_its_field(data, name):
    with (data / "all-idb1" / "images.csv").open(encoding="utf-8") as file:
        field = {row["image"]: row["field_group"] or row["image"] for row in csv.DictReader(file)}
    with (data / "all-idb1" / "splits.csv").open(encoding="utf-8") as file:
        test = {row["image"] for row in csv.DictReader(file) if (row["cell_type"], row["split"]) == (name, "test")}
    photographs = read_setup(name).photographs
    seen = {field[image] for image in photographs.train}
    assert seen.isdisjoint(field[image] for image in test)
    assert seen.isdisjoint(field[image] for image in photographs.validation)
    assert test.isdisjoint(photographs.validation)
