"""A drawn smear that the program has counted."""

import pytest

import hemolens
from hemolens.synthetic import draw_smear


@pytest.fixture(scope="session")
def smear():
    """A drawn smear of 300 × 400 pixels; not to be changed."""
    return draw_smear(seed=3, height=300, width=400, n_rbc=14, n_wbc=1, n_plt=3, red_cell_diameter_px=50)


@pytest.fixture(scope="session")
def counted(smear):
    """What the default model counts on it; not to be changed."""
    return hemolens.count(smear.pixels)
