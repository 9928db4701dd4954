from dataclasses import replace

import numpy as np
import pytest

from hemolens.cells.counters.peaks import PeaksSettings, find_cells
from hemolens.errors import UsageError
from hemolens.probability_maps import ProbabilityMaps

DIAMETER = 20.0


def maps(*centres, shape=(60, 90), **changes):
    """Discs and a peak on each; where they overlap, the mask tells them not apart."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    away = [np.hypot(rows - row, cols - col) for row, col in centres]
    nearest = np.min(away, axis=0) if away else np.full(shape, np.inf)
    distance = np.clip(1 - nearest / 10, 0, 1).astype(np.float32)
    centre = np.exp(-((nearest / 3) ** 2)).astype(np.float32)
    values = {"mask": (nearest <= 10).astype(np.float32), "edge": None, "distance": distance, "centre": centre}
    return ProbabilityMaps("rbc", red_cell_diameter_px=DIAMETER, **(values | changes))


def test_nothing_gives_nothing():
    assert find_cells(maps(), PeaksSettings()) == []


@pytest.mark.parametrize("apart", [10, 14, 25])
def test_overlapping_cells_are_counted_one_by_one(apart):
    cells = find_cells(maps((30, 30), (30, 30 + apart)), PeaksSettings())
    assert [round(cell.row) for cell in cells] == [30, 30]


def test_together_the_cells_cover_the_mask():
    own = maps((30, 30), (30, 42))
    assert sum(cell.area_px for cell in find_cells(own, PeaksSettings())) == own.mask.sum()


def test_a_shallow_pass_makes_no_second_cell():
    own = maps((30, 30), (30, 36))
    assert len(find_cells(own, PeaksSettings(min_distance=0.1, min_depth=0.05))) == 2
    assert len(find_cells(own, PeaksSettings(min_distance=0.1, min_depth=0.9))) == 1


@pytest.mark.parametrize(("large_area", "n_cells"), [(0.5, 2), (3.0, 1)])
def test_hills_too_large_for_one_cell_are_told_apart_by_a_shallower_pass(large_area, n_cells):
    own = maps((30, 30), (30, 40))
    merged = PeaksSettings(min_distance=0.1, min_depth=0.9, large_area=large_area, large_depth=0.05)
    assert len(find_cells(own, merged)) == n_cells


def test_low_peaks_are_no_cells():
    own = maps((30, 30), distance=np.zeros((60, 90), np.float32), centre=np.full((60, 90), 0.1, np.float32))
    assert find_cells(own, PeaksSettings(min_height=0.3)) == []


def test_an_edge_lowers_the_pass():
    edge = np.zeros((60, 90), np.float32)
    edge[:, 33] = 1
    own = maps((30, 30), (30, 36), edge=edge)
    assert len(find_cells(own, PeaksSettings(min_distance=0.1, min_depth=0.6, edge_weight=1))) == 2


def test_a_model_without_centres_is_refused():
    with pytest.raises(UsageError, match="no centre map"):
        find_cells(maps((30, 30), centre=None), PeaksSettings())


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_changes_no_count(turns):
    own = maps((20, 20), (20, 32), (45, 70))
    planes = {name: np.rot90(getattr(own, name), turns).copy() for name in ("mask", "distance", "centre")}
    turned = ProbabilityMaps("rbc", edge=None, red_cell_diameter_px=DIAMETER, **planes)
    assert len(find_cells(turned, PeaksSettings())) == len(find_cells(own, PeaksSettings())) == 3


def test_the_mask_alone_can_be_the_relief():
    own = maps((30, 30), (30, 70), centre=None)
    only_mask = PeaksSettings(centre_weight=0, distance_weight=0, mask_weight=1, min_depth=0)
    assert len(find_cells(own, only_mask)) == len(find_cells(replace(own, distance=None), only_mask)) > 0
