from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.differential.classifier import choose_class, load_classifier  # noqa: E402
from hemolens.models.store import read_classifier, write_model_files  # noqa: E402
from hemolens.training.differential.adapt import ClassAdaptation, adapt_classifier, is_better  # noqa: E402
from hemolens.training.differential.export import write_classifier  # noqa: E402
from hemolens.training.differential.loop import train_classifier  # noqa: E402


@pytest.fixture(scope="module")
def start(config, crops, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    write_classifier(train_classifier(config, crops), config, folder)
    return read_classifier(str(folder))


@pytest.fixture
def own(crops):
    """The same cells, one on each photograph."""
    return replace(crops, names=tuple(f"{n}.png" for n in range(len(crops.labels))))


def test_a_laboratory_that_names_cells_the_other_way_round_is_learned_from(start, own, tmp_path):
    swapped = replace(own, labels=1 - own.labels)
    found = adapt_classifier(start, swapped, "mine")
    assert found.n_right(found.after) > found.n_right(found.before) + 25
    assert found.adapted.card.name == "mine"
    assert found.adapted.card.adapted_from == start.card.sha256
    assert found.adapted.card.sources[-1].what.startswith("50 white cells on 50 photographs")
    write_model_files(found.adapted, tmp_path / "mine")
    classifier = load_classifier(str(tmp_path / "mine"), found.adapted.card.sha256)
    (logits,) = classifier.session.run(["logits"], {"crops": np.ascontiguousarray(own.pixels[:, 4:20, 4:20])})
    named = [choose_class(each, classifier.card)[0] for each in logits]
    assert np.mean([name == start.card.classes[label] for name, label in zip(named, swapped.labels, strict=True)]) > 0.9


def test_what_is_right_already_is_kept(start, own):
    found = adapt_classifier(start, own, "mine")
    assert found.n_right(found.before) >= 45
    assert found.adapted is None


def test_the_same_seed_gives_the_same_classifier(start, own):
    swapped = replace(own, labels=1 - own.labels)
    first, again = (adapt_classifier(start, swapped, "mine", seed=2).adapted for _ in range(2))
    assert first.onnx == again.onnx


@pytest.mark.parametrize(
    ("n_won", "n_lost", "is_expected"), [(0, 0, False), (5, 0, False), (6, 0, True), (9, 4, False)]
)
def test_a_few_cells_more_may_be_chance(n_won, n_lost, is_expected):
    labels = ("neutrophil",) * 20
    before = ("unsure",) * n_won + labels[n_won:]
    after = labels[: 20 - n_lost] + ("unsure",) * n_lost
    assert is_better(ClassAdaptation(labels, before, after)) is is_expected
