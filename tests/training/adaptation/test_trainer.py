import pytest
import torch

from hemolens.errors import ModelError
from hemolens.models.store import DEFAULT_MODEL, read_card, read_model
from hemolens.training import loop
from hemolens.training.adaptation import trainer
from hemolens.training.adaptation.own_photographs import read_own_photographs
from hemolens.training.adaptation.trainer import HEADS, Trainer, adaptable_colours, groups_of
from hemolens.training.networks import create_network
from hemolens.training.weights import read_weights

from .laboratory import write_laboratory

pytestmark = pytest.mark.train


@pytest.fixture
def few(monkeypatch):
    for name, value in (("STEPS", 2), ("HEADS_STEPS", 1), ("N_DRAWN", 1), ("BATCH", 1)):
        monkeypatch.setattr(trainer, name, value)
    monkeypatch.setattr(loop, "N_PICTURES", 1)


@pytest.fixture
def made(few, tmp_path):
    folder = write_laboratory(tmp_path / "lab")
    own = read_own_photographs(folder / "labels.csv", folder, "my-lab", at_least=3)
    return Trainer(own, read_model(DEFAULT_MODEL), None, 1, torch.device("cpu"), lambda text, done: None)


def test_every_training_has_the_same_share_of_the_time(made):
    timed = Trainer(made.own, made.start, 40.0, 1, torch.device("cpu"), made.tell)
    assert timed.seconds == 40.0 / (len(timed.groups) + 1)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_every_photograph_is_in_one_group_and_no_group_holds_all(n):
    groups = groups_of(n)
    assert sorted(i for group in groups for i in group) == list(range(n))
    assert len(groups) > 1


def test_the_heads_are_trained_alone_at_first(made):
    heads, all_parts = made.config.phases
    assert HEADS not in heads.frozen
    assert {"first", "encode", "up", "decode"} <= set(heads.frozen)
    assert all_parts.frozen == ()
    assert all_parts.learning_rate < heads.learning_rate


def test_nothing_but_own_photographs_and_drawn_smears_is_trained_on(made):
    assert [each.name for each in made.config.labelled] == ["my-lab"]
    assert made.config.trained_on == ()
    assert made.config.drawn is not None


def test_batch_norm_keeps_its_statistics_and_the_weights_change(made, tmp_path):
    start = create_network("one-pass")
    (tmp_path / "start.onnx").write_bytes(made.start.onnx)
    read_weights(start, tmp_path / "start.onnx")
    before = start.state_dict()
    trained = made.train_on(made.own.photographs[:2], 0)
    after = trained.network.state_dict()
    assert trained.step == 2
    for name, values in before.items():
        if "running" in name:
            assert torch.equal(values, after[name])
    assert not torch.equal(before["heads.weight"], after["heads.weight"])


def test_a_photograph_is_drawn_by_a_network_that_has_not_seen_it(made, monkeypatch):
    seen = []
    monkeypatch.setattr(made, "train_on", lambda photographs, n: [each.name for each in photographs])
    monkeypatch.setattr(trainer, "as_model", lambda trained, card: trained)
    monkeypatch.setattr(trainer, "draw", lambda photograph, model, types: seen.append((photograph.name, model)))
    made.draw_unseen()
    assert sorted(name for name, _ in seen) == ["0.png", "1.png", "2.png"]
    assert all(name not in model and len(model) == 2 for name, model in seen)


@pytest.mark.parametrize("name", ["rbc-do-unet", "otsu-watershed"])
def test_a_model_of_another_network_is_refused(name):
    with pytest.raises(ModelError, match=r"cannot be adapted: got .*; allowed: one-pass"):
        adaptable_colours(read_card(name))


def test_a_model_that_takes_colours_as_they_are_is_refused():
    with pytest.raises(ModelError, match="cannot be adapted"):
        adaptable_colours(read_card(DEFAULT_MODEL).model_copy(update={"colours": None}))
