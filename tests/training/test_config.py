import csv

import pytest

from hemolens.errors import TrainingError
from hemolens.training.config import read_config, shipped_configs

MINIMAL = """
name = "tiny"
cell_type = "rbc"
network = "do-unet"
red_cell_diameter_px = 48
phases = [{ steps = 3 }]
loss = { mask = {}, edge = {} }
photographs = { train = ["Im001_1"] }
"""


@pytest.mark.parametrize("name", shipped_configs())
def test_shipped_configs_are_valid(name):
    config = read_config(name)
    assert name.startswith(config.cell_type or config.network)


def test_a_file_is_read(tmp_path):
    (tmp_path / "tiny.toml").write_text(MINIMAL)
    assert read_config(str(tmp_path / "tiny.toml")).steps == 3


def test_the_steps_are_those_of_all_phases(tmp_path):
    two = MINIMAL.replace("[{ steps = 3 }]", "[{ steps = 3 }, { steps = 4, frozen = ['mask'] }]")
    (tmp_path / "tiny.toml").write_text(two)
    assert read_config(str(tmp_path / "tiny.toml")).steps == 7


def test_photographs_of_every_phase_are_trained_on(tmp_path):
    phases = "phases = [{ steps = 3 }, { steps = 4, train = ['b', 'a'] }]"
    (tmp_path / "tiny.toml").write_text(MINIMAL.replace("phases = [{ steps = 3 }]", phases))
    assert read_config(str(tmp_path / "tiny.toml")).trained_on == ("Im001_1", "a", "b")


def test_unknown_name_lists_the_shipped_ones():
    with pytest.raises(
        TrainingError,
        match=r"no such training configuration: got 'xyz' .*allowed: dcan, .*one-pass, .*, wbc-segnet or the path",
    ):
        read_config("xyz")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("phases = []", "phases"),
        ("phases = [{ steps = 0 }]", "phases.0.steps"),
        ("phases = [{ steps = 3, labels = 'none' }]", "phases.0.labels"),
        ("input_px = 0\nphases = [{ steps = 3 }]", "input_px"),
        ("freeze_statistics_at = 0\nphases = [{ steps = 3 }]", "first_weights, which are missing"),
        ("width = 0\nphases = [{ steps = 3 }]", "width"),
        ("encoder_weights = 'coco'\nphases = [{ steps = 3 }]", "encoder_weights"),
        ("colour = 1\nphases = [{ steps = 3 }]", "colour"),
        ("phases = ", "Invalid value"),
        pytest.param(f"width = {'9' * 5000}", "digits", id="very many digits"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, change, problem):
    (tmp_path / "tiny.toml").write_text(MINIMAL.replace("phases = [{ steps = 3 }]", change))
    with pytest.raises(TrainingError, match=problem):
        read_config(str(tmp_path / "tiny.toml"))


def test_no_photograph_is_both_fitted_and_left_out(tmp_path):
    both = MINIMAL.replace('["Im001_1"]', '["Im001_1"], validation = ["Im001_1"]')
    (tmp_path / "tiny.toml").write_text(both)
    with pytest.raises(TrainingError, match="in both train and validation: Im001_1"):
        read_config(str(tmp_path / "tiny.toml"))


OURS = """
name = "ours"
network = "one-pass"
red_cell_diameter_px = 40
phases = [{ steps = 3 }]
loss = {}
labelled = [{ name = "ours", what = "ours", terms = "ours", labels = "labels.csv", usual_px = 40, share = 0.6 }]
"""


def test_a_setup_of_labelled_folders_needs_nothing_else(tmp_path):
    (tmp_path / "ours.toml").write_text(OURS)
    assert read_config(str(tmp_path / "ours.toml")).trained_on == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OURS[: OURS.index("labelled")], "nothing to train on: no photographs.train, no labelled, no drawn"),
        (MINIMAL.replace('["Im001_1"]', "[]"), "nothing to train on"),
        (OURS.replace('network = "one-pass"', 'network = "do-unet"\ncell_type = "rbc"'), "without a cell_type"),
        (OURS.replace("0.6 }", f"0.6 }}, {OURS[OURS.index('{ name') : -2]}"), "two sources of one name: ours"),
        (OURS.replace("0.6", "1.1"), "labelled.0.share"),
        (OURS.replace("usual_px = 40, ", ""), "labelled.0.usual_px"),
        (OURS.replace("usual_px", "types = [], usual_px"), "labelled.0.types"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(tmp_path, text, problem):
    (tmp_path / "ours.toml").write_text(text)
    with pytest.raises(TrainingError, match=problem):
        read_config(str(tmp_path / "ours.toml"))


BASED = """
name = "mine"
base = "BASE"
batch = 3
"""


def read_based(tmp_path, more="", text=BASED):
    (tmp_path / "ours.toml").write_text(OURS.replace("[{ steps = 3 }]", "[{ steps = 3 }]\nseed = 7"))
    (tmp_path / "mine.toml").write_text(text.replace("BASE", str(tmp_path / "ours.toml")) + more)
    return read_config(str(tmp_path / "mine.toml"))


def test_a_setup_has_what_its_base_has_but_for_its_own(tmp_path):
    mine = read_based(tmp_path)
    assert (mine.name, mine.batch, mine.seed, mine.steps) == ("mine", 3, 7, 3)
    assert [each.name for each in mine.labelled] == ["ours"]


def test_sources_of_the_base_can_be_taken_out(tmp_path):
    mine = read_based(tmp_path, 'without = ["ours"]\ndrawn = { share = 0.1 }')
    assert mine.labelled == ()


def test_a_source_to_take_out_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"no source of the base to leave out: got theirs; allowed: ours; correct"):
        read_based(tmp_path, 'without = ["ours", "theirs"]\ndrawn = { share = 0.1 }')


