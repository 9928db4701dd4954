"""What is no whole single white cell: the shipped classifier gives it no confident name."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hemolens.cells.cell import cells_from_labels
from hemolens.differential.classifier import classify_cells, load_classifier
from hemolens.images.photograph import photograph_from_array
from hemolens.measurements.colours import measure_colours
from hemolens.models.store import DEFAULT_CLASSIFIER, read_classifier_card
from hemolens.synthetic import draw_smear

SIDE_PX, RED_CELL_PX = 300, 50
NUCLEUS = np.array([0.30, 0.75, 0.20])
"""Absorbance of red, green and blue."""

ROWS, COLS = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)


class Drawn(NamedTuple):
    """What lies on a smear: how much stain, and what is outlined."""

    stain: NDArray[np.float32]
    inside: NDArray[np.bool_]


def disc(row: float, col: float, radius: float) -> NDArray[np.float32]:
    return (np.hypot(ROWS - row, COLS - col) < radius).astype(np.float32)


def cell(col: float) -> Drawn:
    whole = disc(150, col, 33)
    return Drawn(0.35 * whole + 0.65 * disc(150, col, 24), whole > 0)


def smudge(rng: np.random.Generator) -> Drawn:
    smeared = cv2.blur(disc(150, 150, 30), (91, 3))
    grain = cv2.GaussianBlur(rng.random((SIDE_PX, SIDE_PX), dtype=np.float32), (0, 0), 2)
    return Drawn(smeared * (0.5 + 0.4 * grain), smeared > 0.15)


def deposit(rng: np.random.Generator) -> Drawn:
    grains = [disc(*rng.normal(150, 14, 2), rng.uniform(1, 3)) for _ in range(40)]
    together = np.max(grains, axis=0)
    return Drawn(1.2 * together, cv2.dilate(together, np.ones((5, 5))) > 0)


def two_touching(rng: np.random.Generator) -> Drawn:
    first, second = cell(118), cell(180 + rng.integers(-3, 1))
    return Drawn(np.maximum(first.stain, second.stain), first.inside | second.inside)


def cut_by_the_frame(rng: np.random.Generator) -> Drawn:
    return cell(-12 + rng.integers(-4, 5))


def nothing(rng: np.random.Generator) -> Drawn:
    return Drawn(np.zeros((SIDE_PX, SIDE_PX), np.float32), disc(150, 150, 20 + rng.integers(0, 10)) > 0)


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(DEFAULT_CLASSIFIER, read_classifier_card(DEFAULT_CLASSIFIER).sha256)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("draw", [smudge, deposit, two_touching, cut_by_the_frame, nothing])
def test_what_is_no_whole_single_cell_has_no_name(draw: Callable[[np.random.Generator], Drawn], seed, classifier):
    smear = draw_smear(seed=seed, height=SIDE_PX, width=SIDE_PX, n_rbc=8, n_wbc=0, n_plt=0)
    drawn = draw(np.random.default_rng(seed))
    stain = cv2.GaussianBlur(drawn.stain, (0, 0), 1)[..., None] * NUCLEUS
    pixels = (smear.pixels * 10**-stain).round().astype(np.uint8)
    (found, *_) = classify_cells(
        photograph_from_array(pixels),
        cells_from_labels(drawn.inside.astype(np.int32), cell_type="wbc"),
        classifier,
        red_cell_diameter_px=RED_CELL_PX,
        measured=measure_colours(pixels, RED_CELL_PX),
    )
    assert found.white_cell_class in {"other", "unsure"}
