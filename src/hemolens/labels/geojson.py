"""``NAME.geojson``: the objects of one photograph as QuPath exports them (GeoJSON, RFC 7946).

Every object with a polygon is a cell; its classification is the type, of which only what comes before a colon counts.
Coordinates are pixels from the upper left corner of the photograph, which is the one called NAME. A file without
objects is a photograph that was looked at and holds no cell.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted
from hemolens.images.region import Geometry, Polygon
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.corner_box import notes_on
from hemolens.labels.label_file import MAX_PHOTOGRAPH_BYTES, problem_of, read_text
from hemolens.labels.label_format import LabelFormat, files_ending_in
from hemolens.labels.labelled_types import CellsByType, labels_of_cells, outlined_cell
from hemolens.labels.truth import Labels


class _Part(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)


class _Classification(_Part):
    name: str | None = None
    names: list[str] | None = None


class _Properties(_Part):
    classification: _Classification | None = None


class _Feature(_Part):
    type: Literal["Feature"]
    geometry: Geometry
    properties: _Properties


class _Collection(_Part):
    type: Literal["FeatureCollection"]
    features: list[_Feature]


_FEATURES = TypeAdapter(list[_Feature])


def read_geojson(paths: Sequence[Path], types: Collection[CellType] | None = None) -> Labels:
    """Read the objects of photographs.

    Parameters
    ----------
    paths : sequence of Path
        A file for each photograph.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Raises
    ------
    LabelError
        A file is not such a file, or an object has no classification or one that is no cell type.

    """
    cells: dict[str, CellsByType] = {}
    n_empty = 0
    for path in paths:
        of_image = cells.setdefault(path.stem, {})
        for number, feature in enumerate(_parse(path)):
            kind = cell_type_of(_class_name(feature), f"object {number} of {quoted(path.name)}")
            cell = outlined_cell(_rings(feature.geometry))
            if cell is None:
                n_empty += 1
            else:
                of_image.setdefault(kind, []).append(cell)
    return labels_of_cells(cells, types, notes=tuple(notes_on(n_empty)))


def _parse(path: Path) -> list[_Feature]:
    """Read a FeatureCollection, or a bare list of features as older versions of QuPath write it."""
    text = read_text(path, MAX_PHOTOGRAPH_BYTES)
    try:
        if text.lstrip()[:1] == "[":
            return _FEATURES.validate_json(text)
        return _Collection.model_validate_json(text).features
    except ValidationError as error:
        raise LabelError(
            f"{quoted(path.name)} is not a GeoJSON file of cells",
            came=quoted(problem_of(error)),
            allowed="a FeatureCollection whose objects are polygons with a classification",
            do="export it from QuPath again",
        ) from error


def _class_name(feature: _Feature) -> str:
    given = feature.properties.classification
    return "" if given is None else given.name or next(iter(given.names or ()), "")


def _rings(geometry: Geometry) -> list[NDArray[np.float64]]:
    polygons = [geometry.coordinates] if isinstance(geometry, Polygon) else geometry.coordinates
    return [np.array([point[:2] for point in ring], float) for rings in polygons for ring in rings if ring]


FORMAT = LabelFormat(
    name="QuPath GeoJSON",
    looks="`NAME.geojson`, one or a folder of them; polygons, the classification is the type",
    says=("counts", "boxes", "outlines"),
    find=files_ending_in(".geojson"),
    read=read_geojson,
)
