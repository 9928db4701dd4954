import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.measurements.colours import background_colour
from hemolens.training.cell_planes import Known
from hemolens.training.synthetic_smears import DRAWN, draw_smears

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def smears():
    return draw_smears(4, 24)


def test_every_type_is_known_everywhere(smears):
    assert all((smear.known == Known.ALL).all() for smear in smears)


def test_they_are_a_source_of_their_own_and_lend_no_cells(smears):
    assert {smear.source for smear in smears} == {DRAWN}
    assert not any(smear.lent.any() for smear in smears)


def test_they_are_at_the_working_scale(smears):
    areas = [area for smear in smears for area in np.bincount(smear.numbers[..., 0].ravel())[1:]]
    assert np.sqrt(np.quantile(areas, 0.9) * 4 / np.pi) == pytest.approx(24, rel=0.15)


def test_they_differ_and_come_out_the_same_again(smears):
    again = draw_smears(4, 24)
    assert all((one.pixels == other.pixels).all() for one, other in zip(smears, again, strict=True))
    assert not (smears[0].pixels == smears[1].pixels).all()


def test_their_colours_are_measured(smears):
    for smear in smears:
        assert smear.colours.background.tolist() == pytest.approx(background_colour(smear.pixels).tolist(), abs=6)
