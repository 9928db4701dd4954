"""Synthetic smears to train on: every cell of every type is known, under each cell that lies over it, too."""

from __future__ import annotations

from typing import get_args

import numpy as np

from hemolens.colours import StandardColours
from hemolens.config import CELL_TYPES
from hemolens.probability_maps import prepare
from hemolens.synthetic import StainName, draw_smear
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.smears import LabelledSmear

SIDES = (10, 14)
"""Height and width of a smear in red-cell diameters."""

N_RED, N_WHITE, N_PLATELETS = (10, 110), (0, 4), (0, 13)
"""Least number of cells of a smear, and one more than the greatest."""

OVERLAP = (0.0, 0.7)
BLUR = (0.0, 0.03)
"""Of a smear's blur in red-cell diameters: lowest and highest."""


def draw_smears(
    n_smears: int,
    *,
    share: float,
    red_cell_diameter_px: float,
    colours: StandardColours | None,
    outputs: tuple[str, ...],
    touching_weight: float,
) -> list[LabelledSmear]:
    """Draw smears at the working scale: always the same ones for the same arguments.

    Parameters
    ----------
    n_smears : int
    share : float
        How often one of them is drawn, relative to a photograph of share 1.
    colours : StandardColours or None
        As in :func:`hemolens.probability_maps.prepare`.
    red_cell_diameter_px, outputs, touching_weight
        As in :class:`hemolens.training.smears.LabelledSmear`.

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
        pixels = prepare(smear.pixels, red_cell_diameter_px, red_cell_diameter_px, colours)
        smears.append(
            LabelledSmear(
                f"drawn-{number}", pixels, cells, red_cell_diameter_px, outputs, touching_weight,
                share=share / n_smears,
            )
        )  # fmt: skip
    return smears
