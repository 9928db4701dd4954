"""ALL-IDB1 as a training set for one cell type: photographs with their targets at a chosen red-cell diameter.

The rules below follow from the defects of its labels (:mod:`hemolens.labels.all_idb1`): red-cell targets come from the
filled outlines, since most of the masks are colour thresholds; specks of the white-cell and platelet masks are neither
cell nor background.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import TrainingError
from hemolens.images.polygon import Ring, draw_polygon
from hemolens.images.tiles import mirror_index
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.mask_folder import SMALLEST_COMPONENT_PX
from hemolens.models.card import DataSource
from hemolens.segmentation.network_maps import resize_to_diameter
from hemolens.training.piles import EDGE_PX, Piles, cover, cut_out_cells, touching_weights
from hemolens.training.stand_in_masks import draw_stand_in_mask

TERMS = "Research use only. The photographs' makers restrict redistribution; the weights contain none of them."

PHOTOGRAPHS = DataSource(
    name="ALL-IDB1",
    what="108 photographs of stained blood smears; Donida Labati, Piuri, Scotti, IEEE ICIP 2011, pp. 2045-2048",
    terms="handed out on request for research, redistribution restricted",
)
OUTLINES = DataSource(
    name="DO-U-Net outlines",
    what="outlines of 5341 red cells on 13 photographs; Overton, Tucker, IDA 2020, commit 1f83726",
    terms="AGPL-3.0 (repository licence)",
)
MASKS = DataSource(
    name="bc-count masks",
    what="masks of white cells and platelets, manual white-cell counts; Gharbi et al., commit 955c1ba",
    terms="MIT",
)
SOURCES: dict[CellType, tuple[DataSource, ...]] = {
    "rbc": (PHOTOGRAPHS, OUTLINES),
    "wbc": (PHOTOGRAPHS, MASKS),
    "plt": (PHOTOGRAPHS, MASKS),
}
"""Where the photographs and labels of each cell type come from, and their terms as found."""

Labels = Literal["annotated", "stand-in"]

OTHER_TYPES: tuple[CellType, ...] = ("wbc", "plt")
"""What a stand-in mask of red cells must leave out."""

SMALLEST_WHITE_CELL = 0.5
"""Components of a white-cell mask below this share of a red cell's area are left out of the loss."""


