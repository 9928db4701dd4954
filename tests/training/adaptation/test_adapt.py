from types import SimpleNamespace

import pytest

from hemolens.models.card import parse_card
from hemolens.models.method import choose_methods
from hemolens.models.store import DEFAULT_MODEL, read_card, read_model, write_model_files
from hemolens.training import loop
from hemolens.training.adaptation import adapt as module
from hemolens.training.adaptation import trainer
from hemolens.training.adaptation.adapt import adapt, is_better
from hemolens.training.adaptation.own_photographs import read_own_photographs

from .laboratory import write_laboratory

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = write_laboratory(tmp_path_factory.mktemp("adapt") / "lab")
    return read_own_photographs(folder / "labels.csv", folder, "my-lab", at_least=3)


def errors(*counts, kind="rbc"):
    """What was compared, as far as the verdict looks at it: so many errors on each photograph."""
    return [{kind: SimpleNamespace(n_errors=n)} for n in counts]


def test_fewer_errors_on_every_photograph_are_better():
    assert is_better(errors(10, 12, 9), errors(4, 5, 4))


def test_a_gain_on_one_photograph_of_three_is_noise():
    assert not is_better(errors(10, 12, 9), errors(1, 12, 9))


def test_as_many_errors_are_not_better():
    assert not is_better(errors(3, 3, 3), errors(3, 3, 3))


def test_a_type_that_got_worse_is_not_paid_for_by_another():
    before = [a | b for a, b in zip(errors(20, 21, 22), errors(1, 1, 1, kind="wbc"), strict=True)]
    after = [a | b for a, b in zip(errors(5, 6, 7), errors(4, 4, 4, kind="wbc"), strict=True)]
    assert not is_better(before, after)


def test_a_model_that_is_not_better_is_not_made(own, monkeypatch):
    monkeypatch.setattr(module, "is_better", lambda before, after: False)
    found = adapt(own, settings_only=True)
    assert found.adapted is None
    assert len(found.before) == len(found.after) == 3


def test_whoever_is_told_can_stop_a_training(own, monkeypatch):
    told = []

    def stop(text, done):
        told.append(text)
        if text.startswith("training"):
            raise InterruptedError

    monkeypatch.setattr(trainer, "N_DRAWN", 1)
    monkeypatch.setattr(trainer, "BATCH", 1)
    monkeypatch.setattr(loop, "N_PICTURES", 1)
    with pytest.raises(InterruptedError):
        adapt(own, tell=stop)
    assert sum(text.startswith("training") for text in told) == 1


@pytest.fixture(scope="module")
def settled(own):
    """The shipped model with other settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "is_better", lambda before, after: True)
        return adapt(own, settings_only=True).adapted


def test_settings_alone_leave_the_weights(settled):
    assert settled.card.trained_steps == read_card(DEFAULT_MODEL).trained_steps
    assert settled.card.sources == read_card(DEFAULT_MODEL).sources


def test_a_new_model_says_what_it_is_and_how_good_before_and_after(settled, tmp_path):
    path = write_model_files(settled, tmp_path / "my-lab")
    card = read_model(str(path)).card
    assert card.name == "my-lab"
    assert card.adapted_from == read_card(DEFAULT_MODEL).digest
    assert card.count_error["rbc"].n_photographs == 3
    hows = {each.photographs.partition(", ")[2] for each in card.figures}
    assert hows == {"before, with one-pass", "each by a model that was adapted to the others"}
    assert {each.metric for each in card.figures} >= {"red cells: F1", "white cells: counting accuracy"}
    assert card.counters["rbc"].chosen_on.startswith("3 photographs of my-lab")


def test_a_type_that_was_not_labelled_is_left_to_the_default_model(settled, tmp_path):
    path = write_model_files(settled, tmp_path / "my-lab")
    methods = choose_methods("auto", (str(path),))
    assert {kind: method.card.name for kind, method in methods.items()} == {
        "rbc": "my-lab",
        "wbc": "my-lab",
        "plt": DEFAULT_MODEL,
    }


def test_a_trained_model_is_new_in_8_bits_and_names_its_source(own, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "is_better", lambda before, after: True)
    for name, value in (("STEPS", 2), ("HEADS_STEPS", 1), ("N_DRAWN", 1), ("BATCH", 1)):
        monkeypatch.setattr(trainer, name, value)
    monkeypatch.setattr(loop, "N_PICTURES", 1)
    told = []
    adapted = adapt(own, tell=lambda text, done: told.append(done)).adapted
    assert told == sorted(told)
    assert adapted.card.sources[-1].name == "my-lab"
    assert adapted.card.trained_steps == read_card(DEFAULT_MODEL).trained_steps + 2
    assert len(adapted.onnx) < 1.1 * len(read_model(DEFAULT_MODEL).onnx)
    assert adapted.card.sha256 != read_card(DEFAULT_MODEL).sha256
    path = write_model_files(adapted, tmp_path / "my-lab")
    assert parse_card(path.with_suffix(".toml").read_text(), "my-lab") == adapted.card
