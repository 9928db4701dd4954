from dataclasses import replace

import pytest

from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.statistics.red_cells import FEWEST, LIMITS, RedCells, collect_red_cells, join_red_cells

ROUND = RedCellShape(elongation=1.05, circularity=0.99, crenation=0.01, pallor_depth=0.4, pallor_size=0.4)


@pytest.fixture
def sample(make_cell):
    def make(n=FEWEST, **shape):
        return [replace(make_cell(), shape=ROUND._replace(**shape), diameter_px=10.0) for _ in range(n)]

    return make


def beyond(red_cells):
    return {limit.name: n for limit in LIMITS if (n := red_cells.n_beyond(limit))}


def test_usual_cells_are_beyond_no_limit(sample):
    red_cells = collect_red_cells(sample())
    assert (red_cells.n_cells, beyond(red_cells)) == (FEWEST, {})


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("elongated", {"elongation": 1.4}),
        ("crenated", {"crenation": 0.05}),
        ("without pallor", {"pallor_depth": 0.05}),
    ],
)
def test_a_cell_beyond_a_limit_is_counted(sample, name, shape):
    assert beyond(collect_red_cells(sample() + sample(3, **shape))) == {name: 3}


def test_diameters_are_those_of_the_photograph(sample):
    small, large = (replace(sample(1)[0], diameter_px=width) for width in (7.0, 13.0))
    assert beyond(collect_red_cells([*sample(), small, large])) == {"small": 1, "large": 1}


def test_photographs_of_another_scale_join(sample):
    twice = [replace(cell, diameter_px=20.0) for cell in sample()]
    joined = join_red_cells([collect_red_cells(sample()), collect_red_cells(twice)])
    assert (joined.n_cells, joined.variation.value) == (2 * FEWEST, pytest.approx(0))


def test_of_few_cells_nothing_is_stated(sample):
    few = collect_red_cells(sample(FEWEST - 1))
    assert (few.variation, few.share_beyond(LIMITS[0])) == (None, None)


def test_cells_without_a_shape_do_not_count(make_cell):
    assert collect_red_cells([make_cell()]) == RedCells(())
