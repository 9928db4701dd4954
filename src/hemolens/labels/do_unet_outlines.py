"""``NAME.json``: red-cell outlines as they are published with DO-U-Net (Overton and Tucker, IDA 2020).

A file holds the outlines of one photograph: ``image_information`` with ``image_name``, ``image_height`` and
``image_width``, and ``markup``, a list of objects with ``vertices``. A vertex is the middle of a pixel that belongs to
the cell, so the box around vertices 3 to 7 is 3 to 8. The objects have no cell type (the published files call each of
them a truck): they are red cells, unless another one type is named.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, UsageError, quoted
from hemolens.labels.corner_box import box_around, notes_on
from hemolens.labels.label_file import MAX_PHOTOGRAPH_BYTES, problem_of, read_text
from hemolens.labels.label_format import LabelFormat, files_ending_in
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.truth import Labels


class _Part(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class _Vertex(_Part):
    x: float
    y: float


class _Object(_Part):
    vertices: list[_Vertex]


class _Image(_Part):
    image_name: str = Field(min_length=1)
    image_height: int = Field(gt=0)
    image_width: int = Field(gt=0)


class _File(_Part):
    image_information: _Image
    markup: list[_Object]


def read_do_unet_outlines(paths: Sequence[Path], types: Collection[CellType] | None = None) -> Labels:
    """Read outlines.

    Parameters
    ----------
    paths : sequence of Path
        A file for each photograph.
    types : collection of CellType, optional
        The one type that is outlined; red cells without it.

    Raises
    ------
    LabelError
        A file is not such a file, or two are of one photograph.
    UsageError
        Several types are named.

    """
    if types is not None and len(types) != 1:
        raise UsageError(
            "these outlines are of one cell type",
            came=", ".join(sorted(types)) or "none",
            allowed="one type",
            do="name the outlined type alone",
            option="types",
        )
    kind: CellType = next(iter(types)) if types else "rbc"
    cells: dict[str, CellsByType] = {}
    sizes: dict[str, tuple[int, int]] = {}
    n_empty = 0
    for path in paths:
        file = _parse(path)
        name = file.image_information.image_name
        if name in cells:
            raise _malformed(path, f"{name}, which another file outlines", "one file for each photograph")
        sizes[name] = (file.image_information.image_height, file.image_information.image_width)
        found = [_cell(each) for each in file.markup]
        cells[name] = {kind: [cell for cell in found if cell is not None]}
        n_empty += found.count(None)
    return labels_of_cells(cells, (kind,), sizes, tuple(notes_on(n_empty)))


def _cell(each: _Object) -> LabelledCell | None:
    points = np.array([(vertex.x, vertex.y) for vertex in each.vertices], float).reshape(-1, 2)
    box = box_around(points)
    if box is None:
        return None
    row0, col0, row1, col1 = box
    return LabelledCell((row0, col0, row1 + 1, col1 + 1), [points + 0.5])


def _parse(path: Path) -> _File:
    try:
        return _File.model_validate_json(read_text(path, MAX_PHOTOGRAPH_BYTES))
    except ValidationError as error:
        raise _malformed(path, problem_of(error), "image_information, and markup with vertices of x and y") from error


def _malformed(path: Path, came: str, allowed: str) -> LabelError:
    return LabelError(
        f"{quoted(path.name)} is not a file of DO-U-Net outlines",
        came=quoted(came),
        allowed=allowed,
        do="take it from its source again",
    )


def _find(path: Path) -> Sequence[Path]:
    """All JSON of a folder; a single file is told from COCO's by a name that it must have."""
    found = files_ending_in(".json")(path)
    return found if path.is_dir() or any('"image_information"' in read_text(each) for each in found) else []


FORMAT = LabelFormat(
    name="DO-U-Net",
    looks="`.json` with `image_information` and `markup`, one or a folder of them; red cells, unless another type is "
    "named",
    says=("counts", "boxes", "outlines"),
    find=_find,
    read=read_do_unet_outlines,
    is_left_by_programs=True,
)
