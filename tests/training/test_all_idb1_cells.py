import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.labels.all_idb1 import AllIdb1
from hemolens.training.all_idb1_cells import (
    OUTLINED,
    number_outlines,
    platelets,
    read_smears,
    resize_cells,
    sure_outlines,
    white_cells,
)
from hemolens.training.cell_planes import Known, NumberedCells

pytestmark = pytest.mark.train

DISC_PX = np.pi / 4 * 40**2


def discs(*centres, radius=25, shape=(200, 200)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return np.any([np.hypot(rows - row, cols - col) <= radius for row, col in centres], axis=0)


def test_outlines_become_numbers():
    square = np.array([[5, 5], [15, 5], [15, 15], [5, 15]], float)
    cells = number_outlines([square + 0.5, square + 20.5], (50, 50))
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


def test_only_what_is_known_throughout_is_outlined():
    numbers = np.zeros((40, 60), np.uint16)
    numbers[5:15, 5:15], numbers[5:15, 40:50] = 1, 2
    known = np.full(numbers.shape, Known.ALL, np.uint8)
    known[:, :20] = Known.MASK
    (outline,) = sure_outlines(NumberedCells(numbers, known))
    assert [outline.min(axis=0).tolist(), outline.max(axis=0).tolist()] == [[40.5, 5.5], [49.5, 14.5]]


@pytest.fixture(scope="module")
def smear(synthetic_all_idb1):
    (smear,) = read_smears(AllIdb1(synthetic_all_idb1), ["Im037_0"], red_cell_diameter_px=20)
    return smear


def test_a_folder_gives_what_is_known_of_each_photograph(smear):
    assert (smear.name, smear.source) == ("Im037_0", OUTLINED)
    assert all(smear.labels(kind) for kind in ("rbc", "wbc", "plt"))
    assert smear.numbers[..., 0].max() > 1
    assert smear.numbers.shape == smear.known.shape == smear.pixels.shape


@pytest.mark.parametrize("plane", [0, 1])
def test_cells_that_stand_alone_are_lent_where_they_lie(synthetic_all_idb1, plane):
    smears = read_smears(AllIdb1(synthetic_all_idb1), ["Im004_1", "Im037_0", "Im053_1"], red_cell_diameter_px=20)
    assert any(smear.lent[..., plane].any() for smear in smears)
    for smear in smears:
        assert (smear.numbers[..., plane][smear.lent[..., plane] > 0] > 0).all()


def test_the_background_is_measured(smear):
    glass = np.median(smear.pixels[(smear.numbers == 0).all(-1)], axis=0)
    assert smear.colours.background.tolist() == pytest.approx(glass.tolist(), abs=6)
