"""Cells in the layout of COCO: ``images``, ``categories`` and ``annotations`` with polygons, run lengths or boxes.

Where all vertices of a file are whole numbers, a vertex (x, y) is the middle of a pixel that belongs to the cell, so
the box around vertices 3 to 7 is 3 to 8. Where they are not, or ``info`` has ``"pixel_origin": "corner"``, coordinates
count from the upper left corner of the photograph, and that box is 3 to 7. Run lengths (:mod:`.run_lengths`), as a
brush leaves them, are the pixels themselves. An annotation without polygon and run lengths is its ``bbox``: x, y, width
and height from the corner.

The category's name is the type; categories that no annotation has do not matter. All ``images`` that are listed were
looked at, those without annotations, too. An outline that encloses nothing, a slip of the mouse, is left out, and a
note says so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import notes_on
from hemolens.labels.label_file import problem_of, read_text
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.run_lengths import RunLengths, read_runs
from hemolens.labels.truth import Labels


class _Part(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class _Image(_Part):
    id: int | str
    file_name: str = Field(min_length=1)
    width: int | None = None
    height: int | None = None


class _Category(_Part):
    id: int | str
    name: str


def _is_of(segmentation: object) -> str:
    return "run_lengths" if isinstance(segmentation, dict | RunLengths) else "polygons"


_Segmentation = Annotated[
    Annotated[list[list[float]], Tag("polygons")] | Annotated[RunLengths, Tag("run_lengths")], Discriminator(_is_of)
]


class _Annotation(_Part):
    id: int | str | None = None
    image_id: int | str
    category_id: int | str
    segmentation: _Segmentation = Field(default_factory=list)
    bbox: list[float] | None = Field(default=None, min_length=4, max_length=4)


class _Info(_Part):
    pixel_origin: Literal["corner", "centre"] | None = None


class _Coco(_Part):
    info: _Info = Field(default_factory=_Info)
    images: list[_Image] = Field(min_length=1)
    categories: list[_Category] = Field(min_length=1)
    annotations: list[_Annotation]


def read_coco_outlines(path: Path, types: Collection[CellType] | None = None) -> Labels:
    """Read outlines.

    Parameters
    ----------
    path : Path
    types : collection of CellType, optional
        The labelled types; without it those that are annotated anywhere.

    Raises
    ------
    LabelError
        It is not such a file, a category that is used is of an unknown type, or an annotation belongs to no image or
        category, has neither outline nor box, or run lengths of another size than its image.

    """
    coco = _parse(path)
    names = {image.id: image.file_name for image in coco.images}
    if len(set(names.values())) != len(coco.images):
        raise _malformed(path, "an image that comes twice", "every image once, with its own id and file_name")
    used = {annotation.category_id for annotation in coco.annotations}
    where = f"the categories of {quoted(path.name)}"
    kinds = {each.id: cell_type_of(each.name, where) for each in coco.categories if each.id in used}
    sizes = {
        image.file_name: (image.height, image.width)
        for image in coco.images
        if image.height is not None and image.width is not None
    }
    cells: dict[str, CellsByType] = {name: {} for name in names.values()}
    n_empty, width_of_vertex = 0, _width_of_vertex(coco)
    for number, annotation in enumerate(coco.annotations):
        if annotation.image_id not in names or annotation.category_id not in kinds:
            came = f"annotation {number} of image {annotation.image_id}, category {annotation.category_id}"
            raise _malformed(path, came, "the ids of listed images and categories")
        name, runs = names[annotation.image_id], annotation.segmentation
        if isinstance(runs, RunLengths) and sizes.setdefault(name, runs.size) != runs.size:
            came = f"run lengths of {runs.size} for {sizes[name]} in annotation {number}"
            raise _malformed(path, came, "the height and width of the image, alike in all its annotations")
        cell = _cell(path, number, annotation, width_of_vertex)
        if cell is None:
            n_empty += 1
        else:
            cells[name].setdefault(kinds[annotation.category_id], []).append(cell)
    return labels_of_cells(cells, types, sizes, tuple(notes_on(n_empty)))


def _parse(path: Path) -> _Coco:
    try:
        return _Coco.model_validate_json(read_text(path))
    except ValidationError as error:
        raise _malformed(
            path,
            problem_of(error),
            "images, categories, and annotations with polygons, run lengths or boxes of numbers",
        ) from error


def _width_of_vertex(coco: _Coco) -> int:
    """1 where a vertex stands for its pixel, 0 where it is a point."""
    if coco.info.pixel_origin is not None:
        return int(coco.info.pixel_origin == "centre")
    return int(
        all(
            number.is_integer()
            for annotation in coco.annotations
            if not isinstance(annotation.segmentation, RunLengths)
            for polygon in annotation.segmentation
            for number in polygon
        )
    )


def _cell(path: Path, number: int, annotation: _Annotation, width_of_vertex: int) -> LabelledCell | None:
    """All polygons or pixels of a cell, or the box that is given; None when there is nothing in it."""
    polygons = annotation.segmentation
    if isinstance(polygons, RunLengths):
        try:
            runs = read_runs(polygons)
        except ValueError as error:
            allowed = "run lengths that are as many together as the photograph has pixels"
            raise _malformed(path, f"{error} in annotation {number}", allowed) from error
        return None if runs.box is None else LabelledCell(runs.box, runs)
    if not polygons:
        if annotation.bbox is None:
            raise _malformed(
                path, f"annotation {number} without either", "a polygon, run lengths or a box for each annotation"
            )
        x, y, width, height = annotation.bbox
        return LabelledCell((y, x, y + height, x + width)) if width > 0 and height > 0 else None
    if any(len(polygon) % 2 for polygon in polygons):
        raise _malformed(path, f"an odd number of coordinates in annotation {number}", "x and y of every vertex")
    rings = [np.asarray(polygon, float).reshape(-1, 2) for polygon in polygons if polygon]
    if not any(_area(ring) > 0 for ring in rings):
        return None
    points = np.concatenate(rings)
    (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    box = y0, x0, y1 + width_of_vertex, x1 + width_of_vertex
    return LabelledCell(box, [ring + width_of_vertex / 2 for ring in rings])


def _area(points: NDArray[np.float64]) -> float:
    x, y = points.T
    with np.errstate(over="ignore", invalid="ignore"):  # a file may have coordinates of 1e308
        return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def _malformed(path: Path, came: str, allowed: str) -> LabelError:
    return LabelError(
        f"{quoted(path.name)} is not a file of COCO outlines", came=quoted(came), allowed=allowed, do="export it again"
    )


def _find(path: Path) -> Sequence[Path]:
    return [path] if not path.is_dir() and path.suffix.lower() == ".json" else []


FORMAT = LabelFormat(
    name="COCO",
    looks="`.json` with `images`, `categories`, and `annotations` with polygons, run lengths or, without, a `bbox`",
    says=("counts", "boxes", "outlines", "masks"),
    find=_find,
    read=lambda found, types: read_coco_outlines(found[0], types),
)
