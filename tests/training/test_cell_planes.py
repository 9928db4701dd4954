import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from hemolens.training.cell_planes import (
    EDGE_PX,
    N_NUMBERS,
    PLANES,
    Known,
    at_borders,
    between_cells,
    distance_to,
    draw_planes,
    index_cells,
)
from hemolens.training.config import PlaneWeights

pytestmark = pytest.mark.train

DIAMETER_PX = 20
EQUAL = PlaneWeights(touching=1, near_touching=1, platelets=1)

discs_of = st.lists(st.tuples(st.integers(0, 47), st.integers(0, 63), st.integers(3, 12)), max_size=6)


def discs(*centres, shape=(48, 64)):
    """Numbered discs, (row, col, radius); later ones lie on top."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    numbers = np.zeros(shape, np.int16)
    for number, (row, col, radius) in enumerate(centres, start=1):
        numbers[np.hypot(rows - row, cols - col) <= radius] = number
    return numbers


def planes_of(numbers, *outputs, known=Known.ALL, weights=EQUAL):
    """Targets and weights of one picture of numbers, the same for every type."""
    own = torch.from_numpy(np.array([[numbers] * 3], np.int16))
    flags = torch.from_numpy(np.broadcast_to(np.uint8(known), own.shape).copy())
    return [each[0].numpy() for each in draw_planes(own, flags, outputs, DIAMETER_PX, weights)]


def plane_of(name, numbers):
    return planes_of(numbers, name)[0][0]


@given(discs_of)
@settings(max_examples=20)
def test_the_mask_is_where_cells_are(centres):
    numbers = discs(*centres)
    np.testing.assert_array_equal(plane_of("rbc.mask", numbers) == 1, numbers > 0)


@given(discs_of)
@settings(max_examples=20)
def test_the_edge_is_where_another_number_is_near(centres):
    numbers = discs(*centres)
    near = np.hypot(*np.mgrid[-EDGE_PX : EDGE_PX + 1, -EDGE_PX : EDGE_PX + 1]) <= EDGE_PX
    near |= (np.abs(np.mgrid[-2:3, -2:3]) <= [[[1]], [[2]]]).all(axis=0)  # the corners of three rows by five columns
    highest = ndimage.maximum_filter(numbers, footprint=near, mode="nearest")
    lowest = ndimage.minimum_filter(numbers, footprint=near, mode="nearest")
    np.testing.assert_array_equal(plane_of("rbc.edge", numbers) == 1, highest != lowest)


def test_touching_cells_have_an_edge_between_them():
    numbers = np.repeat(np.array([[1] * 10 + [2] * 10], np.int16), 20, axis=0)
    edge = plane_of("rbc.edge", numbers)[10]
    assert np.flatnonzero(edge).tolist() == list(range(10 - EDGE_PX, 10 + EDGE_PX))


def test_a_cell_that_the_crop_cuts_has_no_edge_there():
    numbers = np.ones((20, 20), np.int16)
    assert not at_borders(torch.from_numpy(numbers[None])).any()


def depth_by_scipy(numbers):
    """Share of depth by the exact distance transform, cell by cell, from 1 on the outermost pixels inwards.

    Beyond the crop a cell goes on.
    """
    depth = np.zeros(numbers.shape)
    for number in np.unique(numbers[numbers > 0]):
        own = np.pad(numbers == number, 1, mode="edge")
        outermost = (own & ~ndimage.binary_erosion(own))[1:-1, 1:-1]
        own = own[1:-1, 1:-1]
        from_border = ndimage.distance_transform_edt(~outermost) if outermost.any() else np.full(own.shape, np.inf)
        steps = np.where(own, np.minimum(from_border, round(0.9 * DIAMETER_PX)) + 1, 0)
        depth += steps / steps.max()
    return depth


@given(discs_of)
@settings(max_examples=40)
def test_the_distance_is_the_euclidean_one_of_each_cell(centres):
    numbers = discs(*centres)
    np.testing.assert_allclose(plane_of("rbc.distance", numbers), depth_by_scipy(numbers), atol=1e-5)


@given(discs_of)
@settings(max_examples=20)
def test_the_depth_of_every_cell_reaches_one(centres):
    numbers = discs(*centres)
    distance = plane_of("rbc.distance", numbers)
    assert [float(distance[numbers == number].max()) for number in np.unique(numbers[numbers > 0])] == pytest.approx(
        [1] * len(np.unique(numbers[numbers > 0]))
    )


@pytest.mark.parametrize("reach_px", [5, 40, 140])
def test_distances_are_those_of_scipy_up_to_the_reach(reach_px):
    marked = np.random.default_rng(1).random((2, 40, 40)) < 0.003
    marked[1] = False
    exact = [ndimage.distance_transform_edt(~own) if own.any() else np.full(own.shape, np.inf) for own in marked]
    found = distance_to(torch.from_numpy(marked), reach_px).numpy()
    np.testing.assert_allclose(found, np.minimum(exact, reach_px), rtol=1e-6)


@pytest.mark.parametrize(("number", "col"), [(1, 25), (2, 42)])
def test_a_covered_cell_has_its_centre_where_it_is_seen(number, col):
    numbers = discs((30, 30, 10), (30, 42, 10), shape=(60, 80))
    centre = plane_of("rbc.centre", numbers)
    row, found = np.unravel_index(np.where(numbers == number, centre, 0).argmax(), numbers.shape)
    assert (row, found) == (30, pytest.approx(col, abs=2))


@given(discs_of)
@settings(max_examples=20)
def test_every_cell_adds_one_peak(centres):
    numbers = discs(*centres)
    highest = plane_of("rbc.centre", numbers).max()
    assert highest == pytest.approx(1 if numbers.any() else 0)


def test_the_smallest_sliver_has_a_centre():
    numbers = np.zeros((20, 20), np.int16)
    numbers[10, 10] = 7
    assert plane_of("rbc.centre", numbers)[10, 10] == 1


@pytest.mark.parametrize("plane", PLANES)
def test_planes_of_nothing_are_empty(plane):
    assert not plane_of(f"rbc.{plane}", np.zeros((9, 9), np.int16)).any()


@given(discs_of, discs_of)
@settings(max_examples=10)
def test_pictures_of_a_batch_do_not_mix(first, second):
    outputs = tuple(f"rbc.{plane}" for plane in PLANES)
    pictures = [discs(*first), discs(*second)]
    own = torch.from_numpy(np.stack(pictures))[:, None].repeat(1, 3, 1, 1)
    known = torch.full_like(own, int(Known.ALL), dtype=torch.uint8)
    together, _ = draw_planes(own, known, outputs, DIAMETER_PX, EQUAL)
    for picture, found in zip(pictures, together.numpy(), strict=True):
        np.testing.assert_allclose(found, planes_of(picture, *outputs)[0], atol=1e-6)


def test_the_types_do_not_mix():
    own = torch.zeros((1, 3, 30, 30), dtype=torch.int16)
    own[0, 1, 10:20, 10:20] = 1
    known = torch.full_like(own, int(Known.ALL), dtype=torch.uint8)
    (targets,), _ = draw_planes(own, known, ("rbc.mask", "wbc.mask", "plt.mask"), DIAMETER_PX, EQUAL)
    assert [bool(plane.any()) for plane in targets] == [False, True, False]


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("known", [Known.NOTHING, Known.MASK, Known.CENTRE, Known.EDGE | Known.DISTANCE, Known.ALL])
def test_a_plane_counts_only_where_it_is_known(plane, known):
    (_, (weight,)) = planes_of(discs((20, 20, 9)), f"rbc.{plane}", known=known)
    assert (weight == (1 if known & PLANES[plane] else 0)).all()


def test_the_edge_between_touching_cells_weighs_more():
    numbers = np.zeros((30, 40), np.int16)
    numbers[5:25, 5:20], numbers[5:25, 20:35] = 1, 2
    (_, (edge, distance)) = planes_of(
        numbers, "rbc.edge", "rbc.distance", weights=PlaneWeights(touching=12, near_touching=3, platelets=1)
    )
    assert edge[15, 18:22].tolist() == [12] * 4
    assert edge[15, 5] == edge[0, 0] == 1
    assert (distance[15, 20], distance[15, 8]) == (3, 1)


def test_an_outer_border_is_not_between_cells():
    assert not between_cells(torch.from_numpy(discs((20, 20, 9))[None])).any()


def test_cells_that_nearly_touch_have_an_edge_between_them():
    numbers = np.zeros((1, 9, 12), np.int16)
    numbers[:, :, :5], numbers[:, :, 6:] = 3, 4
    assert np.flatnonzero(between_cells(torch.from_numpy(numbers))[0, 4]).tolist() == [4, 5, 6]


def test_platelets_weigh_more():
    (_, (weight,)) = planes_of(discs((20, 20, 4)), "plt.mask", weights=PlaneWeights(platelets=5))
    assert set(weight[discs((20, 20, 4)) > 0]) == {5}
    assert set(weight[discs((20, 20, 4)) == 0]) == {1}


@given(discs_of)
@settings(max_examples=10)
def test_cells_have_an_index_of_their_own_and_background_lies_beyond(centres):
    numbers = torch.from_numpy(np.stack([discs(*centres)] * 2)).long()
    index = index_cells(numbers).view_as(numbers)
    cells = numbers > 0
    assert (index[cells] % N_NUMBERS == numbers[cells]).all()
    assert (index[0][cells[0]] < N_NUMBERS).all()
    assert (index[~cells] >= 2 * N_NUMBERS).all()


@given(discs_of)
@settings(max_examples=20)
def test_the_density_adds_up_to_the_number_of_cells(centres):
    numbers = discs(*centres)
    total = plane_of("rbc.density", numbers).sum() / DIAMETER_PX**2
    assert total == pytest.approx(len(np.unique(numbers[numbers > 0])), abs=1e-3)


def test_the_density_is_known_where_centres_are():
    numbers = discs((20, 20, 8))
    assert planes_of(numbers, "plt.density", known=Known.CENTRE)[1].min() == 1
    assert planes_of(numbers, "plt.density", known=Known.MASK | Known.EDGE)[1].max() == 0
