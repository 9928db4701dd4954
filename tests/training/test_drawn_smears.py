import numpy as np
import pytest

from hemolens.colours import StandardColours, background_colour
from hemolens.config import CELL_TYPES
from hemolens.training.cell_planes import Known
from hemolens.training.drawn_smears import draw_smears

STANDARD = StandardColours(background_level=220, red_cell_absorbance=(0.06, 0.14, 0.09))


def draw(colours=None):
    return draw_smears(
        4, share=0.2, red_cell_diameter_px=24, colours=colours, outputs=("rbc.mask", "plt.mask"),
        touching_weight=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def smears():
    return draw()


def test_every_type_is_known_everywhere(smears):
    for smear in smears:
        assert set(smear.cells) == set(CELL_TYPES)
        assert all((own.known == Known.ALL).all() for own in smear.cells.values())


def test_they_share_the_slices_given_to_them(smears):
    assert sum(smear.share for smear in smears) == pytest.approx(0.2)


def test_they_are_at_the_working_scale(smears):
    areas = [area for smear in smears for area in np.bincount(smear.cells["rbc"].numbers.ravel())[1:]]
    assert np.sqrt(np.quantile(areas, 0.9) * 4 / np.pi) == pytest.approx(24, rel=0.15)


def test_they_differ_and_come_out_the_same_again(smears):
    again = draw()
    assert all((one.pixels == other.pixels).all() for one, other in zip(smears, again, strict=True))
    assert not (smears[0].pixels == smears[1].pixels).all()


def test_their_background_is_brought_to_the_level_of_the_set_up():
    for smear in draw(colours=STANDARD):
        assert background_colour(smear.pixels).tolist() == pytest.approx([220] * 3, abs=2)
