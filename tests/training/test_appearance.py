import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.training import appearance
from hemolens.training.cell_planes import Known
from hemolens.training.config import SmearAugmentation
from hemolens.training.crops import Crops

from .synthetic_bank import PLAIN, draw_disc, rng

pytestmark = pytest.mark.train

SIDE = 48
seeds = st.integers(0, 10**6)


def changed_by(**changes):
    return PLAIN.model_copy(update=changes)


def torch_rng(seed=0):
    return torch.Generator().manual_seed(seed)


def crops(n_crops=4):
    """A red cell, a white cell and a platelet on each."""
    pixels = np.full((n_crops, 3, SIDE, SIDE), 220, np.float32)
    numbers = np.zeros((n_crops, 3, SIDE, SIDE), np.int16)
    for plane, (row, col, radius, light) in enumerate([(14, 14, 9, 150), (33, 32, 10, 80), (12, 38, 4, 110)]):
        disc = draw_disc((SIDE, SIDE), row, col, radius)
        pixels[..., disc] = light
        numbers[:, plane, disc] = plane + 1
    known = np.full(numbers.shape, Known.ALL, np.uint8)
    return Crops(*map(torch.from_numpy, (pixels, numbers, known)))


def absorbance_of(some):
    return -torch.log10(some.pixels / 220)


@given(seeds)
@settings(max_examples=10)
def test_neutral_strengths_leave_the_absorbance(seed):
    own, generator = crops(), rng(seed)
    before = absorbance = absorbance_of(own)
    absorbance = appearance.change_red_cells(absorbance, own.numbers[:, 0], generator, torch_rng(), PLAIN)
    absorbance = appearance.change_dark_cells(absorbance, own.numbers, generator, PLAIN)
    absorbance = absorbance + appearance.draw_specks(own.pixels, generator, PLAIN)
    absorbance = appearance.change_stain(absorbance, generator, PLAIN)
    torch.testing.assert_close(absorbance, before, atol=1e-5, rtol=1e-5)
    assert (appearance.change_lamp(before, generator, PLAIN) == 1).all()


def test_neutral_grain_and_crenation_change_nothing():
    own = crops()
    assert torch.equal(appearance.add_grain(own.pixels, rng(), torch_rng(), PLAIN), own.pixels)
    assert appearance.crenate(own, rng(), torch_rng(), PLAIN) is own


@given(seeds)
@settings(max_examples=10)
def test_crenated_cells_and_their_labels_move_alike(seed):
    own = appearance.crenate(crops(), rng(seed), torch_rng(seed), changed_by(crenated=1.0))
    for plane, light in enumerate((150, 80, 110)):
        cell = own.numbers[:, plane] > 0
        others = (own.numbers > 0).any(1) & ~cell
        stained = own.pixels[:, 0] < (light + 220) / 2
        assert (stained == cell)[~others].float().mean() > 0.97


def test_a_crenated_outline_is_jagged():
    plain, warped = crops(), appearance.crenate(crops(), rng(1), torch_rng(1), changed_by(crenated=1.0))
    assert not torch.equal(plain.numbers, warped.numbers)
    assert torch.equal(warped.known, plain.known)


def test_crops_that_are_not_crenated_stay():
    settings = changed_by(crenated=0.5)
    plain, warped = crops(20), appearance.crenate(crops(20), rng(2), torch_rng(2), settings)
    same = (plain.pixels == warped.pixels).flatten(1).all(1)
    assert 4 < int(same.sum()) < 16
    assert torch.equal(plain.numbers[same], warped.numbers[same])


@given(seeds)
@settings(max_examples=10)
def test_changed_red_cells_leave_the_background(seed):
    own = crops()
    before = absorbance_of(own)
    after = appearance.change_red_cells(
        before, own.numbers[:, 0], rng(seed), torch_rng(seed), changed_by(own_absorbance=1.0)
    )
    red = (own.numbers[:, 0] > 0)[:, None].expand_as(before)
    assert torch.equal(after[~red], before[~red])
    assert not torch.equal(after[red], before[red])


