"""Cells counted block by block are those of the whole picture."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.blocks import HALO_DIAMETERS, Block, plan_blocks, scaled_window
from hemolens.cells import Box, cells_from_labels, in_reading_order
from hemolens.counters import PAPER_COUNTERS
from hemolens.errors import PhotographError
from hemolens.photograph import photograph_from_array
from hemolens.pipeline import choose_methods, count_block, find_all_cells, map_photograph
from hemolens.region import rectangle
from hemolens.scale import RedCellDiameter
from hemolens.synthetic import draw_smear

sides = st.integers(1, 120)


def rows_of(cells):
    """What ``cells.csv`` says of cells."""
    return [
        (cell.type, round(cell.row, 2), round(cell.col, 2), tuple(map(int, cell.box)), round(cell.area_px, 1),
         round(cell.score, 4), cell.touches_frame)
        for cell in in_reading_order(cells)
    ]  # fmt: skip


@settings(deadline=None)
@given(sides, sides, st.floats(5, 40), st.floats(1, 50))
def test_every_pixel_is_owned_exactly_once(height, width, diameter_px, block_diameters):
    owned = np.zeros((height, width), int)
    for block in plan_blocks((height, width), diameter_px, block_diameters=block_diameters):
        owned[block.own.row0 : block.own.row1, block.own.col0 : block.own.col1] += 1
    assert (owned == 1).all()


@settings(deadline=None)
@given(sides, sides, st.floats(5, 40), st.floats(0.2, 3))
def test_a_window_holds_the_halo_and_begins_on_the_grid(height, width, diameter_px, zoom):
    scaled = (max(1, round(height * zoom)), max(1, round(width * zoom)))
    for block in plan_blocks((height, width), diameter_px, block_diameters=3)[:20]:
        window = scaled_window(block.window, (height, width), scaled, 8)
        assert (window.row0 % 8, window.col0 % 8) == (0, 0)
        assert 0 <= window.row0 * height <= block.window.row0 * scaled[0]
        assert min(block.window.row1 * scaled[0], height * scaled[0]) <= window.row1 * height <= height * scaled[0]
        margin = HALO_DIAMETERS * diameter_px
        assert block.window.row0 <= max(0, block.own.row0 - margin)
        assert block.window.col1 >= min(width, block.own.col1 + margin)


@pytest.fixture(scope="module", params=[1.0, 1.6])
def piled(request):
    """A smear with piles, a white cell and platelets, at two scales."""
    diameter = 40 * request.param
    return draw_smear(
        seed=3, height=420, width=560, n_rbc=45, n_wbc=1, n_plt=4, overlap=0.6, red_cell_diameter_px=diameter
    ), diameter  # fmt: skip


@pytest.mark.parametrize("counter", ["auto", *PAPER_COUNTERS])
def test_cells_do_not_depend_on_the_blocks(piled, counter):
    smear, diameter_px = piled
    photograph = photograph_from_array(smear.pixels)
    methods, diameter = choose_methods(counter), RedCellDiameter(diameter_px, 1.0, "diameter_px")
    whole = find_all_cells(map_photograph(photograph, diameter, methods), methods, photograph)
    for block_diameters in (2.3, 5):
        blocks = plan_blocks(photograph.shape, diameter_px, block_diameters=block_diameters)
        assert len(blocks) > 1
        counted = [cell for block in blocks for cell in count_block(photograph, block, diameter, methods)]
        assert rows_of(counted) == rows_of(whole)
