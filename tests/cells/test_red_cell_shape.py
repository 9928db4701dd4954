import math

import cv2
import numpy as np
import pytest

from hemolens.cells.cell import cells_from_labels
from hemolens.cells.red_cell_shape import LEAST_PALLOR, measure_shape

SIDE = 160


def drawn(radius=30.0, elongation=1.0, turned=0.0, spikes=0.0, n_spikes=14, pale=0.0, pale_size=0.5, strength=1.0):
    """Draw a cell, and measure it by the outline of its pixels."""
    rows, cols = np.mgrid[:SIDE, :SIDE] - (SIDE / 2 + 0.3)
    along = cols * math.cos(turned) + rows * math.sin(turned)
    across = -cols * math.sin(turned) + rows * math.cos(turned)
    angles = np.arctan2(across, along)
    root = math.sqrt(elongation)
    away = np.hypot(along / root, across * root) / (radius * (1 + spikes * np.cos(n_spikes * angles)))
    absorbance = strength * np.where(away < 1, 0.2, 0) * np.where(away < pale_size, 1 - pale, 1)
    (cell,) = cells_from_labels((away < 1).astype(np.int32), cell_type="rbc")
    return measure_shape(cell.outline, cv2.GaussianBlur(absorbance, (0, 0), 0.02 * radius))


@pytest.mark.parametrize("turned", [0.0, 0.4, 0.8, 1.2])
@pytest.mark.parametrize("elongation", [1.0, 1.2, 1.5, 2.0])
def test_elongation_and_circularity_are_right_within_three_per_cent(elongation, turned):
    shape = drawn(elongation=elongation, turned=turned)
    long, short = math.sqrt(elongation), 1 / math.sqrt(elongation)
    length = 4 * long * _elliptic(1 - (short / long) ** 2)
    assert shape.elongation == pytest.approx(elongation, rel=0.03)
    assert shape.circularity == pytest.approx(4 * math.pi * math.pi / length**2, rel=0.03)


def _elliptic(square):
    """Complete elliptic integral of the second kind."""
    angles = (np.arange(2000) + 0.5) * math.pi / 4000
    return float(np.sqrt(1 - square * np.sin(angles) ** 2).mean() * math.pi / 2)


@pytest.mark.parametrize("spikes", [0.05, 0.1])
def test_crenation_is_the_height_of_the_spikes(spikes):
    assert drawn(spikes=spikes).crenation == pytest.approx(spikes / math.sqrt(2), abs=0.006)


@pytest.mark.parametrize("radius", [15, 30, 60])
def test_a_smooth_cell_has_no_crenation(radius):
    assert drawn(radius=radius, elongation=1.3, turned=0.3).crenation < 0.015


@pytest.mark.parametrize("pale_size", [0.3, 0.5])
@pytest.mark.parametrize("pale", [0.3, 0.8])
def test_pallor_is_right_within_three_per_cent(pale, pale_size):
    shape = drawn(radius=60, pale=pale, pale_size=pale_size)
    assert shape.pallor_depth == pytest.approx(pale, rel=0.03)
    assert shape.pallor_size == pytest.approx(pale_size, rel=0.03)


@pytest.mark.parametrize("pale", [0.0, 0.8 * LEAST_PALLOR, -0.5])
def test_what_is_hardly_pale_or_a_target_has_no_pallor(pale):
    assert drawn(pale=pale)[3:] == (0.0, 0.0)


@pytest.mark.parametrize("change", [{"turned": 1.1}, {"radius": 45}, {"radius": 20}, {"strength": 2.5}])
def test_turning_scaling_and_staining_change_nothing_that_matters(change):
    fixed = {"elongation": 1.4, "pale": 0.5, "turned": 0.3, "radius": 30}
    before, after = drawn(**fixed), drawn(**fixed | change)
    assert after == pytest.approx(before, rel=0.03, abs=0.01)


def test_a_triangle_is_measured():
    shape = measure_shape(np.array([(0.0, 0.0), (0.0, 9.0), (9.0, 0.0)]), np.zeros((10, 10)))
    assert all(map(math.isfinite, shape))
