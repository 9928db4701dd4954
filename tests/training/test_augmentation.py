import dataclasses

import numpy as np
import pytest

from hemolens.training import augmentation
from hemolens.training.all_idb1 import PhotographWithTargets
from hemolens.training.augmentation import (
    change_colours,
    draw_sample,
    has_object,
    lose_quality,
    pick_photograph,
    pick_place,
    resize_to_input,
    rotate_and_flip,
)
from hemolens.training.config import Augmentation

PLAIN = Augmentation(quality=(1, 1), zoom=(1, 1), hue=0, saturation=(1, 1), value=(1, 1))


def rng(seed=0):
    return np.random.default_rng(seed)


def labelled(height=120, width=160, name="a"):
    pixels = rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    target = np.zeros((1, height, width), np.uint8)
    target[0, 50:70, 50:70] = 255
    return PhotographWithTargets(name, pixels, target, np.ones((1, height, width), np.uint8))


def test_step_1_picks_every_photograph():
    photographs = [labelled(name=name) for name in "abc"]
    generator = rng()
    assert {pick_photograph(photographs, generator).name for _ in range(50)} == set("abc")


def test_step_1_picks_each_as_often_as_the_others():
    photographs, generator = [labelled(name=name) for name in "ab"], rng()
    picked = [pick_photograph(photographs, generator).name for _ in range(500)]
    assert 200 < picked.count("a") < 300


def test_step_2_reaches_over_the_frame_by_the_margin_only():
    generator = rng()
    places = np.array([pick_place((120, 160), 92, 44, generator) for _ in range(3000)])
    assert places.min(axis=0).tolist() == [-44, -44]
    assert places.max(axis=0).tolist() == [120 + 44 - 92, 160 + 44 - 92]


def test_step_3_takes_fine_detail_away_and_keeps_the_size():
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::2] = 255
    blurred = lose_quality(stripes, 0.5)
    assert blurred.shape == stripes.shape
    assert blurred.std() < 0.2 * stripes.std()


def test_step_4_mirrors_beyond_the_frame():
    photograph = labelled()
    pixels, _, _ = photograph.take_slice(-2, 0, 5, rng(), piles=0)
    assert (pixels[0] == photograph.pixels[2, :5]).all()


def test_step_4_cuts_pixels_targets_and_weights_alike():
    pixels, targets, weights = labelled().take_slice(50, 50, 20, rng(), piles=0)
    assert (pixels.shape, targets.shape, weights.shape) == ((20, 20, 3), (1, 20, 20), (1, 20, 20))
    assert targets.min() == 255


def test_step_5_sees_whether_there_is_something_to_find():
    assert has_object(labelled().targets)
    assert not has_object(np.zeros((2, 5, 5), np.uint8))


def test_step_5_skips_slices_without_an_object():
    skipping = PLAIN.model_copy(update={"keep_empty": 0.0})
    for seed in range(20):
        sample = draw_sample([labelled(400, 400)], rng(seed), skipping, input_px=92, margin_px=10)
        assert sample.targets.max() == 1


def test_step_6_resizes_to_the_input():
    pixels, targets, weights = resize_to_input(*labelled().take_slice(0, 0, 60, rng(), piles=0), 92)
    assert (pixels.shape, targets.shape, weights.shape) == ((92, 92, 3), (1, 92, 92), (1, 92, 92))


def test_steps_3_and_6_scale_differently_from_sample_to_sample(monkeypatch):
    """In the released code of the paper the rescaling was a constant."""
    sides, factors = set(), set()
    monkeypatch.setattr(augmentation, "lose_quality", lambda pixels, factor: factors.add(factor) or pixels)
    monkeypatch.setattr(
        augmentation, "pick_place", lambda shape, side, *how: sides.add(side) or pick_place(shape, side, *how)
    )
    for seed in range(10):
        draw_sample([labelled()], rng(seed), Augmentation(), input_px=92, margin_px=10)
    assert len(sides) > 5
    assert len(factors) == 10


def test_step_7_turns_pixels_and_targets_together():
    plane = np.arange(16, dtype=np.uint8).reshape(4, 4)
    for seed in range(10):
        pixels, targets, weights = rotate_and_flip(
            np.repeat(plane[..., None], 3, axis=2), plane[None], plane[None], rng(seed)
        )
        assert (pixels[..., 0] == targets[0]).all()
        assert (targets == weights).all()


def test_step_7_gives_all_eight_positions():
    plane = np.arange(4, dtype=np.uint8).reshape(2, 2)
    seen = {
        rotate_and_flip(np.repeat(plane[..., None], 3, axis=2), plane[None], plane[None], rng(seed))[1].tobytes()
        for seed in range(200)
    }
    assert len(seen) == 8


def test_step_8_changes_nothing_at_strength_zero():
    grey = np.full((4, 4, 3), 90, np.uint8)
    assert (change_colours(grey, rng(), PLAIN) == grey).all()


def test_step_8_scales_the_value():
    grey = np.full((4, 4, 3), 100, np.uint8)
    darker = PLAIN.model_copy(update={"value": (0.5, 0.5)})
    assert (change_colours(grey, rng(), darker) == 50).all()


def test_the_same_seed_draws_the_same_sample():
    first, second = (draw_sample([labelled()], rng(7), Augmentation(), input_px=92, margin_px=10) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_different_seeds_draw_different_samples():
    first, second = (draw_sample([labelled()], rng(seed), Augmentation(), input_px=92, margin_px=10) for seed in (1, 2))
    assert (first.pixels != second.pixels).any()


@pytest.mark.parametrize("input_px", [92, 188])
def test_targets_are_the_part_that_the_network_writes(input_px):
    sample = draw_sample([labelled()], rng(), PLAIN, input_px=input_px, margin_px=44)
    assert sample.targets.shape == sample.weights.shape == (1, input_px - 88, input_px - 88)


class LaysWhite:
    """Stands in for piles: everything becomes white."""

    def lay(self, pixels, _):
        return np.full_like(pixels, 255), []


@pytest.mark.parametrize(("share", "laid"), [(0, False), (1, True)])
def test_piles_are_laid_on_the_share_that_is_asked_for(share, laid):
    plain = labelled()
    two = {name: np.repeat(getattr(plain, name), 2, axis=0) for name in ("targets", "weights")}
    photograph = dataclasses.replace(plain, piles=LaysWhite(), **two)
    sample = draw_sample([photograph], rng(), PLAIN, input_px=92, margin_px=44, piles=share)
    assert (sample.pixels == 255).all() == laid


def test_a_photograph_without_piles_stays_as_it_is():
    settings = {"input_px": 92, "margin_px": 44}
    plain = draw_sample([labelled()], rng(), PLAIN, **settings)
    asked = draw_sample([labelled()], rng(), PLAIN, **settings, piles=1.0)
    assert (plain.pixels == asked.pixels).all()