def test_red_cells_differ_from_each_other():
    own = crops(1)
    numbers = torch.zeros((1, SIDE, SIDE), dtype=torch.int16)
    for n in range(16):
        numbers[0, 12 * (n // 4) : 12 * (n // 4) + 10, 12 * (n % 4) : 12 * (n % 4) + 10] = n + 1
    even = torch.full_like(own.pixels, 0.2)
    after = appearance.change_red_cells(even, numbers, rng(), torch_rng(), changed_by(own_absorbance=1.0))
    means = [float(after[0, 0][numbers[0] == n + 1].mean()) for n in range(16)]
    assert max(means) / min(means) > 1.2
    assert min(means) > 0.2 * 0.6
    assert max(means) < 0.2 * 0.75 * 2.4 * 1.3


def test_a_pale_centre_is_filled_with_the_mean_of_its_cell():
    own = crops(8)
    red = own.numbers[:, 0] > 0
    absorbance = absorbance_of(own)
    absorbance[:, :, 12:17, 12:17] = 0.02
    after = appearance.change_red_cells(
        absorbance, own.numbers[:, 0], rng(3), torch_rng(3), changed_by(own_absorbance=1.0)
    )
    ratios = [float(after[n, 0, 14, 14] / after[n, 0][red[n]].mean()) for n in range(8)]
    before = float(absorbance[0, 0, 14, 14] / absorbance[0, 0][red[0]].mean())
    assert all(ratio > 0.7 * before for ratio in ratios)
    assert max(ratios) > 2 * before


def test_dark_cells_change_and_red_cells_stay():
    own = crops()
    before = absorbance_of(own)
    after = appearance.change_dark_cells(before, own.numbers, rng(), changed_by(dark_cells=1.0))
    changed = (after != before).any(1)
    assert changed[:, 33, 32].all()
    assert changed[:, 12, 38].all()
    assert not changed[own.numbers[:, 0] > 0].any()


@given(seeds)
@settings(max_examples=10)
def test_specks_are_dark_and_small(seed):
    specks = appearance.draw_specks(crops().pixels, rng(seed), changed_by(specks=1.0))
    assert (specks >= 0).all()
    assert specks.max() > 0.05
    assert (specks > 0.1).float().mean() < 0.35


@given(seeds)
@settings(max_examples=10)
def test_stain_stays_on_what_is_stained(seed):
    own = absorbance_of(crops())
    after = appearance.change_stain(own, rng(seed), SmearAugmentation())
    empty = (own == 0).all(1, keepdim=True).expand_as(own)
    assert (after[empty] == 0).all()


def test_near_grey_takes_colour_away():
    coloured = torch.tensor([0.1, 0.5, 0.2]).view(1, 3, 1, 1).repeat(50, 1, 2, 2)
    after = appearance.change_stain(coloured, rng(), changed_by(near_grey=1.0))
    spread = (after.amax(1) - after.amin(1)) / after.mean(1)
    assert spread.max() < 0.4 * (0.4 / (0.8 / 3)) + 1e-4


@pytest.mark.parametrize(("gain", "fall_off"), [(0.08, 0.0), (0.0, 0.15)])
def test_the_lamp_changes_as_much_as_is_allowed(gain, fall_off):
    light = appearance.change_lamp(torch.zeros(40, 3, 8, 8), rng(), changed_by(gain=gain, fall_off=fall_off))
    assert light.min() >= (1 - gain) * (1 - 2 * fall_off) - 1e-6
    assert light.max() <= (1 + gain) * (1 + 2 * fall_off) + 1e-6
    assert light.std() > 0.005


@given(seeds)
@settings(max_examples=10)
def test_focus_leaves_an_even_picture(seed):
    even = torch.full((8, 3, 32, 32), 130.0)
    torch.testing.assert_close(appearance.change_focus(even, rng(seed), SmearAugmentation()), even)


def test_grain_is_as_strong_as_is_allowed():
    grey = torch.full((40, 3, 32, 32), 120.0)
    grain = appearance.add_grain(grey, rng(), torch_rng(), changed_by(noise=7.0)) - grey
    assert 1 < grain.std() < 7
    assert abs(float(grain.mean())) < 0.2


def test_compression_of_high_quality_changes_little():
    pixels = crops(8).pixels
    after = appearance.compress(pixels, rng(), changed_by(jpeg_quality=95))
    assert (after - pixels).abs().mean() < 1
    assert (after - pixels).abs().amax((1, 2, 3)).gt(0.5).sum() >= 2  # but something, on some


class Quality:
    """Chooses every crop and this quality."""

    def __init__(self, quality):
        self.quality = quality

    def random(self, n):
        return np.zeros(n)

    def uniform(self, low, high, n):
        return np.full(n, self.quality, float)


def grainy():
    grain = 12 * torch.randn((1, 1, SIDE, SIDE), generator=torch_rng(4))
    return (crops(1).pixels + grain).clamp(0, 255).round()


def test_compression_of_low_quality_loses_more():
    losses = [(appearance.compress(grainy(), Quality(q), PLAIN) - grainy()).abs().mean() for q in (95, 60, 20)]
    assert losses[2] > 1.2 * losses[1] > 2 * losses[0]


def test_compression_loses_what_a_jpeg_file_loses():
    ours = appearance.compress(grainy(), Quality(60), PLAIN)[0].permute(1, 2, 0).numpy()
    own = grainy()[0].permute(1, 2, 0).numpy().astype(np.uint8)
    _, data = cv2.imencode(".jpg", own[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    real = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(float)
    assert np.abs(ours - real).mean() < 2
    assert np.abs(ours - own).mean() == pytest.approx(np.abs(real - own).mean(), rel=0.2)


@given(seeds)
@settings(max_examples=10)
def test_the_same_state_makes_the_same_changes(seed):
    first, again = (appearance.change_appearance(crops(), rng(seed), SmearAugmentation(), 220) for _ in range(2))
    assert all(map(torch.equal, first, again))


@given(seeds)
@settings(max_examples=10)
def test_pixels_stay_grey_levels(seed):
    pixels = appearance.change_appearance(crops(), rng(seed), SmearAugmentation(), 220).pixels
    assert pixels.min() >= 0
    assert pixels.max() <= 255
    assert torch.equal(pixels, pixels.round())
