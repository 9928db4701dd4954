from dataclasses import replace

import cv2
import numpy as np
import pytest

from hemolens.images.box import Box
from hemolens.segmentation.otsu import draw, measure_levels
from hemolens.segmentation.stained_bodies import CELLS_AT_MOST, NOTHING, dark_level
from hemolens.synthetic import draw_smear


def squashed(smear, share):
    """A smear whose cells are narrower than they are high."""
    height, width = smear.pixels.shape[:2]
    cells = [
        replace(
            cell,
            col=cell.col * share,
            box=Box(cell.box[0], int(cell.box[1] * share), cell.box[2], int(cell.box[3] * share)),
        )
        for cell in smear.cells
    ]
    pixels = cv2.resize(smear.pixels, (int(width * share), height), interpolation=cv2.INTER_AREA)
    return replace(smear, pixels=pixels, cells=cells, red_cell_diameter_px=smear.red_cell_diameter_px * share**0.5)


def test_uneven_light_is_taken_for_cells(f1_of):
    even, uneven = (draw_smear(5, n_rbc=35, n_wbc=0, overlap=0, uneven_light=lost) for lost in (0.0, 0.7))
    assert f1_of(even, "otsu-watershed")["rbc"] >= 0.9
    assert f1_of(uneven, "otsu-watershed")["rbc"] < 0.8


def test_circles_miss_cells_that_are_not_round(f1_of):
    smear = squashed(draw_smear(5, n_rbc=35, n_wbc=0, n_plt=0, overlap=0), 0.55)
    assert f1_of(smear, "otsu-watershed")["rbc"] >= 0.9
    assert f1_of(smear, "otsu-circle-hough")["rbc"] < 0.7


@pytest.mark.parametrize("n_rbc", [0, 40])
def test_a_smear_without_white_cells_has_no_level_of_nuclei(n_rbc):
    smear = draw_smear(1, n_rbc=n_rbc, n_wbc=0, n_plt=0)
    cells, nuclei = measure_levels(smear.pixels, 80)
    assert nuclei == NOTHING
    assert (cells == NOTHING) == (n_rbc == 0)


def test_dark_nuclei_among_pale_red_cells_are_not_the_only_bodies():
    smear = draw_smear(2, n_rbc=40, n_wbc=8, n_plt=0, stain="grey", overlap=0, uneven_light=0)
    background, red = np.median(smear.pixels[:40, :40], axis=(0, 1)), smear.labels("rbc") > 0
    pale = smear.pixels.copy()
    pale[red] = background + 0.5 * (pale[red] - background)
    green = pale[..., 1]
    assert dark_level(green, CELLS_AT_MOST) < np.median(green[red])  # Otsu's threshold alone finds nuclei only
    masks = draw(pale, 80, measure_levels(pale, 80))
    assert masks["rbc.mask"][red].mean() > 0.8
    assert masks["wbc.mask"].any()
