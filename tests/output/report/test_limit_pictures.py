import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.images.photograph import photograph_from_array
from hemolens.output.report.limit_pictures import MOST_SHOWN, SIDE_PX, CellBeyond, cells_beyond, picture_of

ROUND = RedCellShape(elongation=1.05, circularity=0.99, crenation=0.01, pallor_depth=0.4, pallor_size=0.4)


@pytest.fixture
def shaped(make_cell, make_result):
    """Fifteen cells, of which the last ones are more and more elongated; each lies on its own shade of grey."""

    def make(n_elongated):
        elongations = [1.05] * (15 - n_elongated) + [1.4 + 0.1 * n for n in range(n_elongated)]
        cells = [
            replace(make_cell(row=30, col=30 + 60 * n, half=10), shape=ROUND._replace(elongation=each))
            for n, each in enumerate(elongations)
        ]
        pixels = np.repeat(np.repeat(np.arange(15, dtype=np.uint8) * 16, 60)[None, :, None], 60, axis=0)
        result = make_result("a.png", *cells)
        return replace(
            result,
            image=photograph_from_array(np.repeat(pixels, 3, axis=2)),
            red_cell_diameter=replace(result.red_cell_diameter, px=20.0),  # what is cut out is narrower than a shade
            options=result.options.model_copy(update={"red_cell_shapes": True}),
        )

    return make


def shade(jpeg):
    """Say whose surroundings a picture shows."""
    return round(float(np.asarray(Image.open(io.BytesIO(jpeg))).mean()) / 16)


def test_the_cells_beyond_a_limit_are_cut_out_the_farthest_first(shaped):
    found = cells_beyond(shaped(3))
    assert [shade(each.jpeg) for each in found["elongated"]] == [14, 13, 12]
    assert [each.beyond for each in found["elongated"]] == pytest.approx([0.3, 0.2, 0.1])
    assert found["crenated"] == ()


def test_no_more_are_cut_out_than_are_shown(shaped):
    assert len(cells_beyond(shaped(15))["elongated"]) == MOST_SHOWN < 15


def test_without_shapes_there_is_nothing_to_show(make_result, make_cell):
    assert cells_beyond(make_result("a.png", make_cell())) == {}


def test_of_several_photographs_the_farthest_are_shown_first(shaped):
    near, _, far = cells_beyond(shaped(3))["elongated"]
    sheet = np.asarray(Image.open(io.BytesIO(picture_of([near, CellBeyond(9.0, far.jpeg)]))))
    shades = [float(sheet[:SIDE_PX, left : left + SIDE_PX].mean()) / 16 for left in (0, SIDE_PX + 2)]
    assert shades == pytest.approx([12, 14], abs=0.3)
