"""ALL-IDB1: a folder of 108 photographs with the labels that others made for them.

Photographs: Donida Labati, Piuri, Scotti, 'ALL-IDB', ICIP 2011; outlines: Overton, Tucker, IDA 2020; masks and manual
counts: Gharbi et al.

::

    all-idb1/
    ├── images.csv                       size, capture session, red-cell diameter (where measured), defects
    ├── counts.csv                       true counts of each type; empty where they are unknown
    ├── splits.csv                       the paper's training and test photographs of each type
    ├── images/NAME.jpg
    ├── labels/rbc/polygons_coco.json    outlines of the red cells of 13 photographs
    └── masks/TYPE/NAME.png              white cells of 106 photographs, platelets of 101
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.images.photograph import read_photograph
from hemolens.images.polygon import Ring
from hemolens.labels.mask_folder import boxes_of_numbers, number_components
from hemolens.labels.truth import Truth

WIDEST_WITHOUT_ZOOM_PX = 120
"""Wider red cells are those of a digital zoom, and say nothing of photographs without it."""


@dataclass(frozen=True)
class AllIdb1:
    """The folder, and what is known of its photographs.

    A photograph is named as its file without the suffix, such as ``Im045_0``. Each table is read once, when it is
    first needed.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    UsageError
        From every property and method that reads a table: it is missing, so this is not the folder of ALL-IDB1.

    """

    folder: Path

    @classmethod
    def within(cls, data: Path) -> AllIdb1:
        """Give the folder ``all-idb1`` of a folder that holds several collections of photographs."""
        return cls(data / "all-idb1")

    def path(self, name: str) -> Path:
        """Give the file of a photograph."""
        return self.folder / "images" / f"{name}.jpg"

    def pixels(self, name: str) -> NDArray[np.uint8]:
        """Read a photograph, shape (H, W, 3).

        Raises
        ------
        PhotographError
            It is missing or damaged.

        """
        return read_photograph(self.path(name)).pixels

    def mask(self, name: str, kind: CellType) -> NDArray[np.bool_] | None:
        """Read the mask of a type, shape (H, W); None where there is none, and the type is unknown."""
        path = self.mask_path(name, kind)
        return read_photograph(path).pixels[..., 0] > 127 if path.exists() else None

    def mask_path(self, name: str, kind: CellType) -> Path:
        """Give the file of the mask of a type, which may not be there."""
        return self.folder / "masks" / kind / f"{name}.png"

    def has_mask(self, name: str, kind: CellType) -> bool:
        """Whether there is a mask of a type."""
        return self.mask_path(name, kind).exists()

    @cached_property
    def images(self) -> dict[str, dict[str, str]]:
        """The row of each photograph in ``images.csv``, by column."""
        return {row["image"]: row for row in self._rows("images.csv")}

    @cached_property
    def outlines(self) -> dict[str, list[Ring]]:
        """The outlines of the red cells of each outlined photograph, in pixels from the photograph's outer corner."""
        coco = json.loads(self._read("labels/rbc/polygons_coco.json"))
        names = {image["id"]: Path(image["file_name"]).stem for image in coco["images"]}
        outlines: dict[str, list[Ring]] = {name: [] for name in names.values()}
        for annotation in coco["annotations"]:
            # a vertex stands for the middle of a pixel
            ring = np.asarray(annotation["segmentation"][0], np.float64).reshape(-1, 2) + 0.5
            outlines[names[annotation["image_id"]]].append(ring)
        return outlines

    @cached_property
    def red_cell_diameters(self) -> dict[str, float]:
        """Red-cell diameter of each photograph in pixels: from its outlines, or the median of its capture session."""
        rows = self.images.values()
        measured = [row for row in rows if row["rbc_diameter_px"]]
        known = [(row["session"], row["camera"], float(row["rbc_diameter_px"])) for row in measured]

        def diameter(row: dict[str, str]) -> float:
            if row["rbc_diameter_px"]:
                return float(row["rbc_diameter_px"])
            is_zoomed = float(row["digital_zoom"] or 1) > 1
            alike = [each for each in known if each[2] < WIDEST_WITHOUT_ZOOM_PX or is_zoomed]
            of_session = [px for session, _, px in alike if session == row["session"]]
            return median(of_session or [px for _, camera, px in alike if camera == row["camera"]])

        return {row["image"]: diameter(row) for row in rows}

    @cached_property
    def sessions(self) -> dict[str, str]:
        """Capture session of each photograph."""
        return {name: row["session"] for name, row in self.images.items()}

    @cached_property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of each photograph."""
        return {name: (int(row["height"]), int(row["width"])) for name, row in self.images.items()}

    def has_defect(self, name: str, defect: str) -> bool:
        """Whether a defect of the labels of a photograph is noted, such as ``"plt:stain_deposit_marked"``."""
        return defect in self.images[name]["flags"].split(";")

    def counted(self, kind: CellType) -> list[str]:
        """Name the photographs of which the true count of a type is known."""
        return [name for name, row in self._counts.items() if row[kind]]

    def split(self, kind: CellType, part: Literal["train", "test"]) -> list[str]:
        """Name the photographs that the paper trains a type on, or tests it on."""
        return [row["image"] for row in self._rows("splits.csv") if (row["cell_type"], row["split"]) == (kind, part)]

    def count(self, name: str, kind: CellType) -> int:
        """Give the true count of a type.

        Raises
        ------
        LabelError
            It is not known.

        """
        row = self._counts.get(name, {})
        if not row.get(kind):
            raise _unknown(name, kind, "a photograph that counts.csv has a count of")
        return int(row[kind])

    def truth(self, name: str, kind: CellType) -> Truth:
        """Say what is true of one type on a photograph.

        Red cells: the boxes of their outlines. White cells: the manual count (the masks join touching cells, so there
        are no boxes). Platelets: the components of the mask, specks left out.

        Raises
        ------
        LabelError
            The type is not labelled on this photograph.

        """
        if kind == "wbc":
            return Truth(self.count(name, kind), None)
        if kind == "rbc":
            if name not in self.outlines:
                raise _unknown(name, kind, ", ".join(sorted(self.outlines)))
            boxes = [(*(ring.min(axis=0) - 0.5)[::-1], *(ring.max(axis=0) + 0.5)[::-1]) for ring in self.outlines[name]]
            return Truth(len(boxes), np.asarray(boxes, np.float64).reshape(-1, 4))
        mask = self.mask(name, kind)
        if mask is None:
            raise _unknown(name, kind, f"a photograph with a file in masks/{kind}")
        around = boxes_of_numbers(number_components(mask)[0])
        return Truth(len(around), around)

    @cached_property
    def _counts(self) -> dict[str, dict[str, str]]:
        return {row["image"]: row for row in self._rows("counts.csv")}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return list(csv.DictReader(io.StringIO(self._read(name))))

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(
                "the folder is not that of ALL-IDB1",
                came=f"{quoted(self.folder)} without {name} ({error.strerror or type(error).__name__})",
                allowed="a folder with images.csv, counts.csv, splits.csv, images/, labels/ and masks/",
                do="name the folder of ALL-IDB1",
                option="data",
            ) from error


def _unknown(name: str, kind: CellType, allowed: str) -> LabelError:
    do = "leave this photograph out for this type"
    return LabelError(
        f"ALL-IDB1 has no truth of type {kind} for a photograph", came=quoted(name), allowed=allowed, do=do
    )
