"""A result with cells of all types, and the record of its run."""

from dataclasses import replace

import pytest

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.cell import cells_from_labels
from hemolens.images.photograph import photograph_from_array
from hemolens.synthetic import draw_smear

from ...conftest import MakeResult


@pytest.fixture(scope="session")
def smear():
    """A drawn smear of 300 × 400 pixels; not to be changed."""
    return draw_smear(seed=3, height=300, width=400, n_rbc=14, n_wbc=1, n_plt=3, red_cell_diameter_px=50)


@pytest.fixture
def drawn(smear, make_result: MakeResult):
    """The result that a count of the drawn smear without any fault would have."""
    cells = [cell for kind in CELL_TYPES for cell in cells_from_labels(smear.labels(kind), cell_type=kind)]
    return replace(make_result("a.jpg", *cells), image=photograph_from_array(smear.pixels, "a.jpg"))
