"""ALL-IDB1 as a training set: photographs with their targets at a chosen red-cell diameter.

Donida Labati, Piuri, Scotti, 'ALL-IDB', ICIP 2011; outlines of Overton & Tucker 2020; masks and counts of
Gharbi et al. The rules below follow from the defects of these labels: red-cell targets come from the filled
outlines, since most of the masks are colour thresholds; specks of the white-cell and platelet masks are
neither cell nor background.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import TrainingError
from hemolens.images.photograph import read_photograph
from hemolens.images.tiles import mirror_index
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

SMALLEST_WHITE_CELL = 0.5
"""Components of a white-cell mask below this share of a red cell's area are left out of the loss."""

SMALLEST_PLATELET_PX = 20
"""Components of a platelet mask below this many photograph pixels are left out of the loss."""


@dataclass(frozen=True, eq=False)
class LabelledPhotograph:
    """A photograph at the working scale with one target and one loss weight for each output.

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
    folder: Path,
    names: Iterable[str],
    *,
    cell_type: CellType,
    red_cell_diameter_px: float,
    touching_weight: float,
    labels: Labels = "annotated",
) -> list[LabelledPhotograph]:
    """Read photographs of an ALL-IDB1 folder with the targets of one cell type.

    Parameters
    ----------
    folder : Path
        The folder with ``images/``, ``masks/``, ``labels/`` and ``images.csv``.
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
    TrainingError
        If the folder, a photograph or its label is missing.

    """
    diameters = red_cell_diameters(folder)
    draw = _target_drawer(folder, cell_type, touching_weight, labels)
    labelled = []
    for name in names:
        if name not in diameters:
            raise TrainingError(
                "photograph is not in the data set",
                came=repr(name),
                allowed="the names in images.csv",
                do="correct the configuration's list of photographs",
            )
        photograph = read_photograph(folder / "images" / f"{name}.jpg").pixels
        labelled.append(draw(name, photograph, diameters[name], red_cell_diameter_px))
    return labelled


def label_photograph(
    folder: Path, name: str, pixels: NDArray[np.uint8], cell_type: CellType, *, from_px: float, to_px: float
) -> LabelledPhotograph:
    """Bring one photograph from a red-cell diameter to another and draw the targets of a cell type on it.

    Raises
    ------
    TrainingError
        If its label is missing.

    """
    return _target_drawer(folder, cell_type, touching_weight=1.0, labels="annotated")(name, pixels, from_px, to_px)


def red_cell_diameters(folder: Path) -> dict[str, float]:
    """Red-cell diameter of every photograph in pixels, from the outlines or its capture session's median."""
    try:
        with (folder / "images.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise TrainingError(
            "not a training set",
            came=f"{str(folder)!r} without images.csv",
            allowed="a folder with images/, masks/, labels/ and images.csv",
            do="give the ALL-IDB1 folder with --data",
        ) from error
    known = [(row["session"], row["camera"], float(row["rbc_diameter_px"])) for row in rows if row["rbc_diameter_px"]]

    def diameter(row: dict[str, str]) -> float:
        if row["rbc_diameter_px"]:
            return float(row["rbc_diameter_px"])
        same_zoom = [entry for entry in known if entry[2] < 120 or float(row["digital_zoom"] or 1) > 1]
        session = [px for session, _, px in same_zoom if session == row["session"]]
        camera = [px for _, camera, px in same_zoom if camera == row["camera"]]
        return median(session or camera)

    return {row["image"]: diameter(row) for row in rows}


Drawer = Callable[[str, NDArray[np.uint8], float, float], LabelledPhotograph]
"""(name, photograph, its red-cell diameter in px, the diameter wanted) → photograph with targets."""


def _target_drawer(folder: Path, cell_type: CellType, touching_weight: float, labels: Labels) -> Drawer:
    if cell_type != "rbc":
        return partial(_read_mask, folder / "masks" / cell_type, cell_type)
    if labels == "stand-in":
        return partial(_stand_in, folder / "masks")
    return partial(_draw_outlines, read_outlines(folder), touching_weight)


