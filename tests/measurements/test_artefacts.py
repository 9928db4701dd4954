"""Specks and lines drawn over smears whose every cell is known."""

import cv2
import numpy as np
import pytest

from hemolens.measurements.quality import judge_photograph, measure_photograph
from hemolens.measurements.scale import RedCellDiameter
from hemolens.synthetic import draw_smear

DIAMETER_PX = 80.0
RULER = RedCellDiameter(DIAMETER_PX, 0.9)


@pytest.fixture(scope="module", params=["pink", "grey", "violet"])
def smear(request):
    return draw_smear(11, height=600, width=800, n_rbc=36, n_wbc=1, n_plt=3, cut_by_frame=True, stain=request.param)


def overlaid(pixels, cover, colour):
    """Lay a colour over a picture, where the cover (0 … 1) is."""
    return np.rint(pixels * (1 - cover[..., None]) + np.array(colour) * cover[..., None]).astype(np.uint8)


def with_specks(pixels, n, width_px, blur_px=0.0, seed=0):
    cover = np.zeros(pixels.shape[:2], np.float32)
    for centre in np.random.default_rng(seed).uniform((0, 0), pixels.shape[1::-1], (n, 2)):
        cv2.circle(cover, np.rint(16 * centre).astype(int).tolist(), 8 * width_px, 1.0, cv2.FILLED, cv2.LINE_AA, 4)
    return overlaid(pixels, cv2.GaussianBlur(cover, (0, 0), blur_px) if blur_px else cover, (60, 30, 90))


def rulings(step):
    return [([at, -2000], [at, 2000]) for at in range(-1500, 1500, step)]


def crossed(lines):
    return [*lines, *([start[::-1], end[::-1]] for start, end in lines)]


RETICLES = {
    "grid": crossed(rulings(150)),
    "cross hair": crossed([([0, -2000], [0, 2000])]),
    "Miller square": crossed([([side, -210], [side, 210]) for side in (-210, 210)]),
    "triple rulings": crossed(
        [([start[0] + by, -2000], [start[0] + by, 2000]) for start, _ in rulings(400) for by in (0, 14, 28)]
    ),
}


def with_lines(pixels, lines, width_px, degrees, grey=20):
    """Draw lines, given around the middle of the picture, turned by an angle."""
    cover, middle = np.zeros(pixels.shape[:2], np.float32), np.array(pixels.shape[1::-1]) / 2
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    for line in lines:
        start, end = (np.rint(16 * (middle + np.array([[cosine, -sine], [sine, cosine]]) @ end)) for end in line)
        cv2.line(cover, start.astype(int).tolist(), end.astype(int).tolist(), 1.0, width_px, cv2.LINE_AA, 4)
    return overlaid(pixels, np.clip(cv2.GaussianBlur(cover, (0, 0), 0.8), 0, 1), (grey, grey, grey))


def found(pixels, cells, check):
    return [each for each in judge_photograph(pixels, RULER, cells).findings if each.check == check]


def test_a_clean_smear_has_neither(smear):
    measures = measure_photograph(smear.pixels, DIAMETER_PX, smear.cells)
    assert measures["specks"] < 0.1
    assert measures["line"] == 0


@pytest.mark.parametrize(("n", "width_px"), [(50, 4), (50, 7), (50, 12), (300, 7)])
@pytest.mark.parametrize("blur_px", [0.0, 1.2])
def test_many_dark_specks_are_told(smear, n, width_px, blur_px):
    (finding,) = found(with_specks(smear.pixels, n, width_px, blur_px), smear.cells, "specks")
    assert (finding.verdict, "stain precipitate" in finding.words) == ("warn", True)


def test_a_few_specks_are_no_reason_to_warn(smear):
    assert not found(with_specks(smear.pixels, 10, 7), smear.cells, "specks")


def test_platelets_are_no_specks():
    smear = draw_smear(5, height=600, width=800, n_rbc=20, n_wbc=0, n_plt=60)
    assert not found(smear.pixels, smear.cells, "specks")


def test_specks_in_cells_are_not_counted(smear):
    inside = np.zeros(smear.pixels.shape[:2], bool)
    for cell in smear.cells:
        if cell.type != "plt":
            inside |= smear.labels(cell.type) > 0
    specked = np.where(inside[..., None], with_specks(smear.pixels, 300, 7), smear.pixels)
    assert not found(specked, smear.cells, "specks")


@pytest.mark.parametrize("form", RETICLES)
@pytest.mark.parametrize("width_px", [1, 2, 5])
@pytest.mark.parametrize("degrees", [0, 4])
def test_lines_of_a_reticle_are_told(smear, form, width_px, degrees):
    (finding,) = found(with_lines(smear.pixels, RETICLES[form], width_px, degrees), smear.cells, "lines")
    assert (finding.verdict, "straight lines cross the photograph" in finding.words) == ("warn", True)


def test_a_line_is_as_long_as_it_is_drawn(smear):
    pixels = with_lines(smear.pixels, [([-200, 0], [200, 0])], 2, 30)
    assert measure_photograph(pixels, DIAMETER_PX, smear.cells)["line"] == pytest.approx(400 / DIAMETER_PX, rel=0.05)


def test_crowded_cells_make_no_line():
    smear = draw_smear(6, height=600, width=800, n_rbc=70, n_wbc=1, n_plt=2, overlap=0.6, cut_by_frame=True)
    assert not found(smear.pixels, smear.cells, "lines")
