import numpy as np
import pytest

from hemolens.training.config import Augmentation
from hemolens.training.microscopes import add_grain, change_microscope, change_stain, compress, lose_focus


def picture():
    return np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_set_up_that_names_nothing_changes_nothing():
    assert (change_microscope(picture(), rng(), Augmentation()) == picture()).all()


def test_the_same_seed_changes_alike():
    strong = Augmentation(gain=0.2, blur_px=2, noise=10, jpeg_quality=20)
    first, second = (change_microscope(picture(), rng(4), strong) for _ in range(2))
    assert (first == second).all()
    assert (first != picture()).any()


def test_less_focus_is_less_contrast():
    assert lose_focus(picture(), 2.0).std() < 0.5 * picture().std()


def test_grain_has_its_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert add_grain(grey, 8.0, rng()).astype(float).std() == pytest.approx(8, rel=0.05)


def test_compression_loses_more_at_lower_quality():
    lost = [np.abs(compress(picture(), quality).astype(int) - picture()).mean() for quality in (10, 90)]
    assert lost[0] > lost[1]


def test_a_stronger_stain_takes_away_more_light():
    assert (change_stain(picture(), 1.4) <= picture()).all()
    assert (change_stain(picture(), 0.7) >= picture()).all()


def test_light_that_passes_unchanged_has_no_stain():
    assert change_stain(np.full((1, 1, 3), 255, np.uint8), 1.4).tolist() == [[[255, 255, 255]]]