def test_a_base_that_is_not_there_is_named(tmp_path):
    (tmp_path / "mine.toml").write_text(BASED)
    with pytest.raises(TrainingError, match="no such training configuration: got 'BASE'"):
        read_config(str(tmp_path / "mine.toml"))


def test_the_base_of_a_base_is_read_too(tmp_path):
    read_based(tmp_path)
    (tmp_path / "third.toml").write_text(f'name = "third"\nbase = "{tmp_path / "mine.toml"}"\nseed = 9')
    third = read_config(str(tmp_path / "third.toml"))
    assert (third.name, third.batch, third.seed) == ("third", 3, 9)


def test_a_setup_that_is_its_own_base_is_refused(tmp_path):
    (tmp_path / "mine.toml").write_text(BASED.replace("BASE", str(tmp_path / "mine.toml")))
    with pytest.raises(TrainingError, match=r"configuration is based on itself: got '.*mine\.toml'"):
        read_config(str(tmp_path / "mine.toml"))


def test_every_source_of_the_default_model_is_left_out_of_one_fold():
    whole = {source.name for source in read_config("one-pass").labelled}
    folds = [read_config(f"one-pass-fold-{n}") for n in range(2, 7)]
    assert {name for fold in folds for name in whole - {source.name for source in fold.labelled}} == whole
    assert [fold.name for fold in folds if not fold.trained_on] == ["one-pass-fold-6"]


@pytest.mark.parametrize("name", [f"one-pass-fold-{n}" for n in range(2, 7)])
def test_a_fold_is_trained_like_the_default_model(name):
    alike = ("network", "colours", "red_cell_diameter_px", "smears", "planes", "loss", "average", "input_px", "phases")
    whole, fold = read_config("one-pass"), read_config(name)
    assert [getattr(fold, field) for field in alike] == [getattr(whole, field) for field in alike]


def of_photographs(data, column):
    with (data / "all-idb1" / "images.csv").open(encoding="utf-8") as file:
        return {row["image"]: row[column] or row["image"] for row in csv.DictReader(file)}


@pytest.mark.data
@pytest.mark.parametrize("name", ["rbc", "wbc", "plt"])
def test_no_default_model_has_seen_a_test_photograph_or_one_of_its_field(data, name):
    field = of_photographs(data, "field_group")
    with (data / "all-idb1" / "splits.csv").open(encoding="utf-8") as file:
        test = {row["image"] for row in csv.DictReader(file) if (row["cell_type"], row["split"]) == (name, "test")}
    photographs = read_config(name).photographs
    assert set(photographs.test) == test
    seen = {field[image] for image in photographs.train}
    assert seen.isdisjoint(field[image] for image in test)
    assert seen.isdisjoint(field[image] for image in photographs.validation)


OF_LABORATORIES = ["one-pass-fold-4", "one-pass-fold-5"]
"""They leave out a laboratory, and the photographs of ALL-IDB1 that the default model leaves out."""

HONEST = [name for name in shipped_configs() if ("fold" in name or "honest" in name) and name not in OF_LABORATORIES]
TOGETHER = {"S08": "S07", "S10": "S09"}
"""Sessions that share fields with another."""


@pytest.mark.data
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_setup_has_seen_no_capture_session_it_is_measured_on(data, name):
    sessions = of_photographs(data, "session")

    def of(names):
        return {TOGETHER.get(sessions[image], sessions[image]) for image in names}

    config = read_config(name)
    seen = {image for phase in config.phases for image in phase.train} | set(config.photographs.train)
    assert of(config.photographs.test)
    assert of(config.photographs.test).isdisjoint(of(seen) | of(config.photographs.validation))


@pytest.mark.data
@pytest.mark.parametrize("name", ["wbc-honest", "plt-honest"])
def test_the_held_out_sessions_show_both_cameras_and_lymphoblasts(data, name):
    test = read_config(name).photographs.test
    assert len({of_photographs(data, "camera")[image] for image in test}) == 2
    assert {of_photographs(data, "lymphoblast_label")[image] for image in test} == {"0", "1"}
