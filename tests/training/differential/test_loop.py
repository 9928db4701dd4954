import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.differential.loop import _Batches, logits_of, train_classifier


@pytest.fixture(scope="module")
def trained(config, crops):
    return train_classifier(config, crops)


def test_a_trained_classifier_tells_the_classes_apart(trained, crops, config):
    logits = logits_of(trained.network, crops.pixels, config.side_px)
    assert logits.shape == (50, 3)
    assert (logits.argmax(axis=1) == crops.labels).mean() > 0.9


def test_probabilities_are_calibrated_within_reason(trained):
    assert 0.25 < trained.temperature < 8


def test_the_same_seed_trains_the_same_classifier(trained, config, crops):
    again = train_classifier(config, crops)
    first, second = (logits_of(each.network, crops.pixels, config.side_px) for each in (trained, again))
    assert np.array_equal(first, second)


def test_rare_classes_are_drawn_as_often_as_others(config, crops):
    batches = _Batches(config, crops)
    labels = np.concatenate([batches.draw(number)[1].numpy() for number in range(60)])
    n_made = round(config.made * config.batch) * 60
    assert (labels == 2).sum() == n_made
    assert (labels == 1).sum() == pytest.approx((len(labels) - n_made) / 2, rel=0.15)
