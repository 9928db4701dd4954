import cv2
import numpy as np
import pytest

from hemolens.training.piles import CutOut, Piles, cover, cut_out_cells, touching_weights

GREY, DARK = 200, 100


def disc(radius, centre, shape=(200, 200)):
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - centre[0], cols - centre[1]) <= radius


def circle(row, col, radius=20):
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([col + radius * np.cos(angles), row + radius * np.sin(angles)], axis=1) + 0.5


def cell(radius=20, colour=DARK):
    side = 2 * radius + 9
    mask = disc(radius, (side // 2, side // 2), (side, side))
    pixels = np.where(mask[..., None], colour, GREY).repeat(3, axis=2).astype(np.uint8)
    return CutOut(pixels, np.where(mask, 255, 0).astype(np.uint8))


def piles(*cells):
    return Piles(cells, np.full(3, GREY, np.float32))


def empty(side=200):
    return np.full((side, side, 3), GREY, np.uint8), np.zeros((2, side, side), np.uint8)


def laid(seed=0, material=None):
    """The picture and its mask and edge."""
    pixels, targets = empty()
    pixels, cells = (material or piles(cell())).lay(pixels, np.random.default_rng(seed))
    return pixels, cover(targets, cells)


def test_cells_that_stand_alone_are_cut_out():
    pixels, _ = empty()
    alone, touching, other, at_frame = circle(50, 50), circle(140, 60), circle(140, 100), circle(60, 195)
    (found,) = cut_out_cells(pixels, [alone, touching, other, at_frame])
    assert cv2.countNonZero(found.mask) == pytest.approx(np.pi * 20**2, rel=0.05)
    assert found.pixels.shape == (*found.mask.shape, 3)


def test_fragments_are_not_cut_out():
    pixels, _ = empty()
    found = cut_out_cells(pixels, [circle(50, 50), circle(50, 150), circle(150, 100, radius=8)])
    assert len(found) == 2


def test_no_outlines_give_no_cells():
    assert cut_out_cells(empty()[0], []) == ()


def test_the_mask_is_where_the_picture_changed():
    pixels, (mask, _) = laid()
    changed = np.abs(pixels.astype(int) - GREY).max(axis=2) > 50
    assert mask.any()
    assert (changed == (mask > 0)).mean() > 0.99


@pytest.mark.parametrize("seed", range(5))
def test_mask_minus_edge_holds_whole_cells_only(seed):
    """What is left of a cell under others is at most a cell; one cell too many would be a merge."""
    _, (mask, edge) = laid(seed)
    _, _, stats, _ = cv2.connectedComponentsWithStats(((mask > 0) & (edge == 0)).astype(np.uint8), connectivity=4)
    assert stats[1:, cv2.CC_STAT_AREA].max() <= np.pi * (1.1 * 20) ** 2


def test_a_covered_border_is_no_longer_labelled():
    pixels, targets = empty()
    targets[1, 100, 60:140] = 255  # a border under the cell that is laid
    targets = cover(targets, piles()._lay_cell(pixels, cell(), (100, 100), see_through=0.0))
    assert targets[1, 100, 100] == 0
    assert targets[1, 100, 65] == 255
    assert targets[1, 100, 80] == 255  # its own outline


def test_a_cell_beyond_the_frame_changes_nothing():
    pixels, _ = empty(60)
    assert list(piles()._lay_cell(pixels, cell(), (-100, 30), see_through=0.0)) == []
    assert (pixels == GREY).all()


def test_what_shines_through_a_see_through_cell_is_darker():
    opaque, through = empty()[0], empty()[0]
    for pixels, see_through in ((opaque, 0.0), (through, 1.0)):
        pixels[:, 100:] = DARK
        list(piles()._lay_cell(pixels, cell(), (100, 100), see_through))
    assert opaque[100, 110, 0] == DARK
    assert through[100, 110, 0] == DARK * DARK // GREY
    assert through[100, 90, 0] == DARK


def test_the_slice_handed_in_is_not_changed():
    pixels, targets = empty()
    _, cells = piles(cell()).lay(pixels, np.random.default_rng(0))
    cover(targets, cells)
    assert (pixels == GREY).all()
    assert not targets.any()


def test_the_same_seed_lays_the_same_piles():
    for first, second in zip(laid(3), laid(3), strict=True):
        assert (first == second).all()


def test_without_cells_nothing_is_laid():
    pixels, targets = laid(material=piles())
    assert (pixels == GREY).all()
    assert not targets.any()


def test_borders_between_cells_weigh_more_than_outer_ones():
    mask = np.zeros((60, 60), np.uint8)
    edge = np.zeros((60, 60), np.uint8)
    mask[10:50, 10:50] = 255
    cv2.rectangle(edge, (10, 10), (49, 49), 255, 2)
    edge[10:50, 29:31] = 255
    _, weights = touching_weights(mask, edge, 5)
    assert weights[30, 30] == 5
    assert weights[30, 10] == 1


def test_narrow_gaps_weigh_more():
    mask = np.zeros((60, 60), np.uint8)
    mask[10:50, 10:29] = mask[10:50, 32:50] = 255
    weights, _ = touching_weights(mask, np.zeros_like(mask), 5)
    assert weights[30, 30] == 5
    assert weights[5, 5] == 1
