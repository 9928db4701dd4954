"""Synthetic smears to train on: every cell of every type is known, under each cell that lies over it, too."""

from __future__ import annotations

from typing import get_args

import numpy as np

from hemolens.cell_types import CELL_TYPES
from hemolens.measurements.colours import measure_colours
from hemolens.synthetic import StainName, draw_smear
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.smears import LENDING, NumberedSmear, join_cells

SIDES = (10, 14)
"""Height and width of a smear in red-cell diameters."""

N_RED, N_WHITE, N_PLATELETS = (10, 110), (0, 4), (0, 13)
"""Least number of cells of a smear, and one more than the greatest."""

DRAWN = "drawn"
"""The source of what is drawn."""

OVERLAP = (0.0, 0.7)
BLUR = (0.0, 0.03)
"""Of a smear's blur in red-cell diameters: lowest and highest."""


def draw_smears(n_smears: int, red_cell_diameter_px: float) -> list[NumberedSmear]:
    """Draw smears at the working scale: always the same ones for the same arguments.

    Parameters
    ----------
    n_smears : int
    red_cell_diameter_px : float

    """
    height, width = (round(side * red_cell_diameter_px) for side in SIDES)
    smears = []
    for number in range(n_smears):
        rng = np.random.default_rng([number, n_smears])
        smear = draw_smear(
            number,
            height=height,
            width=width,
            n_rbc=int(rng.integers(*N_RED)),
            n_wbc=int(rng.integers(*N_WHITE)),
            n_plt=int(rng.integers(*N_PLATELETS)),
            red_cell_diameter_px=red_cell_diameter_px,
            overlap=rng.uniform(*OVERLAP),
            cut_by_frame=True,
            stain=get_args(StainName)[number % len(get_args(StainName))],
            blur_px=rng.uniform(*BLUR) * red_cell_diameter_px,
        )
        cells = {
            kind: NumberedCells(smear.labels(kind).astype(np.uint16), np.full((height, width), Known.ALL, np.uint8))
            for kind in CELL_TYPES
        }
        nothing = np.zeros((height, width, len(LENDING)), np.uint16)
        colours = measure_colours(smear.pixels, red_cell_diameter_px)
        joined = join_cells(cells, (height, width))
        smears.append(NumberedSmear(f"drawn-{number}", DRAWN, smear.pixels, *joined, nothing, colours))
    return smears
