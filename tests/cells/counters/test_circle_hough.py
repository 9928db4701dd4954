"""Circle Hough transform."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError

from hemolens.cells.counters.circle_hough import CircleHoughSettings, find_cells
from hemolens.probability_maps import ProbabilityMaps

DiscMaps = Callable[..., ProbabilityMaps]
Doubled = Callable[[ProbabilityMaps], ProbabilityMaps]
Turned = Callable[[ProbabilityMaps, int], ProbabilityMaps]

MASK = CircleHoughSettings()
EDGE = CircleHoughSettings(source="edge", min_own=0.3)
MASK_EDGE = CircleHoughSettings(source="mask-edge", votes=0.15, min_own=0.3)

DRAWN = [(40.0, 40.0, 24.0), (40.0, 120.0, 20.0), (44.0, 156.0, 24.0), (110.0, 60.0, 27.0), (120.0, 130.0, 22.0)]


@pytest.mark.parametrize("chosen", [MASK, EDGE, MASK_EDGE])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (60, 80)])
def test_no_circle_is_zero_and_no_exception(shape: tuple[int, int], chosen: CircleHoughSettings) -> None:
    nothing = np.zeros(shape, np.float32)
    assert find_cells(ProbabilityMaps("rbc", nothing, nothing, 48), chosen) == []


@pytest.mark.parametrize("chosen", [MASK, EDGE, MASK_EDGE])
def test_drawn_circles_are_found_where_they_were_drawn(disc_maps: DiscMaps, chosen: CircleHoughSettings) -> None:
    cells = find_cells(disc_maps(DRAWN, shape=(160, 200), diameter_px=48, edge_px=3), chosen)
    found = sorted((cell.col, cell.row, cell.diameter_px / 2) for cell in cells)
    np.testing.assert_allclose(found, sorted((col, row, radius) for row, col, radius in DRAWN), atol=3)


def test_golden_circles(disc_maps: DiscMaps) -> None:
    # Frozen from OpenCV 5.0: a change of how it votes, or of what it returns, shows up here.
    golden = [
        (40.5, 40.5, 47.2),
        (40.5, 119.5, 39.2),
        (44.5, 155.5, 47.8),
        (110.5, 60.5, 53.6),
        (120.5, 130.5, 43.6),
    ]
    cells = find_cells(disc_maps(DRAWN, shape=(160, 200), diameter_px=48), MASK)
    found = [(cell.row, cell.col, cell.diameter_px) for cell in cells]
    np.testing.assert_allclose(found, golden, atol=0.1)


@pytest.mark.parametrize("shape", ["OpenCV 4", "OpenCV 5"])
def test_both_shapes_of_the_answer_of_opencv_are_read(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    circles = np.array([[40, 30, 20], [90, 70, 24]], np.float32)  # column, row, radius
    answer = circles[None] if shape == "OpenCV 4" else circles.ravel()
    monkeypatch.setattr("cv2.HoughCircles", lambda *_, **__: answer)
    maps = ProbabilityMaps("rbc", np.ones((100, 120), np.float32), None, 48)
    assert [(cell.row, cell.col) for cell in find_cells(maps, MASK)] == [(30, 40), (70, 90)]


def test_circle_beside_the_mask_is_no_cell(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(48, 48, 20)], diameter_px=40, edge_px=3)
    background = ProbabilityMaps("rbc", np.zeros_like(maps.mask), maps.edge, 40)
    assert len(find_cells(maps, EDGE)) == 1
    assert find_cells(background, EDGE) == []


def test_circle_that_stronger_circles_cover_is_no_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    circles = np.array([[40, 40, 20], [48, 40, 16], [80, 40, 20]], np.float32)
    monkeypatch.setattr("cv2.HoughCircles", lambda *_, **__: circles)
    maps = ProbabilityMaps("rbc", np.ones((80, 120), np.float32), None, 48)
    assert len(find_cells(maps, CircleHoughSettings(min_own=0))) == 3
    assert len(find_cells(maps, CircleHoughSettings(min_own=0.5))) == 2


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turning_the_picture_does_not_change_the_count_of_clear_circles(
    disc_maps: DiscMaps, turned: Turned, quarters: int
) -> None:
    maps = disc_maps(DRAWN, shape=(160, 200), diameter_px=48, edge_px=3)
    assert len(find_cells(turned(maps, quarters), EDGE)) == len(DRAWN)


@pytest.mark.parametrize("chosen", [MASK, EDGE, MASK_EDGE])
def test_twice_the_size_gives_the_same_count(
    disc_maps: DiscMaps, doubled: Doubled, chosen: CircleHoughSettings
) -> None:
    maps = disc_maps(DRAWN, shape=(160, 200), diameter_px=48, edge_px=3)
    assert len(find_cells(maps, chosen)) == len(find_cells(doubled(maps), chosen)) == len(DRAWN)


def test_disc_cut_by_the_frame_has_a_clipped_box_and_area(disc_maps: DiscMaps) -> None:
    (cell,) = find_cells(disc_maps([(8, 48, 20)], diameter_px=40), MASK)
    assert cell.touches_frame
    assert cell.box.row0 == 0
    assert cell.area_px < 0.8 * np.pi * 400


def test_radii_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="radius_min must be smaller"):
        CircleHoughSettings(radius_min=0.5, radius_max=0.5)
