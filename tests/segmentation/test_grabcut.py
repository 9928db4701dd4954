from dataclasses import replace

import numpy as np
import pytest

from hemolens.segmentation.grabcut import cut_out, edge_strength
from hemolens.synthetic import draw_smear

ROW, COL = np.mgrid[:80, :80]
FROM_MIDDLE = np.hypot(ROW - 40, COL - 40)


@pytest.fixture
def smear():
    return draw_smear(4, n_rbc=25, n_wbc=6, n_plt=4, overlap=0)


def test_white_cells_of_a_grey_photograph_are_not_found(smear, f1_of):
    grey = np.repeat(smear.pixels.mean(axis=2, keepdims=True).round().astype(np.uint8), 3, axis=2)
    assert f1_of(smear, "grabcut-white-cells")["wbc"] >= 0.9
    assert f1_of(replace(smear, pixels=grey), "grabcut-white-cells")["wbc"] < 0.2


def test_the_cut_follows_the_cytoplasm_beyond_the_nucleus():
    pixels = np.full((80, 80, 3), (220, 210, 200), np.uint8)
    pixels[FROM_MIDDLE < 20] = (180, 150, 190)
    nucleus = FROM_MIDDLE < 12
    pixels[nucleus] = (90, 50, 140)
    found = cut_out(pixels, nucleus, 24)
    assert np.count_nonzero(found ^ (FROM_MIDDLE < 20)) < 0.1 * np.count_nonzero(found)


def test_without_surroundings_the_nucleus_is_the_cell():
    nucleus = np.ones((20, 20), bool)
    np.testing.assert_array_equal(cut_out(np.zeros((20, 20, 3), np.uint8), nucleus, 40), nucleus)


def test_the_strength_of_an_edge_is_its_step():
    green = np.where(COL < 40, 51, 153).astype(np.uint8)
    strength = edge_strength(green, 40)
    assert strength[40, 40] == pytest.approx(0.4)
    assert strength[40, 10] == 0
