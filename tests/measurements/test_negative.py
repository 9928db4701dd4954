import numpy as np
import pytest

from hemolens.measurements.negative import is_negative
from hemolens.synthetic import draw_smear


@pytest.mark.parametrize("stain", ["pink", "tan", "grey", "pale", "violet"])
@pytest.mark.parametrize("n_rbc", [8, 30, 55])
def test_a_negative_is_told_from_the_photograph(stain, n_rbc):
    pixels = draw_smear(4, height=500, width=700, n_rbc=n_rbc, n_wbc=1, red_cell_diameter_px=60, stain=stain).pixels
    assert (is_negative(pixels), is_negative(255 - pixels)) == (False, True)


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (90, 60)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_is_no_negative(shape, value):
    assert not is_negative(np.full((*shape, 3), value, np.uint8))
