"""Cells counted block by block are those of the whole picture."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.block_count import compute_maps, count_block, find_bodies
from hemolens.cells.cell import cells_from_labels, from_window, in_reading_order, resolve_types
from hemolens.cells.counters.peaks import PeaksSettings
from hemolens.errors import PhotographError
from hemolens.images.box import Box
from hemolens.images.photograph import photograph_from_array
from hemolens.images.region import rectangle
from hemolens.images.tiles import Part
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS
from hemolens.options import CountOptions
from hemolens.plan.blocks import HALO_DIAMETERS, plan_blocks, scaled_window
from hemolens.plan.plan import make_plan
from hemolens.segmentation.network_maps import window_step
from hemolens.statistics.counts import count_cells
from hemolens.synthetic import draw_smear

sides = st.integers(1, 120)


def rows_of(cells):
    """What ``cells.csv`` says of cells."""
    return [
        (cell.type, round(cell.row, 2), round(cell.col, 2), tuple(map(int, cell.box)), round(cell.area_px, 1),
         round(cell.score, 4), cell.touches_frame)
        for cell in in_reading_order(cells)
    ]  # fmt: skip


@given(sides, sides, st.floats(5, 40), st.floats(1, 50))
def test_every_pixel_is_owned_exactly_once(height, width, diameter_px, block_diameters):
    owned = np.zeros((height, width), int)
    for block in plan_blocks((height, width), diameter_px, block_diameters=block_diameters):
        owned[block.own.row0 : block.own.row1, block.own.col0 : block.own.col1] += 1
    assert (owned == 1).all()


@given(sides, sides, st.floats(5, 40), st.floats(0.2, 3), st.booleans())
def test_every_pixel_of_a_map_belongs_to_exactly_one_block(height, width, diameter_px, zoom, has_region):
    shape, of = (height, width), (max(1, round(height * zoom)), max(1, round(width * zoom)))
    regions = [rectangle(0, 0, width / 3, height), rectangle(width / 3, 0, width, height)] if has_region else [None]
    n_blocks = np.zeros(of, int)
    for block in plan_blocks(shape, diameter_px, block_diameters=3):
        row0, col0, row1, col1 = scaled_window(block.window, shape, of, 1)
        for region in regions:
            own = block.pixels_of_map((row1 - row0, col1 - col0), Part(row0, col0, of), shape, region)
            n_blocks[row0:row1, col0:col1] += own
    assert (n_blocks == 1).all()


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


def test_a_body_that_reaches_further_than_the_halo_is_no_cell(make_cell):
    (block,) = plan_blocks((200, 200), 10.0)
    small, large = make_cell(row=100, col=100, half=39), make_cell(row=100, col=100, half=40)
    assert block.possible([small, large]) == [small]


def test_a_stain_over_many_blocks_is_counted_by_none():
    """What its windows cut reaches the halo in each of them."""
    blocks = plan_blocks((400, 400), 5.0, block_diameters=10)
    for block in blocks:
        labels = np.ones((block.window.row1 - block.window.row0, block.window.col1 - block.window.col0), np.int32)
        seen = from_window(cells_from_labels(labels, cell_type="rbc"), *block.window[:2], (400, 400))
        assert block.owned(block.possible(seen)) == []


def test_only_blocks_near_the_region_are_read():
    blocks = plan_blocks((1000, 1000), 5.0, rectangle(10, 10, 90, 90), block_diameters=20)
    assert [block.own[:2] for block in blocks] == [(0, 0), (0, 100), (100, 0), (100, 100)]


def test_a_smear_no_larger_than_a_window_is_one_block():
    assert len(plan_blocks((560, 560), 10.0)) == 1
    assert len(plan_blocks((561, 560), 10.0)) == 4
    assert len(plan_blocks((100, 3136), 10.0)) == 1


def test_a_region_beside_the_smear_is_refused():
    with pytest.raises(PhotographError, match="the region contains no pixel"):
        plan_blocks((100, 100), 5.0, rectangle(200, 0, 300, 50))


DIAMETER_PX = 60.0
MODELS = {"default": (DEFAULT_MODEL,), "paper": tuple(PAPER_MODELS.values())}
PICTURES = ("mask", "edge", "distance", "centre")


@pytest.fixture(scope="module")
def piled():
    """A smear with piles, a white cell and platelets."""
    smear = draw_smear(
        seed=3, height=840, width=1080, n_rbc=110, n_wbc=2, n_plt=8, overlap=0.7, red_cell_diameter_px=DIAMETER_PX
    )  # fmt: skip
    return photograph_from_array(smear.pixels)


def plan_of(photograph, diameter_px=DIAMETER_PX, **options):
    return make_plan(photograph, CountOptions(diameter_px=diameter_px, **options))


@pytest.fixture(scope="module")
def whole_maps(piled):
    """Name of a family of models → what they draw of the whole."""
    everything = Box(0, 0, *piled.shape)
    return {name: compute_maps(plan_of(piled, models=models), everything) for name, models in MODELS.items()}


def cut_maps(maps, window, plan):
    """What the networks make of a window: the maps of the whole, cut (tested below)."""
    found = {}
    for kind, each in maps.items():
        step = window_step(plan.methods[kind].card)
        row0, col0, row1, col1 = scaled_window(window, plan.image.shape, each.mask.shape, step)
        drawn = [name for name in PICTURES if getattr(each, name) is not None]
        pictures = {name: getattr(each, name)[row0:row1, col0:col1] for name in drawn}
        found[kind] = replace(each, **pictures, part=Part(row0, col0, each.mask.shape))
    return found


def find_in_blocks(plan, maps, block_diameters):
    """What is counted in blocks of the largest side that is given."""
    blocks = plan_blocks(plan.image.shape, DIAMETER_PX, block_diameters=block_diameters)
    cells = []
    for block in blocks:
        bodies = find_bodies(plan, cut_maps(maps, block.window, plan))
        cells += block.owned(resolve_types(block.possible(bodies)))
    return cells


@pytest.mark.parametrize(
    ("models", "counter", "block_diameters"),
    [
        ("default", "auto", 3.1),
        ("default", "auto", 4.6),
        ("default", "auto", 9),
        ("default", "watershed", 4.6),
        ("default", "connected-components", 4.6),
        ("paper", "auto", 4.6),
    ],
)
def test_cells_do_not_depend_on_the_blocks(piled, whole_maps, models, counter, block_diameters):
    plan = plan_of(piled, counter=counter, models=MODELS[models])
    counted = find_in_blocks(plan, whole_maps[models], block_diameters)
    assert rows_of(counted) == rows_of(find_in_blocks(plan, whole_maps[models], 100))
    assert len(counted) > 80


def test_peaks_that_part_large_hills_do_not_depend_on_the_blocks(piled, whole_maps):
    parting = PeaksSettings(smoothing=0.1, min_depth=0.3, large_area=1.6, large_depth=0.02)
    plan, maps = plan_of(piled), {"rbc": whole_maps["default"]["rbc"]}
    plan = replace(plan, methods={"rbc": replace(plan.methods["rbc"], settings=parting)})
    counted = find_in_blocks(plan, maps, 4.6)
    assert rows_of(counted) == rows_of(find_in_blocks(plan, maps, 100))
    assert len(counted) > 80


def test_circles_depend_little_on_the_blocks(piled, whole_maps):
    """They are voted for on a picture of another scale, whose pixels fall elsewhere in each window.

    So there are differences at the seams; blocks are 48 diameters wide in use, and a third of that here.
    """
    plan = plan_of(piled, counter="circle-hough")
    counted = count_cells(find_in_blocks(plan, whole_maps["default"], 14))
    whole = count_cells(find_in_blocks(plan, whole_maps["default"], 100))
    assert abs(counted.rbc - whole.rbc) <= 0.01 * whole.rbc


@pytest.mark.parametrize("models", MODELS)
@pytest.mark.parametrize("cut_at", [(0, 0), (310, 455), (600, 200)])
def test_maps_of_a_window_are_those_of_the_whole(piled, whole_maps, models, cut_at):
    window = Box(*cut_at, cut_at[0] + 200, cut_at[1] + 300)
    plan = plan_of(piled, models=MODELS[models])
    maps = compute_maps(plan, window)
    for kind, expected in cut_maps(whole_maps[models], window, plan).items():
        assert maps[kind].part == expected.part
        for name in PICTURES:
            picture, cut = getattr(maps[kind], name), getattr(expected, name)
            assert (picture is None) == (cut is None)
            assert picture is None or np.abs(picture - cut).max() < 1e-4


def count_in(photograph, blocks, diameter_px):
    plan = plan_of(photograph, diameter_px)
    return [cell for block in blocks for cell in count_block(plan, block).cells]


@pytest.mark.parametrize("diameter_px", [40.0, 60.0])  # as the networks see it, and reduced
def test_a_photograph_counted_in_blocks_is_the_photograph_counted_whole(diameter_px):
    photograph = wide_photograph(diameter_px)
    halves = plan_blocks(photograph.shape, diameter_px, block_diameters=7)
    assert len(halves) == 2
    whole = count_in(photograph, plan_blocks(photograph.shape, diameter_px), diameter_px)
    assert rows_of(count_in(photograph, halves, diameter_px)) == rows_of(whole)


def test_an_enlarged_photograph_has_the_same_cells_in_blocks_to_within_a_grey_level():
    photograph = wide_photograph(30.0)
    halves = in_reading_order(count_in(photograph, plan_blocks(photograph.shape, 30.0, block_diameters=7), 30.0))
    whole = in_reading_order(count_in(photograph, plan_blocks(photograph.shape, 30.0), 30.0))
    assert [cell.type for cell in halves] == [cell.type for cell in whole]
    for one, other in zip(halves, whole, strict=True):
        assert (one.row, one.col) == pytest.approx((other.row, other.col), abs=0.5)


def wide_photograph(diameter_px):
    height, width = int(7 * diameter_px), int(12 * diameter_px)
    smear = draw_smear(
        seed=4, height=height, width=width, n_rbc=25, n_wbc=1, n_plt=3, overlap=0.6, red_cell_diameter_px=diameter_px
    )
    return photograph_from_array(smear.pixels)
