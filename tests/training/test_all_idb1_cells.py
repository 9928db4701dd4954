import numpy as np
import pytest

from hemolens.colours import StandardColours, background_colour
from hemolens.training.all_idb1_cells import number_outlines, platelets, read_smears, resize_cells, white_cells
from hemolens.training.cell_planes import Known, NumberedCells

STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))
DISC_PX = np.pi / 4 * 40**2


def discs(*centres, radius=25, shape=(200, 200)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return np.any([np.hypot(rows - row, cols - col) <= radius for row, col in centres], axis=0)


def test_outlines_become_numbers():
    square = np.array([[5, 5], [15, 5], [15, 15], [5, 15]], float)
    cells = number_outlines([square, square + 20], (50, 50))
    assert (cells.numbers[10, 10], cells.numbers[30, 30], cells.numbers[45, 5]) == (1, 2, 0)
    assert (cells.known == Known.ALL).all()


def test_as_many_bodies_as_were_counted_are_single_cells():
    cells = white_cells(discs((50, 50), (50, 150)), DISC_PX, count=2, nucleus_only=False)
    assert np.unique(cells.numbers).tolist() == [0, 1, 2]
    assert (cells.known == Known.ALL).all()


def test_of_joined_bodies_only_the_mask_is_known():
    joined = discs((50, 50), (150, 50), (150, 95), (50, 150))
    cells = white_cells(joined, DISC_PX, count=4, nucleus_only=False)
    assert cells.known[150, 50] == Known.MASK
    assert cells.known[50, 50] == Known.ALL


def test_specks_are_unknown():
    cells = white_cells(discs((50, 50)) | discs((150, 150), radius=4), DISC_PX, count=1, nucleus_only=False)
    assert cells.known[150, 150] == Known.NOTHING
    assert cells.numbers[150, 150] == 0


def test_around_a_nucleus_nothing_is_known():
    cells = white_cells(discs((100, 100)), DISC_PX, count=1, nucleus_only=True)
    assert cells.known[100, 130] == Known.NOTHING
    assert cells.known[100, 100] & Known.MASK


def test_a_mask_without_cells_is_background():
    cells = white_cells(np.zeros((50, 50), bool), DISC_PX, count=0, nucleus_only=False)
    assert not cells.numbers.any()


def test_platelets_are_numbered_and_specks_unknown():
    cells = platelets(discs((50, 50), radius=5) | discs((150, 150), radius=1))
    assert cells.numbers[50, 50] == 1
    assert cells.known[150, 150] == Known.NOTHING


@pytest.mark.parametrize("shape", [(50, 60), (150, 170)])
def test_resized_cells_keep_their_numbers(shape):
    numbers = np.zeros((100, 120), np.uint16)
    numbers[20:60, 20:60] = 300
    small = resize_cells(NumberedCells(numbers, np.full(numbers.shape, Known.MASK, np.uint8)), shape)
    assert np.unique(small.numbers).tolist() == [0, 300]
    assert small.known.shape == shape


def read_drawn(folder, colours=None):
    return read_smears(
        folder, ["Im037_0"], red_cell_diameter_px=20, colours=colours,
        outputs=("rbc.mask", "wbc.mask"), touching_weight=1,
    )  # fmt: skip


def test_a_folder_gives_what_is_known_of_each_photograph(drawn_all_idb1):
    (smear,) = read_drawn(drawn_all_idb1)
    assert set(smear.cells) == {"rbc", "wbc", "plt"}
    assert smear.cells["rbc"].numbers.max() > 1
    assert smear.cells["rbc"].numbers.shape == smear.pixels.shape[:2]


def test_the_background_of_a_photograph_is_brought_to_the_level_of_the_set_up(drawn_all_idb1):
    (smear,) = read_drawn(drawn_all_idb1, colours=STANDARD)
    assert background_colour(smear.pixels).tolist() == pytest.approx([220] * 3, abs=6)
    assert smear.piles["rbc"].background.tolist() == pytest.approx([220] * 3, abs=6)
