import numpy as np
import pytest

from hemolens.cells.cell import cells_from_circles
from hemolens.differential.crops import OUTLINE_CHANNEL, cut_crops
from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.colours import MeasuredColours, StandardColours

STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
MEASURED = MeasuredColours(np.full(3, 220.0), np.array(STANDARD.red_cell_absorbance))


def crop_of(pixels, circle, *, zoom=1.0, side_px=32, measured=MEASURED):
    cells = cells_from_circles(np.array([circle], float), cell_type="wbc", shape=pixels.shape[:2])
    crops = cut_crops(
        photograph_from_array(pixels), cells, zoom=zoom, side_px=side_px, standard=STANDARD, measured=measured
    )
    assert crops.shape == (1, side_px, side_px, 4)
    assert crops.dtype == np.uint8
    return crops[0]


def empty(height=80, width=80):
    return np.full((height, width, 3), 220, np.uint8)


def test_the_cell_is_in_the_middle():
    pixels = empty()
    pixels[30:35, 50:55] = 100
    crop = crop_of(pixels, (32, 52, 5))
    assert np.argwhere(crop[..., 0] == 100).mean(axis=0) == pytest.approx((16, 16), abs=0.5)


@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.0])
def test_the_outline_covers_the_cell_at_every_scale(zoom):
    crop = crop_of(empty(), (40, 40, 10 / zoom), zoom=zoom)
    assert (crop[..., OUTLINE_CHANNEL] > 0).sum() == pytest.approx(np.pi * 10**2, rel=0.1)


def test_beyond_the_frame_is_empty_background():
    crop = crop_of(np.zeros((80, 80, 3), np.uint8), (0, 0, 5))
    assert (crop[:15, :, :3] == 220).all()
    assert (crop[17:, 17:, :3] < 20).all()


def test_a_cell_in_a_photograph_smaller_than_the_crop():
    assert (crop_of(np.zeros((3, 3, 3), np.uint8), (1, 1, 1))[..., 0] < 20).sum() == 9


def test_colours_are_standardised():
    measured = MeasuredColours(np.array([180.0, 200.0, 190.0]), None)
    pixels = np.full((80, 80, 3), (180, 200, 190), np.uint8)
    assert (crop_of(pixels, (40, 40, 5), measured=measured)[..., :3] == 220).all()


def test_no_cells_no_crops():
    image = photograph_from_array(empty())
    assert cut_crops(image, [], zoom=1, side_px=8, standard=STANDARD, measured=MEASURED).shape == (0, 8, 8, 4)
