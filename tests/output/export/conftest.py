"""Results whose cells are those of a drawn smear."""

from dataclasses import replace

import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.cell import cells_from_labels
from hemolens.images.photograph import photograph_from_array
from hemolens.output.entries import Entry
from hemolens.synthetic import draw_smear

from ...conftest import MakeResult


@pytest.fixture(scope="session")
def smear():
    """A drawn smear of 300 × 400 pixels, some of its cells cut by the frame; not to be changed."""
    return draw_smear(seed=3, height=300, width=400, n_rbc=12, n_wbc=1, n_plt=3, red_cell_diameter_px=50, overlap=0.2,
                      cut_by_frame=True)  # fmt: skip


@pytest.fixture
def drawn(smear, make_result: MakeResult):
    """The result that a count of the drawn smear without any fault would have: the cells in order of their types."""
    cells = [cell for kind in CELL_TYPES for cell in cells_from_labels(smear.labels(kind), cell_type=kind)]
    return replace(make_result("a.jpg", *cells), image=photograph_from_array(smear.pixels, "a.jpg"))


@pytest.fixture
def entry():
    return Entry("a.jpg", "overlay/a.png", "photos/a.jpg")