@dataclass(frozen=True, eq=False)
class PhotographWithTargets:
    """A photograph at the working scale with what a network of one cell type is to write on it.

    The one-pass network learns from :class:`~.smears.NumberedSmear` instead: its targets are made for each crop.

    Attributes
    ----------
    name : str
    pixels : ndarray of uint8, shape (H, W, 3)
    targets : ndarray of uint8, shape (K, H, W)
        0 or 255, one plane for each output of the network.
    weights : ndarray of uint8, shape (K, H, W)
        Weight of the loss at each pixel; 0 where the label says nothing.
    piles : Piles or None
        What piles of its cells can be made of; only where cells are outlined one by one.

    """

    name: str
    pixels: NDArray[np.uint8]
    targets: NDArray[np.uint8]
    weights: NDArray[np.uint8]
    piles: Piles | None = None
    touching_weight: float = 1.0

    def take_slice(
        self, row: int, col: int, side: int, rng: np.random.Generator, piles: float
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
        """Take a square slice of pixels, targets and weights; beyond the frame the picture is mirrored.

        With probability ``piles``, piles of cells are laid on it, if the photograph has cells to lend.
        """
        height, width = self.pixels.shape[:2]
        rows = mirror_index(np.arange(row, row + side), height)
        cols = mirror_index(np.arange(col, col + side), width)
        down, across = np.ix_(rows, cols)
        pixels, targets, weights = (
            self.pixels[down, across],
            self.targets[:, down, across],
            self.weights[:, down, across],
        )
        if piles and self.piles and rng.random() < piles:
            pixels, laid = self.piles.lay(pixels, rng)
            targets = cover(targets, laid)
            weights = touching_weights(targets[0], targets[1], self.touching_weight)
        return pixels, targets, weights


def read_training_set(
    data: AllIdb1,
    names: Iterable[str],
    *,
    cell_type: CellType,
    red_cell_diameter_px: float,
    touching_weight: float,
    labels: Labels = "annotated",
) -> list[PhotographWithTargets]:
    """Read photographs of ALL-IDB1 with the targets of one cell type.

    Parameters
    ----------
    data : AllIdb1
    names : iterable of str
        Names without suffix, such as ``Im045_0``.
    red_cell_diameter_px : float
        Every photograph is resized so that its red cells have this diameter.
    touching_weight : float
        Loss weight of the border between touching cells and of narrow gaps; 1 elsewhere.
    labels : {"annotated", "stand-in"}
        The annotators' labels, or masks of red cells made without them (:mod:`hemolens.training.stand_in_masks`).

    Raises
    ------
    UsageError
        If this is not the folder of ALL-IDB1.
    TrainingError
        If a photograph or its label is missing.

    """
    diameters = data.red_cell_diameters
    draw = _target_drawer(data, cell_type, touching_weight, labels)
    labelled = []
    for name in names:
        if name not in diameters:
            raise TrainingError(
                "photograph is not in the data set",
                came=repr(name),
                allowed="the names in images.csv",
                do="correct the configuration's list of photographs",
            )
        labelled.append(draw(name, data.pixels(name), diameters[name], red_cell_diameter_px))
    return labelled


def label_photograph(
    data: AllIdb1, name: str, pixels: NDArray[np.uint8], cell_type: CellType, *, from_px: float, to_px: float
) -> PhotographWithTargets:
    """Bring one photograph from a red-cell diameter to another and draw the targets of a cell type on it.

    Raises
    ------
    TrainingError
        If its label is missing.

    """
    return _target_drawer(data, cell_type, touching_weight=1.0, labels="annotated")(name, pixels, from_px, to_px)


def resize_outlines(outlines: Iterable[Ring], photograph: NDArray[np.uint8], resized: NDArray[np.uint8]) -> list[Ring]:
    """Bring outlines from the pixels of a photograph to those of a resized copy of it."""
    scale = np.array([resized.shape[1] / photograph.shape[1], resized.shape[0] / photograph.shape[0]])
    return [ring * scale for ring in outlines]


Drawer = Callable[[str, NDArray[np.uint8], float, float], PhotographWithTargets]
"""(name, photograph, its red-cell diameter in px, the diameter wanted) → photograph with targets."""


def _target_drawer(data: AllIdb1, cell_type: CellType, touching_weight: float, labels: Labels) -> Drawer:
    if cell_type != "rbc":
        return partial(_draw_mask, data, cell_type)
    if labels == "stand-in":
        return partial(_draw_stand_in, data)
    return partial(_draw_outlines, data.outlines, touching_weight)


def _draw_outlines(
    outlines: Mapping[str, Sequence[Ring]],
    touching_weight: float,
    name: str,
    photograph: NDArray[np.uint8],
    from_px: float,
    to_px: float,
) -> PhotographWithTargets:
    """Mask of filled outlines and edge of drawn outlines, with the touching borders weighted."""
    if name not in outlines:
        raise TrainingError(
            "no red-cell outlines for this photograph",
            came=repr(name),
            allowed=", ".join(sorted(outlines)),
            do="correct the configuration's list of photographs",
        )
    pixels = resize_to_diameter(photograph, from_px, to_px)
    resized = resize_outlines(outlines[name], photograph, pixels)
    mask, edge = np.zeros(pixels.shape[:2], np.uint8), np.zeros(pixels.shape[:2], np.uint8)
    for ring in resized:
        draw_polygon(mask, ring, 255)
        cv2.polylines(edge, [np.rint((ring - 0.5) * 16).astype(np.int32)], True, 255, EDGE_PX, shift=4)
    weights = touching_weights(mask, edge, touching_weight)
    background = np.median(pixels[mask == 0], axis=0).astype(np.float32)
    piles = Piles(cut_out_cells(pixels, resized), background)
    return PhotographWithTargets(name, pixels, np.stack([mask, edge]), weights, piles, touching_weight)


def _draw_stand_in(
    data: AllIdb1, name: str, photograph: NDArray[np.uint8], from_px: float, to_px: float
) -> PhotographWithTargets:
    """A mask of red cells by their colour, as mask and as edge: the edge is not known, and is to begin there."""
    others = [other for kind in OTHER_TYPES if (other := data.mask(name, kind)) is not None]
    mask = draw_stand_in_mask(photograph, np.logical_or.reduce(others) if others else None, from_px)
    pixels = resize_to_diameter(photograph, from_px, to_px)
    resized = cv2.resize(mask, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_AREA)
    target = np.where(resized > 127, 255, 0).astype(np.uint8)
    targets = np.stack([target, target])
    return PhotographWithTargets(name, pixels, targets, np.ones_like(targets))


def _draw_mask(
    data: AllIdb1,
    cell_type: CellType,
    name: str,
    photograph: NDArray[np.uint8],
    from_px: float,
    to_px: float,
) -> PhotographWithTargets:
    """A one-bit mask at the working scale, its specks weighted zero."""
    mask = data.mask(name, cell_type)
    if mask is None:
        raise TrainingError(
            f"no {cell_type} mask for this photograph",
            came=repr(name),
            allowed="photographs with a file in masks/" + cell_type,
            do="correct the configuration's list of photographs",
        )
    whole = np.where(mask, 255, 0).astype(np.uint8)
    if cell_type == "wbc":
        side = 2 * round(0.06 * from_px) + 1
        whole = cv2.morphologyEx(
            whole, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        ).astype(np.uint8)
        smallest = SMALLEST_WHITE_CELL * np.pi / 4 * from_px**2
    else:
        smallest = SMALLEST_COMPONENT_PX
    _, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    speck = stats[:, cv2.CC_STAT_AREA] < smallest
    unsure = speck[labels]
    pixels = resize_to_diameter(photograph, from_px, to_px)
    height, width = pixels.shape[:2]
    target = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    ignored = cv2.resize(unsure.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA) > 0
    binary = np.where(target > 127, 255, 0).astype(np.uint8)
    return PhotographWithTargets(name, pixels, binary[None], np.where(ignored, 0, 1).astype(np.uint8)[None])
