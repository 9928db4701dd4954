"""``coco.json``: the cells of the whole run as instances in the layout of COCO.

Polygons and boxes are in pixels from the upper left corner of the photograph, as the tools of COCO draw them; ``info``
says so in ``pixel_origin``, for the layout itself leaves it open. The box is that of ``cells.csv``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hemolens import RESEARCH_USE_ONLY
from hemolens.cell_types import CELL_TYPES, WHITE_CELL_CLASSES
from hemolens.cells.cell import Cell
from hemolens.output.cells_csv import measurements_of, name_of
from hemolens.output.entries import Entry
from hemolens.output.export.export_format import Contents, ExportFormat
from hemolens.output.export.polygon import polygon_of

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.output.run_record import PhotographRecord
    from hemolens.statistics.summary import Summary

NAME = "coco.json"

CATEGORY_IDS = {
    name: n for n, name in enumerate((*CELL_TYPES, *(f"wbc: {each}" for each in WHITE_CELL_CLASSES)), start=1)
}
"""The cell types, and the classes of white cells, of which a file has those that occur in it."""


class Coco(ExportFormat):
    """One file for the run; ``images`` and ``categories`` come last in it, since only then are they known."""

    shared = (NAME,)

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(entries)
        self._image_ids = {entry.image: n for n, entry in enumerate(entries, start=1)}
        self._n_annotations = 0
        self._categories = set[str](CELL_TYPES)

    @staticmethod
    def files(entry: Entry) -> tuple[str, ...]:
        return ()

    def begin(self) -> Contents:
        from hemolens import __version__

        info = {
            "description": f"Cells counted by hemolens. {RESEARCH_USE_ONLY}",
            "version": __version__,
            "pixel_origin": "corner",
        }
        head = f'{{"info": {json.dumps(info)},\n"licenses": [],\n'
        return {NAME: f'{head}"annotations": ['.encode()}

    @staticmethod
    def part(entry: Entry, result: CountedImage) -> list[tuple[str, str]]:
        return [(name_of(cell), json.dumps(annotation(cell))) for cell in result.cells]

    def append(self, entry: Entry, part: list[tuple[str, str]]) -> Contents:
        text, image_id = "", self._image_ids[entry.image]
        for number, (name, row) in enumerate(part, start=self._n_annotations + 1):
            ids = f'{{"id": {number}, "image_id": {image_id}, '
            text += ("\n" if number == 1 else ",\n") + ids + row.removeprefix("{")
            self._categories.add(name)
        self._n_annotations += len(part)
        return {NAME: text.encode()}

    def end(self, photographs: Sequence[PhotographRecord], summary: Summary) -> Contents:
        images = [
            {"id": self._image_ids[each.image], "file_name": each.image, "width": each.width, "height": each.height}
            for each in photographs
            if each.error is None
        ]
        rows = ",\n".join(json.dumps(image) for image in images)
        categories = json.dumps(
            [
                {"id": n, "name": name, "supercategory": "blood cell" if name in CELL_TYPES else "wbc"}
                for name, n in CATEGORY_IDS.items()
                if name in self._categories
            ]
        )
        return {NAME: f'\n],\n"categories": {categories},\n"images": [\n{rows}\n]}}\n'.encode()}


def annotation(cell: Cell) -> dict[str, Any]:
    """Describe one cell; ``id`` and ``image_id`` depend on its place in the run and are not yet there.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    dict
        Ready for JSON; lengths in pixels, area in square pixels, ``bbox`` as x, y, width, height.

    """
    row0, col0, row1, col1 = (int(edge) for edge in cell.box)
    measured = measurements_of(cell)
    return {
        "category_id": CATEGORY_IDS[name_of(cell)],
        "iscrowd": 0,
        "area": measured["area_px"],
        "bbox": [col0, row0, col1 - col0, row1 - row0],
        "segmentation": [polygon_of(cell).ravel().tolist()],
        "score": measured["score"],
    }
