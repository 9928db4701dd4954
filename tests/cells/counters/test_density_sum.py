import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hemolens.cells.counters import count_pixels, find_cells
from hemolens.cells.counters.density_sum import DensitySumSettings
from hemolens.cells.counters.watershed import WatershedSettings
from hemolens.errors import ModelError, UsageError
from hemolens.probability_maps import DensityMap, ProbabilityMaps

EVERY_PIXEL = DensitySumSettings(min_density=0)

densities = arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=2), elements=st.floats(0, 1, width=32))


def counted(density, settings=EVERY_PIXEL):
    return count_pixels(DensityMap("rbc", np.float32(density), 10), "density-sum", settings)


@given(densities)
def test_the_count_is_the_sum_of_the_density(density):
    assert counted(density).sum() == pytest.approx(density.sum(dtype=np.float64))


def test_what_is_nearly_nothing_adds_nothing():
    assert counted([[0.0004, 0.0006]], DensitySumSettings(min_density=0.05)).tolist() == [[0, pytest.approx(0.0006)]]


def test_no_pixel_takes_cells_away():
    assert counted([[-1.0, 0.5]]).tolist() == [[0, 0.5]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ModelError, match="no density of rbc that can be summed"):
        counted([[value]])


def test_it_locates_no_cells():
    maps = ProbabilityMaps("rbc", np.zeros((2, 2), np.float32), None, 10)
    with pytest.raises(UsageError, match="'density-sum' cannot read what the model draws: got probability maps"):
        find_cells(maps, "density-sum", EVERY_PIXEL)


def test_a_counter_of_cells_does_not_read_a_density():
    density = DensityMap("rbc", np.zeros((2, 2), np.float32), 10)
    with pytest.raises(UsageError, match="'watershed' cannot read what the model draws: got a density"):
        count_pixels(density, "watershed", WatershedSettings())
