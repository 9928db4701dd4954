import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.segmentation.dct_sharpness import definition, measure_levels
from hemolens.segmentation.stained_bodies import NOTHING
from hemolens.synthetic import draw_smear


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 4, 6, 8]))
@settings(max_examples=20, derandomize=True)
def test_the_definition_is_the_energy_of_the_higher_coefficients(seed, block_px):
    green = np.random.default_rng(seed).integers(0, 256, (20, 20), dtype=np.uint8)
    coefficients = cv2.dct(green[6 : 6 + block_px, 6 : 6 + block_px].astype(np.float64))
    coefficients[0, :2] = coefficients[1, 0] = 0
    middle = 6 + block_px // 2
    expected = np.sqrt((coefficients**2).sum() / block_px**2)
    assert definition(green, block_px)[middle, middle] == pytest.approx(expected, abs=1e-3)


def test_a_slope_of_light_is_not_sharp():
    row, col = np.mgrid[:40, :40]
    assert definition((2 * row + col + 20).astype(np.uint8), 6)[8:-8, 8:-8].max() < 1


def test_out_of_focus_nothing_is_found(f1_of):
    sharp, blurred = (draw_smear(6, n_rbc=35, n_wbc=0, n_plt=0, overlap=0, blur_px=sigma) for sigma in (1.2, 6.0))
    assert f1_of(sharp, "dct-sharpness")["rbc"] >= 0.9
    assert f1_of(blurred, "dct-sharpness")["rbc"] < 0.2


def test_noise_alone_has_no_sharp_places():
    smear = draw_smear(6, n_rbc=0, n_wbc=0, n_plt=0, noise=8.0)
    assert measure_levels(smear.pixels, 40) == (NOTHING,)
