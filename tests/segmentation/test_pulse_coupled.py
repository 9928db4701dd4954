import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.cells.counters.connected_components import ConnectedComponentsSettings, find_cells
from hemolens.probability_maps import ProbabilityMaps
from hemolens.segmentation.pulse_coupled import N_STEPS, firing_times, measure_levels, without_noise
from hemolens.segmentation.stained_bodies import NOTHING
from hemolens.synthetic import draw_smear

pictures = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 256, (12, 15), dtype=np.uint8)
)


def without_corner_contacts(mask):
    """Fill squares of four pixels of which only two, at opposite corners, are set."""
    mask, before = mask.copy(), None
    while before is None or (mask != before).any():
        before = mask.copy()
        upper, lower = (mask[:-1, :-1], mask[:-1, 1:]), (mask[1:, :-1], mask[1:, 1:])
        crossed = (upper[0] & lower[1] & ~upper[1] & ~lower[0]) | (upper[1] & lower[0] & ~upper[0] & ~lower[1])
        for quarter in (*upper, *lower):
            quarter[crossed] = True
    return mask


def square_tracing(mask, start):
    """Pixels that a walk from the first pixel of a group meets: left after one of the group, right after another."""
    padded, at, step, met = np.pad(mask, 1), (start[0] + 1, start[1] + 1), (0, 1), set()
    first = at, step
    while True:
        if padded[at]:
            met.add((at[0] - 1, at[1] - 1))
        step = (-step[1], step[0]) if padded[at] else (step[1], -step[0])
        at = (at[0] + step[0], at[1] + step[1])
        if (at, step) == first:
            return met


@given(pictures)
@settings(max_examples=25, derandomize=True)
def test_square_tracing_finds_one_contour_for_each_connected_component(picture):
    mask = without_corner_contacts(picture < 60)
    maps = ProbabilityMaps("rbc", mask.astype(np.float32), None, 10)
    counted = find_cells(maps, ConnectedComponentsSettings(max_hole=0))
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    starts = {int(labels[at]): at for at in reversed(list(zip(*np.nonzero(mask), strict=True)))}
    contours = [square_tracing(mask, start) for start in starts.values()]
    assert all(len({int(labels[at]) for at in contour}) == 1 for contour in contours)
    assert len(contours) == len(counted)


@given(pictures)
@settings(max_examples=25, derandomize=True)
def test_alone_the_darker_pixel_fires_first(picture):
    times, order = firing_times(picture, linking=0).ravel(), np.argsort(picture.ravel(), kind="stable")
    assert (np.diff(times[order].astype(int)) >= 0).all()


@given(pictures)
@settings(max_examples=25, derandomize=True)
def test_neighbours_never_delay_a_pulse(picture):
    assert (firing_times(picture) <= firing_times(picture, linking=0)).all()


def test_white_never_fires():
    assert (firing_times(np.full((5, 5), 255, np.uint8)) == N_STEPS).all()


@pytest.mark.parametrize("speck", [20, 255])
def test_a_pixel_out_of_step_is_smoothed_away_and_edges_stay(speck):
    picture = np.full((9, 12), 200, np.uint8)
    picture[:, 6:] = 120
    noisy = picture.copy()
    noisy[4, 2] = speck
    np.testing.assert_array_equal(without_noise(noisy), picture)


def test_cells_that_touch_are_one(f1_of):
    apart, touching = (draw_smear(5, n_rbc=60, n_wbc=0, n_plt=0, overlap=share) for share in (0.0, 0.8))
    assert f1_of(apart, "pulse-coupled")["rbc"] >= 0.9
    assert f1_of(touching, "pulse-coupled")["rbc"] < 0.6


def test_uneven_light_fires_with_the_cells(f1_of):
    even, uneven = (draw_smear(5, n_rbc=35, n_wbc=0, n_plt=0, overlap=0, uneven_light=lost) for lost in (0.0, 0.7))
    assert f1_of(even, "pulse-coupled")["rbc"] >= 0.9
    assert f1_of(uneven, "pulse-coupled")["rbc"] < 0.8


def test_an_empty_field_has_no_step_of_cells():
    assert measure_levels(draw_smear(5, n_rbc=0, n_wbc=0, n_plt=0).pixels, 80) == (NOTHING, NOTHING)
