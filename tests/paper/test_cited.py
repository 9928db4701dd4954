import pytest

from hemolens.models.store import shipped_models
from hemolens.paper.cited import find_models, read_methods
from hemolens.paper.cited_measure import HELD_OUT
from hemolens.training.config import read_config, shipped_configs


def test_every_model_is_shipped_or_that_of_a_configuration():
    trained = {read_config(name).name for name in shipped_configs()}
    named = {model for method in read_methods() for model in method.models + method.cbc_models}
    assert named <= trained | set(shipped_models())


def test_every_classical_model_that_comes_with_the_program_is_on_the_table():
    named = {model for method in read_methods() for model in method.models}
    assert {"otsu-watershed", "otsu-circle-hough", "dct-sharpness", "grabcut-white-cells", "pulse-coupled"} <= named


def test_names_are_told_apart():
    names = [method.name for method in read_methods()]
    assert len(set(names)) == len(names) > 10


def test_the_papers_own_figures_come_from_its_table():
    paper = next(method for method in read_methods() if method.networks == ("do-unet", "unet"))
    assert [(each.metric, each.percent) for each in paper.printed] == [
        ("counting accuracy, red cells", 95.36),
        ("counting accuracy, white cells", 97.94),
        ("counting accuracy, platelets", 98.58),
    ]


def test_photographs_of_cbc_are_counted_with_models_that_have_not_seen_them():
    own = next(method for method in read_methods() if method.cbc_models)
    assert own.models_for("CBC") == own.cbc_models != own.models_for("ALL-IDB1")
    assert all("BCCD" not in source.name for source in read_config(own.cbc_models[0]).labelled)


@pytest.mark.parametrize("there", [True, False])
def test_a_trained_model_is_found_by_its_file(tmp_path, there):
    if there:
        (tmp_path / "dcan.onnx").touch()
    expected = (str(tmp_path / "dcan.onnx"), "one-pass") if there else ("one-pass",)
    assert find_models(("dcan", "one-pass"), tmp_path) == expected


def held_out():
    return {name for config in HELD_OUT for name in read_config(config).photographs.test}


@pytest.mark.parametrize("method", read_methods(), ids=lambda method: method.name)
def test_no_method_has_seen_a_held_out_photograph(method):
    configs = [config for config in map(read_config, shipped_configs()) if config.name in method.models]
    for config in configs:
        assert held_out().isdisjoint(config.trained_on)
        assert held_out().isdisjoint(config.photographs.validation)
    assert len(configs) + len(set(method.models) & set(shipped_models())) == len(method.models)
