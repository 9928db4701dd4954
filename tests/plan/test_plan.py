import pickle

import numpy as np
import pytest

from hemolens.block_count import count_block
from hemolens.images.photograph import photograph_from_array
from hemolens.images.slides import open_image
from hemolens.options import CountOptions
from hemolens.pipeline import conclude, count_image
from hemolens.plan.plan import make_plan
from hemolens.synthetic import draw_smear


@pytest.fixture(scope="module")
def photograph():
    return photograph_from_array(draw_smear(seed=5, height=300, width=400, n_rbc=10, n_wbc=1, n_plt=2).pixels)


def boxes(cells):
    return [(cell.type, cell.box) for cell in cells]


def test_a_block_of_a_plan_that_went_through_pickle_is_counted_alike(photograph):
    plan = make_plan(photograph, CountOptions(diameter_px=80))
    sent, block = pickle.loads(pickle.dumps((plan, plan.blocks[0])))  # noqa: S301
    assert boxes(count_block(sent, block).cells) == boxes(count_block(plan, plan.blocks[0]).cells)


def test_blocks_counted_in_any_order_are_the_image_counted_at_once(photograph):
    plan = make_plan(photograph, CountOptions())
    counted = {block: count_block(plan, block) for block in reversed(plan.blocks)}
    result = conclude(plan, [counted[block] for block in plan.blocks], started=0.0)
    assert boxes(result.cells) == boxes(count_image(photograph).cells)


def test_a_slide_opens_again_by_its_path(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("tiffslide", reason="needs tiffslide: pip install 'hemolens[slides]'")
    path = tmp_path / "slide.svs"
    pixels = np.full((512, 512, 3), 200, np.uint8)
    pixels[100:200, 100:200] = 90
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="rgb")
    slide = open_image(path)
    again = pickle.loads(pickle.dumps(slide))  # noqa: S301
    assert (again.path, again.shape, again.sha256) == (slide.path, slide.shape, slide.sha256)
    whole = make_plan(slide, CountOptions(diameter_px=80)).blocks[0].own
    np.testing.assert_array_equal(again.read(whole), pixels)