def read_outlines(folder: Path) -> dict[str, list[NDArray[np.float64]]]:
    """Outlines of the red cells by photograph: (x, y) vertices in pixels, shape (N, 2) each."""
    coco = json.loads((folder / "labels" / "rbc" / "polygons_coco.json").read_text(encoding="utf-8"))
    names = {image["id"]: Path(image["file_name"]).stem for image in coco["images"]}
    outlines: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names.values()}
    for annotation in coco["annotations"]:
        points = np.asarray(annotation["segmentation"][0], dtype=np.float64).reshape(-1, 2)
        outlines[names[annotation["image_id"]]].append(points)
    return outlines


def _draw_outlines(
    outlines: dict[str, list[NDArray[np.float64]]],
    touching_weight: float,
    name: str,
    photograph: NDArray[np.uint8],
    from_px: float,
    to_px: float,
) -> LabelledPhotograph:
    """Mask of filled outlines and edge of drawn outlines, with the touching borders weighted."""
    if name not in outlines:
        raise TrainingError(
            "no red-cell outlines for this photograph",
            came=repr(name),
            allowed=", ".join(sorted(outlines)),
            do="correct the configuration's list of photographs",
        )
    pixels = resize_to_diameter(photograph, from_px, to_px)
    scale = np.array([pixels.shape[1] / photograph.shape[1], pixels.shape[0] / photograph.shape[0]])
    resized = [(points + 0.5) * scale - 0.5 for points in outlines[name]]
    mask, edge = np.zeros(pixels.shape[:2], np.uint8), np.zeros(pixels.shape[:2], np.uint8)
    for points in resized:
        vertices = np.round(points * 16).astype(np.int32)
        cv2.fillPoly(mask, [vertices], 255, shift=4)
        cv2.polylines(edge, [vertices], True, 255, EDGE_PX, shift=4)
    weights = touching_weights(mask, edge, touching_weight)
    background = np.median(pixels[mask == 0], axis=0).astype(np.float32)
    piles = Piles(cut_out_cells(pixels, resized), background)
    return LabelledPhotograph(name, pixels, np.stack([mask, edge]), weights, piles, touching_weight)


def _stand_in(
    masks: Path, name: str, photograph: NDArray[np.uint8], from_px: float, to_px: float
) -> LabelledPhotograph:
    """A mask of red cells by their colour, as mask and as edge: the edge is not known, and is to begin there."""
    others = [
        read_photograph(path).pixels[..., 0] > 127
        for path in (masks / kind / f"{name}.png" for kind in ("wbc", "plt"))
        if path.exists()
    ]
    mask = draw_stand_in_mask(photograph, np.logical_or.reduce(others) if others else None, from_px)
    pixels = resize_to_diameter(photograph, from_px, to_px)
    resized = cv2.resize(mask, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_AREA)
    target = np.where(resized > 127, 255, 0).astype(np.uint8)
    targets = np.stack([target, target])
    return LabelledPhotograph(name, pixels, targets, np.ones_like(targets))


def _read_mask(
    folder: Path,
    cell_type: CellType,
    name: str,
    photograph: NDArray[np.uint8],
    from_px: float,
    to_px: float,
) -> LabelledPhotograph:
    """A one-bit mask at the working scale, its specks weighted zero."""
    try:
        mask = read_photograph(folder / f"{name}.png").pixels[..., 0]
    except Exception as error:
        raise TrainingError(
            f"no {cell_type} mask for this photograph",
            came=repr(name),
            allowed="photographs with a file in masks/" + cell_type,
            do="correct the configuration's list of photographs",
        ) from error
    whole = np.where(mask > 127, 255, 0).astype(np.uint8)
    if cell_type == "wbc":
        side = 2 * round(0.06 * from_px) + 1
        whole = cv2.morphologyEx(
            whole, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        ).astype(np.uint8)
        smallest = SMALLEST_WHITE_CELL * np.pi / 4 * from_px**2
    else:
        smallest = SMALLEST_PLATELET_PX
    _, labels, stats, _ = cv2.connectedComponentsWithStats(whole, connectivity=8)
    speck = stats[:, cv2.CC_STAT_AREA] < smallest
    unsure = speck[labels]
    pixels = resize_to_diameter(photograph, from_px, to_px)
    height, width = pixels.shape[:2]
    target = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    ignored = cv2.resize(unsure.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_AREA) > 0
    binary = np.where(target > 127, 255, 0).astype(np.uint8)
    return LabelledPhotograph(name, pixels, binary[None], np.where(ignored, 0, 1).astype(np.uint8)[None])
